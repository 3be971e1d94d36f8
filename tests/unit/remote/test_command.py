"""`--store` as people and scripts give it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from harness.cli import app
from harness.errors import ExitCode
from tests.project import ROOT, clean_environment
from tests.unit.analysis.builder import Recorder, declared, relation
from tests.unit.remote.test_stores import content

MATRIX = """
version: 1
environments: [{name: env, tensorflow: "2.9.3", python: "3.10"}]
"""
CONTROL = "controls/another_seed"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "matrix.yaml").write_text(MATRIX)
    (tmp_path / "store").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SAMESEED_STORE", raising=False)
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    return tmp_path


def measured(reports: Path, machine: str = "m1") -> None:
    for trial in (1, 2):
        Recorder(reports / "data").trial(
            "env",
            trial,
            {"recipes/x": {"w": np.ones(3)}, CONTROL: {"a/w": np.ones(1), "b/w": np.zeros(1)}},
            relations={CONTROL: [relation("a == b", False, False)]},
            scenarios={CONTROL: declared(control=True)},
            machine=machine,
        )


def call(*arguments: str, **variables: str) -> Result:
    return CliRunner(env=variables).invoke(app, list(arguments))


def code(result: Result) -> int:
    """What the shell would see: `harness.cli.main` makes codes of errors."""
    return int(getattr(result.exception, "exit_code", result.exit_code))


def tables(reports: Path) -> dict[str, bytes]:
    return {name: each for name, each in content(reports).items() if name.startswith("csv/")}


def test_the_report_of_a_store_is_that_of_the_merged_folders(folder: Path) -> None:
    for name in ("m1", "m2"):
        measured(folder / name, name)
        sent = call("push", "store", "--reports", name)
        assert (sent.exit_code, sent.stdout.splitlines()[-1]) == (
            0,
            f"store: 2 records sent, 0 there already, {3 if name == 'm1' else 0} arrays, 0 runs, "
            "0.0 MB",
        )
    from_store = call("report", "--store", "store", "--reports", "from_store")
    call("merge", "m1", "m2", "--into", "from_folders")
    from_folders = call("report", "--reports", "from_folders")
    assert from_store.exit_code == from_folders.exit_code == ExitCode.HOLDS
    assert tables(folder / "from_store") == tables(folder / "from_folders") != {}
    assert "store: 4 new records, 0 known" in from_store.stderr

    # The run is in the store too, under the name that merging would keep it aside with.
    (run,) = (folder / "from_store/history").glob("*.parquet")
    (kept,) = (folder / "store/history").glob("*.aside")
    assert kept.name.startswith(run.name.removesuffix(".parquet") + ".")
    elsewhere = call("pull", "store", "--reports", "elsewhere")
    assert elsewhere.exit_code == ExitCode.HOLDS
    assert (folder / "elsewhere/history" / run.name).read_bytes() == run.read_bytes()


def test_check_takes_a_store_and_keeps_its_output_for_machines(folder: Path) -> None:
    measured(folder / "m1")
    call("push", "store", "--reports", "m1")
    without = call("check", "--json")
    checked = call("check", "--store", "store", "--json")
    assert json.loads(checked.stdout)["code"] == checked.exit_code
    assert checked.stdout != without.stdout
    assert "store: 2 new records" in checked.stderr


def test_the_variable_names_a_store_too(folder: Path) -> None:
    measured(folder / "reports")
    assert call("push", SAMESEED_STORE="store").exit_code == ExitCode.HOLDS
    pulled = call("pull", "--reports", "elsewhere", SAMESEED_STORE="store")
    assert pulled.stdout.startswith("store: 2 new records")
    assert "store: 0 new records, 2 known" in call("report", SAMESEED_STORE="store").stderr


def test_what_is_refused_makes_3_and_the_rest_is_reported(folder: Path) -> None:
    measured(folder / "m1")
    call("push", "store", "--reports", "m1")
    bad = "data/m1/env.default.cpu/3.0123456789abcdef.jsonl"
    (folder / "store" / bad).write_text("{}\n")
    reported = call("report", "--store", "store")
    assert reported.exit_code == ExitCode.NOT_MEASURED
    assert f"refused: store/{bad}: line 1: " in reported.stderr
    assert (folder / "reports/index.html").exists()
    assert call("pull", "store").exit_code == ExitCode.NOT_MEASURED


def test_no_report_is_made_of_half_of_what_it_is_to_be_of(folder: Path) -> None:
    measured(folder / "reports")
    (folder / "store/data").write_text("a file where a folder is needed")
    failed = call("report", "--store", "store")
    assert code(failed) == ExitCode.NOT_MEASURED
    assert str(failed.exception).endswith("Without --store, only what is in reports counts")
    assert not (folder / "reports/index.html").exists()


def test_a_wrong_store_is_2_before_anything_is_measured(folder: Path) -> None:
    for command in (("probe", "env"), ("report",), ("check",), ("push",), ("pull",)):
        option = ["--store"] if command[0] not in ("push", "pull") else []
        wrong = call(*command, *option, "nope://x")
        assert code(wrong) == ExitCode.USAGE, command
    assert not (folder / "reports/data").exists()


def probing(folder: Path, *arguments: str) -> Result:
    """A real probe in this interpreter, which has no TensorFlow: a record that says so."""
    (folder / "matrix.yaml").write_text(
        f"version: 1\nenvironments: [{{name: env, interpreter: {sys.executable}}}]\n"
    )
    return call("probe", "env", *arguments)


def test_what_is_measured_is_in_the_store_when_the_probe_ends(folder: Path) -> None:
    done = probing(folder, "--store", "store")
    assert done.exit_code == ExitCode.NOT_MEASURED  # TensorFlow is not there
    here = sorted((folder / "reports/data").glob("*/*/*.jsonl"))
    there = sorted((folder / "store/data").glob("*/*/*.jsonl"))
    assert len(here) == 2
    assert [path.read_bytes() for path in there] == [path.read_bytes() for path in here]
    assert "store: 2 records sent" in done.stdout


def test_what_was_measured_before_is_sent_too(folder: Path) -> None:
    probing(folder)
    (here,) = (folder / "reports/data").glob("*/env.default.cpu")
    trial = Recorder(folder / "reports/data").trial("env", 3, machine=here.parent.name)
    (here / "notes.jsonl").write_text("not a trial's")
    Recorder(folder / "reports/data").trial("other", 1, machine=here.parent.name)
    assert content(folder / "store") == {}
    probing(folder, "--store", "store")
    # Both launches of the first time were tried again, and are what is here now.
    there = sorted((folder / "store/data").glob("*/*/*.jsonl"))
    assert [path.name.split(".")[0] for path in there] == ["1", "2", "3"]
    assert there[2].read_bytes() == trial.read_bytes()


def test_a_store_that_fails_loses_no_measurement_and_is_3(folder: Path) -> None:
    (folder / "store/data").write_text("a file where a folder is needed")
    done = probing(folder, "--store", "store")
    assert done.exit_code == ExitCode.NOT_MEASURED
    assert len(list((folder / "reports/data").glob("*/*/*.jsonl"))) == 2
    last = [line for line in done.stdout.splitlines() if "NOT SENT" in line][-1]
    assert last.endswith("the records are in reports. To send them: sameseed push store")
    (folder / "store/data").unlink()
    assert call("push", "store").exit_code == ExitCode.HOLDS
    assert len(list((folder / "store/data").glob("*/*/*.jsonl"))) == 2


def test_an_error_is_one_line_without_a_password(folder: Path) -> None:
    command = [sys.executable, "-m", "harness", "pull", "nope://me:tr0ub4dor@host/x"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == ExitCode.USAGE
    assert done.stderr.startswith("sameseed: nope://host/x is no store")
    assert "tr0ub4dor" not in done.stdout + done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("session", ["report", "check"])
def test_nox_passes_the_store_on_and_prints_no_password(session: str) -> None:
    command = [sys.executable, "-m", "nox", "-s", session, "--", "--store"]
    done = subprocess.run(
        [*command, "nope://me:tr0ub4dor@host/x"],
        cwd=ROOT,
        env=clean_environment({}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "sameseed: nope://host/x is no store" in done.stdout
    assert "tr0ub4dor" not in done.stdout
