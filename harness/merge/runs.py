"""Runs from elsewhere: each is read in full before it is kept, its two files together."""

from __future__ import annotations

import hashlib
import re
import shutil
from typing import TYPE_CHECKING, NamedTuple

from harness.errors import RecordError
from harness.history.read import MAX_FILE_BYTES, read_run
from harness.history.runs import ABOUT, ASIDE, RESULTS
from harness.merge.folders import TEMPORARY, RefusedError, opened
from harness.report.files import replacing_bytes
from harness.versions import DIGITS

if TYPE_CHECKING:
    from pathlib import Path

    from harness.merge.outcome import Source

_SUFFIXES = (RESULTS, ABOUT)  # as they are written
_RUN = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}-[0-9]{2}-[0-9]{2}Z")


class _Files(NamedTuple):
    """The bytes of a run's two files."""

    results: bytes
    about: bytes

    @property
    def digest(self) -> str:
        each = (hashlib.sha256(content).digest() for content in self)
        return hashlib.sha256(b"".join(each)).hexdigest()[:DIGITS]


def merge_runs(history: Path, into: Path, found: Source) -> None:
    """Take over the runs in the folder `history`.

    Of two reports whose newest launch started in the same second, the one with more results has the
    plain name: it was made when more was measured, or more merged.
    """
    try:
        _merge_all(history, into, found)
    finally:
        shutil.rmtree(into / TEMPORARY, ignore_errors=True)


def _merge_all(history: Path, into: Path, found: Source) -> None:
    names = {path.name for path in history.iterdir() if not path.name.startswith(".")}
    abouts = {name.removesuffix(ABOUT) for name in names if name.endswith(ABOUT)}
    for name in sorted(names):
        stem = name.removesuffix(ABOUT).removesuffix(RESULTS)
        if stem == name:
            found.others += 1
            continue
        if name.endswith(RESULTS):
            if stem not in abouts:
                found.refuse(f"history/{name}", f"there is no file of this name with {ABOUT}")
            continue
        try:
            _merge(history, stem, into, found)
        except (RefusedError, RecordError) as error:
            found.refuse(f"history/{name}", str(error))


def _merge(history: Path, stem: str, into: Path, found: Source) -> None:
    aside = ASIDE.fullmatch(stem)
    run = aside[1] if aside else stem
    if not _RUN.fullmatch(run):
        raise RefusedError("its name is not that of a run")
    files = _Files(*(_content(history / f"{stem}{suffix}") for suffix in _SUFFIXES))
    if aside and aside[2] != files.digest:
        raise RefusedError("its content is not the one that its name says")
    rank = _rank(run, files, into)
    there = _there(into / run)
    beside = f"{run}.{files.digest}"
    if files == there or (into / f"{beside}{ABOUT}").exists():
        found.runs_known += 1
        return
    found.runs_new += 1
    asides = [path for path in into.glob(f"{run}.*{ABOUT}") if ASIDE.fullmatch(_stem(path))]
    rivals = [there] if there else [each for path in asides if (each := _there(into / _stem(path)))]
    if not all(_outranks(rank, run, each, into) for each in rivals):
        _write(into, beside, files)
        return
    if there:
        _write(into, f"{run}.{there.digest}", there)
    _write(into, run, files)


def _outranks(rank: tuple[int, int, str], run: str, there: _Files, into: Path) -> bool:
    """Whether a run takes the place of what is there; what cannot be read keeps it."""
    try:
        return rank > _rank(run, there, into)
    except RecordError:
        return False


def _rank(run: str, files: _Files, into: Path) -> tuple[int, int, str]:
    """What decides which of two reports is the fuller. Raises RecordError for what is no run."""
    _write(into / TEMPORARY, run, files)
    about = read_run(into / TEMPORARY / f"{run}{ABOUT}").about
    return about.results, about.measured, files.digest


def _write(folder: Path, stem: str, files: _Files) -> None:
    # A run is there while its second file is, and its two files are never those of two runs.
    (folder / f"{stem}{ABOUT}").unlink(missing_ok=True)
    for suffix, content in zip(_SUFFIXES, files, strict=True):
        with replacing_bytes(folder / f"{stem}{suffix}") as file:
            file.write(content)


def _there(stem: Path) -> _Files | None:
    try:
        return _Files(*(stem.with_name(f"{stem.name}{each}").read_bytes() for each in _SUFFIXES))
    except FileNotFoundError:
        return None


def _stem(about: Path) -> str:
    return about.name.removesuffix(ABOUT)


def _content(path: Path) -> bytes:
    with opened(path, MAX_FILE_BYTES) as file:
        return file.read(MAX_FILE_BYTES + 1)
