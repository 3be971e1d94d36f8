"""How long a report of millions of arrays takes, and how much memory: a curve over its size.

    nox -s scale                    500 cells × 200 scenarios × 50 arrays × 2 launches, and parts
    nox -s scale -- --arrays 100    twice as many arrays

Records are generated (see `generated.py`); each size is then read, analysed and written by a
process of its own. `all` is from its start to its end, `CPU` what it computed in that time, `peak`
its largest resident memory.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.generated import Size, generate, plan  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator

STAGES = ("read", "analyse", "csv", "html")
SHARES = ("1/16", "1/8", "1/4", "1/2", "1")


def main() -> None:
    """Generate, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in (("cells", 500), ("scenarios", 200), ("arrays", 50), ("launches", 2)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--shares", nargs="+", default=SHARES, help="of the cells")
    parser.add_argument("--folder", type=Path, help="keep the records here, and use them again")
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    whole = Size(options.cells, options.scenarios, options.arrays, options.launches)
    if options.measure:
        print(json.dumps(measured(whole, options.measure)))
        return
    print("| cells | array rows | records | " + " | ".join(STAGES) + " | all | CPU | peak | CSV |")
    print("| --- " * (len(STAGES) + 7) + "|")
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        for share in map(Fraction, options.shares):
            size = dataclasses.replace(whole, cells=max(1, int(whole.cells * share)))
            print(_row(size, _in_child(size, folder)), flush=True)


def measured(size: Size, folder: Path) -> dict[str, Any]:
    """Make a report as `sameseed report` does; seconds and peak memory of each stage."""
    from harness.analysis import analyse
    from harness.collect import collect
    from harness.garbage import uncollected
    from harness.report.csv import write_csv
    from harness.report.html import render
    from harness.report.view import build

    took: dict[str, tuple[float, float]] = {}

    @contextmanager
    def stage(name: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        took[name] = time.perf_counter() - start, peak()

    with uncollected():
        with stage("read"):
            collection = collect(folder / "data")
        with stage("analyse"):
            results = analyse(collection, plan(size))
        with stage("csv"):
            written = write_csv(results, folder / "csv")
        with stage("html"):
            (folder / "index.html").write_text(render(build(results)), encoding="utf-8")
    if collection.refused or results.ignored or len(results.fingerprints) != size.rows:
        raise SystemExit(f"not what was generated: {(*collection.refused, *results.ignored)[:3]}")
    return {
        "stages": took,
        "csv": sum(path.stat().st_size for path in written),
        "records": sum(path.stat().st_size for path in folder.glob("data/*/*/*.jsonl")),
        "cpu": time.process_time(),
    }


def _in_child(size: Size, folder: Path) -> dict[str, Any]:
    """Generate what is not there yet, and measure it in a fresh interpreter."""
    there = folder / "x".join(map(str, dataclasses.astuple(size)))
    if not (there / "data").exists():
        generate(size, there / "data.part")
        (there / "data.part").rename(there / "data")
    options = [f"--{name}={value}" for name, value in dataclasses.asdict(size).items()]
    command = [sys.executable, __file__, "--measure", str(there), *options]
    start = time.perf_counter()
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found | {"all": time.perf_counter() - start}


def _row(size: Size, found: dict[str, Any]) -> str:
    stages = [found["stages"][name] for name in STAGES]
    fields = (
        str(size.cells),
        f"{size.rows:,}",
        f"{found['records'] / 1e9:.2f} GB",
        *(f"{seconds:.1f} s" for seconds, _ in stages),
        f"{found['all']:.1f} s",
        f"{found['cpu']:.1f} s",
        f"{max(peak for _, peak in stages):.2f} GB",
        f"{found['csv'] / 1e9:.2f} GB",
    )
    return f"| {' | '.join(fields)} |"


def peak() -> float:
    """In GB; the system counts in KiB, macOS in bytes."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9


if __name__ == "__main__":
    main()
