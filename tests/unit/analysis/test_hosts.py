from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from harness.analysis.hosts import hosts
from harness.collect import collect
from tests.unit.analysis.builder import Recorder, environment, plan
from tests.unit.analysis.reading import rows

if TYPE_CHECKING:
    from pathlib import Path

PLAN = plan(*(environment(f"tf{minor}", tensorflow=f"2.{minor}") for minor in (9, 10)))
X: dict[str, Any] = {"recipes/x": {"w": np.zeros(1)}}


def launch(
    folder: Path, environment: str, machine: str, label: str = "", hour: int = 3, trial: int = 1
) -> None:
    started = f"2026-11-22T{hour:02}:00:0{trial}+00:00"
    Recorder(folder).trial(
        environment, trial, X, machine={"id": machine, "label": label}, started=started
    )


def found(folder: Path) -> dict[str, str]:
    return hosts(trial.header for trial in collect(folder).trials)


def test_a_machine_without_a_label_is_called_by_its_id(tmp_path: Path) -> None:
    launch(tmp_path, "tf9", "m1")
    assert found(tmp_path) == {"m1": "m1"}


def test_machines_of_one_label_are_one_host_where_no_cell_was_measured_on_two(
    tmp_path: Path,
) -> None:
    for place in (("tf9", "m1", "ci"), ("tf10", "m2", "ci"), ("tf10", "m3", "mac")):
        launch(tmp_path, *place)
    assert found(tmp_path) == {"m1": "ci", "m2": "ci", "m3": "mac"}


def test_the_label_that_was_given_last_counts(tmp_path: Path) -> None:
    launch(tmp_path, "tf9", "m1", "new", hour=4)
    launch(tmp_path, "tf10", "m1", "old", hour=3)
    assert found(tmp_path) == {"m1": "new"}


def test_the_host_with_most_launches_comes_first(tmp_path: Path) -> None:
    launch(tmp_path, "tf9", "m1", "a")
    launch(tmp_path, "tf9", "m2", "b")
    launch(tmp_path, "tf9", "m2", "b", trial=2)
    assert list(found(tmp_path)) == ["m2", "m1"]


def test_a_label_cannot_pass_for_another_machine(tmp_path: Path) -> None:
    launch(tmp_path, "tf9", "m1", "m2")
    launch(tmp_path, "tf9", "m2")
    assert found(tmp_path) == {"m1": "m1", "m2": "m2"}


def test_what_is_no_label_is_not_shown(tmp_path: Path) -> None:
    for label in ("a; b", "a\nb", "a → b", "x" * 51, "<b>", " "):
        launch(tmp_path, "tf9", "m1", label)
        assert found(tmp_path) == {"m1": "m1"}


def test_of_machines_that_measured_one_after_the_other_the_last_stands_for_the_label(
    tmp_path: Path,
) -> None:
    for machine, hour in (("m3", 3), ("m1", 4), ("m2", 5)):
        for trial in (1, 2):
            launch(tmp_path, "tf9", machine, "ci", hour, trial)
    launch(tmp_path, "tf10", "m3", "ci", 3)  # which nobody measured again
    Recorder(tmp_path).write("m1/tf9.default.cpu/3.jsonl.part", [])
    results = Recorder(tmp_path).analyse(PLAN)
    assert rows(results.cells, "environment", "machine") == [("tf9", "m2"), ("tf10", "m3")]
    assert rows(results.machines, "machine", "name") == [("m2", "ci"), ("m3", "ci")]
    assert results.ignored == (
        "tf9.default.cpu: measured again by m2; machines of the same label before it: 2",
    )


def test_of_machines_that_measured_at_the_same_time_the_label_tells_nothing(
    tmp_path: Path,
) -> None:
    for trial in (1, 2):
        launch(tmp_path, "tf9", "m1", "ci", hour=3, trial=trial)
        launch(tmp_path, "tf9", "m2", "ci", hour=3, trial=trial)
    results = Recorder(tmp_path).analyse(PLAN)
    assert rows(results.machines, "machine", "name") == [("m1", "m1"), ("m2", "m2")]
    assert results.ignored == ()
