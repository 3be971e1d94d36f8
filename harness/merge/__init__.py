"""The records of several machines in one folder: a union, the same in whatever order.

`folders` walks what was handed in, which is untrusted: nothing in it is followed, and no name in
it becomes a path before it was matched. `launches` merges records, `arrays` what these name, `runs`
the history. `outcome` says what came from where.

Every file is checked before it appears under its name, arrays before the record that names them;
so a merge that was interrupted is simply run again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from filelock import FileLock

from harness.merge.arrays import Arrays
from harness.merge.folders import DATA, HISTORY, TEMPORARY, Folder, located, overlap
from harness.merge.launches import Launches
from harness.merge.outcome import Outcome, Source
from harness.merge.runs import merge_runs

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

__all__ = ["Outcome", "Source", "merge"]


def merge(folders: Sequence[Path], into: Path, say: Callable[[str], None]) -> Outcome:
    """Merge `folders`, each a `reports/` folder or its `data/`, into the `reports/` folder `into`.

    say: called often, with one line of progress. Raises FolderError where a folder makes no sense,
    before anything is written; OSError where `into` cannot be written, after which the same merge
    goes on where it was.
    """
    sources = [located(folder) for folder in folders]
    overlap(sources, into)
    into.mkdir(parents=True, exist_ok=True)
    with FileLock(into / ".merge.lock"):
        try:
            launches = Launches(into / DATA)
            found = tuple(_merged(source, launches, into, say) for source in sources)
            return Outcome(into, found, launches.conflicts())
        finally:
            (into / DATA / TEMPORARY).unlink(missing_ok=True)


def _merged(source: Folder, launches: Launches, into: Path, say: Callable[[str], None]) -> Source:
    found = Source(source.folder)
    if source.empty:
        found.refuse("", "nothing in it: neither data/ nor <machine>/<cell>/<trial>.jsonl")
    if source.data is not None:
        launches.merge(source.data, Arrays(source.data, into / DATA, found), found, say)
    if source.history is not None:
        merge_runs(source.history, into / HISTORY, found)
    return found
