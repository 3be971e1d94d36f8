"""Virtualenvs of audited environments: made with uv, kept only while the lock digest matches."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name, canonicalize_version

from harness import interpreters, processes
from harness.errors import InstallError

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.lock import Locked

_MARKER = "sameseed.json"  # inside a virtualenv: what it holds, written last


def python_of(folder: Path) -> Path:
    """The interpreter of a virtualenv: absolute, and the link itself, not what it points to."""
    return folder.absolute() / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def is_current(folder: Path, locked: Locked) -> bool:
    """Whether a virtualenv holds exactly what the lock says. Its name is no evidence."""
    try:
        marker = json.loads((folder / _MARKER).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return (
        marker == {"digest": locked.digest}
        and python_of(folder).exists()
        and _installed(folder) == {_pin(*package.split("==")) for package in locked.packages}
    )


def _installed(folder: Path) -> set[tuple[str, str]]:
    """What lies in a virtualenv, by the names of the folders that describe distributions."""
    site = "Lib/site-packages" if sys.platform == "win32" else "lib/python*/site-packages"
    names = (info.stem.split("-", 1) for info in folder.glob(f"{site}/*.dist-info"))
    return {_pin(*name) for name in names if len(name) == 2}


def _pin(name: str, version: str) -> tuple[str, str]:
    return canonicalize_name(name), canonicalize_version(version)


def install(folder: Path, locked: Locked, say: Callable[[str], None]) -> Path:
    """Make `folder` a virtualenv that holds exactly `locked`; returns its interpreter.

    Nothing happens where it does already. Raises `InstallError` with uv's reason.
    """
    if is_current(folder, locked):
        return python_of(folder)
    if locked.unresolvable:
        raise InstallError("install_failed", locked.unresolvable)
    say(f"looking for Python {locked.python}")
    interpreter = interpreters.find_or_download(locked.python)
    # Made anew: a virtualenv with another content may hold leftovers that no lock describes.
    forget(folder)
    if folder.is_file():
        folder.unlink()
    shutil.rmtree(folder, ignore_errors=True)
    say(f"installing {len(locked.packages)} packages on Python {locked.python}")
    _uv("venv", "--python", interpreter, str(folder))
    with tempfile.TemporaryDirectory() as scratch:
        requirements = Path(scratch, "requirements.txt")
        requirements.write_text(locked.requirements(), encoding="utf-8")
        _uv(
            *("pip", "sync", "--require-hashes", str(requirements)),
            *("--python", str(python_of(folder))),
        )
    (folder / _MARKER).write_text(json.dumps({"digest": locked.digest}), encoding="utf-8")
    return python_of(folder)


def forget(folder: Path) -> None:
    """Have a virtualenv made anew next time."""
    if folder.is_dir():
        (folder / _MARKER).unlink(missing_ok=True)


def prune(folder: Path) -> tuple[int, int]:
    """Remove a virtualenv; returns its size and what that frees on the disk, both in bytes.

    uv links files from its cache where it can: such a file takes no space of its own, and removing
    it frees none.
    """
    if not (folder / _MARKER).is_file():
        return 0, 0  # nothing that we finished making
    forget(folder)  # should removing be interrupted, nobody takes what is left for a whole
    size = freed = 0
    for root, _, names in os.walk(folder):
        for name in names:
            state = Path(root, name).lstat()
            size += state.st_size
            freed += state.st_size if state.st_nlink == 1 else 0
    shutil.rmtree(folder, ignore_errors=True)
    return size, freed


def existing(interpreter: str) -> Path:
    """The interpreter that a matrix names with `interpreter:`; nothing is installed in it.

    Raises `InstallError` (interpreter_missing) where there is none.
    """
    try:
        found = shutil.which(Path(interpreter).expanduser())
    except RuntimeError:  # no such user
        found = None
    if found is None:
        raise InstallError(
            "interpreter_missing", f"`interpreter: {interpreter}` is not an executable file here"
        )
    return Path(found).absolute()


def _uv(*arguments: str) -> None:
    code, log = processes.run([interpreters.uv(), *arguments])
    if code:
        lines = [line for line in log.splitlines() if not line.startswith("warning:")]
        raise InstallError("install_failed", f"uv {arguments[0]}: " + " ".join(lines).strip())
