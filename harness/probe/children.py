"""One process per scenario, started from a parent that has imported the framework once.

Importing TensorFlow takes seconds and a fork some tenths of one. A fresh process per scenario is
needed all the same, because scenarios leak into each other: on TensorFlow 2.10 to 2.15 one call of
`keras.utils.set_random_seed` changes what every later reseeding in that process does.

A fork copies the parent's generators (NumPy's; CPython reseeds `random` by itself). Code that seeds
nothing would then look reproducible, so the child first reseeds from the operating system every
generator that a fresh interpreter seeds from there. Generators that start from a fixed seed
(Torch's) are left alone: so they are in real life.
"""

from __future__ import annotations

import json
import os
import random
import select
import shutil
import signal
import subprocess
import sys
import time
import traceback
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from . import schema

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import IO, TypeAlias

    Child: TypeAlias = "Forked | subprocess.Popen[bytes]"

_POLL_SECONDS = 0.005
_LAST_CHARACTERS = 600

# What a child prints, in its scratch folder.
LOG = "log.txt"


class Outcome(NamedTuple):
    """What became of a child.

    result: the JSON value that it wrote, or None with the status `timeout`, `crash` or `error` and
    a message that says why.
    """

    status: str
    message: str
    result: Any
    seconds: float


class Forked:
    """A forked child; it has the few methods of `subprocess.Popen` that we use."""

    def __init__(self, target: Callable[[], None], log: IO[bytes]) -> None:
        """Fork a child that runs `target()`, prints to the open file `log`, and exits."""
        self.returncode: int | None = None
        self._pid = os.fork()
        if self._pid == 0:
            code = 1
            try:
                os.dup2(log.fileno(), 1)
                os.dup2(log.fileno(), 2)
                target()
                code = 0
            except BaseException:
                traceback.print_exc()
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(code)

    def wait(self, seconds: float) -> int:
        """The exit code of the child, once it has ended.

        Raises subprocess.TimeoutExpired after `seconds`.
        """
        deadline = time.monotonic() + seconds
        if self.returncode is None:
            self._sleep_until_it_ends(seconds)
        while self.returncode is None:
            pid, status = os.waitpid(self._pid, os.WNOHANG)
            if pid:
                signalled = os.WIFSIGNALED(status)
                self.returncode = -os.WTERMSIG(status) if signalled else os.WEXITSTATUS(status)
            elif time.monotonic() > deadline:
                raise subprocess.TimeoutExpired("scenario", seconds)
            else:
                time.sleep(_POLL_SECONDS)
        return self.returncode

    def _sleep_until_it_ends(self, seconds: float) -> None:
        """Wake once, where the kernel can do that (Linux 5.3 and Python 3.9); else at once."""
        try:
            handle = os.pidfd_open(self._pid)
        except (AttributeError, OSError):
            return
        ended = select.poll()
        ended.register(handle, select.POLLIN)
        ended.poll(seconds * 1000)
        os.close(handle)

    def kill(self) -> None:
        """End the child for good."""
        os.kill(self._pid, signal.SIGKILL)


def spawned(arguments: list[str], log: IO[bytes]) -> subprocess.Popen[bytes]:
    """A child that imports the framework anew, where forking is unsafe."""
    return subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=log)


def call(start: Callable[[IO[bytes], Path], Child], scratch: Path, seconds: float) -> Outcome:
    """Run one child to its end, and return what it gave, whatever happens to it.

    start: called with an open log file and the path of the result to write. scratch: a folder for
    this child alone, removed afterwards. seconds: the limit.
    """
    scratch.mkdir(parents=True)
    result_path = scratch / "result.json"
    started = time.monotonic()
    try:
        with (scratch / LOG).open("w+b") as log:
            child = start(log, result_path)
            try:
                code = child.wait(seconds)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait(60)
                return Outcome(schema.TIMEOUT, f"stopped after {seconds:g} s", None, seconds)
        elapsed = time.monotonic() - started
        if code == 0 and result_path.exists():
            result = json.loads(result_path.read_text(encoding="utf-8"))
            return Outcome(schema.OK, "", result, elapsed)
        message = f"{_death(code)}. {_last_words(scratch / 'log.txt')}".rstrip(". ")
        return Outcome(schema.CRASH, message, None, elapsed)
    finally:
        shutil.rmtree(str(scratch), ignore_errors=True)


def become_independent(seconds: float) -> None:
    """What a child does first: own entropy, and an end of its own should the parent be gone.

    seconds: the scenario's time limit; the parent enforces it, the alarm outlives the parent.
    """
    random.seed()
    np.random.seed()
    if hasattr(signal, "setitimer"):
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, seconds + 30)


def write_result(path: Path, value: Any) -> None:
    """Hand `value` (JSON) to the parent; it sees all of it or nothing."""
    part = path.with_name(path.name + ".part")
    part.write_text(json.dumps(value, allow_nan=False), encoding="utf-8")
    part.replace(path)


def _last_words(log: Path) -> str:
    """The end of what a child printed, on one line: a failed check says there what failed."""
    text = log.read_text(encoding="utf-8", errors="replace")
    return " ".join(text.split())[-_LAST_CHARACTERS:]


def _death(code: int) -> str:
    if code >= 0:
        return f"the process ended with exit code {code} and no result"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    return f"the process died of {name}"
