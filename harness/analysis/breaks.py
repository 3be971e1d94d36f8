"""Every comparison that could be made, and the breaks among them."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

from harness.analysis.differences import Difference, Differences
from harness.analysis.facts import by_place, confounders, facts
from harness.analysis.frames import PLACE, Where, where
from harness.analysis.numeric import IDENTICAL, UNKNOWN
from harness.probe import schema
from harness.tables import table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pandas as pd

    from harness.analysis import Scenario
    from harness.analysis.variants import Launches
    from harness.records import Observation, Relation, Trial

LEVELS = schema.LEVELS
WITHIN = ("rerun", "process")  # levels at which a cell is compared with itself

CONTRADICTION = "recorded as not holding, though the fingerprints agree"

# Scenario and place → trial → position of its result.
Runs: TypeAlias = dict[tuple[str, Where], dict[int, int]]


@dataclass(frozen=True)
class Outcome:
    """One comparison: on which level and axis, between which values, and what differs.

    launches: how many it rests on, of the side with fewer.
    """

    level: str
    axis: str
    values: tuple[str, str]
    scenario: str
    left: Where
    right: Where
    difference: Difference
    launches: int
    confounders: tuple[str, ...] = ()
    host: str = ""

    @property
    def differs(self) -> bool:
        """Whether this is a break."""
        return self.difference.kind != IDENTICAL

    @property
    def id(self) -> str:
        """A name for the break that another run, and another machine, gives it too.

        Which launches or rebuilds differ is chance, so that these have one name per cell.
        """
        values = () if self.level in WITHIN else self.values
        place = [getattr(self.left, name) for name in ("setting", "device") if name != self.axis]
        sides = (self.left.environment, self.right.environment)
        words = (self.level, self.axis, *values, self.scenario, *sides, *place)
        return hashlib.sha256("\n".join(words).encode()).hexdigest()[:_ID]

    def breaks_promise(self, scenario: Scenario | None) -> bool:
        """Whether it is on a level that the scenario's promise covers, where both versions make it.

        Within a process a scenario may well build different things and relate them: what is
        expected of its relations is among the claims. Between machines that share a label, who
        promised nothing across machines has broken nothing.
        """
        levels = (
            {self.level} if self.left.machine == self.right.machine else {self.level, "machine"}
        )
        return (
            scenario is not None
            and self.level != schema.RERUN
            and levels <= set(scenario.promise_levels)
            and {self.left.environment, self.right.environment} <= scenario.promised_in
        )

    def row(self, scenario: Scenario | None) -> tuple[Any, ...]:
        """As a row of the breaks. What the axis is about stands only in `from` and `to`."""
        difference = self.difference
        shared = ("" if name == self.axis else getattr(self.left, name) for name in _SHARED)
        return (
            self.level,
            self.axis,
            *self.values,
            self.scenario,
            difference.kind,
            difference.arrays,
            difference.max_ulp,
            difference.max_abs,
            difference.first,
            "; ".join((*self.confounders, *difference.notes)),
            "",
            self.left.environment,
            self.right.environment,
            *shared,
            self.left.machine,
            self.id,
            self.launches,
            difference.unchanged,
            difference.last_unchanged,
            self.breaks_promise(scenario),
            "",
            self.right.machine,
        )


_SHARED = ("setting", "device")
_ID = 10  # hexadecimal digits: a million breaks collide with a chance of one half


def compare(
    trials: Sequence[Trial],
    launched: Launches,
    places: pd.DataFrame,
    pairs: pd.DataFrame,
    differences: Differences,
) -> list[Outcome]:
    """All comparisons that could be made, strictest level first, then along each axis.

    places, pairs: as `harness.analysis.variants` and `harness.analysis.pairs` give them.
    """
    runs: Runs = defaultdict(dict)
    columns = [*PLACE, "trial", "result"]
    for scenario, *cell, trial, result in launched.frame[columns].itertuples(index=False):
        runs[scenario, Where(*cell)][int(trial)] = result
    found = [
        *_reruns(trials, runs, differences),
        *_processes(trials, runs, places, differences),
        *_pairs(trials, places, pairs, differences),
    ]
    return sorted(found, key=lambda outcome: LEVELS.index(outcome.level))


def breaks(outcomes: Sequence[Outcome], scenarios: Mapping[str, Scenario]) -> pd.DataFrame:
    """One row per comparison whose sides differ."""
    return table(
        "breaks",
        (each.row(scenarios.get(each.scenario)) for each in outcomes if each.differs),
    )


def _reruns(trials: Sequence[Trial], runs: Runs, differences: Differences) -> Iterator[Outcome]:
    """One per scenario and place: the first rebuild that differs, or else one that does not."""
    found: dict[tuple[str, Where], Outcome] = {}
    for here, trial, observation, relation in _rebuilds(trials):
        scenario = observation.scenario
        result = runs[scenario, here][trial]
        difference = _rebuilt(relation, result, differences)
        known = found.get((scenario, here))
        if difference and (known is None or not known.differs):
            found[scenario, here] = Outcome(
                level="rerun",
                axis="rerun",
                values=(relation.left, relation.right),
                scenario=scenario,
                left=here,
                right=here,
                difference=difference,
                launches=len(runs[scenario, here]),
            )
    yield from found.values()


def _rebuilds(
    trials: Sequence[Trial],
) -> Iterator[tuple[Where, int, Observation, Relation]]:
    for trial in trials:
        for observation in trial.observations:
            for relation in observation.relations:
                if observation.status == schema.OK and relation.level == schema.RERUN:
                    yield where(trial.header), trial.header.trial, observation, relation


def _rebuilt(relation: Relation, result: int, differences: Differences) -> Difference | None:
    """What the fingerprints say; where the record itself says worse, the record."""
    difference = differences.within(result, relation.left, relation.right)
    agree = difference is None or difference.kind == IDENTICAL
    return (
        Difference(UNKNOWN, notes=(CONTRADICTION,)) if agree and not relation.holds else difference
    )


def _processes(
    trials: Sequence[Trial], runs: Runs, places: pd.DataFrame, differences: Differences
) -> Iterator[Outcome]:
    """One per scenario and place with enough launches: the first against the first other one."""
    headers = {(where(trial.header), trial.header.trial): trial.header for trial in trials}

    @cache
    def moved(here: Where, *sides: int) -> tuple[str, ...]:
        left, right = (facts(headers[here, trial]) for trial in sides)
        return confounders("process", "trial", left, right)

    judged = places.loc[places["reproducible"].notna(), PLACE]
    for scenario, *cell in judged.itertuples(index=False):
        here = Where(*cell)
        launches = runs[scenario, here]
        first, *others = launches
        other = next((each for each in others if launches[each] != launches[first]), others[0])
        difference = differences.between((launches[first],), (launches[other],))
        if difference:
            yield Outcome(
                level="process",
                axis="trial",
                values=(str(first), str(other)),
                scenario=scenario,
                left=here,
                right=here,
                difference=difference,
                launches=len(launches),
                confounders=moved(here, first, other),
            )


def _pairs(
    trials: Sequence[Trial], places: pd.DataFrame, pairs: pd.DataFrame, differences: Differences
) -> Iterator[Outcome]:
    """One per pair of places with two launches or more each, and something to compare."""
    known = by_place(trials)

    @cache
    def moved(level: str, axis: str, left: Where, right: Where) -> tuple[str, ...]:
        return confounders(level, axis, known[left], known[right])

    sides = [
        (scenario, Where(*cell), results, ok)
        for scenario, *cell, results, ok in places[[*PLACE, "results", "ok"]].itertuples(
            index=False
        )
    ]
    for level, axis, start, to, left, right, host in pairs.itertuples(index=False):
        scenario, here, results, ok = sides[left]
        _, there, other_results, other_ok = sides[right]
        if min(ok, other_ok) < 2:
            continue  # what one launch gave, another may not give again
        difference = differences.between(results, other_results)
        if difference is None:
            continue
        notes: tuple[str, ...] = ()
        if difference.kind != IDENTICAL:
            notes = moved(level, axis, here, there)
        weaker = min(ok, other_ok)
        yield Outcome(
            level, axis, (start, to), scenario, here, there, difference, weaker, notes, host
        )
