"""What the two sides of a diff are: which recorded cells their names mean, and which are paired.

A side is a cell (`tf2_9_3_py3_10.default.cpu`), some cells (`tf2_9_3_py3_10`: all that it was
measured in), a machine, or another run's folder. What a name leaves open must be equal on both
sides: two environments are compared in every setting that both ran in, two runs cell by cell.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

from harness.analysis.frames import Where
from harness.collect import FINISHED, OBJECTS, collect_cell
from harness.errors import ExitCode, SameseedError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.records import Trial

RUN = "run:"
_LISTED = 12


class SideError(SameseedError):
    """A name that means nothing on record, or two that cannot be compared."""

    exit_code = ExitCode.USAGE


@dataclass(frozen=True)
class Cell:
    """A recorded cell: where it was measured, in which run, and what is known of it by name."""

    where: Where
    data: Path

    @property
    def id(self) -> str:
        """The cell's id, as in the plan."""
        return ".".join(self.where[:3])

    @property
    def folder(self) -> Path:
        """Where its records lie."""
        return self.data / self.where.machine / self.id

    @property
    def objects(self) -> Path:
        """Where its arrays lie."""
        return self.data / OBJECTS


@dataclass(frozen=True)
class Side:
    """name: as it was asked for. fixed: what the name says of a cell; the rest it leaves open."""

    name: str
    cells: tuple[Cell, ...]
    fixed: frozenset[str]


@dataclass(frozen=True)
class Pairs:
    """What is compared, and the names of the cells for which the other side has none."""

    pairs: tuple[tuple[Cell, Cell], ...]
    only_left: tuple[str, ...]
    only_right: tuple[str, ...]


def side(name: str, reports: Path) -> Side:
    """The recorded cells that `name` means. Raises SideError where there are none."""
    if name.startswith(RUN):
        return _run(name, Path(name.removeprefix(RUN)))
    known = cells(reports / "data")
    named = _named(name, known)
    if named.cells:
        return named
    machines = {cell.where.machine for cell in known}
    of_machine = {each for each in machines if name and each == name} or {
        each for each in machines if name and _label(each, known) == name
    }
    if of_machine:
        found = tuple(cell for cell in known if cell.where.machine in of_machine)
        return Side(name, found, frozenset({"machine"}))
    if Path(name).is_dir():
        return _run(name, Path(name))
    raise SideError(
        f"{name!r} is no cell, machine or folder of records. {reports}/data has the environments "
        f"{_brief(sorted({cell.where.environment for cell in known}))} on the machines "
        f"{_brief(sorted(machines))}; of another run, write its folder"
    )


def pairs(left: Side, right: Side) -> Pairs:
    """Which cells are compared. Raises SideError where none are."""
    if len(left.cells) == len(right.cells) == 1:
        found = [(left.cells[0], right.cells[0])]
    else:
        free = [
            name
            for name in Where._fields
            if name not in left.fixed & right.fixed and not _alone(name, left, right)
        ]
        found = [
            (one, other)
            for one, other in product(left.cells, right.cells)
            if all(getattr(one.where, name) == getattr(other.where, name) for name in free)
        ]
    if not found:
        raise SideError(
            f"nothing of {left.name} goes with anything of {right.name}: "
            f"{_brief(map(str, (each.where for each in left.cells)))} against "
            f"{_brief(map(str, (each.where for each in right.cells)))}"
        )
    for one, other in found:
        if one.folder.resolve() == other.folder.resolve():
            raise SideError(
                f"{left.name} and {right.name} are the same cell: name the setting of both, as in "
                f"{one.id}"
            )
    paired = {each for pair in found for each in pair}
    return Pairs(
        tuple(found),
        *(
            tuple(str(each.where) for each in every.cells if each not in paired)
            for every in (left, right)
        ),
    )


def cells(data: Path) -> tuple[Cell, ...]:
    """Every cell with a finished record below a data folder, in order of machine and name."""
    found = []
    for machine in _folders(data):
        for cell in _folders(machine) if machine.name != OBJECTS else ():
            environment, *rest = cell.name.split(".")
            if len(rest) == 2 and any(path.name.endswith(FINISHED) for path in cell.iterdir()):
                found.append(Cell(Where(environment, rest[0], rest[1], machine.name), data))
    return tuple(found)


def trials(cell: Cell) -> tuple[Trial, ...]:
    """The launches of a cell that count together: those with the inputs of the newest.

    Raises SideError where no record of it can be read.
    """
    collected = collect_cell(cell.folder)
    found = collected.trials
    if not found:
        refused = (why for _, why in collected.refused)
        raise SideError(f"no record of {cell.where} can be read: {_brief(refused)}")
    newest = max(found, key=lambda trial: trial.header.started).header
    return tuple(
        sorted(
            (trial for trial in found if trial.header.inputs == newest.inputs),
            key=lambda trial: trial.header.trial,
        )
    )


def _named(name: str, known: Iterable[Cell]) -> Side:
    """`environment[.setting[.device]][@machine]`."""
    cell, _, machine = name.partition("@")
    wanted = dict(zip(("environment", "setting", "device"), cell.split("."), strict=False))
    if machine:
        wanted["machine"] = machine
    if cell.count(".") > 2:
        wanted = {"environment": cell}
    found = tuple(
        each
        for each in known
        if all(getattr(each.where, part) == value for part, value in wanted.items())
    )
    return Side(name, found, frozenset(wanted))


def _run(name: str, folder: Path) -> Side:
    data = folder if folder.name == "data" else folder / "data"
    found = cells(data)
    if not found:
        raise SideError(f"{folder} has no records: name a folder like reports/, with data/ inside")
    return Side(name, found, frozenset())


def _alone(name: str, left: Side, right: Side) -> bool:
    """Whether each side has one machine: two runs of one machine each are two machines' runs."""
    return name == "machine" and all(
        len({cell.where.machine for cell in each.cells}) == 1 for each in (left, right)
    )


def _label(machine: str, known: Iterable[Cell]) -> str:
    """What the machine's owner called it, as its first readable record says."""
    for cell in known:
        if cell.where.machine == machine:
            try:
                return trials(cell)[0].header.machine.label
            except SideError:
                continue
    return ""


def _folders(parent: Path) -> list[Path]:
    if not parent.is_dir():
        return []
    return sorted(Path(each.path) for each in os.scandir(parent) if each.is_dir())


def _brief(names: Iterable[str]) -> str:
    names = list(names)
    return (", ".join(names[:_LISTED]) + (", …" if len(names) > _LISTED else "")) or "none"
