"""How long merging takes, and how much memory: a curve over the number of trial files.

    python benchmarks/merge.py                       100,000 trial files, and parts of them
    python benchmarks/merge.py --shares 1/16         a part alone

Machines × cells × two launches are generated, in as many `reports/` folders as `--folders` says.
Records are small; results come again from machine to machine, as they do in an audit. Each size is
merged by a process of its own into an empty folder, and then once more, when all is known. `peak`
is the largest resident memory of the first, `disk` what it wrote.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import resource
import subprocess
import sys
import tempfile
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from harness.probe import fingerprint, schema  # noqa: E402

SHARES = ("1/16", "1/8", "1/4", "1/2", "1")
CELLS, LAUNCHES, SCENARIOS, ARRAYS = 50, 2, 5, 4
RESULTS = 500  # that there are of each scenario
STARTED = "2026-01-01T00:00:00+00:00"


def main() -> None:
    """Generate, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=100_000)
    parser.add_argument("--folders", type=int, default=10)
    parser.add_argument("--shares", nargs="+", default=SHARES, help="of the files")
    parser.add_argument("--measure", type=Path, nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measured(*options.measure)))
        return
    print("| files | records | merge | files/s | MB/s | again | files/s | peak | disk |")
    print("| --- " * 9 + "|")
    for share in map(Fraction, options.shares):
        with tempfile.TemporaryDirectory() as temporary:
            machines = max(1, round(options.files * share / (CELLS * LAUNCHES)))
            folders = [Path(temporary) / f"from{number}" for number in range(options.folders)]
            generate(machines, folders)
            into = Path(temporary) / "into"
            first, again = (_in_child(into, folders) for _ in range(2))
            print(_row(machines * CELLS * LAUNCHES, first, again), flush=True)


def generate(machines: int, folders: list[Path]) -> None:
    """Write the records of each machine into one of the folders, and the arrays they name."""
    results = _results(folders[:machines])
    for machine in range(machines):
        data = folders[machine % len(folders)] / "data"
        for cell in range(CELLS):
            for launch in range(1, LAUNCHES + 1):
                _record(data, f"machine{machine:06}", f"env{cell}", launch, machine, results)


def measured(into: Path, *folders: Path) -> dict[str, Any]:
    """Merge as `sameseed merge` does."""
    from harness.merge import merge

    start = time.perf_counter()
    outcome = merge(folders, into, lambda _line: None)
    seconds = time.perf_counter() - start
    if outcome.code:
        raise SystemExit(f"not what was generated: {list(outcome.lines())[:3]}")
    unit = 1 if sys.platform == "darwin" else 1024  # KiB, on macOS bytes
    return {
        "seconds": seconds,
        "new": sum(each.new for each in outcome.sources),
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e9,
        "records": sum(path.stat().st_size for path in into.glob("data/*/*/*.jsonl")),
        "disk": sum(path.stat().st_size for path in into.rglob("*") if path.is_file()),
    }


def _in_child(into: Path, folders: list[Path]) -> dict[str, Any]:
    command = [sys.executable, __file__, "--measure", str(into), *map(str, folders)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _row(files: int, first: dict[str, Any], again: dict[str, Any]) -> str:
    if (first["new"], again["new"]) != (files, 0):
        raise SystemExit(f"{first['new']} and {again['new']} new records, not {files} and 0")
    fields = (
        f"{files:,}",
        f"{first['records'] / 1e9:.2f} GB",
        f"{first['seconds']:.1f} s",
        f"{files / first['seconds']:,.0f}",
        f"{first['records'] / 1e6 / first['seconds']:.0f}",
        f"{again['seconds']:.1f} s",
        f"{files / again['seconds']:,.0f}",
        f"{first['peak']:.2f} GB",
        f"{first['disk'] / 1e9:.2f} GB",
    )
    return f"| {' | '.join(fields)} |"


def _results(folders: list[Path]) -> list[str]:
    """The arrays of each result as JSON; the files lie in every folder."""
    draw = np.random.Generator(np.random.PCG64(schema.SEED))
    results = []
    for _ in range(RESULTS):
        arrays = [draw.standard_normal((2, 4), np.float32) for _ in range(ARRAYS)]
        for folder in folders:
            for array in arrays:
                fingerprint.store(array, folder / "data" / "objects")
        described = ({"array": f"w{n}", **fingerprint.described(a)} for n, a in enumerate(arrays))
        results.append(json.dumps(list(described)))
    return results


def _record(
    data: Path, machine: str, environment: str, launch: int, seed: int, results: list[str]
) -> None:
    names = [f"family/scenario_{number}" for number in range(SCENARIOS)]
    declared = {
        "summary": "",
        "source": "",
        "launches": "",
        "launches_source": "",
        "control": False,
    }
    header = {
        "record": "header",
        "format": schema.FORMAT,
        "environment": environment,
        "setting": "default",
        "device": "cpu",
        "trial": launch,
        "inputs": hashlib.sha256(environment.encode()).hexdigest(),
        "suite": hashlib.sha256(b"suite").hexdigest(),
        "lock": hashlib.sha256(environment.encode()).hexdigest(),
        "machine": {"id": machine, "cpu": "a CPU", "cores": 2},
        "packages": {f"package-{number}": "1.0" for number in range(40)},
        "scenarios": dict.fromkeys(names, declared),
        "started": STARTED,
    }
    folder = data / machine / f"{environment}.default.cpu"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{launch}.jsonl").open("w", encoding="ascii") as file:
        file.write(f"{json.dumps(header)}\n")
        for number, name in enumerate(names):
            file.write(
                f'{{"record": "observation", "scenario": "{name}", "seconds": 0.{launch}, '
                f'"status": "ok", "message": "", "relations": [], '
                f'"arrays": {results[(seed + number * 7 + launch) % len(results)]}}}\n'
            )
        end = {
            "record": "end",
            "status": "ok",
            "message": "",
            "observations": len(names),
            "seconds": 1.0,
            "finished": STARTED,
        }
        file.write(f"{json.dumps(end)}\n")


if __name__ == "__main__":
    main()
