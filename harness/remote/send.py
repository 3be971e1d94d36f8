"""From a `reports/` folder to a store: what is not there yet, arrays before their records."""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING

from harness.collect import OBJECTS
from harness.errors import RecordError
from harness.merge.folders import DATA, HISTORY, records, shown
from harness.merge.outcome import LISTED, Source
from harness.records import parse
from harness.remote import names
from harness.remote.stores import in_parallel
from harness.report.words import count
from harness.store import Store, verified

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from harness.records import Known, Trial
    from harness.remote.stores import RemoteStore

_BATCH = 64 * 2**20  # bytes of records in memory at a time


@dataclass
class Sent:
    """Numbers of records, arrays and runs that were sent, and were there already; and bytes.

    missing: arrays that a record names and that lie neither here nor there. refused: places here,
    each with the reason why it was not sent.
    """

    records: int = 0
    known: int = 0
    arrays: int = 0
    runs: int = 0
    size: int = 0
    missing: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)

    def lines(self, store: str) -> list[str]:
        """For people."""
        lines = [f"not sent: {shown(place)}: {why}" for place, why in self.refused[:LISTED]]
        if len(self.refused) > LISTED:
            lines.append(f"not sent: {len(self.refused) - LISTED:,} more")
        parts = [
            f"{count(self.records, 'record')} sent, {self.known:,} there already",
            count(self.arrays, "array"),
            count(self.runs, "run"),
            f"{self.size / 1e6:,.1f} MB",
            *([f"{count(self.missing, 'array')} missing here"] if self.missing else []),
            *([f"{len(self.refused):,} not sent"] if self.refused else []),
        ]
        return [*lines, f"{store}: {', '.join(parts)}"]


class Sender:
    """Sends records of one `data/` folder; lists the store once, when it is first needed."""

    def __init__(self, store: RemoteStore, data: Path, say: Callable[[str], None]) -> None:
        """say: called with lines of progress."""
        self._store = store
        self._data = data
        self._objects = Store(data / OBJECTS)
        self._say = say
        self._there: dict[str, int] | None = None
        self._ours: set[str] = set()  # records that were not there before
        self._known: Known = {}
        self._turn = Lock()
        self.sent = Sent()

    def contact(self) -> None:
        """List the store, unless it was. Raises StoreError where that cannot be done."""
        if self._there is None:
            self._there = self._store.listing(DATA)

    def send(self, paths: Iterable[Path]) -> None:
        """Send the records at these paths, `<data>/<machine>/<cell>/<file>`; a gap is no mistake.

        Raises StoreError where the store fails: what was sent by then is whole.
        """
        self.contact()
        batch: dict[str, bytes] = {}
        wanted: dict[str, None] = {}  # SHA-256 of the arrays that the batch names, in order
        for path in paths:
            place = "/".join(path.parts[-3:])
            try:
                content = path.read_bytes()
                name = names.record_name(path, content)
                if self._is_there(name, len(content)) or name in batch:
                    self.sent.known += name not in self._ours
                    continue
                trial = parse(io.BytesIO(content), path, self._known)
            except FileNotFoundError:
                continue
            except OSError as error:
                self.sent.refused.append((place, f"cannot be read: {error.strerror}"))
                continue
            except RecordError as error:
                self.sent.refused.append((place, str(error).replace(f"{place}:", "line ", 1)))
                continue
            batch[name] = content
            wanted.update(dict.fromkeys(_named(trial)))
            if sum(map(len, batch.values())) >= _BATCH:
                self._send(batch, wanted)
                batch, wanted = {}, {}
                self._known.clear()
        self._send(batch, wanted)

    def _send(self, batch: dict[str, bytes], wanted: Iterable[str]) -> None:
        """All arrays first: whoever sees the record finds what it names."""
        in_parallel(self._store, [partial(self._array, sha256) for sha256 in wanted])
        in_parallel(
            self._store, [partial(self._put, name, batch[name], len(batch[name])) for name in batch]
        )
        self.sent.records += len(batch)
        self._ours.update(batch)
        self._say(
            f"{self._store.shown}: {self.sent.records:,} records, {self.sent.arrays:,} arrays, "
            f"{self.sent.size / 1e6:,.1f} MB sent"
        )

    def _array(self, sha256: str) -> None:
        name, path = names.array_name(sha256), self._objects.path_of(sha256)
        try:
            size = path.stat().st_size
        except OSError:
            with self._turn:
                self.sent.missing += not self._is_there(name, 0)
            return
        if self._is_there(name, size):
            return
        try:
            verified(path, sha256)
        except RecordError as error:
            # Its name would say what is not in it, and keep out who has the right one.
            self.sent.refused.append((f"{OBJECTS}/{sha256[:2]}/{sha256}.npy", str(error)))
            return
        self._put(name, path, size)
        with self._turn:
            self.sent.arrays += 1

    def _put(self, name: str, content: Path | bytes, size: int) -> None:
        assert self._there is not None
        self._store.put(name, content)
        with self._turn:
            self._there[name] = size
            self.sent.size += size

    def _is_there(self, name: str, size: int) -> bool:
        """Whether it is there in full. A disk that failed may have left less: that is replaced."""
        assert self._there is not None
        return self._there.get(name, -1) >= size


def push(store: RemoteStore, reports: Path, say: Callable[[str], None]) -> Sent:
    """Send all records, arrays and runs of a `reports/` folder that are not there yet."""
    found = Source(reports)
    sender = Sender(store, reports / DATA, say)
    if (reports / DATA).is_dir():
        sender.send(records(reports / DATA, found))
    sender.sent.refused += found.refused
    sender.sent.runs = push_runs(store, reports / HISTORY)
    return sender.sent


def of_environment(data: Path, machine: str, environment: str) -> list[Path]:
    """The records of an environment on a machine."""
    return [
        path
        for path in records(data, Source(data))
        if path.parts[-3] == machine and path.parts[-2].startswith(f"{environment}.")
    ]


def push_runs(store: RemoteStore, history: Path) -> int:
    """Send the runs that are not there yet; returns how many."""
    here = list(names.runs(history))
    if not here:
        return 0
    there = names.sorted_out(store.listing(HISTORY)).runs
    new = [(run, file) for run, file in here if run not in there]
    for run, file in new:
        store.put(run, file)
    return len(new)


def _named(trial: Trial) -> Iterable[str]:
    for observation in trial.observations:
        for array in observation.arrays:
            yield array.sha256
