"""A project in a temporary folder, run as a user runs it: real nox, real uv, real TensorFlow."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import textwrap
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import psutil

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Done:
    """A command that ended."""

    code: int
    output: str


class Project:
    """A checkout of its own, with a matrix of the test's.

    Virtualenvs are shared between projects of one test run, as they are between runs of a user: the
    lock's digest says whether one can be kept.
    """

    seconds = 900.0  # the limit of a command

    def __init__(self, folder: Path, environments: Path) -> None:
        self.folder = folder
        for name in ("noxfile.py", "pyproject.toml", "harness"):
            source = ROOT / name
            if source.is_dir():
                ignored = shutil.ignore_patterns("__pycache__")
                shutil.copytree(source, folder / name, ignore=ignored)
            else:
                shutil.copy2(source, folder / name)
        (folder / ".nox").mkdir()
        try:
            (folder / ".nox" / "audited").symlink_to(environments, target_is_directory=True)
        except OSError:  # Windows without the privilege: then each project installs its own
            (folder / ".nox" / "audited").mkdir()

    def matrix(self, text: str) -> None:
        """Write `matrix.yaml` and resolve it."""
        (self.folder / "matrix.yaml").write_text(textwrap.dedent(text), encoding="utf-8")
        done = self.sameseed("lock")
        assert done.code == 0, done.output

    def sameseed(self, *arguments: str, **variables: str) -> Done:
        """Run `python -m harness`."""
        return self._run([sys.executable, "-m", "harness", *arguments], variables)

    def nox(self, *arguments: str, **variables: str) -> Done:
        """Run nox on the interpreter of the tests, which has everything that it needs."""
        return self._run([sys.executable, "-m", "nox", *arguments], variables)

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start nox in a process group of its own, and leave it running."""
        return subprocess.Popen(
            [sys.executable, "-m", "nox", *arguments],
            cwd=self.folder,
            env=clean_environment({}),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def records(self) -> dict[str, list[dict[str, Any]]]:
        """The lines of every finished trial, by `<cell>/<trial>`."""
        return {
            f"{path.parent.name}/{path.stem}": [
                json.loads(line) for line in path.read_text("utf-8").splitlines()
            ]
            for path in sorted((self.folder / "reports/data").glob("*/*/*.jsonl"))
        }

    def csv(self, name: str) -> pd.DataFrame:
        """One of the report's CSV files; empty fields are empty strings."""
        path = self.folder / "reports" / "csv" / f"{name}.csv"
        return pd.read_csv(path, keep_default_na=False, dtype=str)

    def _run(self, command: list[str], variables: dict[str, str]) -> Done:
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=clean_environment(variables),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            timeout=self.seconds,
            check=False,
        )
        return Done(done.returncode, done.stdout)


def kill_tree(pid: int) -> None:
    """SIGKILL to a process and everything below it, as when a machine goes down."""
    with contextlib.suppress(psutil.NoSuchProcess):
        top = psutil.Process(pid)
        for process in [top, *top.children(recursive=True)]:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()


def wait_for(condition: Callable[[], object], seconds: float) -> None:
    """Wait until `condition()` is true. Fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.1)


def clean_environment(variables: dict[str, str]) -> dict[str, str]:
    """The caller's environment less what belongs to an enclosing nox or audit."""
    ours = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("NOX", "SAMESEED_", "UV_PYTHON", "VIRTUAL_ENV"))
    }
    return {**ours, "NOX_SCRIPT_MODE": "none", "NO_COLOR": "1", **variables}
