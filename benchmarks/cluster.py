"""What `report --dask` saves: a report of generated records, alone and with workers beside it.

    python benchmarks/cluster.py                # 500 cells × 200 scenarios × 50 arrays × 2 launches
    python benchmarks/cluster.py --workers 4 --cells 250

Each report is made by a process of its own. The files must be the same bytes, or it fails.
"""

from __future__ import annotations

import argparse
import contextlib
import filecmp
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.generated import Size, generate, plan  # noqa: E402
from benchmarks.scale import peak  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator

STAGES = ("read", "analyse", "csv", "html")


def main() -> None:
    """Generate, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in (("cells", 500), ("scenarios", 200), ("arrays", 50), ("launches", 2)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--folder", type=Path, help="keep the records here, and use them again")
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    options = parser.parse_args()
    size = Size(options.cells, options.scenarios, options.arrays, options.launches)
    if options.measure is not None:
        print(json.dumps(measured(size, options.folder, options.measure)))
        return
    from distributed import LocalCluster

    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        if not (folder / "data").exists():
            generate(size, folder / "data.part")
            (folder / "data.part").rename(folder / "data")
        print(f"{size.rows:,} array rows")
        print("| | " + " | ".join(STAGES) + " | all | peak |")
        print("| --- " * (len(STAGES) + 3) + "|")
        print(_row("alone", _in_child(size, folder, "")), flush=True)
        with LocalCluster(
            n_workers=options.workers, threads_per_worker=1, dashboard_address=None
        ) as cluster:
            done = _in_child(size, folder, cluster.scheduler_address)
        print(_row(f"{options.workers} workers", done))
        _, differ, odd = filecmp.cmpfiles(
            folder / "alone", folder / "cluster", _names(folder / "alone"), shallow=False
        )
        if differ or odd or _names(folder / "alone") != _names(folder / "cluster"):
            raise SystemExit(f"not the same files: {differ + odd}")


def measured(size: Size, folder: Path, address: str) -> dict[str, Any]:
    """Make a report as `sameseed report` does; seconds of each stage, and the peak memory."""
    from harness.analysis import analyse
    from harness.analysis.selection import select
    from harness.cluster.tables import tables_on
    from harness.collect import collect
    from harness.garbage import uncollected
    from harness.report.csv import write_csv
    from harness.report.html import render
    from harness.report.view import build

    took: dict[str, float] = {}
    busy: dict[str, float] = {}
    target = folder / ("cluster" if address else "alone")

    @contextlib.contextmanager
    def stage(name: str) -> Iterator[None]:
        start, worked = time.perf_counter(), time.process_time()
        yield
        took[name] = time.perf_counter() - start
        busy[name] = time.process_time() - worked

    with contextlib.ExitStack() as stack:
        stack.enter_context(uncollected())
        tables = None
        with stage("read"):
            collection = collect(folder / "data")
            if address:
                trials = select(collection, plan(size)).trials
                tables = stack.enter_context(tables_on(address, trials, target))
        with stage("analyse"):
            elsewhere = tables.comparing(folder / "data") if tables else None
            results = analyse(collection, plan(size), elsewhere=elsewhere)
        with stage("csv"):
            write_csv(results, target, tables.wait(results) if tables else None)
        with stage("html"):
            (target / "index.html").write_text(render(build(results)), encoding="utf-8")
    return {"stages": took, "busy": busy, "peak": peak()}


def _in_child(size: Size, folder: Path, address: str) -> dict[str, Any]:
    options = [
        *(f"--cells={size.cells}", f"--scenarios={size.scenarios}"),
        *(f"--arrays={size.arrays}", f"--launches={size.launches}"),
    ]
    command = [sys.executable, __file__, *options, f"--folder={folder}", f"--measure={address}"]
    start = time.perf_counter()
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found | {"all": time.perf_counter() - start}


def _row(name: str, found: dict[str, Any]) -> str:
    """Two rows: what it took, and how long its own processor was busy with it."""
    rows = []
    for title, seconds, whole, memory in (
        (name, found["stages"], found["all"], f"{found['peak']:.2f} GB"),
        ("its processor", found["busy"], sum(found["busy"].values()), ""),
    ):
        cells = [title, *(f"{seconds[stage]:.1f} s" for stage in STAGES), f"{whole:.1f} s", memory]
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


if __name__ == "__main__":
    main()
