"""From a data folder to validated trials. A file that cannot be used never stops the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.errors import RecordError
from harness.records import read

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from harness.records import Known, Trial

OBJECTS = "objects"  # the folder of arrays, beside those of machines
FINISHED, UNFINISHED = ".jsonl", ".jsonl.part"


@dataclass(frozen=True)
class Collection:
    """Everything below a data folder, in the order of machine, cell and trial.

    unfinished: files of trials in flight or dead. refused: files that are no valid record, each
    with the reason, which begins with the place in the folder.
    """

    data: Path
    trials: tuple[Trial, ...] = ()
    unfinished: tuple[Path, ...] = ()
    refused: tuple[tuple[Path, str], ...] = ()


def collect(data: Path) -> Collection:
    """Read every `<machine>/<cell>/<trial>.jsonl` below `data`, which need not exist."""
    trials: list[Trial] = []
    unfinished: list[Path] = []
    refused: list[tuple[Path, str]] = []
    known: Known = {}
    for path in _files(data):
        if path.name.endswith(UNFINISHED):
            unfinished.append(path)
            continue
        try:
            trials.append(read(path, known))
        except RecordError as error:
            refused.append((path, str(error)))
        except OSError as error:
            place = "/".join(path.parts[-3:])
            refused.append((path, f"{place}: cannot be read: {error.strerror}"))
    return Collection(data, tuple(trials), tuple(unfinished), tuple(refused))


def _files(data: Path) -> Iterator[Path]:
    """Record files, finished or not. Only regular ones: opening a pipe would wait for ever."""
    for machine in _folders(data):
        if machine.name == OBJECTS:
            continue
        for cell in _folders(machine):
            found = (path for path in cell.iterdir() if path.name.endswith((FINISHED, UNFINISHED)))
            yield from sorted(filter(_is_file, found), key=_by_trial)


def _folders(parent: Path) -> list[Path]:
    return sorted(path for path in parent.iterdir() if path.is_dir()) if parent.is_dir() else []


def _is_file(path: Path) -> bool:
    return path.is_file()


def _by_trial(path: Path) -> tuple[int, str]:
    """Trial 10 comes after trial 2; what is not a number comes first, to be refused."""
    stem = path.name.split(".", 1)[0]
    return int(stem) if stem.isdecimal() and stem.isascii() else 0, path.name
