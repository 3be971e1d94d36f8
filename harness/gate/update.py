"""What the baseline would be after the results: what is added, removed and changed. Pure.

What was not looked for stays. An entry that still accepts a break keeps its reason, link and date;
where the break is milder now, and that is no chance, its kind follows. Nothing is renewed in
passing: entries that expired stay expired, unless a new date is given.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from harness.analysis.numeric import KINDS
from harness.gate.baseline import Baseline, Known, Terms
from harness.gate.check import Lookup, gone, judge
from harness.gate.findings import UNKNOWN, UNNAMED, findings
from harness.gate.groups import names
from harness.report.words import count

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from harness.analysis import Results
    from harness.gate.findings import Finding, Spot
    from harness.gate.policy import Policy


@dataclass(frozen=True)
class Change:
    """What becomes of one known break; None where it is not known before, or not after."""

    before: Known | None
    after: Known | None


@dataclass(frozen=True)
class Update:
    """The baseline as it would be, and how that differs. expired: what only a new date renews."""

    baseline: Baseline
    changes: tuple[Change, ...]
    expired: tuple[Known, ...]

    @property
    def without_reason(self) -> tuple[Known, ...]:
        """What would be accepted without anybody saying why."""
        return tuple(each for each in self.baseline.known if not each.terms.reason)


def update(
    results: Results,
    policy: Policy,
    baseline: Baseline,
    today: date,
    *,
    reason: str = "",
    link: str = "",
    expires: date | None = None,
) -> Update:
    """Bring a baseline up to date with `results`.

    reason and link: of what is added and has no documented cause. expires: of all that is added,
    and of what has expired. What the policy ignores is not added.
    """
    found = findings(results, policy)
    lookup = Lookup(baseline.known)
    judged = [judge(each, lookup, today) for each in found if each.action != "ignore"]
    new = [each.finding for each in judged if each.state == "new"]
    fresh = {each.spot for each in new}
    over = set(gone(baseline, results, found))
    expired = {
        known: None
        for each in judged
        if each.state == "expired"
        for known in lookup.of(each.finding.spot)
        if known.accepts(each.finding.kind)
    }
    given = Terms(reason, link, expires)
    worst = _worst(found)
    changes: list[Change] = []
    for known in baseline.known:
        if known in over:
            changes.append(Change(known, None))
        elif not (known.exact and known.spot in fresh):  # else something worse takes its place
            renewed = _renewed(known, given) if expires and known in expired else known
            changes.append(Change(known, _milder(renewed, worst)))
    changes += [Change(_before(each, lookup), _accepted(each, given)) for each in new]
    return Update(
        Baseline(tuple(each.after for each in changes if each.after)),
        tuple(each for each in changes if each.before != each.after),
        () if expires else tuple(expired),
    )


def _accepted(finding: Finding, given: Terms) -> Known:
    """A new break as a known one: for its documented cause, or else for the reason given."""
    terms = given
    if finding.known:
        terms = Terms(finding.known, finding.url.split("; ")[0], given.expires)
    return Known(finding.spot, finding.kind, terms)


def _before(finding: Finding, lookup: Lookup) -> Known | None:
    """What was known of just that spot: something milder."""
    return next((each for each in lookup.of(finding.spot) if each.exact), None)


def _renewed(known: Known, given: Terms) -> Known:
    """With the new date; reason and link stay where none is given."""
    old = known.terms
    terms = Terms(given.reason or old.reason, given.link or old.link, given.expires)
    return replace(known, terms=terms)


def _worst(found: Iterable[Finding]) -> dict[Spot, str]:
    """Spot → the worst kind there. Between launches, rebuilds and machines the kind is chance."""
    kinds: dict[Spot, set[str]] = defaultdict(set)
    for each in found:
        kinds[each.spot].add(UNKNOWN if each.level in UNNAMED else each.kind)
    return {
        spot: max(several, key=KINDS.index)
        for spot, several in kinds.items()
        if UNKNOWN not in several
    }


def _milder(known: Known, worst: dict[Spot, str]) -> Known:
    """With the kind that is seen now, where it is exact and that is a milder one."""
    kind = worst.get(known.spot)
    if kind is None or UNKNOWN in (kind, known.kind):
        return known
    return replace(known, kind=min(kind, known.kind, key=KINDS.index))


def rows(update: Update) -> dict[str, list[tuple[str, str, str]]]:
    """What would change, in words: event → what is added, removed or changed; where; in what."""
    grouped: dict[str, dict[str, list[Known]]] = defaultdict(lambda: defaultdict(list))
    for change in update.changes:
        known = change.after or change.before
        if known:
            grouped[known.spot.event][_what(change)].append(known)
    for known in update.expired:
        grouped[known.spot.event][f"expired on {known.terms.expires}, stays so"].append(known)
    return {
        event: [(what, *_where(several)) for what, several in whats.items()]
        for event, whats in grouped.items()
    }


def _what(change: Change) -> str:
    before, after = change.before, change.after
    if before is None:
        return f"+ {after.kind}" if after else ""
    if after is None:
        return f"- {before.kind}, gone"
    if before.kind != after.kind:
        return f"~ {before.kind} → {after.kind}"
    return f"~ {after.kind}, until {after.terms.expires}"


def _where(known: Iterable[Known]) -> tuple[str, str]:
    cells = list(dict.fromkeys(each.spot.cell for each in known))
    scenarios = list(dict.fromkeys(each.spot.scenario for each in known))
    return cells[0] if len(cells) == 1 else count(len(cells), "cell"), names(scenarios, 8)
