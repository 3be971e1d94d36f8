"""Arrays from elsewhere: taken over where a merged record names them and they are what it says."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from harness.collect import OBJECTS
from harness.errors import RecordError
from harness.merge.folders import (
    LINK,
    MAX_ARRAY_BYTES,
    TEMPORARY,
    RefusedError,
    is_real_folder,
    opened,
)
from harness.store import Store, verified

if TYPE_CHECKING:
    from pathlib import Path

    from harness.merge.outcome import Source
    from harness.records import Trial

_PIECE = 1 << 20
_HEAD = 12 + 10_000  # bytes: NumPy reads no longer header


class Arrays:
    """The arrays beside the records of one folder, and those of the folder they come into.

    Equal bytes in another shape have one name, and files may differ in what they say of it; the one
    whose head sorts first is kept, so that it does not matter which came first.
    """

    def __init__(self, data: Path, into: Path, found: Source) -> None:
        """data, into: folders of records. found: where it is counted."""
        self._from = Store(data / OBJECTS)
        self._into = Store(into / OBJECTS)
        self._temporary = into / TEMPORARY
        self._found = found
        self._seen: dict[int, object] = {}  # results whose arrays were looked at, by identity
        self._taken: set[bytes] = set()
        self._folders: dict[Path, bool] = {}
        self._there = 0  # of those named, how many the other folder has

    def forget(self) -> None:
        """Let go of what was read."""
        self._seen.clear()

    def take(self, trial: Trial) -> None:
        """Take over all arrays of a record."""
        for observation in trial.observations:
            if id(observation.arrays) in self._seen:
                continue
            self._seen[id(observation.arrays)] = observation.arrays
            for array in observation.arrays:
                key = bytes.fromhex(array.sha256)
                if key not in self._taken:
                    self._taken.add(key)
                    self._take(array.sha256)

    def count_the_rest(self) -> None:
        """Count what no record names; none of it was opened."""
        objects = self._from.objects
        if not self._is_real(objects):
            return
        number = 0
        with os.scandir(objects) as folders:
            for folder in folders:
                if folder.is_dir(follow_symlinks=False):
                    with os.scandir(folder.path) as files:
                        number += sum(each.name.endswith(".npy") for each in files)
        self._found.arrays_left_out += max(0, number - self._there)

    def _take(self, sha256: str) -> None:
        source, target = self._from.path_of(sha256), self._into.path_of(sha256)
        place = f"{OBJECTS}/{sha256[:2]}/{sha256}.npy"
        if not self._is_real(source.parent) or not os.path.lexists(source):
            if target.exists():
                self._found.arrays_known += 1
            else:
                self._found.arrays_missing += 1
            return
        self._there += 1
        try:
            if target.exists() and _head(source) == _head(target):
                self._found.arrays_known += 1
                return
            self._copy(source, sha256)
            if target.exists() and _head(target) < _head(self._temporary) and _is(target, sha256):
                self._found.arrays_known += 1
                return
            target.parent.mkdir(parents=True, exist_ok=True)
            self._temporary.replace(target)
            self._found.arrays_new += 1
        except (RefusedError, RecordError) as error:
            self._found.refuse(place, str(error))

    def _copy(self, source: Path, sha256: str) -> None:
        """What was copied is what is checked."""
        with opened(source, MAX_ARRAY_BYTES) as file:
            self._temporary.parent.mkdir(parents=True, exist_ok=True)
            with self._temporary.open("wb") as copy:
                shutil.copyfileobj(file, copy, _PIECE)
        verified(self._temporary, sha256)

    def _is_real(self, folder: Path) -> bool:
        """Whether it is a folder, and no link to one, which is refused once."""
        if folder not in self._folders:
            real = folder == self._from.objects or self._is_real(folder.parent)
            if real and folder.is_symlink():
                self._found.refuse(folder.relative_to(self._from.objects.parent).as_posix(), LINK)
            self._folders[folder] = real and is_real_folder(folder)
        return self._folders[folder]


def _head(path: Path) -> tuple[bytes, int]:
    """The beginning of a file, up to the end of its header, and its size.

    Two files with the bytes of one array, and with one head, are equal.
    """
    with opened(path, MAX_ARRAY_BYTES) as file:
        start = file.read(_HEAD)
        size = os.fstat(file.fileno()).st_size
    width = 2 if start[6:7] == b"\x01" else 4
    return start[: 8 + width + int.from_bytes(start[8 : 8 + width], "little")], size


def _is(path: Path, sha256: str) -> bool:
    try:
        verified(path, sha256)
    except RecordError:
        return False
    return True
