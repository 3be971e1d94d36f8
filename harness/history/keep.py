"""From results to the files of a run."""

from __future__ import annotations

import gzip
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from harness.analysis.breaks import WITHIN
from harness.analysis.events import event_id
from harness.analysis.standing import standings
from harness.history.runs import ABOUT, COLUMNS, FORMAT, RESULTS, About, Cell, Step, run_id
from harness.report.files import replacing_bytes

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from harness.analysis import Results

_CELL = ["environment", "setting", "device", "machine", "label", "started", "basis"]
_STEP = ["level", "axis", "from", "to"]


class _At(NamedTuple):
    """A step at a place."""

    step: str
    environment: str
    setting: str
    device: str


def keep(results: Results, folder: Path) -> str:
    """Write the run that `results` are into `folder`; returns its id.

    The same results give the same files. Where nothing is on record there is no run: "".
    """
    newest = max(results.cells["started"], default="")
    if not newest:
        return ""
    run = run_id(newest)
    rows = results.variants[list(COLUMNS)]
    # Missing flags are empty, the others `true` and `false`.
    flags = rows["reproducible"].astype(object)
    rows = rows.assign(reproducible=flags.map({True: "true", False: "false"}).fillna(""))
    _write(folder / f"{run}{RESULTS}", rows.to_csv(index=False, lineterminator="\n").encode())
    # Last: a run is there once this is, and this says how long the other file is.
    _write(folder / f"{run}{ABOUT}", msgspec.json.encode(_about(results, run)))
    return run


def _about(results: Results, run: str) -> About:
    scenarios = standings(results)
    cells = results.cells[results.cells["started"] != ""]
    return About(
        format=FORMAT,
        run=run,
        profile=results.plan.profile,
        measured=int((results.cells["status"] == "ok").sum()),
        results=len(results.variants),
        scenarios=tuple(scenarios.items()),
        cells=tuple(Cell(*row) for row in cells[_CELL].itertuples(index=False)),
        steps=_steps(results, {name: position for position, name in enumerate(scenarios)}),
    )


def _steps(results: Results, position: dict[str, int]) -> tuple[Step, ...]:
    """What was compared, and what of it broke, by step and place; on any machine counts."""
    compared: dict[_At, set[int]] = defaultdict(set)
    broken: dict[_At, dict[int, str]] = defaultdict(dict)
    columns = [*_STEP, "environment", "setting", "device", "scenario"]
    for *step, environment, setting, device, scenario in _rows(results.comparisons, columns):
        at = _At(_step(*step), environment, setting, device)
        compared[at].add(position[scenario])
    columns = [*_STEP, "environment_to", "setting", "device", "scenario", "id"]
    for *step, environment, setting, device, scenario, id_ in _rows(results.breaks, columns):
        # What the axis is about stands in `to` alone.
        at = _At(_step(*step), environment, setting or step[-1], device or step[-1])
        broken[at].setdefault(position[scenario], id_)
        compared[at].add(position[scenario])
    return tuple(
        Step(
            *at,
            compared=tuple(sorted(compared[at])),
            broken=tuple(sorted(broken[at])),
            breaks=tuple(broken[at][each] for each in sorted(broken[at])),
        )
        for at in sorted(compared)
    )


def _step(level: str, axis: str, start: str, to: str) -> str:
    """Which launches, or rebuilds, of a cell differ is chance: these steps have one name."""
    return level if level in WITHIN else event_id(level, axis, start, to)


def _rows(frame: pd.DataFrame, columns: list[str]) -> list[tuple[str, ...]]:
    return list(frame[columns].astype(object).itertuples(index=False, name=None))


def _write(path: Path, content: bytes) -> None:
    """Compressed; without the time, so that the same content gives the same file."""
    with replacing_bytes(path) as file:
        file.write(gzip.compress(content, mtime=0))
