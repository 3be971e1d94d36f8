"""What one worker measures in one go, and which of it is measured already."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from harness.assignments import Assignment, assignments, is_done
from harness.errors import LockError
from harness.lock import has_gpu

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from harness.lock import Lock
    from harness.plan import Environment, Plan

Spread: TypeAlias = Literal["environment", "machine"]


@dataclass(frozen=True)
class Unit:
    """Environments that one worker measures, one after the other.

    cells: ids, excluded ones left out. gpu: whether the worker must announce a GPU. machine: the
    only one that counts; any, where it is empty.
    """

    environments: tuple[str, ...]
    devices: tuple[str, ...]
    cells: tuple[str, ...]
    gpu: bool = False
    machine: str = ""

    @property
    def name(self) -> str:
        """In progress lines."""
        return ", ".join(self.environments)


def units(plan: Plan) -> tuple[Unit, ...]:
    """The units of a plan, in matrix order.

    CPU and GPU are compared on one machine. So an environment with GPU cells is one unit, with its
    CPU cells and with the environments that declare the same (its twin for the other device, where
    GPUs need other packages): a worker with a GPU measures all of it.
    """
    planned = list(dict.fromkeys(cell.environment for cell in plan.cells if not cell.excluded))
    on_gpu = {c.environment for c in plan.cells if c.device == "gpu" and not c.excluded}
    groups: dict[object, list[str]] = {}
    for id_ in planned:
        axes = tuple(sorted(plan.environment(id_).axes.items()))
        groups.setdefault(axes or id_, []).append(id_)
    found = []
    for id_ in planned:
        axes = tuple(sorted(plan.environment(id_).axes.items()))
        together = groups[axes or id_]
        if not on_gpu.intersection(together):
            found.append(_unit(plan, (id_,), ("cpu",)))
        elif id_ == together[0]:
            found.append(_unit(plan, tuple(together), ("cpu", "gpu")))
    return tuple(found)


def without_gpu(plan: Plan, unit: Unit) -> tuple[tuple[Unit, ...], tuple[str, ...]]:
    """What any worker can measure of a unit that needs a GPU, and the cells that nobody can."""
    left = [
        dataclasses.replace(_unit(plan, (id_,), ("cpu",)), machine=unit.machine)
        for id_ in unit.environments
    ]
    kept = {cell for each in left for cell in each.cells}
    return (
        tuple(each for each in left if each.cells),
        tuple(cell for cell in unit.cells if cell not in kept),
    )


def on_each(found: Sequence[Unit], machines: Iterable[str]) -> tuple[Unit, ...]:
    """The same units once for each machine."""
    return tuple(
        dataclasses.replace(unit, machine=machine) for machine in machines for unit in found
    )


class Measured:
    """Which units are measured, by the records below a data folder."""

    def __init__(self, plan: Plan, lock: Lock, platforms: Sequence[str], data: Path) -> None:
        """platforms: those that machines may have; each has packages of its own in the lock."""
        self._plan = plan
        self._lock = lock
        self._platforms = platforms
        self.data = data

    def is_done(self, unit: Unit) -> bool:
        """Whether a unit is measured where it must be."""
        machines = self.machines(unit)
        return unit.machine in machines if unit.machine else bool(machines)

    def machines(self, unit: Unit) -> tuple[str, ...]:
        """Those on which every launch of a unit is measured, from today's inputs."""
        contents = self._contents(unit)
        return tuple(
            folder.name
            for folder in _folders(self.data)
            if any(self._all_done(unit, each, folder) for each in contents)
        )

    def records(self, unit: Unit) -> Iterator[Path]:
        """Good records of a unit made from today's inputs, on whatever machine."""
        contents = self._contents(unit)
        for folder in _folders(self.data):
            for each in contents:
                planned = self._assignments(unit, each, folder)
                yield from (entry.record for entry in planned if is_done(entry))

    def _all_done(self, unit: Unit, contents: dict[str, str], folder: Path) -> bool:
        return all(map(is_done, self._assignments(unit, contents, folder)))

    def _assignments(
        self, unit: Unit, contents: dict[str, str], folder: Path
    ) -> Iterator[Assignment]:
        for id_, content in contents.items():
            environment = self._plan.environment(id_)
            for entry in assignments(self._plan, environment, content, folder):
                if entry.cell.id in unit.cells:
                    yield entry

    def _contents(self, unit: Unit) -> list[dict[str, str]]:
        """By platform: environment → digest of what it holds.

        None for an environment with an interpreter of its own: only its machine knows what is in
        it. Raises `LockError` where the lock fits no platform.
        """
        environments = [self._plan.environment(id_) for id_ in unit.environments]
        if any(environment.interpreter for environment in environments):
            return []
        found: list[dict[str, str]] = []
        why: LockError | None = None
        for platform in self._platforms:
            try:
                found.append({each.id: self._digest(each, platform) for each in environments})
            except LockError as error:  # noqa: PERF203 - a handful of platforms
                why = error
        if why and not found:
            raise why
        return found

    def _digest(self, environment: Environment, platform: str) -> str:
        gpu = has_gpu(self._plan, environment)
        return self._lock.locked(environment, platform, gpu=gpu).digest


def _unit(plan: Plan, environments: tuple[str, ...], devices: tuple[str, ...]) -> Unit:
    return Unit(
        environments,
        devices,
        tuple(
            cell.id
            for cell in plan.cells
            if cell.environment in environments and cell.device in devices and not cell.excluded
        ),
        gpu="gpu" in devices,
    )


def _folders(data: Path) -> list[Path]:
    return sorted(path for path in data.iterdir() if path.is_dir()) if data.is_dir() else []
