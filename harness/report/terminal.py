"""The summary that a run ends with: what breaks, what was not measured, the verdict, the path.

The answer comes last, because that is what a terminal and a CI log leave on the screen. It reads
the same without colour, and in plain ASCII where the console can do no more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.report.brief import (
    hits,
    instructions,
    kinds,
    several,
    shortened,
    step,
    unmeasured,
)
from harness.report.printer import Printer
from harness.report.view import build
from harness.report.words import count

if TYPE_CHECKING:
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
# How many rows a terminal shows; the page has them all.
_UNMEASURED, _STEPS = 6, 3
# How many characters of a list of cells.
_PLACES = 84


def print_summary(results: Results, report_path: Path, *consoles: Console) -> None:
    """Print the summary of `results` to each console; the last line is the path of the page."""
    view = build(results)
    for console in consoles:
        _Summary(view, console).print(report_path)


class _Summary:
    """Prints a view to a console."""

    def __init__(self, view: View, console: Console) -> None:
        self._view = view
        self._out = Printer(console)

    def print(self, path: Path) -> None:
        """All of it, the answer last."""
        self._events()
        self._launches()
        self._refuted()
        self._settings()
        self._advice()
        self._unmeasured()
        self._verdict()
        self._out.console.print(self._out.text(str(path)), soft_wrap=True)

    def _events(self) -> None:
        self._out.table(
            "Where it breaks",
            [(step(event), hits(event), kinds(event.kinds)) for event in self._view.events],
            ("step", "scenarios", "what differs"),
        )
        if self._view.still:
            self._out.line("Nothing changes at")
            for each in self._view.still[:_STEPS]:
                self._out.line(f"  {each.step} ({count(each.scenarios, 'scenario')} compared)")
            self._out.more(len(self._view.still) - _STEPS)
            self._out.console.print()

    def _launches(self) -> None:
        self._out.table(
            "Not the same in every launch",
            [
                (
                    each.scenario,
                    shortened(each.agree or "nowhere", _PLACES),
                    shortened(each.differ, _PLACES),
                )
                for each in self._view.launches
            ],
            ("scenario", "launches agree on", "launches differ on"),
        )

    def _refuted(self) -> None:
        """What is published and refuted; where no such claim was tested, what sources state."""
        if self._view.published:
            self._out.table(
                "Published claims that the measurement refutes",
                [
                    (shortened(claim.text), claim.verdict, shortened(claim.refuted, _PLACES))
                    for claim in self._view.published
                    if claim.refuted
                ],
                ("claim", "measured", "refuted in"),
            )
            return
        self._out.table(
            "Claims that the measurement refutes",
            [
                (several(claim.scenarios), f"“{claim.relation}” {claim.said}", claim.outcome)
                for claim in self._view.refuted
            ],
            ("scenario", "claim", "measured"),
        )

    def _settings(self) -> None:
        if self._view.settings:
            self._out.line(self._view.setting_sentence)
            self._out.console.print()

    def _advice(self) -> None:
        rows = [(about, told.replace("`", "")) for about, told in instructions(self._view)]
        self._out.table("What to do", rows, ("on", "advice"))

    def _unmeasured(self) -> None:
        rows = unmeasured(self._view)
        self._out.table("Not measured", rows, ("what", "why", "message"), _UNMEASURED)
        if self._view.ignored:
            self._out.line(
                f"{count(len(self._view.ignored), 'record')} left out; the report says why."
            )
            self._out.console.print()

    def _verdict(self) -> None:
        verdict = self._view.verdict
        self._out.line(f"{_SYMBOLS[verdict.tone]} {verdict.sentence}", _STYLES[verdict.tone])
        for doubt in verdict.doubts:
            self._out.line(f"! {doubt}", "red")
        for note in verdict.notes:
            self._out.line(note, "dim")
        if self._view.history.sentence:
            self._out.line(self._view.history.sentence)
