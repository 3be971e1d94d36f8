"""From a data folder to validated trials. A file that cannot be used never stops the rest."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.errors import RecordError
from harness.records import read
from harness.versions import Version, conflict, versions

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
    with the reason, which begins with the place in the folder; so are records of one launch that
    contradict each other, once more in `conflicts`. superseded: records of launches that were
    measured again.
    """

    data: Path
    trials: tuple[Trial, ...] = ()
    unfinished: tuple[Path, ...] = ()
    refused: tuple[tuple[Path, str], ...] = ()
    superseded: tuple[Path, ...] = ()
    conflicts: tuple[str, ...] = ()


def collect(data: Path) -> Collection:
    """Read every `<machine>/<cell>/<trial>.jsonl` below `data`, which need not exist."""
    known: Known = {}
    cells = [collect_cell(cell, known) for cell in _cells(data)]
    return Collection(
        data,
        tuple(trial for cell in cells for trial in cell.trials),
        tuple(path for cell in cells for path in cell.unfinished),
        tuple(refused for cell in cells for refused in cell.refused),
        tuple(path for cell in cells for path in cell.superseded),
        tuple(why for cell in cells for why in cell.conflicts),
    )


def collect_cell(folder: Path, known: Known | None = None) -> Collection:
    """The same of one cell on one machine, `<data>/<machine>/<cell>`."""
    launches: dict[int, list[Trial]] = defaultdict(list)
    unfinished: list[Path] = []
    refused: list[tuple[Path, str]] = []
    superseded: list[Path] = []
    conflicts: list[str] = []
    for path in _files(folder):
        if path.name.endswith(UNFINISHED):
            unfinished.append(path)
            continue
        try:
            trial = read(path, known)
            launches[trial.header.trial].append(trial)
        except RecordError as error:
            refused.append((path, str(error)))
        except OSError as error:
            place = "/".join(path.parts[-3:])
            refused.append((path, f"{place}: cannot be read: {error.strerror}"))
    trials: list[Trial] = []
    for launch in launches.values():
        if len(launch) == 1:
            trials += launch
            continue
        found = versions(Version.of(trial) for trial in launch)
        superseded += [each.trial.path for each in found.superseded]
        if found.conflicting:
            conflicts.append(conflict(found))
            refused.append((found.newest.trial.path, conflicts[-1]))
        else:
            trials.append(found.newest.trial)
    return Collection(
        folder.parent.parent,
        tuple(trials),
        tuple(unfinished),
        tuple(refused),
        tuple(superseded),
        tuple(conflicts),
    )


def _cells(data: Path) -> Iterator[Path]:
    for machine in _folders(data):
        if machine.name != OBJECTS:
            yield from _folders(machine)


def _files(cell: Path) -> list[Path]:
    """Record files, finished or not. Only regular ones: opening a pipe would wait for ever."""
    found = (path for path in cell.iterdir() if path.name.endswith((FINISHED, UNFINISHED)))
    return sorted(filter(_is_file, found), key=_by_trial)


def _folders(parent: Path) -> list[Path]:
    return sorted(path for path in parent.iterdir() if path.is_dir()) if parent.is_dir() else []


def _is_file(path: Path) -> bool:
    return path.is_file()


def _by_trial(path: Path) -> tuple[int, str]:
    """Trial 10 comes after trial 2; what is not a number comes first, to be refused."""
    stem = path.name.split(".", 1)[0]
    return int(stem) if stem.isdecimal() and stem.isascii() else 0, path.name
