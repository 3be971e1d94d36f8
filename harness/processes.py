"""The one seam for subprocesses: run a command, keep what it said."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def run(
    command: Sequence[str],
    environment: Mapping[str, str] | None = None,
    seconds: float | None = None,
) -> tuple[int, str]:
    """Run `command` to its end; returns its exit code, and standard output and error together.

    environment: variables to set on top of this process's own. seconds: the limit, if any. A
    command that does not exist gives the code 127, as in a shell; one past its limit 124, as with
    `timeout`.
    """
    try:
        done = subprocess.run(
            list(command),
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            check=False,
            timeout=seconds,
        )
    except subprocess.TimeoutExpired:
        return 124, f"no answer within {seconds:g} s"
    except OSError as error:
        return 127, str(error)
    return done.returncode, done.stdout
