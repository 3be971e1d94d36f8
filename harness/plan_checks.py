"""What only the expanded matrix shows: too many cells, ids alike, rules that do nothing.

Each check takes the matrix with what was made of it and yields problems at the matrix's lines.
"""

from __future__ import annotations

import re
from itertools import chain
from math import prod
from typing import TYPE_CHECKING

from packaging.version import Version

from harness.errors import MatrixError
from harness.matrix_problems import nearest
from harness.rules import applies, holds, matching, parsed
from harness.wheels import has_wheel, pythons

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from harness.errors import Problem
    from harness.expand import Candidate
    from harness.matrix import Entry, Matrix, When
    from harness.plan import Cell
    from harness.rules import Facts
    from harness.yaml_positions import Place

# The first releases with Keras 3, the only one that knows other backends; TensorFlow's is from
# https://github.com/tensorflow/tensorflow/releases/tag/v2.16.1
KERAS_3 = (("keras", (3, 0)), ("tensorflow", (2, 16)))
# The first release without Theano: https://github.com/keras-team/keras/releases/tag/2.4.0
WITHOUT_THEANO = Version("2.4")
NEVER_SILENT = ("tensorflow", "keras", "backend", "python")  # every id has their values


def guard_size(matrix: Matrix) -> None:
    """Refuse a matrix whose lists multiply to more than `max_cells`, before they are multiplied.

    Where include rules leave some settings and devices out, only the environments are sure to be
    cells; `guard_cells` counts the rest once it is known.
    """
    environments = sum(map(_size, matrix.environments))
    limited = any(rule.settings or rule.devices for rule in matrix.include)
    guard_cells(
        matrix,
        environments if limited else environments * len(matrix.settings) * len(matrix.devices),
    )


def guard_cells(matrix: Matrix, cells: int) -> None:
    """Refuse a matrix that has more than `max_cells`. cells: how many it has at least."""
    if cells <= matrix.max_cells:
        return
    sizes = [_size(entry) for entry in matrix.environments]
    largest = max(range(len(sizes)), key=sizes.__getitem__)
    entry = matrix.environments[largest]
    lists = [f"{len(values)} {axis}" for axis, values in entry.lists().items() if len(values) > 1]
    line = matrix.source.value(("environments", largest)).line
    factors = " × ".join(
        _counted(number, word)
        for number, word in (
            (sum(sizes), "environment"),
            (len(matrix.settings), "setting"),
            (len(matrix.devices), "device"),
        )
    )
    product = sum(sizes) * len(matrix.settings) * len(matrix.devices)
    counted = f" ({factors})" if cells == product else ""  # rules leave some out otherwise
    message = f"{cells:,} cells{counted} are more than max_cells: {matrix.max_cells}"
    hint = f"the entry on line {line} makes {_counted(sizes[largest], 'environment')}"
    if lists:
        hint += f" ({' × '.join(lists)})"
    place = ("max_cells",) if ("max_cells",) in matrix.source.keys else ("environments",)
    problem = matrix.source.key_problem(
        place, message, f"{hint}: shorten a list or raise max_cells"
    )
    raise MatrixError((problem,))


def _counted(number: int, word: str) -> str:
    return f"{number:,} {word}" + ("" if number == 1 else "s")


def _size(entry: Entry) -> int:
    return prod(map(len, entry.lists().values()))


def unknown_profile(matrix: Matrix, profile: str, known: Collection[str]) -> Iterator[Problem]:
    """The profile that was asked for has to exist."""
    if profile not in known:
        message = f"there is no profile {profile}"
        yield matrix.source.key_problem(("profiles",), message, nearest(profile, known))


def empty_parts(
    matrix: Matrix, candidates: Sequence[Candidate], members: Mapping[str, Sequence[Cell]]
) -> Iterator[Problem]:
    """Profiles without a cell, and environments that include rules leave without one."""
    for name in matrix.profiles:
        if not members[name]:
            message = f"the profile {name} contains no cell"
            hint = "its environments have other settings or devices"
            yield matrix.source.key_problem(("profiles", name), message, hint)
    measured = {cell.environment for cell in members["all"]}
    for candidate in candidates:
        if candidate.id not in measured:
            message = f"the include rules leave {candidate.id} no setting or no device"
            hint = "let the rules agree, or remove the environment"
            yield matrix.source.problem(_entry(candidate), message, hint)


def collisions(matrix: Matrix, candidates: Sequence[Candidate]) -> Iterator[Problem]:
    """Ids that nox or a file system could take for one another.

    nox makes directories of session names in lower case with other characters collapsed, so two
    ids must differ in their letters and digits alone.
    """
    seen: dict[str, Candidate] = {}
    for candidate in candidates:
        first = seen.setdefault(re.sub(r"[^a-z0-9]", "", candidate.id.lower()), candidate)
        if first is not candidate:
            line = matrix.source.value(_entry(first)).line
            same = "is the id" if first.id == candidate.id else f"is too much like {first.id}"
            message = f"{candidate.id} {same} of an environment of the entry on line {line}"
            yield matrix.source.problem(_entry(candidate), message, _how_to_part(first, candidate))


def _how_to_part(one: Candidate, other: Candidate) -> str:
    axes = {**one.axes, **other.axes}
    apart = [axis for axis in axes if one.axes.get(axis) != other.axes.get(axis)]
    if not apart and one.requirements == other.requirements:
        return "they are the same environment: remove one"
    hint = "give one of them a name: in an entry of its own"
    silent = [axis for axis in apart if axis in other.axes and axis not in NEVER_SILENT]
    return hint + "".join(f', or write {axis}: ["{other.axes[axis]}"]' for axis in silent[:1])


def idle_rules(matrix: Matrix, candidates: Sequence[Candidate]) -> Iterator[Problem]:
    """Rules that match nothing, most likely because of a typing mistake."""
    environments = [candidate.facts for candidate in candidates]
    installed = [candidate.facts for candidate in candidates if not candidate.interpreter]
    cells = [
        candidate.facts | {"setting": setting, "device": device}
        for candidate in candidates
        for setting in matrix.settings
        for device in candidate.devices
    ]
    for index, rule in enumerate(matrix.include):
        facts = installed if rule.packages else environments
        yield from _idle(matrix, ("include", index), rule.when, facts, "environment")
    for index, excluded in enumerate(matrix.exclude):
        yield from _idle(matrix, ("exclude", index), excluded.when, cells, "cell")


def _idle(
    matrix: Matrix, place: Place, when: When, everything: Sequence[Facts], what: str
) -> Iterator[Problem]:
    if any(applies(when, facts) for facts in everything):
        return
    alone = list(chain(*(_idle_condition(matrix, place, axis, when, everything) for axis in when)))
    yield from alone
    if not alone:
        hint = "each condition matches something, but never the same one"
        yield matrix.source.problem(place, f"this rule matches no {what}", hint)


def _idle_condition(
    matrix: Matrix, place: Place, axis: str, when: When, everything: Sequence[Facts]
) -> Iterator[Problem]:
    """What is wrong with one condition, if it alone already matches nothing."""
    axes = list(dict.fromkeys(chain(*everything)))
    values = list(dict.fromkeys(facts[axis] for facts in everything if axis in facts))
    here = (*place, "when", axis)
    if not values:
        yield matrix.source.key_problem(here, f"nothing here has {axis}", nearest(axis, axes))
    elif not any(holds(axis, wanted, value) for wanted in when[axis] for value in values):
        message = f"nothing here has {axis} {', '.join(when[axis])}"
        yield matrix.source.problem(here, message, nearest(when[axis][0], values))


def idle_patterns(
    matrix: Matrix,
    candidates: Sequence[Candidate],
    scenarios: Sequence[str],
    chosen: Sequence[str],
) -> Iterator[Problem]:
    """Patterns that match no environment or no scenario."""
    ids = [candidate.id for candidate in candidates]
    for name, profile in matrix.profiles.items():
        place = ("profiles", name, "environments")
        yield from _unmatched(matrix, place, profile.environments, ids, "environment")
    for key, patterns in (
        ("include", matrix.scenarios.include),
        ("exclude", matrix.scenarios.exclude),
    ):
        yield from _unmatched(matrix, ("scenarios", key), patterns, scenarios, "scenario")
    for index, override in enumerate(matrix.policy.overrides):
        where = ("policy", "overrides", index, "scenarios")
        yield from _unmatched(matrix, where, override.scenarios, scenarios, "scenario")
    if scenarios and not chosen and matching(matrix.scenarios.include, scenarios):
        message = "every included scenario is excluded as well"
        yield matrix.source.problem(("scenarios",), message, "exclude fewer")


def _unmatched(
    matrix: Matrix, place: Place, patterns: Sequence[str], names: Sequence[str], what: str
) -> Iterator[Problem]:
    for index, pattern in enumerate(patterns):
        if not matching([pattern], names):
            message = f"no {what} matches {pattern}"
            yield matrix.source.problem((*place, index), message, nearest(pattern, names))


def impossible_environments(
    matrix: Matrix, candidates: Sequence[Candidate], cells: Sequence[Cell]
) -> Iterator[Problem]:
    """Combinations that no index can install, unless every cell of theirs is excluded."""
    wanted = {cell.environment for cell in cells if not cell.excluded}
    problems = chain(
        *(
            chain(_without_wheel(matrix, candidate), _without_keras_3(matrix, candidate))
            for candidate in candidates
            if candidate.id in wanted and not candidate.interpreter
        )
    )
    yield from dict.fromkeys(problems)  # once, however many environments share the combination


def _without_wheel(matrix: Matrix, candidate: Candidate) -> Iterator[Problem]:
    tensorflow, python = candidate.axes.get("tensorflow"), candidate.python
    if tensorflow and python and not has_wheel(tensorflow, python):
        known = ", ".join(f'"{version}"' for version in pythons(tensorflow) or ())
        message = f"TensorFlow {tensorflow} has no wheel for Python {python}"
        hint = f"it has them for {known}: take one of these, or exclude the pair with a reason"
        yield matrix.source.problem(_value(matrix, candidate, "python"), message, hint)


def _without_keras_3(matrix: Matrix, candidate: Candidate) -> Iterator[Problem]:
    """Every other backend needs the Keras that knows it: 3, or for Theano one before 2.4."""
    if candidate.backend == "tensorflow":
        return
    place = _value(matrix, candidate, "backend")
    if candidate.backend == "theano":
        keras = parsed(candidate.axes.get("keras", ""))
        if keras is None or keras >= WITHOUT_THEANO:
            named = f"keras {keras}" if keras else "TensorFlow's Keras"
            message = f"{named} cannot compute with theano"
            hint = 'stand-alone Keras before 2.4 can: write keras: "2.3.1"'
            yield matrix.source.problem(place, message, hint)
        return
    if "tf-keras" in candidate.axes and "keras" not in candidate.axes:
        message = f"tf-keras cannot compute with {candidate.backend}"
        yield matrix.source.problem(place, message, "Keras 3 can: write keras: instead")
        return
    for axis, least in KERAS_3:
        if version := parsed(candidate.axes.get(axis, "")):
            if version.release[:2] < least:
                message = f"{axis} {version} cannot compute with {candidate.backend}"
                first = ".".join(map(str, least))
                hint = f"Keras 3 can, so {axis} from {first} on; or exclude the pair with a reason"
                yield matrix.source.problem(place, message, hint)
            return  # a declared Keras decides, whatever TensorFlow would bring


def _entry(candidate: Candidate) -> Place:
    return ("environments", candidate.entry)


def _value(matrix: Matrix, candidate: Candidate, axis: str) -> Place:
    """Where the value that a candidate has on an axis stands."""
    entry = matrix.environments[candidate.entry]
    index = entry.lists()[axis].index(candidate.axes[axis])
    return (*_entry(candidate), *entry.place(axis), index)
