"""Progress: one line at a time, for a person at a terminal and for the log of a CI job.

A session's own output is one line per step; nox's parallel board shows the last one. Where standard
output is no terminal, nox holds a session's output back until it ends. Then the sessions write their
lines to a journal instead, and the process that a person started prints from it every few seconds.
"""

from __future__ import annotations

import atexit
import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

JOURNAL = "SAMESEED_JOURNAL"  # environment variable: the journal's path

_SECONDS = 5.0  # between two looks at the journal


def speaker(name: str) -> Callable[[str], None]:
    """A function that reports one line about `name`: to the journal, or to standard output."""
    journal = os.environ.get(JOURNAL)
    turn = threading.Lock()

    def say(line: str) -> None:
        with turn:
            if journal:
                with Path(journal).open("a", encoding="utf-8") as file:
                    file.write(f"{name}  {line}\n")
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
    """What of a few seconds' lines is worth a log's space: every failure, and where each trial is.

    A line is `name  what: step`; steps of the same `name  what` replace each other. Failures begin
    with their status in capitals.
    """
    kept: dict[str, str] = {}
    for line in lines:
        name, _, rest = line.partition("  ")
        what, colon, step = rest.partition(": ")
        failed = rest.split(" ")[0].isupper() or step.split(" ")[0].isupper()
        kept[line if failed or not colon else f"{name}  {what}"] = line
    return list(kept.values())
