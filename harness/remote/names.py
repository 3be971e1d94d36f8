"""What may lie in a store, by its name: every name says what is in it.

data/<machine>/<cell>/<trial>.<start of its SHA-256>.jsonl · data/objects/<aa>/<sha256>.npy ·
history/<run>.<digest><suffix>
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, NamedTuple

from harness.collect import FINISHED, OBJECTS
from harness.history.runs import ABOUT, RESULTS
from harness.history.runs import ASIDE as RUN
from harness.merge.folders import CELL, DATA, HISTORY, MACHINE, RESERVED
from harness.records import ASIDE
from harness.versions import DIGITS, aside

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# The files of a run, in the order in which they are written: it is there once all of them are.
RUN_SUFFIXES = (RESULTS, ABOUT)

_ARRAY = re.compile(rf"{DATA}/{OBJECTS}/([0-9a-f]{{2}})/(\1[0-9a-f]{{62}})\.npy")


class Names(NamedTuple):
    """What lies in a store, each name with its size in bytes.

    runs: by name without a suffix, the files of each run of which all are there. refused: what
    looks like a record and has no name of one. others: how many objects are something else.
    """

    records: dict[str, int]
    arrays: dict[str, int]
    runs: dict[str, dict[str, int]]
    refused: list[str]
    others: int


def sorted_out(listed: dict[str, int]) -> Names:
    """What of a listing is ours. Whatever comes of it is safe as a path below a folder."""
    found = Names({}, {}, {}, [], 0)
    others = 0
    for name, size in listed.items():
        if _ARRAY.fullmatch(name):
            found.arrays[name] = size
        elif _is_record(name):
            found.records[name] = size
        elif name.startswith(f"{DATA}/") and name.endswith(FINISHED):
            found.refused.append(name)
        elif not (run := _run(name)):
            others += 1
        elif all(f"{run}{suffix}" in listed for suffix in RUN_SUFFIXES):
            # Of any other run, the rest is still on its way.
            found.runs.setdefault(run, {})[name] = size
    return found._replace(others=others)


def record_name(path: Path, content: bytes) -> str:
    """The name of the record that lies, or is to lie, at `<machine>/<cell>/<trial>.jsonl`."""
    machine, cell, file = path.parts[-3:]
    return f"{DATA}/{machine}/{cell}/{aside(int(file.split('.')[0]), _sha256(content))}"


def array_name(sha256: str) -> str:
    """The name of an array."""
    return f"{DATA}/{OBJECTS}/{sha256[:2]}/{sha256}.npy"


def runs(history: Path) -> Iterator[tuple[str, tuple[Path, ...]]]:
    """The runs in a folder, each with its name in a store and its files in `RUN_SUFFIXES`' order.

    A digest in the name tells two runs apart whose newest launch started in the same second.
    """
    last = RUN_SUFFIXES[-1]
    for path in sorted(history.iterdir()) if history.is_dir() else ():
        stem = path.name.removesuffix(last)
        if path.name.startswith(".") or stem == path.name:
            continue
        files = tuple(path.with_name(f"{stem}{suffix}") for suffix in RUN_SUFFIXES)
        if not all(file.is_file() for file in files):
            continue
        if not RUN.fullmatch(stem):
            # As `harness.merge.runs` names a run that it keeps aside.
            digests = (hashlib.sha256(file.read_bytes()).digest() for file in files)
            stem = f"{stem}.{_sha256(b''.join(digests))[:DIGITS]}"
        if RUN.fullmatch(stem):
            yield f"{HISTORY}/{stem}", files


def _is_record(name: str) -> bool:
    folder, *parts = name.split("/")
    if folder != DATA or len(parts) != 3:
        return False
    machine, cell, file = parts
    matched = MACHINE.fullmatch(machine) and CELL.fullmatch(cell) and ASIDE.fullmatch(file)
    return bool(matched) and not RESERVED.fullmatch(machine) and not RESERVED.fullmatch(cell)


def _run(name: str) -> str:
    """The name of the run that this is a file of, or ""."""
    for suffix in RUN_SUFFIXES:
        run = name.removesuffix(suffix)
        if run != name and run.startswith(f"{HISTORY}/") and RUN.fullmatch(run[len(HISTORY) + 1 :]):
            return run
    return ""


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
