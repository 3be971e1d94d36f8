"""What to call places by their versions: `TensorFlow 2.0.4 to 2.9.3`, `Keras 3.15.1 on JAX 0.5.0`.

For tables that are read without the page: settings, Pythons and machines are left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from packaging.version import InvalidVersion, Version

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from harness.plan import Environment

_NAMES: Mapping[str, str] = {
    "tensorflow": "TensorFlow",
    "keras": "Keras",
    "numpy": "NumPy",
    "python": "Python",
    "jax": "JAX",
    "torch": "Torch",
    "theano": "Theano",
}


class Release(NamedTuple):
    """A version of something, and what else tells it from the same version elsewhere."""

    name: str
    context: str
    version: str


def named(axis: str) -> str:
    """How an axis is written."""
    return _NAMES.get(axis, axis)


def release(environment: Environment, versions: Mapping[str, str]) -> Release:
    """What an environment is called by what was measured there.

    A Keras that comes with its TensorFlow is not named; another one leads.
    """
    backend = environment.backend
    if backend != "tensorflow":
        context = f" on {named(backend)} {versions.get(backend, '')}".rstrip()
        return Release("Keras", context, versions.get("keras", ""))
    tensorflow = versions.get("tensorflow", "")
    if "keras" in environment.axes:
        return Release("Keras", f" on TensorFlow {tensorflow}".rstrip(), versions.get("keras", ""))
    context = " with tf-keras" if "tf-keras" in environment.axes else ""
    return Release("TensorFlow", context, tensorflow)


def told(chosen: Collection[Release], known: Iterable[Release]) -> list[str]:
    """The `chosen` of the releases that are `known`, an item for each name and context.

    `2.0.4 to 2.9.3` means every known version from the one to the other.
    """
    groups: dict[tuple[str, str], set[str]] = {}
    for name, context, version in known:
        groups.setdefault((name, context), set()).add(version)
    items = []
    for (name, context), versions in groups.items():
        ordered = sorted(versions, key=_order)
        runs = _runs([Release(name, context, each) in chosen for each in ordered])
        words = [
            ordered[start] if start == end else f"{ordered[start]} to {ordered[end]}"
            for start, end in runs
        ]
        if words:
            items.append(f"{name} {', '.join(words)}{context}")
    return items


def _runs(flags: Iterable[bool]) -> list[tuple[int, int]]:
    """First and last position of every run of true flags."""
    found: list[tuple[int, int]] = []
    for position, flag in enumerate(flags):
        if flag and found and found[-1][1] == position - 1:
            found[-1] = found[-1][0], position
        elif flag:
            found.append((position, position))
    return found


def _order(version: str) -> tuple[int, Version | str]:
    try:
        return 1, Version(version)
    except InvalidVersion:
        return 0, version
