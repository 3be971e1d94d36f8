"""What differs between two recorded cells: facts, scenarios, relations."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from harness.analysis.differences import Differences
from harness.analysis.facts import ABSENT, facts, merged
from harness.analysis.numeric import DRIFT, IDENTICAL, KINDS, ROUNDING
from harness.analysis.variants import Array
from harness.diff.sides import trials
from harness.probe import schema
from harness.report.words import count
from harness.rules import matching
from harness.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from harness.analysis.differences import Difference
    from harness.analysis.variants import Result
    from harness.diff.sides import Cell
    from harness.records import Observation, Trial

Outcome: TypeAlias = Literal[
    "differs", "not comparable", "only on A", "only on B", "on neither", "same"
]
# In the order in which they are told, each as a sentence goes on.
_SAID: Mapping[Outcome, str] = {
    "differs": "differ",
    "not comparable": "cannot be compared",
    "only on A": "are on A alone",
    "only on B": "are on B alone",
    "on neither": "are on neither",
    "same": "are the same",
}
OUTCOMES: tuple[Outcome, ...] = tuple(_SAID)

# What people look at first among the packages.
_FIRST = ("tensorflow", "keras", "tf-keras", "numpy", "jax", "jaxlib", "torch")
GROUPS: Mapping[str, str] = {
    "python": "Python",
    "package": "the packages",
    "framework": "the framework's configuration",
    "variable": "the environment variables",
    "machine": "the machine",
}


@dataclass(frozen=True)
class FactRow:
    """A recorded fact that differs; `absent` where a side has none."""

    group: str
    name: str
    a: str
    b: str


@dataclass(frozen=True)
class ScenarioRow:
    """What became of one scenario. kind, arrays and so on as in `breaks.csv`."""

    scenario: str
    outcome: Outcome
    kind: str = ""
    arrays: int = 0
    unchanged: int = 0
    max_ulp: int | None = None
    max_abs: float | None = None
    first_index: str = ""
    note: str = ""

    @property
    def measurable(self) -> bool:
        """Whether a distance says something: the values are the same draw."""
        return self.kind in (ROUNDING, DRIFT)


@dataclass(frozen=True)
class RelationRow:
    """A relation that came out otherwise: `holds`, `does not hold`, `differs between launches`."""

    scenario: str
    relation: str
    expected: bool | None
    source: str
    a: str
    b: str


@dataclass(frozen=True)
class Diff:
    """Two cells. a, b: their names. launches: how many of each. notes: what to know beforehand."""

    a: str
    b: str
    launches: tuple[int, int]
    facts: tuple[FactRow, ...]
    scenarios: tuple[ScenarioRow, ...]
    relations: tuple[RelationRow, ...]
    notes: tuple[str, ...] = ()

    def count(self, outcome: Outcome) -> int:
        """How many scenarios came out so."""
        return sum(row.outcome == outcome for row in self.scenarios)

    @property
    def verdict(self) -> str:
        """The outcome in a sentence."""
        parts = [f"{self.count(each)} {_SAID[each]}" for each in OUTCOMES if self.count(each)]
        return f"Of {count(len(self.scenarios), 'scenario')}: {', '.join(parts) or 'none'}."

    @property
    def cause(self) -> str:
        """How much else differs, and what follows for what causes a difference."""
        if not self.facts:
            return "Nothing else on record differs between the two."
        if len(self.facts) == 1:
            (only,) = self.facts
            return f"One recorded fact alone differs: {only.name} {only.a} → {only.b}."
        groups = Counter(row.group for row in self.facts)
        counts = [f"{number} of {GROUPS[group]}" for group, number in groups.items()]
        return (
            f"{len(self.facts)} recorded facts differ ({', '.join(counts)}): "
            "no single one is shown to be the cause of a difference."
        )


def compare(left: Cell, right: Cell, patterns: Sequence[str] = ("*",)) -> Diff:
    """Compare two recorded cells, of the scenarios that match.

    Raises SideError where one cannot be read.
    """
    a, b = trials(left), trials(right)
    runs = [_runs(each) for each in (a, b)]
    names = list(dict.fromkeys([*runs[0], *runs[1]]))
    wanted = set(matching(tuple(patterns), names))
    names = [name for name in names if name in wanted]
    results: dict[Result, int] = {}
    numbered = [
        {name: _numbers(observations, results) for name, observations in side.items()}
        for side in runs
    ]
    differences = Differences(tuple(results), _EitherStore(left.objects, right.objects))
    rows = [
        _scenario(
            name,
            [side.get(name, ()) for side in runs],
            differences.between(*(side.get(name, ()) for side in numbered)),
        )
        for name in names
    ]
    return Diff(
        a=str(left.where),
        b=str(right.where),
        launches=(len(a), len(b)),
        facts=_facts(a, b),
        scenarios=tuple(sorted(rows, key=_worst_first)),
        relations=tuple(row for name in names for row in _relations(name, runs)),
        notes=_notes(a, b),
    )


class _EitherStore(Store):
    """The arrays of two runs: of each, wherever it lies."""

    def __init__(self, *objects: Path) -> None:
        super().__init__(objects[0])
        self._others = [Store(each) for each in objects[1:]]

    def path_of(self, sha256: str) -> Path:
        paths = [super().path_of(sha256), *(other.path_of(sha256) for other in self._others)]
        return next((path for path in paths if path.exists()), paths[0])


def _runs(launches: Iterable[Trial]) -> dict[str, list[Observation]]:
    """Scenario → its observations, one per launch that ran it."""
    found: dict[str, list[Observation]] = {}
    for trial in launches:
        for observation in trial.observations:
            found.setdefault(observation.scenario, []).append(observation)
    return found


def _numbers(observations: Iterable[Observation], results: dict[Result, int]) -> tuple[int, ...]:
    """The distinct results of the launches that were ok."""
    given = (
        tuple(Array(each.array, each.dtype, each.shape, each.sha256) for each in run.arrays)
        for run in observations
        if run.status == schema.OK
    )
    return tuple(dict.fromkeys(results.setdefault(each, len(results)) for each in given if each))


def _scenario(
    name: str, sides: Sequence[Sequence[Observation]], difference: Difference | None
) -> ScenarioRow:
    ok = [any(run.status == schema.OK and run.arrays for run in side) for side in sides]
    notes = [
        f"{letter}: {_status(side)}"
        for letter, side in zip("AB", sides, strict=True)
        if not side or any(run.status != schema.OK for run in side)
    ]
    if not all(ok):
        outcome: Outcome = "only on A" if ok[0] else "only on B" if ok[1] else "on neither"
        return ScenarioRow(name, outcome, note="; ".join(notes))
    if difference is None:
        notes.append("launches of one side differ")
        return ScenarioRow(name, "not comparable", note="; ".join(notes))
    return ScenarioRow(
        scenario=name,
        outcome="same" if difference.kind == IDENTICAL else "differs",
        kind="" if difference.kind == IDENTICAL else difference.kind or "unknown",
        arrays=difference.arrays,
        unchanged=difference.unchanged,
        max_ulp=difference.max_ulp,
        max_abs=difference.max_abs,
        first_index=difference.first,
        note="; ".join((*notes, *difference.notes)),
    )


def _status(runs: Sequence[Observation]) -> str:
    """The worst that happened, with what was said."""
    for run in runs:
        if run.status != schema.OK:
            return f"{run.status}{run.message and ', ' + run.message}"
    return "not run"


def _worst_first(row: ScenarioRow) -> tuple[int, int, int]:
    """For a stable sort. How far another draw is apart says nothing."""
    kind = KINDS.index(row.kind) if row.kind in KINDS else len(KINDS)
    return OUTCOMES.index(row.outcome), -kind, -(row.max_ulp or 0) * row.measurable


def _facts(a: Sequence[Trial], b: Sequence[Trial]) -> tuple[FactRow, ...]:
    left, right = (merged([facts(trial.header) for trial in side]) for side in (a, b))
    rows = [
        FactRow(fact.group, fact.name, left.get(fact, ABSENT), right.get(fact, ABSENT))
        for fact in {**left, **right}
        if left.get(fact) != right.get(fact)
    ]
    return tuple(sorted(rows, key=_fact_order))


def _fact_order(row: FactRow) -> tuple[int, int, str]:
    first = _FIRST.index(row.name) if row.name in _FIRST else len(_FIRST)
    return [*GROUPS].index(row.group), first, row.name


def _relations(name: str, runs: Sequence[Mapping[str, Sequence[Observation]]]) -> list[RelationRow]:
    """The relations that both sides checked, and that came out otherwise."""
    held: list[dict[str, set[bool]]] = [{}, {}]
    stated = {}
    for side, found in zip(runs, held, strict=True):
        for run in side.get(name, ()):
            for relation in run.relations:
                found.setdefault(relation.relation, set()).add(relation.holds)
                stated[relation.relation] = relation
    return [
        RelationRow(name, text, each.expected, each.source, *(_held(side[text]) for side in held))
        for text, each in stated.items()
        if all(text in side for side in held) and held[0][text] != held[1][text]
    ]


def _held(outcomes: set[bool]) -> str:
    if len(outcomes) > 1:
        return "differs between launches"
    return "holds" if True in outcomes else "does not hold"


def _notes(a: Sequence[Trial], b: Sequence[Trial]) -> tuple[str, ...]:
    notes = []
    if {trial.header.suite for trial in a} != {trial.header.suite for trial in b}:
        notes.append(
            "Measured with two versions of the suite: scenarios of one name may do other things."
        )
    for letter, side in (("A", a), ("B", b)):
        if len(side) < 2:
            notes.append(f"{letter} has one launch: what it gave, another may not give again.")
        notes += [
            f"{letter}, launch {trial.header.trial}: {trial.end.status}, {trial.end.message}"
            for trial in side
            if trial.end.status != schema.OK
        ]
    return tuple(notes)
