"""Which trials are still to be measured."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from harness.assignments import Assignment, assignments, inputs_digest, is_done, pending
from harness.launch import header, write_failure
from harness.machine import this_machine
from harness.plan import Cell, Environment, Plan, Setting

ENVIRONMENT = Environment(
    id="tf2_9_3_py3_10",
    axes={"tensorflow": "2.9.3", "python": "3.10"},
    python="3.10",
    interpreter=None,
    backend="tensorflow",
    requirements=("tensorflow==2.9.3",),
    profiles=("default",),
)
SETTING = Setting("default", {}, 2)
CELL = Cell(ENVIRONMENT.id, "default", "cpu")
PLAN = Plan(
    profile="default",
    environments=(ENVIRONMENT,),
    settings=(SETTING,),
    cells=(CELL, Cell(ENVIRONMENT.id, "default", "gpu", excluded="no")),
    all_cells=(CELL,),
    trials=2,
    scenarios=("recipes/none",),
    scenario_seconds=120,
)


def record(assignment: Assignment, *, status: str = "ok", observed: str = "") -> None:
    """Write a valid record of a trial; with one observation of this status."""
    write_failure(assignment, header(PLAN, assignment, this_machine(), ""), status, "")
    if observed:
        first, end = map(json.loads, assignment.record.read_text("utf-8").splitlines())
        entry = {"summary": "", "source": "", "launches": "", "launches_source": ""}
        first["scenarios"] = {"recipes/none": {**entry, "control": False}}
        end["observations"] = 1
        observation = {
            "record": "observation",
            "scenario": "recipes/none",
            "status": observed,
            "seconds": 0.1,
            "message": "",
            "arrays": [],
            "relations": [],
        }
        lines = (json.dumps(line) for line in (first, observation, end))
        assignment.record.write_text("\n".join(lines) + "\n", "utf-8")


def planned(folder: Path) -> tuple[Assignment, ...]:
    return assignments(PLAN, ENVIRONMENT, "content", folder / this_machine().id)


def test_every_trial_of_every_cell_that_is_not_excluded(tmp_path: Path) -> None:
    assert [f"{entry.record.parent.name}/{entry.record.name}" for entry in planned(tmp_path)] == [
        "tf2_9_3_py3_10.default.cpu/1.jsonl",
        "tf2_9_3_py3_10.default.cpu/2.jsonl",
    ]


def test_a_good_record_of_the_same_inputs_is_kept(tmp_path: Path) -> None:
    todo = planned(tmp_path)
    record(todo[0], observed="ok")

    assert pending(todo, fresh=False) == todo[1:]
    assert pending(todo, fresh=True) == todo


def test_a_record_of_other_inputs_is_measured_again(tmp_path: Path) -> None:
    todo = planned(tmp_path)
    record(replace(todo[0], inputs="0" * 64))

    assert not is_done(todo[0])


@pytest.mark.parametrize("status", ["install_failed", "crash", "timeout", "device_missing"])
def test_a_trial_that_ended_badly_is_measured_again(tmp_path: Path, status: str) -> None:
    todo = planned(tmp_path)
    record(todo[0], status=status)

    assert not is_done(todo[0])


@pytest.mark.parametrize(
    ("status", "done"),
    [("ok", True), ("unsupported", True), ("error", True), ("crash", False), ("timeout", False)],
)
def test_a_scenario_that_crashed_or_hung_is_tried_again(
    tmp_path: Path, status: str, done: bool
) -> None:
    todo = planned(tmp_path)
    record(todo[0], observed=status)

    assert is_done(todo[0]) is done


@pytest.mark.parametrize(
    "damage", [lambda lines: lines[:-1], lambda lines: [lines[0], "{", *lines[1:]]]
)
def test_a_record_that_the_report_would_refuse_is_measured_again(
    tmp_path: Path, damage: Callable[[list[str]], list[str]]
) -> None:
    todo = planned(tmp_path)
    record(todo[0], observed="ok")
    lines = damage(todo[0].record.read_text("utf-8").splitlines())
    todo[0].record.write_text("\n".join(lines) + "\n", "utf-8")

    assert not is_done(todo[0])


@pytest.mark.parametrize("text", ["", "\n", "[]\n[]\n", "{", "\x00"])
def test_a_broken_record_is_measured_again(tmp_path: Path, text: str) -> None:
    todo = planned(tmp_path)
    todo[0].record.parent.mkdir(parents=True)
    todo[0].record.write_text(text, encoding="utf-8")

    assert not is_done(todo[0])


def test_whatever_decides_the_result_is_in_the_digest() -> None:
    base = inputs_digest(PLAN, ENVIRONMENT, SETTING, "cpu", "content")

    others = [
        inputs_digest(PLAN, ENVIRONMENT, SETTING, "cpu", "other content"),
        inputs_digest(PLAN, ENVIRONMENT, SETTING, "gpu", "content"),
        inputs_digest(PLAN, ENVIRONMENT, replace(SETTING, threads=1), "cpu", "content"),
        inputs_digest(PLAN, ENVIRONMENT, replace(SETTING, env={"A": "1"}), "cpu", "content"),
        inputs_digest(PLAN, replace(ENVIRONMENT, backend="jax"), SETTING, "cpu", "content"),
        inputs_digest(replace(PLAN, scenarios=()), ENVIRONMENT, SETTING, "cpu", "content"),
    ]

    assert base not in others
    assert len(set(others)) == len(others)


def test_one_more_trial_leaves_the_others_valid() -> None:
    more = replace(PLAN, trials=3)

    assert inputs_digest(PLAN, ENVIRONMENT, SETTING, "cpu", "x") == inputs_digest(
        more, ENVIRONMENT, SETTING, "cpu", "x"
    )
