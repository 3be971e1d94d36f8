"""Every step at which scenarios that should hold were compared, also where nothing changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.analysis.standing import JUDGED
from harness.tables import table

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from harness.analysis.standing import Standing

_STEP = ["level", "axis", "from", "to"]


def steps(comparisons: pd.DataFrame, standing: Mapping[str, Standing]) -> pd.DataFrame:
    """One row per step, in the order in which they were compared."""
    asked = {name for name, value in standing.items() if value in JUDGED}
    found: dict[tuple[str, ...], dict[str, bool]] = {}
    columns = [*_STEP, "scenario", "differs"]
    for *step, scenario, differs in comparisons[columns].itertuples(index=False):
        if scenario in asked:
            here = found.setdefault(tuple(step), {})
            here[scenario] = here.get(scenario, False) or bool(differs)
    return table("steps", ((*step, len(here), sum(here.values())) for step, here in found.items()))
