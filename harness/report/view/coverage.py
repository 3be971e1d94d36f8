"""What was measured and what was not, with every reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.report.view.frames import Place, number, place, rows
from harness.report.view.machines import names
from harness.report.words import FAILURES, STATUSES

if TYPE_CHECKING:
    from harness.analysis import Results
    from harness.report.view.labels import Labels

VERSIONS = ("python", "tensorflow", "keras", "backend", "numpy")


@dataclass(frozen=True)
class Cell:
    """One planned cell on one machine, as it went. `versions` are those that were imported.

    `machine` is what it is called, empty where there is no other.
    """

    place: Place
    machine: str
    status: str
    meaning: str
    message: str
    versions: tuple[str, ...]
    launches: int | None
    seconds: float | None

    @property
    def complete(self) -> bool:
        """Whether everything that was planned for it was measured."""
        return self.status == "ok" and not self.message


@dataclass(frozen=True)
class Trouble:
    """Scenarios that ended in the same way, with the same message, in the same cells."""

    scenarios: tuple[str, ...]
    status: str
    meaning: str
    message: str
    where: str


def cells(results: Results) -> tuple[Cell, ...]:
    """Every planned cell on every machine, those not measured in full first."""
    called = names(results)
    several = len(called) > 1
    found = [
        Cell(
            place=place(row),
            machine=called.get(row["machine"], "") if several else "",
            status=row["status"],
            meaning=STATUSES[row["status"]],
            message=row["message"],
            versions=tuple(str(row[name]) for name in VERSIONS),
            launches=number(row["trials"]),
            seconds=None if row["seconds"] == "" else float(row["seconds"]),
        )
        for row in rows(results.cells)
    ]
    return tuple(sorted(found, key=lambda cell: cell.complete))


def troubles(results: Results, labels: Labels) -> tuple[Trouble, ...]:
    """The scenario runs that were not ok, one row per reason and place, failures first."""
    tallies: dict[tuple[str, str, str], set[Place]] = {}
    for row in rows(results.observations):
        if row["status"] != "ok":
            key = (row["status"], row["message"], row["scenario"])
            tallies.setdefault(key, set()).add(place(row))
    alike: dict[tuple[str, str, frozenset[Place]], list[str]] = {}
    for (status, message, scenario), places in tallies.items():
        alike.setdefault((status, message, frozenset(places)), []).append(scenario)
    measured = {place(row) for row in rows(results.cells) if row["status"] == "ok"}
    found = [
        Trouble(
            scenarios=tuple(scenarios),
            status=status,
            meaning=STATUSES[status],
            message=message,
            where=labels.span(where, among=measured | where),
        )
        for (status, message, where), scenarios in alike.items()
    ]
    return tuple(sorted(found, key=lambda trouble: trouble.status not in FAILURES))
