from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from harness.analysis.history import first_changes, timeline
from harness.history.read import read_runs
from harness.history.runs import About, Cell, Run
from tests.unit.analysis.builder import Recorder, declared
from tests.unit.analysis.reading import rows
from tests.unit.history.project import Project, X, Y

if TYPE_CHECKING:
    from pathlib import Path

COUNTS = ("compared", "changed", "redefined", "first")


def states(project: Project, scenario: str = X) -> list[tuple[str, int, int]]:
    return rows(project.history, "state", "compared", "changed", scenario=scenario)


def test_the_first_run_compares_nothing(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.run(1, {X: 1, Y: 1})
    assert rows(project.runs, "run", "started", "profile", "cells", "scenarios", *COUNTS) == [
        ("2026-11-01T10-00-02Z", "2026-11-01T10:00:02Z", "default", 1, 2, 0, 0, 0, 2)
    ]
    assert states(project) == [("first", 0, 0)]
    assert first_changes(project.history) == {}


def test_equal_results_of_new_launches_are_the_same(tmp_path: Path) -> None:
    project = Project(tmp_path)
    for day in (1, 2, 3):
        project.run(day, {X: 1})
    assert states(project) == [("first", 0, 0), ("same", 1, 0), ("same", 1, 0)]
    assert rows(project.runs, *COUNTS) == [(0, 0, 0, 1), (1, 0, 0, 0), (1, 0, 0, 0)]


def test_other_bytes_are_a_change_in_their_scenario_alone(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.run(1, {X: 1, Y: 1})
    second = project.run(2, {X: 2, Y: 1})
    project.run(3, {X: 2, Y: 1})
    assert states(project) == [("first", 0, 0), ("changed", 1, 1), ("same", 1, 0)]
    assert states(project, Y) == [("first", 0, 0), ("same", 1, 0), ("same", 1, 0)]
    assert rows(project.runs, *COUNTS)[1] == (2, 1, 0, 0)
    assert first_changes(project.history) == {X: second}


def test_of_two_changes_the_first_is_told(tmp_path: Path) -> None:
    project = Project(tmp_path)
    runs = [project.run(day, {X: day}) for day in (1, 2, 3)]
    assert first_changes(project.history) == {X: runs[1]}


def test_a_new_scenario_is_seen_for_the_first_time(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.run(1, {X: 1})
    project.run(2, {X: 1, Y: 1})
    assert states(project, Y) == [("not measured", 0, 0), ("first", 0, 0)]
    assert rows(project.runs, *COUNTS)[1] == (1, 0, 0, 1)


def test_a_scenario_that_is_gone_is_not_measured(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.run(1, {X: 1, Y: 1})
    project.run(2, {X: 1})
    assert states(project, Y) == [("first", 0, 0), ("not measured", 0, 0)]


@pytest.mark.parametrize(
    "facts",
    [
        {"suite": "another"},
        {"lock": "another"},
        {"variables": {"TF_ENABLE_ONEDNN_OPTS": "0"}},
        {"machine": {"id": "m1", "cpu": "another"}},
    ],
)
@pytest.mark.parametrize("value", [1, 2])
def test_on_another_basis_nothing_is_compared_whatever_comes_out(
    tmp_path: Path, facts: dict[str, Any], value: int
) -> None:
    project = Project(tmp_path)
    project.run(1, {X: 1})
    project.run(2, {X: value}, **facts)
    project.run(3, {X: value}, **facts)
    assert states(project) == [("first", 0, 0), ("redefined", 0, 0), ("same", 1, 0)]
    assert rows(project.runs, *COUNTS)[1] == (0, 0, 1, 0)


@pytest.mark.parametrize(
    "facts",
    [
        {"variables": {"PYTHONHASHSEED": "7"}},
        {"inputs": "another"},  # as one more scenario in the matrix makes them
        {"machine": {"id": "m1", "os": "Linux 7"}},
        {"machine": {"id": "m1", "gpu_driver": "600"}},
        {"python": "3.10.14"},
    ],
)
def test_what_nobody_chose_is_no_excuse(tmp_path: Path, facts: dict[str, Any]) -> None:
    project = Project(tmp_path)
    project.run(1, {X: 1})
    project.run(2, {X: 2}, **facts)
    assert states(project)[1] == ("changed", 1, 1)


def test_without_a_lock_the_packages_are_the_basis(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.run(1, {X: 1}, lock="")
    project.run(2, {X: 2}, lock="", packages={"numpy": "2.0.0"})
    project.run(3, {X: 3}, lock="", packages={"numpy": "2.0.0"})
    assert [state for state, *_ in states(project)] == ["first", "redefined", "changed"]


def test_back_on_an_earlier_basis_the_run_of_that_time_counts(tmp_path: Path) -> None:
    project = Project(tmp_path)
    for day, lock, value in ((1, "old", 1), (2, "new", 2), (3, "old", 1), (4, "new", 3)):
        project.run(day, {X: value}, lock=lock)
    assert [state for state, *_ in states(project)] == ["first", "redefined", "same", "changed"]


def test_a_cell_that_was_not_measured_in_between_is_compared_with_the_last_time(
    tmp_path: Path,
) -> None:
    project = Project(tmp_path)
    project.measure(1, {X: 1}, "tf1")
    project.run(1, {X: 5}, "tf2")
    for trial in (1, 2):
        (tmp_path / f"data/m1/tf2.default.cpu/{trial}.jsonl").unlink()
    project.run(2, {X: 1}, "tf1")
    project.measure(3, {X: 1}, "tf1")
    project.run(3, {X: 6}, "tf2")
    assert states(project) == [("first", 0, 0), ("same", 1, 0), ("changed", 2, 1)]


def test_a_launch_that_is_on_record_already_is_not_compared_with_itself(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.measure(1, {X: 1}, "tf1")
    project.run(1, {X: 1, Y: 1}, "tf2")
    project.run(2, {X: 1}, "tf1")
    assert states(project)[1] == ("same", 1, 0)
    assert states(project, Y)[1] == ("not measured", 0, 0)


def test_bytes_of_launches_that_disagree_are_no_change(tmp_path: Path) -> None:
    project = Project(tmp_path)
    for day in (1, 2):
        project.run(day, {X: (day, day + 10)})
    assert states(project) == [("first", 0, 0), ("same", 1, 0)]


@pytest.mark.parametrize("values", [(1, (1, 2)), ((1, 2), 1)])
def test_launches_that_begin_or_cease_to_agree_are_a_change(
    tmp_path: Path, values: tuple[Any, Any]
) -> None:
    project = Project(tmp_path)
    for day, value in enumerate(values, 1):
        project.run(day, {X: value})
    assert states(project)[1] == ("changed", 1, 1)


def test_one_launch_alone_is_not_compared(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.run(1, {X: 1})
    (tmp_path / "data/m1/tf1.default.cpu/2.jsonl").unlink()
    Recorder(tmp_path / "data").trial(
        "tf1", 1, {X: {"w": np.array([2])}}, started="2026-11-02T10:00:00+00:00"
    )
    project.report()
    assert states(project)[1] == ("not measured", 0, 0)


def test_scenarios_that_are_meant_to_differ_have_no_history(tmp_path: Path) -> None:
    project = Project(tmp_path)
    meant = {Y: declared("differ"), "controls/z": declared(control=True)}
    for day in (1, 2):
        project.run(day, {X: 1, Y: day, "controls/z": day}, scenarios=meant)
    assert set(project.history["scenario"]) == {X}
    assert rows(project.runs, "scenarios", "compared", "changed")[1] == (1, 1, 0)


def test_two_machines_are_not_compared_with_each_other(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.measure(1, {X: 1}, machine="m1")
    project.run(1, {X: 2}, machine="m2")
    project.measure(2, {X: 1}, machine="m1")
    project.run(2, {X: 3}, machine="m2")
    assert states(project) == [("first", 0, 0), ("changed", 2, 1)]
    assert rows(project.runs, "cells") == [2, 2]


def test_machines_that_share_a_label_stand_for_each_other(tmp_path: Path) -> None:
    project = Project(tmp_path)
    for day, value in ((1, 1), (2, 2)):
        project.run(day, {X: value}, machine={"id": f"m{day}", "label": "ci"})
        for path in tmp_path.glob("data/*/*/*.jsonl"):
            path.unlink()
    assert states(project) == [("first", 0, 0), ("changed", 1, 1)]


def test_a_label_that_two_machines_have_at_once_tells_nothing(tmp_path: Path) -> None:
    project = Project(tmp_path)
    for day, machines in ((1, ("m1", "m2")), (2, ("m3", "m4"))):
        for machine in machines:
            project.measure(day, {X: 1}, machine={"id": machine, "label": "ci"})
        project.report()
        for path in tmp_path.glob("data/*/*/*.jsonl"):
            path.unlink()
    assert rows(project.runs, *COUNTS) == [(0, 0, 0, 2), (0, 0, 0, 2)]


def test_a_break_is_new_where_none_was_found_before_and_gone_the_other_way_round(
    tmp_path: Path,
) -> None:
    project = Project(tmp_path)
    for day, value in ((1, 1), (2, 2), (3, 2), (4, 1)):
        project.measure(day, {X: 1}, "tf1")
        project.run(day, {X: value}, "tf2")
    columns = ("breaks", "new_breaks", "gone_breaks", "first_breaks", "new", "gone")
    step = "tensorflow:2.9.3..2.10.1 1"
    assert rows(project.runs, *columns) == [
        (0, 0, 0, 0, "", ""),
        (1, 1, 0, 0, step, ""),
        (1, 0, 0, 0, "", ""),
        (0, 0, 1, 0, "", step),
    ]


def test_a_break_where_nothing_was_compared_before_is_not_new(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.run(1, {X: 1}, "tf1")
    project.run(2, {X: 2}, "tf2")
    assert rows(project.runs, "breaks", "new_breaks", "first_breaks")[1] == (1, 0, 1)


def test_a_break_that_could_not_be_looked_for_is_not_gone(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.measure(1, {X: 1}, "tf1")
    project.run(1, {X: 2}, "tf2")
    for trial in (1, 2):
        (tmp_path / f"data/m1/tf2.default.cpu/{trial}.jsonl").unlink()
    project.run(2, {X: 1}, "tf1")
    project.measure(3, {X: 1}, "tf1")
    project.run(3, {X: 2}, "tf2")
    assert rows(project.runs, "breaks", "new_breaks", "gone_breaks") == [
        (1, 0, 0),
        (0, 0, 0),
        (1, 0, 0),
    ]


def test_which_launches_disagree_does_not_make_a_break_new(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.run(1, {X: (1, 2)})
    recorder = Recorder(tmp_path / "data")
    for trial, value in ((1, 1), (2, 1), (3, 2)):
        arrays = {X: {"w": np.array([value])}}
        recorder.trial("tf1", trial, arrays, started="2026-11-02T10:00:00+00:00")
    project.report()
    assert rows(project.runs, "breaks", "new_breaks", "gone_breaks") == [(1, 0, 0), (1, 0, 0)]


def test_a_report_of_older_records_does_not_see_newer_runs(tmp_path: Path) -> None:
    project = Project(tmp_path)
    first = project.run(1, {X: 1})
    project.run(3, {X: 3})
    second = project.run(2, {X: 2})
    assert rows(project.runs, "run") == [first, second]
    assert states(project) == [("first", 0, 0), ("changed", 1, 1)]
    assert len(read_runs(project.kept).runs) == 3


def test_where_nothing_is_on_record_there_is_no_run(tmp_path: Path) -> None:
    project = Project(tmp_path)
    assert project.report() == ""
    assert project.runs.empty
    assert project.history.empty


def test_a_hundred_runs_of_a_large_audit_are_compared_quickly() -> None:
    """0.4 s on one core; the limit leaves room for slow machines."""
    scenarios, cells, runs = 285, 82, 100
    generator = np.random.default_rng(0)
    result = generator.integers(0, 2**63, scenarios * cells).astype(np.uint64)
    made = []
    for number in range(runs):
        started = f"2026-01-01T{number // 60:02}:{number % 60:02}:00Z"
        about = About(
            format=1,
            run=started.replace(":", "-"),
            profile="full",
            measured=cells,
            results=scenarios * cells,
            scenarios=tuple((f"s/{each}", "holds") for each in range(scenarios)),
            facts=(),
            cells=tuple(
                Cell(f"tf{each}", "default", "cpu", "m", "", started, "0" * 16, "", "", ())
                for each in range(cells)
            ),
            steps=(),
        )
        scenario, cell = np.divmod(np.arange(scenarios * cells), cells)
        result = result.copy()
        result[generator.integers(0, len(result), 3)] += np.uint64(1)
        made.append(Run(about, scenario, cell, result, np.ones(len(result), bool)))
    start = time.perf_counter()
    frame, history = timeline(made)
    assert time.perf_counter() - start < 5
    assert frame["compared"].tolist() == [0] + [scenarios * cells] * (runs - 1)
    assert frame["changed"].sum() == history["changed"].sum() > 200
    assert len(history) == scenarios * runs
