"""Sets of cells in few words: `TensorFlow 2.10.1 on`, `every Keras 3.5.0`, `NumPy 2.0.2 · jax`.

A part is a set of cells that a filter on one axis or a few picks out of all those in question, so
that its words name these and no others. A set is told as the fewest parts that cover it exactly.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations, pairwise, permutations
from typing import TYPE_CHECKING, TypeAlias

from packaging.version import InvalidVersion, Version

from harness.report.words import listed, on_axis

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from harness.report.view.frames import Place

# Axis → the values taken, as pairs.
_Filters: TypeAlias = "tuple[tuple[str, frozenset[str]], ...]"

# A filter looks at this many axes at most.
_AXES = 3
# No more parts than these are looked for: nobody reads them.
MOST = 6
# How long one part may be, in values named, to be taken for the whole; and what every part costs.
# A single cell costs more than a filter on one value.
_WHOLE, _PART, _SINGLE = 6, 1, 1.5
# Axes of which one value goes without saying: what to say where every value is meant.
EVERY: Mapping[str, str] = {"setting": "in every setting", "device": "on every device"}


@dataclass(frozen=True)
class Part:
    """Some places and what to call them."""

    words: str
    places: frozenset[Place]


@dataclass(frozen=True)
class _Box:
    """A filter: the values that it takes per axis, the places it picks, and how long it reads."""

    filters: _Filters
    region: int  # what the filters choose from, one bit per place
    members: int
    cost: float


class Ground:
    """The places in question, to tell some of them apart from the others.

    coordinates: per place, what is known of it; None where that is not known, which makes an axis
    useless. usual: the value of an axis that goes without saying. names: what each is called.
    """

    def __init__(
        self,
        places: Sequence[Place],
        coordinates: Mapping[Place, Mapping[str, str | None]],
        axes: Sequence[str],
        usual: Mapping[str, str],
        names: Mapping[Place, str],
    ) -> None:
        self._places = places
        self._names = names
        self._all = (1 << len(places)) - 1
        self._masks: dict[str, dict[str, int]] = {}
        self._ascending: dict[str, bool] = {}
        for name in axes:
            values = [coordinates[place].get(name, "") for place in places]
            known = [value for value in values if value is not None]
            if len(known) == len(values) and len(set(known)) > 1:
                distinct, self._ascending[name] = in_order(known)
                self._masks[name] = {
                    each: sum(1 << index for index, value in enumerate(known) if value == each)
                    for each in distinct
                }
        self._weight = {name: 1 + index / 50 for index, name in enumerate(axes)}
        self._plain = [name for name in self._masks if name not in EVERY]
        self._usual = {
            name: self._masks[name].get(usual.get(name, ""), 0)
            for name in EVERY
            if name in self._masks
        }

    def parts(self, chosen: frozenset[Place]) -> tuple[Part, ...]:
        """The places as parts, the largest first; after `MOST` of them the rest is left out."""
        left = wanted = self._mask(chosen)
        found: list[Part] = []
        best = self._best(wanted)
        if wanted in best and best[wanted].cost < _WHOLE:
            return (self._part(best[wanted]),)
        while left and len(found) < MOST:
            box = max(
                best.values(),
                key=lambda each: (each.members & left).bit_count() / (each.cost + _PART),
            )
            found.append(self._part(box))
            left &= ~box.members
        return tuple(sorted(found, key=lambda part: -len(part.places)))

    def _best(self, wanted: int) -> dict[int, _Box]:
        """The boxes of which all is wanted, of those with the same members the shortest."""
        best: dict[int, _Box] = {}
        for filters, region in (*self._whole(wanted), *self._within(wanted)):
            members = self._picked(filters, region)
            known = best.get(members)
            # No filter costs less than its weight.
            if known is None or known.cost > sum(self._weight[name] for name, _ in filters):
                box = self._box(filters, region, members)
                if known is None or box.cost < known.cost:
                    best[members] = box
        for index, _ in enumerate(self._places):
            if wanted >> index & 1 and (one := 1 << index) not in best:
                best[one] = _Box((), self._all, one, _SINGLE)
        return best

    def _mask(self, chosen: frozenset[Place]) -> int:
        return sum(1 << index for index, place in enumerate(self._places) if place in chosen)

    def _whole(self, wanted: int) -> Iterator[tuple[_Filters, int]]:
        """Filters that pick just what is wanted, each with the region that it picks from."""
        values = {
            name: frozenset(value for value, mask in masks.items() if mask & wanted)
            for name, masks in self._masks.items()
        }
        for region, said in self._regions():
            names = [name for name in (*self._plain, *said) if "" not in values[name]]
            for size in range(1, _AXES + 1):
                for chosen in combinations(names, size):
                    filters = tuple((name, values[name]) for name in chosen)
                    if self._picked(filters, region) == wanted:
                        yield filters, region

    def _within(self, wanted: int) -> Iterator[tuple[_Filters, int]]:
        """Filters on one axis or two that pick nothing but what is wanted, with their regions."""
        for region, said in self._regions():
            names = [*self._plain, *said]
            for name in names:
                if taken := self._taken(name, region, wanted):
                    yield ((name, taken),), region
            for name, other in permutations(names, 2):
                alike: dict[frozenset[str], set[str]] = {}
                for value, mask in self._masks[other].items():
                    if value and (taken := self._taken(name, region & mask, wanted)):
                        alike.setdefault(taken, set()).add(value)
                for taken, values in alike.items():
                    yield ((name, taken), (other, frozenset(values))), region

    def _regions(self) -> Iterator[tuple[int, tuple[str, ...]]]:
        """What goes without saying, or all there is; with the axes of which something is said."""
        usual = self._all
        for mask in self._usual.values():
            usual &= mask
        if usual and usual != self._all:
            yield usual, ()
        yield self._all, tuple(self._usual)

    def _taken(self, name: str, region: int, wanted: int) -> frozenset[str]:
        """The values whose places are all wanted, as far as they are in the region.

        Not to have a thing at all is no value: nobody reads a list that way.
        """
        return frozenset(
            value
            for value, mask in self._masks[name].items()
            if value and mask & region and not mask & region & ~wanted
        )

    def _picked(self, filters: _Filters, region: int) -> int:
        for name, values in filters:
            region &= self._union(name, values)
        return region

    def _box(self, filters: _Filters, region: int, members: int) -> _Box:
        box = _Box(filters, region, members, 0.0)
        cost = sum(self._weight[name] * len(words) for name, words in self._words(box))
        return replace(box, cost=cost + 0.5 * len(self._every(box)))

    def _union(self, name: str, values: frozenset[str]) -> int:
        union = 0
        for value in values:
            union |= self._masks[name][value]
        return union

    def _words(self, box: _Box) -> Iterator[tuple[str, list[str]]]:
        """Per filter, in the order of the axes, its values in words."""
        taken = dict(box.filters)
        for name, masks in self._masks.items():
            if name in taken:
                left = box.region
                for other, values in box.filters:
                    left &= self._all if other == name else self._union(other, values)
                known = [value for value, mask in masks.items() if mask & left]
                yield name, runs(taken[name], known, ascending=self._ascending[name])

    def _every(self, box: _Box) -> list[str]:
        """What to say of an axis whose unusual values are meant as well."""
        named = {name for name, _ in box.filters}
        return [
            EVERY[name]
            for name, usual in self._usual.items()
            if name not in named and box.members & ~usual
        ]

    def _part(self, box: _Box) -> Part:
        members = [place for index, place in enumerate(self._places) if box.members >> index & 1]
        if len(members) == 1:
            return Part(self._names[members[0]], frozenset(members))
        words = " · ".join(on_axis(name, listed(each)) for name, each in self._words(box))
        every = self._every(box)
        # One version of one thing is also what a single cell may be called.
        single = all(len(values) == 1 for name, values in box.filters)
        if single and not every and any(name not in EVERY for name, _ in box.filters):
            words = f"every {words}"
        return Part(f"{words} {' and '.join(every)}".strip(), frozenset(members))


def runs(values: Collection[str], known: Sequence[str], *, ascending: bool) -> list[str]:
    """Values in the order of those that are `known`, as ranges where these ascend.

    `2.10.1 on` covers every known version from there on, `2.4.4 to 2.8.4` every one between.
    """
    words: list[str] = []
    start = 0
    while start < len(known):
        end = start
        while end < len(known) and known[end] in values:
            end += 1
        length = end - start
        if ascending and length > 1 and start and end == len(known):
            words.append(f"{known[start]} on")
        elif ascending and (length > 2 or 1 < length == len(known)):
            words.append(f"{known[start]} to {known[end - 1]}")
        else:
            words += known[start:end]
        start = end + 1
    return words


def in_order(values: Iterable[str]) -> tuple[list[str], bool]:
    """Distinct values, and whether they are versions: these are put in ascending order.

    What is none of a thing comes first.
    """
    distinct = list(dict.fromkeys(values))
    try:
        ordered = sorted((Version(value), value) for value in distinct if value)
    except InvalidVersion:
        return distinct, False
    ascending = all(low < high for (low, _), (high, _) in pairwise(ordered))
    return [
        *(value for value in distinct if not value),
        *(value for _, value in ordered),
    ], ascending
