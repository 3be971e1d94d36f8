from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from harness.tables import TABLES
from tests.unit.analysis.builder import Recorder, declared, environment, plan, relation
from tests.unit.analysis.reading import rows

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from harness.analysis import Results

PLAN = plan(environment("tf1", tensorflow="2.9.3"), scenarios=("recipes/x",))


def frames(results: Results) -> dict[str, pd.DataFrame]:
    return {name: getattr(results, name) for name in TABLES}


def full(tmp_path: Path) -> Results:
    recorder = Recorder(tmp_path)
    arrays = {"recipes/x": {"first/w": np.zeros((5, 10), "f4"), "first/b": np.float32(1)}}
    recorder.trial(
        trial=1,
        arrays=arrays,
        statuses={"recipes/y": "unsupported"},
        relations={"recipes/x": [relation("a == b", None, True)]},
        packages={"numpy": "1.26.4", "keras": "2.9.0"},
    )
    recorder.trial(trial=2, arrays={"recipes/x": {"first/w": np.ones((5, 10), "f4")}})
    return recorder.analyse(PLAN)


def test_columns_and_types_are_the_same_with_and_without_rows(tmp_path: Path) -> None:
    for results in (full(tmp_path / "full"), Recorder(tmp_path / "empty").analyse(PLAN)):
        for name, frame in frames(results).items():
            assert list(frame.columns) == list(TABLES[name].dtypes), name
            for column, dtype in TABLES[name].dtypes.items():
                assert frame[column].dtype == np.dtype(object) or str(frame[column].dtype) == dtype


def test_text_is_empty_where_it_is_absent_and_never_missing(tmp_path: Path) -> None:
    for name, frame in frames(full(tmp_path)).items():
        for column, dtype in TABLES[name].dtypes.items():
            if dtype in ("str", "category"):
                assert all(isinstance(value, str) for value in frame[column]), (name, column)
                assert not set(frame[column]) & {"nan", "None", "<NA>"}, (name, column)


def test_fingerprints_are_in_creation_order(tmp_path: Path) -> None:
    frame = full(tmp_path).fingerprints
    assert rows(frame, "trial", "array", "dtype", "shape", "size", "min") == [
        (1, "first/w", "float32", "5x10", 50, None),
        (1, "first/b", "float32", "", 1, None),
        (2, "first/w", "float32", "5x10", 50, None),
    ]


def test_fingerprints_of_shared_results_stand_in_every_run(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    one, two = {"w": np.zeros(2)}, {"w": np.ones(2), "b": np.ones(1)}
    recorder.trial(trial=1, arrays={"recipes/x": one, "recipes/y": two, "recipes/z": {}})
    recorder.trial(trial=2, arrays={"recipes/x": two, "recipes/y": two, "recipes/z": one})
    frame = recorder.analyse(PLAN).fingerprints
    assert rows(frame, "trial", "scenario", "array", "shape") == [
        (1, "recipes/x", "w", "2"),
        (1, "recipes/y", "w", "2"),
        (1, "recipes/y", "b", "1"),
        (2, "recipes/x", "w", "2"),
        (2, "recipes/x", "b", "1"),
        (2, "recipes/y", "w", "2"),
        (2, "recipes/y", "b", "1"),
        (2, "recipes/z", "w", "2"),
    ]
    zeros, *_, ones, _, last = rows(frame, "sha256")
    assert last == zeros != ones
    assert list(frame.index) == list(range(8))


def test_every_run_is_an_observation(tmp_path: Path) -> None:
    assert rows(full(tmp_path).observations, "trial", "scenario", "status", "message") == [
        (1, "recipes/x", "ok", ""),
        (1, "recipes/y", "unsupported", "why"),
        (2, "recipes/x", "ok", ""),
    ]


def test_relations_that_nobody_expects_have_no_expectation(tmp_path: Path) -> None:
    frame = full(tmp_path).relations
    assert rows(frame, "trial", "relation", "expected", "holds", "source") == [
        (1, "a == b", None, True, "a source"),
        (None, "launches agree", None, False, ""),
    ]


def test_a_package_is_listed_once_per_environment_and_machine(tmp_path: Path) -> None:
    assert rows(full(tmp_path).environments, "machine", "package", "version") == [
        ("m1", "keras", "2.9.0"),
        ("m1", "numpy", "1.26.4"),
    ]


def test_scenarios_come_in_suite_order_as_the_newest_trial_declares_them(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    x = {"w": np.zeros(3)}
    recorder.trial(
        trial=1,
        arrays={"recipes/z": x, "recipes/x": x},
        scenarios={"recipes/x": declared("same", summary="New.")},
        started="2026-11-23T03:00:00+00:00",
    )
    recorder.trial(trial=2, arrays={"recipes/x": x, "recipes/a": x})
    results = recorder.analyse(PLAN)
    assert list(results.scenarios) == ["recipes/x", "recipes/a", "recipes/z"]
    assert results.scenarios["recipes/x"].summary == "New."
    assert results.scenarios["recipes/x"].launches == "same"
