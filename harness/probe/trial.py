"""One trial: one launch, one import, every scenario in a process of its own, one record file.

The file appears under its name only when the trial has ended. While it runs, and after it died, it
is `<trial>.jsonl.part`.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import tempfile
import time
import traceback
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .. import scenarios
from . import children, facts, placement, schema
from .context import Run, UnsupportedError
from .framework import Framework

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import IO

_MESSAGE_LENGTH = 2000


@dataclass
class Trial:
    """What the launcher asked for: the keys of its JSON.

    output: path of the record file. objects, scratch: folders. device: "cpu" or "gpu". threads:
    what the framework is pinned to. seconds: the limit per scenario. scenarios: their names, in
    order. header: the launcher's part of it. keras: what the audited Keras is imported as, "" for
    what the backend's users import. files: the user's own scenario files. varied: whether the
    setting gives variables of its own.
    """

    output: str
    objects: str
    scratch: str
    backend: str
    device: str
    threads: int
    seconds: float
    scenarios: list[str]
    header: dict[str, Any]
    keras: str = ""
    files: tuple[str, ...] = ()
    varied: bool = False

    def run(self, say: Callable[[str], None], log_path: Path, spawn: list[str]) -> str:
        """Measure everything and write the record file; returns the trial's status.

        say: called with one line of progress at a time. log_path: where standard error goes, read
        for what importing the framework announced. spawn: arguments that start this probe again for
        one child.
        """
        started = time.monotonic()
        output = Path(self.output)
        output.parent.mkdir(parents=True, exist_ok=True)
        part = output.with_name(output.name + ".part")
        if part.exists():
            part.unlink()  # a new file: whoever still writes the old one writes into nothing
        with part.open("w", encoding="utf-8") as file:
            records = _Writer(file)
            status, message, observations = self._measure(records, say, log_path, spawn)
            records.write(
                "end",
                status=status,
                message=message,
                observations=observations,
                seconds=round(time.monotonic() - started, 3),
                finished=_now(),
            )
            os.fsync(file.fileno())
        part.replace(output)
        if status != schema.OK:
            say(f"{status.upper()}: {message}")
        return status

    def child(
        self, name: str, result_path: Path, scratch: Path, framework: Framework, log: str
    ) -> None:
        """In a child: gather the facts (name "") or run one scenario; hand the result over."""
        children.become_independent(self.seconds)
        tempfile.tempdir = str(scratch)  # a child ends without its libraries cleaning up
        if name:
            scenario = scenarios.suite(self.files)[name]
            result = observe(scenario, framework, self.objects, scratch, self.device)
        else:
            result = facts.framework(framework, log, scratch / children.LOG)
        children.write_result(result_path, result)

    def _measure(
        self, records: _Writer, say: Callable[[str], None], log_path: Path, spawn: list[str]
    ) -> tuple[str, str, int]:
        """Write all lines but the last; returns what that says: status, message, observations."""
        packages = facts.packages()  # first: importing setuptools puts its own copies on `sys.path`

        declared: dict[str, Any] = {}

        def write_header(framework: dict[str, Any]) -> None:
            records.write("header", **self._header(packages, framework, declared))

        say(f"importing {self.backend}")
        gc.disable()  # an import makes objects to keep; looking through them takes a fifth of it
        try:
            framework = Framework(self.backend, self.threads, self.keras)
        except Exception as error:
            with suppress(Exception, SystemExit):
                declared = self._declared(None)
            write_header({})
            message = f"importing {self.backend} failed: {_describe(error)}"
            if self.varied:  # it may be that a value was refused, and the installation is fine
                return schema.ERROR, f"in this setting, {message}", 0
            return schema.INSTALL_FAILED, message, 0
        try:
            declared = self._declared(framework)
        except (Exception, SystemExit) as error:  # the user's own files may need another Python
            write_header({})
            return schema.ERROR, f"the scenarios cannot be loaded: {_describe(error)}", 0
        sys.stderr.flush()
        log = log_path.read_text(encoding="utf-8", errors="replace")
        fork = framework.fork_is_safe()
        gc.freeze()  # children then touch fewer of the parent's pages
        gc.enable()

        def call(name: str) -> children.Outcome:
            scratch = Path(self.scratch, "child")

            def start(log_file: IO[bytes], result_path: Path) -> children.Child:
                if fork:
                    return children.Forked(
                        lambda: self.child(name, result_path, scratch, framework, log), log_file
                    )
                return children.spawned([*spawn, name, str(result_path), str(scratch)], log_file)

            return children.call(start, scratch, self.seconds)

        gathered = call("")
        if gathered.status != schema.OK:
            write_header({})
            asked = f"while asking {self.backend} for its configuration"
            return gathered.status, f"{asked}: {gathered.message}", 0
        write_header({**gathered.result, "start_method": "fork" if fork else "spawn"})
        if self.device == "gpu" and not gathered.result["gpus"]:
            return schema.DEVICE_MISSING, f"{self.backend} sees no GPU", 0

        for position, name in enumerate(self.scenarios, 1):
            say(f"{position}/{len(self.scenarios)} {name}")
            given = call(name)
            observed = given.result or _nothing(given.status, given.message)
            records.write("observation", scenario=name, seconds=round(given.seconds, 3), **observed)
            if observed["status"] not in (schema.OK, schema.UNSUPPORTED):
                say(f"{observed['status'].upper()} {name}: {observed['message']}")
        return schema.OK, "", len(self.scenarios)

    def _declared(self, framework: Framework | None) -> dict[str, Any]:
        """What the scenarios say of themselves, with the promises that this version makes.

        Raises LookupError for a scenario that is not there.
        """
        suite = scenarios.suite(self.files)
        gone = [name for name in self.scenarios if name not in suite]
        if gone:
            raise LookupError(f"{', '.join(gone)}: was a file edited since the plan was made?")

        def promised(name: str) -> bool:
            promise = suite[name].promise
            return framework is not None and promise is not None and framework.has(promise.where)

        return {name: suite[name].described(promised(name)) for name in self.scenarios}

    def _header(
        self, packages: dict[str, str], framework: dict[str, Any], declared: dict[str, Any]
    ) -> dict[str, Any]:
        return dict(
            self.header,
            format=schema.FORMAT,
            python=facts.python(),
            packages=packages,
            framework=framework,
            variables=facts.variables(),
            scenarios=declared,
            started=_now(),
        )


def observe(
    scenario: scenarios.Scenario,
    framework: Framework,
    objects: str,
    scratch: Path,
    device: str = "cpu",
) -> dict[str, Any]:
    """Run `scenario` in this process; what it gave, as a record file holds it."""
    run = Run(framework, objects, scratch, device)
    try:
        for path in scenario.needs:
            run.api(*path.split("|"))
        with placement.on(device, framework.backend, framework.module):
            scenario.function(run)
    except UnsupportedError as missing:
        return _nothing(schema.UNSUPPORTED, f"this version has no {missing}")
    except Exception as error:
        if schema.REFUSED_UNSEEDED in str(error):
            return _nothing(schema.UNSUPPORTED, _describe(error))
        return _nothing(schema.ERROR, _describe(error, Path(scenario.file).parent))
    return {
        "status": schema.OK,
        "message": "",
        "arrays": run.arrays,
        "relations": run.relations,
    }


def _nothing(status: str, message: str) -> dict[str, Any]:
    return {"status": status, "message": message, "arrays": [], "relations": []}


def _describe(error: BaseException, folder: Path | None = None) -> str:
    """`ValueError: what it says (texts.py:88)`, cut to a length a report can show.

    The place is the innermost one in a file directly in `folder`.
    """
    text = f"{type(error).__name__}: {error}"[:_MESSAGE_LENGTH]
    text = text.encode("utf-8", "backslashreplace").decode("utf-8")  # it may hold half a character
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        path = Path(frame.filename)
        if path.parent == folder:
            return f"{text} ({path.name}:{frame.lineno})"
    return text


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


class _Writer:
    """JSON lines, each on disk before the next scenario starts."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def write(self, kind: str, **fields: Any) -> None:
        line = json.dumps({"record": kind, **fields}, allow_nan=False)
        self._file.write(line + "\n")
        self._file.flush()
