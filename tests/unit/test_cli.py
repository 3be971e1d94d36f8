"""Exit codes of the command line: people script against them."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from typer.testing import CliRunner

from harness.cli import app, main
from harness.errors import ExitCode
from tests.project import ROOT, clean_environment
from tests.unit.analysis.builder import Recorder, declared, relation

MATRIX = """
version: 1
environments: [{name: env, tensorflow: "2.9.3", python: "3.10"}]
"""
CONTROL = "controls/another_seed"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "matrix.yaml").write_text(MATRIX)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def measured(folder: Path, *, trials: int = 2, differ: bool = True, **more: Any) -> None:
    """Records of the one cell, with a negative control that comes out or does not."""
    recorder = Recorder(folder / "reports" / "data")
    for trial in range(1, trials + 1):
        recorder.trial(
            "env",
            trial,
            {"recipes/x": {"w": np.ones(3)}, CONTROL: {"a/w": np.ones(1), "b/w": np.zeros(1)}},
            relations={CONTROL: [relation("a == b", False, not differ)]},
            scenarios={CONTROL: declared(control=True)},
            **more,
        )


def report() -> int:
    return CliRunner().invoke(app, ["report"]).exit_code


def test_all_measured_is_0(folder: Path) -> None:
    measured(folder)

    assert report() == ExitCode.HOLDS


def test_a_negative_control_that_fails_voids_the_audit(folder: Path) -> None:
    measured(folder, differ=False)

    assert report() == ExitCode.INTERNAL


def test_nothing_measured_is_3_and_still_a_report(folder: Path) -> None:
    assert report() == ExitCode.NOT_MEASURED
    assert (folder / "reports/index.html").exists()


def test_fewer_launches_than_planned_is_3(folder: Path) -> None:
    measured(folder, trials=1)

    assert report() == ExitCode.NOT_MEASURED


def test_a_scenario_that_failed_is_3(folder: Path) -> None:
    measured(folder, statuses={"recipes/y": "timeout"})

    assert report() == ExitCode.NOT_MEASURED


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["report", "--profile", "x"], "there is no profile x"),
        (["probe", "nothing"], "nothing"),
        (["probe", "env"], "matrix.lock is missing"),
        (["plan", "--matrix", "nowhere.yaml"], "nowhere.yaml"),
    ],
)
def test_mistakes_of_the_user_are_2_and_say_what(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    said: str,
) -> None:
    monkeypatch.setattr("sys.argv", ["sameseed", *arguments])

    with pytest.raises(SystemExit) as ended:
        main()

    assert ended.value.code == ExitCode.USAGE
    assert said in capsys.readouterr().err


def test_a_lock_that_does_not_fit_leaves_good_records_alone(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured(folder)
    before = {path: path.read_bytes() for path in folder.rglob("*.jsonl")}
    shutil.copy(ROOT / "matrix.lock", folder)
    monkeypatch.setattr("sys.argv", ["sameseed", "probe", "env"])

    with pytest.raises(SystemExit) as ended:
        main()

    assert ended.value.code == ExitCode.USAGE
    assert {path: path.read_bytes() for path in folder.rglob("*.jsonl")} == before


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_a_terminated_probe_leaves_nothing_running(tmp_path: Path) -> None:
    """As `timeout`, a container that stops, or a cancelled CI job ends it."""
    (tmp_path / "python").write_text(
        "#!/bin/sh\ncase $1 in -c) echo hi;; *) echo on; sleep 60;; esac"
    )
    (tmp_path / "python").chmod(0o755)
    (tmp_path / "matrix.yaml").write_text(
        f"version: 1\nenvironments: [{{name: env, interpreter: {tmp_path}/python}}]\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "harness", "probe", "env"],
        cwd=tmp_path,
        env=clean_environment({"PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)}),
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    process.stdout.readline()
    below = psutil.Process(process.pid).children(recursive=True)

    process.send_signal(signal.SIGTERM)

    assert process.wait(20) == 128 + signal.SIGTERM
    process.stdout.close()
    assert below
    assert psutil.wait_procs(below, timeout=10)[1] == []
    assert not list(tmp_path.glob("sameseed-*"))
