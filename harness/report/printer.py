"""Plain tables and lines in a terminal: the same without colour, and in ASCII where need be."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

_ASCII = str.maketrans(
    {"→": "->", "×": "x", "≠": "!=", "·": "-", "–": "-", "…": "...", "✓": "+", "✗": "x"}
    | dict.fromkeys("“”", '"')
    | dict.fromkeys("‘’", "'")
)

# How many rows of a table a terminal shows, and how long a name is kept on one line.
_ROWS, _NAME = 8, 34


class Printer:
    """Prints to a console, in the characters that it can show."""

    def __init__(self, console: Console, more: str = "see the report") -> None:
        """more: where the rows are that a long table leaves out."""
        self.console = console
        self._see = more
        self._ascii = not console.encoding.lower().startswith("utf")

    def table(
        self,
        title: str,
        rows: Sequence[tuple[str, ...]],
        heads: tuple[str, ...],
        most: int = _ROWS,
        end: str = "\n",
    ) -> None:
        """A table without rules, as wide as it must be; nothing at all if there is no row."""
        if not rows:
            return
        if title:
            self.line(title, "bold")
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
        short = all(len(row[0]) <= _NAME for row in rows) and self.console.width >= 2 * _NAME
        for index, head in enumerate(heads):
            table.add_column(head, overflow="fold", no_wrap=short and index == 0)
        for row in rows[:most]:
            table.add_row(*map(self.text, row))
        self.console.print(table)
        self.more(len(rows) - most)
        self.console.print(end=end)

    def more(self, number: int) -> None:
        """How many rows are left out, if any."""
        if number > 0:
            self.line(f"and {number} more: {self._see}", "dim")

    def line(self, words: str, style: str = "") -> None:
        """A line, or as many as it takes."""
        self.console.print(self.text(words, style))

    def text(self, words: str, style: str = "") -> Text:
        """Words as text, never as markup or as commands to the terminal."""
        safe = "".join("�" if _commands(character) else character for character in words)
        if self._ascii:
            safe = safe.translate(_ASCII).encode("ascii", "replace").decode()
        return Text(safe, style)


def _commands(character: str) -> bool:
    """Whether a character moves the cursor, changes colours, or turns the direction of writing."""
    return unicodedata.category(character) in ("Cc", "Cf", "Cs") and character != "\n"
