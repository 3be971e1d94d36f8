"""The summary that a run ends with: what breaks, what was not measured, the verdict, the path.

The answer comes last, because that is what a terminal and a CI log leave on the screen. It reads
the same without colour, and in plain ASCII where the console can do no more.
"""

from __future__ import annotations

from textwrap import shorten
from typing import TYPE_CHECKING

from harness.report.printer import Printer
from harness.report.view import build
from harness.report.words import FAILURES, count

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import Console

    from harness.analysis import Results
    from harness.report.view import View
    from harness.report.view.coverage import Cell
    from harness.report.view.events import Event

_STYLES = {
    "holds": "bold green",
    "breaks": "bold red",
    "unknown": "bold yellow",
    "void": "bold red",
}
_SYMBOLS = {"holds": "✓", "breaks": "✗", "unknown": "?", "void": "!"}
# How many rows a terminal shows; the page has them all.
_UNMEASURED, _STEPS = 6, 3
# How many characters of a message and of a list of cells.
_MESSAGE, _PLACES = 100, 84


def print_summary(results: Results, report_path: Path, console: Console) -> None:
    """Print the summary of `results`; the last line is the path of the page."""
    _Summary(build(results), console).print(report_path)


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
            [
                (_step(event), _hits(event), _kinds(event.kinds))
                for event in sorted(
                    self._view.events,
                    key=lambda event: (
                        not event.violations,
                        event.level != "process",  # the strictest promise that people rely on
                        -len(event.hits),
                    ),
                )
            ],
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
                    _brief(each.agree or "nowhere", _PLACES),
                    _brief(each.differ, _PLACES),
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
                    (_brief(claim.text), claim.verdict, _brief(claim.refuted, _PLACES))
                    for claim in self._view.published
                    if claim.refuted
                ],
                ("claim", "measured", "refuted in"),
            )
            return
        self._out.table(
            "Claims that the measurement refutes",
            [
                (_several(claim.scenarios), f"“{claim.relation}” {claim.said}", claim.outcome)
                for claim in self._view.refuted
            ],
            ("scenario", "claim", "measured"),
        )

    def _settings(self) -> None:
        if self._view.settings:
            self._out.line(self._view.setting_sentence)
            self._out.console.print()

    def _advice(self) -> None:
        rows = [
            (each.about, _instruction(each.text))
            for each in self._view.advice
            if not each.text.startswith("Untested")
        ]
        self._out.table("What to do", rows, ("on", "advice"))

    def _unmeasured(self) -> None:
        rows = [*_cells(self._view), *_failures(self._view), *_unsupported(self._view)]
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


def _step(event: Event) -> str:
    """What to call an event; within a cell, what was compared as well."""
    return f"{event.title}: {event.step}" if event.within else event.title


def _hits(event: Event) -> str:
    """How many scenarios an event hits, and how many promises it breaks."""
    broken = len(event.violations)
    more = f", {count(broken, 'promise')} broken" if broken else ""
    return f"{len(event.hits)}{more}"


def _instruction(text: str) -> str:
    """What to do; what that gives, and what is not enough, is on the page."""
    return text.partition(". ")[0].partition(": ")[0].removesuffix(".").replace("`", "")


def _kinds(kinds: tuple[str, ...]) -> str:
    """Kinds in words; where there are several, by name."""
    if len(kinds) == 1:
        return kinds[0]
    return ", ".join(kind.rpartition("(")[2].removesuffix(")") for kind in kinds)


def _several(names: tuple[str, ...]) -> str:
    """The first name, and how many there are besides."""
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"


def _cells(view: View) -> list[tuple[str, str, str]]:
    """The cells that were not measured, or not in full, by reason; failures come first."""
    reasons: dict[tuple[str, str], list[Cell]] = {}
    for cell in view.unmeasured:
        # Every cell that did not run names its own session; one command runs them all.
        reason = "" if cell.status == "not_run" else cell.message
        reasons.setdefault((cell.status, reason), []).append(cell)
    rows = []
    for (status, reason), cells in sorted(
        reasons.items(), key=lambda each: each[0][0] == "not_run"
    ):
        alone = len(cells) == 1
        what = cells[0].place.cell if alone else count(len(cells), "cell")
        if status == "not_run":
            reason = cells[0].message if alone else f"nox -- --profile {view.profile}"
        rows.append((what, cells[0].meaning, _brief(reason)))
    return rows


def _failures(view: View) -> list[tuple[str, str, str]]:
    return [
        (_several(each.scenarios), each.meaning, _brief(each.message or each.where))
        for each in view.troubles
        if each.status in FAILURES
    ]


def _unsupported(view: View) -> list[tuple[str, str, str]]:
    """What some versions do not have, in one row."""
    found = [each for each in view.troubles if each.status not in FAILURES]
    if not found:
        return []
    names = tuple(dict.fromkeys(name for each in found for name in each.scenarios))
    what = names[0] if len(names) == 1 else count(len(names), "scenario")
    first = found[0].message or found[0].where
    more = f" (and {count(len(found) - 1, 'more reason')})" if len(found) > 1 else ""
    return [(what, found[0].meaning, f"{_brief(first)}{more}")]


def _brief(message: str, most: int = _MESSAGE) -> str:
    """The beginning of a message, on one line."""
    return shorten(message, most, placeholder=" …")
