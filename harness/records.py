"""Observation files: what one trial of one cell gave, as JSON lines.

First line a header, then one observation per scenario, last line an end marker; a file without its
end marker is a trial that died. Records may come from elsewhere and are untrusted input: sizes are
limited, names are matched, unknown keys are refused, and a header must agree with the path it lies
at. Any change of the format raises `harness.probe.schema.FORMAT`.
"""

from __future__ import annotations

import hashlib
import math
import re
from dataclasses import dataclass as plain_dataclass
from dataclasses import field
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO, Literal, TypeAlias, TypeVar

import msgspec
from pydantic import (
    AwareDatetime,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    model_validator,
)
from pydantic.dataclasses import dataclass

from harness.errors import RecordError
from harness.probe import schema

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FORMAT = schema.FORMAT

MAX_LINE_BYTES = 16 * 2**20
MAX_FILE_BYTES = 512 * 2**20
MAX_ARRAYS = 20_000  # of one observation
MAX_OBSERVATIONS = 10_000  # of one trial
MAX_FACTS = 10_000  # in one group of facts, such as the installed packages
MAX_DIMENSIONS = 64  # as NumPy 2

# A second record of a launch, named by its content too; see `harness.versions`.
ASIDE = re.compile(r"([1-9][0-9]{0,6})\.([0-9a-f]{16})\.jsonl")

Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=200)]
MachineId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]*$", max_length=100)]
ScenarioName = Annotated[
    str, StringConstraints(pattern=r"^[a-z0-9_-]+/[a-z0-9_-]+$", max_length=200)
]
# No blanks, brackets or semicolons: reports write `name[i,j]` and join lists with "; ".
ArrayName = Annotated[str, StringConstraints(pattern=rf"^{schema.ARRAY_NAME}$")]
Dtype = Annotated[str, StringConstraints(pattern=rf"^{schema.DTYPE}$")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Digest = Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{64})?$")]
FactName = Annotated[str, StringConstraints(min_length=1, max_length=300)]
Short = Annotated[str, StringConstraints(max_length=2_000)]
Text = Annotated[str, StringConstraints(max_length=100_000)]
Count = Annotated[int, Field(ge=0, le=2**63 - 1)]
Number = Annotated[float, Field(allow_inf_nan=False)]
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Strings = Annotated[dict[FactName, Text], Field(max_length=MAX_FACTS)]
Scalars = Annotated[dict[FactName, Short | bool | int], Field(max_length=MAX_FACTS)]

Level: TypeAlias = Literal[
    "rerun", "process", "setting", "python", "packages", "backend", "device", "machine"
]
ObservationStatus: TypeAlias = Literal["ok", "unsupported", "error", "timeout", "crash"]
TrialStatus: TypeAlias = Literal[
    "ok", "error", "timeout", "crash", "install_failed", "interpreter_missing", "device_missing"
]

Line = TypeVar("Line")

_STRICT = ConfigDict(strict=True, extra="forbid")


@dataclass(frozen=True, slots=True, config=_STRICT)
class Machine:
    """Where a trial ran."""

    id: MachineId
    label: Short = ""
    cpu: Short = ""
    isa: Short = ""
    arch: Short = ""
    cores: Count = 0
    os: Short = ""
    libc: Short = ""
    gpu: Short = ""
    gpu_driver: Short = ""


@dataclass(frozen=True, slots=True, config=_STRICT)
class Python:
    """The interpreter actually used; empty where there was none."""

    version: Short = ""
    implementation: Short = ""
    hash_seed: Short = ""
    executable: Short = ""


@dataclass(frozen=True, slots=True, config=_STRICT)
class Declared:
    """What the suite said about a scenario when the trial ran."""

    summary: Text
    source: Text
    launches: Literal["same", "differ", ""]
    launches_source: Text
    control: bool
    # From format 2 on.
    why: Text = ""
    needs: Annotated[tuple[Short, ...], Field(max_length=1_000)] = ()
    promise: Text = ""
    promise_source: Text = ""
    promise_levels: Annotated[tuple[Level, ...], Field(max_length=len(schema.LEVELS))] = ()


@dataclass(frozen=True, slots=True, config=_STRICT)
class Header:
    """The first line: what was measured, where, and with what.

    inputs: digest of everything that decides what is measured. suite: digest of the scenarios and
    the probe; what two suites measured cannot be compared. packages: every installed
    distribution. framework: effective configuration. variables: the recorded environment variables.
    """

    record: Literal["header"]
    format: int
    environment: Identifier
    setting: Identifier
    device: Literal["cpu", "gpu"]
    trial: Annotated[int, Field(ge=1, le=1_000_000)]
    inputs: Digest
    suite: Digest
    lock: Digest
    machine: Machine
    started: AwareDatetime
    python: Python = field(default_factory=Python)
    packages: Strings = field(default_factory=dict)
    framework: Scalars = field(default_factory=dict)
    variables: Strings = field(default_factory=dict)
    scenarios: Annotated[dict[ScenarioName, Declared], Field(max_length=MAX_OBSERVATIONS)] = field(
        default_factory=dict
    )

    @property
    def cell(self) -> str:
        """The cell's id, as `harness.plan.Cell.id`."""
        return f"{self.environment}.{self.setting}.{self.device}"


@dataclass(frozen=True, slots=True, config=_STRICT)
class Array:
    """One array's fingerprint. Statistics are None where there is nothing finite to measure."""

    array: ArrayName
    dtype: Dtype
    shape: Annotated[tuple[Count, ...], Field(max_length=MAX_DIMENSIONS)]
    sha256: Sha256
    size: Count
    min: Number | None
    max: Number | None
    mean: Number | None
    std: Number | None
    nonfinite: Count

    @model_validator(mode="after")
    def _consistent(self) -> Array:
        if self.size != math.prod(self.shape):
            raise ValueError(f"size {self.size} is not that of shape {self.shape}")
        return self


@dataclass(frozen=True, slots=True, config=_STRICT)
class Relation:
    """A statement about two groups of arrays, `left/…` and `right/…`, and whether it held."""

    relation: Short
    expected: bool | None
    holds: bool
    source: Text
    level: Literal["rerun", ""]
    left: ArrayName
    right: ArrayName


@dataclass(frozen=True, slots=True, config=_STRICT)
class Observation:
    """What one scenario gave; arrays in creation order."""

    record: Literal["observation"]
    scenario: ScenarioName
    status: ObservationStatus
    seconds: Seconds
    message: Text
    arrays: Annotated[tuple[Array, ...], Field(max_length=MAX_ARRAYS)]
    relations: Annotated[tuple[Relation, ...], Field(max_length=MAX_ARRAYS)]

    @model_validator(mode="after")
    def _consistent(self) -> Observation:
        if len({array.array for array in self.arrays}) < len(self.arrays):
            raise ValueError("two arrays have the same name")
        return self


@dataclass(frozen=True, slots=True, config=_STRICT)
class End:
    """The last line: how the trial itself ended."""

    record: Literal["end"]
    status: TrialStatus
    message: Text
    observations: Count
    seconds: Seconds
    finished: AwareDatetime


@plain_dataclass(frozen=True, slots=True)
class Trial:
    """One record file, read and validated."""

    path: Path
    header: Header
    observations: tuple[Observation, ...]
    end: End


@dataclass(frozen=True, slots=True, config=ConfigDict(strict=True))
class _Stamp:
    """The part of a first line that every format has."""

    record: Literal["header"]
    format: int


# Parts of lines that come again, word for word, in many records, with what may stand in for them:
# most results are seen in every launch and along every axis.
_REPEATED: Mapping[str, object] = {"scenarios": {}, "arrays": (), "relations": ()}
# Such parts as they were read, by name and by the digest of their text. Each is decoded, checked
# and kept once; records share it.
Known: TypeAlias = dict[tuple[str, bytes], Any]

_BUFFER = 2**20
_SPLIT = msgspec.json.Decoder(dict[str, msgspec.Raw])  # a line into the texts of its values
_STAMP = TypeAdapter(_Stamp)
_HEADER = TypeAdapter(Header)
_BODY: TypeAdapter[Observation | End] = TypeAdapter(
    Annotated[Observation | End, Discriminator("record")]
)


def read(path: Path, known: Known | None = None) -> Trial:
    """The trial at `<machine>/<cell>/<trial>.jsonl`.

    Raises RecordError, with the line, for whatever is not a whole record of a known format that
    belongs at this path; OSError where the file cannot be read. known: what other files had, and
    what this one has.
    """
    with path.open("rb", buffering=_BUFFER) as file:
        return parse(file, path, known)


def parse(file: BinaryIO, path: Path, known: Known | None = None) -> Trial:
    """The same of an open file that lies, or is to lie, at `path`."""
    lines = _Lines(file)
    try:
        return _trial(path, lines, {} if known is None else known)
    except ValidationError as error:
        why = _first(error)
    except _RefusedError as error:
        why = str(error)
    raise RecordError(f"{'/'.join(path.parts[-3:])}:{lines.number}: {why}")


class _RefusedError(Exception):
    """Why the line at hand is not acceptable."""


class _Lines:
    """A file line by line; `number` is that of the line at hand."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.number = 0

    def next(self) -> bytes:
        """The next line, empty at the end of the file; never more than a line may hold."""
        self.number += 1
        line = self._file.readline(MAX_LINE_BYTES + 1)
        if len(line) > MAX_LINE_BYTES:
            raise _RefusedError(f"longer than {MAX_LINE_BYTES:,} bytes")
        if self._file.tell() > MAX_FILE_BYTES:
            raise _RefusedError(f"the file is longer than {MAX_FILE_BYTES:,} bytes")
        return line


def _trial(path: Path, lines: _Lines, known: Known) -> Trial:
    header = _header(lines.next(), path, known)
    observations: dict[str, Observation] = {}
    while line := lines.next():
        body = _decoded(_BODY, line, known)
        if isinstance(body, End):
            if body.observations != len(observations):
                raise _RefusedError(
                    f"{body.observations} observations were written, {len(observations)} are here"
                )
            if lines.next():
                raise _RefusedError("something follows the end marker")
            return Trial(path, header, tuple(observations.values()), body)
        if body.scenario in observations:
            raise _RefusedError(f"scenario {body.scenario} is there twice")
        if body.scenario not in header.scenarios:
            raise _RefusedError(f"the header does not declare scenario {body.scenario}")
        observations[body.scenario] = body
    raise _RefusedError("no end marker: the trial died, or the file was cut")


def _header(line: bytes, path: Path, known: Known) -> Header:
    if not line:
        raise _RefusedError("the file is empty")
    stamp = _STAMP.validate_json(line)
    if stamp.format > FORMAT:
        raise _RefusedError(
            f"format {stamp.format} is newer than this sameseed reads ({FORMAT}): upgrade sameseed"
        )
    if stamp.format < 1:
        raise _RefusedError(f"there is no format {stamp.format}")
    header = _decoded(_HEADER, line, known)
    belongs = (header.machine.id, header.cell, f"{header.trial}.jsonl")
    if belongs != (*path.parts[-3:-1], ASIDE.sub(r"\1.jsonl", path.name)):
        raise _RefusedError(f"the header belongs at {'/'.join(belongs)}")
    return header


def _decoded(adapter: TypeAdapter[Line], line: bytes, known: Known) -> Line:
    """A line, decoded and checked in full, but for parts whose very text was checked before.

    Those are the same objects then: what is done for each result need be done only once.
    """
    try:
        values = _SPLIT.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return adapter.validate_json(line)  # and hear what is wrong
    keys = {
        name: (name, hashlib.sha256(values[name]).digest()) for name in _REPEATED if name in values
    }
    there = {name: stand_in for name, stand_in in _REPEATED.items() if keys.get(name) in known}
    decoded = adapter.validate_json(msgspec.json.encode({**values, **there}) if there else line)
    for name, key in keys.items():
        # Frozen for everybody else, but nobody else has seen it yet.
        object.__setattr__(decoded, name, known.setdefault(key, getattr(decoded, name)))
    return decoded


def _first(error: ValidationError) -> str:
    """The first mistake, with the place in the line and without the offending value."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    return f"{place}: {first['msg']}" if place else first["msg"]
