"""Verdicts: per scenario and level, whether it holds, breaks, or was not tested."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from harness.analysis.breaks import LEVELS
from harness.tables import table

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from harness.analysis.breaks import Outcome


def verdicts(outcomes: Sequence[Outcome], scenarios: Sequence[str]) -> pd.DataFrame:
    """One row per scenario and level, counted in comparisons, as measured.

    What could not be compared does not count: without any comparison a level is `untested`, never
    `holds`. Negative controls break where they must; that is for the reader to leave out.
    """
    compared = Counter((outcome.scenario, outcome.level) for outcome in outcomes)
    differing = Counter(
        (outcome.scenario, outcome.level) for outcome in outcomes if outcome.differs
    )
    weakest: dict[tuple[str, str], int] = {}
    for outcome in outcomes:
        key = outcome.scenario, outcome.level
        weakest[key] = min(outcome.launches, weakest.get(key, outcome.launches))
    keys = [(scenario, level) for scenario in scenarios for level in LEVELS]
    return table(
        "verdicts",
        (
            (
                *key,
                _verdict(compared[key], differing[key]),
                compared[key],
                differing[key],
                weakest.get(key),
                None,  # whether it is asked to hold: `harness.analysis.standing` knows
            )
            for key in keys
        ),
    )


def _verdict(compared: int, differing: int) -> str:
    if differing:
        return "breaks"
    return "holds" if compared else "untested"
