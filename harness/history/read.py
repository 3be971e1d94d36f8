"""The runs on file. They may come from elsewhere: one that cannot be used never stops the rest."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import numpy as np

from harness.errors import RecordError
from harness.history.file import CELL, FLAG, MAX_FILE_BYTES, TEXTS, NotARunError, decoded
from harness.history.runs import (
    DEVICE,
    FORMAT,
    MACHINE,
    NAME,
    RESULT,
    SCENARIO,
    STARTED,
    SUFFIX,
    About,
    Run,
    Runs,
    Stamp,
    run_id,
    started,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pyarrow as pa

_STAMP = msgspec.json.Decoder(Stamp)
_ABOUT = msgspec.json.Decoder(About)
# The other columns of text are those of the run's own cells.
_PATTERNS = {
    "scenario": re.compile(SCENARIO),
    "environment": re.compile(NAME),
    "setting": re.compile(NAME),
    "device": re.compile(DEVICE),
    "machine": re.compile(MACHINE),
    "result": re.compile(RESULT),
}


class _Column(NamedTuple):
    """A column of text: its different values, and for each row the position of its own."""

    values: list[str]
    codes: Any

    def mapped(self, number: Callable[[str], int | None]) -> Any:
        """A number for each row, by its value; -1 where it has none."""
        found = [number(value) for value in self.values]
        numbers = np.array([-1 if each is None else each for each in found], np.int64)
        return numbers[self.codes]


def read_runs(folder: Path, until: str = "9") -> Runs:
    """The runs in `folder`, which need not exist, oldest first, and what was refused of them.

    until: the id of the last run that is wanted. Other files than those of runs are passed over.
    """
    runs, refused = [], []
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        run = path.name.removesuffix(SUFFIX)
        if path.name.startswith(".") or run == path.name:
            continue
        try:
            if not re.match(STARTED, started(run)):
                raise NotARunError("its name is not that of a run")
            if run <= until:
                runs.append(_run(_content(path), run))
        except NotARunError as error:
            refused.append(f"history/{path.name}: {error}")
        except OSError as error:
            refused.append(f"history/{path.name}: cannot be read: {error.strerror}")
    return Runs(tuple(runs), tuple(refused))


def as_run(content: bytes, run: str) -> Run:
    """The run whose file has these bytes. Raises RecordError where they are no run, or another."""
    try:
        return _run(content, run)
    except NotARunError as error:
        raise RecordError(str(error)) from None


def _content(path: Path) -> bytes:
    if not path.is_file():
        raise NotARunError("not a file")
    with path.open("rb") as file:
        content = file.read(MAX_FILE_BYTES + 1)
    if len(content) > MAX_FILE_BYTES:
        raise NotARunError(f"longer than {MAX_FILE_BYTES:,} bytes")
    return content


def _run(content: bytes, run: str) -> Run:
    found = decoded(content)
    about = _about(found.about)
    if about.run != run:
        raise NotARunError("it is of another run than its name says")
    if run_id(max((cell.started for cell in about.cells), default="")) != run:
        raise NotARunError("its newest launch did not start when its name says")
    names = {name: position for position, (name, _) in enumerate(about.scenarios)}
    places = {(each.environment, each.setting, each.device, each.machine) for each in about.cells}
    if len(names) < len(about.scenarios) or len(places) < len(about.cells):
        raise NotARunError("a scenario or a cell is there twice")
    for step in about.steps:
        if not set(step.broken) <= set(step.compared) or len(step.breaks) != len(step.broken):
            raise NotARunError(f"what breaks at {step.step} is not what was compared there")
        if max(step.compared, default=0) >= len(names):
            raise NotARunError(f"a scenario at {step.step} is not among the run's")
    if max((max(cell.facts, default=-1) for cell in about.cells), default=-1) >= len(about.facts):
        raise NotARunError("a fact of a cell is not among the run's")
    return _with_results(about, found.rows, names)


def _about(content: bytes) -> About:
    try:
        format_ = _STAMP.decode(content).format
        if format_ > FORMAT:
            raise NotARunError(
                f"format {format_} is newer than this sameseed reads ({FORMAT}): upgrade sameseed"
            )
        if format_ < 1:
            raise NotARunError(f"there is no format {format_}")
        return _ABOUT.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise NotARunError(str(error)) from None


def _with_results(about: About, table: pa.Table, names: dict[str, int]) -> Run:
    if len(table) != about.results:
        raise NotARunError(f"{about.results} results were written, {len(table)} are here")
    columns = {name: _column(table, name) for name in TEXTS}
    for name, pattern in _PATTERNS.items():
        for value in columns[name].values:
            if not pattern.match(value):
                raise NotARunError(f"{value[:80]!r} is no {name}")
    if (columns["run"].mapped({about.run: 0}.get) < 0).any():
        raise NotARunError("a result is of another run")
    scenario = columns["scenario"].mapped(names.get)
    cell = _cells(about, columns)
    if (scenario < 0).any() or (cell < 0).any():
        raise NotARunError("a scenario or a cell is not among the run's")
    keys = np.sort(cell * max(1, len(names)) + scenario)
    if (keys[1:] == keys[:-1]).any():
        raise NotARunError("a result is there twice")
    flags = table[FLAG].combine_chunks()
    judged = flags.is_valid().to_numpy(zero_copy_only=False)
    stable = flags.fill_null(False).to_numpy(zero_copy_only=False)
    named = columns["result"].mapped(lambda name: int(name != "")) == 1
    if (stable[judged] != named[judged]).any():
        raise NotARunError("launches agree on no result, or disagree on one")
    values = [int(name, 16) if name else 0 for name in columns["result"].values]
    result = np.array(values, np.uint64)[columns["result"].codes]
    return Run(about, scenario[judged], cell[judged], result[judged], stable[judged])


def _column(table: pa.Table, name: str) -> _Column:
    whole = table[name].combine_chunks()
    return _Column(whole.dictionary.to_pylist(), whole.indices.to_numpy(zero_copy_only=False))


def _cells(about: About, columns: dict[str, _Column]) -> Any:
    """The position of each row's cell, -1 where it has none, or is said to be another."""
    known = {
        tuple(getattr(cell, name) for name in CELL): position
        for position, cell in enumerate(about.cells)
    }
    combined = np.zeros(len(columns["run"].codes), np.int64)
    for name in CELL:
        codes = columns[name].codes
        # Numbered anew after each column: these stay small, however many values a file has.
        _, combined = np.unique(
            combined * (len(columns[name].values) + 1) + codes, return_inverse=True
        )
    _, first, which = np.unique(combined, return_index=True, return_inverse=True)
    found = [
        known.get(tuple(columns[name].values[columns[name].codes[row]] for name in CELL), -1)
        for row in first.tolist()
    ]
    return np.array(found, np.int64)[which]
