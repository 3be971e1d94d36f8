"""Claims that somebody published, against what was measured: where each holds, and where not."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from harness.analysis.frames import Where
from harness.analysis.releases import Release, named, release, told
from harness.tables import table

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from harness.analysis.breaks import Outcome
    from harness.analysis.sides import Sides
    from harness.known.entries import Claim, Test
    from harness.plan import Plan

CONFIRMED, REFUTED, IN_PART, UNTESTED = "confirmed", "refuted", "in part", "untested"
_WITHIN = ("rerun", "process")  # levels at which a place is compared with itself

# Scenario and relation → everywhere it was checked, and whether it held.
_Checks: TypeAlias = dict[tuple[str, str], list[tuple[Where, bool]]]

T = TypeVar("T", Release, str)


@dataclass
class _Evidence:
    """What was seen of one claim: release or step → whether everything there agrees with it."""

    releases: dict[Release, bool] = field(default_factory=dict)
    steps: dict[str, bool] = field(default_factory=dict)
    scenarios: dict[str, None] = field(default_factory=dict)

    def told(self, agrees: bool) -> list[str]:
        """Where the claim came out so: releases, then steps."""
        chosen = {each for each, agreed in self.releases.items() if agreed == agrees}
        steps = (each for each, agreed in self.steps.items() if agreed == agrees)
        return [*told(chosen, self.releases), *steps]

    @property
    def verdict(self) -> str:
        seen = {*self.releases.values(), *self.steps.values()}
        if not seen:
            return UNTESTED
        return IN_PART if len(seen) == 2 else CONFIRMED if seen == {True} else REFUTED


def claims(
    relations: pd.DataFrame,
    outcomes: Sequence[Outcome],
    sides: Sides,
    plan: Plan,
    known: Sequence[Claim],
) -> pd.DataFrame:
    """One row per claim. It holds in a version if nothing measured there speaks against it.

    A test that says `anywhere` needs a single case instead: see `harness.known.entries.Test`.
    """
    checks = _checks(relations)
    rows = []
    for claim in known:
        evidence = _Evidence()
        for test in claim.tests:
            if test.relation is not None:
                _related(test, checks, sides, plan, evidence)
            elif test.step is not None:
                _compared(test, outcomes, sides, plan, evidence)
        rows.append(
            (
                claim.id,
                claim.text,
                claim.source,
                evidence.verdict,
                "; ".join(evidence.told(True)),
                "; ".join(evidence.told(False)),
                "; ".join(evidence.scenarios),
                claim.url or "",
            )
        )
    return table("claims", rows)


def _checks(relations: pd.DataFrame) -> _Checks:
    found: _Checks = defaultdict(list)
    columns = ["scenario", "relation", *Where._fields, "holds"]
    checked = relations.loc[relations["holds"].notna(), columns].drop_duplicates()
    for scenario, relation, *here, holds in checked.itertuples(index=False):
        found[scenario, relation].append((Where(*here), bool(holds)))
    return found


def _related(test: Test, checks: _Checks, sides: Sides, plan: Plan, evidence: _Evidence) -> None:
    """What a relation says: it must come out as claimed in every launch, setting and Python."""
    scenarios = test.names(scenario for scenario, _ in checks)
    for (scenario, relation), outcomes in checks.items():
        if scenario not in scenarios or not fnmatchcase(relation, test.relation or ""):
            continue
        for here, holds in outcomes:
            if sides.within(test, here):
                where = release(plan.environment(here.environment), sides.versions(here))
                _note(evidence.releases, where, holds == test.holds, anywhere=test.anywhere)
                evidence.scenarios[scenario] = None


def _compared(
    test: Test, outcomes: Sequence[Outcome], sides: Sides, plan: Plan, evidence: _Evidence
) -> None:
    """What comparing at a step says."""
    scenarios = test.names({outcome.scenario for outcome in outcomes})
    for outcome in outcomes:
        if (
            outcome.scenario in scenarios
            and test.step is not None
            and sides.within(test, outcome.left)
            and sides.within(test, outcome.right)
            and sides.covers(test.step, outcome)
        ):
            agrees = outcome.differs == test.differs
            here = release(plan.environment(outcome.left.environment), sides.versions(outcome.left))
            if outcome.level in _WITHIN:
                _note(evidence.releases, here, agrees)
            else:
                _note(evidence.steps, _step(outcome, here), agrees)
            evidence.scenarios[outcome.scenario] = None


def _note(seen: dict[T, bool], where: T, agrees: bool, *, anywhere: bool = False) -> None:
    """One piece of evidence: a single one against is enough, or `anywhere`, a single one for."""
    before = seen.get(where, agrees)
    seen[where] = (before or agrees) if anywhere else (before and agrees)


def _step(outcome: Outcome, here: Release) -> str:
    """A step in words, as an item of a list."""
    step = f"{named(outcome.axis)} {' → '.join(outcome.values)}"
    if outcome.level == "packages":
        return step
    return f"{here.name} {here.version}{here.context} ({step})"
