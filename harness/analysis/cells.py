"""What became of every planned cell. Nothing that was planned is missing here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from harness.analysis.facts import Fact, facts
from harness.analysis.origin import origin
from harness.collect import FINISHED, UNFINISHED
from harness.records import ASIDE
from harness.tables import table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pandas as pd

    from harness.analysis.selection import Selection
    from harness.collect import Collection
    from harness.plan import Cell, Plan
    from harness.records import Trial

UNKNOWN = "unknown"  # what the probe writes where a module has no version
OK, CRASH, ERROR, EXCLUDED, NOT_RUN = "ok", "crash", "error", "excluded", "not_run"


@dataclass
class _Trace:
    """What there is of one cell on one machine: trials that ended, and those that failed."""

    trials: list[Trial] = field(default_factory=list)
    failures: dict[str, tuple[str, str]] = field(default_factory=dict)  # trial → status, message


def cells(collection: Collection, selection: Selection, plan: Plan) -> pd.DataFrame:
    """One row per cell and machine: those of the profile, and others that were measured.

    selection: what counts. A cell is `ok` when every trial there is a trace of ended well; else
    it has the status of the first that did not, even if others did.
    """
    traces = _traces(collection, selection, plan)
    planned = {cell.id for cell in plan.cells}
    rows: list[tuple[Any, ...]] = []
    for cell in plan.all_cells:
        machines = {} if cell.excluded else traces.get(cell.id, {})
        rows += [_row(cell, machine, machines[machine], plan) for machine in sorted(machines)]
        if not machines and cell.id in planned:
            rows.append(_empty_row(cell))
    return table("cells", rows)


def _traces(
    collection: Collection, selection: Selection, plan: Plan
) -> dict[str, dict[str, _Trace]]:
    """Cell → machine → trace."""
    traces: dict[str, dict[str, _Trace]] = {}

    def trace(path: Path) -> _Trace:
        cell, machine = path.parent.name, path.parent.parent.name
        return traces.setdefault(cell, {}).setdefault(machine, _Trace())

    for trial in selection.trials:
        trace(trial.path).trials.append(trial)
        if trial.end.status != OK:
            trace(trial.path).failures[_number(trial.path)] = trial.end.status, trial.end.message
    finished = {trial.path for trial in collection.trials}
    for path in collection.unfinished:
        number = _number(path)
        if number.isdecimal() and int(number) > plan.trials:
            continue  # of a time when more launches were planned
        if path.with_name(_number(path) + FINISHED) not in finished:
            failure = CRASH, "it did not finish: it was killed, or it still runs"
            trace(path).failures[_number(path)] = failure
    for path, why in collection.refused:
        trace(path).failures[_number(path)] = ERROR, f"its record was refused: {why}"
    for here in selection.replaced:
        traces.get(here.cell, {}).pop(here.machine, None)
    return traces


def _row(cell: Cell, machine: str, trace: _Trace, plan: Plan) -> tuple[Any, ...]:
    failures = [trace.failures[number] for number in sorted(trace.failures, key=_numerically)]
    message = _told(trace)
    if not failures and len(trace.trials) < plan.trials:
        message = f"{len(trace.trials)} of {plan.trials} launches: run {_session(cell)}"
    return (
        cell.environment,
        cell.setting,
        cell.device,
        machine,
        failures[0][0] if failures else OK,
        *_versions(trace.trials),
        len(trace.trials),
        round(sum(trial.end.seconds for trial in trace.trials), 3) if trace.trials else None,
        message,
        *origin(trace.trials),
    )


def _empty_row(cell: Cell) -> tuple[Any, ...]:
    status = EXCLUDED if cell.excluded else NOT_RUN
    message = cell.excluded or f"nothing on record: run {_session(cell)}"
    place = (cell.environment, cell.setting, cell.device, "")
    return (*place, status, *_versions(()), 0, None, message, *origin(()))


def _session(cell: Cell) -> str:
    return f"nox -s audit-{cell.environment}"


def _told(trace: _Trace) -> str:
    """Why trials failed; which ones, unless all failed alike."""
    reasons: dict[str, list[str]] = {}
    for number in sorted(trace.failures, key=_numerically):
        status, message = trace.failures[number]
        reasons.setdefault(message or status, []).append(number)
    everything = trace.failures.keys() | {str(trial.header.trial) for trial in trace.trials}
    if len(reasons) == 1 and len(trace.failures) == len(everything):
        return next(iter(reasons))
    return "; ".join(f"trial {', '.join(which)}: {why}" for why, which in reasons.items())


def _versions(trials: Sequence[Trial]) -> tuple[str, ...]:
    """Python, TensorFlow, Keras, backend and NumPy of the first trial that got as far as these."""
    header = next((trial.header for trial in trials if trial.header.framework), None)
    if header is None:
        return ("",) * 5
    known = facts(header)

    def version(name: str) -> str:
        imported = str(header.framework.get(name, UNKNOWN))
        return imported if imported != UNKNOWN else known.get(Fact("package", name), "")

    packages = version("tensorflow"), version("keras")
    return header.python.version, *packages, version("backend"), version("numpy")


def _number(path: Path) -> str:
    """The trial, from the name of its file."""
    aside = ASIDE.fullmatch(path.name)
    return aside[1] if aside else path.name.removesuffix(UNFINISHED).removesuffix(FINISHED)


def _numerically(number: str) -> tuple[int, str]:
    return len(number), number
