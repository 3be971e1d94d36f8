"""The judgement: results, a policy, a baseline and a day → `Outcome`. Pure.

| | what | counts as |
| --- | --- | --- |
| new | a break that the baseline does not accept | what the policy says |
| known | one that it accepts | nothing |
| expired | one that it accepted until a day that is over | what the policy says |
| first | with `since`: a new one where that run compared nothing | what the policy says |
| changed | with `since`: another result, on an equal basis | what it says of `process` |
| before | with `since`: one that the run had; the baseline goes first | nothing |
| gone | an accepted one that was looked for, or cannot be any more | what `gone` says |
| not measured | a planned cell without a whole record, or a scenario that failed | exit code 3 |

What the policy ignores is counted and left out. Accepted breaks that were not looked for this time
(another profile, another machine) are neither gone nor anything else.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Literal, TypeAlias

from harness.analysis.standing import JUDGED, of, standings
from harness.errors import ExitCode
from harness.gate.baseline import is_pattern
from harness.gate.findings import Spot, compared, findings
from harness.gate.since import changed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from harness.analysis import Results
    from harness.gate.baseline import Baseline, Known, Terms
    from harness.gate.findings import Finding
    from harness.gate.policy import Action, Policy
    from harness.gate.since import Since

State: TypeAlias = Literal["new", "known", "expired", "first", "before", "changed"]

# A GPU cell on a machine without a GPU is no failure: matrices travel.
LEFT_OUT = ("excluded", "device_missing")
FAILED = ("error", "timeout", "crash")


@dataclass(frozen=True)
class Judged:
    """A break and what the baseline says of it; `terms` where it says anything."""

    finding: Finding
    state: State
    terms: Terms | None

    @property
    def action(self) -> Action:
        """What it counts as now."""
        return "ignore" if self.state in ("known", "before") else self.finding.action


@dataclass(frozen=True)
class Unmeasured:
    """A planned cell, or a scenario of one, that there is no whole result of."""

    cell: str
    scenario: str  # empty: the whole cell
    status: str
    message: str


@dataclass(frozen=True)
class Outcome:
    """What `check` found.

    judged: without what the policy ignores; `ignored` says how much that is. tested: judged
    scenario and level → how many pairs were compared. void: why nothing counts, a sentence each.
    since: what an earlier run knew, where only changes count.
    """

    profile: str
    policy: Policy
    judged: tuple[Judged, ...]
    ignored: int
    gone: tuple[Known, ...]
    unmeasured: tuple[Unmeasured, ...]
    cells: tuple[tuple[str, str, str], ...]  # id, status, message of all that were planned
    tested: tuple[tuple[str, str, int], ...]
    void: tuple[str, ...]
    since: Since | None = None

    def of(self, state: State, action: Action | None = None) -> tuple[Judged, ...]:
        """The breaks in a state; of these, those that count as `action`."""
        return tuple(
            each for each in self.judged if each.state == state and action in (None, each.action)
        )

    @property
    def failing(self) -> bool:
        """Whether determinism broke against the policy."""
        broke = any(each.action == "error" for each in self.judged)
        return broke or (self.policy.gone == "error" and bool(self.gone))

    @property
    def code(self) -> ExitCode:
        """A void audit says nothing else; a break is worse news than a gap."""
        if self.void:
            return ExitCode.INTERNAL
        if self.failing:
            return ExitCode.BROKE
        return ExitCode.NOT_MEASURED if self.unmeasured else ExitCode.HOLDS


def check(
    results: Results,
    policy: Policy,
    baseline: Baseline,
    today: date,
    earlier: Since | None = None,
) -> Outcome:
    """Judge `results`. today: the day that `expires` is held against."""
    found = findings(results, policy)
    counted = [each for each in found if each.action != "ignore"]
    lookup = Lookup(baseline.known)
    judged = tuple(judge(each, lookup, today) for each in counted)
    ignored = len(found) - len(counted)
    if earlier and earlier.run:
        moved = changed(earlier, results, policy)
        judged = (
            *(_beside(each, earlier) for each in judged),
            *(Judged(each, "changed", None) for each in moved if each.action != "ignore"),
        )
        ignored += sum(each.action == "ignore" for each in moved)
    tested = results.verdicts[results.verdicts["compared"] > 0]
    asked = set(of(standings(results), *JUDGED))
    return Outcome(
        profile=results.plan.profile,
        policy=policy,
        judged=judged,
        ignored=ignored,
        gone=() if policy.gone == "ignore" else gone(baseline, results, found),
        unmeasured=(*_cells(results), *_scenarios(results)),
        cells=tuple(_planned(results)),
        tested=tuple(
            (scenario, level, int(pairs))
            for scenario, level, pairs in zip(
                tested["scenario"], tested["level"], tested["compared"], strict=True
            )
            if scenario in asked
        ),
        void=results.void,
        since=earlier,
    )


def _beside(judged: Judged, earlier: Since) -> Judged:
    """The same with what an earlier run says of it; what is accepted stays so."""
    if judged.state == "known":
        return judged
    if judged.finding.spot in earlier.broken:
        return Judged(judged.finding, "before", None)
    if judged.state == "new" and judged.finding.spot not in earlier.compared:
        return Judged(judged.finding, "first", None)
    return judged


class Lookup:
    """Finds what is known of a place, without trying every entry: patterns are few."""

    def __init__(self, known: Iterable[Known]) -> None:
        self._exact: dict[Spot, list[Known]] = defaultdict(list)
        self._patterns: dict[str, list[Known]] = defaultdict(list)
        for each in known:
            if each.exact:
                self._exact[each.spot].append(each)
            else:
                self._patterns[each.spot.event].append(each)

    def of(self, spot: Spot) -> list[Known]:
        """What is known of `spot`, of whatever kind."""
        patterns = [each for each in self._patterns.get(spot.event, ()) if each.covers(spot)]
        return [*self._exact.get(spot, ()), *patterns]


def judge(finding: Finding, lookup: Lookup, today: date) -> Judged:
    """What the baseline says of a break; an entry that still counts goes before an expired one."""
    accepting = [each for each in lookup.of(finding.spot) if each.accepts(finding.kind)]
    valid = [each for each in accepting if not each.terms.expired(today)]
    if valid:
        return Judged(finding, "known", valid[0].terms)
    if accepting:
        last = max(accepting, key=lambda each: str(each.terms.expires))
        return Judged(finding, "expired", last.terms)
    return Judged(finding, "new", None)


def gone(baseline: Baseline, results: Results, found: Iterable[Finding]) -> tuple[Known, ...]:
    """What is known, was looked for, and breaks nowhere that it speaks of.

    And what speaks of a cell that the matrix does not have, or a scenario that nobody knows.
    """
    broken = _by_event(each.spot for each in found)
    searched = _by_event(compared(results))
    cells = {cell.id for cell in results.plan.all_cells}
    scenarios = {*results.plan.scenarios, *results.scenarios}
    return tuple(
        each
        for each in baseline.known
        if not (_named(each.spot.cell, cells) and _named(each.spot.scenario, scenarios))
        or (_covered(each, searched) and not _covered(each, broken))
    )


def _named(pattern: str, names: set[str]) -> bool:
    return pattern in names or (
        is_pattern(pattern) and any(fnmatchcase(name, pattern) for name in names)
    )


def _by_event(spots: Iterable[Spot]) -> dict[str, set[Spot]]:
    grouped: dict[str, set[Spot]] = defaultdict(set)
    for spot in spots:
        grouped[spot.event].add(spot)
    return grouped


def _covered(known: Known, spots: dict[str, set[Spot]]) -> bool:
    here = spots.get(known.spot.event, set())
    return known.spot in here if known.exact else any(known.covers(spot) for spot in here)


def _planned(results: Results) -> Iterator[tuple[str, str, str]]:
    frame = results.cells
    columns = ["environment", "setting", "device", "status", "trials", "message"]
    for environment, setting, device, status, trials, message in frame[columns].itertuples(
        index=False
    ):
        short = status == "ok" and trials < results.plan.trials
        yield f"{environment}.{setting}.{device}", "too few launches" if short else status, message


def _cells(results: Results) -> Iterator[Unmeasured]:
    for cell, status, message in _planned(results):
        if status not in ("ok", *LEFT_OUT):
            yield Unmeasured(cell, "", status, message)


def _scenarios(results: Results) -> Iterator[Unmeasured]:
    """Once per cell and message, however many launches and machines failed alike."""
    frame = results.observations
    columns = ["environment", "setting", "device", "scenario", "status", "message"]
    failed = frame.loc[frame["status"].isin(FAILED), columns].drop_duplicates()
    for environment, setting, device, scenario, status, message in failed.itertuples(index=False):
        yield Unmeasured(f"{environment}.{setting}.{device}", scenario, status, message)
