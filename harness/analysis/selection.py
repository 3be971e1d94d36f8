"""Which trials count: those of cells that the plan has, measured by one suite from equal inputs.

Whatever a matrix or a suite said when a trial ran, the report compares it under today's names; so
what no longer is what its name says is left out, with a sentence.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from harness.analysis.facts import Fact, facts, package
from harness.analysis.frames import where
from harness.analysis.hosts import labels_of
from harness.probe import schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from harness.analysis.frames import Where
    from harness.collect import Collection
    from harness.plan import Plan
    from harness.records import Header, Trial


@dataclass(frozen=True)
class Selection:
    """trials: what counts, in the order of the matrix. ignored: the rest, a sentence each.

    replaced: cells on machines that another of the same label has measured again.
    """

    trials: tuple[Trial, ...]
    ignored: tuple[str, ...]
    replaced: frozenset[Where] = frozenset()


def select(collection: Collection, plan: Plan) -> Selection:
    """Sort out stale and foreign trials.

    Trials of one cell on one machine count together only if they were measured with the same
    inputs and from the same lock: those that go with the trial that started last.
    """
    order = {cell.id: position for position, cell in enumerate(plan.all_cells)}
    excluded = {cell.id: cell.excluded for cell in plan.all_cells if cell.excluded}
    newest = _newest(collection.trials, plan)
    suite = max(newest.values(), key=lambda header: header.started).suite if newest else ""
    trials, ignored = [], []
    for trial in collection.trials:
        header = trial.header
        if header.cell not in order:
            ignored.append(_sentence(trial, "no cell of this matrix"))
        elif header.cell in excluded:
            ignored.append(_sentence(trial, f"excluded: {excluded[header.cell]}"))
        elif header.suite != suite:
            ignored.append(_sentence(trial, "measured with another version of the suite"))
        elif other := _contradiction(header, plan):
            ignored.append(_sentence(trial, f"measured before the matrix changed: {other}"))
        elif not _goes_with(header, newest[where(header)]):
            ignored.append(_sentence(trial, "measured with other inputs than the newest trial"))
        else:
            trials.append(trial)
    replaced = _replaced(trials)
    ignored += [
        f"{cell}: measured again by {last}; machines of the same label before it: {number}"
        for (cell, last), number in Counter(
            (here.cell, last) for here, last in replaced.items()
        ).items()
    ]
    trials = [trial for trial in trials if where(trial.header) not in replaced]
    ignored += [why for _, why in collection.refused]
    older = Counter("/".join(path.parts[-3:-1]) for path in collection.superseded)
    ignored += [
        f"{place}: older records of launches measured again, kept beside the newer: {number}"
        for place, number in older.items()
    ]
    trials.sort(key=lambda each: (order[each.header.cell], each.header.machine.id))
    return Selection(tuple(trials), tuple(ignored), frozenset(replaced))


def _newest(trials: Iterable[Trial], plan: Plan) -> dict[Where, Header]:
    """The header of the trial that started last in each cell and machine (then of the highest).

    One beyond those planned decides only where there is no other: nothing measures it again.
    """
    by_start = sorted(
        trials,
        key=lambda trial: (
            trial.header.trial <= plan.trials,
            trial.header.started,
            trial.header.trial,
        ),
    )
    return {where(trial.header): trial.header for trial in by_start}


def _replaced(trials: Sequence[Trial]) -> dict[Where, str]:
    """Cells on machines of which another one has taken the place → that one.

    CI has another machine every night. Where several of one label measured a cell, one after the
    other, the last stands for them. Where they did at the same time nobody can tell which: these
    are several machines.
    """
    labels = labels_of(trial.header for trial in trials)
    groups: dict[tuple[str, str], dict[Where, list[Trial]]] = defaultdict(dict)
    for trial in trials:
        here = where(trial.header)
        if label := labels[here.machine]:
            groups[label, trial.header.cell].setdefault(here, []).append(trial)
    found: dict[Where, str] = {}
    for places in groups.values():
        *older, last = sorted(places, key=lambda here: (_span(places[here]), here.machine))
        if all(_span(places[here])[1] < _span(places[last])[0] for here in older):
            found |= dict.fromkeys(older, last.machine)
    return found


def _span(trials: Sequence[Trial]) -> tuple[datetime, datetime]:
    """When the first of them began, and the last one ended."""
    starts, ends = zip(
        *((trial.header.started, trial.end.finished) for trial in trials), strict=True
    )
    return min(starts), max(ends)


def _goes_with(header: Header, newest: Header) -> bool:
    """Same inputs and lock; a trial that failed early, or brought its interpreter, has no lock."""
    same_lock = not header.lock or not newest.lock or header.lock == newest.lock
    return header.inputs == newest.inputs and same_lock


def _contradiction(header: Header, plan: Plan) -> str:
    """What the matrix declares of a cell, and the record says otherwise; empty where they agree."""
    known = facts(header) if header.packages else {}
    for axis, declared in plan.environment(header.environment).axes.items():
        recorded = known.get(Fact("python" if axis == "python" else "package", package(axis)))
        if recorded and not _is_version(recorded, declared, prefix=axis == "python"):
            return f"{axis} {recorded}, not {declared}"
    setting = plan.setting(header.setting)
    for name, value in setting.env.items():
        recorded = header.variables.get(name, "absent")
        if known and name.startswith(schema.RECORDED_VARIABLES) and recorded != value:
            return f"{name} {recorded}, not {value}"
    return ""


def _is_version(recorded: str, declared: str, *, prefix: bool) -> bool:
    """Whether a version is the declared one; true where that is no exact version (`<3.20`)."""
    try:
        wanted = SpecifierSet(f"=={declared}.*" if prefix else f"=={declared}")
        return wanted.contains(recorded, prereleases=True)
    except InvalidSpecifier:
        return True


def _sentence(trial: Trial, why: str) -> str:
    header = trial.header
    return f"{header.machine.id}/{header.cell}/{header.trial}.jsonl: {why}"
