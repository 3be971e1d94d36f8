"""Which Pythons a TensorFlow release has wheels for, known before anything is downloaded."""

from __future__ import annotations

from packaging.version import InvalidVersion, Version

OLDEST_PYTHON = (3, 7)  # the probe runs on nothing older

# TensorFlow minor → first and last minor of CPython 3 with a Linux wheel, from 3.7 up. Read on
# 2026-11-22 from uv, which lists the ABI tags of a release when none of them fits, for every final
# release from 1.15.0 to 2.21.0 (the newest), with `tensorflow-cpu` alike wherever it exists:
#     echo "tensorflow==2.7.4" | uv pip compile --no-deps --python-version 3.14 \
#         --only-binary :all: -
WHEELS = {
    (1, 15): (7, 7),
    (2, 0): (7, 7),
    (2, 1): (7, 7),
    (2, 2): (7, 8),
    (2, 3): (7, 8),
    (2, 4): (7, 8),
    (2, 5): (7, 9),
    (2, 6): (7, 9),
    (2, 7): (7, 9),
    (2, 8): (7, 10),
    (2, 9): (7, 10),
    (2, 10): (7, 10),
    (2, 11): (7, 10),
    (2, 12): (8, 11),
    (2, 13): (8, 11),
    (2, 14): (9, 11),
    (2, 15): (9, 11),
    (2, 16): (9, 12),
    (2, 17): (9, 12),
    (2, 18): (9, 12),
    (2, 19): (9, 12),
    (2, 20): (9, 13),
    (2, 21): (10, 13),
}
# The one release that left a Python behind in the middle of its minor.
EXCEPTIONS = {"2.11.1": (8, 10)}


def pythons(tensorflow: str) -> tuple[str, ...] | None:
    """The Pythons that `tensorflow` has wheels for, oldest first; None where that is not known.

    >>> pythons("2.7.4")
    ('3.7', '3.8', '3.9')
    """
    try:
        version = Version(tensorflow)
    except InvalidVersion:
        return None
    span = EXCEPTIONS.get(tensorflow) or WHEELS.get((version.major, version.minor))
    if span is None:
        return None
    first, last = span
    return tuple(f"3.{minor}" for minor in range(first, last + 1))


def has_wheel(tensorflow: str, python: str) -> bool:
    """Whether `tensorflow` has a wheel for `python` ("3.10" or "3.10.13"), as far as is known."""
    known = pythons(tensorflow)
    minor = ".".join(python.split(".")[:2])
    return known is None or minor in known
