"""What is shown as one: the breaks of an event that count alike; and the answer in a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.analysis.numeric import KINDS
from harness.errors import ExitCode
from harness.gate.findings import UNKNOWN
from harness.gate.policy import ACTIONS
from harness.report.words import count, listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from harness.gate.baseline import Known, Terms
    from harness.gate.check import Judged, Outcome, State
    from harness.gate.policy import Action

_KINDS = (UNKNOWN, *KINDS)
TOO_FEW = "too few launches"
# How each state is called beside a break.
STATES: Mapping[State, str] = {
    "new": "new",
    "first": "not compared before",
    "changed": "changed",
    "expired": "expired",
    "known": "known",
    "before": "there before",
}


@dataclass(frozen=True)
class Group:
    """Breaks at one event, in one state, that count alike."""

    event: str
    step: str
    level: str
    state: State
    action: Action
    judged: tuple[Judged, ...]

    @property
    def scenarios(self) -> tuple[str, ...]:
        """Which break; those first that break a promise."""
        broken = self.violations
        names = dict.fromkeys(each.finding.spot.scenario for each in self.judged)
        return tuple(sorted(names, key=lambda name: name not in broken))

    @property
    def violations(self) -> frozenset[str]:
        """The scenarios in which a documented promise breaks."""
        return frozenset(
            each.finding.spot.scenario for each in self.judged if each.finding.violation
        )

    @property
    def cells(self) -> tuple[str, ...]:
        """Where."""
        return tuple(dict.fromkeys(each.finding.spot.cell for each in self.judged))

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of difference, the worst first."""
        if self.state == "changed":
            return ()  # a run keeps the name of a result, not its arrays
        found = {each.finding.kind for each in self.judged}
        return tuple(sorted(found, key=_KINDS.index, reverse=True))

    @property
    def terms(self) -> tuple[Terms, ...]:
        """Why it is accepted, or was."""
        return tuple(dict.fromkeys(each.terms for each in self.judged if each.terms))

    @property
    def breaks(self) -> tuple[str, ...]:
        """The breaks' ids, as in `breaks.csv`."""
        return tuple(dict.fromkeys(id_ for each in self.judged for id_ in each.finding.breaks))

    @property
    def sentence(self) -> str:
        """All of it in a sentence or two."""
        scenarios, cells = len(self.scenarios), len(self.cells)
        where = self.cells[0] if cells == 1 else count(cells, "cell")
        said = f"{count(scenarios, 'scenario')} {'differs' if scenarios == 1 else 'differ'}"
        if self.state == "changed":
            said += f" {self.step} on an equal basis in {where}: {names(self.scenarios)}."
        else:
            said += f" ({', '.join(self.kinds)}) in {where}: {names(self.scenarios)}."
        if self.violations:
            said += f" A documented promise breaks: {names(sorted(self.violations))}."
        return said + "".join(f" {told(terms, self.state)}" for terms in self.terms)


def groups(outcome: Outcome) -> tuple[Group, ...]:
    """Errors first, then expired ones, then broken promises, then what hits the most scenarios."""
    grouped: dict[tuple[str, State, Action], list[Judged]] = {}
    for each in outcome.judged:
        key = (each.finding.spot.event, each.state, each.action)
        grouped.setdefault(key, []).append(each)
    found = [
        Group(event, first.finding.step, first.finding.level, state, action, tuple(judged))
        for (event, state, action), judged in grouped.items()
        for first in judged[:1]
    ]
    return tuple(
        sorted(
            found,
            key=lambda group: (
                -ACTIONS.index(group.action),
                group.state != "expired",
                not group.violations,
                -len(group.scenarios),
            ),
        )
    )


def unaccepted(outcome: Outcome, action: Action) -> Iterator[tuple[str, tuple[Group, ...]]]:
    """What nobody accepted and counts as `action`: title and groups, for each state."""
    run = outcome.since.run if outcome.since else ""
    words = {"error": "an error", "warn": "a warning"}[action]
    titles: dict[State, str] = {
        "new": f"New since {run}" if run else "New",
        "changed": f"Changed since {run} on an equal basis",
        "first": f"New, and not compared in {run}",
    }
    found = groups(outcome)
    for state, title in titles.items():
        chosen = tuple(each for each in found if (each.state, each.action) == (state, action))
        yield f"{title}, {words}", chosen


def told(terms: Terms, state: State) -> str:
    """Why something is accepted and until when, as a sentence or two."""
    until = ""
    if terms.expires:
        until = (
            f" (expired on {terms.expires})" if state == "expired" else f" until {terms.expires}"
        )
    verb = "Was accepted" if state == "expired" else "Accepted"
    link = f" {terms.link}" if terms.link else ""
    return f"{verb}{until}: {terms.reason}{link}"


def gone_steps(gone: Iterable[Known]) -> dict[str, list[Known]]:
    """Event → the known breaks that are there no more."""
    grouped: dict[str, list[Known]] = {}
    for each in gone:
        grouped.setdefault(each.spot.event, []).append(each)
    return grouped


def names(words: Sequence[str], most: int = 5) -> str:
    """The first few words, and how many there are besides."""
    if len(words) <= most:
        return ", ".join(words)
    return f"{', '.join(words[:most])} and {len(words) - most:,} more"


def verdict(outcome: Outcome) -> str:
    """The answer in a sentence; what else is to be known in a second one."""
    new, expired = outcome.of("new", "error"), outcome.of("expired", "error")
    parts = []
    if new:
        parts.append(count(len(new), "new break"))
    if changed := outcome.of("changed", "error"):
        parts.append(count(len(changed), "changed result"))
    if first := outcome.of("first", "error"):
        parts.append(f"{count(len(first), 'break')} not compared before")
    if expired:
        parts.append(f"{count(len(expired), 'break')} accepted no longer")
    if outcome.gone and outcome.policy.gone == "error":
        parts.append(f"{count(len(outcome.gone), 'accepted break')} that is gone")
    match outcome.code:
        case ExitCode.INTERNAL:
            return "This audit cannot be trusted: a negative control did not come out."
        case ExitCode.BROKE:
            missing = f" Not measured: {unmeasured(outcome)}." if outcome.unmeasured else ""
            return f"Determinism breaks against the policy: {listed(parts)}.{missing}"
        case ExitCode.NOT_MEASURED:
            return f"Nothing breaks against the policy, but not measured: {unmeasured(outcome)}."
        case _:
            return "Nothing breaks against the policy."


def notes(outcome: Outcome) -> str:
    """What does not fail the check, in one line; empty if there is nothing."""
    warned = len([each for each in outcome.judged if each.action == "warn"])
    gone = len(outcome.gone) if outcome.policy.gone == "warn" else 0
    known = len(outcome.of("known"))
    before = len(outcome.of("before"))
    parts = [
        *([f"{count(warned, 'break')} as warnings"] if warned else []),
        *([f"{known:,} known"] if known else []),
        *([f"{before:,} there before"] if before else []),
        *([f"{gone:,} gone"] if gone else []),
        *([f"{outcome.ignored:,} ignored"] if outcome.ignored else []),
    ]
    return f"Besides: {', '.join(parts)}." if parts else ""


def unmeasured(outcome: Outcome) -> str:
    """How many cells and scenarios there is no whole result of."""
    cells = {each.cell for each in outcome.unmeasured if not each.scenario}
    scenarios = {each.scenario for each in outcome.unmeasured if each.scenario}
    parts = [
        *([count(len(cells), "cell")] if cells else []),
        *([f"{count(len(scenarios), 'scenario')} that failed"] if scenarios else []),
    ]
    return listed(parts)
