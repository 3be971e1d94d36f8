"""What an audit of the planted wheels must say, worked out from the faults alone.

Nothing here comes from `harness.analysis`: two cells break where the labels of their arrays differ.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from tests.planted.cases import EFFECTS, Case, Fault
from tests.planted.labels import Chance, Label, Result, result
from tests.planted.layout import BOTH_MOVE, CELLS, CONFOUNDER, LEAP, LINES, Cell

NOT_STABLE = "some arrays differ between launches and were not compared"

KINDS = {
    **dict.fromkeys(("another_stream", "extra_draw", "call_order"), "redraw"),
    **dict.fromkeys(("one_ulp", "three_ulp", "sign_of_zero"), "rounding"),
    **dict.fromkeys(("growth", "noise"), "drift"),
    "reordered": "reordered",
    **dict.fromkeys(("nan", "infinity", "nan_payload"), "nonfinite"),
    **dict.fromkeys(
        (
            *("dtype", "shape", "creation_order"),
            *("array_gone", "array_added", "array_renamed"),
        ),
        "structure",
    ),
}
assert set(EFFECTS) <= set(KINDS)
_ULPS = {"one_ulp": "1", "three_ulp": "3", "sign_of_zero": "0"}
_NOT_FINITE = ("nan", "infinity", "nan_payload")
_AT_ONE_ELEMENT = (*_ULPS, *_NOT_FINITE)


class Key(NamedTuple):
    """What a break is about."""

    level: str
    axis: str
    start: str
    to: str
    scenario: str
    environment_from: str
    environment_to: str
    setting: str


@dataclass(frozen=True)
class Finding:
    """What must stand in the break's other columns. max_ulp, index: None where it is not known."""

    kind: str
    arrays: int
    unchanged: int
    last_unchanged: str
    first: str
    index: str | None
    max_ulp: str | None
    confounders: str
    violation: bool


class Span(NamedTuple):
    """A row of spans.csv."""

    axis: str
    scenario: str
    variant: str
    start: str
    to: str
    environment_from: str
    environment_to: str
    returns: bool
    setting: str


@dataclass(frozen=True)
class Expected:
    """All that the audit must say of a case.

    comparisons: all that can be made, None where nothing differs. variants: cell → letter, empty
    where launches differ; cells without the API are not in it.
    """

    comparisons: Mapping[Key, Finding | None]
    variants: Mapping[Cell, str]
    spans: frozenset[Span]

    @property
    def breaks(self) -> dict[Key, Finding]:
        """The comparisons that must come out as breaks."""
        return {key: finding for key, finding in self.comparisons.items() if finding}


def expected(case: Case) -> Expected:
    """The truth about a case."""
    results = {cell: result(case, cell) for cell in CELLS}
    measured = {cell: found for cell, found in results.items() if found}
    letters = _letters(measured)
    return Expected(
        dict(_comparisons(case, measured)), letters, frozenset(_spans(case.name, letters))
    )


def _comparisons(
    case: Case, measured: Mapping[Cell, Result]
) -> Iterator[tuple[Key, Finding | None]]:
    for cell, found in measured.items():
        at = (case.name, cell.environment, cell.environment, cell.setting)
        sides = _rebuilds(found)
        if case.rebuilds == 2:
            yield Key("rerun", "rerun", "first", "second", *at), _finding(case, *sides, "rerun")
        yield Key("process", "trial", "1", "2", *at), _finding(case, found, found, "process")
    for line in LINES:
        present = [(value, cell) for value, cell in line.cells if cell in measured]
        for (start, here), (to, there) in pairwise(present):
            if line.axis == "tensorflow" and (here.environment, there.environment) == LEAP:
                continue
            moved = CONFOUNDER if (here.environment, there.environment) == BOTH_MOVE else ""
            left, right = measured[here], measured[there]
            if not _comparable(left, right):
                continue
            setting = "" if line.axis == "setting" else here.setting
            ends = (case.name, here.environment, there.environment, setting)
            finding = _finding(case, left, right, line.level, moved)
            yield Key(line.level, line.axis, start, to, *ends), finding


def _rebuilds(found: Result) -> tuple[Result, Result]:
    first, second = (
        {name: label for name, label in found.items() if name.startswith(side)}
        for side in ("first/", "second/")
    )
    return first, {name.replace("second/", "first/"): label for name, label in second.items()}


def _comparable(left: Result, right: Result) -> bool:
    """Whether anything can be said: what differs by chance proves nothing either way."""
    steady = all(not isinstance(label, Chance) for label in (*left.values(), *right.values()))
    return steady or bool(_differing(left, right, "packages"))


def _differing(left: Result, right: Result, level: str) -> list[str]:
    """Names of the arrays that differ, in order of creation, those of the left side first."""
    common = [name for name in left if name in right]
    other_order = [name for name in right if name in left]
    moved = {name for name, other in zip(common, other_order, strict=True) if name != other}
    found = []
    for name in left | right:
        if name not in left or name not in right or name in moved:
            found.append(name)
            continue
        labels = left[name], right[name]
        chance = [label for label in labels if isinstance(label, Chance)]
        if level == "process":
            differs = bool(chance)
        elif level == "rerun":
            differs = any(label.every_call for label in chance) or labels[0] != labels[1]
        else:
            differs = not chance and labels[0] != labels[1]
        if differs:
            found.append(name)
    return found


def _finding(
    case: Case, left: Result, right: Result, level: str, confounders: str = ""
) -> Finding | None:
    differing = _differing(left, right, level)
    if not differing:
        return None
    hit = [name.partition("/")[2] for name in differing]
    # Of two faults, those that hit a single array each, the ones that show here.
    fault = next(each for each in case.faults if len(case.faults) == 1 or each.array in hit)
    effect = fault.effect
    left_out = {
        name
        for name in left | right
        if level not in ("process", "rerun")
        and any(isinstance(side.get(name), Chance) for side in (left, right))
    }
    names = [*(left | right)]
    same = [name for name in names if name not in differing and name not in left_out]
    before = [name for name in names[: names.index(differing[0])] if name in same]
    return Finding(
        kind=KINDS[effect],
        arrays=len(differing),
        unchanged=len(same),
        last_unchanged=before[-1] if before else "",
        first=differing[0],
        index=_index(case, fault) if effect in _AT_ONE_ELEMENT else None,
        max_ulp=_max_ulp(effect),
        confounders="; ".join(filter(None, (confounders, NOT_STABLE if left_out else ""))),
        violation=case.promised and level in ("process", "packages"),
    )


def _max_ulp(effect: str) -> str | None:
    """The field; a structure or a NaN has no distance."""
    if KINDS[effect] == "structure" or effect in _NOT_FINITE:
        return ""
    return _ULPS.get(effect)


def _index(case: Case, fault: Fault) -> str:
    """The element that was hit, as `[i,j]`; a scalar has none."""
    (shape,) = (spec.shape for spec in case.arrays if spec.name == fault.array)
    rest, indices = fault.at, []
    for length in reversed(shape):
        rest, index = divmod(rest, length)
        indices.append(str(index))
    return f"[{','.join(reversed(indices))}]" if indices else ""


def _letters(measured: Mapping[Cell, Result]) -> dict[Cell, str]:
    """A letter per distinct result, in matrix order; no case has more than a few."""
    seen: dict[tuple[tuple[str, Label], ...], str] = {}
    letters = {}
    for cell, found in measured.items():
        if any(isinstance(label, Chance) for label in found.values()):
            letters[cell] = ""
        else:
            letters[cell] = seen.setdefault(tuple(found.items()), "ABCDEFGH"[len(seen)])
    return letters


def _spans(scenario: str, letters: Mapping[Cell, str]) -> Iterator[Span]:
    """The runs of one letter on every line with an order; a leap ends a run."""
    for line in LINES:
        present = [(value, cell) for value, cell in line.cells if cell in letters]
        if line.level == "setting" or len(present) < 2:
            continue
        runs: list[list[tuple[str, Cell]]] = []
        for value, cell in present:
            last = runs[-1][-1][1] if runs else None
            leaps = last and (last.environment, cell.environment) == LEAP
            if last and letters[last] == letters[cell] and not leaps:
                runs[-1].append((value, cell))
            else:
                runs.append([(value, cell)])
        seen: list[str] = []  # the letters of the runs so far
        for run in runs:
            (start, first), (to, last) = run[0], run[-1]
            letter = letters[first]
            returns = bool(letter) and letter in seen and seen[-1] != letter
            seen.append(letter)
            ends = start, to, first.environment, last.environment
            yield Span(line.axis, scenario, letter, *ends, returns, first.setting)
