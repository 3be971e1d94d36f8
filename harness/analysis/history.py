"""What became of the results from run to run: what changed, and what only was asked differently.

What a result is compared with: `harness.analysis.again`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from harness.analysis.again import again, names, positions
from harness.analysis.standing import JUDGED
from harness.history.runs import started
from harness.tables import table

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from harness.analysis import Results
    from harness.analysis.again import Again, Flags, Integers
    from harness.history.runs import Run, Runs

FIRST, SAME, CHANGED = "first", "same", "changed"
REDEFINED, NOT_MEASURED = "redefined", "not measured"


def with_history(results: Results, known: Runs) -> Results:
    """The results with their runs, the last of which is their own; refused files are ignored."""
    runs, history = timeline(known.runs)
    ignored = (*results.ignored, *known.refused)
    return replace(results, runs=runs, history=history, ignored=ignored)


def timeline(runs: Sequence[Run]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The frames `runs` and `history`, runs from the oldest to the newest."""
    scenarios = names(runs)
    position = {name: index for index, name in enumerate(scenarios)}
    rows = []
    states = []
    breaks = _Breaks(len(scenarios))
    for run, each in zip(runs, again(runs, position), strict=True):
        found = _counted(each, len(scenarios))
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
                *(int(number.sum()) for number in found.counts),
                _listed(broke.new),
                _listed(broke.gone),
            )
        )
        states.append((_states(found), found))
    history = (
        (name, run.id, state[index], *(int(number[index]) for number in found.counts))
        for index, name in enumerate(scenarios)
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

    compared: Integers
    changed: Integers
    redefined: Integers
    first: Integers

    @property
    def counts(self) -> tuple[Integers, ...]:
        """In the order of the columns of `runs`."""
        return self.compared, self.changed, self.redefined, self.first


def _counted(found: Again, scenarios: int) -> _Found:
    return _Found(
        *(
            np.bincount(found.scenario[which], minlength=scenarios)
            for which in (found.compared, found.changed, found.redefined, found.first)
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
        scenarios = positions(run, position)
        compared = self._at(index, [each.compared for each in steps], scenarios)
        broken = self._at(index, [each.broken for each in steps], scenarios)
        now = np.zeros(len(self._last), np.int8)
        now[compared], now[broken] = 1, 2
        new = (now == 2) & (self._last == 1)
        gone = (now == 1) & (self._last == 2)
        first = (now == 2) & (self._last == 0)
        self._last = np.where(now, now, self._last)
        return _Broke(len(broken), self._by_step(new), self._by_step(gone), int(first.sum()))

    def _at(self, index: Integers, groups: list[tuple[int, ...]], scenarios: Integers) -> Integers:
        """Step and scenario as one number, for scenarios that are asked to hold."""
        flat = np.fromiter(chain.from_iterable(groups), np.int64)
        scenario = scenarios[flat]
        at: Integers = np.repeat(index, [len(each) for each in groups]) * self._size + scenario
        return at[scenario >= 0]

    def _by_step(self, which: Flags) -> Counter[str]:
        names = list(self._steps)
        return Counter(names[at // self._size][0] for at in np.flatnonzero(which))


def _listed(steps: Counter[str]) -> str:
    """Each step with how many, the most first."""
    return "; ".join(f"{step} {number}" for step, number in steps.most_common())
