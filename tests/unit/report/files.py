"""The CSV files of a report as a test reads them, with the standard library alone."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from pathlib import Path

Row: TypeAlias = dict[str, str]
# Environment, setting, device, machine.
Cell: TypeAlias = tuple[str, str, str, str]
Step: TypeAlias = tuple[str, str, str, str]

CELL = ("environment", "setting", "device", "machine")
STEP = ("level", "axis", "from", "to")
WITHIN = ("rerun", "process")
FAILED = ("error", "timeout", "crash")
LISTS = (
    *("scenarios", "kinds", "confounders", "known", "unchanged", "separate", "changed"),
    *("new", "gone", "breaks_at"),
)


def items(field: str) -> list[str]:
    """The elements of a list inside a field."""
    return field.split("; ") if field else []


def cell(row: Row) -> Cell:
    """Where a row was measured."""
    environment, setting, device, machine = (row[name] for name in CELL)
    return environment, setting, device, machine


def step(row: Row) -> Step:
    """At which step a row is."""
    level, axis, before, after = (row[name] for name in STEP)
    return level, axis, before, after


@dataclass(frozen=True, eq=False)
class Files:
    """Every file by name, and what follows from them for each scenario."""

    tables: dict[str, list[Row]]

    def __getitem__(self, name: str) -> list[Row]:
        return self.tables[name]

    @classmethod
    def read(cls, folder: Path) -> Files:
        """What lies in `csv/`."""
        tables = {}
        for path in folder.glob("*.csv"):
            with path.open(encoding="utf-8", newline="") as file:
                tables[path.stem] = list(csv.DictReader(file))
        return cls(tables)

    @cached_property
    def texts(self) -> frozenset[str]:
        """Every field with a letter in it, and every such element of a list."""
        found = set()
        for rows in self.tables.values():
            for row in rows:
                for name, field in row.items():
                    if name == "families":  # names with numbers
                        continue
                    found.update(items(field) if name in LISTS else [field])
        # Text that a spreadsheet would run has an apostrophe in front.
        plain = {each[1:] for each in found if each.startswith("'")}
        return frozenset(each for each in found | plain if any(map(str.isalpha, each)))

    @cached_property
    def controls(self) -> list[str]:
        """The negative controls: no column says so but the source of what they state."""
        return [
            name
            for name in self.scenarios
            if any(
                row["scenario"] == name and row["source"].startswith("negative control")
                for row in self["relations"]
            )
        ]

    @cached_property
    def scenarios(self) -> list[str]:
        """All of them, in suite order."""
        return list(dict.fromkeys(row["scenario"] for row in self["verdicts"]))

    @cached_property
    def judged(self) -> list[str]:
        """Those that are asked to hold: no control, and not said to differ in every launch."""
        differ = {
            row["scenario"]
            for row in self["relations"]
            if (row["relation"], row["expected"]) == ("launches agree", "false")
        }
        return [name for name in self.scenarios if name not in differ | {*self.controls}]

    def standing(self, name: str) -> str:
        """What one that is asked to hold came to."""
        verdicts = {row["verdict"] for row in self["verdicts"] if row["scenario"] == name}
        return next((each for each in ("breaks", "holds") if each in verdicts), "untested")

    def standing_as(self, verdict: str) -> list[str]:
        """Those asked to hold that came to this."""
        return [name for name in self.judged if self.standing(name) == verdict]

    @cached_property
    def breaks(self) -> dict[Step, list[Row]]:
        """The breaks of scenarios that are asked to hold, by step."""
        found: dict[Step, list[Row]] = {}
        for row in self["breaks"]:
            if row["scenario"] in self.judged:
                found.setdefault(step(row), []).append(row)
        return found

    @cached_property
    def measured(self) -> list[Row]:
        """The cells that were measured."""
        return [row for row in self["cells"] if row["status"] == "ok"]

    @cached_property
    def agree(self) -> dict[str, dict[Cell, bool]]:
        """Scenario → cell → whether launches agree, where that is known."""
        found: dict[str, dict[Cell, bool]] = {}
        for row in self["variants"]:
            if row["reproducible"]:
                found.setdefault(row["scenario"], {})[cell(row)] = row["reproducible"] == "true"
        return found

    @cached_property
    def claims(self) -> dict[tuple[str, str, str, str], dict[Cell, set[bool]]]:
        """Scenario, relation, expected and source → cell → what came out there."""
        found: dict[tuple[str, str, str, str], dict[Cell, set[bool]]] = {}
        for row in self["relations"]:
            if row["expected"] and row["holds"] and row["scenario"] not in self.controls:
                key = (row["scenario"], row["relation"], row["expected"], row["source"])
                here = found.setdefault(key, {}).setdefault(cell(row), set())
                here.add(row["holds"] == "true")
        return found
