"""Known causes: which documented change explains which break, and which explains none any more.

A cause explains a break if it speaks of its step, its scenario and its kind; see `harness.known`.
That a cause is found for an event does not mean that it explains the whole of it.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, TypeAlias

from harness.analysis.events import STEP, event_id
from harness.tables import table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd

    from harness.analysis.breaks import Outcome
    from harness.analysis.differences import Difference
    from harness.analysis.sides import Sides
    from harness.known.entries import Cause

MATCHED, STALE, UNTESTED = "matched", "stale", "untested"

# The causes of one break, in the order of the file.
Found: TypeAlias = "tuple[Cause, ...]"


@dataclass
class _Tally:
    """What was seen of one cause."""

    compared: bool = False
    breaks: int = 0
    events: dict[str, None] = field(default_factory=dict)

    @property
    def status(self) -> str:
        if self.breaks:
            return MATCHED
        return STALE if self.compared else UNTESTED


@dataclass(frozen=True)
class Explained:
    """Breaks and events with their causes filled in, and the table of causes."""

    breaks: pd.DataFrame
    events: pd.DataFrame
    causes: pd.DataFrame


def explain(
    outcomes: Sequence[Outcome],
    breaks: pd.DataFrame,
    events: pd.DataFrame,
    sides: Sides,
    causes: Sequence[Cause],
) -> Explained:
    """Hold every cause against every comparison.

    breaks: one row for each of the `outcomes` that differs, in their order.
    """
    tallies = {cause.id: _Tally() for cause in causes}
    found = _found(outcomes, sides, causes, tallies)
    known = _columns(found)
    by_step: dict[tuple[str, ...], dict[str, Cause]] = defaultdict(dict)
    for step, explaining in zip(breaks[STEP].itertuples(index=False), found, strict=True):
        by_step[tuple(step)].update({cause.id: cause for cause in explaining})
    order = {cause.id: position for position, cause in enumerate(causes)}
    of_events = [
        tuple(sorted(by_step[tuple(step)].values(), key=lambda cause: order[cause.id]))
        for step in events[STEP].itertuples(index=False)
    ]
    return Explained(
        breaks.assign(known=known[0], url=known[1]).astype(dict(breaks.dtypes)),
        events.assign(**dict(zip(("known", "url"), _columns(of_events), strict=True))).astype(
            dict(events.dtypes)
        ),
        table("causes", (_row(cause, tallies[cause.id]) for cause in causes)),
    )


def _found(
    outcomes: Iterable[Outcome],
    sides: Sides,
    causes: Sequence[Cause],
    tallies: dict[str, _Tally],
) -> list[Found]:
    """The causes of each outcome that differs; what was seen of each cause is counted."""
    outcomes = list(outcomes)
    scenarios = {outcome.scenario for outcome in outcomes}
    names = {cause.id: cause.names(scenarios) for cause in causes}
    at_step: dict[tuple[object, ...], Found] = {}
    found: list[Found] = []
    for outcome in outcomes:
        # What a cause says of a step is the same for all scenarios there.
        step = (outcome.level, outcome.axis, outcome.left, outcome.right)
        if step not in at_step:
            at_step[step] = tuple(cause for cause in causes if _speaks(cause, outcome, sides))
        explaining: list[Cause] = []
        for cause in at_step[step]:
            if outcome.scenario not in names[cause.id]:
                continue
            tally = tallies[cause.id]
            tally.compared = True
            if outcome.differs and _differs_so(cause, outcome.difference):
                tally.breaks += 1
                tally.events[event_id(outcome.level, outcome.axis, *outcome.values)] = None
                explaining.append(cause)
        if outcome.differs:
            found.append(tuple(explaining))
    return found


def _speaks(cause: Cause, outcome: Outcome, sides: Sides) -> bool:
    return (
        sides.within(cause, outcome.left)
        and sides.within(cause, outcome.right)
        and sides.covers(cause.step, outcome)
    )


def _differs_so(cause: Cause, difference: Difference) -> bool:
    """Whether the difference is one of those that the cause makes."""
    array = difference.first.partition("[")[0]
    return (not cause.kinds or difference.kind in cause.kinds) and (
        not cause.first or any(fnmatchcase(array, glob) for glob in cause.first)
    )


def _columns(found: Iterable[Found]) -> tuple[list[str], list[str]]:
    """`known` and `url`: titles and addresses, in the same order."""
    rows = list(found)
    return (
        ["; ".join(cause.title for cause in causes) for causes in rows],
        ["; ".join(cause.url for cause in causes) for causes in rows],
    )


def _row(cause: Cause, tally: _Tally) -> tuple[object, ...]:
    return (
        cause.id,
        cause.title,
        tally.status,
        "; ".join(tally.events),
        tally.breaks,
        cause.url,
    )
