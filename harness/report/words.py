"""The report's vocabulary in plain words, in one place for the page and the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

# Stands between the two sides of whatever moved.
ARROW = " → "

# Level → (where two results are compared, what a reader may call the level in a list).
LEVELS: Mapping[str, tuple[str, str]] = {
    "rerun": ("rebuilt in the same process", "reruns"),
    "process": ("between two launches", "launches"),
    "setting": ("between settings", "settings"),
    "python": ("between Python versions", "Python versions"),
    "packages": ("between package versions", "package versions"),
    "backend": ("between Keras backends", "backends"),
    "device": ("between CPU and GPU", "devices"),
    "machine": ("between machines", "machines"),
}

KINDS: Mapping[str, str] = {
    "rounding": "other last bits (rounding)",
    "drift": "the same draw, grown apart (drift)",
    "reordered": "the same values in other places (reordered)",
    "redraw": "another random stream (redraw)",
    "structure": "other arrays, shapes or types (structure)",
    "nonfinite": "infinities or not-a-number (nonfinite)",
    "": "something (the kind is unknown)",
}

STATUSES: Mapping[str, str] = {
    "ok": "measured",
    "unsupported": "not in this version",
    "error": "error",
    "timeout": "ran out of time",
    "crash": "the process died",
    "install_failed": "could not be installed",
    "interpreter_missing": "no such Python here",
    "device_missing": "no such device here",
    "excluded": "excluded",
    "not_run": "not run",
}

# Statuses of something that began and failed; the rest never began.
FAILURES = frozenset({"error", "timeout", "crash"})

AXES: Mapping[str, str] = {
    "tensorflow": "TensorFlow",
    "keras": "Keras",
    "numpy": "NumPy",
    "python": "Python",
    "jax": "JAX",
    "torch": "Torch",
    "trial": "launch",
    "rerun": "build",
}

# Axes whose values alone do not say what they are of.
NAMED_BY_VALUE = frozenset({"setting", "device", "backend", "environment"})

DEFINITIONS: Mapping[str, str] = {
    "scenario": "A small seeded program, such as “seed NumPy and TensorFlow, build a model”, that "
    "yields named arrays.",
    "array": "One named tensor of a scenario, for instance the first layer's weights.",
    "fingerprint": "The SHA-256 of an array's bytes, next to its type and shape. Two arrays agree "
    "when all three do, to the last bit.",
    "environment": "One Python with one fixed set of packages.",
    "cell": "An environment with one setting on one device: the unit that is measured. Where no "
    "setting is named it is the first one of the matrix, where no device is named the CPU.",
    "label": "A name that people give to machines (SAMESEED_MACHINE). Those that share one are "
    "compared as one machine: jobs of a CI service run on another one every time.",
    "launch": "One run of a cell in a fresh process that shares nothing with another; a trial in "
    "the files.",
    "rerun": "Seeding again and building again within one process.",
    "level": "What the two compared results differ in: rerun, process (launch), setting, python, "
    "packages, backend, device or machine.",
    "holds": "At a level, at least one pair of results was compared and every pair is identical.",
    "break": "Two results that differ in one axis only, and whose fingerprints differ.",
    "event": "All breaks at one step of one axis, such as TensorFlow 2.9.3 → 2.10.1.",
    "also moved": "What else on record differs between the two sides. Unless that list is empty, "
    "any of it may be the cause.",
    "variant": "One of the different results of a scenario, lettered A, B, C … in the order of the "
    "columns.",
    "ULP": "Units in the last place: how many representable numbers lie between two values.",
    "claim": "A statement about a scenario's arrays that a source makes, and that was checked.",
    "negative control": "A scenario that must differ, such as unseeded weights in two launches. If "
    "one does not, the harness is blind and nothing here counts.",
}


def axis(name: str) -> str:
    """How an axis is written: `tensorflow` is TensorFlow, other packages are as they are."""
    return AXES.get(name, name)


def on_axis(name: str, value: str) -> str:
    """A value with the name of its axis, where it needs one: `TensorFlow 2.9.3`, but `gpu`."""
    return value if name in NAMED_BY_VALUE else f"{axis(name)} {value}"


def step(name: str, before: str, after: str) -> str:
    """A step along an axis: `TensorFlow 2.9.3 → 2.10.1`."""
    return f"{axis(name)} {before}{ARROW}{after}"


def count(number: int, noun: str, plural: str = "") -> str:
    """A number with its noun: `1 scenario`, `1,200 scenarios`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def listed(words: list[str] | tuple[str, ...]) -> str:
    """Words in a sentence: `a`, `a and b`, `a, b and c`."""
    *head, last = words
    return f"{', '.join(head)} and {last}" if head else last
