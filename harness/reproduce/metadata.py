"""The head of a script: PEP 723 metadata that pins a side's packages as they are on record."""

from __future__ import annotations

import re
import textwrap
from functools import cache
from typing import TYPE_CHECKING

from packaging.utils import InvalidName, canonicalize_name
from packaging.version import InvalidVersion, Version

from harness.analysis.facts import package

if TYPE_CHECKING:
    from collections.abc import Mapping

WIDTH = 100
_PYTHON = re.compile(r"\d+\.\d+")


def metadata(packages: Mapping[str, str], python: str, *, installed: bool) -> str:
    """PEP 723: what `uv run` installs. What cannot be installed by name is said in a comment."""
    pins, refused = _pins(packages)
    if not installed:
        brief = ", ".join(pins) or "nothing on record"
        return _comment(
            "The matrix names an interpreter for this environment and locks nothing: run this "
            f"script with that one (Python {python}). It had {brief}."
        )
    lines = [
        "# /// script",
        *([f'# requires-python = "=={python_of(python)}.*"'] if python else []),
        "# dependencies = [",
        *(f'#   "{pin}",' for pin in pins),
        "# ]",
    ]
    names = {pin.split("==")[0] for pin in pins}
    if "tensorflow" not in names and any(package(name) == "tensorflow" for name in names):
        # Packages that ask for TensorFlow by its usual name are content with the build that is
        # there; a second one would overwrite its files.
        lines += [
            "# [tool.uv]",
            """# override-dependencies = ["tensorflow ; sys_platform == 'never'"]""",
        ]
    lines.append("# ///\n")
    return "\n".join(lines) + (
        _comment(f"Not pinned, for what is on record is no requirement: {', '.join(refused)}.")
        if refused
        else ""
    )


def _pins(packages: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """`name==version`, sorted; and what is on record and cannot be written so."""
    good, refused = [], []
    for name, version in sorted(packages.items()):
        pin = _pin(name, version)
        if pin:
            good.append(pin)
        else:
            refused.append(plain(f"{name}=={version}"))
    return good, refused


@cache
def _pin(name: str, version: str) -> str:
    """The requirement, empty where these are no name and no version."""
    try:
        return f"{canonicalize_name(name, validate=True)}=={Version(version)}"
    except (InvalidName, InvalidVersion):
        return ""


def python_of(version: str) -> str:
    """`3.10` of `3.10.14`; empty for what is no version."""
    found = _PYTHON.match(version)
    return found[0] if found else ""


def plain(text: str) -> str:
    """Text on one line and printable; what is not is spelled out."""
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode() for each in text
    )


def _comment(text: str) -> str:
    """Text as comment lines."""
    lines = textwrap.wrap(plain(text), WIDTH - 2)
    return "\n".join(f"# {line}" for line in lines) + "\n"
