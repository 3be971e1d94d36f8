"""What the page advises, beside what follows from the files.

The advice for some releases counts the cells of these, that for a level all of the audit.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from packaging.version import Version

from tests.unit.report.compared import comparisons

if TYPE_CHECKING:
    from tests.unit.report.files import Files
    from tests.unit.report.numbers import Page

_LEVELS = {"releases": "packages", "backends": "backend", "devices": "device"}
_LEVELS |= {"machines": "machine"}
_TWO = "recipes/numpy_and_framework"
_RELEASES = re.compile(r"TensorFlow ([\d.]+)(?: to ([\d.]+))?")


def advice(page: Page, files: Files) -> None:
    """Every count in what is advised and in what it rests on."""
    for list_ in page.document.all("dl", class_="advice"):
        for about, text in zip(list_.all("dt"), list_.all("dd"), strict=True):
            releases = _RELEASES.fullmatch(about.text)
            evidence = text.one("small").text
            if releases:
                numbers = _within(files, evidence, releases[1], releases[2] or releases[1])
            else:
                level = _LEVELS.get(about.text.removeprefix("Across "), "")
                numbers = _across(files, evidence, level)
            page.say("advice", about.text, text, *numbers)


def _within(files: Files, evidence: str, first: str, last: str) -> list[int]:
    measured = [
        row
        for row in files.measured
        if Version(first) <= Version(row["tensorflow"]) <= Version(last)
    ]
    environments = {row["environment"] for row in measured}
    recipe = evidence.partition(":")[0]
    launches = sum(
        int(row["launches"])
        for row in files["variants"]
        if row["scenario"] == recipe and row["environment"] in environments
    )
    number = len({row["tensorflow"] for row in measured})
    told = [*([number] if number > 1 else []), launches]
    for level in re.findall(r"(\w+) (?:same|untested)", evidence):
        compared, differing = _counted(files, recipe, level, environments)
        told += [compared - differing, compared] if compared else []
    compared, differing = _counted(files, _TWO, "process", environments)
    return [*([differing, compared] if differing else []), *told]


def _counted(files: Files, recipe: str, level: str, environments: set[str]) -> tuple[int, int]:
    """Comparisons of a recipe in some environments, and how many of these differ."""
    if level == "process":
        cells = files.agree.get(recipe, {}).items()
        agree = [value for cell, value in cells if cell[0] in environments]
        return len(agree), agree.count(False)
    if level == "rerun":
        # Its own relations, one comparison a cell.
        rebuilt = {
            tuple(row[name] for name in ("environment", "setting", "device", "machine")): row
            for row in files["relations"]
            if (row["scenario"], row["environment"] in environments) == (recipe, True)
            and row["relation"] != "launches agree"
        }
        return len(rebuilt), sum(row["holds"] == "false" for row in rebuilt.values())
    differs = [
        value
        for at, scenario, environment, value in comparisons(files)
        if (at[0], scenario) == (level, recipe) and environment in environments
    ]
    return len(differs), sum(differs)


def _across(files: Files, evidence: str, level: str) -> list[int]:
    known = {row["recipe"]: row for row in files["recipes"] if row["level"] == level}
    told = []
    for recipe in re.findall(r"([a-z]+/\w+): same", evidence):
        compared, differing = (int(known[recipe][name]) for name in ("compared", "differing"))
        told += [compared - differing, compared]
    return told
