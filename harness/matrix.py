"""`matrix.yaml`: what it may say, and the file turned into a frozen, validated model.

`load_matrix` reads the file, `Matrix` says what may stand there. What a matrix means (its
environments and cells, rules that match nothing, ids that collide) is `harness.plan`'s business.
The descriptions below end up in `docs/matrix.schema.json`, from which editors complete the file.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeAlias, get_args

from pydantic import Field, PrivateAttr, ValidationError

from harness.errors import MatrixError
from harness.gate.policy import Policy
from harness.matrix_problems import explanations, misused_entries, misused_rules
from harness.matrix_types import (
    Backend,
    Condition,
    Day,
    Device,
    FileName,
    Glob,
    Name,
    OneOrMore,
    Package,
    PackageAxis,
    PackageWithExtras,
    Pin,
    PinOrSame,
    Platform,
    Python,
    Strict,
    Value,
    Variable,
)
from harness.yaml_positions import Source, read

if TYPE_CHECKING:
    from pathlib import Path

FORMAT = 1  # the only one so far
PLATFORMS: tuple[Platform, ...] = get_args(Platform)


class Entry(Strict):
    """Environments: the product of the lists written here, or one existing interpreter."""

    name: Name | None = Field(
        default=None, description="Id, where the entry makes one environment."
    )
    python: OneOrMore[Python] = Field(default=(), description="Python versions, quoted.")
    tensorflow: OneOrMore[Pin] = Field(default=(), description="TensorFlow versions, quoted.")
    keras: OneOrMore[Pin] = Field(default=(), description="Keras versions, quoted.")
    numpy: OneOrMore[Pin] = Field(default=(), description="NumPy versions, quoted.")
    backend: OneOrMore[Backend] = Field(default=(), description="What Keras computes with.")
    packages: dict[PackageAxis, OneOrMore[Pin]] = Field(
        default={}, description="More packages: an exact version or a specifier, or a list of them."
    )
    packages_on: dict[Device, dict[PackageWithExtras, PinOrSame]] = Field(
        default={},
        description="What another device needs instead, such as tensorflow[and-cuda]: same. "
        "That device then gets an environment of its own.",
    )
    prereleases: bool = Field(
        default=False,
        description="Take the newest there is: versions may be specifiers, pre-releases count, "
        "exclude_newer does not.",
    )
    interpreter: str | None = Field(
        default=None,
        min_length=1,
        description="Path of an existing interpreter: nothing is installed, what is there is "
        "recorded. Needs a name.",
    )

    def lists(self) -> dict[str, tuple[str, ...]]:
        """The declared axes in their fixed order, each with its values."""
        axes: dict[str, tuple[str, ...]] = {
            "tensorflow": self.tensorflow,
            "keras": self.keras,
            "backend": self.backend,
            "numpy": self.numpy,
            "python": self.python,
            **dict(sorted(self.packages.items())),
        }
        return {axis: values for axis, values in axes.items() if values}

    def place(self, axis: str) -> tuple[str, ...]:
        """Where an axis stands inside the entry."""
        return ("packages", axis) if axis in self.packages else (axis,)


When: TypeAlias = dict[str, OneOrMore[Condition]]


class Include(Strict):
    """Adds packages to the environments it matches, or limits where they run."""

    when: When = Field(min_length=1, description="Axes or environment, with what must hold.")
    packages: dict[Package, Pin] = Field(default={}, description="Constraints to install with.")
    settings: OneOrMore[Name] = Field(default=(), description="Only these settings.")
    devices: OneOrMore[Device] = Field(default=(), description="Only these devices.")


class Exclude(Strict):
    """Takes out the cells it matches; the report shows them with the reason."""

    when: When = Field(
        min_length=1, description="Axes, environment, setting or device, with what must hold."
    )
    reason: str = Field(min_length=1, pattern=r"\S", description="Why, for the report's reader.")


class Setting(Strict):
    """A variation at run time, inside an installed environment."""

    env: dict[Variable, Value] = Field(
        default={}, description="Environment variables; quote the values."
    )
    threads: int | None = Field(
        default=None, ge=1, le=4096, description="Threads, where not the matrix's default."
    )


class Scenarios(Strict):
    """Which scenarios of the standard suite run."""

    include: OneOrMore[Glob] = Field(default=("*",), description="Patterns such as recipes/*.")
    exclude: OneOrMore[Glob] = Field(default=(), description="Patterns of what to leave out.")
    files: OneOrMore[FileName] = Field(
        default=(),
        description="Python files with scenarios of your own, relative to this file's folder.",
    )


class Profile(Strict):
    """A part of the matrix with a name; `nox` runs the one called default."""

    environments: OneOrMore[Glob] = Field(
        default=("*",), description="Patterns of environment ids."
    )
    settings: OneOrMore[Name] = Field(default=(), description="Only these settings.")
    devices: OneOrMore[Device] = Field(default=(), description="Only these devices.")
    trials: int | None = Field(default=None, ge=1, le=1000, description="Launches per cell, here.")


class Matrix(Strict):
    """What sameseed audits: environments × settings × devices."""

    version: int = Field(
        ge=FORMAT, le=FORMAT, description="The format of this file.", json_schema_extra={"const": 1}
    )
    trials: int = Field(default=2, ge=1, le=1000, description="Independent launches of each cell.")
    threads: int = Field(
        default=2, ge=1, le=4096, description="Threads per trial, the same on every machine."
    )
    scenario_seconds: float = Field(
        default=120, gt=0, le=86_400, description="Time limit of one scenario."
    )
    max_cells: int = Field(
        default=500, ge=1, description="Refuse a matrix with more cells than this."
    )
    exclude_newer: Day | None = Field(
        default=None, description="The lock ignores what was uploaded after this day."
    )
    platforms: OneOrMore[Platform] = Field(
        default=PLATFORMS, description="What the lock is made for."
    )
    environments: tuple[Entry, ...] = Field(
        min_length=1, strict=False, description="Each entry is the product of its lists."
    )
    include: tuple[Include, ...] = Field(
        default=(),
        strict=False,
        description="Rules that add packages or limit settings and devices.",
    )
    exclude: tuple[Exclude, ...] = Field(
        default=(), strict=False, description="Rules that take cells out, each with its reason."
    )
    settings: dict[Name, Setting] = Field(
        default={"default": Setting()}, min_length=1, description="Variations at run time, by name."
    )
    devices: OneOrMore[Device] = Field(default=("cpu",), description="Where the cells run.")
    scenarios: Scenarios = Field(
        default=Scenarios(), description="Which scenarios run; default all."
    )
    profiles: dict[Name, Profile] = Field(
        default={}, description="Parts of the matrix, by name. `all` is built in."
    )
    policy: Policy = Field(
        default=Policy(), description="What breaks count as for `sameseed check`."
    )

    _source: Source = PrivateAttr(default_factory=Source)

    def model_post_init(self, context: object, /) -> None:
        """Keep the places that `load_matrix` hands over."""
        if isinstance(context, Source):
            self._source = context

    @property
    def source(self) -> Source:
        """Where each value stands in the file; knows only the file's usual name without one."""
        return self._source


def load_matrix(path: Path) -> Matrix:
    """Read and validate a matrix file. Raises `MatrixError` with every mistake in it."""
    document = read(path)
    problems = list(document.problems)
    try:
        matrix = Matrix.model_validate(document.data, context=document.source)
    except ValidationError as error:
        told = {(problem.line, problem.column) for problem in problems}
        problems += [
            problem
            for problem in explanations(error, document.source, Matrix)
            if (problem.line, problem.column) not in told
        ]
    else:
        problems += [*misused_entries(matrix), *misused_rules(matrix)]
    if problems:
        raise MatrixError(tuple(sorted(problems, key=lambda found: (found.line, found.column))))
    return matrix


def json_schema() -> dict[str, Any]:
    """The format of `matrix.yaml` as a JSON Schema (draft 2020-12)."""
    schema: dict[str, Any] = _useful(Matrix.model_json_schema())
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _useful(schema: Any) -> Any:
    """Close mappings whose keys follow a pattern, and drop what editors would only get wrong.

    That is titles that pydantic makes up, and defaults that say no more than "nothing".
    """
    if isinstance(schema, list):
        return [_useful(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {"additionalProperties": False} if "patternProperties" in schema else {}
    return closed | {
        key: _useful(part)
        for key, part in schema.items()
        if key != "title" and not (key == "default" and (not part or isinstance(part, dict)))
    }


def schema_text() -> str:
    """What `docs/matrix.schema.json` holds."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"
