"""The large tables of a report, written by the workers of a cluster while the client analyses.

These are the tables with a row for every array and every scenario of every launch: nothing in them
depends on other launches. Workers read the records once more, with every check, from storage
that they share with the client, and write parts of the CSV files beside the others; the client puts
these together. The bytes are the same as without a cluster: it is the same code that makes them.
"""

from __future__ import annotations

import contextlib
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dask.dataframe as dd
import pandas as pd

from harness import records
from harness.analysis import frames
from harness.cluster import ClusterError
from harness.cluster.comparisons import Comparisons
from harness.cluster.connection import connected
from harness.collect import OBJECTS
from harness.garbage import uncollected
from harness.report.csv import FORMAT
from harness.report.lines import blocks
from harness.tables import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from distributed import Client, Future

    from harness.analysis import Results
    from harness.analysis.wanted import Elsewhere
    from harness.records import Trial

_FRAMES = {
    "fingerprints": frames.fingerprints,
    "observations": frames.observations,
}
_PART_BYTES = 128 * 2**20  # of records: a worker holds some times as much
_PARTS = ".parts"  # in reports/csv/
_META = pd.DataFrame(
    {"table": pd.Series(dtype=str), "part": 0, "rows": 0, "path": pd.Series(dtype=str)}
)


@dataclass(frozen=True)
class Part:
    """Some records, in the order of the report. records: path, size, and time of the change."""

    number: int
    records: tuple[tuple[str, int, int], ...]
    folder: str


@contextlib.contextmanager
def tables_on(address: str, trials: Sequence[Trial], folder: Path) -> Iterator[Tables]:
    """Have the workers at `address` write the large tables of these trials, from now on.

    folder: that of the CSV files. Raises `ClusterError` where there is no scheduler.
    """
    parts = folder.resolve() / _PARTS
    shutil.rmtree(parts, ignore_errors=True)
    parts.mkdir(parents=True)
    try:
        with connected(address, lambda line: print(line, flush=True)) as client:
            yield Tables(client, _split(trials, parts))
    finally:
        shutil.rmtree(parts, ignore_errors=True)


class Tables:
    """What the workers were asked to write."""

    def __init__(self, client: Client, parts: Sequence[Part]) -> None:
        self._client = client
        self._future: Future[pd.DataFrame] | None = None
        if parts:
            self._future = client.compute(dd.from_map(write_part, parts, meta=_META))

    def comparing(self, data: Path) -> Elsewhere:
        """Have the same workers compare, too: what `analyse` takes. data: that of the records."""
        return lambda wanted: Comparisons(self._client, wanted, data / OBJECTS).wait

    def wait(self, results: Results) -> dict[str, list[Path]]:
        """Table → its parts, in order. Raises `ClusterError` for what a worker could not do.

        results: what the tables must agree with, in the number of rows at least.
        """
        if self._future is None:
            return {}
        try:
            written: Any = self._future.result()
        except Exception as error:  # whatever went wrong there
            raise ClusterError(
                f"a worker could not write its part of the tables: {error}. Workers must see the "
                "records at the same path as this machine; leave --dask out to do without them"
            ) from None
        written = written.sort_values("part", kind="stable")
        for table, number in written.groupby("table")["rows"].sum().items():
            if number != len(getattr(results, str(table))):
                raise ClusterError(f"workers wrote {number:,} rows of {table}, which has others")
        return {
            str(table): [Path(path) for path in found["path"]]
            for table, found in written.groupby("table")
        }


def write_part(part: Part) -> pd.DataFrame:
    """On a worker: write the rows of some records; returns table, part and path of each file."""
    with uncollected():
        known: records.Known = {}
        trials = [_read(*each, known) for each in part.records]
        rows = []
        for name, frame in _FRAMES.items():
            path = Path(part.folder, f"{name}.{part.number}")
            table = frame(trials)
            with path.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
                file.writelines(blocks(TABLES[name], table, FORMAT))
            rows.append((name, part.number, len(table), str(path)))
    written: pd.DataFrame = pd.DataFrame(rows, columns=list(_META)).astype(_META.dtypes)
    return written


def _read(path: str, size: int, changed: int, known: records.Known) -> Trial:
    """A record, if it is the one that the client read."""
    found = Path(path).stat()
    if (found.st_size, found.st_mtime_ns) != (size, changed):
        raise ValueError(f"{path} is not the record that the client read")
    return records.read(Path(path), known)


def _split(trials: Sequence[Trial], folder: Path) -> list[Part]:
    """Neighbours together: they have most results in common, which are read once then."""
    parts: list[Part] = []
    some: list[tuple[str, int, int]] = []
    for trial in trials:
        about = trial.path.stat()
        some.append((str(trial.path.resolve()), about.st_size, about.st_mtime_ns))
        if sum(size for _, size, _ in some) > _PART_BYTES:
            parts.append(Part(len(parts), tuple(some), str(folder)))
            some = []
    if some:
        parts.append(Part(len(parts), tuple(some), str(folder)))
    return parts
