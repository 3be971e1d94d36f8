"""The outcome in a terminal: what fails first, the answer last."""

from __future__ import annotations

from textwrap import shorten
from typing import TYPE_CHECKING

from harness.errors import ExitCode
from harness.gate.groups import gone_steps, groups, names, notes, unaccepted, verdict
from harness.report.printer import Printer
from harness.report.words import STATUSES, count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from harness.gate.check import Outcome, Unmeasured
    from harness.gate.groups import Group

_SIGNS = {
    ExitCode.HOLDS: ("✓", "bold green"),
    ExitCode.BROKE: ("✗", "bold red"),
    ExitCode.NOT_MEASURED: ("?", "bold yellow"),
    ExitCode.INTERNAL: ("!", "bold red"),
}
_MESSAGE = 100
_UNMEASURED = 6


def print_outcome(outcome: Outcome, console: Console) -> None:
    """Print the outcome; the last line is the verdict."""
    out = Printer(console, "see --json, or breaks.csv of the report")
    found = groups(outcome)
    for title, chosen in unaccepted(outcome, "error"):
        _breaks(out, title, chosen)
    _accepted(out, "Accepted once, but no longer", [g for g in found if g.state == "expired"])
    for title, chosen in unaccepted(outcome, "warn"):
        _breaks(out, title, chosen)
    _accepted(out, "Known", [g for g in found if g.state == "known"])
    if outcome.since:
        title = f"There already in {outcome.since.run}"
        _breaks(out, title, [g for g in found if g.state == "before"])
    _gone(out, outcome)
    _unmeasured(out, outcome)
    _last_words(out, outcome)


def _breaks(out: Printer, title: str, found: Sequence[Group]) -> None:
    promises = any(group.violations for group in found)
    heads = ("step", "scenarios", "cells", "what differs", "for example")
    out.table(
        title,
        [
            (
                _capital(group.step),
                f"{len(group.scenarios):,}",
                f"{len(group.cells):,}",
                ", ".join(group.kinds),
                names(group.scenarios, 1),
                *([f"{len(group.violations)} broken" if group.violations else ""] * promises),
            )
            for group in found
        ],
        (*heads, "promises") if promises else heads,
    )


def _accepted(out: Printer, title: str, found: list[Group]) -> None:
    out.table(
        title,
        [
            (
                _capital(group.step),
                f"{sum(each.terms == terms for each in group.judged):,}",
                str(terms.expires or ""),
                shorten(f"{terms.reason} {terms.link}".strip(), _MESSAGE, placeholder=" …"),
            )
            for group in found
            for terms in group.terms
        ],
        ("step", "breaks", "until", "why"),
    )


def _gone(out: Printer, outcome: Outcome) -> None:
    rows = [
        (event, f"{len(known):,}", names(list(dict.fromkeys(each.spot.scenario for each in known))))
        for event, known in gone_steps(outcome.gone).items()
    ]
    out.table("Accepted, and there no more", rows, ("event", "breaks", "scenarios"))
    if rows:
        out.line("To remove them from the baseline: sameseed baseline update")
        out.console.print()


def _unmeasured(out: Printer, outcome: Outcome) -> None:
    alike: dict[tuple[bool, str, str], list[Unmeasured]] = {}
    for each in outcome.unmeasured:
        # Every cell that did not run names its own session; one command runs them all.
        message = "" if each.status == "not_run" else each.message
        alike.setdefault((bool(each.scenario), each.status, message), []).append(each)
    rows = [
        (_what(found), STATUSES.get(status, status), _why(found, message, outcome.profile))
        for (_, status, message), found in alike.items()
    ]
    out.table("Not measured", rows, ("what", "why", "message"), _UNMEASURED)


def _what(found: list[Unmeasured]) -> str:
    scenarios = list(dict.fromkeys(each.scenario for each in found if each.scenario))
    if scenarios:
        return names(scenarios, 1)
    cells = list(dict.fromkeys(each.cell for each in found))
    return cells[0] if len(cells) == 1 else count(len(cells), "cell")


def _why(found: list[Unmeasured], message: str, profile: str) -> str:
    if not message:
        message = found[0].message if len(found) == 1 else f"nox -- --profile {profile}"
    return shorten(message, _MESSAGE, placeholder=" …")


def _last_words(out: Printer, outcome: Outcome) -> None:
    for sentence in outcome.void:
        out.line(f"! {sentence}", "red")
    if outcome.since and outcome.since.sentence:
        out.line(outcome.since.sentence, "dim")
    if note := notes(outcome):
        out.line(note, "dim")
    if changed := outcome.of("changed"):
        out.line(f"What else moved: sameseed history {changed[0].finding.spot.scenario}", "dim")
    if outcome.failing and not outcome.void and len(changed) < len(outcome.judged):
        date = " --expires YYYY-MM-DD" if outcome.of("expired") else ""
        out.line(f'If they are to stay: sameseed baseline update --reason "why"{date}', "dim")
    sign, style = _SIGNS[outcome.code]
    out.line(f"{sign} {verdict(outcome)}", style)


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
