"""One process per scenario, started from a parent that has imported the framework once.

Importing TensorFlow takes seconds and a fork some tenths of one. A fresh process per scenario is
needed all the same, because scenarios leak into each other: on TensorFlow 2.10 to 2.15 one call of
`keras.utils.set_random_seed` changes what every later reseeding in that process does.

A fork copies the parent's generators. Code that seeds nothing would then look reproducible, so the
child first reseeds from the operating system every generator that a fresh interpreter seeds from
there. Generators that start from a fixed seed (Torch's) are left alone: so they are in real life.
"""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
import traceback

import numpy

from . import schema

_POLL_SECONDS = 0.005


class Forked:
    """A forked child that runs `target()` and exits; the few methods of `subprocess.Popen` we use."""

    def __init__(self, target, log):
        self.returncode = None
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

    def wait(self, seconds):
        """Wait until the child ends. Raises subprocess.TimeoutExpired after `seconds`."""
        deadline = time.monotonic() + seconds
        while True:
            pid, status = os.waitpid(self._pid, os.WNOHANG)
            if pid:
                signalled = os.WIFSIGNALED(status)
                self.returncode = -os.WTERMSIG(status) if signalled else os.WEXITSTATUS(status)
                return
            if time.monotonic() > deadline:
                raise subprocess.TimeoutExpired("scenario", seconds)
            time.sleep(_POLL_SECONDS)

    def kill(self):
        """End the child for good."""
        os.kill(self._pid, signal.SIGKILL)


class Spawned(subprocess.Popen):
    """A child that imports the framework anew, where forking is unsafe."""

    def __init__(self, arguments, log):
        super().__init__(arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=log)


def call(start, scratch, seconds):
    """Run one child and return what it gave, whatever happens to it.

    start: called with an open log file and the path of the result to write; returns a child with
    `wait`, `kill` and `returncode`. scratch: a folder for this child alone, removed afterwards.
    Returns (status, message, result, seconds): result is the JSON value that the child wrote, or
    None with the status `timeout`, `crash` or `error` and a message that says why.
    """
    os.makedirs(scratch)
    result_path = os.path.join(scratch, "result.json")
    log_path = os.path.join(scratch, "log.txt")
    started = time.monotonic()
    try:
        with open(log_path, "w+b") as log:
            child = start(log, result_path)
            try:
                child.wait(seconds)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait(60)
                return schema.TIMEOUT, "stopped after {:g} s".format(seconds), None, seconds
            elapsed = time.monotonic() - started
            if child.returncode == 0 and os.path.exists(result_path):
                with open(result_path, encoding="utf-8") as file:
                    return schema.OK, "", json.load(file), elapsed
            return _death(child.returncode) + (None, elapsed)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def become_independent(seconds):
    """What a child does first: own entropy, and an end of its own should the parent be gone.

    seconds: the scenario's time limit; the parent enforces it, the alarm outlives the parent.
    """
    random.seed()
    numpy.random.seed()
    if hasattr(signal, "setitimer"):
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, seconds + 30)


def write_result(path, value):
    """Hand `value` (JSON) to the parent; it sees all of it or nothing."""
    with open(path + ".part", "w", encoding="utf-8") as file:
        json.dump(value, file, allow_nan=False)
    os.replace(path + ".part", path)


def _death(code):
    if code is not None and code < 0:
        try:
            name = signal.Signals(-code).name
        except ValueError:
            name = "signal {}".format(-code)
        return schema.CRASH, "the process died of {}".format(name)
    return schema.CRASH, "the process ended with exit code {} and no result".format(code)
