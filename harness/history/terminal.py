"""`sameseed history` in a terminal. The answer comes first: what is below it may be long."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.analysis.history import CHANGED, FIRST, REDEFINED, SAME
from harness.report.printer import Printer
from harness.report.words import ARROW, count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from harness.analysis.changes import Change
    from harness.history.told import Line, Overview, Story

_DIGITS = 8  # of a result's name
_MOVED = 12  # what else moved; --json has it all


def print_story(story: Story, console: Console) -> None:
    """One scenario: every run, and below where it changed."""
    out = Printer(console)
    out.line(story.sentence, "bold")
    out.console.print()
    rows = [(line.run, line.state, _cells(line)) for line in story.runs]
    out.table("Runs", rows, ("run", "state", "cells"), len(rows))
    for line in story.runs:
        found = [each for each in story.changes if each.run == line.run]
        _changed(out, line.run, [each for each in found if each.equal])
        _redefined(out, line.run, [each for each in found if not each.equal])


def _cells(line: Line) -> str:
    """In how many cells of how many; and what else than the state was measured besides."""
    parts = [
        *([f"{line.changed:,} of {line.compared:,}"] if line.state == CHANGED else []),
        *([f"{line.compared:,}"] if line.state == SAME else []),
        *_besides(line.redefined, "redefined", line.state == REDEFINED),
        *_besides(line.first, "for the first time", line.state == FIRST),
    ]
    return ", ".join(parts)


def _besides(cells: int, words: str, alone: bool) -> list[str]:
    if not cells:
        return []
    return [f"{cells:,}" if alone else f"{cells:,} {words}"]


def _changed(out: Printer, run: str, found: Sequence[Change]) -> None:
    for last, those in _by_last(found).items():
        _table(out, f"Changed in {run}, since {last}, on an equal basis", those)


def _redefined(out: Printer, run: str, found: Sequence[Change]) -> None:
    """Cells in which nothing can be compared; of these, those with another result are listed."""
    for last, those in _by_last(found).items():
        other = [each for each in those if each.before != each.after]
        out.line(f"Redefined in {run}, since {last}", "bold")
        said = f"{len(other):,}" if other else "none"
        out.line(f"{count(len(those), 'cell')}, {said} with another result.")
        _table(out, "", other)
        if not other:
            _moved(out, those)
            out.console.print()


def _by_last(found: Sequence[Change]) -> dict[str, list[Change]]:
    """By the run in which they were measured before, the newest first."""
    grouped: dict[str, list[Change]] = {}
    for each in sorted(found, key=lambda change: change.last, reverse=True):
        grouped.setdefault(each.last, []).append(each)
    return grouped


def _table(out: Printer, title: str, found: Sequence[Change]) -> None:
    if not found:
        return
    rows = [
        (each.cell, each.where, f"{_short(each.before)}{ARROW}{_short(each.after)}")
        for each in found
    ]
    out.table(title, rows, ("cell", "machine", "result"), len(rows), end="")
    _moved(out, found)
    out.console.print()


def _moved(out: Printer, found: Sequence[Change]) -> None:
    """What else moved, once for all cells in which the same did."""
    where: dict[tuple[str, ...], int] = {}
    for each in found:
        where[each.moved] = where.get(each.moved, 0) + 1
    for moved, cells in where.items():
        place = f" in {count(cells, 'cell')}" if len(where) > 1 else ""
        said = f": {', '.join(_first(moved))}" if moved else ": nothing on record"
        out.line(f"What else moved{place}{said}.", "dim")


def _first(moved: tuple[str, ...]) -> tuple[str, ...]:
    if len(moved) <= _MOVED:
        return moved
    return (*moved[:_MOVED], f"{len(moved) - _MOVED:,} more")


def _short(name: str) -> str:
    return name[:_DIGITS] or "launches disagree"


def print_overview(found: Overview, console: Console) -> None:
    """All scenarios: those that ever changed, how many did not, and the runs."""
    out = Printer(console)
    out.line(found.sentence, "bold")
    out.console.print()
    heads = ("scenario", "first changed in", "cells", "runs", "last in")
    rows = [
        (name, first, cells, f"{runs:,}", "" if first == last else last)
        for name, first, cells, runs, last in found.changed
    ]
    out.table("Changed", rows, heads, len(rows))
    for words, number in found.rest:
        out.line(f"{count(number, 'other scenario' if rows else 'scenario')}: {words}.")
    if found.rest:
        out.console.print()
    lines = [(run, profile, *(f"{each:,}" for each in more)) for run, profile, *more in found.runs]
    columns = ("run", "profile", "cells", "compared", "changed", "new breaks", "gone")
    out.table("Runs", lines, columns, len(lines))
