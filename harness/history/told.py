"""What `sameseed history` says: the story of a scenario, and all of them at a glance. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.analysis.changes import Change, changes
from harness.analysis.history import (
    CHANGED,
    FIRST,
    NOT_MEASURED,
    REDEFINED,
    SAME,
    first_changes,
    timeline,
)
from harness.report.words import count

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from harness.history.runs import Run


@dataclass(frozen=True)
class Line:
    """A scenario in a run: in how many cells it was compared, and what came of the others.

    changed: of those compared. other: of the redefined ones, those with another result.
    """

    run: str
    state: str
    compared: int
    changed: int
    redefined: int
    first: int
    other: int


@dataclass(frozen=True)
class Story:
    """A scenario from the oldest run to the newest. sentence: the answer."""

    scenario: str
    sentence: str
    runs: tuple[Line, ...]
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Overview:
    """All scenarios. rest: in words, how many there are of those that never changed.

    changed: scenario, the first run in which it changed, in how many of how many cells, in how many
    runs in all, and the last of these.
    """

    sentence: str
    changed: tuple[tuple[str, str, str, int, str], ...]
    rest: tuple[tuple[str, int], ...]
    runs: tuple[tuple[str, str, int, int, int, int, int], ...]


def stories(runs: Sequence[Run], wanted: Sequence[str]) -> tuple[Story, ...]:
    """Of each of these scenarios, which some run asks to hold."""
    _, history = timeline(runs)
    found: dict[str, list[Change]] = defaultdict(list)
    for change in changes(runs, wanted):
        found[change.scenario].append(change)
    return tuple(_story(name, history, tuple(found[name])) for name in wanted)


def _story(name: str, history: pd.DataFrame, found: tuple[Change, ...]) -> Story:
    columns = ["run", "state", "compared", "changed", "redefined", "first"]
    rows = history.loc[history["scenario"] == name, columns].astype(object)
    other = Counter(
        change.run for change in found if not change.equal and change.before != change.after
    )
    lines = tuple(Line(*row, *[other[row[0]]]) for row in rows.itertuples(index=False, name=None))
    return Story(name, _sentence(name, lines), lines, found)


def _sentence(name: str, lines: Sequence[Line]) -> str:
    measured = [line for line in lines if line.state != NOT_MEASURED]
    changed = [line for line in lines if line.state == CHANGED]
    if changed:
        first = changed[0]
        said = f"{name} first changed in {first.run}: {first.changed:,} of {_cells(first.compared)}"
        if len(changed) > 1:
            said += f"; in {count(len(changed), 'run')} in all, last in {changed[-1].run}"
        return f"{said}."
    if any(line.compared for line in lines):
        said = f"{name} has not changed in {count(len(measured), 'run')} since {measured[0].run}"
        apart = sum(line.state == REDEFINED for line in measured)
        return f"{said}{f'; {apart:,} of them cannot be compared' if apart else ''}."
    if len(measured) > 1:
        return f"{name} was never measured twice on an equal basis: nothing can be compared."
    if measured:
        return f"{name} was measured once, in {measured[0].run}: there is nothing to compare with."
    return f"{name} is in no run that two launches decided."


def _cells(number: int) -> str:
    return count(number, "cell")


def overview(runs: Sequence[Run]) -> Overview:
    """All scenarios, those first that changed last."""
    frame, history = timeline(runs)
    first = first_changes(history)
    changed = history[history["state"] == CHANGED].groupby("scenario", sort=False, observed=True)
    lines = [
        (
            str(name),
            first[str(name)],
            f"{rows['changed'].iloc[0]:,} of {rows['compared'].iloc[0]:,}",
            len(rows),
            str(rows["run"].iloc[-1]),
        )
        for name, rows in changed
    ]
    lines.sort(key=lambda line: line[0])
    lines.sort(key=lambda line: line[-1], reverse=True)
    rest = _rest(history[~history["scenario"].isin(list(first))])
    columns = ["run", "profile", "cells", "compared", "changed", "new_breaks", "gone_breaks"]
    return Overview(
        sentence=_all(len(runs), len(lines), sum(number for _, number in rest)),
        changed=tuple(lines),
        rest=rest,
        runs=tuple(frame[columns].astype(object).itertuples(index=False, name=None)),
    )


def _all(runs: int, changed: int, rest: int) -> str:
    if not runs:
        return "No run is on file: sameseed report keeps one."
    if not changed:
        scenarios = count(rest, "scenario")
        return f"{scenarios} in {count(runs, 'run')}: none of them ever changed."
    return f"{changed:,} of {count(changed + rest, 'scenario')} changed in {count(runs, 'run')}."


def _rest(history: pd.DataFrame) -> tuple[tuple[str, int], ...]:
    """In words, of the scenarios that never changed."""
    numbers: dict[str, int] = {}
    for _, states in history.groupby("scenario", sort=False, observed=True)["state"]:
        seen = set(states)
        if SAME in seen:
            words = "unchanged"
        elif REDEFINED in seen:
            words = "never measured twice on an equal basis"
        elif FIRST in seen:
            words = "measured once"
        else:
            words = "never measured by two launches"
        numbers[words] = numbers.get(words, 0) + 1
    return tuple(sorted(numbers.items(), key=lambda item: -item[1]))
