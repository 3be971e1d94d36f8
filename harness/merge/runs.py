"""Runs from elsewhere: each is read in full before it is kept."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from harness.errors import RecordError
from harness.history.file import MAX_FILE_BYTES
from harness.history.read import as_run
from harness.history.runs import ASIDE, SUFFIX
from harness.merge.folders import RefusedError, opened
from harness.report.files import replacing_bytes
from harness.versions import DIGITS

if TYPE_CHECKING:
    from pathlib import Path

    from harness.merge.outcome import Source

_RUN = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}-[0-9]{2}-[0-9]{2}Z)\.parquet")


def merge_runs(history: Path, into: Path, found: Source) -> None:
    """Take over the runs in the folder `history`.

    Of two reports whose newest launch started in the same second, the one with more results has the
    plain name: it was made when more was measured, or more merged.
    """
    for name in sorted(path.name for path in history.iterdir() if not path.name.startswith(".")):
        if not (name.endswith(SUFFIX) or ASIDE.fullmatch(name)):
            found.others += 1
            continue
        try:
            _merge(history / name, into, found)
        except (RefusedError, RecordError) as error:
            found.refuse(f"history/{name}", str(error))


def _merge(path: Path, into: Path, found: Source) -> None:
    aside = ASIDE.fullmatch(path.name)
    named = aside or _RUN.fullmatch(path.name)
    if not named:
        raise RefusedError("its name is not that of a run")
    run = named[1]
    with opened(path, MAX_FILE_BYTES) as file:
        content = file.read(MAX_FILE_BYTES + 1)
    if aside and aside[2] != _digest(content):
        raise RefusedError("its content is not the one that its name says")
    rank = _rank(run, content)
    plain, beside = into / f"{run}{SUFFIX}", _beside(into, run, content)
    there = plain.read_bytes() if plain.exists() else None
    if content == there or beside.exists():
        found.runs_known += 1
        return
    found.runs_new += 1
    if there is None:
        _write(plain, content)
    elif _outranks(rank, run, there):
        # In this order: cut off in between, both are there.
        _write(_beside(into, run, there), there)
        _write(plain, content)
    else:
        _write(beside, content)


def _outranks(rank: tuple[int, int, str], run: str, there: bytes) -> bool:
    """Whether a run takes the place of what is there; what cannot be read keeps it."""
    try:
        return rank > _rank(run, there)
    except RecordError:
        return False


def _rank(run: str, content: bytes) -> tuple[int, int, str]:
    """What decides which of two reports is the fuller. Raises RecordError for what is no run."""
    about = as_run(content, run).about
    return about.results, about.measured, _digest(content)


def _beside(into: Path, run: str, content: bytes) -> Path:
    return into / f"{run}.{_digest(content)}.aside"


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:DIGITS]


def _write(path: Path, content: bytes) -> None:
    with replacing_bytes(path) as file:
        file.write(content)
