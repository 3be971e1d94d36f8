"""The outcome as Markdown for a CI's page, such as GitHub's `$GITHUB_STEP_SUMMARY`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.errors import ExitCode
from harness.gate.groups import gone_steps, groups, names, notes, unaccepted, verdict
from harness.report.marked import address, code, plain, table
from harness.report.words import STATUSES, count

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from harness.gate.check import Outcome
    from harness.gate.groups import Group
    from harness.gate.policy import Action

# What a step's summary may hold on GitHub, all of it: https://docs.github.com/en/actions
# /writing-workflows/choosing-what-your-workflow-does/workflow-commands-for-github-actions
# #step-isolation-and-limits
LIMIT = 1024 * 1024

_SIGNS = {
    ExitCode.HOLDS: "✅",
    ExitCode.BROKE: "❌",
    ExitCode.NOT_MEASURED: "❓",
    ExitCode.INTERNAL: "❗",
}
_CUT = "\n\nThe rest is left out: it is more than this page may hold. See the report.\n"
_ROWS = 200


def markdown(outcome: Outcome, limit: int = LIMIT) -> str:
    """The page, in at most `limit` bytes of UTF-8."""
    page = "\n".join(_lines(outcome)) + "\n"
    if len(page.encode()) <= limit:
        return page
    room = max(limit - len(_CUT.encode()), 0)
    kept = page.encode()[:room].decode(errors="ignore").rpartition("\n")[0]
    return (kept + _CUT).encode()[-limit:].decode(errors="ignore") if limit else ""


def _lines(outcome: Outcome) -> Iterator[str]:
    found = groups(outcome)
    yield "## sameseed: same seed, same weights?"
    yield ""
    yield f"{_SIGNS[outcome.code]} **{plain(verdict(outcome))}** Profile {code(outcome.profile)}."
    for sentence in outcome.void:
        yield f"\n{plain(sentence)}"
    if outcome.since and outcome.since.sentence:
        yield f"\n{plain(outcome.since.sentence)}"
    if note := notes(outcome):
        yield f"\n{plain(note)}"
    broken = ("step", "scenarios", "cells", "what differs", "which")
    actions: tuple[Action, ...] = ("error", "warn")
    for action in actions:
        for title, chosen in unaccepted(outcome, action):
            yield from _table(title, broken, map(_broken, chosen))
    accepted = ("step", "breaks", "until", "why")
    for title, state in (("Accepted once, but no longer", "expired"), ("Known", "known")):
        those = [each for each in found if each.state == state]
        yield from _table(title, accepted, _accepted(those))
    if outcome.since:
        before = [each for each in found if each.state == "before"]
        yield from _table(f"There already in {outcome.since.run}", broken, map(_broken, before))
    yield from _table(
        "Accepted, and there no more",
        ("event", "breaks", "scenarios"),
        (
            (code(event), str(len(known)), plain(names([each.spot.scenario for each in known])))
            for event, known in gone_steps(outcome.gone).items()
        ),
    )
    yield from _table(
        "Not measured",
        ("cell", "scenario", "why", "message"),
        (
            (
                code(each.cell),
                plain(each.scenario),
                plain(STATUSES.get(each.status, each.status)),
                plain(each.message[:300]),
            )
            for each in outcome.unmeasured
        ),
    )


def _broken(group: Group) -> tuple[str, ...]:
    promise = f" **{count(len(group.violations), 'broken promise')}**" if group.violations else ""
    return (
        plain(group.step),
        f"{len(group.scenarios):,}{promise}",
        f"{len(group.cells):,}",
        plain(", ".join(group.kinds)),
        plain(names(group.scenarios)),
    )


def _accepted(found: Iterable[Group]) -> Iterator[tuple[str, ...]]:
    for group in found:
        for terms in group.terms:
            number = sum(each.terms == terms for each in group.judged)
            link = f" [link]({address(terms.link)})" if terms.link else ""
            until = str(terms.expires or "")
            yield plain(group.step), f"{number:,}", until, plain(terms.reason) + link


def _table(title: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    found = list(rows)
    if not found:
        return
    yield f"\n### {title}\n"
    yield from table(heads, found[:_ROWS])
    if len(found) > _ROWS:
        yield f"\nand {len(found) - _ROWS:,} more"
