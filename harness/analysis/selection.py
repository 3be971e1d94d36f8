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
    from harness.records import Trial


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
        elif not newest[where(header)].goes_with(trial):
            ignored.append(_sentence(trial, "measured with other inputs than the newest trial"))
        else:
            trials.append(trial)
    ignored += [why for _, why in collection.refused]
    trials.sort(key=lambda each: (order[each.header.cell], each.header.machine.id))
    return Selection(tuple(trials), tuple(ignored))


@dataclass(frozen=True)
class _Inputs:
    """What trials were measured with; an empty lock where nothing was measured."""

    inputs: str
    lock: str

    def goes_with(self, trial: Trial) -> bool:
        same_lock = not (self.lock and trial.observations) or trial.header.lock == self.lock
        return trial.header.inputs == self.inputs and same_lock


def _newest(trials: Iterable[Trial]) -> dict[Where, _Inputs]:
    """What the trial of each cell and machine that started last was measured with."""
    found: dict[Where, _Inputs] = {}
    for trial in sorted(trials, key=lambda each: (each.header.started, each.header.trial)):
        here, header = where(trial.header), trial.header
        known = found.get(here)
        # A trial without observations may have failed before there was a lock.
        inherited = known.lock if known and known.inputs == header.inputs else ""
        found[here] = _Inputs(header.inputs, header.lock if trial.observations else inherited)
    return found


def _sentence(trial: Trial, why: str) -> str:
    header = trial.header
    return f"{header.machine.id}/{header.cell}/{header.trial}.jsonl: {why}"
