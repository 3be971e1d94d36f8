"""Progress: one line at a time, for a person at a terminal and for the log of a CI job.

A line is `what: step` ("default/cpu trial 1: 7/19 recipes/none"); steps of the same `what` replace
each other. Anything else, and every failure (its status stands in capitals), stays.

At a terminal a step overwrites the one before; nox's parallel board shows the last one of each
session. Where standard output is no terminal, nox holds a session's output back until it ends. Then
sessions write to a journal instead, and the process that a person started prints from it every few
seconds.
"""

from __future__ import annotations

import atexit
import os
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

JOURNAL = "SAMESEED_JOURNAL"  # environment variable: the journal's path
NOX = "SAMESEED_NOX"  # environment variable: process id of the nox that a person started

_SECONDS = 5.0  # between two looks at the journal
_ERASE = "\x1b[K"  # to the end of the line


def speaker(name: str) -> Callable[[str], None]:
    """A function that reports one line about `name`: to the journal, or to standard output."""
    journal = os.environ.get(JOURNAL)
    # Below a nox that keeps no journal, the terminal is nox's, and it knows overwritten lines.
    terminal = sys.stdout.isatty() or NOX in os.environ
    turn = threading.Lock()

    def say(line: str) -> None:
        with turn:
            if journal:
                with Path(journal).open("a", encoding="utf-8") as file:
                    file.write(f"{name}  {line}\n")
            elif terminal:
                print(f"{_ERASE}{line}", end="\r" if is_step(line) else "\n", flush=True)
            else:
                print(line, flush=True)

    return say


def follow(journal: Path) -> None:
    """Print what sessions write to `journal`, from now until this process ends."""
    journal.parent.mkdir(parents=True, exist_ok=True)
    journal.write_text("", encoding="utf-8")
    os.environ[JOURNAL] = str(journal)
    ended = threading.Event()

    def watch() -> None:
        seen = 0
        last = False
        while not last:
            last = ended.wait(_SECONDS)
            lines = journal.read_text(encoding="utf-8").splitlines()
            for line in digest(lines[seen:]):
                print(line, flush=True)
            seen = len(lines)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    atexit.register(thread.join, _SECONDS)
    atexit.register(ended.set)


def digest(lines: Iterable[str]) -> list[str]:
    """What of a few seconds' journal is worth a log's space: the last step of each trial, and
    everything that is no step. Lines come as `name  line`.
    """
    kept: dict[str, str] = {}
    for line in lines:
        name, _, rest = line.partition("  ")
        kept[f"{name}  {rest.partition(': ')[0]}" if is_step(rest) else line] = line
    return list(kept.values())


def is_step(line: str) -> bool:
    """Whether the next line about the same thing makes this one obsolete."""
    what, colon, step = line.partition(": ")
    failed = what.split(" ")[0].isupper() or step.split(" ")[0].isupper()
    return bool(colon) and not failed
