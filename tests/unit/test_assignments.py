"""Which trials are still to be measured."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from harness.assignments import assignments, inputs_digest, is_done, pending
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


def record(path: Path, inputs: str, *, status: str = "ok", end: bool = True) -> None:
    lines = [{"record": "header", "inputs": inputs}]
    if end:
        lines.append({"record": "end", "status": status})
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")


def test_every_trial_of_every_cell_that_is_not_excluded(tmp_path: Path) -> None:
    planned = assignments(PLAN, ENVIRONMENT, "content", tmp_path)

    assert [entry.record.relative_to(tmp_path).as_posix() for entry in planned] == [
        "tf2_9_3_py3_10.default.cpu/1.jsonl",
        "tf2_9_3_py3_10.default.cpu/2.jsonl",
    ]


def test_a_good_record_of_the_same_inputs_is_kept(tmp_path: Path) -> None:
    planned = assignments(PLAN, ENVIRONMENT, "content", tmp_path)
    record(planned[0].record, planned[0].inputs)

    assert pending(planned, fresh=False) == planned[1:]
    assert pending(planned, fresh=True) == planned


@pytest.mark.parametrize("status", ["install_failed", "crash", "timeout", "device_missing"])
def test_a_trial_that_ended_badly_is_measured_again(tmp_path: Path, status: str) -> None:
    planned = assignments(PLAN, ENVIRONMENT, "content", tmp_path)
    record(planned[0].record, planned[0].inputs, status=status)

    assert not is_done(planned[0])


def test_a_record_without_its_end_marker_is_measured_again(tmp_path: Path) -> None:
    planned = assignments(PLAN, ENVIRONMENT, "content", tmp_path)
    record(planned[0].record, planned[0].inputs, end=False)

    assert not is_done(planned[0])


@pytest.mark.parametrize("text", ["", "\n", "[]\n[]\n", "{", "\x00"])
def test_a_broken_record_is_measured_again(tmp_path: Path, text: str) -> None:
    planned = assignments(PLAN, ENVIRONMENT, "content", tmp_path)
    planned[0].record.parent.mkdir(parents=True)
    planned[0].record.write_text(text, encoding="utf-8")

    assert not is_done(planned[0])


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
