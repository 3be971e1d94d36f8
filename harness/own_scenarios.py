"""The user's own scenario files: found, loaded, and their mistakes said with the place to look at.

A file is the user's code and runs wherever a plan is made, so anything may come out of it.
"""

from __future__ import annotations

import contextlib
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING

from harness import scenarios
from harness.errors import MatrixError, Problem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.matrix import Matrix

PLACE = ("scenarios", "files")
_DECORATE = 'decorate a function of one argument with @scenario("own/name")'


def own_files(matrix: Matrix, folder: Path) -> tuple[str, ...]:
    """The absolute paths of the files that a matrix in `folder` names.

    Raises `MatrixError` where one is missing or named twice.
    """
    files: list[str] = []
    problems: list[Problem] = []
    for index, name in enumerate(matrix.scenarios.files):
        path, found = folder / name, False
        with contextlib.suppress(OSError, RuntimeError):  # a name too long, a link to itself
            path = path.resolve()
            found = path.is_file()
        if str(path) in files:
            problem = matrix.source.problem((*PLACE, index), f"{name} is named twice", "drop one")
            problems.append(problem)
        elif not found:
            message = f"there is no file {path}"
            hint = "write its path, absolute or as seen from the folder of this file"
            problems.append(matrix.source.problem((*PLACE, index), message, hint))
        files.append(str(path))
    if problems:
        raise MatrixError(tuple(problems))
    return tuple(files)


def scenario_names(matrix: Matrix, files: Sequence[str]) -> tuple[str, ...]:
    """The names of the whole suite, those that `files` define last.

    Raises `MatrixError` for a file that cannot be loaded or defines nothing.
    """
    known = scenarios.names()
    good: list[str] = []
    problems = []
    for index, path in enumerate(files):
        try:
            with contextlib.redirect_stdout(sys.stderr):  # what we print may be read by a machine
                names = scenarios.names([*good, path])
        except (Exception, SystemExit) as error:  # it is the user's code
            problems.append(_explained(error, path))
            continue
        good.append(path)
        if not any(entry.file == path for entry in scenarios.suite().values()):
            message = f"{Path(path).name} defines no scenario"
            problems.append(matrix.source.problem((*PLACE, index), message, _DECORATE))
        known = names
    if problems:
        raise MatrixError(tuple(problems))
    return known


def _explained(error: BaseException, path: str) -> Problem:
    """What went wrong while `path` was loaded, and where in it."""
    if isinstance(error, SyntaxError) and error.filename == path:
        line, column = error.lineno or 1, max(error.offset or 1, 1)
        hint = "write Python that every audited interpreter reads, 3.7 where one is that old"
        return Problem(path, line, column, f"this is not Python: {error.msg}", hint)
    line, column = _place(error, path)
    message = " ".join(f"{type(error).__name__}: {error}".split())
    return Problem(path, line, column, f"this cannot be loaded: {message}", _hint(error))


def _place(error: BaseException, path: str) -> tuple[int, int]:
    """The innermost line of `path` that the error passed through."""
    frames = [
        frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == path
    ]
    if not frames:
        return 1, 1
    line = frames[-1].lineno or 1
    text = Path(path).read_text(encoding="utf-8", errors="replace").splitlines()[line - 1 :][:1]
    return line, len(text[0]) - len(text[0].lstrip()) + 1 if text else 1


def _hint(error: BaseException) -> str:
    if isinstance(error, ImportError):
        return (
            "import frameworks and NumPy inside the function, or take run.keras, run.numpy, "
            'run.api("..."): this file is also read where none is installed'
        )
    if isinstance(error, SystemExit):
        return "let the file define scenarios and end"
    return ""
