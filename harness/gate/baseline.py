"""The baseline: a committed file of breaks that are known and accepted, each for a reason.

    version: 1
    accepted:
      - event: tensorflow:2.9.3..2.10.1
        cells: tf2_10_1_py3_10.default.cpu
        reason: Keras draws its default seeds from another generator
        link: https://github.com/keras-team/keras/pull/…
        expires: "2027-06-30"
        breaks:
          redraw: [recipes/all_three, recipes/set_random_seed]

An entry accepts what it names and nothing else: another scenario at that step is a new break, and
so is another kind, unless it is a milder one. Cells and scenarios may be patterns.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias, get_args

import yaml
from pydantic import AfterValidator, Field, ValidationError

from harness.analysis.numeric import KINDS
from harness.errors import MatrixError
from harness.gate.findings import UNKNOWN, Spot
from harness.matrix_problems import explanations
from harness.matrix_types import Day, OneOrMore, Strict, wrong
from harness.report.files import replacing
from harness.yaml_positions import describe, read

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date
    from pathlib import Path

FORMAT = 1  # the only one so far
ANYWHERE = "*"
LARGEST = 500_000  # values in the file: far more than an audit has breaks that somebody reviewed

Kind: TypeAlias = Literal[
    "rounding", "drift", "reordered", "redraw", "nonfinite", "structure", "unknown"
]

_HEAD = """\
# Breaks that are known and accepted: `sameseed check` passes these, and fails on new ones.
# `sameseed baseline update` writes this file. It keeps reason, link and expires (the last day on
# which an entry counts), and drops comments. See docs/gate.md.
"""


def is_link(text: str) -> bool:
    """Whether a text is the address of a web page."""
    return re.fullmatch(r"https?://\S+", text) is not None


def _link(text: str) -> str:
    if not is_link(text):
        raise wrong(f'"{text}" is not a link', "write one that begins with https://")
    return text


def _reason(text: str) -> str:
    if not text.strip():
        raise wrong("the reason is empty", "write why this is accepted")
    return text


class Entry(Strict):
    """One entry of the file."""

    event: str = Field(min_length=1)
    cells: OneOrMore[str] = Field(default=())
    reason: Annotated[str, AfterValidator(_reason)]
    link: Annotated[str, AfterValidator(_link)] | None = None
    expires: Day | None = None
    breaks: dict[Kind, OneOrMore[str]] = Field(min_length=1)


class File(Strict):
    """The file."""

    version: int = Field(ge=FORMAT, le=FORMAT)
    accepted: tuple[Entry, ...] = Field(default=(), strict=False)


def is_pattern(text: str) -> bool:
    """Whether a text may match others than itself."""
    return any(sign in text for sign in "*?[")


@dataclass(frozen=True)
class Terms:
    """Why something is accepted, and until when (that day included)."""

    reason: str
    link: str = ""
    expires: date | None = None

    def expired(self, today: date) -> bool:
        """Whether the last day is over."""
        return self.expires is not None and self.expires < today


@dataclass(frozen=True)
class Known:
    """One known break: where (cell and scenario may be patterns), how bad at worst, and why."""

    spot: Spot
    kind: str
    terms: Terms

    @property
    def exact(self) -> bool:
        """Whether it names one place, and no pattern."""
        return not (is_pattern(self.spot.cell) or is_pattern(self.spot.scenario))

    def covers(self, spot: Spot) -> bool:
        """Whether it speaks of this place."""
        return spot == self.spot or (
            spot.event == self.spot.event
            and fnmatchcase(spot.cell, self.spot.cell)
            and fnmatchcase(spot.scenario, self.spot.scenario)
        )

    def accepts(self, kind: str) -> bool:
        """Whether a difference of this kind is no worse than what is known."""
        return kind == self.kind or (
            UNKNOWN not in (kind, self.kind) and KINDS.index(kind) < KINDS.index(self.kind)
        )


@dataclass(frozen=True)
class Baseline:
    """All that is known, in the file's order."""

    known: tuple[Known, ...] = ()


def load(path: Path) -> Baseline:
    """Read a baseline. Raises `MatrixError` with every mistake in it, each with its line."""
    document = read(path, most=LARGEST)
    problems = list(document.problems)
    source = document.source
    if not isinstance(document.data, dict):
        message = f"a baseline must be a mapping, and is {describe(document.data)}"
        problems.append(source.problem((), message, "begin with: version: 1"))
    elif not problems:
        try:
            file = File.model_validate(document.data)
        except ValidationError as error:
            problems += explanations(error, source, File)
    if problems:
        raise MatrixError(tuple(sorted(problems, key=lambda found: (found.line, found.column))))
    return Baseline(tuple(known for entry in file.accepted for known in _of(entry)))


def _of(entry: Entry) -> Iterable[Known]:
    terms = Terms(entry.reason, entry.link or "", entry.expires)
    for cell in entry.cells or (ANYWHERE,):
        for kind, scenarios in entry.breaks.items():
            for scenario in scenarios:
                yield Known(Spot(entry.event, cell, scenario), kind, terms)


def text(baseline: Baseline) -> str:
    """The file for a baseline: the same for the same content, in whatever order that comes."""
    file = {"version": FORMAT, "accepted": entries(baseline)}
    body = yaml.dump(file, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)
    return _HEAD + body


def write(baseline: Baseline, path: Path) -> None:
    """Write the file in one step."""
    with replacing(path) as file:
        file.write(text(baseline))


def entries(baseline: Baseline) -> list[dict[str, Any]]:
    """The entries of the file: what breaks in the same cells, for the same reason, is one."""
    cells: dict[tuple[str, Terms, str, str], set[str]] = defaultdict(set)
    for known in baseline.known:
        cells[known.spot.event, known.terms, known.kind, known.spot.scenario].add(known.spot.cell)
    grouped: dict[tuple[str, tuple[str, ...], Terms], dict[str, set[str]]] = defaultdict(dict)
    for (event, terms, kind, scenario), where in cells.items():
        places = (ANYWHERE,) if ANYWHERE in where else tuple(sorted(where, key=_naturally))
        grouped[event, places, terms].setdefault(kind, set()).add(scenario)
    ordered = sorted(grouped.items(), key=lambda each: _order(*each[0]))
    return [_entry(*key, breaks) for key, breaks in ordered]


def _entry(
    event: str, cells: tuple[str, ...], terms: Terms, breaks: Mapping[str, set[str]]
) -> dict[str, Any]:
    entry: dict[str, Any] = {"event": event}
    if cells != (ANYWHERE,):
        entry["cells"] = cells[0] if len(cells) == 1 else list(cells)
    entry["reason"] = terms.reason
    if terms.link:
        entry["link"] = terms.link
    if terms.expires:
        entry["expires"] = terms.expires.isoformat()
    kinds = [kind for kind in get_args(Kind) if kind in breaks]
    return entry | {"breaks": {kind: sorted(breaks[kind]) for kind in kinds}}


def _order(event: str, cells: tuple[str, ...], terms: Terms) -> tuple[Any, ...]:
    return (
        _naturally(event),
        [_naturally(cell) for cell in cells],
        (terms.reason, terms.link, str(terms.expires or "")),
    )


def _naturally(words: str) -> list[tuple[int, str]]:
    """A key that puts 2.9 before 2.10."""
    parts = re.split(r"([0-9]+)", words)
    return [(int(part), "") if index % 2 else (0, part) for index, part in enumerate(parts)]


class _Dumper(yaml.SafeDumper):
    """Indents lists below their key, and writes what is equal out, as people do."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        """Never without indentation."""
        super().increase_indent(flow, False)

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002
        """Never with aliases."""
        return True


def _represent_text(dumper: yaml.SafeDumper, words: str) -> yaml.ScalarNode:
    """Escaped where it would not read back as it is: PyYAML folds what Unicode calls a line end."""
    style = None if words.isprintable() else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", words, style)


_Dumper.add_representer(str, _represent_text)
