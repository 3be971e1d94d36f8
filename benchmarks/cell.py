"""How long one cell takes, against the two obvious ways to measure it.

    nox -s bench                          on the newest TensorFlow of the matrix
    nox -s bench -- tf2_9_3_py3_10        on another environment

Three ways to run the same scenarios on the same interpreter, timed one after the other:

* *one process*: one import, then every scenario one after the other in that process. The floor, and
  wrong: scenarios leak into each other, and one launch is no evidence of reproducibility;
* *this cell*: what `sameseed probe` does, all trials of the cell;
* *fresh interpreters*: one per scenario and trial, which is right, and slow.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from harness import install  # noqa: E402
from harness.audit import Audit  # noqa: E402
from harness.launch import PROBE, trial_environment  # noqa: E402
from harness.lock import Lock  # noqa: E402
from harness.plan import load_plan  # noqa: E402
from harness.platforms import this_platform  # noqa: E402

# Runs the scenarios named in its arguments in this process, as a forked child would.
ONE_PROCESS = """
import importlib.util, os, sys
probe, folder, threads, *names = sys.argv[1:]
spec = importlib.util.spec_from_file_location("probe_main", probe)
main = importlib.util.module_from_spec(spec)
spec.loader.exec_module(main)
trial = main._load_harness()
framework = trial.Framework("tensorflow", int(threads))
for number, name in enumerate(names):
    scratch = os.path.join(folder, "scratch", str(number))
    os.makedirs(scratch)
    result = trial.observe(trial.scenarios.suite()[name], framework, folder, scratch)
    if result["status"] not in ("ok", "unsupported"):
        sys.exit(name + ": " + result["message"])
"""


def main() -> None:
    """Measure and print."""
    matrix = ROOT / "matrix.yaml"
    whole = load_plan(matrix)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("environment", nargs="?", default=whole.environments[-1].id)
    parser.add_argument(
        "--repeat", type=int, default=3, help="of the two short ways; the best counts"
    )
    parser.add_argument(
        "--scenarios",
        nargs="+",
        default=["texts/*", "recipes/*", "controls/*"],
        metavar="PATTERN",
        help="which; an interpreter for each of the whole suite takes most of an hour",
    )
    options = parser.parse_args()
    chosen = (
        name
        for name in whole.scenarios
        if any(fnmatchcase(name, pattern) for pattern in options.scenarios)
    )
    plan = replace(whole, scenarios=tuple(chosen))
    environment = plan.environment(options.environment)
    locked = Lock.load(ROOT / "matrix.lock").locked(environment, this_platform())
    python = install.install(ROOT / ".nox" / "audited" / environment.id, locked, print)
    setting = plan.settings[0]

    def in_one_process(*names: str) -> float:
        with tempfile.TemporaryDirectory() as folder:
            variables = trial_environment(
                os.environ, setting.env, threads=setting.threads, device="cpu", home=Path(folder)
            )
            arguments = (str(PROBE), folder, str(setting.threads), *names)
            return _timed([str(python), "-c", ONE_PROCESS, *arguments], variables)

    def this_cell() -> float:
        with tempfile.TemporaryDirectory() as folder:
            audit = Audit(
                plan,
                environment,
                lock=ROOT / "matrix.lock",
                data=Path(folder),
                environments=ROOT / ".nox" / "audited",
                say=lambda _: None,
            )
            started = time.perf_counter()
            statuses = audit.run(jobs=plan.trials, fresh=True)
            seconds = time.perf_counter() - started
        if set(statuses.values()) != {"ok"}:
            sys.exit(f"not measured: {statuses}")
        return seconds

    in_one_process(*plan.scenarios)  # bytecode and the disk cache
    floor = min(in_one_process(*plan.scenarios) for _ in range(options.repeat))
    ours = min(this_cell() for _ in range(options.repeat))
    print(f"{len(plan.scenarios)} scenarios, {plan.trials} trials, {os.cpu_count()} cores")
    print(f"one process, one import, one trial   {floor:7.1f} s")
    print(
        f"this cell, {plan.trials} trials                  {ours:7.1f} s  "
        f"{ours / floor:.2f} × one process (at most 1.3)"
    )
    slow = sum(in_one_process(name) for _ in range(plan.trials) for name in plan.scenarios)
    print(
        f"a fresh interpreter each, {plan.trials} trials   {slow:7.1f} s  "
        f"{slow / ours:.1f} × this cell (at least 10)"
    )


def _timed(command: list[str], environment: dict[str, str]) -> float:
    started = time.perf_counter()
    done = subprocess.run(
        command, check=False, cwd=ROOT, env=environment, capture_output=True, text=True
    )
    seconds = time.perf_counter() - started
    if done.returncode:
        sys.exit(f"{' '.join(command[:3])} … failed:\n{done.stderr[-2000:]}")
    return seconds


if __name__ == "__main__":
    main()
