"""What is not sent again: units that some machine measured from today's inputs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from harness.assignments import assignments
from harness.cluster.missing import forget_missing, write_missing
from harness.cluster.units import Measured, units
from harness.errors import LockError
from harness.launch import header, write_failure
from harness.lock import Lock
from harness.machine import this_machine
from harness.plan import Environment, Plan
from tests.unit.analysis.builder import environment, plan

TF = replace(
    environment("tf1", tensorflow="2.9.3", python="3.10"),
    python="3.10",
    requirements=("tensorflow==2.9.3",),
)
PLAN = plan(TF, settings=("default", "other"))
(UNIT,) = units(PLAN)
PLATFORMS = ("linux-x86_64", "macos-arm64")


def lock(*packages: str) -> Lock:
    """On Linux some packages, on a Mac others."""
    requested = ["python==3.10", "build==cpu", "tensorflow==2.9.3"]
    platforms = {
        "linux-x86_64": {"packages": list(packages)},
        "macos-arm64": {"packages": ["numpy==1.0.0"]},
    }
    return Lock(
        {
            "environments": {"tf1": {"requested": requested, "platforms": platforms}},
            "hashes": {name: ["sha256:0"] for name in (*packages, "numpy==1.0.0")},
        }
    )


def measure(
    data: Path,
    machine: str,
    *,
    lock: Lock,
    platform: str = "linux-x86_64",
    trials: int = 2,
    planned: Plan = PLAN,
    tf: Environment = TF,
) -> None:
    """Good records of a machine, from the inputs of a platform."""
    digest = lock.locked(tf, platform).digest
    for entry in assignments(planned, tf, digest, data / machine):
        if entry.trial <= trials:
            here = replace(this_machine(), id=machine)
            write_failure(entry, header(planned, entry, here, digest), "ok", "")


def measured(data: Path, lock: Lock) -> Measured:
    return Measured(PLAN, lock, PLATFORMS, data)


def test_every_launch_of_every_cell_on_one_machine(tmp_path: Path) -> None:
    content = lock("tensorflow==2.9.3")
    measure(tmp_path, "m1", lock=content)
    measure(tmp_path, "m2", lock=content, trials=1)

    found = measured(tmp_path, content)

    assert found.machines(UNIT) == ("m1",)
    assert found.is_done(UNIT)
    assert not found.is_done(replace(UNIT, machine="m2"))
    assert len(list(found.records(UNIT))) == 4 + 2


def test_halves_on_two_machines_are_no_whole(tmp_path: Path) -> None:
    content = lock("tensorflow==2.9.3")
    for machine, setting in (("m1", "default"), ("m2", "other")):
        measure(tmp_path, machine, lock=content, planned=plan(TF, settings=(setting,)))

    assert not measured(tmp_path, content).is_done(UNIT)


def test_another_platform_has_packages_of_its_own(tmp_path: Path) -> None:
    content = lock("tensorflow==2.9.3")
    measure(tmp_path, "mac", lock=content, platform="macos-arm64")

    assert measured(tmp_path, content).machines(UNIT) == ("mac",)


def test_a_lock_that_changed_makes_it_unmeasured(tmp_path: Path) -> None:
    measure(tmp_path, "m1", lock=lock("tensorflow==2.9.3"))

    assert not measured(tmp_path, lock("tensorflow==2.9.3", "six==1.0")).is_done(UNIT)


def test_nothing_is_there_yet(tmp_path: Path) -> None:
    assert not measured(tmp_path / "none", lock("tensorflow==2.9.3")).is_done(UNIT)


def test_an_interpreter_is_known_to_its_machine_alone(tmp_path: Path) -> None:
    mine = replace(environment("mine"), interpreter="/opt/python")
    planned = plan(mine)
    (unit,) = units(planned)

    assert not Measured(planned, Lock({}), PLATFORMS, tmp_path).is_done(unit)


def test_a_lock_of_another_matrix_is_an_error(tmp_path: Path) -> None:
    empty = Lock({"environments": {}, "hashes": {}})

    with pytest.raises(LockError, match="has no tf1"):
        measured(tmp_path, empty).is_done(UNIT)


def test_what_nobody_measured_is_a_row_until_it_is_measured(tmp_path: Path) -> None:
    write_missing(PLAN, ["tf1.other.cpu"], tmp_path, "crash", "4 workers died")

    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.jsonl")] == [
        "cluster/tf1.other.cpu/1.jsonl"
    ]
    forget_missing(["tf1.default.cpu"], tmp_path)
    assert (tmp_path / "cluster").exists()
    forget_missing(UNIT.cells, tmp_path)
    assert not (tmp_path / "cluster").exists()
