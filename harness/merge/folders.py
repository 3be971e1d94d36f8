"""What lies in a folder that somebody else made. Nothing is followed, and only files are opened."""

from __future__ import annotations

import os
import re
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from harness.collect import FINISHED, OBJECTS, UNFINISHED
from harness.errors import ExitCode, SameseedError
from harness.records import ASIDE, MAX_FILE_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.merge.outcome import Source

DATA, HISTORY = "data", "history"
TEMPORARY = ".merging"  # in these: where a file is until it is checked

# Every limit of what is merged. A line of a record, and what is in it: `harness.records`; a file of
# a run, and how much its metadata may unpack to: `harness.history.file`.
MAX_RECORD_BYTES = MAX_FILE_BYTES
MAX_ARRAY_BYTES = 16 * 2**30

MACHINE = re.compile(r"[a-z0-9][a-z0-9_-]{0,99}")
CELL = re.compile(r"[a-z][a-z0-9_]{0,199}\.[a-z][a-z0-9_]{0,199}\.(cpu|gpu)")
_TRIAL = re.compile(r"[1-9][0-9]{0,6}\.jsonl")
# What Windows takes for a device, whatever follows after a dot.
RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?")

_SHOWN = 500  # characters of a place

LINK = "a symbolic link, which is never followed"


class FolderError(SameseedError):
    """A folder that cannot be merged, or not into that one."""

    exit_code = ExitCode.USAGE


class RefusedError(Exception):
    """Why a file is not merged."""


@dataclass(frozen=True)
class Folder:
    """A folder that is merged: where its records and its runs lie, None where it has none."""

    folder: Path
    data: Path | None
    history: Path | None

    @property
    def empty(self) -> bool:
        """Whether there is nothing to merge."""
        return self.data is None and self.history is None


def located(folder: Path) -> Folder:
    """A `reports/` folder, or its `data/` folder; or one with nothing in it."""
    if not folder.is_dir():
        raise FolderError(f"{folder}: there is no such folder")
    found = _located(folder)
    if not found.empty or not any(folder.iterdir()):
        return found
    below = sorted(child.name for child in folder.iterdir() if is_real_folder(child))
    inside = [name for name in below if not _located(folder / name).empty]
    hint = f"write {folder}/*" if inside else "name a reports/ folder, or the data/ folder in it"
    has = f"; it has {', '.join(map(shown, (inside or below)[:5]))}" if below else ""
    raise FolderError(f"{folder} has neither data/ nor <machine>/<cell>/<trial>.jsonl{has}: {hint}")


def overlap(sources: Sequence[Folder], into: Path) -> None:
    """Raise FolderError where something would be merged into itself, or into a `data/` folder."""
    if into.exists() and not into.is_dir():
        raise FolderError(f"--into {into} is a file: name a reports/ folder, or a new one")
    if into.name == DATA or (into.is_dir() and _looks_like_data(into) and not _has(into, DATA)):
        raise FolderError(
            f"--into {into} is the data/ folder of a report: name the folder it lies in, "
            f"{into.resolve().parent}"
        )
    for part in (DATA, HISTORY):
        target = (into / part).resolve()
        for source in sources:
            if not (place := getattr(source, part)):
                continue
            place = place.resolve()
            if place == target or place in target.parents or target in place.parents:
                raise FolderError(
                    f"{source.folder} and --into {into} overlap: {place} cannot be merged into "
                    f"{target}"
                )


def records(data: Path, found: Source) -> Iterator[Path]:
    """Records below a `data/` folder, by name; what else looks like one is refused."""
    for machine in _entries(data, data, found):
        if machine.name != OBJECTS and _enters(machine, data, MACHINE, "machine", found):
            for cell in _entries(machine.path, data, found):
                if _enters(cell, data, CELL, "cell", found):
                    yield from _records(cell, data, found)


def _records(cell: os.DirEntry[str], data: Path, found: Source) -> Iterator[Path]:
    for entry in sorted(
        _entries(cell.path, data, found), key=lambda each: (len(each.name), each.name)
    ):
        name = entry.name
        if not name.endswith((FINISHED, UNFINISHED)):
            found.others += 1
        elif name.endswith(UNFINISHED):
            why = "not finished: the trial was killed, or it still runs"
            found.refuse(_place(entry, data), why)
        elif not (_TRIAL.fullmatch(name) or ASIDE.fullmatch(name)):
            found.refuse(
                _place(entry, data), "its name is not that of a trial: 1.jsonl, 2.jsonl, …"
            )
        else:
            yield Path(entry.path)


def _enters(
    entry: os.DirEntry[str], data: Path, names: re.Pattern[str], what: str, found: Source
) -> bool:
    """Whether a folder is looked into."""
    why = ""
    if _is_link(entry):
        why = LINK
    elif not entry.is_dir(follow_symlinks=False):
        if not entry.name.endswith((FINISHED, UNFINISHED)):
            found.others += 1
            return False
        why = "does not lie at <machine>/<cell>/<trial>.jsonl"
    elif not names.fullmatch(entry.name) or RESERVED.fullmatch(entry.name):
        why = f"its name is not that of a {what}"
    if why:
        found.refuse(_place(entry, data), why)
    return not why


def opened(path: Path, limit: int) -> BinaryIO:
    """A file to read. Raises RefusedError for what is none, or too long; never waits for a pipe."""
    flags = os.O_RDONLY | getattr(os, "O_BINARY", 0)
    flags |= getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        about = path.lstat()
        if stat.S_ISLNK(about.st_mode):
            raise RefusedError(LINK)
        if not stat.S_ISREG(about.st_mode):
            raise RefusedError("not a file")
        file = os.fdopen(os.open(path, flags), "rb")
    except OSError as error:
        raise RefusedError(f"cannot be read: {error.strerror}") from None
    about = os.fstat(file.fileno())
    if stat.S_ISREG(about.st_mode) and about.st_size <= limit:
        return file
    file.close()
    raise RefusedError(f"{about.st_size:,} bytes long: no more than {limit:,} are read")


def is_real_folder(path: Path) -> bool:
    """Whether it is a folder, and no link to one."""
    return path.is_dir() and not path.is_symlink()


def shown(name: str) -> str:
    """A name from elsewhere in a sentence: nothing in it moves a cursor, and it has an end."""
    text = name if name.isprintable() else ascii(name)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _located(folder: Path) -> Folder:
    if _has(folder, DATA) or _has(folder, HISTORY):
        data, history = folder / DATA, folder / HISTORY
        return Folder(
            folder, data if _has(folder, DATA) else None, history if _has(folder, HISTORY) else None
        )
    return Folder(folder, folder if _looks_like_data(folder) else None, None)


def _looks_like_data(folder: Path) -> bool:
    """Whether it has `objects/`, or a cell's folder in one that could be a machine's."""
    if _has(folder, OBJECTS):
        return True
    machines = (child for child in folder.iterdir() if is_real_folder(child))
    return any(CELL.fullmatch(name) for machine in machines for name in _names(machine))


def _names(folder: Path) -> list[str]:
    with suppress(PermissionError):
        return [path.name for path in folder.iterdir()]
    return []


def _has(folder: Path, name: str) -> bool:
    return is_real_folder(folder / name)


def _entries(folder: str | Path, data: Path, found: Source) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda each: each.name)
    except OSError as error:
        place = Path(folder).relative_to(data).as_posix()
        found.refuse(place, f"cannot be read: {error.strerror}")
        return []


def _is_link(entry: os.DirEntry[str]) -> bool:
    """On Windows a junction, too (told by Python 3.12 and later)."""
    return entry.is_symlink() or bool(getattr(entry, "is_junction", bool)())


def _place(entry: os.DirEntry[str], data: Path) -> str:
    return Path(entry.path).relative_to(data).as_posix()
