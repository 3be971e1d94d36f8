"""The summary that a run ends with: what breaks, what was not measured, the verdict, the path.

The answer comes last, because that is what a terminal and a CI log leave on the screen. It reads
the same without colour, and in plain ASCII where the console can do no more.
"""

from __future__ import annotations

import unicodedata
from textwrap import shorten
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from harness.report.view import build
from harness.report.words import count

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from rich.console import Console

    from harness.analysis import Results
    from harness.report.view import View

_STYLES = {
    "holds": "bold green",
    "breaks": "bold red",
    "unknown": "bold yellow",
    "void": "bold red",
}
_SYMBOLS = {"holds": "✓", "breaks": "✗", "unknown": "?", "void": "!"}
_ASCII = str.maketrans(
    {"→": "->", "×": "x", "≠": "!=", "·": "-", "–": "-", "…": "...", "✓": "+", "✗": "x"}
    | dict.fromkeys("“”", '"')
    | dict.fromkeys("‘’", "'")
)

# How many rows of each table a terminal shows; the page has them all.
_ROWS = 12
# How many characters of a message; and of a name that is kept on one line.
_MESSAGE, _NAME = 160, 32


def print_summary(results: Results, report_path: Path, console: Console) -> None:
    """Print the summary of `results`; the last line is the path of the page."""
    _Summary(build(results), console).print(report_path)


class _Summary:
    """Prints a view to a console, in the characters that it can show."""

    def __init__(self, view: View, console: Console) -> None:
        self._view = view
        self._console = console
        self._ascii = not console.encoding.lower().startswith("utf")

    def print(self, path: Path) -> None:
        """All of it, the answer last."""
        self._events()
        self._launches()
        self._refuted()
        self._settings()
        self._unmeasured()
        self._verdict()
        self._console.print(self._text(str(path)), soft_wrap=True)

    def _events(self) -> None:
        self._table(
            "Where it breaks",
            [
                (event.title, f"{len(event.hits)}", "; ".join(event.kinds))
                for event in self._view.events
            ],
            ("step", "scenarios", "what differs"),
        )
        if self._view.still:
            self._line("Nothing changes at")
            for each in self._view.still:
                self._line(f"  {each.step} ({count(each.scenarios, 'scenario')} compared)")
            self._console.print()

    def _launches(self) -> None:
        self._table(
            "Not the same in every launch",
            [(each.scenario, each.agree or "nowhere", each.differ) for each in self._view.launches],
            ("scenario", "launches agree on", "launches differ on"),
        )

    def _refuted(self) -> None:
        self._table(
            "Claims that the measurement refutes",
            [
                (claim.scenario, f"“{claim.relation}” {claim.said}", claim.outcome)
                for claim in self._view.refuted
            ],
            ("scenario", "claim", "measured"),
        )

    def _settings(self) -> None:
        if self._view.settings:
            self._line(self._view.setting_sentence)
            self._console.print()

    def _unmeasured(self) -> None:
        cells = [
            (cell.place.cell, cell.meaning, _brief(cell.message)) for cell in self._view.unmeasured
        ]
        troubles = [
            (each.scenario, each.meaning, _brief(each.message or each.where))
            for each in self._view.troubles
        ]
        self._table("Not measured", cells + troubles, ("what", "why", "message"))
        if self._view.ignored:
            self._line(f"{count(len(self._view.ignored), 'record')} left out; the report says why.")
            self._console.print()

    def _verdict(self) -> None:
        verdict = self._view.verdict
        self._line(f"{_SYMBOLS[verdict.tone]} {verdict.sentence}", _STYLES[verdict.tone])
        for doubt in verdict.doubts:
            self._line(f"! {doubt}", "red")
        for note in verdict.notes:
            self._line(note, "dim")

    def _table(self, title: str, rows: Sequence[tuple[str, ...]], heads: tuple[str, ...]) -> None:
        """A table without rules, as wide as it must be; nothing at all if there is no row."""
        if not rows:
            return
        self._line(title, "bold")
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
        short = all(len(row[0]) <= _NAME for row in rows)
        for index, head in enumerate(heads):
            table.add_column(head, overflow="fold", no_wrap=short and index == 0)
        for row in rows[:_ROWS]:
            table.add_row(*map(self._text, row))
        self._console.print(table)
        if len(rows) > _ROWS:
            self._line(f"and {len(rows) - _ROWS} more: see the report", "dim")
        self._console.print()

    def _line(self, words: str, style: str = "") -> None:
        self._console.print(self._text(words, style))

    def _text(self, words: str, style: str = "") -> Text:
        """Words as text, never as markup or as commands to the terminal."""
        safe = "".join("�" if _commands(character) else character for character in words)
        if self._ascii:
            safe = safe.translate(_ASCII).encode("ascii", "replace").decode()
        return Text(safe, style)


def _brief(message: str) -> str:
    """The beginning of a message, on one line."""
    return shorten(message, _MESSAGE, placeholder=" …")


def _commands(character: str) -> bool:
    """Whether a character moves the cursor, changes colours, or turns the direction of writing."""
    return unicodedata.category(character) in ("Cc", "Cf", "Cs") and character != "\n"
