"""Launching trials: a clean environment, and an end for every way a probe can die."""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path

import pytest

from harness.assignments import Assignment, assignments
from harness.launch import Launcher, header, trial_environment, write_failure
from harness.machine import this_machine
from harness.records import read
from tests.unit.test_assignments import ENVIRONMENT, PLAN

MACHINE = this_machine()


def environment(caller: dict[str, str], **setting: str) -> dict[str, str]:
    return trial_environment(caller, setting, threads=2, device="cpu", home=Path("home"))


@pytest.mark.parametrize(
    "name",
    [
        *("TF_ENABLE_ONEDNN_OPTS", "TF_DETERMINISTIC_OPS", "KERAS_BACKEND", "KERAS_HOME"),
        *("XLA_FLAGS", "JAX_ENABLE_X64", "PYTHONPATH", "PYTHONSTARTUP", "PYTHONHOME"),
        *("LD_PRELOAD", "MKL_CBWR", "VIRTUAL_ENV", "NPY_DISABLE_CPU_FEATURES", "ANYTHING_ELSE"),
    ],
)
def test_the_outer_shell_does_not_reach_a_trial(name: str) -> None:
    assert name not in environment({name: "leaked"})


def test_hash_seed_and_home_are_the_trials_own() -> None:
    caller = {"PYTHONHASHSEED": "0", "HOME": "/home/someone"}
    first, second = environment(caller), environment(caller)

    assert first["PYTHONHASHSEED"] != second["PYTHONHASHSEED"]
    assert first["HOME"] == "home"


def test_a_setting_gives_every_launch_its_hash_seed() -> None:
    assert {environment({}, PYTHONHASHSEED="0")["PYTHONHASHSEED"] for _ in range(2)} == {"0"}


def test_threads_are_pinned_and_a_setting_has_the_last_word() -> None:
    pinned = environment({"OMP_NUM_THREADS": "64"}, TF_NUM_INTEROP_THREADS="5")

    assert pinned["OMP_NUM_THREADS"] == "2"
    assert pinned["TF_NUM_INTEROP_THREADS"] == "5"


def test_a_cpu_trial_sees_no_gpu_and_a_gpu_trial_the_scheduler_s() -> None:
    caller = {"CUDA_VISIBLE_DEVICES": "3"}

    assert environment(caller)["CUDA_VISIBLE_DEVICES"] == "-1"
    on_gpu = trial_environment(caller, {}, threads=2, device="gpu", home=Path("home"))
    assert on_gpu["CUDA_VISIBLE_DEVICES"] == "3"


def test_a_failure_is_a_record_with_its_reason(tmp_path: Path) -> None:
    (first, _) = planned(tmp_path)

    write_failure(first, header(PLAN, first, MACHINE, ""), "install_failed", "no such version")

    trial = read(first.record)
    assert (trial.end.status, trial.end.message) == ("install_failed", "no such version")
    assert trial.header.inputs == first.inputs


def planned(folder: Path) -> tuple[Assignment, ...]:
    return assignments(PLAN, ENVIRONMENT, "content", folder / MACHINE.id)


def launcher(tmp_path: Path, python: Path, lines: list[str]) -> Launcher:
    return Launcher(PLAN, ENVIRONMENT, python, MACHINE, tmp_path / "objects", "", lines.append)


def script(tmp_path: Path, text: str) -> Path:
    """An `interpreter` that does something else than run the probe."""
    path = tmp_path / "python"
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def test_an_interpreter_without_the_framework_is_install_failed(tmp_path: Path) -> None:
    todo = planned(tmp_path)[:1]
    lines: list[str] = []

    statuses = launcher(tmp_path, Path(sys.executable), lines).measure(todo, jobs=1)

    assert list(statuses.values()) == ["install_failed"]
    message = read(todo[0].record).end.message
    assert "importing tensorflow failed: ModuleNotFoundError" in message


@pytest.mark.skipif(os.name != "posix", reason="a shell script")
def test_a_probe_that_dies_is_recorded_with_what_it_said(tmp_path: Path) -> None:
    python = script(tmp_path, "echo 'Illegal instruction' >&2; kill -9 $$")
    todo = planned(tmp_path)[:1]

    statuses = launcher(tmp_path, python, []).measure(todo, jobs=1)

    assert list(statuses.values()) == ["crash"]
    message = read(todo[0].record).end.message
    assert "exit code -9" in message
    assert "Illegal instruction" in message


@pytest.mark.skipif(os.name != "posix", reason="a shell script")
def test_a_probe_that_claims_success_without_a_record_is_a_crash(tmp_path: Path) -> None:
    todo = planned(tmp_path)[:1]

    statuses = launcher(tmp_path, script(tmp_path, "exit 0"), []).measure(todo, jobs=1)

    assert list(statuses.values()) == ["crash"]


def test_an_interpreter_that_is_no_program_is_recorded(tmp_path: Path) -> None:
    todo = planned(tmp_path)[:1]

    statuses = launcher(tmp_path, tmp_path / "nothing", []).measure(todo, jobs=1)

    assert list(statuses.values()) == ["crash"]
    assert "nothing" in read(todo[0].record).end.message


@pytest.mark.skipif(os.name != "posix", reason="a shell script")
def test_a_silent_probe_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.launch.IMPORT_SECONDS", -119.0)  # one second in all
    todo = planned(tmp_path)[:1]

    statuses = launcher(tmp_path, script(tmp_path, "exec sleep 60"), []).measure(todo, jobs=1)

    assert list(statuses.values()) == ["timeout"]


@pytest.mark.skipif(os.name != "posix", reason="a shell script")
def test_what_a_probe_leaves_running_does_not_hold_the_audit(tmp_path: Path) -> None:
    python = script(tmp_path, "sleep 60 & exit 1")
    started = time.monotonic()

    launcher(tmp_path, python, []).measure(planned(tmp_path)[:1], jobs=1)

    assert time.monotonic() - started < 20


@pytest.mark.skipif(os.name != "posix", reason="a shell script")
def test_trials_run_side_by_side(tmp_path: Path) -> None:
    together = threading.Barrier(2, timeout=20)
    python = script(tmp_path, "echo here; sleep 1; exit 1")
    started = time.monotonic()

    def say(line: str) -> None:
        if line.endswith("here"):
            together.wait()

    Launcher(PLAN, ENVIRONMENT, python, MACHINE, tmp_path / "objects", "", say).measure(
        planned(tmp_path), jobs=2
    )

    assert time.monotonic() - started < 20
