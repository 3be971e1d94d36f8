"""Confounders: what else on record differs between two sides that should differ in one axis only.

Every recorded fact counts but those that are the axis itself, and those that never decide a result:
the hash seed of a launch, paths and times.
"""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from packaging.utils import canonicalize_name

from harness.analysis.frames import Where, where
from harness.probe import schema
from harness.tables import table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd

    from harness.records import Header, Trial

ABSENT = "absent"


class Fact(NamedTuple):
    """One thing on record: what group of facts it is from, and its name there."""

    group: str  # "package", "python", "framework", "variable" or "machine"
    name: str


# What is on record of a machine.
MACHINE_FACTS = ("cpu", "isa", "arch", "cores", "os", "libc", "gpu", "gpu_driver")
# TensorFlow is published under several names; all are TensorFlow.
_TENSORFLOW = re.compile(
    r"tensorflow(-(cpu|gpu|intel|macos|aws|cpu-aws|rocm))?|tf-nightly(-cpu|-gpu)?"
)

# What moves most results comes first; the rest follows alphabetically.
_HEAVY = (
    "numpy",
    "keras",
    "tf-keras",
    "python",
    "tensorflow",
    "jax",
    "jaxlib",
    "torch",
    "onednn",
    "h5py",
    "protobuf",
    "ml-dtypes",
    "scipy",
    "intra_threads",
    "inter_threads",
    "start_method",
)

# Facts of a package's binary, which no other release can share, by that package: where the package
# differs, such a fact tells nothing more.
_FOLLOWS: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(("git", "compiler", "cuda_build"), frozenset({"tensorflow"})),
    **dict.fromkeys(("cuda", "cudnn"), frozenset({"tensorflow", "torch"})),
    **dict.fromkeys(
        ("onednn_isa", "onednn_version"), frozenset({"tensorflow", "torch", "jaxlib", "jax"})
    ),
    **dict.fromkeys(
        ("numpy_simd", "openblas", "openblas_core", "openblas_threads"), frozenset({"numpy"})
    ),
    **dict.fromkeys(("mkl", "mkl_isa", "cpu_capability"), frozenset({"torch"})),
    "xla_isa": frozenset({"jaxlib", "jax"}),
}
# Which device a trial sees, and what there is to tell of a GPU.
_DEVICE = frozenset(
    {
        *("CUDA_VISIBLE_DEVICES", "NVIDIA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER", "JAX_PLATFORMS"),
        *("gpus", "platform", "compute_capability", "cuda_runtime", "cudnn_runtime"),
        *("tf32", "cudnn_tf32", "cudnn_benchmark", "cudnn_deterministic"),
    }
)
# Variables that never decide a result, or only through what is recorded elsewhere (paths).
NEVER = frozenset(
    {"PYTHONHASHSEED", "PYTHONPATH", "PYTHONHOME", "PYTHONPYCACHEPREFIX", "KERAS_HOME"}
)


@cache  # asked of the same few hundred names for every launch
def package(name: str) -> str:
    """The normalised name, one for all distributions of TensorFlow."""
    name = canonicalize_name(name)
    return "tensorflow" if _TENSORFLOW.fullmatch(name) else name


def facts(header: Header) -> dict[Fact, str]:
    """Every fact of one trial that could decide a result."""
    found = {Fact("package", package(name)): value for name, value in header.packages.items()}
    python = header.python
    found[Fact("python", "python")] = python.version
    found[Fact("python", "implementation")] = python.implementation
    for name, value in header.framework.items():
        # Versions are there under the package's name already.
        if Fact("package", package(name)) not in found:
            found[Fact("framework", name)] = str(value)
    for name, value in header.variables.items():
        if name not in NEVER:
            found[Fact("variable", name)] = value
    known = {fact: _one_item(value) for fact, value in found.items() if value}
    return known | machine_facts(header)


def machine_facts(header: Header) -> dict[Fact, str]:
    """What is on record of the machine of a trial."""
    values = ((name, getattr(header.machine, name)) for name in MACHINE_FACTS)
    return {Fact("machine", name): _one_item(str(value)) for name, value in values if value}


def by_place(trials: Iterable[Trial]) -> dict[Where, dict[Fact, str]]:
    """The facts behind the results of each cell and machine."""
    found: dict[Where, list[dict[Fact, str]]] = defaultdict(list)
    for trial in trials:
        if any(observation.status == schema.OK for observation in trial.observations):
            found[where(trial.header)].append(facts(trial.header))
    return {here: merged(sides) for here, sides in found.items()}


def frame(known: Mapping[Where, Mapping[Fact, str]]) -> pd.DataFrame:
    """One row per place and fact, weightiest facts first."""
    return table(
        "facts",
        (
            (*here, fact.group, fact.name, found[fact])
            for here, found in known.items()
            for fact in sorted(found, key=_weight)
        ),
    )


def merged(sides: Iterable[Mapping[Fact, str]]) -> dict[Fact, str]:
    """The facts of several trials as one; where they disagree, all values, joined with " / "."""
    values: dict[Fact, set[str]] = {}
    sides = list(sides)
    for side in sides:
        for fact, value in side.items():
            values.setdefault(fact, set()).add(value)
    for fact, found in values.items():
        if any(fact not in side for side in sides):
            found.add(ABSENT)
    return {fact: " / ".join(sorted(found)) for fact, found in values.items()}


def confounders(
    level: str, axis: str, left: Mapping[Fact, str], right: Mapping[Fact, str]
) -> tuple[str, ...]:
    """What differs besides the axis, as `keras 2.9.0 → 2.10.0`, weightiest first."""
    differing = [fact for fact in left.keys() | right.keys() if left.get(fact) != right.get(fact)]
    if level == "backend":
        # What only one of two backends knows of itself describes that backend.
        differing = [
            fact for fact in differing if fact.group != "framework" or fact in left.keys() & right
        ]
    moved = {fact.name for fact in differing if fact.group == "package"}
    if level == "packages":
        moved.add(package(axis))
    return tuple(
        f"{fact.name} {left.get(fact, ABSENT)} → {right.get(fact, ABSENT)}"
        for fact in sorted(differing, key=_weight)
        if not _is_axis(fact, level, axis)
        and not (fact.group == "framework" and moved & _FOLLOWS.get(fact.name, frozenset()))
    )


def _is_axis(fact: Fact, level: str, axis: str) -> bool:
    """Whether a fact is the axis itself, or follows from it by definition."""
    if level == "setting":
        # A setting is variables and threads, and what the framework makes of them.
        return fact.group in ("variable", "framework") and fact.name != "start_method"
    if level == "device":
        return fact.group in ("variable", "framework") and fact.name in _DEVICE
    if level == "backend":
        return fact in (Fact("framework", "backend"), Fact("variable", "KERAS_BACKEND"))
    if level == "python":
        return fact == Fact("python", "python")
    if level != "packages" or fact.group not in ("package", "framework"):
        return False
    # Which of two packages the audited Keras comes from.
    return fact.name == package(axis) or (axis, fact.name) == ("keras", "tf-keras")


def _weight(fact: Fact) -> tuple[int, str, str]:
    rank = _HEAVY.index(fact.name) if fact.name in _HEAVY else len(_HEAVY)
    return rank, fact.name.lower(), fact.group


def _one_item(value: str) -> str:
    """Confounders are joined with "; " and stand on one line."""
    return " ".join(value.replace(";", ",").split())
