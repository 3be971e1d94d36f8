"""What the recipes came to, and on which stretches of releases the same is to be said of them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from harness.analysis.generations import Generation, Release, generations
from harness.analysis.recipes import ADVISED, ONE_GENERATOR, TWO_GENERATORS, Recipe, is_recipe
from harness.probe import schema

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from harness.analysis import Results

PARTIAL = (TWO_GENERATORS, *ONE_GENERATOR)
# What a recipe must outlast to be advised, as far as it was tried.
REQUIRED = ("process", "setting", "python")
WITHIN = ("rerun", *REQUIRED)  # levels on which one release is compared with itself


@dataclass(frozen=True)
class Count:
    """Comparisons made, and how many of them differ."""

    compared: int = 0
    differing: int = 0

    @property
    def holds(self) -> bool:
        """Whether there was any, and none differs."""
        return self.compared > 0 and not self.differing

    def __add__(self, other: Count) -> Count:
        return Count(self.compared + other.compared, self.differing + other.differing)

    def __str__(self) -> str:
        if not self.compared:
            return "untested"
        return f"same in {self.compared - self.differing} of {self.compared}"


@dataclass(frozen=True)
class Stretch:
    """Neighbouring releases for which the same is to be said."""

    generation: Generation
    releases: tuple[Release, ...]
    recipe: Recipe | None

    @property
    def words(self) -> str:
        """What it is called."""
        return self.generation.words([each.version for each in self.releases])

    @property
    def environments(self) -> tuple[str, ...]:
        """Those of its releases."""
        return tuple(name for each in self.releases for name in each.environments)


class Measured:
    """What the recipes came to, per environment."""

    def __init__(self, results: Results) -> None:
        self._breaks = _of_recipes(results.breaks)
        comparisons = _of_recipes(results.comparisons)
        self._counts: dict[tuple[str, str, str], Count] = defaultdict(Count)
        columns = ["scenario", "level", "environment", "differs"]
        for scenario, level, environment, differs in comparisons[columns].itertuples(index=False):
            self._counts[scenario, level, environment] += Count(1, int(differs))
        self._letters: dict[tuple[str, str], set[str]] = defaultdict(set)
        self._launches: dict[tuple[str, str], int] = defaultdict(int)
        variants = _of_recipes(results.variants)
        columns = ["scenario", "environment", "variant", "reproducible", "launches"]
        for scenario, environment, variant, repeats, launches in (
            variants[columns].astype(object).itertuples(index=False)
        ):
            if repeats is True:
                self._letters[scenario, environment].add(variant)
            self._launches[scenario, environment] += launches
        observations = _of_recipes(results.observations)
        lacking = observations["status"] == schema.UNSUPPORTED
        self._lacking = set(
            observations.loc[lacking, ["scenario", "environment"]].itertuples(
                index=False, name=None
            )
        )

    def count(self, recipe: Recipe, level: str, environments: Iterable[str]) -> Count:
        """The comparisons of a recipe on a level, over some environments."""
        found = (self._counts.get((recipe.scenario, level, each)) for each in environments)
        return sum((each for each in found if each), Count())

    def letters(self, recipe: Recipe, environments: Iterable[str]) -> set[str]:
        """The variants that a recipe gave there, of those that repeat."""
        none: set[str] = set()
        return none.union(
            *(self._letters.get((recipe.scenario, each), none) for each in environments)
        )

    def launches(self, recipe: Recipe, environments: Iterable[str]) -> int:
        """How many launches ran it."""
        return sum(self._launches.get((recipe.scenario, each), 0) for each in environments)

    def steps(self, recipe: Recipe, environments: Iterable[str]) -> list[str]:
        """At which steps between these environments its result changes."""
        names = list(environments)
        inside = self._breaks[
            (self._breaks["scenario"] == recipe.scenario)
            & (self._breaks["environment_from"] != self._breaks["environment_to"])
            & self._breaks["environment_from"].isin(names)
            & self._breaks["environment_to"].isin(names)
        ]
        rows = inside[["axis", "from", "to"]].itertuples(index=False)
        return list(dict.fromkeys(f"{axis} {start} → {to}" for axis, start, to in rows))

    def lacks(self, recipe: Recipe, environments: Iterable[str]) -> bool:
        """Whether no version there has what a recipe needs."""
        return all((recipe.scenario, each) in self._lacking for each in environments)

    def simplest(self, release: Release) -> Recipe | None:
        """The first of the advised recipes that outlasts most there, a new process in any case."""
        able = [
            recipe
            for recipe in ADVISED
            if self.count(recipe, "process", release.environments).holds
            and all(self.launches(recipe, [each]) for each in release.environments)
        ]
        return min(able, key=lambda recipe: self._broken(recipe, release), default=None)

    def _broken(self, recipe: Recipe, release: Release) -> int:
        counts = (self.count(recipe, level, release.environments) for level in REQUIRED)
        return sum(each.differing > 0 for each in counts)

    def profile(self, release: Release) -> tuple[Recipe | None, frozenset[tuple[str, str]]]:
        """What is to be said of a release: its simplest recipe, and what breaks on which level.

        That is the recipe itself, within a release, and the partial ones in a new process.
        """
        recipe = self.simplest(release)
        asked = [(each, "process") for each in PARTIAL]
        if recipe:
            asked += [(recipe, level) for level in WITHIN]
        return recipe, frozenset(
            (each.scenario, level)
            for each, level in asked
            if self.count(each, level, release.environments).differing
        )


def stretches(results: Results, measured: Measured) -> list[Stretch]:
    """Neighbouring releases of the same profile, oldest Keras first.

    Those on which no advised recipe ran are left out.
    """
    found = [
        Stretch(generation, tuple(releases), recipe)
        for generation, every in generations(results).items()
        for (recipe, _), releases in groupby(every, key=measured.profile)
    ]
    return [
        each
        for each in found
        if any(measured.launches(recipe, each.environments) for recipe in ADVISED)
    ]


def _of_recipes(frame: pd.DataFrame) -> pd.DataFrame:
    chosen: pd.DataFrame = frame[frame["scenario"].map(is_recipe).astype(bool)]
    return chosen
