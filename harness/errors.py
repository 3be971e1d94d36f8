"""The error family and the exit codes: every way this program can end, in one place.

An error says what was wrong, where, and what to write instead. `harness.cli` maps each class to its
exit code; nothing else calls `sys.exit`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class ExitCode(IntEnum):
    """What the shell sees. Stable: people script against these."""

    HOLDS = 0  # it was measured, and nothing asks for attention
    BROKE = 1  # determinism broke against the policy
    USAGE = 2  # the command line or a file the user wrote is wrong
    NOT_MEASURED = 3  # planned cells could not be measured
    INTERNAL = 4  # the audit itself cannot be trusted: a bug, or a negative control that failed


class SameseedError(Exception):
    """Base of everything this program raises on purpose."""

    exit_code = ExitCode.INTERNAL


@dataclass(frozen=True)
class Problem:
    """One mistake in a file, with the place to look at. Lines and columns count from 1."""

    file: str
    line: int
    column: int
    message: str
    hint: str = ""

    def __str__(self) -> str:
        hint = f"\n    {self.hint}" if self.hint else ""
        return f"{self.file}:{self.line}:{self.column}: {self.message}{hint}"


class MatrixError(SameseedError):
    """`matrix.yaml` has mistakes; all of them are listed."""

    exit_code = ExitCode.USAGE

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        super().__init__("\n".join(str(problem) for problem in problems))


class LockError(SameseedError):
    """`matrix.lock` is missing, unreadable, or older than `matrix.yaml`."""

    exit_code = ExitCode.USAGE


class InstallError(SameseedError):
    """An environment could not be made; it becomes rows with this reason, and the rest goes on."""

    exit_code = ExitCode.NOT_MEASURED

    def __init__(self, status: str, message: str) -> None:
        self.status = status
        super().__init__(message)


class RecordError(SameseedError):
    """A record file is not what it should be: truncated, malformed, or of a newer format."""

    exit_code = ExitCode.NOT_MEASURED
