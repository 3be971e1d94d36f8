"""How long a run of the history takes: to make, to read with all checks, to compare.

python benchmarks/history.py --profile full
"""

from __future__ import annotations

import argparse
import dataclasses
import time
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from harness.analysis import analyse
from harness.analysis.history import timeline
from harness.collect import collect
from harness.history.keep import make
from harness.history.read import as_run
from harness.plan import DEFAULT, load_plan

if TYPE_CHECKING:
    from harness.history.runs import Cell


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reports", type=Path, default=Path("reports"))
    parser.add_argument("--matrix", type=Path, default=Path("matrix.yaml"))
    parser.add_argument("--profile", default=DEFAULT)
    parser.add_argument("--runs", type=int, default=100)
    options = parser.parse_args()
    results = analyse(collect(options.reports / "data"), load_plan(options.matrix, options.profile))
    start = time.process_time()
    made = make(results)
    if made is None:
        parser.error(f"nothing is on record in {options.reports}")
    print(f"make     {time.process_time() - start:.2f} s, {len(made.content):,} bytes")
    start = time.process_time()
    runs = [as_run(made.content, made.run) for _ in range(options.runs)]
    print(f"read     {time.process_time() - start:.2f} s for {options.runs} runs")
    runs = [
        dataclasses.replace(
            run, about=msgspec.structs.replace(run.about, cells=_later(run.about.cells, number))
        )
        for number, run in enumerate(runs)
    ]
    start = time.process_time()
    compared = timeline(runs)[0]["compared"].sum()
    print(f"compare  {time.process_time() - start:.2f} s, {compared:,} results")


def _later(cells: tuple[Cell, ...], number: int) -> tuple[Cell, ...]:
    """The same cells, launched at another time: else there is nothing to compare."""
    return tuple(msgspec.structs.replace(cell, started=f"{number}") for cell in cells)


if __name__ == "__main__":
    main()
