"""`reports/incoming`: what workers sent and what is not merged yet, a folder for each attempt.

Messages are not trusted: names are matched before they become paths, and nothing leaves this folder
but through `harness.merge`, which reads and checks every file.
"""

from __future__ import annotations

import re
import shutil
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness import records
from harness.cluster import BEGIN, END, PIECE
from harness.collect import FINISHED, OBJECTS
from harness.errors import RecordError
from harness.merge import merge
from harness.merge.folders import DATA, MAX_ARRAY_BYTES
from harness.records import MAX_FILE_BYTES
from harness.store import Store

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path

    from harness.cluster.outbox import Message
    from harness.cluster.units import Unit
    from harness.merge import Outcome

CLIENT = "client"  # in the folder: the name of the run that fills it, for the one that follows

_PART = ".part"
_ATTEMPT = re.compile(r"[0-9a-f]{32}")
_MACHINE = re.compile(r"[a-z0-9][a-z0-9_-]{0,99}")
_RECORD = re.compile(r"(?P<machine>[^/]+)/(?P<cell>[^/]+)/[1-9][0-9]{0,6}\.jsonl")
_OBJECT = re.compile(rf"{OBJECTS}/([0-9a-f]{{2}})/\1[0-9a-f]{{62}}\.npy")


@dataclass
class Attempt:
    """One try to measure a unit, as far as it was heard of.

    code, log: of its sessions, when it ended. refused: why nothing more of it is taken.
    """

    id: str
    folder: Path
    unit: int
    worker: str
    address: str
    machine: str
    heard: int = 0  # messages
    heard_at: float = 0.0  # seconds, as `time.monotonic` counts
    ended: bool = False
    code: int = 0
    log: str = ""
    refused: str = ""


class Incoming:
    """The staging folder of one client."""

    def __init__(self, folder: Path, reports: Path) -> None:
        """folder: where attempts lie. reports: what they are merged into."""
        self.folder = folder
        self._reports = reports
        self.attempts: dict[str, Attempt] = {}

    def folders(self) -> list[Path]:
        """One per attempt, those of earlier clients included."""
        if not self.folder.is_dir():
            return []
        return sorted(path for path in self.folder.iterdir() if _ATTEMPT.fullmatch(path.name))

    def records(self) -> int:
        """How many are staged."""
        return sum(1 for _ in self.folder.glob(f"*/{DATA}/*/*/*{FINISHED}"))

    def take_over(self, name: str) -> str:
        """Become the run that fills the folder; returns the one before, if it did not end."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / CLIENT
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        path.write_text(name, encoding="utf-8")
        return before

    def receive(self, message: Message, units: Sequence[Unit]) -> tuple[Attempt, Path | None]:
        """Take a message; returns its attempt, and the record that is complete with it.

        Raises `RecordError` for what no worker of ours says.
        """
        attempt = None
        try:
            attempt = self._attempt(message, units)
            if message["number"] < attempt.heard:
                return attempt, None  # sent twice: the answer to the first was lost
            if message["number"] > attempt.heard:
                attempt.refused = f"message {attempt.heard} is missing"
            attempt.heard += 1
            attempt.heard_at = time.monotonic()
            if attempt.refused:
                return attempt, None
            if message["kind"] == PIECE:
                return attempt, self._piece(attempt, message, units[attempt.unit])
            if message["kind"] == END:
                attempt.code, attempt.log = int(message["code"]), str(message["log"])
                attempt.ended = True
        except (KeyError, TypeError, ValueError) as error:
            why = f"what cannot be understood: {error!r}"
            if attempt:
                attempt.refused = why
            raise RecordError(f"a worker sent {why}") from None
        return attempt, None

    def complete(self, attempt: Attempt, unit: Unit) -> tuple[Outcome, ...]:
        """Merge an attempt that measured a whole unit, and drop what others left of it.

        Launches that the worker did not measure again, since it knew their records, are taken from
        those others.
        """
        for folder in self.folders():
            for place in _places(folder, unit.cells):
                machine = place.parent.name
                if unit.machine and machine != attempt.machine:
                    continue  # each machine is to measure it
                if folder == attempt.folder:
                    continue
                if machine == attempt.machine:
                    for record in place.glob(f"*{FINISHED}"):
                        _adopt(record, folder / DATA, attempt.folder / DATA)
                shutil.rmtree(place)
            if folder != attempt.folder:
                self._drop_empty(folder)
        return self._merge([attempt.folder])

    def rest(self, done: Collection[str]) -> tuple[Outcome, ...]:
        """Merge what no attempt completed, as far as it came. done: cells to drop instead."""
        for folder in self.folders():
            for place in _places(folder, done):
                shutil.rmtree(place)
            self._drop_empty(folder)
        return self._merge(self.folders())

    def tidy(self) -> None:
        """Remove the folder, if nothing is in it."""
        for folder in self.folders():
            self._drop_empty(folder)
        if self.folder.is_dir() and not self.folders():
            shutil.rmtree(self.folder)

    def _attempt(self, message: Message, units: Sequence[Unit]) -> Attempt:
        id_ = message["attempt"]
        if message["kind"] == BEGIN and id_ not in self.attempts:
            unit, machine = message["unit"], str(message["machine"])
            if not _ATTEMPT.fullmatch(id_) or not _MACHINE.fullmatch(machine):
                raise ValueError(f"{id_!r:.80} on {machine!r:.80}")
            if type(unit) is not int or not 0 <= unit < len(units):
                raise ValueError(f"unit {unit!r:.80}")
            folder = self.folder / id_
            worker, address = str(message["worker"])[:200], str(message["address"])
            self.attempts[id_] = Attempt(id_, folder, unit, worker, address, machine)
        return self.attempts[id_]

    def _piece(self, attempt: Attempt, message: Message, unit: Unit) -> Path | None:
        path, start, data = message["path"], message["start"], message["data"]
        record = _RECORD.fullmatch(path)
        if record and (record["machine"] != attempt.machine or record["cell"] not in unit.cells):
            raise ValueError(f"{path!r:.200} is none of what was asked for")
        if not record and not _OBJECT.fullmatch(path):
            raise ValueError(f"{path!r:.200} is no record and no array")
        if not isinstance(data, bytes):
            raise TypeError("a piece that is no bytes")
        target = attempt.folder / DATA / path
        part = target.with_name(target.name + _PART)
        if start + len(data) > (MAX_FILE_BYTES if record else MAX_ARRAY_BYTES):
            raise ValueError(f"{path} is too long")
        part.parent.mkdir(parents=True, exist_ok=True)
        with part.open("ab" if start else "wb") as file:
            if file.tell() != start:
                raise ValueError(f"{path} lacks what comes before byte {start}")
            file.write(data)
        if not message["last"]:
            return None
        part.replace(target)
        return target if record else None

    def _merge(self, folders: list[Path]) -> tuple[Outcome, ...]:
        there = [folder for folder in folders if (folder / DATA).is_dir()]
        for folder in there:
            for part in list(folder.rglob(f"*{_PART}")):
                part.unlink()
        found = (merge(there, self._reports, _silent),) if there else ()
        for folder in folders:
            shutil.rmtree(folder, ignore_errors=True)
        return found

    def _drop_empty(self, folder: Path) -> None:
        if not any(folder.glob(f"{DATA}/*/*/*{FINISHED}")) and not self._is_running(folder):
            shutil.rmtree(folder, ignore_errors=True)

    def _is_running(self, folder: Path) -> bool:
        """Whether arrays may lie there of a record that is still to come."""
        attempt = self.attempts.get(folder.name)
        return attempt is not None and not attempt.ended


def _silent(_: str) -> None:
    """What is staged is small: merging it needs no progress."""


def _places(folder: Path, cells: Collection[str]) -> Iterator[Path]:
    """`<folder>/data/<machine>/<cell>` of some cells, those that are there."""
    for place in sorted(folder.glob(f"{DATA}/*/*")):
        if place.name in cells and place.is_dir() and place.parent.name != OBJECTS:
            yield place


def _adopt(record: Path, data: Path, into: Path) -> None:
    """Put a record and its arrays into another data folder, unless it has that launch."""
    target = into / record.relative_to(data)
    if target.exists():
        return
    try:
        trial = records.read(record)
    except RecordError:
        return
    for sha256 in {array.sha256 for each in trial.observations for array in each.arrays}:
        source, copy = Store(data / OBJECTS).path_of(sha256), Store(into / OBJECTS).path_of(sha256)
        if source.is_file() and not copy.exists():
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, copy)  # other records may name it
    target.parent.mkdir(parents=True, exist_ok=True)
    record.replace(target)
