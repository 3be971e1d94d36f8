"""Events: all the breaks at one step of one axis, as one thing."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, cast

from harness.analysis.breaks import LEVELS
from harness.analysis.numeric import KINDS
from harness.tables import table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd

    from harness.analysis.apart import Step
    from harness.analysis.breaks import Outcome

STEP = ["level", "axis", "from", "to"]


def events(
    breaks: pd.DataFrame, comparisons: pd.DataFrame, separate: Mapping[Step, str]
) -> pd.DataFrame:
    """Group breaks: broken promises first, then the strictest level, then the most scenarios hit.

    separate: as `harness.analysis.separate` gives it.

    A confounder is listed if any break of the event has it; kinds, from the worst to the mildest.
    Unchanged are the scenarios that were compared at the step and break nowhere there.
    """
    compared = dict(list(comparisons.groupby(STEP, sort=False)["scenario"]))
    rows = []
    for step, group in breaks.groupby(STEP, sort=False):
        scenarios = list(dict.fromkeys(group["scenario"]))
        confounders = dict.fromkeys(
            each for joined in group["confounders"].unique() for each in _items(joined)
        )
        violations = group.loc[group["violation"].fillna(False).astype(bool), "scenario"].nunique()
        unchanged = dict.fromkeys(compared.get(step, ())).keys() - set(scenarios)
        families = Counter(scenario.partition("/")[0] for scenario in scenarios)
        row = (
            *step,
            "; ".join(scenarios),
            _kinds(group["kind"]),
            "; ".join(confounders),
            "",
            "",
            event_id(*map(str, step)),
            "; ".join(f"{family} {count}" for family, count in families.items()),
            violations,
            "; ".join(each for each in dict.fromkeys(compared.get(step, ())) if each in unchanged),
            separate.get(cast("Step", step), ""),
        )
        rows.append((not violations, LEVELS.index(step[0]), -len(scenarios), row))
    rows.sort(key=lambda ranked: ranked[:3])
    return table("events", (row for *_, row in rows))


def event_id(level: str, axis: str, start: str, to: str) -> str:
    """What people call an event on a command line: `process`, or `tensorflow:2.9.3..2.10.1`."""
    return level if (level, start, to) == ("process", "1", "2") else f"{axis}:{start}..{to}"


def comparisons(outcomes: Iterable[Outcome]) -> pd.DataFrame:
    """One row per comparison that was made: step, scenario, whether the sides differ, and where.

    A step without any that differs is no event; that it was looked at is an answer too.
    """
    return table(
        "comparisons",
        (
            (
                each.level,
                each.axis,
                *each.values,
                each.scenario,
                each.differs,
                each.right.environment,
                each.right.setting,
                each.right.device,
            )
            for each in outcomes
        ),
    )


def _items(joined: str) -> list[str]:
    return joined.split("; ") if joined else []


def _kinds(kinds: Iterable[str]) -> str:
    known = set(kinds) & set(KINDS)
    return "; ".join(sorted(known, key=KINDS.index, reverse=True))
