"""Reading frames in tests: rows as plain Python values, absent ones as None."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


def rows(frame: pd.DataFrame, *columns: str, **where: object) -> list[Any]:
    """The rows that have these values, as tuples of `columns`, or as bare values of one column."""
    for name, value in where.items():
        frame = frame[(frame[name.rstrip("_")] == value).fillna(False)]
    chosen = frame[list(columns)].astype(object)
    found = [tuple(row) for row in chosen.where(chosen.notna(), None).itertuples(index=False)]
    return [row[0] for row in found] if len(columns) == 1 else found


def verdict(frame: pd.DataFrame, scenario: str, level: str) -> tuple[str, int, int]:
    """Verdict, comparisons and differing ones of a scenario at a level."""
    (found,) = rows(frame, "verdict", "compared", "differing", scenario=scenario, level=level)
    name, compared, differing = found
    return name, compared, differing
