"""Launching trials: each a probe in the audited interpreter, in an environment of our making.

A trial gets its own interpreter, its own `PYTHONHASHSEED` and an empty home folder. Of the caller's
environment it sees an allow-list: `TF_*`, `KERAS_*`, `PYTHONPATH` and the like would change what is
measured. Trials of an environment run side by side; each reports a line at a time.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import secrets
import signal
import subprocess
import tempfile
import threading
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from harness import records
from harness.assignments import edited, suite_digest
from harness.errors import RecordError
from harness.probe import schema

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from harness.assignments import Assignment
    from harness.machine import Machine
    from harness.plan import Environment, Plan

PROBE = Path(__file__).parent / "probe" / "__main__.py"

# What a trial sees of the caller's environment: where programs, libraries and temporary files are.
PASSED = (
    *("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TMPDIR"),
    *("SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "TEMP", "TMP"),
    *("NUMBER_OF_PROCESSORS", "PROCESSOR_ARCHITECTURE"),
)
# Which GPUs a scheduler gave to us; passed to GPU trials only.
PASSED_TO_GPU = ("CUDA_VISIBLE_DEVICES", "NVIDIA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER")

_AWAKE = 0.5  # seconds
IMPORT_SECONDS = 600.0  # silence allowed on top of a scenario's limit: a cold disk, a busy machine
_LOG_TAIL = 1500  # characters of the probe's log that explain a death


class Launcher:
    """Measures trials of one environment."""

    def __init__(
        self,
        plan: Plan,
        environment: Environment,
        python: Path,
        machine: Machine,
        objects: Path,
        lock: str,
        say: Callable[[str], None],
        ended: Callable[[Path], None] = lambda _record: None,
    ) -> None:
        """Measure with the interpreter `python`.

        objects: folder of the arrays. lock: digest of what is installed, or "". say: called with
        one line of progress at a time, from several threads. ended: called with the path of each
        trial's record when the trial has ended, likewise.
        """
        self._plan = plan
        self._environment = environment
        self._python = python
        self._machine = machine
        self._objects = objects.resolve()
        self._lock = lock
        self._say = say
        self._ended = ended
        self._running: set[subprocess.Popen[str]] = set()
        self._stopping = False

    def measure(self, todo: Sequence[Assignment], jobs: int) -> dict[Assignment, str]:
        """Measure every assignment, `jobs` at a time; returns the status each trial ended with.

        Interrupted (a signal, a closed terminal), it ends the trials in flight before it raises.
        """
        with ThreadPoolExecutor(max_workers=max(1, jobs)) as pool:
            running = [pool.submit(self._measure, assignment) for assignment in todo]
            try:
                waiting = set(running)
                while waiting:
                    # Awake now and then: a signal may reach another thread of this process than
                    # this one, which alone acts upon it, and which nothing else would wake.
                    done, waiting = wait(waiting, _AWAKE, FIRST_EXCEPTION)
                    for each in done:
                        each.result()
                return dict(zip(todo, (each.result() for each in running), strict=True))
            except BaseException:
                self._stopping = True
                pool.shutdown(wait=False, cancel_futures=True)
                for process in tuple(self._running):
                    _kill(process)
                raise

    def _measure(self, assignment: Assignment) -> str:
        status = self._trial(assignment)
        self._ended(assignment.record)
        return status

    def _trial(self, assignment: Assignment) -> str:
        with tempfile.TemporaryDirectory(prefix="sameseed-", ignore_cleanup_errors=True) as folder:
            scratch = Path(folder).resolve()
            specification = scratch / "trial.json"
            specification.write_text(json.dumps(self._specification(assignment, scratch)), "utf-8")
            before = _stamp(assignment.record)
            home = scratch / "home"
            home.mkdir()
            code = self._follow(
                [str(self._python), str(PROBE.resolve()), str(specification)],
                trial_environment(
                    os.environ,
                    assignment.setting.env,
                    threads=assignment.setting.threads,
                    device=assignment.cell.device,
                    home=home,
                ),
                scratch,
                f"{assignment.cell.setting}/{assignment.cell.device} trial {assignment.trial}",
            )
            status = _ended(assignment.record, before)
            if status == schema.OK and edited(self._plan.scenario_files):
                # The record says which scenarios it is of, and nobody knows which ones these were.
                status, message = schema.ERROR, "scenarios were edited while they ran: run again"
                write_failure(assignment, self._header(assignment), status, message)
            if status or self._stopping:
                return status or schema.CRASH
            timed_out = code is None
            status = schema.TIMEOUT if timed_out else schema.CRASH
            reason = "no sign of life for too long" if timed_out else f"exit code {code}"
            if code == 0:
                reason = _refusal(assignment.record)
            message = f"the probe died: {reason}. {_tail(scratch / 'probe.log')}".strip()
            self._say(f"{status.upper()} {assignment.cell.id} trial {assignment.trial}: {message}")
            write_failure(assignment, self._header(assignment), status, message)
            return status

    def _header(self, assignment: Assignment) -> dict[str, object]:
        return header(self._plan, assignment, self._machine, self._lock)

    def _specification(self, assignment: Assignment, scratch: Path) -> dict[str, object]:
        return {
            "output": str(assignment.record.resolve()),
            "objects": str(self._objects),
            "scratch": str(scratch),
            "backend": self._environment.backend,
            "device": assignment.cell.device,
            "threads": assignment.setting.threads,
            "seconds": self._plan.scenario_seconds,
            "scenarios": self._plan.scenarios,
            "keras": self._environment.keras,
            "files": self._plan.scenario_files,
            "varied": bool(assignment.setting.env),
            "header": self._header(assignment),
        }

    def _follow(
        self, command: list[str], environment: dict[str, str], scratch: Path, label: str
    ) -> int | None:
        """Run a probe, pass its progress on; returns its exit code, None if it fell silent."""
        with (scratch / "probe.log").open("ab") as log:
            try:
                process = subprocess.Popen(
                    command,
                    env=environment,
                    cwd=scratch,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    encoding="utf-8",
                    errors="replace",
                    start_new_session=os.name == "posix",
                )
            except OSError as error:
                log.write(str(error).encode())
                return 127
        self._running.add(process)
        if self._stopping:  # it started while the others were ended
            _kill(process)
        # What a scenario left running would hold the pipe, and us, when the probe is long gone.
        threading.Thread(target=_kill_the_rest, args=(process,), daemon=True).start()
        silent = threading.Event()

        def give_up() -> None:
            silent.set()
            _kill(process)

        patience = IMPORT_SECONDS + self._plan.scenario_seconds
        timer = threading.Timer(patience, give_up)
        timer.start()
        assert process.stdout is not None
        try:
            for line in process.stdout:
                timer.cancel()
                timer = threading.Timer(patience, give_up)
                timer.start()
                self._say(f"{label}: {line.rstrip()}")
            code = process.wait()
        finally:
            timer.cancel()
            _kill(process)
            process.wait()
            process.stdout.close()
            self._running.discard(process)
        return None if silent.is_set() else code


def trial_environment(
    caller: Mapping[str, str],
    setting: Mapping[str, str],
    *,
    threads: int,
    device: str,
    home: Path,
) -> dict[str, str]:
    """The environment variables of one trial: allow-listed, pinned, then what the setting says.

    Frameworks read configuration from the home folder (`~/.keras/keras.json`), hence an empty one.
    """
    allowed = PASSED + (PASSED_TO_GPU if device == "gpu" else ())
    environment = {name: value for name, value in caller.items() if name.upper() in allowed}
    for name in ("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA"):
        environment[name] = str(home)
    environment.update(
        LC_ALL="C.UTF-8",
        PYTHONNOUSERSITE="1",
        PYTHONUTF8="1",
        PYTHONHASHSEED=str(secrets.randbelow(2**32)),
    )
    if device == "cpu":
        environment["CUDA_VISIBLE_DEVICES"] = "-1"
        environment["JAX_PLATFORMS"] = "cpu"
    for name in (
        *("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"),
        *("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "NPROC"),  # NPROC: JAX's CPU client
    ):
        environment[name] = str(threads)
    return {**environment, **setting}


def write_failure(
    assignment: Assignment, begun: dict[str, object], status: str, message: str
) -> None:
    """Record a trial that gave nothing, so that it is a row with its reason and not a gap.

    begun: as `header` gives it.
    """
    now = datetime.now(timezone.utc).isoformat(timespec="seconds")
    first = {"record": "header", **begun, "format": schema.FORMAT, "started": now}
    end = {
        "record": "end",
        "status": status,
        "message": message,
        "observations": 0,
        "seconds": 0.0,
        "finished": now,
    }
    assignment.record.parent.mkdir(parents=True, exist_ok=True)
    part = assignment.record.with_suffix(".jsonl.part")
    part.write_text(json.dumps(first) + "\n" + json.dumps(end) + "\n", encoding="utf-8")
    part.replace(assignment.record)


def header(plan: Plan, assignment: Assignment, machine: Machine, lock: str) -> dict[str, object]:
    """The launcher's part of a record's header. lock: digest of what is installed, or ""."""
    return {
        "environment": assignment.cell.environment,
        "setting": assignment.cell.setting,
        "device": assignment.cell.device,
        "trial": assignment.trial,
        "inputs": assignment.inputs,
        "suite": suite_digest(plan.scenario_files),
        "lock": lock,
        "machine": dataclasses.asdict(machine),
    }


def _stamp(record: Path) -> tuple[int, int] | None:
    """What changes when a record is written anew; None where there is none."""
    try:
        found = record.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns


def _ended(record: Path, before: tuple[int, int] | None) -> str:
    """How the trial ended whose record was not there `before`; "" without a valid new one."""
    try:
        return records.read(record).end.status if _stamp(record) != before else ""
    except (OSError, RecordError):
        return ""


def _kill(process: subprocess.Popen[str]) -> None:
    """End a probe and all that it started."""
    if os.name != "posix":
        process.kill()
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _kill_the_rest(process: subprocess.Popen[str]) -> None:
    process.wait()
    _kill(process)


def _refusal(record: Path) -> str:
    """Why what a probe left behind, saying that all was well, is no record."""
    try:
        records.read(record)
    except FileNotFoundError:
        return "it ended without a record; is the interpreter a Python?"
    except (OSError, RecordError) as error:
        return str(error)
    return "it ended without a new record"


def _tail(log: Path) -> str:
    try:
        text = log.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return text[-_LOG_TAIL:].strip()
