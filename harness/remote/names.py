"""What may lie in a store, by its name: every name says what is in it.

data/<machine>/<cell>/<trial>.<start of its SHA-256>.jsonl · data/objects/<aa>/<sha256>.npy ·
history/<run>.<start of its SHA-256>.aside
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, NamedTuple

from harness.collect import FINISHED, OBJECTS
from harness.history.runs import ASIDE as RUN
from harness.history.runs import SUFFIX
from harness.merge.folders import CELL, DATA, HISTORY, MACHINE, RESERVED
from harness.records import ASIDE
from harness.versions import DIGITS, aside

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_ARRAY = re.compile(rf"{DATA}/{OBJECTS}/([0-9a-f]{{2}})/(\1[0-9a-f]{{62}})\.npy")


class Names(NamedTuple):
    """What lies in a store, each name with its size in bytes.

    refused: what looks like a record and has no name of one. others: how many objects are something
    else.
    """

    records: dict[str, int]
    arrays: dict[str, int]
    runs: dict[str, int]
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
        elif name.startswith(f"{HISTORY}/") and RUN.fullmatch(name.removeprefix(f"{HISTORY}/")):
            found.runs[name] = size
        else:
            others += 1
    return found._replace(others=others)


def record_name(path: Path, content: bytes) -> str:
    """The name of the record that lies, or is to lie, at `<machine>/<cell>/<trial>.jsonl`."""
    machine, cell, file = path.parts[-3:]
    return f"{DATA}/{machine}/{cell}/{aside(int(file.split('.')[0]), _sha256(content))}"


def array_name(sha256: str) -> str:
    """The name of an array."""
    return f"{DATA}/{OBJECTS}/{sha256[:2]}/{sha256}.npy"


def runs(history: Path) -> Iterator[tuple[str, Path]]:
    """The runs in a folder, each with its name in a store, as `harness.merge.runs` names those that
    it keeps aside: a digest tells two apart whose newest launch started in the same second.
    """
    for path in sorted(history.iterdir()) if history.is_dir() else ():
        if path.name.startswith(".") or not path.is_file():
            continue
        name = path.name
        if name.endswith(SUFFIX):
            digest = _sha256(path.read_bytes())[:DIGITS]
            name = f"{name.removesuffix(SUFFIX)}.{digest}.aside"
        if RUN.fullmatch(name):
            yield f"{HISTORY}/{name}", path


def _is_record(name: str) -> bool:
    folder, *parts = name.split("/")
    if folder != DATA or len(parts) != 3:
        return False
    machine, cell, file = parts
    matched = MACHINE.fullmatch(machine) and CELL.fullmatch(cell) and ASIDE.fullmatch(file)
    return bool(matched) and not RESERVED.fullmatch(machine) and not RESERVED.fullmatch(cell)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
