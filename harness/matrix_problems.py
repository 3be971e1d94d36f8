"""What is wrong with a matrix, in the words of the person who wrote it.

`explain` turns one pydantic error into a `Problem`; the `misused_…` functions find what pydantic
cannot see: keys that are fine alone and wrong together.
"""

from __future__ import annotations

from difflib import get_close_matches
from math import prod
from typing import TYPE_CHECKING, Any, get_args

from pydantic import BaseModel, ValidationError

from harness.matrix_types import SAME, is_specifier
from harness.yaml_positions import describe

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pydantic_core import ErrorDetails

    from harness.errors import Problem
    from harness.matrix import Entry, Matrix
    from harness.yaml_positions import Place, Source

KINDS = {
    "bool_type": "true or false",
    "date_type": "a day",
    "dict_type": "a mapping",
    "float_type": "a number",
    "finite_number": "a finite number",
    "int_type": "a whole number",
    "model_type": "a mapping",
    "string_type": "a text",
    "tuple_type": "a list",
}
BOUNDS = {"greater_than": ("gt", "more than"), "greater_than_equal": ("ge", "at least")}


def nearest(word: str, known: Iterable[str]) -> str:
    """A hint: the known word that was probably meant, or all of them."""
    words = list(known)
    if close := get_close_matches(word, words, n=1, cutoff=0.5):
        return f"did you mean {close[0]}?"
    return f"known here: {', '.join(words)}" if words else ""


def explanations(
    error: ValidationError, source: Source, root: type[BaseModel]
) -> Iterator[Problem]:
    """Every error of a validation as a `Problem`. `root` is the model that was validated."""
    for detail in error.errors():
        if detail["type"] == "too_short" and detail["input"]:
            continue  # pydantic counts only the valid items, and the others have their own error
        yield explain(detail, source, root)


def explain(error: ErrorDetails, source: Source, root: type[BaseModel]) -> Problem:
    """What pydantic found, in our own words."""
    place: Place = tuple(part for part in error["loc"] if part != "[key]")
    in_key = place != error["loc"]
    kind, value, context = error["type"], error["input"], error.get("ctx", {})
    last = str(place[-1]) if place else "the matrix"
    owner = _owner(place, source)
    point = source.key_problem if in_key else source.problem
    if kind == "wrong":
        place = (*place, *context["inside"])
        return point(place, context["message"], context["hint"])
    if kind == "extra_forbidden":
        hint = nearest(last, _model_at(root, place[:-1]).model_fields)
        return source.key_problem(place, f"unknown key {last}", hint)
    if kind == "missing":
        return source.problem(place[:-1], f"{last} is missing", f"add {last}:")
    if place == ("version",):
        return source.problem(place, f"unknown format: {describe(value)}", "write version: 1")
    if kind == "string_type" and not isinstance(value, (list, dict, type(None))):
        raw = source.value(place).raw or str(value)
        message = f"{raw} is not quoted: YAML reads it as {describe(value)}"
        return source.problem(place, message, f'write "{raw}"')
    if kind in KINDS:
        message = f"{owner} must be {KINDS[kind]}, and is {describe(value)}"
        return source.problem(place, message, _hint_for(kind, value))
    if kind in {"too_short", "string_too_short", "string_pattern_mismatch"}:
        message = f"{owner} is empty"
        return source.problem(place, message, "write at least one, or leave the key out")
    if kind == "literal_error":
        known = context["expected"].replace("'", "").replace(" or ", ", ").split(", ")
        where = _name(place[:-1] if in_key else place)
        return point(place, f"unknown in {where}: {value}", nearest(str(value), known))
    if kind in BOUNDS:
        key, words = BOUNDS[kind]
        message = f"{last} must be {words} {context[key]}, and is {value}"
        return source.problem(place, message, f"write {words} {context[key]}")
    return source.problem(place, f"{owner}: {error['msg']}")


def _owner(place: Place, source: Source) -> str:
    """What a value is called: `tensorflow`, `item 2 of environments`."""
    name = _name(place)
    if place and isinstance(place[-1], int) and place in source.values:
        return f"item {place[-1] + 1} of {name}"
    return name


def _name(place: Place) -> str:
    """The innermost key on the way to a value."""
    return next((part for part in reversed(place) if isinstance(part, str)), "a matrix")


def _hint_for(kind: str, value: object) -> str:
    """How to write a value of the right kind, where that is not obvious."""
    match kind, value:
        case "model_type" | "dict_type", None:
            return "write {} for an empty one"
        case "tuple_type", _:
            return "begin each item with - on a line of its own"
        case "int_type" | "float_type", str() if value.isdigit():
            return f"write {value} without quotes"
        case "date_type", _:
            return 'write one like "2026-11-20"'
        case "string_type", _:
            return "write one text, in quotes"
    return ""


def _model_at(root: type[BaseModel], place: Place) -> type[BaseModel]:
    """The model that describes the mapping at `place`."""
    model = root
    for part in place:
        if field := model.model_fields.get(str(part)):
            model = next(_models(field.annotation), model)
    return model


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models(argument)


def misused_entries(matrix: Matrix) -> Iterator[Problem]:
    """Entries whose keys do not go together."""
    for index, entry in enumerate(matrix.environments):
        place = ("environments", index)
        check = _misused_interpreter if entry.interpreter else _misused_axes
        yield from check(entry, place, matrix.source)
        size = prod(map(len, entry.lists().values()))
        if entry.name and size > 1:
            message = f"the name {entry.name} cannot stand for {size} environments"
            hint = "write one value for each axis, or leave the name out"
            yield matrix.source.problem((*place, "name"), message, hint)


def _misused_interpreter(entry: Entry, place: Place, source: Source) -> Iterator[Problem]:
    if entry.name is None:
        hint = "add name:, from which the report and the session take theirs"
        yield source.key_problem((*place, "interpreter"), "interpreter needs a name", hint)
    for key in ("python", "tensorflow", "keras", "numpy", "packages", "packages_on", "prereleases"):
        if getattr(entry, key):
            message = f"{key} and interpreter cannot stand together"
            hint = f"remove {key}: what the interpreter has is recorded, and nothing is installed"
            yield source.key_problem((*place, key), message, hint)


def _misused_axes(entry: Entry, place: Place, source: Source) -> Iterator[Problem]:
    if not entry.python:
        hint = 'add python: "3.10", or interpreter: with the path of one that has everything'
        yield source.problem(place, "this entry has no python", hint)
    if not (entry.tensorflow or entry.keras):
        hint = "add tensorflow: or keras: with the versions to audit"
        yield source.problem(place, "this entry has neither tensorflow nor keras", hint)
    declared = entry.lists()
    if not entry.prereleases:
        yield from _inexact(entry, place, source)
    for device, packages in entry.packages_on.items():
        for package, pin in packages.items():
            here = (*place, "packages_on", device, package)
            name = package.partition("[")[0]
            if pin == SAME and name not in declared:
                hint = f"write a version, or add {name}: to the entry"
                yield source.problem(here, f"same as what? the entry has no {name}", hint)
            elif pin != SAME and name in declared and declared[name] != (pin,):
                message = f"on {device} this entry has another {name} than {declared[name][0]}"
                hint = "write same, so that the device alone differs"
                yield source.problem(here, message, hint)


def _inexact(entry: Entry, place: Place, source: Source) -> Iterator[Problem]:
    """What is audited is exact, except where the newest is wanted, whatever that is."""
    for axis in ("tensorflow", "keras", "numpy"):
        for index, version in enumerate(getattr(entry, axis)):
            if is_specifier(version):
                message = f'"{version}" is not an exact version'
                hint = 'write one like "2.21.0", or add prereleases: true to take the newest'
                yield source.problem((*place, axis, index), message, hint)


def misused_rules(matrix: Matrix) -> Iterator[Problem]:
    """Rules and profiles that say nothing, or name what is not declared."""
    source = matrix.source
    for index, rule in enumerate(matrix.include):
        place: Place = ("include", index)
        if not (rule.packages or rule.settings or rule.devices):
            hint = "add packages:, settings: or devices:"
            yield source.problem(place, "this rule includes nothing", hint)
        for key in sorted({"setting", "device"} & rule.when.keys()):
            hint = f"write {key}s: beside when:, as what to limit the environments to"
            message = f"include matches whole environments, not a {key}"
            yield source.key_problem((*place, "when", key), message, hint)
        yield from _undeclared(matrix, place, rule.settings, rule.devices)
    for index, override in enumerate(matrix.policy.overrides):
        if override.model_fields_set == {"scenarios"}:
            hint = "add a level with error, warn or ignore, such as process: warn"
            message = "this override says nothing"
            yield source.problem(("policy", "overrides", index), message, hint)
    for name, profile in matrix.profiles.items():
        if name == "all":
            message = "the profile all is built in: it is the whole matrix"
            yield source.key_problem(("profiles", name), message, "choose another name")
        yield from _undeclared(matrix, ("profiles", name), profile.settings, profile.devices)


def _undeclared(
    matrix: Matrix, place: Place, settings: Iterable[str], devices: Iterable[str]
) -> Iterator[Problem]:
    for key, named, declared in (
        ("settings", settings, list(matrix.settings)),
        ("devices", devices, list(matrix.devices)),
    ):
        for index, name in enumerate(named):
            if name not in declared:
                message = f"{name} is not among the {key} of this matrix"
                yield matrix.source.problem((*place, key, index), message, nearest(name, declared))
