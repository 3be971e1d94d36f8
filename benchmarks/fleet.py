"""What a night of many machines costs where it comes together: merge, report, memory, page.

    python benchmarks/fleet.py --reports reports --machines 10 100

Takes the records of a profile that was really measured (`nox` leaves those of the default profile)
and writes them once more for each machine: other ids, one of three processors, every tenth machine
with one scenario that gives something else. Each number of machines is merged, from a folder for
each, and reported, by the commands that people use, in processes of their own. `rows` are those of
fingerprints.csv.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from hashlib import sha256
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from harness.collect import OBJECTS  # noqa: E402
from harness.plan import Plan, load_plan  # noqa: E402

CPUS = ("AMD EPYC 7763", "Intel Xeon 8370C", "Neoverse-N2")
ODD = 10  # one machine in so many gives something else
ODD_SCENARIO = "recipes/set_random_seed"


def main() -> None:
    """Generate, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reports", type=Path, default=Path("reports"))
    parser.add_argument("--profile", default="default")
    parser.add_argument("--machines", type=int, nargs="+", default=[10, 30, 100])
    options = parser.parse_args()
    plan = load_plan(ROOT / "matrix.yaml", options.profile)
    data = options.reports.resolve() / "data"
    records = _records(data, plan)
    print("| machines | records | | merge | records/s | report | peak | rows | page |")
    print("| --- " * 9 + "|")
    for machines in options.machines:
        with tempfile.TemporaryDirectory() as temporary:
            print(_row(machines, records, data, options.profile, Path(temporary)), flush=True)


def _records(data: Path, plan: Plan) -> dict[str, list[str]]:
    """`<cell>/<trial>.jsonl` → its lines, of the first machine that measured all of the profile."""
    wanted = [
        f"{cell.id}/{trial}.jsonl"
        for cell in plan.cells
        if not cell.excluded
        for trial in range(1, plan.trials + 1)
    ]
    for machine in sorted(data.iterdir()):
        if machine.name != OBJECTS and all((machine / each).exists() for each in wanted):
            return {
                each: (machine / each).read_text(encoding="utf-8").splitlines() for each in wanted
            }
    raise SystemExit(f"no machine below {data} has all of {plan.profile}: run nox first")


def _row(
    machines: int, records: dict[str, list[str]], data: Path, profile: str, temporary: Path
) -> str:
    folders = [temporary / f"from{number}" for number in range(machines)]
    for number, folder in enumerate(folders):
        _generate(folder, number, records, data / OBJECTS)
    into = temporary / "into"
    written = machines * len(records)
    size = sum(len(line) + 1 for lines in records.values() for line in lines) * machines
    merged = _timed("merge", *map(str, folders), "--into", str(into))
    for folder in folders:
        shutil.rmtree(folder)
    arguments = ["--reports", str(into), "--profile", profile]
    reported = _timed("report", *arguments, matrix=True)
    with (into / "csv" / "fingerprints.csv").open("rb") as file:
        rows = sum(1 for _ in file) - 1
    fields = (
        f"{machines:,}",
        f"{written:,}",
        f"{size / 1e9:.2f} GB",
        f"{merged['seconds']:.1f} s",
        f"{written / merged['seconds']:,.0f}",
        f"{reported['seconds']:.1f} s",
        f"{reported['peak'] / 1e9:.2f} GB",
        f"{rows:,}",
        f"{(into / 'index.html').stat().st_size / 1e6:.1f} MB",
    )
    return f"| {' | '.join(fields)} |"


def _generate(folder: Path, number: int, records: dict[str, list[str]], objects: Path) -> None:
    """One machine's records; the arrays are hard links, to keep the disk small."""
    machine = sha256(f"machine {number}".encode()).hexdigest()[:12]
    odd = _values(records, ODD_SCENARIO) if number % ODD == ODD - 1 else {}
    for place, lines in records.items():
        header = json.loads(lines[0])
        header["machine"] |= {"id": machine, "cpu": CPUS[number % len(CPUS)], "label": ""}
        path = folder / "data" / machine / place
        path.parent.mkdir(parents=True, exist_ok=True)
        others = [odd.get(line, line) for line in lines[1:]]
        path.write_text("\n".join([json.dumps(header), *others]) + "\n", encoding="utf-8")
    for name in _named(records):
        path = folder / "data" / OBJECTS / name[:2] / f"{name}.npy"
        path.parent.mkdir(parents=True, exist_ok=True)
        os.link(objects / name[:2] / path.name, path)


def _named(records: dict[str, list[str]]) -> set[str]:
    """The arrays that the records name."""
    text = "".join(line for lines in records.values() for line in lines)
    return set(re.findall(r'"sha256": ?"([0-9a-f]{64})"', text))


def _values(records: dict[str, list[str]], scenario: str) -> dict[str, str]:
    """Each line of the scenario → the same with the values of another launch's cell."""
    lines = [
        line
        for each in records.values()
        for line in each
        if json.loads(line).get("scenario") == scenario
    ]
    distinct: dict[str, str] = {}
    for line in lines:
        distinct.setdefault(json.dumps(json.loads(line)["arrays"]), line)
    if len(distinct) < 2:
        raise SystemExit(f"{scenario} gives the same everywhere: nothing to swap")
    arrays = [json.loads(each) for each in distinct]
    return {
        line: json.dumps({**(known := json.loads(line)), "arrays": _other(known["arrays"], arrays)})
        for line in lines
    }


def _other(own: Any, known: list[Any]) -> Any:
    return next(each for each in known if each != own)


def _timed(command: str, *arguments: str, matrix: bool = False) -> dict[str, float]:
    """Seconds and largest resident memory, in bytes, of a command; it may find breaks."""
    code = [sys.executable, "-m", "harness", command, *arguments]
    code += ["--matrix", str(ROOT / "matrix.yaml")] if matrix else []
    start = time.perf_counter()
    process = subprocess.Popen(code, cwd=ROOT, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status):
        raise SystemExit(f"{command} ended with {os.waitstatus_to_exitcode(status)}")
    unit = 1 if sys.platform == "darwin" else 1024  # KiB, on macOS bytes
    return {"seconds": time.perf_counter() - start, "peak": usage.ru_maxrss * unit}


if __name__ == "__main__":
    main()
