"""Which places are compared: those that differ in exactly one axis, as lines tell.

Everything else that is declared is equal on the two sides; what is recorded may still differ (see
`harness.analysis.facts`). Along versions, neighbours are compared, so that a break is a step; where
values have no order (backends, settings, hosts), the first is compared with each other one.
"First" and "neighbour" are among the places where the scenario was measured.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.analysis.lines import Lines

COLUMNS = ["level", "axis", "from", "to", "left", "right", "host"]


def pairs(lines: Sequence[Lines]) -> pd.DataFrame:
    """Every comparison between two places of one scenario, axis by axis, step by step.

    Columns: level, axis, from, to; left and right, which are positions in the places; and the host
    of the right one.
    """
    return pd.concat([_steps(each) for each in lines], ignore_index=True)


def _steps(lines: Lines) -> pd.DataFrame:
    stops = lines.stops
    groups = stops.groupby(lines.group, sort=False)[["place", "value"]]
    first = groups.shift() if lines.ordered else groups.transform("first")
    found: pd.DataFrame = pd.DataFrame(
        {
            "level": lines.level,
            "axis": lines.axis,
            "from": first["value"],
            "to": stops["value"],
            "left": first["place"],
            "right": stops["place"],
            "host": stops["host"],
        },
        columns=COLUMNS,
    )
    apart = found["left"].notna() & (found["left"] != found["right"]) & ~stops["leap"]
    kept: pd.DataFrame = found[apart].astype({"left": "int64", "right": "int64"})
    return kept
