"""A store that is a folder, such as one that several machines mount. Needs no package."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from harness.merge.folders import RefusedError, opened
from harness.remote.stores import StoreError, UnreachableError

if TYPE_CHECKING:
    from collections.abc import Iterator

_DEEP = 3  # folders below data/: machine and cell, or objects and the first digits


class FolderStore:
    """See `RemoteStore`. Nothing in the folder is followed, and only files are opened."""

    workers = 4

    def __init__(self, folder: Path) -> None:
        """Raises StoreError where there is no such folder: what is not mounted is not made."""
        self.shown = str(folder)
        self._folder = folder
        if not folder.is_dir():
            raise StoreError(
                f"{folder}: there is no such folder. Mount it, or make it with mkdir -p "
                f"(a URL would be s3://bucket/prefix, …)"
            )

    def listing(self, folder: str) -> dict[str, int]:
        """As `RemoteStore` says; links and pipes are left out."""
        found: dict[str, int] = {}
        with self._told("read"):
            self._list(self._folder / folder, folder, found, _DEEP)
        return found

    def put(self, name: str, content: Path | bytes) -> None:
        """As `RemoteStore` says. Written beside its place and renamed: a copy may be cut short."""
        target = self._folder / name
        temporary = target.with_name(f".{target.name}.{os.urandom(8).hex()}")
        with self._told("written"):
            target.parent.mkdir(parents=True, exist_ok=True)
            try:
                if isinstance(content, Path):
                    shutil.copyfile(content, temporary)
                else:
                    temporary.write_bytes(content)
                temporary.replace(target)
            finally:
                temporary.unlink(missing_ok=True)

    def get(self, name: str, target: Path, size: int) -> None:
        """As `RemoteStore` says."""
        with (
            opened(self._folder / name, size) as file,
            self._told("read"),
            target.open("wb") as copy,
        ):
            shutil.copyfileobj(file, copy, 1 << 20)

    def _list(self, folder: Path, name: str, found: dict[str, int], deep: int) -> None:
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    place = f"{name}/{entry.name}"
                    if entry.is_file(follow_symlinks=False):
                        found[place] = entry.stat(follow_symlinks=False).st_size
                    elif deep and entry.is_dir(follow_symlinks=False):
                        self._list(folder / entry.name, place, found, deep - 1)
        except FileNotFoundError:  # nothing was sent yet, or another sender's file got its name
            return

    @contextmanager
    def _told(self, done: str) -> Iterator[None]:
        try:
            yield
        except RefusedError:
            raise
        except OSError as error:
            raise UnreachableError(
                f"{self.shown} cannot be {done}: {error.filename or ''}: {error.strerror}. Look at "
                "the rights of the folder, and whether its disk is full or gone"
            ) from None
