"""The machines on record: what each is, and what of it is otherwise than on the first."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, TypeAlias

from harness.analysis.apart import counted, of_compared
from harness.analysis.facts import ABSENT, MACHINE_FACTS, machine_facts, merged
from harness.analysis.frames import where
from harness.analysis.lines import computing
from harness.tables import table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import pandas as pd

    from harness.analysis.apart import Step
    from harness.analysis.breaks import Outcome
    from harness.analysis.facts import Fact
    from harness.analysis.frames import Where
    from harness.analysis.lines import Recorded
    from harness.records import Trial

# Machine → what is on record of it, by name. A kernel is updated: there may be several values.
_Facts: TypeAlias = "dict[str, dict[str, str]]"


def machines(trials: Sequence[Trial], hosts: Mapping[str, str], recorded: Recorded) -> pd.DataFrame:
    """One row per machine, by host, the host with most launches first.

    hosts: as `harness.analysis.hosts` gives them. recorded: as `harness.analysis.lines.versions`
    gives it.
    """
    newest = {trial.header.machine.id: trial.header for trial in _by_start(trials)}
    measured: dict[str, set[Where]] = defaultdict(set)
    for trial in trials:
        if trial.observations:
            measured[trial.header.machine.id].add(where(trial.header))
    found = _facts(trials)
    apart = _apart(recorded, hosts)
    first = next((machine for machine in hosts if measured[machine]), "")
    return table(
        "machines",
        (
            (
                machine,
                name,
                newest[machine].machine.label,
                *(found[machine].get(each, "") for each in MACHINE_FACTS),
                len(measured[machine]),
                "; ".join(_differing(found[first], found[machine])),
                "; ".join(apart.get(machine, ())),
            )
            for machine, name in hosts.items()
            if measured[machine]  # not where installing failed, or no worker came
        ),
    )


def separations(
    outcomes: Iterable[Outcome], known: Mapping[Where, Mapping[Fact, str]]
) -> dict[Step, str]:
    """Per step between hosts at which anything breaks: what other hosts say of each fact that
    differs there, a "; "-joined list.

    known: as `harness.analysis.facts.by_place` gives it. Of the scenarios that break at the step,
    it tells how many break towards a host that differs in this fact alone, or else towards one
    that does not differ in it.
    """
    steps: dict[Step, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        if outcome.level == "machine":
            start, to = outcome.values
            steps[outcome.level, outcome.axis, start, to].append(outcome)
    moved = {step: _moved(found, known) for step, found in steps.items()}
    broken = {
        step: {each.scenario for each in found if each.differs} for step, found in steps.items()
    }
    return {
        step: "; ".join(_told(step, names, steps, moved)) for step, names in broken.items() if names
    }


def _moved(outcomes: Iterable[Outcome], known: Mapping[Where, Mapping[Fact, str]]) -> set[str]:
    """The facts of machines that differ in any of these comparisons."""
    sides = {(each.left, each.right) for each in outcomes}
    return {
        fact.name
        for left, right in sides
        for fact in known.get(left, {}).keys() | known.get(right, {}).keys()
        if fact.group == "machine" and known[left].get(fact) != known[right].get(fact)
    }


def _told(
    step: Step,
    broken: set[str],
    steps: Mapping[Step, Sequence[Outcome]],
    moved: Mapping[Step, set[str]],
) -> Iterator[str]:
    untold = 0
    for name in MACHINE_FACTS:
        if name not in moved[step]:
            continue
        others = [each for each in steps if each != step and each[2] == step[2]]
        alone = [each for each in others if moved[each] == {name}]
        still = [each for each in others if name not in moved[each]]
        for found, words in ((alone, "differs alone"), (still, "does not differ")):
            counts = [(*counted(steps[each], broken), each) for each in found]
            differing, compared, other = max(counts, key=lambda each: each[1], default=(0, 0, step))
            if compared:
                changes = of_compared(differing, compared)
                yield f"{name}: {words} in {other[2]} → {other[3]}, which changes {changes}"
                break
        else:
            untold += 1
    if untold:
        yield f"{untold} {'fact' if untold == 1 else 'facts'}: no machine on record tells"


def _by_start(trials: Sequence[Trial]) -> list[Trial]:
    return sorted(trials, key=lambda trial: trial.header.started)


def _facts(trials: Sequence[Trial]) -> _Facts:
    seen: dict[str, list[dict[Fact, str]]] = defaultdict(list)
    for trial in trials:
        seen[trial.header.machine.id].append(machine_facts(trial.header))
    return {
        machine: {fact.name: value for fact, value in merged(each).items()}
        for machine, each in seen.items()
    }


def _differing(left: Mapping[str, str], right: Mapping[str, str]) -> Iterator[str]:
    for name in MACHINE_FACTS:
        one, other = (side.get(name, ABSENT) for side in (left, right))
        if one != other:
            yield f"{name} {one} → {other}"


def _apart(recorded: Recorded, hosts: Mapping[str, str]) -> dict[str, dict[str, None]]:
    """Machine → its environments whose packages compute otherwise than those of the first host.

    As that is the host that any cell is compared with, each is told against the first that has it.
    """
    order = {machine: position for position, machine in enumerate(hosts)}
    first: dict[tuple[str, str, str], Where] = {}
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for here in sorted(recorded, key=lambda each: order[each.machine]):
        known = first.setdefault((here.environment, here.setting, here.device), here)
        if hosts[known.machine] == hosts[here.machine]:
            continue
        one, other = (dict(computing(recorded[side])) for side in (known, here))
        moved = [
            f"{name} {one.get(name, ABSENT)} → {other.get(name, ABSENT)}"
            for name in (one | other)
            if one.get(name) != other.get(name)
        ]
        if moved:
            found[here.machine][f"{here.environment}: {', '.join(moved)}"] = None
    return found
