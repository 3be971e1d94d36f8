"""Which seeding recipe survives what: recipe × level, as measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.analysis.breaks import LEVELS
from harness.report.view.frames import items, rows
from harness.report.words import LEVELS as WORDS

if TYPE_CHECKING:
    from harness.analysis import Results

# Verdict → how the mark looks, and its word: colour is never alone.
_MARKS = {"holds": ("good", "holds"), "breaks": ("bad", "breaks"), "untested": ("quiet", "–")}


@dataclass(frozen=True)
class Mark:
    """What a recipe came to on one level. `title` says how often, and where it breaks."""

    look: str
    word: str
    ratio: str
    title: str


@dataclass(frozen=True)
class Recipe:
    """One row: the scenario, what it does, and a mark for every level that was compared at all."""

    scenario: str
    summary: str
    marks: tuple[Mark, ...]


@dataclass(frozen=True)
class Recipes:
    """The table. `heads` are the levels that were compared for some recipe."""

    heads: tuple[str, ...]
    rows: tuple[Recipe, ...]
    untested: tuple[str, ...]


def recipes(results: Results) -> Recipes:
    """The recipes, those that survive most levels first."""
    found: dict[str, dict[str, dict[str, str]]] = {}
    for row in rows(results.recipes):
        found.setdefault(row["recipe"], {})[row["level"]] = row
    levels = [
        level
        for level in LEVELS
        if any(
            each.get(level, {}).get("verdict", "untested") != "untested" for each in found.values()
        )
    ]
    made = [
        Recipe(
            scenario=name,
            summary=results.scenarios[name].summary if name in results.scenarios else "",
            marks=tuple(_mark(by_level.get(level)) for level in levels),
        )
        for name, by_level in found.items()
    ]
    return Recipes(
        heads=tuple(WORDS[level][1] for level in levels),
        rows=tuple(sorted(made, key=lambda recipe: _failures(recipe, levels))),
        untested=tuple(WORDS[level][1] for level in LEVELS if level not in levels),
    )


def _failures(recipe: Recipe, levels: list[str]) -> tuple[bool, int, int]:
    """How much a recipe breaks: first within one environment, then all together.

    One that was compared nowhere has shown nothing and comes last.
    """
    within = sum(
        mark.word == "breaks"
        for level, mark in zip(levels, recipe.marks, strict=True)
        if level in ("process", "setting", "python")
    )
    nowhere = not any(mark.ratio for mark in recipe.marks)
    return nowhere, within, sum(mark.word == "breaks" for mark in recipe.marks)


def _mark(row: dict[str, str] | None) -> Mark:
    if row is None or row["verdict"] == "untested":
        return Mark(*_MARKS["untested"], ratio="", title="not compared")
    compared, differing = int(row["compared"]), int(row["differing"])
    where = f": {', '.join(items(row['breaks_at']))}" if row["breaks_at"] else ""
    return Mark(
        *_MARKS[row["verdict"]],
        ratio=f"{compared - differing} of {compared}",
        title=f"{differing} of {compared} pairs differ{where}",
    )
