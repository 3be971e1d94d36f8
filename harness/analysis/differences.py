"""What differs between two sides of a comparison, array by array."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, TypeAlias

from harness.analysis import numeric
from harness.analysis.differing import Differing
from harness.analysis.numeric import IDENTICAL, STRUCTURE, UNKNOWN, Distance
from harness.analysis.recorded import as_recorded
from harness.errors import RecordError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from harness.analysis.variants import Array, Result
    from harness.store import Store

# Of two places, each given by the distinct results of its launches; or of two groups of arrays
# within one result.
Comparison: TypeAlias = "tuple[tuple[int, ...], tuple[int, ...]] | tuple[int, str, str]"

NO_BYTES = "array bytes missing or damaged"
NOT_RECORDED = "differs in values that were not recorded"
NOT_STABLE = "some arrays differ between launches and were not compared"


@dataclass(frozen=True)
class Difference:
    """How two sides differ; of kind `identical` where they do not.

    arrays: how many arrays differ. max_ulp, max_abs: the largest over these, None where none has
    such a number. first: the first differing element in creation order, `name[i,j]`. notes: what
    to know before relying on it. unchanged: how many arrays agree. last_unchanged: the last one, in
    creation order, before any differs: what is drawn after it is what moved. each: the arrays that
    differ, in that order.
    """

    kind: str
    arrays: int = 0
    max_ulp: int | None = None
    max_abs: float | None = None
    first: str = ""
    notes: tuple[str, ...] = ()
    unchanged: int = 0
    last_unchanged: str = ""
    each: tuple[Differing, ...] = ()


@dataclass(frozen=True)
class Side:
    """The results of some launches, as far as they agree.

    seen: name → array, in creation order, of every array that any launch gave. everywhere: names
    that every launch gave. stable: names that every launch gave with the same bytes.
    """

    seen: Mapping[str, Array]
    everywhere: frozenset[str]
    stable: frozenset[str]

    @classmethod
    def of(cls, launches: Iterable[Mapping[str, Array]]) -> Side:
        """The side that these launches, each name → array, make."""
        launches = list(launches)
        seen: dict[str, Array] = {}
        for launch in launches:
            for name, array in launch.items():
                seen.setdefault(name, array)
        everywhere = frozenset(name for name in seen if all(name in each for each in launches))
        stable = frozenset(
            name for name in everywhere if all(each[name] == seen[name] for each in launches)
        )
        return cls(seen, everywhere, stable)

    @classmethod
    def under(cls, prefix: str, result: Result) -> Side:
        """The arrays called `prefix/…` of one launch, by the rest of their names."""
        inside = (array for array in result if f"{array.name}/".startswith(f"{prefix}/"))
        return cls.of([{array.name[len(prefix) :]: array for array in inside}])


class Differences:
    """Compares sides; each pair of sides, and each pair of arrays, is compared only once."""

    def __init__(
        self,
        results: Sequence[Result] | Mapping[int, Result],
        store: Store,
        answers: Mapping[Comparison, Difference | None] | None = None,
    ) -> None:
        """results: what positions stand for. store: read only where fingerprints differ.

        answers: comparisons that were made already.
        """
        self._results = results
        self._store = store
        self._answers = answers or {}
        self._between = cache(self._compare_places)
        self._within = cache(self._compare_groups)
        self._distance = cache(self._measure)

    def between(self, left: tuple[int, ...], right: tuple[int, ...]) -> Difference | None:
        """Between two places, each given by the distinct results of its launches.

        Only arrays on which the launches of each side agree are compared. One that differs proves
        a difference. That the others agree proves nothing about those that were left out (zero
        biases agree whatever the seed does), so then, as where there is nothing to compare, the
        answer is None.
        """
        return self._between(left, right)

    def within(self, result: int, left: str, right: str) -> Difference | None:
        """Between the arrays `left/…` and `right/…` of one launch. None where there are none."""
        return self._within(result, left, right)

    def answer(self, comparison: Comparison) -> Difference | None:
        """Either of these two."""
        if len(comparison) == 3:
            return self.within(*comparison)
        return self.between(*comparison)

    def _compare_places(self, left: tuple[int, ...], right: tuple[int, ...]) -> Difference | None:
        if (left, right) in self._answers:
            return self._answers[left, right]
        return self._compare(self._side(left), self._side(right))

    def _compare_groups(self, result: int, left: str, right: str) -> Difference | None:
        if (result, left, right) in self._answers:
            return self._answers[result, left, right]
        arrays = self._results[result]
        return self._compare(Side.under(left, arrays), Side.under(right, arrays))

    def _side(self, results: tuple[int, ...]) -> Side:
        return Side.of({array.name: array for array in self._results[each]} for each in results)

    def _compare(self, left: Side, right: Side) -> Difference | None:
        alone = (left.everywhere - right.seen.keys()) | (right.everywhere - left.seen.keys())
        comparable = left.stable & right.stable
        orders = [[name for name in side.seen if name in comparable] for side in (left, right)]
        moved = {name for name, other in zip(*orders, strict=True) if name != other}
        differing: dict[str, Differing] = {}
        unchanged: list[str] = []
        last_unchanged = ""
        complete = True
        for name in {**left.seen, **right.seen}:
            if name in alone or name in moved:
                distance = Distance(STRUCTURE)
            elif name in comparable:
                distance = self._apart(left.seen[name], right.seen[name])
            else:
                complete = False
                continue
            if name.endswith(_WHOLE) and distance.kind not in (IDENTICAL, STRUCTURE):
                if (left.seen.get(name.removesuffix(_WHOLE)) or left.seen[name]).name in differing:
                    continue  # the recorded values tell how far
                distance = _ELSEWHERE
            one, other = left.seen.get(name), right.seen.get(name)
            full_name = (one or right.seen[name]).name
            if distance.kind != IDENTICAL:
                differing[full_name] = Differing.of(full_name, distance, one, other)
                continue
            unchanged.append(full_name)
            if not differing:
                last_unchanged = full_name
        if not differing and not (complete and comparable):
            return None
        summary = _summary(tuple(differing.values()))
        summary = replace(summary, unchanged=len(unchanged), last_unchanged=last_unchanged)
        return summary if complete else replace(summary, notes=(*summary.notes, NOT_STABLE))

    def _apart(self, left: Array, right: Array) -> Distance:
        if (left.dtype, left.shape) != (right.dtype, right.shape):
            return Distance(STRUCTURE)
        if left.sha256 == right.sha256:
            return Distance(IDENTICAL)
        # In one order, so that A → B → A is measured once.
        first, second = sorted((left.sha256, right.sha256))
        return self._distance(left.dtype, left.shape, first, second)

    def _measure(self, dtype: str, shape: tuple[int, ...], *sides: str) -> Distance:
        """The distance of two stored arrays; unknown, not guessed, where one is not at hand."""
        try:
            left, right = (as_recorded(self._store.open(each), dtype, shape) for each in sides)
            return numeric.compare(left, right, dtype)
        except RecordError:
            return _NOT_AT_HAND


_NOT_AT_HAND = Distance(UNKNOWN)
_ELSEWHERE = Distance(UNKNOWN)

# Of a weight too large to keep, scenarios record some values, and under this name the fingerprint
# of all. How far two fingerprints are apart says nothing.
_WHOLE = "/sha256"


def _summary(differing: tuple[Differing, ...]) -> Difference:
    distances = [each.distance for each in differing]
    index = differing[0].index if differing else ""
    missing = any(each is _NOT_AT_HAND for each in distances)
    elsewhere = any(each is _ELSEWHERE for each in distances)
    return Difference(
        kind=numeric.worst([each.kind for each in distances]),
        arrays=len(distances),
        max_ulp=max((each.max_ulp for each in distances if each.max_ulp is not None), default=None),
        max_abs=max((each.max_abs for each in distances if each.max_abs is not None), default=None),
        first=(differing[0].name + (f"[{index}]" if index else "")) if differing else "",
        notes=(NO_BYTES,) * missing + (NOT_RECORDED,) * elsewhere,
        each=differing,
    )
