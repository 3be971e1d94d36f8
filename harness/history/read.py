"""The runs on file. They may come from elsewhere: one that cannot be used never stops the rest."""

from __future__ import annotations

import gzip
import io
import re
import zlib
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pandas as pd

from harness.errors import RecordError
from harness.history.runs import (
    ABOUT,
    ASIDE,
    COLUMNS,
    DEVICE,
    FORMAT,
    MACHINE,
    NAME,
    RESULT,
    RESULTS,
    SCENARIO,
    STARTED,
    About,
    Run,
    Runs,
    Stamp,
    run_id,
    started,
)

if TYPE_CHECKING:
    from pathlib import Path

MAX_FILE_BYTES = 64 * 2**20  # compressed
MAX_CONTENT_BYTES = 256 * 2**20
MAX_RESULTS = 2_000_000

_STAMP = msgspec.json.Decoder(Stamp)
_ABOUT = msgspec.json.Decoder(About)
_PATTERNS = {
    "scenario": re.compile(SCENARIO),
    "environment": re.compile(NAME),
    "setting": re.compile(NAME),
    "device": re.compile(DEVICE),
    "machine": re.compile(MACHINE),
    "result": re.compile(RESULT),
    "reproducible": re.compile(r"^(true|false|)\Z"),
}
_CELL = ["environment", "setting", "device", "machine"]


class _RefusedError(Exception):
    """Why a file is not acceptable."""


def read_runs(folder: Path, until: str = "9") -> Runs:
    """The runs in `folder`, which need not exist, oldest first, and what was refused of them.

    until: the id of the last run that is wanted. Other files than those of runs are passed over.
    """
    runs, refused = [], []
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        run = path.name.removesuffix(ABOUT)
        if path.name.startswith(".") or not path.name.endswith((ABOUT, RESULTS)):
            continue
        if ASIDE.fullmatch(path.name.removesuffix(ABOUT).removesuffix(RESULTS)):
            continue
        try:
            if path.name.endswith(RESULTS):
                if not path.with_name(path.name.removesuffix(RESULTS) + ABOUT).exists():
                    raise _RefusedError(f"there is no file of this name with {ABOUT}")
            elif not re.match(STARTED, started(run)):
                raise _RefusedError("its name is not that of a run")
            elif run <= until:
                runs.append(_run(path, run))
        except _RefusedError as error:
            refused.append(f"history/{path.name}: {error}")
        except OSError as error:
            refused.append(f"history/{path.name}: cannot be read: {error.strerror}")
    return Runs(tuple(runs), tuple(refused))


def read_run(path: Path) -> Run:
    """The run whose second file this is. Raises RecordError where there is none."""
    try:
        return _run(path, path.name.removesuffix(ABOUT))
    except _RefusedError as error:
        raise RecordError(str(error)) from None


def _run(path: Path, run: str) -> Run:
    about = _about(_content(path))
    if about.run != run:
        raise _RefusedError("it is of another run than its name says")
    if run_id(max((cell.started for cell in about.cells), default="")) != run:
        raise _RefusedError("its newest launch did not start when its name says")
    names = {name: position for position, (name, _) in enumerate(about.scenarios)}
    cells: dict[tuple[str, ...], int] = {
        (cell.environment, cell.setting, cell.device, cell.machine): position
        for position, cell in enumerate(about.cells)
    }
    if len(names) < len(about.scenarios) or len(cells) < len(about.cells):
        raise _RefusedError("a scenario or a cell is there twice")
    for step in about.steps:
        if not set(step.broken) <= set(step.compared) or len(step.breaks) != len(step.broken):
            raise _RefusedError(f"what breaks at {step.step} is not what was compared there")
        if max(step.compared, default=0) >= len(names):
            raise _RefusedError(f"a scenario at {step.step} is not among the run's")
    table = path.with_name(f"{run}{RESULTS}")
    try:
        return _with_results(about, _results(_content(table)), names, cells)
    except FileNotFoundError:
        raise _RefusedError(f"there is no {table.name}") from None
    except _RefusedError as error:
        raise _RefusedError(f"{table.name}: {error}") from None


def _content(path: Path) -> bytes:
    """A file, unpacked; no more of it than a run may be long."""
    if not path.is_file() and path.exists():
        raise _RefusedError("not a file")
    if path.stat().st_size > MAX_FILE_BYTES:
        raise _RefusedError(f"longer than {MAX_FILE_BYTES:,} bytes")
    try:
        with gzip.open(path) as file:
            content = file.read(MAX_CONTENT_BYTES + 1)
    except (gzip.BadGzipFile, EOFError, zlib.error):
        raise _RefusedError("cut short, or not compressed with gzip") from None
    if len(content) > MAX_CONTENT_BYTES:
        raise _RefusedError(f"longer than {MAX_CONTENT_BYTES:,} bytes when unpacked")
    return content


def _about(content: bytes) -> About:
    try:
        format_ = _STAMP.decode(content).format
        if format_ > FORMAT:
            raise _RefusedError(
                f"format {format_} is newer than this sameseed reads ({FORMAT}): upgrade sameseed"
            )
        if format_ < 1:
            raise _RefusedError(f"there is no format {format_}")
        return _ABOUT.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _RefusedError(str(error)) from None


def _results(content: bytes) -> pd.DataFrame:
    """The table, every value checked; there are few different ones."""
    if content.count(b"\n") - 1 > MAX_RESULTS:
        raise _RefusedError(f"more than {MAX_RESULTS:,} results")
    try:
        # The head is read as a row, and in one piece with the rest: pandas makes numbers of
        # categories that all look like numbers, whatever it is told.
        frame: pd.DataFrame = pd.read_csv(
            io.BytesIO(content),
            header=None,
            names=COLUMNS,
            index_col=False,
            dtype="category",
            keep_default_na=False,
            low_memory=False,
        )
    except (ValueError, pd.errors.ParserWarning) as error:
        raise _RefusedError(f"not a table: {str(error).strip()}") from None
    if frame.empty or tuple(frame.iloc[0]) != COLUMNS:
        raise _RefusedError(f"its columns are not {', '.join(COLUMNS)}")
    frame = frame.iloc[1:]
    for column, pattern in _PATTERNS.items():
        frame[column] = frame[column].cat.remove_unused_categories()
        for value in frame[column].cat.categories.tolist():
            if not pattern.match(value):
                raise _RefusedError(f"{value[:80]!r} is no {column}")
    return frame


def _with_results(
    about: About,
    table: pd.DataFrame,
    names: dict[str, int],
    cells: dict[tuple[str, ...], int],
) -> Run:
    if len(table) != about.results:
        raise _RefusedError(f"{about.results} results were written, {len(table)} are here")
    scenario = _mapped(table["scenario"], names.get)
    cell = _cells(table, cells)
    if (scenario < 0).any() or (cell < 0).any():
        raise _RefusedError("a scenario or a cell is not among the run's")
    keys = np.sort(cell * max(1, len(names)) + scenario)
    if (keys[1:] == keys[:-1]).any():
        raise _RefusedError("a result is there twice")
    stable = _mapped(table["reproducible"], {"true": 1, "false": 0}.get)
    named = _mapped(table["result"], lambda name: int(name != ""))
    judged = stable >= 0
    if (stable[judged] != named[judged]).any():
        raise _RefusedError("launches agree on no result, or disagree on one")
    values = [int(name, 16) if name else 0 for name in table["result"].cat.categories.tolist()]
    result = np.array(values, np.uint64)[table["result"].cat.codes.to_numpy()]
    return Run(about, scenario[judged], cell[judged], result[judged], stable[judged] == 1)


def _cells(table: pd.DataFrame, cells: dict[tuple[str, ...], int]) -> Any:
    """The position of each row's cell, -1 where it has none."""
    combined = np.zeros(len(table), np.int64)
    for column in _CELL:
        values = table[column].cat
        combined = combined * len(values.categories) + values.codes.to_numpy()
    _, first, which = np.unique(combined, return_index=True, return_inverse=True)
    rows = table[_CELL].iloc[first].astype(object).itertuples(index=False, name=None)
    return np.array([cells.get(row, -1) for row in rows], np.int64)[which]


def _mapped(column: pd.Series[Any], position: Any) -> Any:
    """A number for each value of a categorical column, -1 where it has none."""
    found = [position(value) for value in column.cat.categories.tolist()]
    numbers = np.array([-1 if each is None else each for each in found], np.int64)
    return numbers[column.cat.codes.to_numpy()]
