"""Claims: what sources say about a scenario's arrays, against what was measured."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

from harness.report.view.frames import Place, flag, place, rows

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.analysis import Results
    from harness.report.view.labels import Labels

Outcome: TypeAlias = Literal["refuted", "refuted in part", "confirmed"]


@dataclass(frozen=True)
class Claim:
    """One statement of one source. `holds` and `fails` say where, in words."""

    scenario: str
    relation: str
    expected: bool
    source: str
    outcome: Outcome
    holds: str
    fails: str

    @property
    def said(self) -> str:
        """What the source says of the relation."""
        return "holds" if self.expected else "does not hold"

    @property
    def everywhere(self) -> bool:
        """Whether it came out in the same way wherever it was checked."""
        return not (self.holds and self.fails)


@dataclass(frozen=True)
class Claims:
    """The same statement of the same source about several scenarios, that came out alike."""

    relation: str
    said: str
    source: str
    outcome: Outcome
    holds: str
    fails: str
    scenarios: tuple[str, ...]


@dataclass
class _Tally:
    """Where a relation held in some launch, and where it failed in some launch."""

    held: set[Place] = field(default_factory=set)
    failed: set[Place] = field(default_factory=set)


def claims(results: Results, labels: Labels) -> tuple[Claim, ...]:
    """Every claim that was checked, refuted ones first, then in order of appearance.

    Relations of which nobody says whether they hold are not claims; those of negative controls are
    the audit's own business.
    """
    tallies: dict[tuple[str, str, bool, str], _Tally] = {}
    for row in rows(results.relations):
        expected, holds = flag(row["expected"]), flag(row["holds"])
        scenario = results.scenarios.get(row["scenario"])
        if expected is None or holds is None or (scenario and scenario.control):
            continue
        key = (row["scenario"], row["relation"], expected, row["source"])
        tally = tallies.setdefault(key, _Tally())
        (tally.held if holds else tally.failed).add(place(row))
    found = [_claim(labels, *key, tally) for key, tally in tallies.items()]
    return tuple(sorted(found, key=lambda claim: claim.outcome == "confirmed"))


def alike(found: Iterable[Claim]) -> tuple[Claims, ...]:
    """Claims in the same words that came out in the same way, together.

    Where a claim came out alike wherever it was checked, that is said, and scenarios that were
    checked in other cells stand together all the same.
    """
    groups: dict[tuple[object, ...], list[Claim]] = {}
    for claim in found:
        where = (bool(claim.holds),) if claim.everywhere else (claim.holds, claim.fails)
        key = (claim.relation, claim.expected, claim.source, claim.outcome, *where)
        groups.setdefault(key, []).append(claim)
    return tuple(
        Claims(
            relation=group[0].relation,
            said=group[0].said,
            source=group[0].source,
            outcome=group[0].outcome,
            holds=_where({claim.holds for claim in group}),
            fails=_where({claim.fails for claim in group}),
            scenarios=tuple(claim.scenario for claim in group),
        )
        for group in groups.values()
    )


def _where(told: set[str]) -> str:
    """Where claims came out as they did, if that reads alike for all of them."""
    return min(told) if len(told) == 1 else "wherever checked"


def _claim(
    labels: Labels, scenario: str, relation: str, expected: bool, source: str, tally: _Tally
) -> Claim:
    measured = tally.held | tally.failed
    against = tally.failed if expected else tally.held
    outcome: Outcome = "refuted in part"
    if not against:
        outcome = "confirmed"
    elif against == measured:
        outcome = "refuted"
    return Claim(
        scenario=scenario,
        relation=relation,
        expected=expected,
        source=source,
        outcome=outcome,
        holds=labels.span(tally.held, among=measured),
        fails=labels.span(tally.failed, among=measured),
    )
