"""What was measured again: each result of a run beside the one of the same cell before it.

A result is compared with the last run in which the same scenario was measured in the same cell, on
the same machine and on an equal basis (`harness.analysis.origin`): what another suite, another lock
or another kind of hardware gives is no change over time. A launch that is on record in several runs
is one measurement, and says nothing about time. Scenarios that are meant to differ are left out, as
everywhere: what they give is chance.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from harness.analysis.standing import JUDGED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from harness.history.runs import Run

Integers: TypeAlias = "np.ndarray[Any, np.dtype[np.int64]]"
Flags: TypeAlias = "np.ndarray[Any, np.dtype[np.bool_]]"


@dataclass(frozen=True)
class Again:
    """The results of a run that are asked to hold and were measured anew, an element for each.

    scenario: its position among all that are asked to hold. row: its position in the run. compared:
    whether an earlier run measured it on an equal basis; changed: and it differs from the last one
    that did. redefined: it was measured before, but on no equal basis; the rest is `first`.
    last_run, last_row: where the result is that it is beside, on whatever basis; -1 where there is
    none.
    """

    scenario: Integers
    row: Integers
    compared: Flags
    changed: Flags
    redefined: Flags
    last_run: Integers
    last_row: Integers

    @property
    def first(self) -> Flags:
        """Measured for the first time."""
        found: Flags = ~self.compared & ~self.redefined
        return found


class _Last:
    """Where each of some keys was measured last: the position of the run, and that in the run."""

    def __init__(self, size: int) -> None:
        self.run = np.full(size, -1, np.int64)
        self.row = np.full(size, -1, np.int64)

    def put(self, at: Integers, run: int, row: Integers) -> None:
        self.run[at], self.row[at] = run, row


def names(runs: Sequence[Run]) -> tuple[str, ...]:
    """Every scenario that was ever asked to hold, in the newest run's order, then by age."""
    return tuple(
        dict.fromkeys(
            name
            for run in reversed(runs)
            for name, standing in run.about.scenarios
            if standing in JUDGED
        )
    )


def again(runs: Sequence[Run], position: Mapping[str, int]) -> Iterator[Again]:
    """For each run, from the oldest on. position: of all scenarios that are asked to hold."""
    spots: dict[tuple[str, ...], int] = {}  # cell and machine
    bases: dict[tuple[int, str], int] = {}  # cell, machine and basis
    where = []
    for run in runs:
        spot = [spots.setdefault(each, len(spots)) for each in _spots(run)]
        basis = [
            bases.setdefault((each, cell.basis), len(bases))
            for each, cell in zip(spot, run.about.cells, strict=True)
        ]
        where.append((np.array(spot, np.int64), np.array(basis, np.int64)))
    size = len(position)
    anyhow, equally = _Last(len(spots) * size), _Last(len(bases) * size)
    when = np.full(len(bases) * size, -1, np.int64)
    result, stable = np.zeros(len(when), np.uint64), np.zeros(len(when), np.bool_)
    clock: dict[str, int] = {}
    for number, (run, (spot_of, basis_of)) in enumerate(zip(runs, where, strict=True)):
        scenario = positions(run, position)[run.scenario]
        started = [clock.setdefault(cell.started, len(clock)) for cell in run.about.cells]
        time = np.array(started, np.int64)[run.cell]
        at = basis_of[run.cell] * size + scenario
        # Not asked to hold; or on record before, and not measured again.
        counts = scenario >= 0
        counts[counts] = when[at[counts]] != time[counts]
        row = np.flatnonzero(counts)
        at, time, scenario = at[row], time[row], scenario[row]
        there = spot_of[run.cell[row]] * size + scenario
        compared = when[at] >= 0
        differs = (result[at] != run.result[row]) | (stable[at] != run.stable[row])
        yield Again(
            scenario=scenario,
            row=row,
            compared=compared,
            changed=compared & differs,
            redefined=~compared & (anyhow.run[there] >= 0),
            last_run=np.where(compared, equally.run[at], anyhow.run[there]),
            last_row=np.where(compared, equally.row[at], anyhow.row[there]),
        )
        anyhow.put(there, number, row)
        equally.put(at, number, row)
        when[at], result[at], stable[at] = time, run.result[row], run.stable[row]


def positions(run: Run, position: Mapping[str, int]) -> Integers:
    """The run's scenarios among all; -1 for those that are not asked to hold."""
    return np.array(
        [position[name] if standing in JUDGED else -1 for name, standing in run.about.scenarios],
        np.int64,
    )


def _spots(run: Run) -> list[tuple[str, ...]]:
    """Each cell with its machine: under the label, where people gave one that tells them apart.

    CI has another machine in every run; a label says that they stand for each other.
    """
    labels = [(c.environment, c.setting, c.device, "label", c.label) for c in run.about.cells]
    number = Counter(labels)
    return [
        label
        if cell.label and number[label] == 1
        else (cell.environment, cell.setting, cell.device, "id", cell.machine)
        for cell, label in zip(run.about.cells, labels, strict=True)
    ]
