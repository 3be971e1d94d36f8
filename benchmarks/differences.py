"""How long two large arrays take to compare, and how much memory.

    python benchmarks/differences.py                  4 GB of float32 each: takes 8 GB of disk
    python benchmarks/differences.py --gigabytes 1 --folder /somewhere

Writes two arrays to a store, as a probe would, and compares them in a new process, the digests of
both included. Memory is that process's peak resident set less what it had after its imports and one
small comparison. Arrays are read, not mapped, so that no page of a file counts and none is missing.

Three pairs: another draw (the slowest: every element differs, ranks are compared), the same draw
with other last bits, and the same values in reverse order.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Piece: TypeAlias = np.ndarray[Any, np.dtype[np.float32]]
PIECE = 1 << 22  # elements
LIMIT = 512  # MB

# What the new process runs: the store, the number of elements, and two fingerprints come in.
COMPARE = """
import json, sys, time
from pathlib import Path
import numpy as np
from harness.analysis.numeric import compare
from harness.analysis.recorded import as_recorded
from harness.store import Store

def peak():  # not ru_maxrss, which begins with that of the process that this one was forked from
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) / 1024
    raise SystemExit("the peak resident set is read as Linux gives it")

objects, elements, *digests = sys.argv[1:]
compare(np.arange(20.0), np.arange(20.0) * 3, "float64")
before, started, cpu = peak(), time.perf_counter(), time.process_time()
store = Store(Path(objects))
left, right = (as_recorded(store.open(each), "float32", (int(elements),)) for each in digests)
opened = time.perf_counter()
found = compare(left, right, "float32")
ended = time.perf_counter()
print(json.dumps({
    "kind": found.kind, "differing": found.differing, "verify": opened - started,
    "compare": ended - opened, "cpu": time.process_time() - cpu,
    "baseline": before, "above": peak() - before,
}))
"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--gigabytes", type=float, default=4.0, help="of each array (default: 4)")
    parser.add_argument("--folder", type=Path, help="where to write (default: temporary files')")
    parser.add_argument("--only", choices=PAIRS, help="one pair (default: all, one after another)")
    options = parser.parse_args()
    elements = int(options.gigabytes * 1e9 / 4)
    print(f"two float32 arrays, {elements:,} elements each, {os.cpu_count()} cores")
    worst = 0.0
    for name in [options.only] if options.only else PAIRS:
        with tempfile.TemporaryDirectory(dir=options.folder) as folder:
            objects = Path(folder)
            digests = [_write(objects, elements, side) for side in PAIRS[name]]
            command = [sys.executable, "-c", COMPARE, folder, str(elements), *digests]
            done = subprocess.run(command, check=True, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        found = json.loads(done.stdout)
        worst = max(worst, found["above"])
        print(
            f"{name:18}{found['kind']:10}{found['differing']:>14,} differ"
            f"{found['verify']:8.1f} s to verify{found['compare']:8.1f} s to compare"
            f"{found['cpu']:8.1f} s of CPU"
            f"{found['above']:7.0f} MB above {found['baseline']:.0f} MB",
            flush=True,
        )
    if worst >= LIMIT:
        sys.exit(f"{worst:.0f} MB is over the bound of {LIMIT} MB")


def _draw(seed: int) -> Callable[[int, int], Piece]:
    """Elements `start` to `stop` of a stream, the same whatever comes before."""

    def piece(start: int, stop: int) -> Piece:
        generator = np.random.default_rng([seed, start])
        return generator.standard_normal(stop - start, np.float32)

    return piece


def _nudged(start: int, stop: int) -> Piece:
    """The first stream, each element one unit in the last place larger."""
    nudged: Piece = np.nextafter(_draw(0)(start, stop), np.float32(np.inf))
    return nudged


def _reversed(start: int, stop: int) -> Piece:
    """The first stream, each piece backwards."""
    return _draw(0)(start, stop)[::-1]


PAIRS: dict[str, tuple[Callable[[int, int], Piece], ...]] = {
    "another draw": (_draw(0), _draw(1)),
    "other last bits": (_draw(0), _nudged),
    "other places": (_draw(0), _reversed),
}


def _write(objects: Path, elements: int, side: Callable[[int, int], Piece]) -> str:
    """Store an array that is never in memory as a whole; returns its fingerprint."""
    digest = hashlib.sha256()
    unnamed = objects / "unnamed"
    header = {"descr": "<f4", "fortran_order": False, "shape": (elements,)}
    with unnamed.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, header)
        for piece in _pieces(elements, side):
            digest.update(piece.data)
            piece.tofile(file)
    name = digest.hexdigest()
    place = objects / name[:2]
    place.mkdir(exist_ok=True)
    unnamed.replace(place / f"{name}.npy")
    return name


def _pieces(elements: int, side: Callable[[int, int], Piece]) -> Iterator[Piece]:
    for start in range(0, elements, PIECE):
        yield np.ascontiguousarray(side(start, min(start + PIECE, elements)), "<f4")


if __name__ == "__main__":
    main()
