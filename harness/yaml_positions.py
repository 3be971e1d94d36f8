"""YAML as plain data that remembers where everything stands.

PyYAML's `compose` gives nodes with marks; this module turns them into dicts, lists and scalars and
keeps the line and column of every key and value, so that whoever validates the data can point at
the place. What YAML would guess silently (duplicate keys, `off` as a key, tags) is a problem here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NoReturn, TypeAlias

import yaml
from yaml.constructor import SafeConstructor

from harness.errors import MatrixError, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Place: TypeAlias = tuple[str | int, ...]  # ("environments", 0, "python") leads to a value

MAX_VALUES = 20_000  # aliases can write a terabyte in ten lines; no honest matrix comes near this
PREFIX = "tag:yaml.org,2002:"
SCALARS = {PREFIX + name for name in ("str", "null", "bool", "int", "float", "timestamp", "value")}

# What PyYAML says when a value that needs quotes begins with one of YAML's own signs.
SYNTAX_HINTS = {
    "cannot start any token": "indent with spaces, never tabs; quote text that begins with % or @",
    "chomping or indentation": 'quote a specifier: ">=2.10"',
    "expected alphabetic or numeric": 'quote a pattern: "*"',
    "undefined alias": 'quote a pattern that begins with *: "*_gpu"',
    "mapping values are not allowed": "indent the keys of a mapping alike; quote text with a colon",
    "expected a single document": "write one document: remove the line ---",
}


class Unquoted(str):
    """A text that stands in the file without quotes: 2.9.3, not "2.9.3"."""

    __slots__ = ()


@dataclass(frozen=True)
class Mark:
    """Where something stands (from 1), and how a scalar is written there."""

    line: int = 1
    column: int = 1
    raw: str = ""


@dataclass(frozen=True)
class Source:
    """The places of a file's keys and values."""

    file: str = "matrix.yaml"
    values: Mapping[Place, Mark] = field(default_factory=dict, hash=False)
    keys: Mapping[Place, Mark] = field(default_factory=dict, hash=False)

    def value(self, place: Place) -> Mark:
        """The mark of the value at `place`, or of the nearest thing around it."""
        while place and place not in self.values:
            place = place[:-1]
        return self.values.get(place, Mark())

    def key(self, place: Place) -> Mark:
        """The mark of the key that leads to `place`, or of its value where it has no key."""
        return self.keys.get(place) or self.value(place)

    def problem(self, place: Place, message: str, hint: str = "") -> Problem:
        """A mistake in the value at `place`."""
        mark = self.value(place)
        return Problem(self.file, mark.line, mark.column, message, hint)

    def key_problem(self, place: Place, message: str, hint: str = "") -> Problem:
        """A mistake in the key at `place`."""
        mark = self.key(place)
        return Problem(self.file, mark.line, mark.column, message, hint)


@dataclass(frozen=True)
class Document:
    """A file's data, its places, and the mistakes that still left something to validate."""

    data: object
    source: Source
    problems: tuple[Problem, ...]


def read(path: Path, most: int = MAX_VALUES) -> Document:
    """Read a YAML file of at most so many values.

    Raises `MatrixError` where there is nothing that could be validated.
    """
    file = str(path)
    try:
        raw = path.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        _refuse(file, Mark(), f"cannot read this file: {reason}", "give the path of a matrix file")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        mark = _mark_at(raw[: error.start].decode("utf-8", "replace"))
        byte = raw[error.start]
        _refuse(file, mark, f"byte 0x{byte:02x} is not UTF-8", "save the file as UTF-8")
    return parse(text, file, most)


def parse(text: str, file: str = "matrix.yaml", most: int = MAX_VALUES) -> Document:
    """Turn YAML text into a `Document`. Raises `MatrixError` on a syntax error."""
    builder = _Builder(file, most)
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        if node is None:
            _refuse(file, Mark(), "the file is empty", "begin with: version: 1")
        data = builder.build(node, ())
    except yaml.MarkedYAMLError as error:
        _refuse_syntax(file, error)
    except yaml.reader.ReaderError as error:
        mark = _mark_at(text[: error.position])
        code = ord(text[error.position])
        _refuse(file, mark, f"the character U+{code:04X} is not allowed in YAML", "remove it")
    except RecursionError:
        _refuse(file, Mark(), "nested too deeply to be read", "a matrix needs about five levels")
    return Document(data, Source(file, builder.values, builder.keys), tuple(builder.problems))


class _Builder:
    """Walks one node graph."""

    def __init__(self, file: str, most: int) -> None:
        self.file = file
        self.most = most
        self.values: dict[Place, Mark] = {}
        self.keys: dict[Place, Mark] = {}
        self.problems: list[Problem] = []
        self.constructor = SafeConstructor()
        self.open: set[int] = set()  # the nodes we are inside of: meeting one again is a loop

    def build(self, node: yaml.Node, place: Place) -> object:
        mark = self.values[place] = _mark_of(node)
        if id(node) in self.open:
            _refuse(self.file, mark, "this value contains itself", "write it out without the alias")
        if len(self.values) > self.most:
            message = f"the aliases write out more than {self.most:,} values"
            _refuse(self.file, mark, message, "write fewer of them")
        self.open.add(id(node))
        value = self._content(node, place)
        self.open.discard(id(node))
        return value

    def _content(self, node: yaml.Node, place: Place) -> object:
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node)
        collection = "seq" if isinstance(node, yaml.SequenceNode) else "map"
        if node.tag != PREFIX + collection:
            self._complain(node, f"the tag {node.tag} means nothing here", "remove the tag")
        if isinstance(node, yaml.SequenceNode):
            return [self.build(item, (*place, index)) for index, item in enumerate(node.value)]
        return self._mapping(node, place)

    def _mapping(self, node: yaml.Node, place: Place) -> dict[str, object]:
        mapping: dict[str, object] = {}
        for key_node, value_node in node.value:
            key = self._key(key_node)
            here = (*place, key)
            if key in mapping:
                first = self.keys[here].line
                message = f"the key {key!r} is here twice: first on line {first}"
                self._complain(key_node, message, "keep one of the two")
                continue
            self.keys[here] = _mark_of(key_node)
            mapping[key] = self.build(value_node, here)
        return mapping

    def _key(self, node: yaml.Node) -> str:
        if not isinstance(node, yaml.ScalarNode):
            mark = _mark_of(node)
            _refuse(self.file, mark, "a key must be a text", "quote text that begins with [ or {")
        if node.tag == PREFIX + "merge":
            self._complain(node, "merge keys (<<) are not supported", "write the keys out")
            return str(node.value)
        value = self._scalar(node)
        if not isinstance(value, str):
            message = f"the key {node.value} is not quoted: YAML reads it as {describe(value)}"
            self._complain(node, message, f'write "{node.value}"')
            return str(node.value)
        return value

    def _scalar(self, node: yaml.ScalarNode) -> object:
        if node.tag not in SCALARS:
            message = f"the tag {node.tag} means nothing here"
            self._complain(node, message, 'remove the tag; quote a specifier: "!=2.10"')
            return str(node.value)
        if node.tag in {PREFIX + "str", PREFIX + "value"}:
            return self._text(node)
        try:
            value: object = self.constructor.construct_object(node)
            str(value)  # Python refuses to print numbers of thousands of digits
        except (ValueError, OverflowError, KeyError) as error:
            message = f"YAML takes {node.value} for a number or a date, and it is none: {error}"
            self._complain(node, message, f'write "{node.value}"')
            return str(node.value)
        return value

    def _text(self, node: yaml.ScalarNode) -> str:
        text = node.value.encode("utf-8", "backslashreplace").decode("utf-8")
        if text != node.value:
            message = f'"{text}" contains half a character (a surrogate)'
            self._complain(node, message, "write the character itself")
        return Unquoted(text) if node.style is None else text

    def _complain(self, node: yaml.Node, message: str, hint: str) -> None:
        mark = _mark_of(node)
        self.problems.append(Problem(self.file, mark.line, mark.column, message, hint))


def describe(value: object) -> str:
    """What YAML made of a value, in words: `the number 3.1`, `a list`."""
    match value:
        case None:
            return "nothing"
        case bool():
            return f"the truth value {str(value).lower()}"
        case int() | float():
            return f"the number {value}"
        case str():
            return f'the text "{value}"'
        case dict():
            return "a mapping"
        case list() | tuple():
            return "a list"
        case _:
            return f"the date {value}"


def _mark_of(node: yaml.Node) -> Mark:
    raw = node.value if isinstance(node, yaml.ScalarNode) else ""
    return Mark(node.start_mark.line + 1, node.start_mark.column + 1, raw)


def _mark_at(before: str) -> Mark:
    """The position right after the text `before`."""
    return Mark(before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1)


def _refuse(file: str, mark: Mark, message: str, hint: str) -> NoReturn:
    raise MatrixError((Problem(file, mark.line, mark.column, message, hint),)) from None


def _refuse_syntax(file: str, error: yaml.MarkedYAMLError) -> NoReturn:
    where = error.problem_mark or error.context_mark
    mark = Mark(where.line + 1, where.column + 1) if where else Mark()
    said = ": ".join(part for part in (error.context, error.problem) if part)
    hint = next((hint for sign, hint in SYNTAX_HINTS.items() if sign in said), "")
    _refuse(file, mark, f"this is not YAML: {said}", hint)
