"""What a run is, in its file and in memory."""

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
SUFFIX = ".parquet"
MAX_TEXT = 2_000  # characters of a label, or of a fact
# Another report of records with the same newest launch, which merging keeps beside the fuller one.
# It has another ending, so that who reads `*.parquet` reads each run once.
ASIDE = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}-[0-9]{2}-[0-9]{2}Z)\.([0-9a-f]{16})\.aside"
)

# `$` would let a line end through.
NAME = r"^[a-z][a-z0-9_]{0,199}\Z"
SCENARIO = r"^[a-z0-9_-]{1,200}/[a-z0-9_-]{1,200}\Z"
DEVICE = r"^(cpu|gpu)\Z"
MACHINE = r"^[a-z0-9][a-z0-9_-]{0,99}\Z"
RESULT = r"^([0-9a-f]{16})?\Z"
STARTED = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z\Z"

_Name = Annotated[str, Meta(pattern=NAME)]
_Device = Annotated[str, Meta(pattern=DEVICE)]
_Digest = Annotated[str, Meta(pattern=r"^[0-9a-f]{0,16}\Z")]
_Position = Annotated[int, Meta(ge=0)]
_Text = Annotated[str, Meta(max_length=MAX_TEXT)]
_Integers: TypeAlias = "np.ndarray[Any, np.dtype[np.int64]]"


class Cell(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A cell on a machine that was measured; from `label` on as in `cells.csv`.

    facts: what is on record of it, as positions in the run's facts.
    """

    environment: _Name
    setting: _Name
    device: _Device
    machine: Annotated[str, Meta(pattern=MACHINE)]
    label: _Text
    started: Annotated[str, Meta(pattern=STARTED)]
    basis: Annotated[str, Meta(pattern=RESULT)]
    suite: _Digest
    lock: _Digest
    facts: tuple[_Position, ...]

    @property
    def id(self) -> str:
        """The cell, without the machine."""
        return f"{self.environment}.{self.setting}.{self.device}"


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
    """All of a run but its results, of which it has the number.

    measured: cells that were measured, each on each machine. scenarios: name and standing, in the
    order of the suite. facts: group, name and value, as in `facts.csv`.
    """

    format: int
    run: str
    profile: Annotated[str, Meta(max_length=200)]
    measured: _Position
    results: _Position
    scenarios: tuple[tuple[Annotated[str, Meta(pattern=SCENARIO)], Standing], ...]
    facts: tuple[tuple[_Text, _Text, _Text], ...]
    cells: tuple[Cell, ...]
    steps: tuple[Step, ...]


class Stamp(msgspec.Struct, frozen=True):
    """The part that every format has."""

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
        """Its name, and that of its file."""
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
