"""What changed from run to run: the sentence, the tile, the runs, and a strip per scenario."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.analysis.history import (
    CHANGED,
    FIRST,
    NOT_MEASURED,
    REDEFINED,
    SAME,
    first_changes,
)
from harness.report.view.frames import items, rows
from harness.report.view.verdict import Tile
from harness.report.words import count, listed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from harness.analysis import Results
    from harness.report.view.frames import Row

# State → sign, and what it means. `CHANGED` carries a number beside its sign.
SIGNS: Mapping[str, tuple[str, str]] = {
    SAME: ("=", "every result is the same as the last time"),
    CHANGED: ("Δ", "results that differ from the last time, though nothing was asked differently"),
    REDEFINED: ("↻", "the suite, the packages or the hardware changed: not to be compared"),
    FIRST: ("+", "measured for the first time"),
    NOT_MEASURED: ("·", "not measured again"),
}

_RUNS = 60  # columns of the strip; `runs.csv` and `history.csv` have them all
_EVENTS = 3  # named in the sentence


@dataclass(frozen=True)
class Run:
    """One run. `date` is short and tells it from the others; `started` is exact, in UTC."""

    id: str
    date: str
    started: str
    profile: str
    cells: int
    scenarios: int
    holding: int
    breaks: int
    new_breaks: int
    gone_breaks: int
    first_breaks: int
    compared: int
    changed: int
    redefined: int
    first: int
    new: tuple[str, ...]
    gone: tuple[str, ...]


@dataclass(frozen=True)
class Mark:
    """One scenario in one run. `text` is the sign; `meaning` a sentence that needs no sign."""

    text: str
    look: str
    meaning: str


@dataclass(frozen=True)
class Line:
    """One scenario over the runs that are shown: a mark for each.

    since: the date of the first run in which it changed, whether or not that is shown.
    """

    scenario: str
    since: str
    changes: int
    marks: tuple[Mark, ...]


@dataclass(frozen=True)
class History:
    """The section. Runs from the oldest to this one; earlier: how many more the files have.

    lines: scenarios that ever changed, those that did most recently first. other: how many
    scenarios there are besides.
    """

    sentence: str
    runs: tuple[Run, ...]
    earlier: int
    lines: tuple[Line, ...]
    other: int

    @property
    def signs(self) -> tuple[tuple[str, str], ...]:
        """Each sign that the strip has, with its meaning."""
        seen = {mark.look for line in self.lines for mark in line.marks}
        return tuple(SIGNS[state] for state in SIGNS if _look(state) in seen)

    @property
    def tile(self) -> Tile | None:
        """What changed since the last run, for the first screen; none where there is no run."""
        if not self.runs:
            return None
        run = self.runs[-1]
        if len(self.runs) == 1:
            return Tile("first", "run on record: nothing to compare with yet")
        since = f"since the last run ({self.runs[-2].date})"
        if not run.compared:
            return Tile("–", f"no result can be compared {since}")
        broke = f"; {count(run.new_breaks, 'new break')}, {run.gone_breaks:,} gone"
        return Tile(f"{run.changed:,} / {run.compared:,}", f"results changed {since}{broke}")


def history(results: Results) -> History:
    """The section of these results; without runs it is empty."""
    found = rows(results.runs)
    dates = _dates([row["started"] for row in found])
    runs = [_run(row, date) for row, date in zip(found, dates, strict=True)]
    by_id = {run.id: run for run in runs}
    shown = runs[-_RUNS:]
    since = first_changes(results.history)
    lines = _lines(results.history, since, by_id, [run.id for run in shown])
    return History(
        sentence=_sentence(runs, results.history),
        runs=tuple(shown),
        earlier=len(runs) - len(shown),
        lines=lines,
        other=results.history["scenario"].nunique() - len(lines),
    )


def _run(row: Row, date: str) -> Run:
    lists = {name: items(row[name]) for name in ("new", "gone")}
    return Run(id=row["run"], date=date, **{k: v for k, v in row.items() if k != "run"} | lists)


def _dates(started: Sequence[str]) -> list[str]:
    """The day, and the time where there are several runs on a day, as exact as need be."""
    found = [""] * len(started)
    for length in (10, 16, 19):
        short = [each[:length].replace("T", " ") for each in started]
        number = Counter(short)
        found = [
            each or (name if number[name] == 1 or length == 19 else "")
            for each, name in zip(found, short, strict=True)
        ]
    return found


def _sentence(runs: Sequence[Run], frame: pd.DataFrame) -> str:
    """What changed since the last run; empty where nothing is on record."""
    if not runs:
        return ""
    if len(runs) == 1:
        return "This is the first run on record."
    run, since = runs[-1], runs[-2].date
    results = count(run.compared, "result")
    changes = [
        *_breaks(run.new_breaks, "new break", "new breaks", run.new),
        *_breaks(run.gone_breaks, "gone", "gone", run.gone),
    ]
    if run.changed:
        now = frame[(frame["run"] == run.id) & (frame["state"] == CHANGED)]
        changes.append(f"{run.changed:,} of {results} changed in {count(len(now), 'scenario')}")
    elif run.compared and changes:
        changes.append(f"none of {results} changed")
    if changes:
        said = f"Since {since}: {', '.join(changes)}."
    elif run.compared:
        said = f"Nothing changed since {since}: {results} compared."
    elif run.redefined or run.first:
        said = f"Nothing can be compared with {since} or any run before."
    else:
        said = f"Nothing was measured again since {since}."
    left = _left(run)
    return f"{said} {left}" if left else said


def _left(run: Run) -> str:
    """What could not be compared, and why."""
    parts = (
        (run.redefined, f"{count(run.redefined, 'result')} on another suite, lock or hardware"),
        (run.first, f"{count(run.first, 'result')} measured for the first time"),
        (run.first_breaks, f"{count(run.first_breaks, 'break')} where no run had looked"),
    )
    found = [words for number, words in parts if number]
    return f"Not compared: {listed(found)}." if found else ""


def _breaks(number: int, one: str, many: str, steps: Sequence[str]) -> list[str]:
    """How many breaks came or went, and at which steps."""
    if not number:
        return []
    named = [each.rpartition(" ")[0] for each in steps[:_EVENTS]]
    if len(steps) > _EVENTS:
        named.append(f"{len(steps) - _EVENTS} more")
    return [f"{number:,} {one if number == 1 else many} ({listed(named)})"]


def _lines(
    frame: pd.DataFrame,
    since: Mapping[str, str],
    runs: Mapping[str, Run],
    shown: Sequence[str],
) -> tuple[Line, ...]:
    """The scenarios that ever changed, the one that changed last first."""
    ever = frame[frame["scenario"].isin(since)]
    states: dict[str, dict[str, Row]] = {}
    for row in rows(ever):
        states.setdefault(row["scenario"], {})[row["run"]] = row
    order = {run: position for position, run in enumerate(runs)}
    last = {
        name: max(order[run] for run, row in found.items() if row["state"] == CHANGED)
        for name, found in states.items()
    }
    return tuple(
        Line(
            scenario=name,
            since=runs[since[name]].date,
            changes=sum(row["state"] == CHANGED for row in states[name].values()),
            marks=tuple(_mark(states[name][run], runs[run]) for run in shown),
        )
        for name in sorted(states, key=lambda name: -last[name])
    )


def _mark(row: Row, run: Run) -> Mark:
    state = row["state"]
    sign, meaning = SIGNS[state]
    text = f"{sign} {row['changed']}" if state == CHANGED else sign
    if state == CHANGED:
        meaning = f"{row['changed']:,} of {count(row['compared'], 'result')} changed"
    elif state == SAME:
        meaning = f"{count(row['compared'], 'result')} compared, none changed"
    return Mark(text, _look(state), f"{run.date}: {meaning}")


def _look(state: str) -> str:
    """A state as the name of a style."""
    return state.replace(" ", "-")
