"""A command that does not outlive whoever started it: `python -m harness.cluster.session DIR CMD…`.

A worker may be killed at any time, and what it started would go on measuring, unseen. So this
process stands between: it runs the command in the folder and reads its own standard input, which
the worker never writes to and which ends when the worker does, however that happens. Then it ends
the command with all below it, and removes the folder, which nobody needs any more. Told `stop`, it
ends the command and leaves the folder to the worker.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Callable

LOG = "session.log"  # in the folder: what the command printed
STOP = b"stop"

_SECONDS = 0.2
_GRACE = 10.0  # seconds for an audit to end its trials and remove their scratch folders


def main(folder: Path, command: list[str]) -> int:
    """Run the command; returns its exit code, 1 where it was ended."""
    with (folder / LOG).open("ab") as log:
        process = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
        )
    word: list[bytes] = []
    # Not through `sys.stdin`: Python would wait for its lock when it ends.
    reader = threading.Thread(target=lambda: word.append(os.read(0, 64)), daemon=True)
    reader.start()
    while not word:
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.wait(_SECONDS)
    end(process.pid)
    process.wait()
    if word[0] != STOP:
        shutil.rmtree(folder, ignore_errors=True)
    return 1


def end(pid: int) -> None:
    """End nox and all below it.

    Audits are asked first: they end their trials, keep no record of these, and remove their scratch
    folders. Nox would go on to say so; it is killed, with all that is left.
    """
    try:
        top = psutil.Process(pid)
        everything = [top, *top.children(recursive=True)]
    except psutil.NoSuchProcess:
        return
    audits = [process for process in everything if _is_audit(process)]
    _each(audits, psutil.Process.terminate)
    _each([each for each in everything if _is_nox(each)], psutil.Process.kill)
    psutil.wait_procs(audits, timeout=_GRACE)
    for process in list(everything):
        with contextlib.suppress(psutil.Error):
            everything += process.children(recursive=True)
    _each(everything, psutil.Process.kill)
    psutil.wait_procs(everything, timeout=_GRACE)


def _is_audit(process: psutil.Process) -> bool:
    return "-m harness probe " in _command(process)


def _is_nox(process: psutil.Process) -> bool:
    """One per session, below the first."""
    return "-m nox " in _command(process)


def _command(process: psutil.Process) -> str:
    with contextlib.suppress(psutil.Error):
        return " ".join(process.cmdline())
    return ""


def _each(processes: list[psutil.Process], do: Callable[[psutil.Process], None]) -> None:
    for process in processes:
        with contextlib.suppress(psutil.Error):
            do(process)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
