"""Advice on seeding, generated from what was measured: it changes when the records do.

For each stretch of releases on which the same recipes work: the simplest one whose initial weights
are the same in a new process, in every setting and on every Python that was tried, and what is not
enough there. Then what outlasts another release, backend, device or machine. What was not compared
is said to be untested, never to hold.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.analysis.recipes import ADVISED, ONE_GENERATOR, TWO_GENERATORS, Recipe
from harness.analysis.stretches import PARTIAL, Count, Measured, Stretch, stretches

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pandas as pd

    from harness.analysis import Results

# Level → how it is said that the weights are the same there, and what it is called.
WITHIN = {
    "process": ("in a new process", "a new process"),
    "rerun": ("after seeding and building again in the same process", "seeding again"),
    "setting": ("in every setting tried", "another setting"),
    "python": ("on another Python", "another Python"),
}
BEYOND = {
    "packages": "releases",
    "backend": "backends",
    "device": "devices",
    "machine": "machines",
}


@dataclass(frozen=True)
class Advice:
    """A few sentences, what they are about, and what they rest on."""

    about: str
    text: str
    evidence: str


@dataclass(frozen=True)
class _Beyond:
    """What a recipe came to on one level, over all that was measured."""

    count: Count
    steps: tuple[str, ...]


def advice(results: Results) -> tuple[Advice, ...]:
    """What to do about seeding, oldest Keras first; then what outlasts more than a process."""
    measured = Measured(results)
    found = stretches(results, measured)
    return (*(_within(each, found, measured) for each in found), *_beyond(results.recipes))


def markdown(advice: Sequence[Advice]) -> str:
    """A list to read in a terminal or to paste anywhere."""
    return "\n".join(f"* **{each.about}.** {each.text} ({each.evidence})" for each in advice)


def _within(stretch: Stretch, every: Sequence[Stretch], measured: Measured) -> Advice:
    if stretch.recipe is None:
        return _nothing(stretch, measured)
    recipe, places = stretch.recipe, stretch.environments
    counts = {level: measured.count(recipe, level, places) for level in WITHIN}
    same = [words for level, (words, _) in WITHIN.items() if counts[level].holds]
    sentences = [
        f"{recipe.do[0].upper()}{recipe.do[1:]}: the same initial weights {listed(same)}.",
        *(
            f"Not the same {words}: {counts[level].differing} of {counts[level].compared} differ."
            for level, (words, _) in WITHIN.items()
            if counts[level].differing
        ),
        *_simpler(stretch, recipe, measured),
        *_releases(stretch, recipe, every, measured),
        *_not_enough(stretch, measured),
    ]
    if untested := [name for level, (_, name) in WITHIN.items() if not counts[level].compared]:
        sentences.append(f"Untested there: {listed(untested)}.")
    told = ", ".join(f"{level} {count}" for level, count in counts.items())
    launches = measured.launches(recipe, places)
    evidence = f"{recipe.scenario}: {_size(stretch)}, {launches} launches; {told}"
    return Advice(stretch.words, " ".join(sentences), evidence)


def _nothing(stretch: Stretch, measured: Measured) -> Advice:
    counts = {each: measured.count(each, "process", stretch.environments) for each in ADVISED}
    text = (
        "Nothing that was tried gives the same initial weights in a new process."
        if any(count.differing for count in counts.values())
        else "Untested: nothing was launched twice."
    )
    told = "; ".join(f"{each.scenario}: process {count}" for each, count in counts.items())
    sentences = (text, *_not_enough(stretch, measured))
    return Advice(stretch.words, " ".join(sentences), f"{_size(stretch)}; {told}")


def _size(stretch: Stretch) -> str:
    count = len(stretch.releases)
    return "one release" if count == 1 else f"{count} releases measured"


def _simpler(stretch: Stretch, recipe: Recipe, measured: Measured) -> Iterator[str]:
    """Why it is none of the simpler ones."""
    for each in ADVISED[: ADVISED.index(recipe)]:
        counts = {level: measured.count(each, level, stretch.environments) for level in WITHIN}
        broken = [
            f"{name} ({counts[level].differing} of {counts[level].compared})"
            for level, (_, name) in WITHIN.items()
            if counts[level].differing
        ]
        if measured.lacks(each, stretch.environments):
            yield f"Not there yet, or not for this backend: {each.doing}."
        elif broken:
            yield f"With {each.doing}, weights change in {listed(broken)}."


def _releases(
    stretch: Stretch, recipe: Recipe, every: Sequence[Stretch], measured: Measured
) -> Iterator[str]:
    """How far the values of a recipe stay the same: within these releases, and in other ones."""
    letters = measured.letters(recipe, stretch.environments)
    if len(letters) > 1:
        steps = measured.steps(recipe, stretch.environments)
        if len(stretch.releases) > 1 or steps:
            where = f": they change at {listed(steps)}" if steps else ""
            yield f"Not all of these give the same weights{where}."
        return
    if len(stretch.releases) > 1:
        yield "All of these releases give the same weights."
    alike = [
        each.words
        for each in every
        if each != stretch and measured.letters(recipe, each.environments) == letters
    ]
    if alike:
        yield f"They are also those of {listed(alike)}."


def _not_enough(stretch: Stretch, measured: Measured) -> Iterator[str]:
    """What leaves something unseeded there, and which generator it is that counts."""
    counts = {each: measured.count(each, "process", stretch.environments) for each in PARTIAL}
    both = counts[TWO_GENERATORS]
    if both.differing:
        yield (
            f"It is not enough to {TWO_GENERATORS.do}: other weights in a new process, in "
            f"{both.differing} of {both.compared} cells."
        )
    holding = [each for each in ONE_GENERATOR if counts[each].holds]
    failing = [each for each in ONE_GENERATOR if counts[each].differing]
    if len(holding) == 1 and failing:
        yield f"What counts is {holding[0].doing}: seeding that alone repeats in a new process."


def _beyond(recipes: pd.DataFrame) -> Iterator[Advice]:
    """What outlasts a step that changes more than the process, its settings or its Python."""
    columns = ["recipe", "level", "compared", "differing", "breaks_at"]
    found = {
        (recipe, level): _Beyond(Count(compared, differing), tuple(steps.split("; ")))
        for recipe, level, compared, differing, steps in recipes[columns].itertuples(index=False)
    }
    nothing = _Beyond(Count(), ())
    untested: list[str] = []
    for level, places in BEYOND.items():
        told = {each: found.get((each.scenario, level), nothing) for each in ADVISED}
        if any(each.count.compared for each in told.values()):
            yield _outlasting(f"across {places}", told)
        else:
            untested.append(places)
    if untested:
        text = f"Untested: nothing was compared across {listed(untested, 'or')}."
        yield Advice("Elsewhere", text, "no comparison on record")


def _outlasting(words: str, told: Mapping[Recipe, _Beyond]) -> Advice:
    keeps = [each for each, found in told.items() if found.count.holds]
    sentences = [f"Nothing that was tried keeps the initial weights {words}."]
    if keeps:
        sentences = [f"To keep the initial weights {words}, {keeps[0].do}."]
        widest = max(keeps, key=lambda each: told[each].count.compared)
        fewer, more = (told[each].count.compared for each in (keeps[0], widest))
        if fewer < more:
            sentences.append(f"Compared more often ({more} to {fewer}): {widest.doing}.")
    changes: dict[tuple[str, ...], list[str]] = {}
    for each, found in told.items():
        if found.count.differing:
            changes.setdefault(found.steps, []).append(each.doing)
    sentences += [
        f"With {listed(doing)}, they change at {listed([_arrow(step) for step in steps])}."
        for steps, doing in changes.items()
    ]
    if unknown := [each.doing for each, found in told.items() if not found.count.compared]:
        sentences.append(f"Untested: {listed(unknown)}.")
    evidence = "; ".join(f"{each.scenario}: {found.count}" for each, found in told.items())
    return Advice(words.capitalize(), " ".join(sentences), evidence)


def _arrow(step: str) -> str:
    """`tensorflow:2.9.3..2.10.1` → `tensorflow 2.9.3 → 2.10.1`."""
    axis, _, values = step.partition(":")
    return f"{axis} {values.replace('..', ' → ')}"


def listed(items: Sequence[str], word: str = "and") -> str:
    """`a, b and c`."""
    *most, last = items
    return f"{', '.join(most)} {word} {last}" if most else last
