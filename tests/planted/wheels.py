"""Wheels of the planted framework and of the package that moves with it, written by hand.

A wheel is a zip file with three more files in it:
https://packaging.python.org/en/latest/specifications/binary-distribution-format/
"""

from __future__ import annotations

import base64
import hashlib
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.planted.cases import APIS, CONDITIONS, FRAMEWORK, SECOND

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.planted.cases import Case, Condition

HERE = Path(__file__).parent

# What each release asks of the second package. The lock keeps what the release before it had where
# it can, so both move at 90.10.
_SECOND_FOR = dict.fromkeys(FRAMEWORK, ">=90.2") | {"90.8": "<90.2", "90.9": ">=90.1"}


def write_wheels(folder: Path, cases: Iterable[Case]) -> None:
    """Every release of both packages, each with the faults that are planted in it."""
    cases = list(cases)
    for version in FRAMEWORK:
        contents = _contents(version, _framework_faults(version, cases), _apis(version))
        # On some platforms the build for CPUs has a name of its own.
        for name in ("tensorflow", "tensorflow-cpu"):
            requires = (f"scipy{_SECOND_FOR[version]}", "numpy")
            _write(folder, name, version, "tensorflow", HERE / "framework", contents, requires)
    for version in SECOND:
        contents = _contents(version, _second_faults(version, cases), ())
        _write(folder, "scipy", version, "scipy", HERE / "second", contents, ())


def _framework_faults(version: str, cases: Iterable[Case]) -> dict[str, list[dict[str, Any]]]:
    return _faults(cases, lambda condition: not condition.second and version in condition.framework)


def _second_faults(version: str, cases: Iterable[Case]) -> dict[str, list[dict[str, Any]]]:
    return _faults(cases, lambda condition: version in condition.second)


def _faults(
    cases: Iterable[Case], released: Callable[[Condition], bool]
) -> dict[str, list[dict[str, Any]]]:
    """Case → the faults of it that this release has."""
    found = {
        case.name: [
            fault.table_entry() for fault in case.faults if released(CONDITIONS[fault.condition])
        ]
        for case in cases
    }
    return {name: faults for name, faults in found.items() if faults}


def _apis(version: str) -> tuple[str, ...]:
    return tuple(name for name, versions in APIS.items() if version in versions)


def _contents(version: str, faults: dict[str, list[dict[str, Any]]], apis: tuple[str, ...]) -> str:
    return f"VERSION = {version!r}\nFAULTS = {faults!r}\nAPIS = {apis!r}\n"


def _write(
    folder: Path,
    name: str,
    version: str,
    package: str,
    source: Path,
    contents: str,
    requires: Iterable[str],
) -> None:
    """One wheel: the package's modules, with `contents` in place of its `contents.py`."""
    distribution = f"{name.replace('-', '_')}-{version}"
    files = {
        f"{package}/{path.name}": contents
        if path.name == "contents.py"
        else path.read_text("utf-8")
        for path in sorted(source.glob("*.py"))
    }
    files[f"{distribution}.dist-info/METADATA"] = "\n".join(
        (
            *("Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"),
            *(f"Requires-Dist: {each}" for each in requires),
            "",
        )
    )
    files[f"{distribution}.dist-info/WHEEL"] = (
        "Wheel-Version: 1.0\nGenerator: planted\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    )
    record = f"{distribution}.dist-info/RECORD"
    listed = [f"{path},{_digest(text)},{len(text.encode())}\n" for path, text in files.items()]
    with zipfile.ZipFile(folder / f"{distribution}-py3-none-any.whl", "w") as wheel:
        for path, text in {**files, record: "".join((*listed, f"{record},,\n"))}.items():
            wheel.writestr(zipfile.ZipInfo(path), text)  # a fixed date: the same bytes every time


def _digest(text: str) -> str:
    raw = hashlib.sha256(text.encode()).digest()
    return "sha256=" + base64.urlsafe_b64encode(raw).decode().rstrip("=")
