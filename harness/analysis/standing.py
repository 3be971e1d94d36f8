"""What each scenario came to, decided once: what judges or shows the audit refers to this."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.analysis import Results

# `differs`: its own expectation is that launches differ. `control`: a negative control.
Standing: TypeAlias = Literal["breaks", "holds", "untested", "differs", "control"]

JUDGED: tuple[Standing, ...] = ("breaks", "holds", "untested")


def standings(results: Results) -> dict[str, Standing]:
    """Every scenario of the plan or of a record, in suite order, with its standing.

    A scenario that is meant to differ is not asked to hold, whatever was measured; any other one
    breaks if it breaks at any level, and holds if it was compared at some level and breaks at none.
    """
    verdicts: dict[str, set[str]] = {}
    for scenario, verdict in results.verdicts[["scenario", "verdict"]].itertuples(index=False):
        verdicts.setdefault(scenario, set()).add(verdict)
    names = dict.fromkeys((*results.plan.scenarios, *results.scenarios, *verdicts))
    return {name: _standing(results, name, verdicts.get(name, set())) for name in names}


def _standing(results: Results, name: str, verdicts: set[str]) -> Standing:
    scenario = results.scenarios.get(name)
    if scenario and scenario.control:
        return "control"
    if scenario and scenario.launches == "differ":
        return "differs"
    if "breaks" in verdicts:
        return "breaks"
    return "holds" if "holds" in verdicts else "untested"


def asked(verdicts: pd.DataFrame, standing: Mapping[str, Standing]) -> pd.DataFrame:
    """The verdicts, each with whether its scenario should hold at all."""
    meant = [standing[name] in JUDGED for name in verdicts["scenario"]]
    found: pd.DataFrame = verdicts.assign(asked=pd.array(meant, dtype="boolean"))
    return found


def of(standing: Mapping[str, Standing], *wanted: Standing) -> tuple[str, ...]:
    """The scenarios with one of the `wanted` standings, in suite order."""
    return tuple(name for name, value in standing.items() if value in wanted)
