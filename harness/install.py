"""Virtualenvs of audited environments: made with uv, kept only while the lock digest matches."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

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
    return marker == {"digest": locked.digest} and python_of(folder).exists()


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


def existing(interpreter: str) -> Path:
    """The interpreter that a matrix names with `interpreter:`; nothing is installed in it.

    Raises `InstallError` (interpreter_missing) where there is none.
    """
    found = shutil.which(Path(interpreter).expanduser())
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
