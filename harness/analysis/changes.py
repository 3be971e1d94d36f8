"""Where a result became another one from run to run, and what else on record moved with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from harness.analysis.again import again, names
from harness.analysis.facts import Fact, confounders

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from harness.analysis.again import Again
    from harness.history.runs import Cell, Run

SUITE, LOCK = "the suite", "the lock"


@dataclass(frozen=True)
class Change:
    """One result of a run beside the one of the same cell before it.

    equal: both rest on an equal basis; what differs then did change over time. last: the run in
    which it was measured before. before, after: the names of the results; empty where launches
    disagreed. moved: what else on record differs between the two, weightiest first.
    """

    scenario: str
    run: str
    cell: str
    machine: str
    label: str
    last: str
    equal: bool
    before: str
    after: str
    moved: tuple[str, ...]

    @property
    def where(self) -> str:
        """The machine as people call it."""
        return self.label or self.machine


def changes(runs: Sequence[Run], wanted: Collection[str]) -> tuple[Change, ...]:
    """Of these scenarios: what changed, and what was measured on no basis that was there before."""
    scenarios = names(runs)
    position = {name: index for index, name in enumerate(scenarios)}
    chosen = np.array([name in wanted for name in scenarios], np.bool_)
    return tuple(
        change
        for run, found in zip(runs, again(runs, position), strict=True)
        for change in _of(runs, run, found, scenarios, chosen)
    )


def _of(
    runs: Sequence[Run],
    run: Run,
    found: Again,
    scenarios: Sequence[str],
    chosen: np.ndarray[tuple[int], np.dtype[np.bool_]],
) -> Iterator[Change]:
    which = (found.changed | found.redefined) & chosen[found.scenario]
    for index in np.flatnonzero(which).tolist():
        last = runs[found.last_run[index]]
        row, last_row = found.row[index], found.last_row[index]
        before, after = (
            side.about.cells[side.cell[at]] for side, at in ((last, last_row), (run, row))
        )
        yield Change(
            scenario=scenarios[found.scenario[index]],
            run=run.id,
            cell=after.id,
            machine=after.machine,
            label=after.label,
            last=last.id,
            equal=bool(found.compared[index]),
            before=_name(last, last_row),
            after=_name(run, row),
            moved=_moved(last, before, run, after),
        )


def _name(run: Run, row: int) -> str:
    return f"{run.result[row]:016x}" if run.stable[row] else ""


def _moved(last: Run, before: Cell, run: Run, after: Cell) -> tuple[str, ...]:
    digests = ((SUITE, before.suite, after.suite), (LOCK, before.lock, after.lock))
    return (
        *(name for name, one, other in digests if one != other),
        *confounders("process", "run", _facts(last, before), _facts(run, after)),
    )


def _facts(run: Run, cell: Cell) -> dict[Fact, str]:
    known = run.about.facts
    return {Fact(*known[each][:2]): known[each][2] for each in cell.facts}
