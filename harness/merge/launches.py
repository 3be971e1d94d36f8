"""Records from elsewhere, each read in full before it is kept."""

from __future__ import annotations

import hashlib
import io
from typing import TYPE_CHECKING

from harness.collect import collect_cell
from harness.errors import RecordError
from harness.merge.folders import MAX_RECORD_BYTES, TEMPORARY, RefusedError, opened, records
from harness.records import ASIDE, parse, read
from harness.versions import DIGITS, Version, aside

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from harness.merge.arrays import Arrays
    from harness.merge.outcome import Source
    from harness.records import Known, Trial

_KNOWN = 64 * 2**20  # bytes of records whose parts are remembered: memory has an end
_TOLD = 100  # records between two lines of progress
_EMPTY = hashlib.sha256().hexdigest()


class Launches:
    """The records below the `data/` folder that is merged into."""

    def __init__(self, data: Path) -> None:
        """Nothing need be there yet."""
        self._data = data
        self._known: Known = {}
        self._read = 0
        self._crowded: set[Path] = set()  # cells where a launch has more than one record

    def merge(self, data: Path, arrays: Arrays, found: Source, say: Callable[[str], None]) -> None:
        """Take over the records below `data`, another such folder, and the arrays they name."""
        folder = data
        asides: list[Path] = []
        for number, path in enumerate(records(data, found), 1):
            if self._read > _KNOWN:
                self._read = 0
                self._known.clear()
                arrays.forget()
            target = self._data.joinpath(*path.parts[-3:])
            if target.parent != folder:
                folder, asides = target.parent, _asides(target.parent)
            try:
                content = _content(path)
                self._read += len(content)
                trial = parse(io.BytesIO(content), path, self._known)
                digest = hashlib.sha256(content).hexdigest()
                _agrees(path, digest)
                arrays.take(trial)
                self._keep(trial, content, digest, target, asides, found)
            except RefusedError as error:
                found.refuse("/".join(path.parts[-3:]), str(error))
            except RecordError as error:
                place = "/".join(path.parts[-3:])
                found.refuse(place, str(error).replace(f"{place}:", "line ", 1))
            if number % _TOLD == 0:
                say(f"{found.folder}: {number:,} records")
        arrays.count_the_rest()

    def conflicts(self) -> tuple[str, ...]:
        """A sentence for each launch whose records contradict each other, of what was merged."""
        cells = (collect_cell(folder) for folder in sorted(self._crowded))
        return tuple(why for cell in cells for why in cell.conflicts)

    def _keep(
        self,
        trial: Trial,
        content: bytes,
        digest: str,
        target: Path,
        asides: list[Path],
        found: Source,
    ) -> None:
        """Write a record beside those of the same launch, the newest under the plain name."""
        number = trial.header.trial
        plain = target.with_name(f"{number}.jsonl")
        there = [path for path in asides if path.name.startswith(f"{number}.")]
        if there:
            self._crowded.add(plain.parent)
        before = _digest(plain)
        beside = plain.with_name(aside(number, digest))
        if before == digest or beside in there:
            found.known += 1
            return
        found.new += 1
        if before == _EMPTY:  # all that a power cut left of it
            before = ""
        rivals = [plain] if before else there
        if rivals:
            self._crowded.add(plain.parent)
        if not _is_newest(Version(trial, digest), rivals):
            found.older += 1
            self._write(beside, content)
            asides.append(beside)
            return
        if before:
            old = plain.with_name(aside(number, before))
            self._write(old, plain.read_bytes())
            asides.append(old)
        self._write(plain, content)

    def _write(self, path: Path, content: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = self._data / TEMPORARY
        temporary.write_bytes(content)
        temporary.replace(path)


def _is_newest(version: Version, there: list[Path]) -> bool:
    """Whether a record is newer than all these; one that cannot be read keeps its place."""
    try:
        return all(version.age > Version.of(read(path)).age for path in there)
    except RecordError:
        return False


def _content(path: Path) -> bytes:
    with opened(path, MAX_RECORD_BYTES) as file:
        try:
            return file.read(MAX_RECORD_BYTES + 1)
        except OSError as error:
            raise RefusedError(f"cannot be read: {error.strerror}") from None


def _agrees(path: Path, digest: str) -> None:
    """A name that says what is in the file must say so truly."""
    name = ASIDE.fullmatch(path.name)
    if name and name[2] != digest[:DIGITS]:
        raise RefusedError(f"its SHA-256 begins with {digest[:DIGITS]}, not as its name says")


def _digest(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        return ""


def _asides(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return [path for path in folder.iterdir() if ASIDE.fullmatch(path.name)]
