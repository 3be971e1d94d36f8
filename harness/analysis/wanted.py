"""What will be compared, told before it is: so that others can be asked to do it.

What takes long of a comparison depends on its two sides alone, not on where these were measured: it
can be done wherever the stored arrays are. Few of the pairs of places differ, and those in few
ways; so what there is to send is small, however many records it was found in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import pandas as pd

from harness.analysis.differences import Comparison, Difference, Differences
from harness.probe import schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from harness.analysis.variants import Array, Launches, Result
    from harness.records import Trial
    from harness.store import Store

Answers: TypeAlias = Mapping[Comparison, "Difference | None"]


@dataclass(frozen=True)
class Share:
    """Some comparisons, with all that they need but the stored arrays.

    arrays: each once. results: position of a result → its arrays, as positions in `arrays`.
    """

    comparisons: tuple[Comparison, ...]
    arrays: tuple[Array, ...]
    results: Mapping[int, tuple[int, ...]]

    def answers(self, store: Store) -> list[Difference | None]:
        """One for each comparison."""
        results = {
            number: tuple(self.arrays[position] for position in positions)
            for number, positions in self.results.items()
        }
        differences = Differences(results, store)
        return [differences.answer(each) for each in self.comparisons]


@dataclass(frozen=True)
class Wanted:
    """Comparisons of sides that are not the same, each once, scenario by scenario.

    results: what positions stand for.
    """

    comparisons: tuple[Comparison, ...]
    results: Sequence[Result]

    def shares(self, number: int) -> list[Share]:
        """About so many, of about as many arrays that differ; neighbours stay together."""
        positions: dict[Array, int] = {}
        packed = {
            each: tuple(positions.setdefault(array, len(positions)) for array in self.results[each])
            for each in dict.fromkeys(each for one in self.comparisons for each in _results(one))
        }
        work = [_work(each, packed) for each in self.comparisons]
        enough = sum(work) / max(number, 1)
        arrays = tuple(positions)
        found: list[Share] = []
        some: list[Comparison] = []
        done = 0
        for comparison, takes in zip(self.comparisons, work, strict=True):
            some.append(comparison)
            done += takes
            if done >= enough * (len(found) + 1):
                found.append(_share(some, packed, arrays))
                some = []
        return [*found, _share(some, packed, arrays)] if some else found


# Begins to answer, and gives what answers when they are needed.
Elsewhere: TypeAlias = Callable[[Wanted], Callable[[], Answers]]


def wanted(
    trials: Sequence[Trial], launched: Launches, places: pd.DataFrame, pairs: pd.DataFrame
) -> Wanted:
    """What `harness.analysis.breaks.compare` will ask of `Differences`, given the same.

    Sides that are the same are left out: there is nothing to measure.
    """
    by_scenario: dict[str, dict[Comparison, None]] = {name: {} for name in places["scenario"]}
    for scenario, comparison in (
        *_within(trials, launched),
        *_processes(places),
        *_between(places, pairs),
    ):
        by_scenario[scenario][comparison] = None
    every = dict.fromkeys(each for found in by_scenario.values() for each in found)
    return Wanted(tuple(every), launched.results)


def _within(
    trials: Iterable[Trial], launched: Launches
) -> Iterator[tuple[str, tuple[int, str, str]]]:
    ran = (
        observation
        for trial in trials
        for observation in trial.observations
        if observation.status == schema.OK
    )
    seen = set()  # relations that runs share are one object, as arrays are
    for observation, result in zip(ran, launched.frame["result"].tolist(), strict=True):
        key = (observation.scenario, result, id(observation.relations))
        if key not in seen:
            seen.add(key)
            for each in observation.relations:
                if each.level == schema.RERUN:
                    yield observation.scenario, (result, each.left, each.right)


def _processes(places: pd.DataFrame) -> Iterator[tuple[str, Comparison]]:
    """The first launch against the first that differs from it."""
    for scenario, results in zip(places["scenario"], places["results"], strict=True):
        if len(results) > 1:
            yield scenario, (results[:1], results[1:2])


def _between(places: pd.DataFrame, pairs: pd.DataFrame) -> Iterator[tuple[str, Comparison]]:
    """Far fewer than there are pairs of places, so those are not gone through one by one."""
    codes, sides = pd.factorize(places["results"].to_numpy())
    left, right = pairs["left"].to_numpy(), pairs["right"].to_numpy()
    enough = (places["ok"] >= 2).to_numpy()
    kept = enough[left] & enough[right] & (codes[left] != codes[right])
    found = pd.DataFrame(
        {"place": left[kept], "left": codes[left[kept]], "right": codes[right[kept]]}
    )
    names = places["scenario"].to_numpy()
    for place, one, other in found.drop_duplicates(["left", "right"]).itertuples(index=False):
        yield names[place], (sides[one], sides[other])


def _results(comparison: Comparison) -> tuple[int, ...]:
    """The results that it compares."""
    if len(comparison) == 3:
        return comparison[:1]
    left, right = comparison
    return (*left, *right)


def _work(comparison: Comparison, packed: Mapping[int, tuple[int, ...]]) -> int:
    """A measure of how long it takes: the arrays that are not on both sides, and some for itself.

    Within a result that is not known beforehand, and next to nothing where a rebuild is the same.
    """
    if len(comparison) == 3:
        return 1
    left, right = (set().union(*(packed[each] for each in side)) for side in comparison)
    return 1 + len(left ^ right)


def _share(
    comparisons: Sequence[Comparison],
    packed: Mapping[int, tuple[int, ...]],
    arrays: Sequence[Array],
) -> Share:
    """With the arrays that these need, and no others."""
    needed: dict[int, int] = {}
    results = {
        each: tuple(needed.setdefault(position, len(needed)) for position in packed[each])
        for each in dict.fromkeys(each for one in comparisons for each in _results(one))
    }
    return Share(tuple(comparisons), tuple(arrays[position] for position in needed), results)
