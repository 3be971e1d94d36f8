"""What a worker has to say about an attempt, as messages of bounded size, in order.

A finished record goes out once, and the arrays that it names before it, so that whatever came
before a worker died can be used. Messages are plain values:

    {"attempt": …, "number": 0, "kind": "begin", "unit": 3, "worker": …, "address": …,
     "machine": …}
    {"attempt": …, "number": 1, "kind": "line", "text": …}
    {"attempt": …, "number": 2, "kind": "piece", "path": …, "start": 0, "last": True, "data": …}
    {"attempt": …, "number": 3, "kind": "end", "code": 0, "log": …}

path: below the data folder, with slashes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from harness import records
from harness.cluster import PIECE
from harness.collect import FINISHED, OBJECTS
from harness.errors import RecordError
from harness.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Message: TypeAlias = dict[str, Any]

PIECE_BYTES = 2**20


class Outbox:
    """The finished records below `data`, and their arrays, as messages."""

    def __init__(self, data: Path) -> None:
        """Nothing need be there yet."""
        self._data = data
        self._store = Store(data / OBJECTS)
        self._sent: set[str] = set()

    def known(self, path: str) -> None:
        """Never send this file: the client has it."""
        self._sent.add(path)

    def due(self) -> Iterator[Message]:
        """What is new since the last time, in pieces."""
        for record in sorted(self._data.glob(f"*/*/*{FINISHED}")):
            path = record.relative_to(self._data).as_posix()
            if path in self._sent:
                continue
            for sha256 in _arrays(record):
                stored = self._store.path_of(sha256)
                name = stored.relative_to(self._data).as_posix()
                if name not in self._sent and stored.is_file():
                    yield from self._pieces(stored, name)
            yield from self._pieces(record, path)

    def _pieces(self, file: Path, path: str) -> Iterator[Message]:
        self._sent.add(path)
        start, left = 0, file.stat().st_size
        with file.open("rb") as content:
            while True:
                data = content.read(PIECE_BYTES)
                left -= len(data)
                last = left <= 0 or not data
                yield {"kind": PIECE, "path": path, "start": start, "last": last, "data": data}
                if last:
                    return
                start += len(data)


def _arrays(record: Path) -> list[str]:
    """What a record names, each once; nothing, of one that the client will refuse."""
    try:
        trial = records.read(record)
    except RecordError:
        return []
    named = (array.sha256 for each in trial.observations for array in each.arrays)
    return list(dict.fromkeys(named))
