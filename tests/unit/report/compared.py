"""What was compared with what, worked out from the files: `steps.csv` only has the sums.

Two cells are compared if they differ on one axis alone, neighbours along versions, the first with
each other one elsewhere; on two machines, if the versions in `cells.csv` agree. Which axes there
are is what `spans.csv` and `events.csv` name; this holds for audits whose environments have what
they declare, as those of these tests do.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

from packaging.version import Version

from tests.unit.report.files import CELL, WITHIN, Cell, Files, Row, Step, cell, step

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# Step → scenario → whether it changes there.
Compared: TypeAlias = dict[Step, dict[str, bool]]

_SIDES = ("setting", "device", "machine")
_VERSIONS = ("tensorflow", "keras", "numpy")


@lru_cache(maxsize=4)
def compared(files: Files) -> Compared:
    """Between cells, for scenarios that are asked to hold."""
    found: Compared = {}
    for at, scenario, _, differs in comparisons(files):
        here = found.setdefault(at, {})
        here[scenario] = here.get(scenario, False) or differs
    return found


def comparisons(files: Files) -> Iterator[tuple[Step, str, str, bool]]:
    """Step, scenario, environment of the side `to`, and whether the sides differ."""
    coordinates = _coordinates(files)
    versions = {cell(row): tuple(row[name] for name in _VERSIONS) for row in files["cells"]}
    machines = [row["name"] for row in files["machines"]]
    stops: dict[str, list[Row]] = {}
    for row in files["variants"]:
        if row["scenario"] in files.judged and (row["variant"] or row["reproducible"] == "false"):
            stops.setdefault(row["scenario"], []).append(row)
    for scenario, rows in stops.items():
        for at, left, right in _pairs(rows, coordinates, versions, machines):
            # Two results that are the same; those that are not are breaks.
            few = min(int(left["launches"] or 0), int(right["launches"] or 0)) < 2
            if left["variant"] and left["variant"] == right["variant"] and not few:
                yield at, scenario, right["environment"], False
    for row in files["breaks"]:
        if row["level"] not in WITHIN and row["scenario"] in files.judged:
            yield step(row), row["scenario"], row["environment_to"], True


def pictured(found: Compared) -> dict[str, dict[tuple[str, str], dict[str, bool]]]:
    """Axis of versions → step that skips none → scenario → whether it changes; three or more."""
    axes: dict[str, dict[tuple[str, str], dict[str, bool]]] = {}
    for (_, axis, before, after), scenarios in found.items():
        if axis not in _SIDES:
            axes.setdefault(axis, {})[before, after] = scenarios
    for axis, steps in axes.items():
        known = sorted({each for both in steps for each in both}, key=Version)
        axes[axis] = {each: steps[each] for each in pairwise(known) if each in steps}
    return {axis: steps for axis, steps in axes.items() if len(steps) >= 3}


def _coordinates(files: Files) -> dict[tuple[str, ...], dict[str, str]]:
    rows = [*files["spans"], *files["events"]]
    called = {row["machine"]: row["name"] for row in files["machines"]}
    axes = {row["axis"] for row in rows if row["level"] not in WITHIN} - {*_SIDES}
    return {
        cell(row): {axis: _value(axis, row[axis]) for axis in sorted(axes)}
        | {name: row[name] for name in _SIDES}
        | {"machine": called.get(row["machine"], "")}
        for row in files["cells"]
    }


def _value(axis: str, recorded: str) -> str:
    return ".".join(recorded.split(".")[:2]) if axis == "python" else recorded


def _pairs(
    rows: list[Row],
    coordinates: dict[tuple[str, ...], dict[str, str]],
    versions: Mapping[Cell, tuple[str, ...]],
    machines: list[str],
) -> Iterator[tuple[Step, Row, Row]]:
    order = {value: index for index, value in enumerate(coordinates)}
    for axis in next(iter(coordinates.values())):
        lines: dict[tuple[str, ...], list[Row]] = {}
        for row in rows:
            others = {**coordinates[cell(row)], axis: ""}
            same = versions[cell(row)] if axis == "machine" else ()
            lines.setdefault((*others.values(), *same), []).append(row)
        for line in lines.values():
            values = {tuple(row[name] for name in CELL): row for row in line}
            ordered = sorted(
                values,
                key=lambda each: (
                    machines.index(coordinates[each]["machine"])
                    if axis == "machine"
                    else order[each]
                    if axis in _SIDES
                    else Version(coordinates[each][axis])
                ),
            )
            for index, after in enumerate(ordered[1:]):
                before = ordered[0 if axis in _SIDES else index]
                sides = (coordinates[before][axis], coordinates[after][axis])
                level = axis if axis in (*_SIDES, "python") else "packages"
                yield (level, axis, *sides), values[before], values[after]
