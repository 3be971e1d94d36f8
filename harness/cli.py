"""The command line: `sameseed COMMAND`, or `python -m harness COMMAND`.

The commands are in `harness.commands`; here they are put together and run, and an error becomes an
exit code (`harness.errors.ExitCode`).
"""

from __future__ import annotations

import io
import os
import signal
import sys
import traceback

from harness.commands import (  # noqa: F401, importing one registers what it has
    app,
    audit,
    gate,
    history,
    inspect,
    merge,
    plan,
    run,
    stores,
    suite,
)
from harness.errors import ExitCode, SameseedError

__all__ = ["app", "main"]


def main() -> None:
    """Run the command line; the only place where the program ends itself."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # an ASCII console still gets its answer
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):  # end like Ctrl-C, so that trials in flight are ended too
            signal.signal(getattr(signal, name), _end)
    try:
        app()
    except SameseedError as error:
        print(f"sameseed: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        # Whoever read our output is gone; nothing more can be said, not even at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(ExitCode.INTERNAL)
    except OSError as error:
        print(f"sameseed: {error.filename or 'output'}: {error.strerror}", file=sys.stderr)
        sys.exit(ExitCode.USAGE)
    except Exception:
        traceback.print_exc()
        sys.exit(ExitCode.INTERNAL)


def _end(number: int, _: object) -> None:
    sys.exit(128 + number)
