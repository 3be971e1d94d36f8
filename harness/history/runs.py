"""What a run is, in its files and in memory."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import msgspec
from msgspec import Meta

from harness.analysis.standing import Standing  # noqa: TC001, read at run time

if TYPE_CHECKING:
    import numpy as np

# 1: the first.
FORMAT = 1
RESULTS, ABOUT = ".csv.gz", ".json.gz"
# Another report of records with the same newest launch, which merging keeps beside the fuller one.
ASIDE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}-[0-9]{2}-[0-9]{2}Z)\.([0-9a-f]{16})")
COLUMNS = ("scenario", "environment", "setting", "device", "machine", "result", "reproducible")

# `$` would let a line end through.
NAME = r"^[a-z][a-z0-9_]{0,199}\Z"
SCENARIO = r"^[a-z0-9_-]{1,200}/[a-z0-9_-]{1,200}\Z"
DEVICE = r"^(cpu|gpu)\Z"
MACHINE = r"^[a-z0-9][a-z0-9_-]{0,99}\Z"
RESULT = r"^([0-9a-f]{16})?\Z"
STARTED = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z\Z"

_Name = Annotated[str, Meta(pattern=NAME)]
_Device = Annotated[str, Meta(pattern=DEVICE)]
_Position = Annotated[int, Meta(ge=0)]
_Integers: TypeAlias = "np.ndarray[Any, np.dtype[np.int64]]"


class Cell(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A cell on a machine that was measured; the last three as in `cells.csv`."""

    environment: _Name
    setting: _Name
    device: _Device
    machine: Annotated[str, Meta(pattern=MACHINE)]
    label: Annotated[str, Meta(max_length=2_000)]
    started: Annotated[str, Meta(pattern=STARTED)]
    basis: Annotated[str, Meta(pattern=RESULT)]


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A step at a place: which scenarios were compared there, which break, and the breaks' ids.

    step: the event's id; within a cell the level, for which launches differ is chance.
    environment, setting, device: of the side `to`. compared, broken: positions in the run's
    scenarios.
    """

    step: Annotated[str, Meta(pattern=r"^[^;\x00-\x1f\x7f]{1,300}\Z")]
    environment: _Name
    setting: _Name
    device: _Device
    compared: tuple[_Position, ...]
    broken: tuple[_Position, ...]
    breaks: tuple[Annotated[str, Meta(pattern=r"^[0-9a-f]{1,64}\Z")], ...]


class About(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The second file: all of a run but its results, of which it has the number.

    measured: cells that were measured, each on each machine. scenarios: name and standing, in the
    order of the suite.
    """

    format: int
    run: str
    profile: Annotated[str, Meta(max_length=200)]
    measured: _Position
    results: _Position
    scenarios: tuple[tuple[Annotated[str, Meta(pattern=SCENARIO)], Standing], ...]
    cells: tuple[Cell, ...]
    steps: tuple[Step, ...]


class Stamp(msgspec.Struct, frozen=True):
    """The part of a second file that every format has."""

    format: int


@dataclass(frozen=True)
class Run:
    """A run as it is compared with others.

    The arrays have an element per result that two launches or more decided: the position of its
    scenario and of its cell in `about`, its name as a number, and whether launches agreed (where
    they did not the number is 0).
    """

    about: About
    scenario: _Integers
    cell: _Integers
    result: np.ndarray[Any, np.dtype[np.uint64]]
    stable: np.ndarray[Any, np.dtype[np.bool_]]

    @property
    def id(self) -> str:
        """Its name, and that of its files."""
        return self.about.run


@dataclass(frozen=True)
class Runs:
    """The runs on file, oldest first, and a sentence for each file that was refused."""

    runs: tuple[Run, ...] = ()
    refused: tuple[str, ...] = ()


def run_id(started: str) -> str:
    """The run whose newest launch started then: no colons, which Windows does not have in names."""
    return started.replace(":", "-")


def started(run: str) -> str:
    """When the newest launch of a run started, in UTC: the inverse."""
    day, _, time = run.partition("T")
    return f"{day}T{time.replace('-', ':')}"
