"""The report in short: which rows the terminal and Markdown show, and in which words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.report.words import FAILURES, count

if TYPE_CHECKING:
    from harness.report.view import View
    from harness.report.view.coverage import Cell
    from harness.report.view.events import Event

_MESSAGE = 100  # characters of a message


def step(event: Event) -> str:
    """What to call an event; within a cell, what was compared as well."""
    return f"{event.title}: {event.step}" if event.within else event.title


def hits(event: Event) -> str:
    """How many scenarios an event hits, and how many promises it breaks."""
    broken = len(event.violations)
    more = f", {count(broken, 'promise')} broken" if broken else ""
    return f"{len(event.hits)}{more}"


def kinds(words: tuple[str, ...]) -> str:
    """Kinds in words; where there are several, by name."""
    if len(words) == 1:
        return words[0]
    return ", ".join(kind.rpartition("(")[2].removesuffix(")") for kind in words)


def instructions(view: View) -> list[tuple[str, str]]:
    """Where, and what to do there; what that gives, and what is not enough, is on the page."""
    return [
        (each.about, each.text.partition(". ")[0].partition(": ")[0].removesuffix("."))
        for each in view.advice
        if not each.text.startswith("Untested")
    ]


def unmeasured(view: View) -> list[tuple[str, str, str]]:
    """What was not measured, why, and what is said of it, failures first; versions last."""
    return [*_cells(view), *_failures(view), *_unsupported(view)]


def several(names: tuple[str, ...]) -> str:
    """The first name, and how many there are besides."""
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"


def shortened(message: str, most: int = _MESSAGE) -> str:
    """The beginning of a message, on one line; cut at a blank, where that is not far."""
    line = " ".join(message.split())
    if len(line) <= most:
        return line
    cut = line[: most - 1]
    words = cut.rpartition(" ")[0]
    return f"{words if len(words) > most // 2 else cut[:-1]} …"


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
        rows.append((what, cells[0].meaning, shortened(reason)))
    return rows


def _failures(view: View) -> list[tuple[str, str, str]]:
    return [
        (several(each.scenarios), each.meaning, shortened(each.message or each.where))
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
    return [(what, found[0].meaning, f"{shortened(first)}{more}")]
