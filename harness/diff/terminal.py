"""A diff in the terminal: what else differs first, then the scenarios, the worst first."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from harness.diff.compare import GROUPS
from harness.report.words import count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from harness.diff.compare import Diff, FactRow, ScenarioRow

# How many of each a terminal shows, unless all is asked for.
_FACTS, _ROWS, _RELATIONS = 5, 25, 10
_NOTE = 160
_QUIET = ("same", "on neither")


def print_diff(diff: Diff, console: Console, *, everything: bool = False) -> None:
    """Print one diff. everything: identical scenarios and all facts too."""
    console.print(Text(f"A  {diff.a} ({count(diff.launches[0], 'launch', 'launches')})"))
    console.print(Text(f"B  {diff.b} ({count(diff.launches[1], 'launch', 'launches')})"))
    console.print()
    console.print(Text(diff.cause, style="bold"))
    _facts(diff.facts, console, everything=everything)
    for note in diff.notes:
        console.print(_text(note))
    console.print()
    _scenarios(diff, console, everything=everything)
    _relations(diff, console, everything=everything)
    console.print(Text(diff.verdict, style="bold"))


def print_summary(diffs: Sequence[Diff], only: tuple[Sequence[str], ...], console: Console) -> None:
    """Print a row per pair of cells, and which cells have no partner."""
    table = _table("A", "B", "differ", "same", "other", "facts")
    for diff in diffs:
        differ, same = diff.count("differs"), diff.count("same")
        other = len(diff.scenarios) - differ - same
        cells = (diff.a, diff.b, *(f"{each:,}" for each in (differ, same, other, len(diff.facts))))
        table.add_row(*map(Text, cells))
    console.print(table)
    for letter, names in zip("AB", only, strict=True):
        if names:
            console.print(_text(f"Only in {letter}: {_listed(names)}"))


def _facts(facts: Sequence[FactRow], console: Console, *, everything: bool) -> None:
    for group, rows in groupby(facts, key=lambda row: row.group):
        several = list(rows)
        shown = several if everything else several[:_FACTS]
        said = [f"{row.name} {row.a} → {row.b}" for row in shown]
        if len(several) > len(shown):
            said.append(f"{len(several) - len(shown)} more")
        console.print(_text(f"  {GROUPS[group].removeprefix('the ')}: {'; '.join(said)}"))


def _scenarios(diff: Diff, console: Console, *, everything: bool) -> None:
    rows = [row for row in diff.scenarios if everything or row.outcome not in _QUIET]
    shown = rows if everything else rows[:_ROWS]
    if not rows:
        return
    table = _table("scenario", "differs by", "arrays", "max ULP", "first difference", "note")
    for row in shown:
        table.add_row(*map(_text, _cells(row)))
    console.print(table)
    if len(rows) > len(shown):
        console.print(f"  … {len(rows) - len(shown):,} more: --all")
    console.print()


def _cells(row: ScenarioRow) -> tuple[str, ...]:
    compared = row.outcome in ("differs", "same")
    return (
        row.scenario,
        row.kind or row.outcome,
        f"{row.arrays} of {row.arrays + row.unchanged}" if compared else "",
        f"{row.max_ulp:,}" if row.measurable and row.max_ulp is not None else "",
        row.first_index,
        row.note,
    )


def _relations(diff: Diff, console: Console, *, everything: bool) -> None:
    if not diff.relations:
        return
    shown = diff.relations if everything else diff.relations[:_RELATIONS]
    table = _table("relation", "scenario", "on A", "on B")
    for row in shown:
        table.add_row(*map(_text, (row.relation, row.scenario, row.a, row.b)))
    console.print(table)
    if len(diff.relations) > len(shown):
        console.print(f"  … {len(diff.relations) - len(shown):,} more: --all")
    console.print()


def _table(*headings: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for heading in headings:
        right = heading in ("arrays", "max ULP", "differ", "same", "other", "facts")
        table.add_column(heading, overflow="fold", justify="right" if right else "left")
    return table


def _text(text: str) -> Text:
    """Words from records, which may hold anything: no markup, no control characters, not long."""
    plain = "".join(each if each.isprintable() else "\ufffd" for each in text)
    return Text(plain if len(plain) <= _NOTE else plain[: _NOTE - 1] + "…")


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:_FACTS]) + (
        f" and {len(names) - _FACTS} more" if names[_FACTS:] else ""
    )
