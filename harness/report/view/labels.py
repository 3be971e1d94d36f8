"""Names for cells that say what tells them apart, and nothing else.

Five environments that differ in TensorFlow alone are called 2.9.3, 2.10.1, …; where more differs,
each is called by the least that tells it from all others, such as `TensorFlow 2.9.3 · onednn_off`.
The first setting of the matrix and the CPU go without saying, and so does a package that is not
named. Many cells are told as a person would: `TensorFlow 2.10.1 on`, `all 47 cells but …`.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from harness.report.view.coverage import VERSIONS
from harness.report.view.frames import place, rows
from harness.report.view.machines import short
from harness.report.view.spans import Ground, Part, in_order, runs
from harness.report.words import NAMED_BY_VALUE, axis, count, listed, on_axis

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pandas as pd

    from harness.plan import Plan
    from harness.report.view.frames import Place

# The most parts of a list of cells that are written out, and how long it may be.
_LISTED, _LENGTH = 4, 110
# How long one of the examples may be where a list is not written out.
_EXAMPLE = 40
# How much shorter it must be to say what a set is not.
_DETOUR = 30
# A name begins with the first of these that is declared.
_LEAD = ("tensorflow", "keras")
# A run of columns that differ in one thing shares a head from this many on.
_GROUP = 3
# What every environment has, named or not: not being named tells nothing.
_CORE = frozenset({"tensorflow", "numpy", "python"})
_UNSAID = ("setting", "device", "machine")


@dataclass(frozen=True)
class Group:
    """Columns side by side that differ in one thing: what it is, and what they share.

    Both are empty where the columns have nothing in common but their neighbourhood.
    """

    varies: str
    shared: str
    names: tuple[str, ...]


class Labels:
    """What to call each of the places, given all of them."""

    def __init__(
        self,
        plan: Plan,
        places: Iterable[Place],
        measured: Mapping[Place, Mapping[str, str]] | None = None,
        machines: Mapping[str, str] | None = None,
    ) -> None:
        """Find out what tells `places` apart; their order is the order of the report.

        measured: the versions that a place turned out to have, which serve to tell a set of places
        from the others, not to name one. machines: what machines are called on which anything was
        measured; those of one name are not told apart.
        """
        self._order = {each: index for index, each in enumerate(dict.fromkeys(places))}
        self._usual = {"setting": plan.settings[0].name if plan.settings else "", "device": "cpu"}
        self._facts = {each: _facts(plan, each, machines) for each in self._order}
        self._axes = _telling(self._facts)
        self._names = {each: self._name(each) for each in self._order}
        if len(set(self._names.values())) < len(self._names):
            self._axes = ("environment", *self._axes)
            self._names = {each: " · ".join(self._said(each, self._axes)) for each in self._order}
        self._coordinates = _coordinates(self._facts, measured or {})
        also = (name for each in (measured or {}).values() for name in each)
        self._filters = tuple(dict.fromkeys((*self._axes, *also)))
        self._grounds: dict[frozenset[Place], Ground] = {}
        self._known: dict[tuple[frozenset[Place], frozenset[Place]], str] = {}

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
        """Some of the places `among` which something is known, in words; empty for none."""
        key = frozenset(places), frozenset(among)
        if key not in self._known:
            self._known[key] = self._span(*key)
        return self._known[key]

    def parts(self, places: Iterable[Place], among: Iterable[Place]) -> tuple[Part, ...]:
        """The same as parts with a name each, the largest first; too many are cut short."""
        chosen = self._sorted(places)
        if len(chosen) <= 2:
            return tuple(Part(self.full(each), frozenset([each])) for each in chosen)
        known = frozenset(among)
        if known not in self._grounds:
            self._grounds[known] = Ground(
                self._sorted(known), self._coordinates, self._filters, self._usual, self._names
            )
        return self._grounds[known].parts(frozenset(chosen))

    def groups(self) -> tuple[Group, ...]:
        """The places as columns under common heads; none where one axis tells them apart."""
        if len(self._axes) == 1:
            return ()
        found: list[Group] = []
        for run in self._runs():
            (*varies,) = self._varying(run)
            if len(run) < _GROUP:
                names = tuple(self._names[each] for each in run)
                if found and not found[-1].varies:
                    names = (*found.pop().names, *names)
                found.append(Group("", "", names))
                continue
            shared = [name for name in self._axes if name not in varies]
            found.append(
                Group(
                    varies=axis(varies[0]) if varies else "",
                    shared=" · ".join(self._said(run[0], shared)),
                    names=tuple(self._facts[each].get(varies[0], "") or "none" for each in run),
                )
            )
        return tuple(found)

    def _span(self, places: frozenset[Place], among: frozenset[Place]) -> str:
        if not places:
            return ""
        if self.axis:
            return self._span_on_axis(self._sorted(places), self._sorted(among))
        if len(places) > 2 and places == among:
            return f"all {count(len(places), 'cell')}"
        parts = self.parts(places, among)
        told = [_joined(parts)] if _covers(parts, places) else []
        if len(among - places) * 2 < len(among) and places != among:
            rest = self.parts(among - places, among)
            if len(rest) <= 2 and _covers(rest, among - places):
                told.append(f"all {count(len(among), 'cell')} but {_joined(rest)}")
        short = [words for words in told if len(words) <= _LENGTH or len(places) <= 2]
        if short and (len(parts) <= _LISTED or short[0] != told[0]):
            return min(short, key=lambda words: len(words) + _DETOUR * words.startswith("all "))
        brief = [part.words for part in parts if len(part.words) <= _EXAMPLE]
        named = (self.full(each) for each in self._sorted(places))
        first = listed([*dict.fromkeys((*brief[:2], *named))][:2])
        return f"{len(places)} of {count(len(among), 'cell')}, such as {first}"

    def _span_on_axis(self, chosen: Sequence[Place], known: Sequence[Place]) -> str:
        every, ascending = in_order(self.short(each) for each in known)
        names = runs([self.short(each) for each in chosen], every, ascending=ascending)
        if len(names) <= _LISTED:
            return f"{self.axis} {', '.join(names)}"
        total = count(len(known), "cell")
        return f"{len(chosen)} of {total}, such as {self.axis} {listed(names[:2])}"

    def _sorted(self, places: Iterable[Place]) -> list[Place]:
        return sorted(set(places), key=self._order.__getitem__)

    def _runs(self) -> list[list[Place]]:
        """Neighbours that differ in one axis at most."""
        found: list[list[Place]] = []
        for each in self._order:
            if found and len(self._varying([*found[-1], each])) <= 1:
                found[-1].append(each)
            else:
                found.append([each])
        return found

    def _varying(self, run: Sequence[Place]) -> list[str]:
        return [
            name
            for name in self._axes
            if len({self._facts[each].get(name, "") for each in run}) > 1
        ]

    def _name(self, place: Place) -> str:
        facts = self._facts[place]
        if len(self._axes) == 1:
            return facts.get(self._axes[0], "") or facts["environment"]
        return " · ".join(self._said(place, self._least(place))) or facts["environment"]

    def _least(self, place: Place) -> tuple[str, ...]:
        """The fewest axes that tell a place from all others; all of them if that takes it."""
        facts = self._facts[place]
        own = [name for name in self._axes if facts.get(name) and name not in _UNSAID]
        lead = [name for name in _LEAD if name in own][:1]
        absent = [name for name in self._axes if not facts.get(name) and name not in _CORE]
        absent += [name for name in _UNSAID if name in self._axes]
        others = [each for each in self._facts.values() if each is not facts]
        for size in range(len(own) + 1):
            for names in combinations([name for name in own if name not in lead], size):
                told = [*lead, *names, *absent]
                if not any(
                    all(facts.get(name, "") == each.get(name, "") for name in told)
                    for each in others
                ):
                    return tuple(name for name in self._axes if name in told)
        return self._axes

    def _said(self, place: Place, axes: Iterable[str]) -> list[str]:
        """What is said of a place on these axes, but for what goes without saying."""
        facts = self._facts[place]
        said = []
        for name in axes:
            value = facts.get(name, "")
            if value and (value != self._usual.get(name) or len(self._axes) == 1):
                bare = name not in NAMED_BY_VALUE and self._only(name)
                said.append(axis(name) if bare else on_axis(name, value))
        return said

    def _only(self, name: str) -> bool:
        """Whether an axis has one value only, where it has any: then its name tells enough."""
        return len({each.get(name) for each in self._facts.values() if each.get(name)}) == 1


def versions(cells: pd.DataFrame) -> dict[Place, dict[str, str]]:
    """What turned out to be in each cell that was measured, from the frame of cells."""
    found = {}
    for row in rows(cells):
        if row["python"]:
            python = ".".join(str(row["python"]).split(".")[:2])
            found[place(row)] = {name: str(row[name]) for name in VERSIONS} | {"python": python}
    return found


def _coordinates(
    facts: Mapping[Place, Mapping[str, str]], measured: Mapping[Place, Mapping[str, str]]
) -> dict[Place, dict[str, str | None]]:
    """What is known of every place; of one that was not measured, only what is declared."""
    unknown: dict[str, str | None] = {name: None for each in measured.values() for name in each}
    found: dict[Place, dict[str, str | None]] = {}
    for where, declared in facts.items():
        found[where] = {**({} if where in measured else unknown), **declared}
        found[where] |= measured.get(where, {})
    return found


def _covers(parts: Sequence[Part], places: frozenset[Place]) -> bool:
    return frozenset().union(*(part.places for part in parts)) == places


def _joined(parts: Sequence[Part]) -> str:
    """Parts in a row; a semicolon keeps apart what has commas of its own."""
    words = [part.words for part in parts]
    return "; ".join(words) if any("," in each for each in words) else ", ".join(words)


def _facts(plan: Plan, place: Place, machines: Mapping[str, str] | None) -> dict[str, str]:
    """Everything that may tell a place from another, the most telling first."""
    return {
        "environment": place.environment,
        **plan.environment(place.environment).axes,
        "setting": place.setting,
        "device": place.device,
        "machine": short(place.machine) if machines is None else machines.get(place.machine, ""),
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
    names.sort(key=lambda name: _LEAD.index(name) if name in _LEAD else len(_LEAD))
    return tuple(name for name in names if len(values[name]) > 1) or tuple(names[:1])
