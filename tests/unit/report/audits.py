"""Audits whose report is held against its files: by hand, generated, and recorded over three runs.

`recorded` has what the others have not: settings that change facts, another machine, launches that
failed or are missing, broken promises, claims, advice, and runs that came to something else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.generated import Change, Size, generate
from benchmarks.generated import plan as generated_plan
from harness.analysis import analyse
from harness.analysis.history import with_history
from harness.collect import collect
from harness.history.keep import keep
from harness.history.read import read_runs
from harness.plan import Cell
from tests.unit.analysis.builder import Recorder, declared, environment, plan, relation, rerun
from tests.unit.report import sample

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from harness.analysis import Results

RELEASES = ("2.9.3", "2.10.1", "2.15.1", "2.16.2")
MISSING = "2.17.0"
CALL, FILE = "recipes/set_random_seed", "recipes/weights_from_file"
NUMPY, TWO = "recipes/numpy_only", "recipes/numpy_and_framework"
SEEDED = "texts/two_instances"
PROMISED, DRIFTING, FLAKY = "layers/promised", "layers/drifting", "layers/flaky"
FAILING, ABSENT, SETTING = "layers/failing", "layers/absent", "layers/setting"
TIMED = tuple(f"timed/case_{index}" for index in range(6))
# The last one cannot be compared: its NumPy is another.
MACHINES: tuple[Mapping[str, Any], ...] = (
    {"id": "a1b2c3d4e5f6", "cpu": "EPYC 7763", "isa": "zen3", "cores": 8, "os": "Linux 6.8"},
    {
        "id": "f6e5d4c3b2a1",
        "label": "lab-2",
        "cpu": "Xeon 8370C",
        "isa": "icelake",
        "os": "Linux 6.8",
    },
    {"id": "0123456789ab", "label": "lab-3", "cpu": "Xeon 8370C", "cores": 4, "os": "Linux 6.5"},
)
UNSEEDED, ANOTHER = "controls/unseeded", "controls/another_seed"
CONTROL = {"source": "negative control", "launches_source": "negative control"}
NAMES = (
    CALL,
    FILE,
    NUMPY,
    TWO,
    SEEDED,
    PROMISED,
    DRIFTING,
    FLAKY,
    FAILING,
    ABSENT,
    SETTING,
    *TIMED,
)
SCENARIOS = (*NAMES, UNSEEDED, ANOTHER)


def by_hand(folder: Path) -> Results:
    """The sample: no run on file."""
    del folder
    return sample.results()


def generated(folder: Path) -> Results:
    """Some dozens of generated cells, and the first run on file."""
    size = Size(cells=40, scenarios=40, arrays=4, launches=2)
    generate(size, folder / "data", Change(at_step=0.2))
    results = analyse(collect(folder / "data"), generated_plan(size))
    keep(results, folder / "history")
    return with_history(results, read_runs(folder / "history"))


def recorded(folder: Path) -> Results:
    """A few cells on two machines, measured on three days."""
    recorder = Recorder(folder / "data")
    for day, (drift, late) in enumerate(((0.0, 0.0), (0.5, 0.0), (0.25, 1.0)), 1):
        _measure(recorder, day, drift, late)
        results = recorder.analyse(_plan())
        keep(results, folder / "history")
    return with_history(results, read_runs(folder / "history"))


AUDITS: Mapping[str, Callable[[Path], Results]] = {
    "by hand": by_hand,
    "generated": generated,
    "recorded": recorded,
}


def _name(release: str) -> str:
    return f"tf{release.replace('.', '_')}"


def _plan() -> Any:
    environments = [
        environment(_name(each), tensorflow=each, python="3.10") for each in (*RELEASES, MISSING)
    ]
    names = [each.id for each in environments]
    cells = [Cell(name, setting, "cpu") for name in names for setting in ("default", "onednn_off")]
    return plan(
        *environments,
        settings=("default", "onednn_off"),
        cells=cells,
        scenarios=SCENARIOS,
    )


def _measure(recorder: Recorder, day: int, drift: float, late: float) -> None:
    for index, release in enumerate(RELEASES):
        for setting in ("default", "onednn_off"):
            for machine in MACHINES[: 3 if release == "2.15.1" else 1]:
                for trial in (1, 2):
                    if (setting, release, trial) == ("onednn_off", "2.16.2", 2):
                        continue
                    _trial(recorder, day, index, setting, machine, trial, (drift, late))


def _trial(
    recorder: Recorder,
    day: int,
    index: int,
    setting: str,
    machine: Mapping[str, Any],
    trial: int,
    changed: tuple[float, float],
) -> None:
    release, off = RELEASES[index], setting == "onednn_off"
    drift, late = changed
    chance = day + trial + index / 8 + off / 16
    first = np.array([0.5, 1.5, -2.0], np.float32)
    arrays = {
        CALL: {"a/w": first + (index > 2), "b/w": first + (index > 2)},
        FILE: {"w": first},
        NUMPY: {"w": first + chance},
        TWO: {"w": first + (chance if index else 0)},
        # On one of two machines.
        SEEDED: {
            "a/w": first + 2 * (machine["id"] == MACHINES[1]["id"]),
            "b/w": first + (index > 1),
        },
        PROMISED: {"w": np.nextafter(first, first + 1) if index else first, "b": np.zeros(2)},
        DRIFTING: {"w": first + drift},
        FLAKY: {"w": first + (chance if index == 2 else index)},
        SETTING: {"w": first + off + (late if index else 0), "b": np.zeros(3)},
        UNSEEDED: {"w": first * chance},
        ANOTHER: {"a/w": first, "b/w": first + 1},
    } | {name: {"w": first + (index == 3)} for name in TIMED}
    statuses = {ABSENT: "unsupported"}
    if index == 1:
        statuses |= {FAILING: "error", DRIFTING: "timeout"}
        del arrays[DRIFTING]
    else:
        arrays[FAILING] = {"w": first}
    if index == 2:
        statuses |= dict.fromkeys(TIMED, "crash")
        arrays = {name: each for name, each in arrays.items() if name not in TIMED}
    recorder.trial(
        _name(release),
        trial,
        arrays,
        setting=setting,
        machine=machine,
        statuses=statuses,
        relations={
            SEEDED: [relation("a == b", True, index < 2)],
            DRIFTING: [relation("a == b", True, True)] if index != 1 else [],
            CALL: [rerun(left="a", right="b")],
            ANOTHER: [relation("a == b", False, False) | {"source": "negative control"}],
        },
        scenarios=_declared(),
        packages={f"package-{each}": f"1.{index}.{each}" for each in range(5)}
        | {"tensorflow": release}
        | {"numpy": "2.0.2" if machine["id"] == MACHINES[2]["id"] else "1.26.4"},
        framework={"backend": "tensorflow", "tensorflow": release, "onednn": not off}
        | {"keras": "2.15.0"}
        | ({"isa": "avx2", "threads": "1"} if off else {"isa": "avx512", "threads": "2"}),
        started=f"2026-11-{day:02}T10:{index:02}:0{trial}+00:00",
    )


def _declared() -> dict[str, dict[str, Any]]:
    promise = {
        "promise": "The same on every release.",
        "promise_source": "https://example.org/promise",
        "promise_levels": ["process", "packages"],
    }
    return {
        PROMISED: declared("same") | promise,
        FLAKY: declared("same"),
        CALL: declared("same"),
        UNSEEDED: declared("differ", control=True) | CONTROL,
        ANOTHER: declared(control=True) | CONTROL,
    }
