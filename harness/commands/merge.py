"""`merge`: the records of other machines."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from harness.commands import JsonOption, app
from harness.errors import ExitCode

_SECONDS = 5.0  # between two lines of progress in a log; at a terminal they replace each other


@app.command()
def merge(
    folders: Annotated[
        list[Path],
        typer.Argument(
            metavar="DIR...", help="reports/ folders of other machines, or the data/ in them."
        ),
    ],
    into: Annotated[
        Path, typer.Option("--into", metavar="DIR", help="reports/ folder that gets it all.")
    ],
    as_json: JsonOption = False,
) -> None:
    """Bring the records, arrays and runs of several machines together in one folder.

    What is merged is checked first; what cannot be trusted is refused by name, and the rest merged.
    In whatever order, and however often, it gives the same files.

    Exit codes: 0 all was merged, 2 a folder makes no sense (nothing was written) or cannot be
    written, 3 something was refused or is in conflict (the rest was merged).
    """
    from harness.merge import merge as merged

    outcome = merged(folders, into, Progress().say)
    if as_json:
        print(json.dumps(outcome.plain(), indent=2))
    else:
        print(*outcome.lines(), sep="\n")
    if outcome.code != ExitCode.HOLDS:
        raise typer.Exit(outcome.code)


class Progress:
    """On standard error, so that what is printed can be read by a machine."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._next = time.monotonic() + (0.5 if self._terminal else _SECONDS)

    def say(self, line: str) -> None:
        """Print the line, unless another was printed just now."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + (0.2 if self._terminal else _SECONDS)
        end = "\x1b[K\r" if self._terminal else "\n"
        print(line, end=end, file=sys.stderr, flush=True)
