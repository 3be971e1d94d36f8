"""Records and plans as tests need them: real files, written the way the probe writes them.

recorder = Recorder(tmp_path)
recorder.trial("tf1", arrays={"recipes/x": {"first/w": np.zeros(3)}})
results = recorder.analyse(plan(environment("tf1", tensorflow="2.9.3")))
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.analysis import Results, analyse
from harness.collect import Collection, collect
from harness.plan import Cell, Environment, Plan, Setting

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

MACHINE = "m1"


def environment(id: str, **axes: str) -> Environment:  # noqa: A002
    """An environment that declares `axes`, in order."""
    return Environment(
        id=id,
        axes=axes,
        python=axes.get("python"),
        interpreter=None,
        backend=axes.get("backend", "tensorflow"),
        requirements=(),
        profiles=("default",),
    )


def plan(
    *environments: Environment,
    settings: Sequence[str] = ("default",),
    devices: Sequence[str] = ("cpu",),
    cells: Iterable[Cell] | None = None,
    all_cells: Iterable[Cell] | None = None,
    trials: int = 2,
    scenarios: Sequence[str] = (),
) -> Plan:
    """A plan of every combination, unless `cells` says otherwise."""
    if all_cells is None:
        all_cells = cells or [
            Cell(each.id, setting, device)
            for each in environments
            for setting in settings
            for device in devices
        ]
    all_cells = tuple(all_cells)
    return Plan(
        profile="default",
        environments=environments,
        settings=tuple(Setting(name, {}, 2) for name in settings),
        cells=all_cells if cells is None else tuple(cells),
        all_cells=all_cells,
        trials=trials,
        scenarios=tuple(scenarios),
        scenario_seconds=60.0,
    )


def rerun(*, holds: bool = True, left: str = "first", right: str = "second") -> dict[str, Any]:
    """A relation that says: reseeded and rebuilt in the same process, the same."""
    return relation(f"{left} == {right}", True, holds, level="rerun", left=left, right=right)


def relation(
    text: str,
    expected: bool | None,
    holds: bool,
    level: str = "",
    left: str = "a",
    right: str = "b",
) -> dict[str, Any]:
    """A relation as a record holds it."""
    return {
        "relation": text,
        "expected": expected,
        "holds": holds,
        "source": "a source",
        "level": level,
        "left": left,
        "right": right,
    }


def declared(launches: str = "", *, control: bool = False, summary: str = "") -> dict[str, Any]:
    """What a header says of a scenario."""
    return {
        "summary": summary or "One sentence.",
        "source": "a source",
        "launches": launches,
        "launches_source": "a promise" if launches else "",
        "control": control,
    }


@dataclass(frozen=True)
class Recorder:
    """Writes trials below `data`."""

    data: Path

    def trial(
        self,
        environment: str = "tf1",
        trial: int = 1,
        arrays: Mapping[str, Mapping[str, Any]] | None = None,
        *,
        setting: str = "default",
        device: str = "cpu",
        machine: str | Mapping[str, Any] = MACHINE,
        statuses: Mapping[str, str] | None = None,
        relations: Mapping[str, Sequence[Mapping[str, Any]]] | None = None,
        scenarios: Mapping[str, Mapping[str, Any]] | None = None,
        packages: Mapping[str, str] | None = None,
        framework: Mapping[str, Any] | None = None,
        variables: Mapping[str, str] | None = None,
        python: str = "3.10.13",
        inputs: str = "inputs",
        suite: str = "suite",
        lock: str = "lock",
        started: str = "2026-11-22T03:00:00+00:00",
        end: str = "ok",
        message: str = "",
    ) -> Path:
        """Write one trial and return its path.

        arrays: scenario → array name → values; these scenarios are `ok`. statuses: scenario →
        status, for those that are not. inputs, suite, lock: any text; its digest is recorded.
        """
        arrays, statuses = arrays or {}, statuses or {}
        names = [*arrays, *(name for name in statuses if name not in arrays)]
        facts = machine if not isinstance(machine, str) else {"id": machine}
        header = {
            "record": "header",
            "format": 1,
            "environment": environment,
            "setting": setting,
            "device": device,
            "trial": trial,
            "inputs": sha(inputs),
            "suite": sha(suite),
            "lock": sha(lock) if lock else "",
            "machine": facts,
            "python": {
                "version": python,
                "implementation": "CPython",
                "hash_seed": str(trial * 1000),
                "executable": f"/somewhere/{trial}/python",
            },
            "packages": {"numpy": "1.26.4"} if packages is None else packages,
            "framework": {"backend": "tensorflow"} if framework is None else framework,
            "variables": variables or {},
            "scenarios": {name: declared() for name in names} | dict(scenarios or {}),
            "started": started,
        }
        observations = [
            {
                "record": "observation",
                "scenario": name,
                "status": statuses.get(name, "ok"),
                "seconds": 0.5,
                "message": "" if name not in statuses else "why",
                "arrays": [self.array(*item) for item in arrays.get(name, {}).items()],
                "relations": list((relations or {}).get(name, ())),
            }
            for name in names
        ]
        ended = {
            "record": "end",
            "status": end,
            "message": message,
            "observations": len(observations),
            "seconds": 9.5,
            "finished": started,
        }
        cell = f"{environment}.{setting}.{device}"
        return self.write(f"{facts['id']}/{cell}/{trial}.jsonl", [header, *observations, ended])

    def write(self, place: str, lines: Iterable[Mapping[str, Any]]) -> Path:
        """Write lines of JSON at a place below `data`."""
        path = self.data / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
        return path

    def array(self, name: str, values: Any) -> dict[str, Any]:
        """Store an array and return its fingerprint as a record holds it."""
        array = np.asarray(values)
        stored = array.view(f"<u{array.dtype.itemsize}") if array.dtype.kind == "V" else array
        digest = hashlib.sha256(np.ascontiguousarray(stored).tobytes()).hexdigest()
        path = self.object(digest)
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            np.save(path, stored, allow_pickle=False)
        return {
            "array": name,
            "dtype": array.dtype.name,
            "shape": list(array.shape),
            "sha256": digest,
            "size": int(array.size),
            "min": None,
            "max": None,
            "mean": None,
            "std": None,
            "nonfinite": 0,
        }

    def object(self, digest: str) -> Path:
        """Where an array's bytes lie."""
        return self.data / "objects" / digest[:2] / f"{digest}.npy"

    def launches(
        self,
        environment: str,
        *launches: Mapping[str, Mapping[str, Any]],
        **facts: Any,
    ) -> None:
        """Write trial 1, 2, … of a cell, each from its arrays."""
        for trial, arrays in enumerate(launches, 1):
            self.trial(environment, trial, arrays, **facts)

    def collect(self) -> Collection:
        """What was written."""
        return collect(self.data)

    def analyse(self, plan: Plan) -> Results:
        """What it comes to."""
        return analyse(collect(self.data), plan)


def sha(text: str) -> str:
    """A digest of a text."""
    return hashlib.sha256(text.encode()).hexdigest()
