"""Entries of the matrix → candidates: one per combination of their lists, each with its id.

An id is built from what tells an environment apart: `tf2_9_3_py3_10`, `keras3_0_5_jax_py3_11`.
NumPy and further packages take part only when they are written as lists, because a value that
every environment of an entry shares tells nothing apart.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING

from harness.matrix_types import AXES, SAME, Single, is_specifier

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from harness.matrix import Entry, Matrix
    from harness.matrix_types import Device
    from harness.rules import Facts

PREFIXES = {"tensorflow": "tf", "keras": "keras", "backend": "", "numpy": "np", "python": "py"}
ALWAYS_IN_ID = ("tensorflow", "keras", "python")
SIGNS = {"<=": "le", ">=": "ge", "==": "eq", "!=": "ne", "~=": "like", "<": "lt", ">": "gt"}


@dataclass(frozen=True)
class Candidate:
    """An environment as its entry makes it, before rules and profiles."""

    id: str
    entry: int  # index in `environments`
    axes: Mapping[str, str]
    python: str | None
    interpreter: str | None
    backend: str
    requirements: Mapping[str, str]  # package name → PEP 508
    devices: tuple[Device, ...]
    prereleases: bool = False

    @property
    def facts(self) -> Facts:
        """What rules compare."""
        return {**self.axes, "backend": self.backend, "environment": self.id}


def expand(matrix: Matrix) -> tuple[Candidate, ...]:
    """Every environment of the matrix, in its order: the first axis varies slowest."""
    return tuple(
        candidate
        for index, entry in enumerate(matrix.environments)
        for values in product(*entry.lists().values())
        for candidate in _candidates(
            index, entry, dict(zip(entry.lists(), values, strict=True)), matrix.devices
        )
    )


def _candidates(
    index: int, entry: Entry, axes: Mapping[str, str], devices: tuple[Device, ...]
) -> Iterator[Candidate]:
    """One environment, and one more for each device that needs other packages."""
    shared = Candidate(
        id=entry.name or _id(entry, axes),
        entry=index,
        axes=axes,
        python=axes.get("python"),
        interpreter=entry.interpreter,
        backend=axes.get("backend", "tensorflow"),
        requirements={} if entry.interpreter else _requirements(axes),
        devices=tuple(device for device in devices if not entry.packages_on.get(device)),
        prereleases=entry.prereleases,
    )
    if shared.devices:
        yield shared
    for device in devices:
        if other := entry.packages_on.get(device):
            yield replace(
                shared,
                id=f"{shared.id}_{device}",
                requirements={**shared.requirements, **_replacements(other, axes)},
                devices=(device,),
            )


def _requirements(axes: Mapping[str, str]) -> dict[str, str]:
    pins = {name: pin for name, pin in axes.items() if name not in ("backend", "python")}
    backend = axes.get("backend", "tensorflow")
    requirements = {name: name + specifier(pin) for name, pin in pins.items()}
    return {**requirements, backend: requirements.get(backend, backend)}


def _replacements(packages: Mapping[str, str], axes: Mapping[str, str]) -> dict[str, str]:
    names = {package: package.partition("[")[0] for package in packages}
    return {
        names[package]: package + specifier(axes[names[package]] if pin == SAME else pin)
        for package, pin in packages.items()
    }


def specifier(pin: str) -> str:
    """A pin the way PEP 508 writes it: `3.19.6` becomes `==3.19.6`, `<3.20` stays."""
    return pin if is_specifier(pin) else f"=={pin}"


def _id(entry: Entry, axes: Mapping[str, str]) -> str:
    lists = entry.lists()
    parts = []
    for axis, value in axes.items():
        if axis == "backend":
            # Where the backend's own version is in the id, it names the backend.
            named = value != "tensorflow" and isinstance(lists.get(value, Single()), Single)
        else:
            named = axis in ALWAYS_IN_ID or not isinstance(lists[axis], Single)
        if named:
            prefix = slug(PREFIXES[axis] if axis in AXES else axis)
            # The only specifier of a package tells nothing apart: that the package is there does.
            only = axis not in AXES and len(lists[axis]) == 1 and is_specifier(value)
            parts.append(prefix if only else prefix + slug(value))
    return "_".join(parts)


def slug(text: str) -> str:
    """A text as a part of an id: `2.9.3` → `2_9_3`, `<3.20` → `lt3_20`."""
    signs = re.sub(r"[<>=!~]=|[<>]", lambda sign: SIGNS[sign.group()], text.lower())
    return re.sub(r"[^a-z0-9]+", "_", signs).strip("_")
