"""What became of the results from run to run: what changed, and what only was asked differently.

A result is compared with the last run in which the same scenario was measured in the same cell, on
the same machine and on an equal basis (`harness.analysis.origin`): what another suite, another lock
or another kind of hardware gives is no change over time. A launch that is on record in several runs
is one measurement, and says nothing about time. Scenarios that are meant to differ are left out, as
everywhere: what they give is chance.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from harness.analysis.standing import JUDGED
from harness.history.runs import started
from harness.tables import table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd

    from harness.analysis import Results
    from harness.history.runs import Run, Runs

FIRST, SAME, CHANGED = "first", "same", "changed"
REDEFINED, NOT_MEASURED = "redefined", "not measured"

_Counts: TypeAlias = "np.ndarray[Any, np.dtype[np.int64]]"


def with_history(results: Results, known: Runs) -> Results:
    """The results with their runs, the last of which is their own; refused files are ignored."""
    runs, history = timeline(known.runs)
    ignored = (*results.ignored, *known.refused)
    return replace(results, runs=runs, history=history, ignored=ignored)


def timeline(runs: Sequence[Run]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The frames `runs` and `history`, runs from the oldest to the newest."""
    names = _names(runs)
    position = {name: index for index, name in enumerate(names)}
    rows = []
    states = []
    breaks = _Breaks(len(names))
    for run, found in zip(runs, _compared(runs, position), strict=True):
        standing = [standing for _, standing in run.about.scenarios if standing in JUDGED]
        broke = breaks.follow(run, position)
        rows.append(
            (
                run.id,
                started(run.id),
                run.about.profile,
                run.about.measured,
                len(standing),
                standing.count("holds"),
                broke.present,
                sum(broke.new.values()),
                sum(broke.gone.values()),
                broke.first,
                *(int(each.sum()) for each in found.counts),
                _listed(broke.new),
                _listed(broke.gone),
            )
        )
        states.append((_states(found), found))
    history = (
        (name, run.id, state[index], int(found.compared[index]), int(found.changed[index]))
        for index, name in enumerate(names)
        for run, (state, found) in zip(runs, states, strict=True)
    )
    return table("runs", rows), table("history", history)


def first_changes(history: pd.DataFrame) -> dict[str, str]:
    """Scenario → the first run in which it changed, for those that ever did."""
    changed = history.loc[history["state"] == CHANGED, ["scenario", "run"]]
    first = changed.drop_duplicates("scenario")
    return dict(zip(first["scenario"], first["run"], strict=True))


@dataclass(frozen=True)
class _Found:
    """What one run says, a number per scenario.

    compared: results measured again on an equal basis; changed: of these, how many differ.
    redefined: measured before, but on no equal basis. first: measured for the first time.
    """

    compared: _Counts
    changed: _Counts
    redefined: _Counts
    first: _Counts

    @property
    def counts(self) -> tuple[_Counts, ...]:
        """In the order of the columns of `runs`."""
        return self.compared, self.changed, self.redefined, self.first


def _names(runs: Sequence[Run]) -> tuple[str, ...]:
    """Every scenario that was ever asked to hold, in the newest run's order, then by age."""
    return tuple(
        dict.fromkeys(
            name
            for run in reversed(runs)
            for name, standing in run.about.scenarios
            if standing in JUDGED
        )
    )


def _states(found: _Found) -> list[str]:
    """One state per scenario: the worst that is known of it.

    Where only new cells were measured this is the first time, whatever is known of others.
    """
    states: list[str] = np.select(
        [found.changed > 0, found.compared > 0, found.redefined > 0, found.first > 0],
        [CHANGED, SAME, REDEFINED, FIRST],
        NOT_MEASURED,
    ).tolist()
    return states


def _compared(runs: Sequence[Run], position: dict[str, int]) -> Iterator[_Found]:
    """What each run says of each scenario, beside the runs before it."""
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
    known = np.zeros(len(spots) * size, bool)
    # By cell, machine, basis and scenario: what was measured there last.
    when = np.full(len(bases) * size, -1, np.int64)
    result, stable = np.zeros(len(when), np.uint64), np.zeros(len(when), np.bool_)
    clock: dict[str, int] = {}
    for run, (spot_of, basis_of) in zip(runs, where, strict=True):
        scenario = _positions(run, position)[run.scenario]
        started_ = [clock.setdefault(cell.started, len(clock)) for cell in run.about.cells]
        at = basis_of[run.cell] * size + scenario
        time = np.array(started_, np.int64)[run.cell]
        # Not asked to hold; or on record before, and not measured again.
        counts = scenario >= 0
        counts[counts] = when[at[counts]] != time[counts]
        at, time, scenario = at[counts], time[counts], scenario[counts]
        there = spot_of[run.cell[counts]] * size + scenario
        before = when[at] >= 0
        differs = (result[at] != run.result[counts]) | (stable[at] != run.stable[counts])
        yield _Found(
            *(
                np.bincount(scenario[which], minlength=size)
                for which in (before, before & differs, ~before & known[there], ~known[there])
            )
        )
        known[there] = True
        when[at], result[at], stable[at] = time, run.result[counts], run.stable[counts]


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


def _positions(run: Run, position: dict[str, int]) -> _Counts:
    """The run's scenarios among all; -1 for those that are not asked to hold."""
    return np.array(
        [position[name] if standing in JUDGED else -1 for name, standing in run.about.scenarios],
        np.int64,
    )


@dataclass(frozen=True)
class _Broke:
    """The breaks of a run: how many there are, and by step those that came and went.

    first: those at a comparison that no earlier run made, which cannot be called new.
    """

    present: int
    new: Counter[str]
    gone: Counter[str]
    first: int


class _Breaks:
    """Which comparisons differed when they were last made."""

    def __init__(self, scenarios: int) -> None:
        self._size = scenarios
        self._steps: dict[tuple[str, ...], int] = {}
        self._last = np.zeros(0, np.int8)  # 0: never made, 1: equal, 2: broken

    def follow(self, run: Run, position: dict[str, int]) -> _Broke:
        """What this run says, beside the last one that made the same comparison."""
        steps = run.about.steps
        keys = [(each.step, each.environment, each.setting, each.device) for each in steps]
        index = np.array([self._steps.setdefault(key, len(self._steps)) for key in keys], np.int64)
        grown = len(self._steps) * self._size - len(self._last)
        self._last = np.concatenate([self._last, np.zeros(grown, np.int8)])
        scenarios = _positions(run, position)
        compared = self._at(index, [each.compared for each in steps], scenarios)
        broken = self._at(index, [each.broken for each in steps], scenarios)
        now = np.zeros(len(self._last), np.int8)
        now[compared], now[broken] = 1, 2
        new = (now == 2) & (self._last == 1)
        gone = (now == 1) & (self._last == 2)
        first = (now == 2) & (self._last == 0)
        self._last = np.where(now, now, self._last)
        return _Broke(len(broken), self._by_step(new), self._by_step(gone), int(first.sum()))

    def _at(self, index: _Counts, groups: list[tuple[int, ...]], scenarios: _Counts) -> _Counts:
        """Step and scenario as one number, for scenarios that are asked to hold."""
        flat = np.fromiter(chain.from_iterable(groups), np.int64)
        scenario = scenarios[flat]
        at: _Counts = np.repeat(index, [len(each) for each in groups]) * self._size + scenario
        return at[scenario >= 0]

    def _by_step(self, which: np.ndarray[Any, np.dtype[np.bool_]]) -> Counter[str]:
        names = list(self._steps)
        return Counter(names[at // self._size][0] for at in np.flatnonzero(which))


def _listed(steps: Counter[str]) -> str:
    """Each step with how many, the most first."""
    return "; ".join(f"{step} {number}" for step, number in steps.most_common())
