"""Where a confounder of an event is apart from it on record already, and what that says.

Told in counts of the event's own scenarios: those that change at the step where both move.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from packaging.version import InvalidVersion, Version

from harness.analysis.facts import ABSENT, MACHINE_FACTS, Fact, package
from harness.analysis.lines import COMPUTING, rest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from harness.analysis.breaks import Outcome
    from harness.analysis.frames import Where
    from harness.analysis.lines import Recorded
    from harness.plan import Plan

Step: TypeAlias = tuple[str, str, str, str]  # level, axis, from, to
Sides: TypeAlias = "tuple[Where, Where]"
# What was compared at one step, per pair of places.
Compared: TypeAlias = "Mapping[Sides, Sequence[Outcome]]"

ONEDNN = Fact("framework", "onednn")
ONEDNN_VARIABLE = "TF_ENABLE_ONEDNN_OPTS"


@dataclass(frozen=True)
class Evidence:
    """All that was compared, and what was recorded where."""

    steps: Mapping[Step, Sequence[Outcome]]
    recorded: Recorded
    known: Mapping[Where, Mapping[Fact, str]]
    plan: Plan

    def moved(self, name: str, both: Sides) -> tuple[str, str] | None:
        """From which version to which a package moves; None where it does not, or is not there."""
        left, right = (self.recorded.get(side, {}).get(name, "") for side in both)
        return (left, right) if left and right and left != right else None

    def packages(self, name: str, values: tuple[str, str], compared: Compared) -> str:
        """What is known of a package that moves between these values; empty if nothing is.

        compared: at the step of the event.
        """
        moved = {both: found for both, found in compared.items() if self.moved(name, both)}
        changed = _changed(moved.values())
        still = {both: found for both, found in compared.items() if both not in moved}
        return _still(still, changed) or self._alone(name, values, changed)

    def _alone(self, name: str, values: tuple[str, str], changed: set[str]) -> str:
        """A line that moves the package and nothing else that is declared.

        It need not go all the way: its own values are told. Of several, the one that compared most.
        """
        first = self.plan.settings[0].name
        runs: dict[object, list[Outcome]] = defaultdict(list)
        for (_, axis, start, to), outcomes in self.steps.items():
            if package(axis) == name and _within((start, to), values):
                for each in outcomes:
                    if each.left.setting == first:
                        line = rest(self.plan.environment(each.right.environment), axis)
                        runs[line, each.right.device, each.host].append(each)
        counts = [(*counted(found, changed), found) for found in runs.values()]
        differing, compared, found = max(counts, key=lambda each: each[1], default=(0, 0, []))
        if not compared:
            return ""
        start_at = min(found, key=lambda each: version(each.values[0]))
        end_at = max(found, key=lambda each: version(each.values[1]))
        ends = start_at.left, end_at.right
        also = [other for other in COMPUTING if other != name and self.moved(other, ends)]
        also += self._another_machine(ends)
        beside = f"with {' and '.join(also)}" if also else "alone"
        return (
            f"{start_at.values[0]} → {end_at.values[1]} {beside} "
            f"changes {of_compared(differing, compared)} "
            f"({ends[0].environment} → {ends[1].environment})"
        )

    def _another_machine(self, both: Sides) -> list[str]:
        """What differs between the machines of the two sides, which may share a label."""
        left, right = (self.known.get(side, {}) for side in both)
        facts = (Fact("machine", name) for name in MACHINE_FACTS)
        return [fact.name for fact in facts if left.get(fact) != right.get(fact)]

    def onednn(self, broken: Compared) -> str:
        """What is known of oneDNN, whose default depends on the release, or how to know it.

        Empty if the sides agree in it. A setting turns it on and off.
        """
        moved = {
            both: found
            for both, found in broken.items()
            if {self.known.get(side, {}).get(ONEDNN, ABSENT) for side in both} == {"on", "off"}
        }
        if not moved:
            return ""
        changed = _changed(moved.values())
        sides = {side.environment for both in moved for side in both}
        runs: dict[Sides, list[Outcome]] = defaultdict(list)
        for (level, *_), outcomes in self.steps.items():
            for each in outcomes if level == "setting" else ():
                if each.left.environment in sides and self._only_onednn(each):
                    runs[each.left, each.right].append(each)
        counts = [(*counted(found, changed), both) for both, found in runs.items()]
        if counts:
            differing, compared, (left, right) = max(counts, key=lambda each: each[1])
            return (
                f"turned {self.known[right][ONEDNN]} alone "
                f"changes {of_compared(differing, compared)} "
                f"({left.environment}, {left.setting} → {right.setting})"
            )
        right = next(iter(moved))[1]
        state, value = ("off", "0") if self.known[right][ONEDNN] == "on" else ("on", "1")
        setting = f'onednn_{state}: {{env: {{{ONEDNN_VARIABLE}: "{value}"}}}}'
        return f"run {right.environment} in the setting {setting}"

    def _only_onednn(self, outcome: Outcome) -> bool:
        """Whether a setting turns it on or off and sets nothing else."""
        left, right = (self.known.get(side, {}) for side in (outcome.left, outcome.right))
        variables = {
            fact.name
            for fact in left.keys() | right.keys()
            if fact.group == "variable" and left.get(fact) != right.get(fact)
        }
        return left.get(ONEDNN) != right.get(ONEDNN) and variables <= {ONEDNN_VARIABLE}


def version(text: str) -> Version:
    """The release: what is no version (`<3.20`) is below any; `2.2.4-tf` is 2.2.4."""
    try:
        return Version(text.removesuffix("-tf"))
    except InvalidVersion:
        return Version("0")


def _still(still: Compared, changed: set[str]) -> str:
    """What the same step does where the confounder does not move."""
    counts = [(*counted(found, changed), both) for both, found in still.items()]
    counts = [each for each in counts if each[1]]
    if not counts:
        return ""
    differing, compared, (left, right) = max(counts, key=lambda each: each[1])
    return (
        f"does not move in {left.environment} → {right.environment}, "
        f"where this step changes {of_compared(differing, compared)}"
    )


def _changed(found: Iterable[Sequence[Outcome]]) -> set[str]:
    return {each.scenario for outcomes in found for each in outcomes if each.differs}


def counted(outcomes: Iterable[Outcome], scenarios: set[str]) -> tuple[int, int]:
    """How many of these scenarios differ in any of these outcomes, and how many are there."""
    found: dict[str, bool] = {}
    for each in outcomes:
        if each.scenario in scenarios:
            found[each.scenario] = found.get(each.scenario, False) or each.differs
    return sum(found.values()), len(found)


def of_compared(differing: int, compared: int) -> str:
    """Counts in a sentence."""
    return f"{differing or 'none'} of the {compared} compared"


def _within(step: tuple[str, str], values: tuple[str, str]) -> bool:
    low, high = sorted(map(version, values))
    return all(low <= version(each) <= high for each in step)
