"""One trial: one launch, one import, every scenario in a process of its own, one record file.

The file appears under its name only when the trial has ended. While it runs, and after it died, it
is `<trial>.jsonl.part`.
"""

import gc
import json
import os
import sys
import time
import traceback
from datetime import datetime, timezone

from .. import scenarios
from . import children, facts, schema
from .context import Run, UnsupportedError
from .framework import Framework

_MESSAGE_LENGTH = 2000


class Trial:
    """What the launcher asked for, as its JSON says.

    output: path of the record file. objects, scratch: folders. backend, device, threads, seconds
    (limit per scenario), scenarios (names, in order), header (the launcher's part of it), python
    and main: how this probe was started, for children that must be spawned.
    """

    def __init__(self, specification):
        self.output = specification["output"]
        self.objects = specification["objects"]
        self.scratch = specification["scratch"]
        self.backend = specification["backend"]
        self.device = specification["device"]
        self.threads = specification["threads"]
        self.seconds = specification["seconds"]
        self.scenarios = specification["scenarios"]
        self.header = specification["header"]
        self.specification = specification

    def run(self, say, log_path, spawn):
        """Measure everything and write the record file.

        say: called with one line of progress at a time. log_path: where standard error goes, read
        for what importing the framework announced. spawn: arguments that start this probe again for
        one child.
        """
        started = time.monotonic()
        os.makedirs(os.path.dirname(self.output), exist_ok=True)
        part = self.output + ".part"
        with open(part, "w", encoding="utf-8") as file:
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
        os.replace(part, self.output)
        return status

    def child(self, name, result_path, scratch, framework, log):
        """In a child: gather the facts (name "") or run one scenario; hand the result over."""
        children.become_independent(self.seconds)
        if name:
            result = observe(scenarios.suite()[name], framework, self.objects, scratch)
        else:
            result = facts.framework(framework, log)
        children.write_result(result_path, result)

    def _measure(self, records, say, log_path, spawn):
        say("importing {}".format(self.backend))
        try:
            framework = Framework(self.backend, self.threads)
        except Exception as error:
            records.write("header", **self._header({}))
            message = "importing {} failed: {}".format(self.backend, _describe(error))
            return schema.INSTALL_FAILED, message, 0
        log = _read(log_path)
        fork = framework.fork_is_safe()
        gc.collect()
        if hasattr(gc, "freeze"):
            gc.freeze()  # children then touch fewer of the parent's pages

        def call(name, seconds):
            scratch = os.path.join(self.scratch, "child")

            def start(log_file, result_path):
                if fork:
                    return children.Forked(
                        lambda: self.child(name, result_path, scratch, framework, log), log_file
                    )
                return children.Spawned(spawn + [name, result_path, scratch], log_file)

            return children.call(start, scratch, seconds)

        status, message, gathered, _ = call("", self.seconds)
        if status == schema.OK:
            gathered["start_method"] = "fork" if fork else "spawn"
        records.write("header", **self._header(gathered or {}))
        if status != schema.OK:
            return status, "while asking {} for its configuration: {}".format(
                self.backend, message
            ), 0
        if self.device == "gpu" and not gathered["gpus"]:
            return schema.DEVICE_MISSING, "{} sees no GPU".format(self.backend), 0

        for position, name in enumerate(self.scenarios, 1):
            say("{}/{} {}".format(position, len(self.scenarios), name))
            status, message, observed, seconds = call(name, self.seconds)
            observed = observed or _nothing(status, message)
            records.write("observation", scenario=name, seconds=round(seconds, 3), **observed)
            if observed["status"] not in (schema.OK, schema.UNSUPPORTED):
                say("{} {}: {}".format(observed["status"].upper(), name, observed["message"]))
        return schema.OK, "", len(self.scenarios)

    def _header(self, framework):
        suite = scenarios.suite()
        return dict(
            self.header,
            format=schema.FORMAT,
            python=facts.python(),
            packages=facts.packages(),
            framework=framework,
            variables=facts.variables(),
            scenarios={name: suite[name].described() for name in self.scenarios},
            started=_now(),
        )


def observe(scenario, framework, objects, scratch):
    """Run `scenario` in this process; what it gave, as a record file holds it."""
    run = Run(framework, objects, scratch)
    try:
        scenario.function(run)
    except UnsupportedError as missing:
        return _nothing(schema.UNSUPPORTED, "this version has no {}".format(missing))
    except Exception as error:
        return _nothing(schema.ERROR, _describe(error))
    return {
        "status": schema.OK,
        "message": "",
        "arrays": run.arrays,
        "relations": run.relations,
    }


def _nothing(status, message):
    return {"status": status, "message": message, "arrays": [], "relations": []}


def _describe(error):
    """`ValueError: what it says (texts.py:88)`, cut to a length a report can show."""
    place = ""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "{0}harness{0}".format(os.sep) in frame.filename]
    if ours:
        place = " ({}:{})".format(os.path.basename(ours[-1].filename), ours[-1].lineno)
    text = "{}: {}".format(type(error).__name__, error)
    return text[:_MESSAGE_LENGTH] + place


def _read(path):
    sys.stderr.flush()
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def _now():
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


class _Writer:
    """JSON lines, each on disk before the next scenario starts."""

    def __init__(self, file):
        self._file = file

    def write(self, kind, **fields):
        line = json.dumps(dict({"record": kind}, **fields), allow_nan=False)
        self._file.write(line + "\n")
        self._file.flush()
