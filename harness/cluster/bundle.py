"""The project as it travels: what a nox session needs beside the installed package, as one zip."""

from __future__ import annotations

import hashlib
import io
import zipfile
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from harness.cluster import ClusterError

if TYPE_CHECKING:
    from collections.abc import Sequence

_BESIDE = ("noxfile.py", "pyproject.toml")
_MATRIX, _LOCK = "matrix.yaml", "matrix.lock"  # whatever they are called here
_TIME = (1980, 1, 1, 0, 0, 0)  # the same files give the same bytes


def pack(matrix: Path, lock: Path, scenario_files: Sequence[str]) -> bytes:
    """Pack a project. scenario_files: the user's own, absolute paths.

    Raises `ClusterError` where a file is missing or cannot lie at the same place elsewhere.
    """
    folder = matrix.resolve().parent
    members = {_MATRIX: matrix, _LOCK: lock}
    for name in _BESIDE:
        if not (folder / name).is_file():
            raise ClusterError(
                f"there is no {name} in {folder}: a worker runs the project's nox sessions. "
                "Run this in a checkout of sameseed"
            )
        members[name] = folder / name
    for file in map(Path, scenario_files):
        if not file.is_relative_to(folder):
            raise ClusterError(
                f"{file} lies outside of {folder}, which is all that workers get: move it there, "
                "and name it in matrix.yaml as seen from there"
            )
        members[file.relative_to(folder).as_posix()] = file
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, path in members.items():
            archive.writestr(zipfile.ZipInfo(name, _TIME), path.read_bytes(), zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def digest(bundle: bytes) -> str:
    """What a worker compares what it got with."""
    return hashlib.sha256(bundle).hexdigest()


def unpack(bundle: bytes, folder: Path) -> None:
    """Unpack into a new folder. Raises `ClusterError` for a name that leads out of it."""
    with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
        for member in archive.infolist():
            inside = PurePosixPath(member.filename)
            wild = "\\" in member.filename or ":" in member.filename
            if wild or inside.is_absolute() or ".." in inside.parts or member.is_dir():
                raise ClusterError(f"{member.filename!r} does not lie in the project's folder")
            target = folder / inside
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(archive.read(member))
