"""What runs on a worker: one unit, as nox sessions in a folder of its own, its records streamed.

Beyond these functions a worker needs the package, nox and uv; the project comes with the task. All
that comes in and goes out are plain values, so that Pythons may differ.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import subprocess
import sys
import time
import uuid
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from distributed import Event, Queue, get_client, get_worker

import harness
from harness.assignments import suite_digest
from harness.cluster import BEGIN, END, LINE
from harness.cluster.bundle import digest, unpack
from harness.cluster.outbox import Outbox
from harness.cluster.session import LOG, STOP
from harness.machine import this_machine
from harness.progress import is_step

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.cluster.outbox import Message

MESSAGES = 16  # in the queue: what the scheduler holds has an end

_LOOK = 0.3  # seconds between two looks at what a session did
_SIGN = 2.0  # seconds between two signs of life
_SLICE = 5.0  # seconds that one try to send takes at most
_PATIENCE = 60.0  # seconds for the client to take a message; longer, and it is gone
_TAIL = 3_000  # characters of the log that explain a session without records

# Of an enclosing nox or audit, and what `uv run` leaves; a person's shell has none of it.
_NOT_PASSED = ("NOX", "SAMESEED_JOURNAL", "SAMESEED_NOX", "VIRTUAL_ENV", "DASK_")


class GoneError(Exception):
    """The client of an attempt is gone."""


def version() -> str:
    """The installed version of sameseed, or that of a checkout."""
    try:
        return metadata.version("sameseed")
    except metadata.PackageNotFoundError:
        return "checkout"


def about() -> dict[str, str]:
    """What the client wants to know of a worker before it sends anything."""
    return {"version": version(), "suite": suite_digest(), "machine": this_machine().id}


def another(its: str, its_suite: str, ours: str, our_suite: str) -> str:
    """Why a worker with another suite must not measure for a client."""
    return (
        f"has another sameseed ({its}, suite {its_suite[:12]}) than the client ({ours}, suite "
        f"{our_suite[:12]}), and what two suites measure cannot be compared: install the same one "
        "in both places and start the worker again"
    )


def measure(task: dict[str, Any]) -> dict[str, Any]:
    """Measure a unit; returns the attempt and how many messages it sent, or `refused`.

    task: unit (a number), environments, profile, devices, bundle, digest, known (path → content of
    records), queue and stop (names), version, suite.
    """
    worker = get_worker()
    if suite_digest() != task["suite"]:
        why = another(version(), suite_digest(), task["version"], task["suite"])
        return {"refused": f"worker {worker.name} at {worker.address} {why}"}
    attempt = uuid.uuid4().hex
    folder = Path(worker.local_directory, "sameseed", attempt)
    try:
        stream = _Stream(task, attempt)
        stream.send(
            kind=BEGIN,
            unit=task["unit"],
            worker=str(worker.name),
            address=worker.address,
            machine=this_machine().id,
        )
        code, log = _Sessions(task, folder, stream).run()
        stream.send(kind=END, code=code, log=log)
        return {"attempt": attempt, "messages": stream.number}
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class _Stream:
    """Messages of one attempt to the client."""

    def __init__(self, task: dict[str, Any], attempt: str) -> None:
        client = get_client()
        self._queue = Queue(task["queue"], client=client, maxsize=MESSAGES)
        self._stop = Event(task["stop"], client=client)
        self._attempt = attempt
        self.number = 0
        self._last = 0.0

    def send(self, **message: Any) -> None:
        """Raises `GoneError` where nobody takes messages any more."""
        content: Message = {"attempt": self._attempt, "number": self.number, **message}
        begun = time.monotonic()
        while True:
            try:
                self._queue.put(content, timeout=_SLICE)
                break
            except (TimeoutError, asyncio.TimeoutError):  # two until Python 3.11
                if self.stopped() or time.monotonic() - begun > _PATIENCE:
                    raise GoneError("the client takes no more messages") from None
        self.number += 1
        self._last = time.monotonic()

    def sign(self) -> None:
        """A sign of life, if it is time: it also tells us that the client is alive."""
        if time.monotonic() - self._last > _SIGN:
            self.send(kind=LINE, text="")

    def stopped(self) -> bool:
        """Whether the client wants no more."""
        return bool(self._stop.is_set())


class _Sessions:
    """The sessions of one attempt, one after the other."""

    def __init__(self, task: dict[str, Any], folder: Path, stream: _Stream) -> None:
        self._task = task
        self._folder = folder
        self._stream = stream
        self._outbox = Outbox(folder / "reports" / "data")
        self._told = 0  # characters of the log

    def run(self) -> tuple[int, str]:
        """Exit code, the worst of all sessions, and the end of the log."""
        self._unpack()
        worst = 0
        for environment in self._task["environments"]:
            code = self._session(environment)
            worst = worst or code
            if self._stream.stopped():
                break
        return worst, self._log()[-_TAIL:]

    def _unpack(self) -> None:
        if digest(self._task["bundle"]) != self._task["digest"]:
            raise ValueError("the project was damaged on its way")
        unpack(self._task["bundle"], self._folder)
        own = this_machine().id
        for path, content in self._task["known"].items():
            if path.startswith(f"{own}/"):
                target = self._folder / "reports" / "data" / path
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content)
                self._outbox.known(path)

    def _session(self, environment: str) -> int:
        """Run one, and send what comes of it, until it ends or nobody wants it any more."""
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "harness.cluster.session", str(self._folder)),
                *(sys.executable, "-m", "nox", "-s", f"audit-{environment}", "--"),
                *("--profile", self._task["profile"], "--devices", self._task["devices"]),
            ],
            cwd=self._folder,
            env=_shell(),
            stdin=subprocess.PIPE,
            start_new_session=os.name == "posix",  # Ctrl-C in the worker's terminal is the worker's
        )
        assert process.stdin is not None
        try:
            while process.poll() is None and not self._stream.stopped():
                self._send()
                time.sleep(_LOOK)
        finally:
            if process.poll() is None:
                with contextlib.suppress(OSError):
                    process.stdin.write(STOP)
            with contextlib.suppress(OSError):
                process.stdin.close()
            process.wait()
        self._send()
        return process.returncode

    def _send(self) -> None:
        for message in self._outbox.due():
            self._stream.send(**message)
        for text in self._lines():
            self._stream.send(kind=LINE, text=text)
        self._stream.sign()

    def _lines(self) -> Iterator[str]:
        """What the journal of the session says that stays; not the steps of every trial."""
        log = self._log()
        whole = log.rfind("\n") + 1
        new, self._told = log[self._told : whole], max(self._told, whole)
        for line in new.splitlines():
            _, two_blanks, text = line.partition("  ")
            if two_blanks and text and not line.startswith("nox >") and not is_step(text):
                yield text

    def _log(self) -> str:
        with contextlib.suppress(OSError):
            return (self._folder / LOG).read_text(encoding="utf-8", errors="replace")
        return ""


def _shell() -> dict[str, str]:
    """The variables of a session, with the package that was checked, wherever it lies."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_NOT_PASSED)}
    package = str(Path(harness.__file__).parent.parent)
    paths = [package, *filter(None, [kept.get("PYTHONPATH")])]
    # This interpreter has what the noxfile asks for: nox need not make itself an environment.
    return {**kept, "PYTHONPATH": os.pathsep.join(paths), "NOX_SCRIPT_MODE": "none"}
