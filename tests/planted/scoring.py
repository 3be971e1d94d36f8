"""The audit's CSV files against the truth: what was found, missed, misjudged or made up."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from tests.planted.cases import Case
from tests.planted.layout import CELLS, Cell
from tests.planted.truth import Expected, Finding, Key, Span, expected

if TYPE_CHECKING:
    from tests.project import Project

LEVELS = ("rerun", "process", "setting", "python", "packages")


@dataclass(frozen=True)
class Score:
    """What became of the cases.

    planted, found, wrong, false, missed: breaks. Wrong ones were planted, but otherwise than they
    are reported, false ones were not. others: table → sentences about what else is not as it must
    be.
    """

    cases: Mapping[str, Case]
    truth: Mapping[str, Expected]
    planted: Mapping[Key, Finding]
    found: frozenset[Key]
    wrong: Mapping[Key, str]
    false: tuple[Key, ...]
    missed: tuple[Key, ...]
    others: Mapping[str, Sequence[str]]


def score(project: Project, cases: Sequence[Case]) -> Score:
    """Hold a project's report against the truth about the cases."""
    truth = {case.name: expected(case) for case in cases}
    planted = {key: each for one in truth.values() for key, each in one.breaks.items()}
    reported = _reported(project)
    wrong = {
        key: why
        for key, row in reported.items()
        if key in planted and (why := _misjudged(planted[key], row))
    }
    return Score(
        cases={case.name: case for case in cases},
        truth=truth,
        planted=planted,
        found=frozenset(key for key in planted if key in reported and key not in wrong),
        wrong=wrong,
        false=tuple(key for key in reported if key not in planted),
        missed=tuple(key for key in planted if key not in reported),
        others={
            "verdicts": [*_verdicts(project, truth)],
            "variants": [*_variants(project, truth)],
            "spans": [*_spans(project, truth)],
            "events": [*_events(project, truth)],
            "settings": [*_settings(project, truth)],
        },
    )


def _reported(project: Project) -> dict[Key, dict[Hashable, str]]:
    """The rows of breaks.csv; two about one thing would be one too many."""
    names = ("level", "axis", "from", "to", "scenario")
    ends = ("environment_from", "environment_to", "setting")
    rows = project.csv("breaks").to_dict("records")
    found = {Key(*(row[name] for name in (*names, *ends))): row for row in rows}
    assert len(found) == len(rows)
    return found


def _misjudged(finding: Finding, row: Mapping[Hashable, str]) -> str:
    """Which columns are not as they must be, and how; empty where all are."""
    first, bracket, index = row["first_index"].partition("[")
    said = {
        **row,
        "first": first,
        "index": bracket + index,
        "violation": row["violation"] == "true",
    }
    wanted = {each.name: getattr(finding, each.name) for each in fields(finding)}
    return "; ".join(
        f"{name} is {said[name]!r}, not {value!r}"
        for name, value in wanted.items()
        if value is not None and str(said[name]) != str(value)
    )


def _verdicts(project: Project, truth: Mapping[str, Expected]) -> Iterable[str]:
    rows = project.csv("verdicts").set_index(["scenario", "level"]).to_dict("index")
    for name, one in truth.items():
        differing = Counter(key.level for key in one.breaks)
        counts = Counter(key.level for key in one.comparisons)
        for level in LEVELS:
            row = rows[name, level]
            compared = counts[level]
            verdict = "breaks" if differing[level] else "holds" if compared else "untested"
            wanted = verdict, str(compared), str(differing[level])
            said = row["verdict"], row["compared"], row["differing"]
            if wanted != said:
                yield f"{name}, {level}: {said}, not {wanted}"


def _variants(project: Project, truth: Mapping[str, Expected]) -> Iterable[str]:
    rows = project.csv("variants").set_index(["scenario", "environment", "setting"])
    said = rows[["variant", "reproducible"]].to_dict("index")
    for name, one in truth.items():
        for cell in CELLS:
            letter = one.variants.get(cell)
            reproducible = "" if letter is None else "true" if letter else "false"
            found = said[name, cell.environment, cell.setting]
            wanted = {"variant": letter or "", "reproducible": reproducible}
            if found != wanted:
                yield f"{name} in {_place(cell)}: {found}, not {wanted}"


def _spans(project: Project, truth: Mapping[str, Expected]) -> Iterable[str]:
    said = {
        Span(
            row["axis"],
            row["scenario"],
            row["variant"],
            row["from"],
            row["to"],
            row["environment_from"],
            row["environment_to"],
            row["returns"] == "true",
            row["setting"],
        )
        for row in project.csv("spans").to_dict("records")
    }
    wanted = {span for one in truth.values() for span in one.spans}
    yield from (f"made up: {span}" for span in said - wanted)
    yield from (f"missing: {span}" for span in wanted - said)


def _events(project: Project, truth: Mapping[str, Expected]) -> Iterable[str]:
    """One per step at which anything was planted, with who breaks there and who does not."""
    compared: dict[tuple[str, ...], dict[Key, Finding | None]] = defaultdict(dict)
    for one in truth.values():
        for key, finding in one.comparisons.items():
            compared[key[:4]][key] = finding
    rows = {
        (row["level"], row["axis"], row["from"], row["to"]): row
        for row in project.csv("events").to_dict("records")
    }
    wanted = {step for step, found in compared.items() if any(found.values())}
    yield from (f"{step}: an event on one side only" for step in rows.keys() ^ wanted)
    for step in rows.keys() & wanted:
        found = {key: each for key, each in compared[step].items() if each}
        breaking = {key.scenario for key in found}
        sets = {
            "scenarios": breaking,
            "unchanged": {key.scenario for key in compared[step]} - breaking,
            "kinds": {each.kind for each in found.values()},
            "confounders": {
                word
                for each in found.values()
                for word in filter(None, each.confounders.split("; "))
            },
        }
        for column, names in sets.items():
            said = set(filter(None, rows[step][column].split("; ")))
            if said != names:
                yield f"{step}, {column}: {sorted(said ^ names)} on one side only"
        violations = len({key.scenario for key, each in found.items() if each.violation})
        if rows[step]["violations"] != str(violations):
            yield f"{step}: {rows[step]['violations']} violations, not {violations}"


def _settings(project: Project, truth: Mapping[str, Expected]) -> Iterable[str]:
    """What a setting changed: results, or whether launches agree."""
    for row in project.csv("settings").to_dict("records"):
        here = Cell(row["environment"], row["setting"])
        changed = {
            key.scenario: finding is not None
            for one in truth.values()
            for key, finding in one.comparisons.items()
            if (key.environment_from, key.to) == here
        }
        first = here._replace(setting="default")
        for name, one in truth.items():
            letters = [one.variants.get(cell) for cell in (first, here)]
            if None not in letters and bool(letters[0]) != bool(letters[1]):
                changed[name] = True
        wanted = ("changed results", str(len(changed)), str(sum(changed.values())))
        if wanted != (row["effect"], row["compared"], row["differing"]):
            yield f"{_place(here)}: {row}, not {wanted}"


def _place(cell: Cell) -> str:
    return f"{cell.environment}.{cell.setting}"
