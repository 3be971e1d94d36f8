"""Which trials count: those of cells that the plan has, measured with one and the same inputs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.analysis.frames import where

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.analysis.frames import Where
    from harness.collect import Collection
    from harness.plan import Plan
    from harness.records import Header, Trial


@dataclass(frozen=True)
class Selection:
    """trials: what counts, in the order of the matrix. ignored: the rest, a sentence each."""

    trials: tuple[Trial, ...]
    ignored: tuple[str, ...]


def select(collection: Collection, plan: Plan) -> Selection:
    """Sort out stale and foreign trials.

    Trials of one cell on one machine count together only if they were measured with the same
    inputs and from the same lock: those that go with the trial that started last.
    """
    order = {cell.id: position for position, cell in enumerate(plan.all_cells)}
    excluded = {cell.id: cell.excluded for cell in plan.all_cells if cell.excluded}
    newest = _newest(collection.trials)
    trials, ignored = [], []
    for trial in collection.trials:
        header = trial.header
        if header.cell not in order:
            ignored.append(_sentence(trial, "no cell of this matrix"))
        elif header.cell in excluded:
            ignored.append(_sentence(trial, f"excluded: {excluded[header.cell]}"))
        elif not _goes_with(header, newest[where(header)]):
            ignored.append(_sentence(trial, "measured with other inputs than the newest trial"))
        else:
            trials.append(trial)
    ignored += [why for _, why in collection.refused]
    trials.sort(key=lambda each: (order[each.header.cell], each.header.machine.id))
    return Selection(tuple(trials), tuple(ignored))


def _newest(trials: Iterable[Trial]) -> dict[Where, Header]:
    """The header of the trial that started last in each cell and machine (then of the highest)."""
    by_start = sorted(trials, key=lambda trial: (trial.header.started, trial.header.trial))
    return {where(trial.header): trial.header for trial in by_start}


def _goes_with(header: Header, newest: Header) -> bool:
    """Same inputs and lock; a trial that failed early, or brought its interpreter, has no lock."""
    same_lock = not header.lock or not newest.lock or header.lock == newest.lock
    return header.inputs == newest.inputs and same_lock


def _sentence(trial: Trial, why: str) -> str:
    header = trial.header
    return f"{header.machine.id}/{header.cell}/{header.trial}.jsonl: {why}"
