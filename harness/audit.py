"""One environment, from its lock to its records: install, then measure what is not yet measured."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from harness import install, processes
from harness.assignments import Assignment, assignments, pending
from harness.errors import InstallError
from harness.launch import Launcher, header, write_failure
from harness.lock import Lock, has_gpu
from harness.machine import may_have_gpu, this_machine
from harness.platforms import this_platform
from harness.probe import schema

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from harness.plan import Environment, Plan

# Run by an interpreter that the matrix names, to see whether its packages changed.
_LIST_PACKAGES = """
import json, sys
try:
    from importlib import metadata
    found = [(d.metadata["Name"], d.version) for d in metadata.distributions()]
except ImportError:  # Python 3.7
    from pathlib import Path
    found = [info.name for entry in sys.path for info in Path(entry).glob("*-info")]
print(json.dumps([sys.version, sorted(map(str, found))]))
"""


class Audit:
    """What `sameseed probe ENVIRONMENT` does."""

    def __init__(
        self,
        plan: Plan,
        environment: Environment,
        *,
        lock: Path,
        data: Path,
        environments: Path,
        say: Callable[[str], None],
        ended: Callable[[Path], None] = lambda _record: None,
    ) -> None:
        """Prepare to measure one environment.

        lock: the path of `matrix.lock`. data: the records' folder. environments: where virtualenvs
        are made. say: called with one line of progress at a time, from several threads. ended:
        called likewise, with the path of each record when its trial has ended.
        """
        self._plan = plan
        self._environment = environment
        self._lock = lock
        self._data = data
        self._home = environments / environment.id
        self._say = say
        self._ended = ended
        self._machine = this_machine()

    def run(self, *, jobs: int, fresh: bool, prune: bool = False) -> dict[Assignment, str]:
        """Install and measure; returns the status of each trial, those measured before included.

        prune: remove the virtualenv afterwards, unless something is left to measure or look at.

        What cannot be installed or found becomes records with the reason; nothing is raised for it.
        Raises `LockError` where the lock does not fit the matrix: then nothing is touched.
        """
        self._home.parent.mkdir(parents=True, exist_ok=True)
        guard = FileLock(f"{self._home}.lock")
        try:
            guard.acquire(timeout=0)
        except Timeout:
            self._say("waiting: another run is measuring this environment")
            guard.acquire()
        with guard:
            statuses = self._run(jobs=jobs, fresh=fresh)
            if prune and not self._environment.interpreter and not _left(statuses):
                size, freed = install.prune(self._home)
                if size:
                    self._say(
                        f"pruned a virtualenv of {size / 1e9:.1f} GB, freed {freed / 1e9:.1f} GB; "
                        "the rest is links into uv's cache"
                    )
            return statuses

    def _run(self, *, jobs: int, fresh: bool) -> dict[Assignment, str]:
        content = ""
        try:
            content, prepare = self._content()
            planned = self._assignments(content)
            todo = pending(planned, fresh=fresh)
            done = dict.fromkeys((entry for entry in planned if entry not in todo), schema.OK)
            if not todo:
                return done
            if all(entry.cell.device == "gpu" for entry in todo) and not may_have_gpu():
                raise InstallError(schema.DEVICE_MISSING, "this machine has no GPU")
            python = prepare()
        except InstallError as error:
            self._say(f"{error.status.upper()}: {error}")
            return self._fail(content, error.status, str(error), fresh=fresh)
        lock = "" if self._environment.interpreter else content
        launcher = Launcher(
            self._plan,
            self._environment,
            python,
            self._machine,
            self._data / "objects",
            lock,
            self._say,
            self._ended,
        )
        measured = launcher.measure(todo, jobs)
        if schema.INSTALL_FAILED in measured.values() and not self._environment.interpreter:
            install.forget(self._home)  # whatever broke it, the next run begins from nothing
        return done | measured

    def _content(self) -> tuple[str, Callable[[], Path]]:
        """A digest of what the environment holds, and how to get at its interpreter."""
        environment = self._environment
        if environment.interpreter:
            python = install.existing(environment.interpreter)
            code, listed = processes.run([str(python), "-c", _LIST_PACKAGES], seconds=60)
            if code:
                reason = f"{python} does not run: {listed.strip()}"
                raise InstallError(schema.INTERPRETER_MISSING, reason)
            digest = hashlib.sha256(json.dumps([str(python), listed]).encode()).hexdigest()
            return digest, lambda: python
        gpu = has_gpu(self._plan, environment)
        locked = Lock.load(self._lock).locked(environment, this_platform(), gpu=gpu)
        return locked.digest, lambda: install.install(self._home, locked, self._say)

    def _assignments(self, content: str) -> tuple[Assignment, ...]:
        folder = self._data / self._machine.id
        return assignments(self._plan, self._environment, content, folder)

    def _fail(
        self, content: str, status: str, message: str, *, fresh: bool
    ) -> dict[Assignment, str]:
        """Record the reason once per cell, never in place of a good record of the same inputs."""
        planned = self._assignments(content)
        failed = pending(planned, fresh=fresh)
        told = set()
        for entry in pending(planned, fresh=False):
            if entry.cell not in told:
                write_failure(entry, header(self._plan, entry, self._machine, ""), status, message)
                told.add(entry.cell)
        return {entry: status if entry in failed else schema.OK for entry in planned}


def _left(statuses: dict[Assignment, str]) -> bool:
    """Whether a trial is still to be measured: it failed, or a scenario of it crashed.

    Another run tries these again and somebody may want to look why, so the virtualenv stays. A
    device that is not here will not be here then.
    """
    here = (entry for entry, status in statuses.items() if status != schema.DEVICE_MISSING)
    return bool(pending(tuple(here), fresh=False))
