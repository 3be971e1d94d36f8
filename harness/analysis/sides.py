"""The two sides of a comparison against what `harness.known` says of causes and claims."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from harness.analysis.facts import Fact, by_place, confounders
from harness.analysis.frames import where
from harness.known.entries import THREADS
from harness.rules import holds, parsed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from packaging.version import Version

    from harness.analysis.breaks import Outcome
    from harness.analysis.frames import Where
    from harness.known.entries import Scope, Step
    from harness.plan import Plan
    from harness.records import Trial

_UNKNOWN = "unknown"  # what the probe writes where a module has no version
# Recorded as they were imported: another Keras may lie installed beside the audited one.
_IMPORTED = ("tensorflow", "keras", "backend")


class Sides:
    """What is on record about every place, and whether an entry speaks of it."""

    def __init__(self, trials: Sequence[Trial], plan: Plan) -> None:
        self._facts = by_place(trials)
        imported = {
            where(trial.header): {
                name: str(value)
                for name in _IMPORTED
                if (value := trial.header.framework.get(name, _UNKNOWN)) != _UNKNOWN
            }
            for trial in trials
        }
        self._versions = {
            here: _versions(known) | imported[here] for here, known in self._facts.items()
        }
        self._plan = plan

    def versions(self, here: Where) -> Mapping[str, str]:
        """Package → version, with `python` and `backend`."""
        return self._versions.get(here, {})

    def within(self, scope: Scope, here: Where) -> bool:
        """Whether an entry speaks of this place at all; its scenarios are another matter."""
        known = self.versions(here)
        return (
            all(
                name in known and holds(name, wanted, _normal(known[name]))
                for name, wanted in scope.versions.items()
            )
            and (not scope.backends or known.get("backend") in scope.backends)
            and (not scope.settings or _fits(here.setting, scope.settings))
        )

    def covers(self, step: Step, outcome: Outcome) -> bool:
        """Whether a comparison was made at such a step."""
        return (
            outcome.level in step.level
            and self._moved(step, outcome.left, outcome.right)
            and self._set(step, outcome.left, outcome.right)
            and self._recorded(step, outcome)
        )

    def _moved(self, step: Step, left: Where, right: Where) -> bool:
        """Whether the package goes from a version before the change to one with it."""
        if not step.package:
            return True
        one, other = (self._version(each, step.package) for each in (left, right))
        if one is None or other is None or one == other:
            return False
        change = parsed(step.changed_in or "")
        return change is None or min(one, other) < change <= max(one, other)

    def _set(self, step: Step, left: Where, right: Where) -> bool:
        if not step.variables:
            return True
        changed = self._changed(left.setting, right.setting)
        return bool(changed) and all(_fits(name, step.variables) for name in changed)

    def _recorded(self, step: Step, outcome: Outcome) -> bool:
        if not step.recorded:
            return True
        sides = (self._facts.get(each, {}) for each in (outcome.left, outcome.right))
        moved = confounders("", "", *sides)  # what a setting puts in force is wanted here too
        return all(any(fnmatchcase(each, glob) for each in moved) for glob in step.recorded)

    def _version(self, here: Where, package: str) -> Version | None:
        return parsed(_normal(self.versions(here).get(package, "")))

    def _changed(self, left: str, right: str) -> set[str]:
        """What two settings differ in: variables, and `threads`."""
        one, other = (self._plan.setting(name) for name in (left, right))
        names = {
            name
            for name in one.env.keys() | other.env.keys()
            if one.env.get(name) != other.env.get(name)
        }
        return names | ({THREADS} if one.threads != other.threads else set())


def _versions(known: Mapping[Fact, str]) -> dict[str, str]:
    return {
        fact.name: value
        for fact, value in known.items()
        if fact.group == "package" or fact == Fact("python", "python")
    }


def _normal(version: str) -> str:
    """`tf.keras` called itself 2.3.0-tf."""
    return version.replace("-tf", "+tf")


def _fits(name: str, globs: Sequence[str]) -> bool:
    return any(fnmatchcase(name, glob) for glob in globs)
