"""Spans: maximal runs of one variant along an ordered line, with their first and last value."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from harness.tables import table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.analysis.lines import Lines

# Which place on the line a row begins or ends with is told by the environment alone.
_SHARED = ["setting", "device"]


def spans(lines: Sequence[Lines], places: pd.DataFrame) -> pd.DataFrame:
    """One row per run, line by line, each in order of the axis.

    places: as `harness.analysis.variants.places` gives them. A line has two places or more. A place
    whose launches differ has no variant and is, with its like, a run of its own, `variant` empty. A
    run ends before a step that passes over known values, and at a place with fewer than two
    launches, which stands in no run: what one launch gave, another may not give again.
    """
    found = [_runs(each, places) for each in lines if each.ordered]
    rows = pd.concat(found, ignore_index=True) if found else pd.DataFrame()
    return table("spans", rows.astype(object).itertuples(index=False))


def _runs(lines: Lines, places: pd.DataFrame) -> pd.DataFrame:
    stops = lines.stops.sort_values([*lines.group, "order"], kind="stable")
    by_line = stops.groupby(lines.group, sort=False)
    stops = stops.assign(
        line=by_line.ngroup(),
        length=by_line["place"].transform("size"),
        alone=by_line["machine"].transform("nunique") == 1,
        variant=places["variant"].reindex(stops["place"]).to_numpy(),
        known=(places["ok"].reindex(stops["place"]) >= 2).to_numpy(),
    )
    stops = stops[stops["length"] > 1].astype({"variant": object})
    before = stops[["line", "variant", "known"]].shift()
    turns = (stops["line"] != before["line"]) | (stops["variant"] != before["variant"])
    starts = turns | stops["leap"] | (stops["known"] != before["known"])
    stops = stops.assign(run=starts.cumsum(), stretch=_stretches(stops))
    stops = stops[stops["known"]]
    runs = stops.groupby("run", sort=False)
    first, last = runs.head(1).set_index("run"), runs.tail(1).set_index("run")
    earliest = first.groupby(["line", "variant"], sort=False)["stretch"].transform("min")
    found: pd.DataFrame = pd.DataFrame(
        {
            "level": lines.level,
            "axis": lines.axis,
            "scenario": first["scenario"],
            "line": first["rest"].map(_words),
            "variant": first["variant"],
            "from": first["value"],
            "to": last["value"],
            "environment_from": first["environment"],
            "environment_to": last["environment"],
            "returns": (first["variant"] != "") & (first["stretch"] > earliest),
            **{name: first[name] for name in _SHARED},
            "machine": first["machine"].where(first["alone"], first["host"]),
        }
    )
    return found


def _stretches(stops: pd.DataFrame) -> pd.Series[int]:
    """Which stretch of one variant, counted over known places alone, a place belongs to.

    Unlike runs, stretches go on over a gap: what nobody saw between is no other variant.
    """
    known = stops[stops["known"]]
    before = known[["line", "variant"]].shift()
    turns = (known["line"] != before["line"]) | (known["variant"] != before["variant"])
    stretches: pd.Series[int] = turns.cumsum().reindex(stops.index, fill_value=0)
    return stretches


def _words(rest: tuple[tuple[str, str], ...]) -> str:
    return "; ".join(f"{name} {value}" for name, value in rest)
