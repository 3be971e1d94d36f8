"""What `causes.yaml` and `claims.yaml` may say."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from harness.matrix_types import (
    Backend,
    Glob,
    Name,
    OneOrMore,
    Package,
    Pin,
    is_specifier,
    wrong,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

Level: TypeAlias = Literal[
    "rerun", "process", "setting", "python", "packages", "backend", "device", "machine"
]
Kind: TypeAlias = Literal["rounding", "drift", "reordered", "redraw", "structure", "nonfinite"]

THREADS = "threads"  # what a setting may change besides environment variables


def _exact(text: str) -> str:
    if is_specifier(text):
        raise wrong(f'"{text}" is not an exact version', 'write the first with the change: "2.10"')
    return text


def _item(text: str) -> str:
    """Lists in tables are joined with semicolons, and stand on one line."""
    if ";" in text or "\n" in text.strip():
        raise wrong("a semicolon or a line break inside", "write one sentence on one line")
    return text.strip()


def _url(text: str) -> str:
    if not text.startswith("https://") or any(sign in text for sign in " ;"):
        raise wrong(f'"{text}" is no address', "write one that begins with https://")
    return text


Exact = Annotated[Pin, AfterValidator(_exact)]
Sentence = Annotated[str, Field(min_length=1), AfterValidator(_item)]
Url = Annotated[str, AfterValidator(_url)]


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Step(_Strict):
    """What the two compared results differ in.

    package, changed_in: it covers the steps from a version before `changed_in` to this one or a
    later one, be the package the axis or among what else moved; without `changed_in`, every step
    at which the package moves. variables: all that the two settings differ in is among these,
    patterns for names of environment variables, and `threads`. recorded: a pattern for each thing
    that must be on record as differing, such as `onednn off → on`.
    """

    level: OneOrMore[Level]
    package: Package | None = None
    changed_in: Exact | None = None
    variables: OneOrMore[Glob] = ()
    recorded: OneOrMore[Glob] = ()

    @model_validator(mode="after")
    def _together(self) -> Step:
        if self.changed_in and not self.package:
            raise wrong("changed_in without a package", "add package:")
        if any((level in ("packages", "python")) != bool(self.package) for level in self.level):
            hint = "write package: with the levels packages and python, and with no other"
            raise wrong("package and level do not go together", hint)
        if any((level == "setting") != bool(self.variables) for level in self.level):
            hint = "write variables: with the level setting, and with no other"
            raise wrong("variables and level do not go together", hint)
        return self


class Scope(_Strict):
    """Which results an entry speaks of.

    versions: package → specifier for what was imported or installed; settings: patterns for their
    names. Of a step, both sides must fit.
    """

    scenarios: OneOrMore[Glob]
    versions: dict[Package, Pin] = {}
    backends: OneOrMore[Backend] = ()
    settings: OneOrMore[Glob] = ()

    def names(self, scenarios: Iterable[str]) -> frozenset[str]:
        """Those of the `scenarios` that it speaks of."""
        return frozenset(
            name for name in scenarios if any(fnmatchcase(name, glob) for glob in self.scenarios)
        )


class Cause(Scope):
    """A documented cause: why results differ at a step.

    kinds: the kinds of difference that it explains, all if none is named. first: patterns for the
    name of the first array that differs.
    """

    id: Name
    title: Sentence
    url: Url
    step: Step
    kinds: OneOrMore[Kind] = ()
    first: OneOrMore[Glob] = ()


class Test(Scope):
    """How a claim is put to the test: by a relation in each cell, or by comparing at a step.

    relation, holds: what the claim says of a relation of these scenarios, `launches agree` among
    them. step, differs: what it says of results at a step. anywhere: one scenario of which it is
    true is enough: a claim that something fails is right where anything does.
    """

    relation: str | None = None
    holds: bool | None = None
    step: Step | None = None
    differs: bool | None = None
    anywhere: bool = False

    @model_validator(mode="after")
    def _one_of_two(self) -> Test:
        given = tuple(
            value is not None for value in (self.relation, self.holds, self.step, self.differs)
        )
        if given not in ((True, True, False, False), (False, False, True, True)):
            raise wrong(
                "a test is a relation or a step",
                "write relation: with holds:, or step: with differs:",
            )
        return self


class Claim(_Strict):
    """Something that somebody says, in plain words, and how to find out."""

    id: Name
    text: Sentence
    source: Sentence
    url: Url | None = None
    tests: tuple[Test, ...] = Field(min_length=1, strict=False)


class Causes(_Strict):
    """`causes.yaml`."""

    version: int = Field(ge=1, le=1)
    causes: tuple[Cause, ...] = Field(strict=False)


class Claims(_Strict):
    """`claims.yaml`."""

    version: int = Field(ge=1, le=1)
    claims: tuple[Claim, ...] = Field(strict=False)
