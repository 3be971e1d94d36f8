"""Names for cells that say what tells them apart, and nothing else.

Five environments that differ in TensorFlow alone are called 2.9.3, 2.10.1, …; add a second setting
and they become `TensorFlow 2.9.3 · onednn_off`. Runs of versions read as a person would say them:
`TensorFlow 2.9.3`, `TensorFlow 2.10.1 on`.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from packaging.version import InvalidVersion, Version

from harness.report.words import NAMED_BY_VALUE, axis, on_axis

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from harness.plan import Plan
    from harness.report.view.frames import Place

# The longest list of cells that is written out; the rest is counted.
_LISTED = 8
_MACHINE_LETTERS = 8


class Labels:
    """What to call each of the places, given all of them."""

    def __init__(self, plan: Plan, places: Iterable[Place]) -> None:
        """Find out what tells `places` apart; their order is the order of the report."""
        self._order = {each: index for index, each in enumerate(dict.fromkeys(places))}
        facts = {each: _facts(plan, each) for each in self._order}
        self._axes = _telling(facts)
        self._names = {each: self._name(facts[each]) for each in self._order}
        if len(set(self._names.values())) < len(self._names):
            self._axes = ("environment", *self._axes)
            self._names = {each: self._name(facts[each]) for each in self._order}

    @property
    def axis(self) -> str:
        """The one axis that tells the places apart, as it is written; empty if several do."""
        alone = len(self._axes) == 1 and self._axes[0] not in NAMED_BY_VALUE
        return axis(self._axes[0]) if alone else ""

    def short(self, place: Place) -> str:
        """The place's name where the axis is named beside it, as in a column's head."""
        return self._names[place]

    def full(self, place: Place) -> str:
        """The place's name where it stands alone."""
        return f"{self.axis} {self._names[place]}".strip()

    def span(self, places: Iterable[Place], among: Iterable[Place]) -> str:
        """Some of the places `among` which something is known, in words; empty for none.

        `2.10.1 on` is said only of versions that stand in ascending order, and covers every place
        of `among` from there on.
        """
        chosen = sorted(set(places), key=self._order.__getitem__)
        known = sorted(set(among), key=self._order.__getitem__)
        if not chosen:
            return ""
        names = [self.short(each) for each in chosen]
        whole = [self.short(each) for each in known]
        if len(names) > 1 and self.axis and names == whole[-len(names) :] and _ascending(whole):
            tail = "" if names == whole else " on"
            words = f"{names[0]} to {names[-1]}" if not tail else f"{names[0]}{tail}"
        else:
            more = len(names) - _LISTED
            words = ", ".join(names[:_LISTED]) + (f" and {more} more" if more > 0 else "")
        return f"{self.axis} {words}".strip()

    def _name(self, facts: Mapping[str, str]) -> str:
        if len(self._axes) == 1:
            return facts.get(self._axes[0], "") or facts["environment"]
        named = [on_axis(name, facts[name]) for name in self._axes if facts.get(name)]
        return " · ".join(named) or facts["environment"]


def _facts(plan: Plan, place: Place) -> dict[str, str]:
    """Everything that may tell a place from another, the most telling first."""
    return {
        "environment": place.environment,
        **plan.environment(place.environment).axes,
        "setting": place.setting,
        "device": place.device,
        "machine": place.machine[:_MACHINE_LETTERS],
    }


def _telling(facts: Mapping[Place, Mapping[str, str]]) -> tuple[str, ...]:
    """The axes whose values differ between places; one is kept even if there is nothing to tell.

    A machine that is not known, because nothing ran there, is not another machine.
    """
    names = [
        *dict.fromkeys(name for each in facts.values() for name in each if name != "environment")
    ]
    values = {name: {each.get(name, "") for each in facts.values()} for name in names}
    values.get("machine", set()).discard("")
    return tuple(name for name in names if len(values[name]) > 1) or tuple(names[:1])


def _ascending(versions: Sequence[str]) -> bool:
    try:
        return all(Version(low) < Version(high) for low, high in pairwise(versions))
    except InvalidVersion:
        return False
