"""What the page shows when somebody looks closer, as tables for its script.

Everything is numbered: a break names its places, its scenario, its event and its *pair* by their
positions in the tables of these names. A pair is what two results come to beside each other. Most
breaks repeat what another one measured, bit by bit: each distinct pair, with its arrays, is there
once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from harness.analysis.breaks import WITHIN
from harness.analysis.frames import CELL
from harness.analysis.standing import JUDGED
from harness.report.view.coverage import VERSIONS
from harness.report.view.frames import Place, items, place, rows
from harness.report.words import AXES, KINDS, LEVELS, step

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.analysis import Results
    from harness.analysis.standing import Standing
    from harness.report.view.matrix import Line, Matrix

# What tells a break: its id is the same on every machine.
_BREAK = ["id", "machine"]
# What a pair is, of a break's columns; the rest is about where it was seen.
_PAIR = ("scenario", "kind", "arrays", "unchanged", "max_ulp", "max_abs", "first_index")
_SAID = ("confounders", "known", "url", "violation", "launches")
_NOT_OF_ARRAYS = ["break", "scenario", "machine"]
# Of more arrays than this, numbers that hardly ever repeat stay in the CSV file: the page would
# grow beyond what a browser opens quickly.
_MANY = 100_000
_LONG = (
    *("share", "mean_abs", "max_rel", "mean_rel", "correlation"),
    *("ulp_p50", "ulp_p90", "ulp_p99", "ulp_histogram"),
)


def detail(
    results: Results, standing: Mapping[str, Standing], matrix: Matrix
) -> dict[str, pd.DataFrame]:
    """The tables by name, for the matrix that the page shows."""
    cells = results.cells.drop_duplicates(CELL).reset_index(drop=True)
    places = {place(row): index for index, row in enumerate(rows(cells))}
    lines = [line for band in matrix.bands for line in band.lines]
    scenarios = {line.scenario: index for index, line in enumerate(lines)}
    marks, fields = _marks(lines)
    pairs, arrays, which = _pairs(results, scenarios)
    return {
        "places": _places(cells, matrix),
        "scenarios": _scenarios(matrix, standing),
        "marks": marks,
        "matrix": fields,
        "facts": _facts(results, places),
        "words": pd.DataFrame(
            [*KINDS.items(), *AXES.items()], columns=["word", "written"], dtype="str"
        ),
        "events": _events(results, standing),
        "breaks": _breaks(results, places, scenarios, which),
        "spans": _spans(results, scenarios),
        "pairs": pairs,
        "arrays": arrays,
    }


def _places(cells: pd.DataFrame, matrix: Matrix) -> pd.DataFrame:
    """One row per column of the matrix, with what a reader may filter by."""
    labels = [head.label for head in matrix.heads]
    found: pd.DataFrame = cells[[*CELL, "status", *VERSIONS]].assign(label=labels)
    return found


def _scenarios(matrix: Matrix, standing: Mapping[str, Standing]) -> pd.DataFrame:
    """One row per row of the matrix, in its order; `judged` are those that should hold."""
    found: pd.DataFrame = pd.DataFrame(
        [
            (line.scenario, line.summary, band.title, line.note)
            for band in matrix.bands
            for line in band.lines
        ],
        columns=["name", "summary", "band", "note"],
        dtype="str",
    )
    found["judged"] = [standing[name] in JUDGED for name in found["name"]]
    return found


def _marks(lines: Sequence[Line]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The distinct marks, and which one stands where: row by row, as the matrix has them."""
    every = pd.Series([mark for line in lines for mark in line.marks], dtype=object)
    codes, marks = pd.factorize(every)
    said = pd.DataFrame(
        [(mark.text, mark.look, mark.doubt, mark.meaning) for mark in marks],
        columns=["text", "look", "doubt", "meaning"],
        dtype="str",
    )
    return said, pd.DataFrame({"mark": codes})


def _facts(results: Results, places: Mapping[Place, int]) -> pd.DataFrame:
    cells = results.facts[CELL].astype("str").itertuples(index=False, name=None)
    at = [places[Place(*cell)] for cell in cells]
    found: pd.DataFrame = results.facts[["group", "fact", "value"]].assign(place=at)
    return found


def _spans(results: Results, scenarios: Mapping[str, int]) -> pd.DataFrame:
    known = results.spans
    found: pd.DataFrame = known[["axis", "line", "variant", "from", "to", *CELL[1:]]].assign(
        scenario=known["scenario"].map(scenarios).astype("int64")
    )
    return found


def _events(results: Results, standing: Mapping[str, Standing]) -> pd.DataFrame:
    """The events; `unchanged` are the scenarios compared there that should hold, and do."""
    found: pd.DataFrame = pd.DataFrame(
        [
            (
                row["id"],
                step(row["axis"], row["from"], row["to"]),
                LEVELS[row["level"]][0],
                "; ".join(name for name in items(row["unchanged"]) if standing[name] in JUDGED),
            )
            for row in rows(results.events)
        ],
        columns=["id", "step", "meaning", "unchanged"],
        dtype="str",
    )
    return found


def _breaks(
    results: Results,
    places: Mapping[Place, int],
    scenarios: Mapping[str, int],
    which: Sequence[int],
) -> pd.DataFrame:
    """One row per break: where it is seen, between which places, and its pair."""
    of_step = {
        (row["level"], row["axis"], row["from"], row["to"]): index
        for index, row in enumerate(rows(results.events))
    }
    found = rows(results.breaks)
    sides = [_sides(row) for row in found]
    each: pd.DataFrame = results.breaks[["id", *_SAID]].assign(
        event=[of_step[row["level"], row["axis"], row["from"], row["to"]] for row in found],
        scenario=[scenarios[row["scenario"]] for row in found],
        left=[places[left] for left, _ in sides],
        right=[places[right] for _, right in sides],
        pair=list(which),
    )
    return each


def _sides(row: Mapping[str, Any]) -> tuple[Place, Place]:
    """The places a break is between; a setting or device that moves stands in `from` and `to`."""
    sides = []
    for side, machine in (("from", "machine"), ("to", "machine_to")):
        setting, device = (
            row[side] if row["axis"] == name and row["level"] not in WITHIN else row[name]
            for name in ("setting", "device")
        )
        sides.append(Place(row[f"environment_{side}"], setting, device, row[machine]))
    return sides[0], sides[1]


def _pairs(
    results: Results, scenarios: Mapping[str, int]
) -> tuple[pd.DataFrame, pd.DataFrame, list[int]]:
    """The distinct pairs, their arrays, and which pair each break is.

    Breaks are one pair where all that was measured of them agrees: their own numbers, and every
    number of every array that differs.
    """
    breaks, differences = results.breaks, results.differences
    columns = [name for name in differences if name not in _NOT_OF_ARRAYS]
    hashes = pd.util.hash_pandas_object(differences[columns], index=False)
    each = pd.MultiIndex.from_frame(differences[["break", "machine"]])
    of_break = hashes.groupby([each.get_level_values(0), each.get_level_values(1)], sort=False)
    digests = of_break.agg(lambda found: hash(tuple(found)))
    own = pd.util.hash_pandas_object(breaks[list(_PAIR)], index=False)
    keys = pd.MultiIndex.from_frame(breaks[_BREAK])
    codes, _ = pd.factorize(pd.MultiIndex.from_arrays([own, digests.reindex(keys, fill_value=0)]))
    first = pd.Series(codes).drop_duplicates()
    pairs = breaks.iloc[first.index][list(_PAIR)].assign(
        scenario=lambda pairs: pairs["scenario"].map(scenarios)
    )
    of = dict(zip(keys[first.index], first, strict=True))
    owner = pd.Series([of.get(key, -1) for key in each])
    arrays = differences.loc[owner.to_numpy() >= 0, columns].assign(
        pair=owner[owner >= 0].to_numpy()
    )
    if len(arrays) > _MANY:
        arrays = arrays.drop(columns=list(_LONG))
    return pairs.reset_index(drop=True), arrays.reset_index(drop=True), codes.tolist()
