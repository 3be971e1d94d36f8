"""Where it was measured: each machine, and what it gave beside the first."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.analysis.events import event_id
from harness.analysis.facts import MACHINE_FACTS
from harness.report.view.frames import items, rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.analysis import Results
    from harness.report.view.frames import Row

_LETTERS = 8  # of an id


@dataclass(frozen=True)
class Beside:
    """A host held against another: scenarios that should hold and were compared, and that differ.

    event: the id of the event, empty where nothing differs.
    """

    other: str
    compared: int
    differing: int
    event: str


@dataclass(frozen=True)
class Machine:
    """Machines of one name of which the same is known: mostly one. `ids` are theirs.

    `facts` are what is known, by the names of the columns; `apart` are environments that have other
    packages there, and why; `beside` is about all machines of the name, at the first of them.
    """

    ids: tuple[str, ...]
    name: str
    facts: Mapping[str, str]
    cells: int
    differs: tuple[str, ...]
    apart: tuple[str, ...]
    beside: tuple[Beside, ...]


def names(results: Results) -> dict[str, str]:
    """Machine → what it is called where there is little room: its label, or how its id begins."""
    found = {}
    for row in rows(results.machines):
        found[row["machine"]] = row["name"] if row["name"] != row["machine"] else short(row["name"])
    return found


def short(machine: str) -> str:
    """The beginning of an id."""
    return machine[:_LETTERS]


def machines(results: Results) -> tuple[Machine, ...]:
    """All machines, in the order of the table; those of one name that are alike together."""
    beside: dict[str, list[Beside]] = defaultdict(list)
    known = set(results.events["id"])
    for row in rows(results.steps):
        if row["level"] == "machine":
            event = event_id("machine", row["axis"], row["from"], row["to"])
            event = event if event in known and row["changed"] else ""
            beside[row["to"]].append(
                Beside(row["from"], int(row["compared"]), int(row["changed"]), event)
            )
    called = names(results)
    alike: dict[tuple[str, ...], list[Row]] = defaultdict(list)
    for row in rows(results.machines):
        alike[tuple(str(row[each]) for each in ("name", *MACHINE_FACTS, "apart"))].append(row)
    return tuple(
        Machine(
            ids=tuple(row["machine"] for row in found),
            name=called[found[0]["machine"]],
            facts={name: found[0][name] for name in MACHINE_FACTS},
            cells=sum(int(row["cells"]) for row in found),
            differs=items(found[0]["differs"]),
            apart=items(found[0]["apart"]),
            beside=tuple(beside.pop(found[0]["name"], ())),
        )
        for found in alike.values()
    )
