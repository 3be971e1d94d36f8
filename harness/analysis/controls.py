"""What scenarios promise about two launches, and the negative controls that must come out.

A control that does not come out shows that the audit cannot see differences, or sees some that are
none: then nothing it says counts.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from harness.analysis.frames import PLACE, Where, where
from harness.probe import schema
from harness.tables import table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pandas as pd

    from harness.analysis import Scenario
    from harness.plan import Plan
    from harness.records import Trial

LAUNCHES_AGREE = "launches agree"
_EXPECTED: Mapping[str, bool | None] = {"same": True, "differ": False, "": None}


def promises(places: pd.DataFrame, trials: Sequence[Trial]) -> pd.DataFrame:
    """Rows for `relations`: whether launches agree, where there are two, and who expects what.

    What is expected is what was declared there: not every version makes every promise.
    """
    declared = {
        (trial.header.environment, name): each
        for trial in trials
        for name, each in trial.header.scenarios.items()
    }
    judged = places.loc[places["reproducible"].notna(), [*PLACE, "reproducible"]]
    return table(
        "relations",
        (
            (
                *cell,
                None,
                name,
                LAUNCHES_AGREE,
                _EXPECTED[declared[cell[0], name].launches],
                bool(agree),
                declared[cell[0], name].launches_source,
            )
            for name, *cell, agree in judged.itertuples(index=False)
        ),
    )


def void(
    trials: Sequence[Trial],
    launches: pd.DataFrame,
    scenarios: Mapping[str, Scenario],
    plan: Plan,
) -> tuple[str, ...]:
    """A sentence for each negative control that did not come out.

    launches: one row per run that was ok, with its `result`. scenarios: those on record.
    """
    controls = {name: each for name, each in scenarios.items() if each.control}
    found = [
        *_broken_relations(trials, controls),
        *_broken_promises(launches, controls),
        *_silent(trials, launches, controls, plan),
    ]
    return tuple(dict.fromkeys(found))


def _broken_relations(trials: Sequence[Trial], controls: Mapping[str, Scenario]) -> Iterator[str]:
    for trial in trials:
        for observation in trial.observations:
            if observation.scenario not in controls or observation.status != schema.OK:
                continue
            for relation in observation.relations:
                if relation.expected not in (None, relation.holds):
                    yield (
                        f"{observation.scenario}: {relation.relation} "
                        f"{_must(relation.expected)} in {where(trial.header)}."
                    )


def _broken_promises(launches: pd.DataFrame, controls: Mapping[str, Scenario]) -> Iterator[str]:
    """Where launches should differ, any two that agree are too many."""
    counts = launches.groupby(PLACE, sort=False)["result"].agg(["size", "nunique"])
    for (name, *cell), size, distinct in counts.itertuples(name=None):
        expected = controls[name].launches if name in controls else ""
        if expected == "differ" and distinct < size:
            yield f"{name}: launches must differ, but two gave the same in {Where(*cell)}."
        if expected == "same" and distinct > 1:
            yield f"{name}: launches must agree, but two differ in {Where(*cell)}."


def _silent(
    trials: Sequence[Trial],
    launches: pd.DataFrame,
    controls: Mapping[str, Scenario],
    plan: Plan,
) -> Iterator[str]:
    """Controls without any result where other scenarios have some.

    One that the framework itself refused to run unseeded is no silence: it did not look seeded.
    """
    ran: dict[Where, set[str]] = defaultdict(set)
    for name, *cell in launches[PLACE].itertuples(index=False):
        ran[Where(*cell)].add(name)
    declared: dict[Where, set[str]] = defaultdict(set)
    for trial in trials:
        here = where(trial.header)
        declared[here].update(trial.header.scenarios)
        ran[here].update(
            each.scenario
            for each in trial.observations
            if each.scenario in controls
            and each.status == schema.UNSUPPORTED
            and schema.REFUSED_UNSEEDED in each.message
        )
    for here, names in ran.items():
        planned = declared[here].union(plan.scenarios)
        for name in controls:
            if name in planned and name not in names and names - controls.keys():
                yield f"{name}: this control never ran in {here}, where other scenarios did."


def _must(expected: bool) -> str:
    return "must hold, but does not" if expected else "must not hold, but does"
