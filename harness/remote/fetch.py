"""From a store to a `reports/` folder: what is new is staged, then merged as from any folder.

What lies in a store is untrusted. Names are matched before they become paths, sizes are those of
the listing and limited before anything is downloaded, and `harness.merge` reads all of it in full.
"""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass, field
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING

from filelock import FileLock

from harness.collect import FINISHED, OBJECTS
from harness.errors import RecordError
from harness.history.file import MAX_FILE_BYTES
from harness.merge import Outcome, merge
from harness.merge.folders import (
    DATA,
    HISTORY,
    MAX_ARRAY_BYTES,
    MAX_RECORD_BYTES,
    RefusedError,
    shown,
)
from harness.merge.outcome import LISTED
from harness.records import ASIDE, read
from harness.remote import names
from harness.remote.stores import UnreachableError, in_parallel
from harness.report.words import count
from harness.versions import aside

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from harness.records import Known
    from harness.remote.stores import RemoteStore

STAGING = ".store"  # below reports/: what was downloaded and is not merged yet
_STEP = 500  # objects between two lines of progress
_PARTS = 64 * 2**20  # bytes of records whose parts are remembered


@dataclass
class Fetched:
    """What came of it. known: records that were here. others: objects that are none of ours.

    merged: None where nothing was new. refused: names in the store, each with the reason.
    """

    store: str
    listed: int = 0
    known: int = 0
    others: int = 0
    size: int = 0
    merged: Outcome | None = None
    refused: list[tuple[str, str]] = field(default_factory=list)

    @property
    def empty(self) -> bool:
        """Whether there was nothing in the store that could be of use."""
        return self.listed == 0 and not self.refused

    @property
    def complete(self) -> bool:
        """Whether all that is in the store is here now, and agrees."""
        return not self.refused and not (self.merged and self.merged.conflicts)

    def lines(self) -> list[str]:
        """For people."""
        lines = [f"refused: {self.store}/{place}: {why}" for place, why in self.refused[:LISTED]]
        if len(self.refused) > LISTED:
            lines.append(f"refused: {len(self.refused) - LISTED:,} more")
        if self.merged:
            lines += [f"conflict: {why}" for why in self.merged.conflicts[:LISTED]]
        if self.empty:
            return [f"{self.store}: nothing in the store yet"]
        new = self.merged.sources[0] if self.merged else None
        parts = [
            f"{count(new.new if new else 0, 'new record')}, {self.known:,} known",
            count(new.arrays_new if new else 0, "new array"),
            count(new.runs_new if new else 0, "new run"),
            f"{self.size / 1e6:,.1f} MB",
            *([f"{new.arrays_missing:,} missing"] if new and new.arrays_missing else []),
            *([f"{len(self.refused):,} refused"] if self.refused else []),
            *([count(self.others, "other object")] if self.others else []),
        ]
        return [*lines, f"{self.store}: {', '.join(parts)}"]


def fetch(store: RemoteStore, reports: Path, say: Callable[[str], None]) -> Fetched:
    """Bring into `reports` whatever is in the store and not here. Idempotent, and can be resumed.

    say: called with lines of progress. Raises StoreError where the store fails, or has more than
    fits on the disk; then nothing was merged, and what was downloaded is not downloaded again.
    """
    reports.mkdir(parents=True, exist_ok=True)
    with FileLock(reports / f"{STAGING}.lock"):
        return _Fetch(store, reports, say).run()


class _Fetch:
    def __init__(self, store: RemoteStore, reports: Path, say: Callable[[str], None]) -> None:
        self._store = store
        self._reports = reports
        self._staging = reports / STAGING
        self._say = say
        self._found = Fetched(store.shown)
        self._turn = Lock()

    def run(self) -> Fetched:
        found = self._found
        runs = names.sorted_out(self._store.listing(HISTORY)).runs
        there = names.sorted_out(self._store.listing(DATA))
        found.listed = len(there.records) + len(runs)
        found.others = there.others
        found.refused += [
            (shown(name), "its name does not say what is in it, as `sameseed push` names records")
            for name in there.refused
        ]
        new = self._within(self._new_records(there.records), MAX_RECORD_BYTES)
        self._download(new, "records")
        arrays = self._new_arrays(new, there.arrays)
        self._download(self._within(arrays, MAX_ARRAY_BYTES), "arrays")
        here = {run for run, _ in names.runs(self._reports / HISTORY)}
        new_runs = {name: runs[name] for name in sorted(runs.keys() - here)}
        self._download(self._within(new_runs, MAX_FILE_BYTES), "runs")
        if self._staging.exists():
            found.merged = merge([self._staging], self._reports, self._say)
            (source,) = found.merged.sources
            found.refused += [
                (place if place.startswith(HISTORY) else f"{DATA}/{place}", why)
                for place, why in source.refused
            ]
            found.known += source.known
            shutil.rmtree(self._staging)
        return found

    def _new_records(self, records: dict[str, int]) -> dict[str, int]:
        """Those that do not lie here, under whichever name."""
        here: set[str] = set()
        for folder in {name.rpartition("/")[0] for name in records}:
            here.update(f"{folder}/{name}" for name in _here(self._reports / folder))
        new = {name: size for name, size in records.items() if name not in here}
        self._found.known = len(records) - len(new)
        return new

    def _new_arrays(self, records: Iterable[str], arrays: dict[str, int]) -> dict[str, int]:
        """Those that the new records name and that are not here, with their sizes."""
        named: set[str] = set()
        known: Known = {}
        read_bytes = 0
        for name in records:
            path = self._staging / name
            if not path.exists():  # refused when it was downloaded
                continue
            read_bytes += path.stat().st_size
            if read_bytes > _PARTS:
                known.clear()
                read_bytes = 0
            try:
                trial = read(path, known)
            except RecordError:  # the merge says why
                continue
            named.update(
                names.array_name(array.sha256)
                for observation in trial.observations
                for array in observation.arrays
            )
        wanted = {name for name in named if not (self._reports / name).exists()}
        if wanted - arrays.keys():
            # Sent after the arrays were listed and before the records were.
            arrays = names.sorted_out(self._store.listing(f"{DATA}/{OBJECTS}")).arrays
        return {name: arrays[name] for name in sorted(wanted & arrays.keys())}

    def _within(self, wanted: dict[str, int], limit: int) -> dict[str, int]:
        """What is not too long. Raises StoreError where all of it would not fit on the disk."""
        for name, size in wanted.items():
            if size > limit:
                why = f"{size:,} bytes long: no more than {limit:,} are read"
                self._found.refused.append((name, why))
        kept = {name: size for name, size in wanted.items() if size <= limit}
        total, free = sum(kept.values()), shutil.disk_usage(self._reports).free
        if 2 * total > free:  # once as downloaded, once as merged
            raise UnreachableError(
                f"{self._store.shown} has {total / 1e9:,.1f} GB that are not here; with "
                f"{free / 1e9:,.1f} GB free in {self._reports}, twice as much does not fit: make "
                "room, or name another folder with --reports"
            )
        return kept

    def _download(self, wanted: dict[str, int], what: str) -> None:
        every = list(wanted.items())
        for start in range(0, len(every), _STEP):
            step = every[start : start + _STEP]
            in_parallel(self._store, [partial(self._get, name, size) for name, size in step])
            done = start + len(step)
            self._say(f"{self._store.shown}: {what}: {done:,} of {len(every):,} fetched")

    def _get(self, name: str, size: int) -> None:
        target = self._staging / name
        if target.exists() and target.stat().st_size == size:  # of a fetch that was interrupted
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._store.get(name, target, size)
        except RefusedError as error:
            target.unlink(missing_ok=True)
            self._found.refused.append((name, str(error)))
            return
        with self._turn:
            self._found.size += size


def _here(cell: Path) -> Iterable[str]:
    """The names that the records in a cell's folder have in a store."""
    for path in cell.iterdir() if cell.is_dir() else ():
        number = path.name.removesuffix(FINISHED)
        if ASIDE.fullmatch(path.name):
            yield path.name
        elif path.name.endswith(FINISHED) and number.isdecimal() and path.is_file():
            yield aside(int(number), hashlib.sha256(path.read_bytes()).hexdigest())
