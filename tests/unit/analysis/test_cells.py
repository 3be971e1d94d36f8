from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from harness.plan import Cell
from tests.unit.analysis.builder import Recorder, environment, plan
from tests.unit.analysis.reading import rows

if TYPE_CHECKING:
    from pathlib import Path

X = {"recipes/x": {"w": np.arange(3.0)}}
PLAN = plan(environment("tf1", tensorflow="2.9.3"))


def test_a_planned_cell_without_any_record_is_not_run_and_says_what_to_do(tmp_path: Path) -> None:
    columns = ("machine", "status", "trials", "seconds", "message")
    assert rows(Recorder(tmp_path).analyse(PLAN).cells, *columns) == [
        ("", "not_run", 0, None, "nothing on record: run nox -s audit-tf1")
    ]


def test_a_measured_cell_shows_what_was_really_there(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    facts = {"backend": "tensorflow", "tensorflow": "2.9.3", "keras": "2.9.0", "numpy": "1.26.4"}
    recorder.launches("tf1", X, X, framework=facts)
    frame = recorder.analyse(PLAN).cells.drop(
        columns=["label", "started", "basis", "suite", "lock"]
    )
    assert rows(frame, *frame.columns) == [
        (
            "tf1",
            "default",
            "cpu",
            "m1",
            "ok",
            "3.10.13",
            "2.9.3",
            "2.9.0",
            "tensorflow",
            "1.26.4",
            2,
            19.0,
            "",
        )
    ]


def test_versions_fall_back_on_the_installed_package(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    recorder.trial(
        packages={"tensorflow-cpu": "2.9.3", "keras": "2.9.0"},
        framework={"backend": "tensorflow", "keras": "unknown"},
    )
    columns = ("tensorflow", "keras", "numpy")
    assert rows(recorder.analyse(PLAN).cells, *columns) == [("2.9.3", "2.9.0", "")]


@pytest.mark.parametrize(
    "status", ["install_failed", "interpreter_missing", "device_missing", "timeout", "error"]
)
def test_a_cell_that_failed_has_the_status_and_the_reason(tmp_path: Path, status: str) -> None:
    recorder = Recorder(tmp_path)
    for trial in (1, 2):
        recorder.trial(trial=trial, end=status, message="no wheel", packages={}, framework={})
    assert rows(recorder.analyse(PLAN).cells, "status", "message", "python") == [
        (status, "no wheel", "")
    ]


def test_one_failed_trial_among_good_ones_shows(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    recorder.trial(trial=1, arrays=X)
    recorder.trial(trial=10, end="crash", message="signal 9")
    recorder.trial(trial=9, end="timeout", message="too long")
    assert rows(recorder.analyse(PLAN).cells, "status", "message") == [
        ("timeout", "trial 9: too long; trial 10: signal 9")
    ]


def test_a_cell_whose_only_trace_is_unfinished_crashed(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    path = recorder.trial(arrays=X)
    path.rename(path.with_name("1.jsonl.part"))
    assert rows(recorder.analyse(PLAN).cells, "machine", "status", "trials", "message") == [
        ("m1", "crash", 0, "it did not finish: it was killed, or it still runs")
    ]


def test_an_unfinished_trial_beside_a_good_one_shows(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    recorder.trial(trial=1, arrays=X)
    path = recorder.trial(trial=2, arrays=X)
    path.rename(path.with_name("2.jsonl.part"))
    assert rows(recorder.analyse(PLAN).cells, "status", "message") == [
        ("crash", "trial 2: it did not finish: it was killed, or it still runs")
    ]


def test_a_trial_that_is_measured_again_still_counts(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    recorder.launches("tf1", X, X)
    (tmp_path / "m1" / "tf1.default.cpu" / "2.jsonl.part").write_text("")
    assert rows(recorder.analyse(PLAN).cells, "status", "trials") == [("ok", 2)]


def test_a_refused_record_is_an_error_of_its_cell(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    recorder.trial(trial=1, arrays=X)
    recorder.trial(trial=2).write_text("{}\n")
    ((status, message),) = rows(recorder.analyse(PLAN).cells, "status", "message")
    assert status == "error"
    assert message.startswith("trial 2: its record was refused: m1/tf1.default.cpu/2.jsonl:1: ")


def test_an_excluded_cell_is_excluded_whatever_is_left_of_it(tmp_path: Path) -> None:
    path = Recorder(tmp_path).trial(arrays=X)
    path.rename(path.with_name("1.jsonl.part"))
    planned = plan(*PLAN.environments, cells=[Cell("tf1", "default", "cpu", excluded="no wheel")])
    assert rows(Recorder(tmp_path).analyse(planned).cells, "machine", "status", "message") == [
        ("", "excluded", "no wheel")
    ]


def test_fewer_launches_than_planned_are_said(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    recorder.trial(trial=1, arrays=X)
    assert rows(recorder.analyse(PLAN).cells, "status", "message") == [
        ("ok", "1 of 2 launches: run nox -s audit-tf1")
    ]


def test_there_is_a_row_per_machine_in_matrix_order(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    for place in (("tf1", "m2"), ("tf2", "m2"), ("tf1", "m1")):
        recorder.trial(place[0], arrays=X, machine=place[1])
    environments = [environment(id_, tensorflow=id_[2:]) for id_ in ("tf2", "tf1", "tf3")]
    assert rows(recorder.analyse(plan(*environments)).cells, "environment", "machine") == [
        ("tf2", "m2"),
        ("tf1", "m1"),
        ("tf1", "m2"),
        ("tf3", ""),
    ]
