"""Finding Python interpreters on this machine, and uv beside this one."""

from __future__ import annotations

import os
import shutil
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import findpython
from findpython.providers.base import BaseProvider

from harness import processes
from harness.errors import InstallError

if TYPE_CHECKING:
    from collections.abc import Iterable


class CondaProvider(BaseProvider):
    """Conda environments that are not active; findpython knows the active one from PATH.

    conda lists every environment it makes in `~/.conda/environments.txt`.
    """

    @classmethod
    def create(cls) -> CondaProvider:
        """One provider; findpython asks for it."""
        return cls()

    def find_pythons(self) -> Iterable[findpython.PythonVersion]:
        """The interpreters of all listed environments that still exist."""
        try:
            listed = Path.home().joinpath(".conda", "environments.txt").read_text("utf-8")
        except (OSError, UnicodeDecodeError):
            return
        inside = "python.exe" if sys.platform == "win32" else "bin/python"
        for prefix in listed.split("\n"):
            path = Path(prefix.strip(), inside)
            if prefix.strip() and path.exists():
                yield self.version_maker(path)


@cache
def uv() -> str:
    """The path of uv: the one installed with nox, or one on PATH.

    Raises `InstallError` where there is none.
    """
    try:
        from uv import find_uv_bin

        return os.fsdecode(find_uv_bin())
    except (ImportError, FileNotFoundError):
        found = shutil.which("uv")
    if found is None:
        raise InstallError("install_failed", "uv is missing: `pip install 'nox[uv]'`")
    return found


@cache
def find(version: str) -> str | None:
    """An interpreter of this version ("3.10" or "3.10.13") that is already here, or None.

    CPython with its global lock: for no other build are there TensorFlow wheels.
    Looks where findpython looks (PATH, pyenv, uv, asdf, rye, the Windows registry, which the py
    launcher reads too) and in conda environments. Takes a second or two, because candidates are
    asked for their version.
    """
    finder = findpython.Finder(resolve_symlinks=True)
    finder.add_provider(CondaProvider())
    found = finder.find(f"cpython@{version}")
    return str(found.executable) if found else None


def find_or_download(version: str) -> str:
    """`find`, and a download by uv where nothing is here.

    Raises `InstallError` (interpreter_missing) where that fails too.
    """
    found = find(version)
    if found:
        return found
    code, log = processes.run([uv(), "python", "install", version])
    if code == 0:
        code, log = processes.run([uv(), "python", "find", "--managed-python", version])
        if code == 0:
            return log.strip().splitlines()[-1]
    lines = log.strip().splitlines() or [f"uv ended with exit code {code}"]
    raise InstallError(
        "interpreter_missing",
        f"Python {version} is not on this machine and could not be downloaded ({lines[0]}). "
        "Install it, or name one with `interpreter:` in matrix.yaml",
    )
