"""When a rule of the matrix applies: conditions on axes, as versions, names or patterns."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version

from harness.matrix_types import is_specifier

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from harness.matrix import When

Facts = dict[str, str]  # axis → value, with environment, and for a cell setting and device


def applies(when: When, facts: Mapping[str, str]) -> bool:
    """Whether every condition holds: one value of a list is enough, an absent axis never is."""
    return all(
        axis in facts and any(holds(axis, value, facts[axis]) for value in wanted)
        for axis, wanted in when.items()
    )


def holds(axis: str, wanted: str, actual: str) -> bool:
    """Whether one value of an axis is what a rule wants.

    | wanted       | compared as |
    | ------------ | ----------- |
    | `tf2_*`      | pattern, for `environment` |
    | `>=2.16`     | specifier, where the axis has an exact version; pre-releases count |
    | `2.16`       | version: the same as 2.16.0 |
    | anything else | text |
    """
    if axis == "environment":
        return fnmatchcase(actual, wanted)
    if wanted == actual:
        return True
    version = parsed(actual)
    if version is None:
        return False
    if is_specifier(wanted):
        return SpecifierSet(wanted).contains(version, prereleases=True)
    return version == parsed(wanted)


def parsed(text: str) -> Version | None:
    """An exact version, or None where the text is a specifier or a name."""
    try:
        return Version(text)
    except InvalidVersion:
        return None


def matching(patterns: Iterable[str], names: Iterable[str]) -> tuple[str, ...]:
    """The names that fit at least one pattern, in their order."""
    wanted = tuple(patterns)
    return tuple(name for name in names if any(fnmatchcase(name, pattern) for pattern in wanted))
