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
from harness.gate.findings import UNKNOWN, UNNAMED, compared, findings
from harness.gate.groups import names
from harness.report.words import count

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date

    from harness.analysis import Results
    from harness.gate.findings import Finding, Spot
    from harness.gate.policy import Policy


@dataclass(frozen=True)
class Change:
    """One break whose place in the baseline changes; before or after is None where there is none."""

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
        return tuple(
            each.after for each in self.changes if each.after and not each.after.terms.reason
        )


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

    reason, link, expires: of what is added; without a reason, the documented cause of the break is
    it. What the policy ignores is not added.
    """
    found = findings(results, policy)
    lookup = Lookup(baseline.known)
    over = set(gone(baseline, found, compared(results)))
    changes = [Change(each, None) for each in baseline.known if each in over]
    kept = {each: each for each in baseline.known if each not in over}
    expired: list[Known] = []
    for each in found:
        if each.action == "ignore":
            continue
        judged = judge(each, lookup, today)
        if judged.state == "new":
            terms = Terms(reason or each.known, link or (each.url if not reason else ""), expires)
            changes.append(_added(each, terms, kept))
        elif judged.state == "expired":
            old = [one for one in lookup.of(each.spot) if one.accepts(each.kind)]
            if expires is None:
                expired += [one for one in old if one not in expired]
            else:
                changes += _renewed(old, Terms(reason, link, expires), kept)
    changes += _milder(found, kept, over)
    added = [each.after for each in changes if each.after and each.after not in kept.values()]
    return Update(Baseline((*kept.values(), *added)), tuple(changes), tuple(expired))


def _added(finding: Finding, terms: Terms, kept: dict[Known, Known]) -> Change:
    """A new break; it takes the place of what was known of the same spot, which was milder."""
    before = [each for each in kept if each.exact and each.spot == finding.spot]
    for each in before:
        del kept[each]
    return Change(before[0] if before else None, Known(finding.spot, finding.kind, terms))


def _renewed(old: Iterable[Known], given: Terms, kept: dict[Known, Known]) -> Iterator[Change]:
    """With the new date; reason and link stay where none is given."""
    for each in old:
        terms = Terms(
            given.reason or each.terms.reason, given.link or each.terms.link, given.expires
        )
        renewed = replace(each, terms=terms)
        if kept.get(each) == each:
            kept[each] = renewed
            yield Change(each, renewed)


def _milder(
    found: Iterable[Finding], kept: dict[Known, Known], over: set[Known]
) -> Iterator[Change]:
    """Where every break at a spot is milder than what is accepted there.

    Between launches, rebuilds and machines the kind is chance, and stays.
    """
    worst: dict[Spot, str] = {}
    for each in found:
        if each.level in UNNAMED or UNKNOWN in (each.kind, worst.get(each.spot)):
            worst[each.spot] = UNKNOWN
            continue
        kinds = (each.kind, worst.get(each.spot, each.kind))
        worst[each.spot] = max(kinds, key=KINDS.index)
    for each, now in list(kept.items()):
        kind = worst.get(each.spot, UNKNOWN)
        if each in over or not each.exact or UNKNOWN in (kind, each.kind):
            continue
        if KINDS.index(kind) < KINDS.index(each.kind):
            kept[each] = replace(now, kind=kind)
            yield Change(now, kept[each])


def lines(update: Update) -> Iterator[str]:
    """What would change, in words: per event, what is added, removed and changed."""
    grouped: dict[str, dict[str, list[Known]]] = defaultdict(lambda: defaultdict(list))
    for each in update.changes:
        known = each.after or each.before
        if known:
            grouped[known.spot.event][_what(each)].append(known)
    for event, whats in grouped.items():
        yield event
        for what, known in whats.items():
            yield f"  {what}: {_listed(known)}"
    if update.expired:
        yield f"still expired, give --expires: {_listed(update.expired)}"


def _what(change: Change) -> str:
    before, after = change.before, change.after
    if before is None and after is not None:
        return f"+ {after.kind}"
    if after is None:
        return f"- {before.kind if before else ''}, gone"
    assert before is not None
    if before.kind != after.kind:
        return f"~ {before.kind} → {after.kind}"
    return f"~ {after.kind}, until {after.terms.expires}"


def _listed(known: Iterable[Known]) -> str:
    cells: Mapping[str, None] = dict.fromkeys(each.spot.cell for each in known)
    scenarios = list(dict.fromkeys(each.spot.scenario for each in known))
    where = next(iter(cells)) if len(cells) == 1 else count(len(cells), "cell")
    return f"{names(scenarios, 8)} ({where})"
