"""A command ends with whoever started it, and all below it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.project import wait_for

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the commands are those of a shell")

# Beyond the session of its parent, as trials are.
TREE = """
import pathlib, subprocess, sys, time
sleep = [sys.executable, "-c", "import time; time.sleep(99)"]
child = subprocess.Popen(sleep, start_new_session=True)
pathlib.Path("pid").write_text(str(child.pid))
time.sleep(99)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "attempt").mkdir()
    return tmp_path / "attempt"


def start(folder: Path, script: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [
            sys.executable,
            "-m",
            "harness.cluster.session",
            str(folder),
            sys.executable,
            "-c",
            script,
        ],
        stdin=subprocess.PIPE,
    )


def grandchild(folder: Path) -> int:
    wait_for(lambda: (folder / "pid").exists() and (folder / "pid").read_text(), 30)
    return int((folder / "pid").read_text())


def gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_it_ends_as_the_command_does_and_keeps_what_it_said(folder: Path) -> None:
    with start(folder, "print('said'); raise SystemExit(3)") as process:
        assert process.wait(30) == 3

    assert (folder / "session.log").read_text() == "said\n"


def test_when_its_parent_is_gone_so_is_all_of_it_and_the_folder(folder: Path) -> None:
    with start(folder, TREE) as process:
        pid = grandchild(folder)
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(30) == 1

    assert gone(pid)
    assert not folder.exists()


def test_told_to_stop_it_leaves_the_folder(folder: Path) -> None:
    with start(folder, TREE) as process:
        pid = grandchild(folder)
        assert process.stdin is not None
        process.stdin.write(b"stop")
        process.stdin.close()
        assert process.wait(30) == 1

    assert gone(pid)
    assert folder.exists()
