from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from harness.plan import Cell
from tests.unit.analysis.builder import Recorder, environment, plan
from tests.unit.analysis.reading import rows, verdict

if TYPE_CHECKING:
    from pathlib import Path

X = {"recipes/x": {"w": np.arange(3.0)}}
Y = {"recipes/x": {"w": np.arange(3.0) + 1}}
PLAN = plan(environment("tf1", tensorflow="2.9.3"))


def test_records_of_no_planned_cell_are_left_out_and_listed(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    recorder.trial("tf1", arrays=X)
    recorder.trial("tf0", arrays=X)
    recorder.trial("tf1", arrays=X, setting="other")
    recorder.trial("tf1", arrays=X, device="gpu")
    results = recorder.analyse(PLAN)
    assert set(rows(results.observations, "environment", "setting", "device")) == {
        ("tf1", "default", "cpu")
    }
    assert rows(results.environments, "environment") == ["tf1"]
    assert results.ignored == (
        "m1/tf0.default.cpu/1.jsonl: no cell of this matrix",
        "m1/tf1.default.gpu/1.jsonl: no cell of this matrix",
        "m1/tf1.other.cpu/1.jsonl: no cell of this matrix",
    )


def test_records_of_other_profiles_count(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    recorder.trial("tf2", arrays=X)
    environments = [environment(id_, tensorflow=id_[2:]) for id_ in ("tf1", "tf2")]
    every = [Cell(each.id, "default", "cpu") for each in environments]
    results = recorder.analyse(plan(*environments, cells=every[:1], all_cells=every))
    assert rows(results.cells, "environment", "status") == [("tf1", "not_run"), ("tf2", "ok")]
    assert results.ignored == ()


def test_records_of_excluded_cells_are_left_out(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    recorder.trial("tf1", arrays=X)
    excluded = Cell("tf1", "default", "cpu", excluded="no wheels")
    results = recorder.analyse(plan(*PLAN.environments, cells=[excluded]))
    assert results.observations.empty
    assert rows(results.cells, "status", "message", "machine") == [("excluded", "no wheels", "")]
    assert results.ignored == ("m1/tf1.default.cpu/1.jsonl: excluded: no wheels",)


def test_only_trials_with_the_newest_inputs_count_together(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    recorder.trial(trial=1, arrays=X, inputs="old", started="2026-11-22T03:00:00+00:00")
    # Later, though its clock shows less: the time zones differ.
    recorder.trial(trial=2, arrays=Y, inputs="new", started="2026-11-22T01:00:00-05:00")
    results = recorder.analyse(PLAN)
    assert rows(results.observations, "trial") == [2]
    assert verdict(results.verdicts, "recipes/x", "process") == ("untested", 0, 0)
    assert results.ignored == (
        "m1/tf1.default.cpu/1.jsonl: measured with other inputs than the newest trial",
    )


def test_trials_from_another_lock_do_not_count_together(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    recorder.trial(trial=1, arrays=X, lock="old")
    recorder.trial(trial=2, arrays=Y, lock="new", started="2026-11-23T03:00:00+00:00")
    results = recorder.analyse(PLAN)
    assert rows(results.observations, "trial") == [2]
    assert len(results.ignored) == 1


def test_a_trial_that_failed_before_it_had_a_lock_outdates_nothing(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    recorder.trial(trial=2, arrays=X)
    recorder.trial(
        trial=1, lock="", end="install_failed", message="no", started="2026-11-23T03:00:00+00:00"
    )
    results = recorder.analyse(PLAN)
    assert rows(results.observations, "trial") == [2]
    assert rows(results.cells, "status", "trials", "message") == [
        ("install_failed", 2, "trial 1: no")
    ]
    assert results.ignored == ()


def test_machines_are_apart(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    recorder.trial(arrays=X, machine="m1", inputs="one")
    recorder.trial(arrays=X, machine="m2", inputs="two", started="2026-11-23T03:00:00+00:00")
    results = recorder.analyse(PLAN)
    assert rows(results.observations, "machine") == ["m1", "m2"]


def test_refused_files_are_listed(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    recorder.trial("tf7").write_text("{}\n")
    (sentence,) = recorder.analyse(PLAN).ignored
    assert sentence.startswith("m1/tf7.default.cpu/1.jsonl:1: ")


def test_what_another_suite_measured_is_not_compared(tmp_path: Path) -> None:
    """Another seed in the suite, and one environment measured anew: no version is to blame."""
    recorder = Recorder(tmp_path)
    environments = [environment(f"tf{minor}", tensorflow=f"2.{minor}") for minor in (9, 10)]
    for trial in (1, 2):
        recorder.trial("tf9", trial, X, suite="old", started="2026-11-22T03:00:00+00:00")
        recorder.trial("tf10", trial, Y, suite="new", started="2026-11-22T04:00:00+00:00")
    results = recorder.analyse(plan(*environments))
    assert results.breaks.empty
    assert rows(results.cells, "environment", "status") == [("tf9", "not_run"), ("tf10", "ok")]
    assert results.ignored == tuple(
        f"m1/tf9.default.cpu/{trial}.jsonl: measured with another version of the suite"
        for trial in (1, 2)
    )


def test_a_record_that_contradicts_the_matrix_is_not_compared(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    declared = environment("tf1", tensorflow="2.9.3", numpy="1.26.4", python="3.10")
    for trial, packages, python in (
        (1, {"tensorflow-cpu": "2.9.3", "numpy": "2.0.2"}, "3.10.1"),
        (2, {"tensorflow-cpu": "2.9.1", "numpy": "1.26.4"}, "3.10.1"),
        (3, {"tensorflow-cpu": "2.9.3", "numpy": "1.26.4"}, "3.11.1"),
        (4, {"tensorflow-cpu": "2.9.3", "numpy": "1.26.4"}, "3.10.1"),
    ):
        recorder.trial(trial=trial, arrays=X, packages=packages, python=python)
    results = recorder.analyse(plan(declared))
    assert rows(results.observations, "trial") == [4]
    assert [why.partition("changed: ")[2] for why in results.ignored] == [
        "numpy 2.0.2, not 1.26.4",
        "tensorflow 2.9.1, not 2.9.3",
        "python 3.11.1, not 3.10",
    ]
