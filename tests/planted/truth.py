"""What an audit of the planted wheels must say, worked out from the faults alone.

Nothing here comes from `harness.analysis`: which cells there are, which of them may be compared and
what moves between them is written down by hand, beside the matrix that it describes. For each case
and cell every array gets a label that stands for its bytes; two cells break where labels differ.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple, TypeAlias

from tests.planted.cases import APIS, CONDITIONS, EFFECTS, Case, Fault

MATRIX = """
version: 1
platforms: [{platform}]
environments:
  - {{tensorflow: ["90.8", "90.9", "90.10", "90.11", "90.12"], python: "3.10", numpy: "1.26.4"}}
  - {{tensorflow: "90.9", python: "3.11", numpy: "1.26.4"}}
  # What tells the two packages apart that move together at 90.10.
  - tensorflow: "90.9"
    python: "3.10"
    numpy: "1.26.4"
    packages: {{scipy: ["90.1", "90.2"]}}
  - tensorflow: "90.10"
    python: "3.10"
    numpy: "1.26.4"
    packages: {{scipy: ["90.2"]}}
settings:
  default: {{}}
  fixed_hash: {{env: {{PYTHONHASHSEED: "0"}}}}
  one_thread: {{threads: 1}}
  flag: {{env: {{TF_PLANTED_FLAG: "1"}}}}
include:
  - {{when: {{tensorflow: ["90.10", "90.11"]}}, settings: [default]}}
  - {{when: {{environment: "*scipy*"}}, settings: [default]}}
  - {{when: {{python: "3.11"}}, settings: [default, fixed_hash]}}
scenarios: {{files: [planted.py], include: ["planted/*"]}}
"""


class Stack(NamedTuple):
    """What an environment has."""

    framework: str
    second: str
    python: str


ALL_SETTINGS = ("default", "fixed_hash", "one_thread", "flag")
OLDEST, OLD, MOVED, NEW, NEWEST = (f"tf90_{minor}_py3_10" for minor in range(8, 13))
OTHER_PYTHON = "tf90_9_py3_11"
GRID_OLD, GRID_SECOND = (f"tf90_9_py3_10_scipy90_{version}" for version in (1, 2))
GRID_BOTH = "tf90_10_py3_10_scipy90_2"
# In matrix order.
STACKS = {
    OLDEST: (Stack("90.8", "90.1", "3.10"), ALL_SETTINGS),
    OLD: (Stack("90.9", "90.1", "3.10"), ALL_SETTINGS),
    MOVED: (Stack("90.10", "90.2", "3.10"), ("default",)),
    NEW: (Stack("90.11", "90.2", "3.10"), ("default",)),
    NEWEST: (Stack("90.12", "90.2", "3.10"), ALL_SETTINGS),
    OTHER_PYTHON: (Stack("90.9", "90.1", "3.11"), ("default", "fixed_hash")),
    GRID_OLD: (Stack("90.9", "90.1", "3.10"), ("default",)),
    GRID_SECOND: (Stack("90.9", "90.2", "3.10"), ("default",)),
    GRID_BOTH: (Stack("90.10", "90.2", "3.10"), ("default",)),
}


class Cell(NamedTuple):
    """One environment in one setting."""

    environment: str
    setting: str

    @property
    def stack(self) -> Stack:
        """What the environment has."""
        return STACKS[self.environment][0]


CELLS = tuple(Cell(name, setting) for name, (_, known) in STACKS.items() for setting in known)


class Line(NamedTuple):
    """Cells that differ in one axis alone, in its order."""

    level: str
    axis: str
    cells: tuple[tuple[str, Cell], ...]  # each with its value on the axis


def _versions(setting: str, *environments: str) -> Line:
    cells = tuple(Cell(name, setting) for name in environments)
    return Line("packages", "tensorflow", tuple((cell.stack.framework, cell) for cell in cells))


LINES = (
    _versions("default", OLDEST, OLD, MOVED, NEW, NEWEST),
    *(_versions(setting, OLDEST, OLD, NEWEST) for setting in ALL_SETTINGS[1:]),
    _versions("default", GRID_SECOND, GRID_BOTH),
    Line(
        "packages",
        "scipy",
        (("90.1", Cell(GRID_OLD, "default")), ("90.2", Cell(GRID_SECOND, "default"))),
    ),
    *(
        Line("python", "python", (("3.10", Cell(OLD, name)), ("3.11", Cell(OTHER_PYTHON, name))))
        for name in ("default", "fixed_hash")
    ),
    *(
        Line(
            "setting", "setting", tuple((name, Cell(environment, name)) for name in (first, other))
        )
        for environment, (_, (first, *others)) in STACKS.items()
        for other in others
    ),
)
# 90.12 runs in every setting, but what lies between it and 90.9 only in the default one, which
# therefore tells the steps: none reaches from 90.9 to 90.12 in another setting.
_LEAP = (OLD, NEWEST)
_BOTH_MOVE = (OLD, MOVED)
CONFOUNDER = "scipy 90.1 → 90.2"
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
_EVERY_CALL = ("clock", "entropy", "unseeded_python", "unseeded_numpy")
_HASHED = ("hash_seed", "set_order")

Label: TypeAlias = Hashable
PLAIN = "plain"


class Chance(NamedTuple):
    """The label of what differs between launches; every_call: and within one as well."""

    source: str
    every_call: bool


Result: TypeAlias = dict[str, Label]  # array → its label, in creation order


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


def result(case: Case, cell: Cell) -> Result:
    """The arrays that a case gives in a cell, each with its label; empty without the API."""
    if case.api != "build" and cell.stack.framework not in APIS[case.api]:
        return {}
    found: Result = {}
    for side in ("first", "second")[: case.rebuilds]:
        labels: Result = {spec.name: PLAIN for spec in case.arrays}
        for fault in case.faults:
            if _shows(fault, cell, side):
                labels = _spoilt(labels, fault, cell, side)
        found |= {f"{side}/{name}": label for name, label in labels.items()}
    return found


def _shows(fault: Fault, cell: Cell, side: str) -> bool:
    condition = CONDITIONS[fault.condition]
    stack = cell.stack
    now = {
        "python": stack.python,
        "threads": 1 if cell.setting == "one_thread" else 2,
        "flag": "1" if cell.setting == "flag" else "",
    }
    released = (
        stack.second in condition.second
        if condition.second
        else stack.framework in condition.framework
    )
    met = all(now[name] == value for name, value in condition.when.items())
    return released and met and (fault.source != "call_count" or side == "second")


def _spoilt(labels: Result, fault: Fault, cell: Cell, side: str) -> Result:
    names = list(labels)
    at = names.index(fault.array)
    wrong = _label(fault, cell)
    if fault.effect == "extra_draw":
        return labels | dict.fromkeys(names[at:], wrong)
    if fault.effect == "call_order":
        return {name: (fault.effect, side, name) for name in names}
    if fault.effect == "creation_order":
        return dict(reversed(labels.items()))
    if fault.effect == "array_added":
        return labels | {"added": PLAIN}
    if fault.effect in ("array_gone", "array_renamed"):
        new = ["renamed"] if fault.effect == "array_renamed" else []
        return dict.fromkeys([*names[:at], *new, *names[at + 1 :]], PLAIN)
    return labels | {fault.array: wrong}


def _label(fault: Fault, cell: Cell) -> Label:
    if fault.source in _HASHED and cell.setting == "fixed_hash":
        # Python 3.11 computes the hash of a text otherwise (SipHash 1-3 in place of 2-4).
        return fault.effect, cell.stack.python
    if fault.source and fault.source != "call_count":
        return Chance(fault.source, fault.source in _EVERY_CALL)
    return fault.effect


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
            if line.axis == "tensorflow" and (here.environment, there.environment) == _LEAP:
                continue
            moved = CONFOUNDER if (here.environment, there.environment) == _BOTH_MOVE else ""
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
            leaps = last and (last.environment, cell.environment) == _LEAP
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
