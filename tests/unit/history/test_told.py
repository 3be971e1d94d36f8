"""What `sameseed history` says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from harness.analysis.again import names
from harness.analysis.changes import changes
from harness.cli import app
from harness.history.told import overview, stories
from tests.unit.analysis.builder import declared
from tests.unit.history.project import Project, X, Y

FIRST, SECOND, THIRD = (f"2026-11-0{day}T10-00-02Z" for day in (1, 2, 3))


def story(project: Project, scenario: str = X) -> Any:
    (found,) = stories(project.read().runs, [scenario])
    return found


def moved(project: Project, scenario: str = X) -> list[tuple[str, ...]]:
    return [each.moved for each in changes(project.read().runs, [scenario])]


def test_a_change_is_told_with_its_cell_its_machine_and_both_results(tmp_path: Path) -> None:
    project = Project(tmp_path)
    machine = {"id": "m1", "label": "ci"}
    results = []
    for day in (1, 2):
        project.measure(day, {X: 1, Y: day}, "tf1", machine=machine)
        project.run(day, {X: day}, "tf2", machine=machine)
        frame = project.results.variants
        results += frame.loc[
            (frame["scenario"] == X) & (frame["environment"] == "tf2"), "result"
        ].tolist()
    (change,) = changes(project.read().runs, [X])
    assert (change.run, change.last, change.equal) == (SECOND, FIRST, True)
    assert (change.cell, change.machine, change.where) == ("tf2.default.cpu", "m1", "ci")
    assert [change.before, change.after] == results
    assert results[0] != results[1]
    assert story(project).sentence == f"{X} first changed in {SECOND}: 1 of 2 cells."


def test_what_else_moved_is_told(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.run(1, {X: 1}, machine={"id": "m1", "os": "Linux 6"})
    project.run(2, {X: 2}, machine={"id": "m1", "os": "Linux 7"})
    project.run(3, {X: 3}, machine={"id": "m1", "os": "Linux 7"}, lock="new")
    project.run(
        4, {X: 3}, machine={"id": "m1", "os": "Linux 7", "cpu": "another"}, suite="b", lock="new"
    )
    assert moved(project) == [
        ("os Linux 6 → Linux 7",),
        ("the lock",),
        ("the suite", "cpu absent → another"),
    ]
    lines = [(line.state, line.redefined, line.other) for line in story(project).runs]
    assert lines == [("first", 0, 0), ("changed", 0, 0), ("redefined", 1, 1), ("redefined", 1, 0)]


def test_packages_that_moved_with_the_lock_are_named(tmp_path: Path) -> None:
    project = Project(tmp_path)
    for day, number in ((1, "1.26.4"), (2, "2.0.0")):
        versions = {"tensorflow": "2.9.3", "numpy": number}
        project.run(day, {X: 1}, lock=number, packages=versions)
    assert moved(project) == [("the lock", "numpy 1.26.4 → 2.0.0")]


def test_a_result_is_beside_the_one_that_it_was_compared_with(tmp_path: Path) -> None:
    project = Project(tmp_path)
    for day, lock, value in ((1, "old", 1), (2, "new", 2), (3, "old", 3)):
        project.run(day, {X: value}, lock=lock)
    found = changes(project.read().runs, [X])
    assert [(each.run, each.last, each.equal) for each in found] == [
        (SECOND, FIRST, False),
        (THIRD, FIRST, True),
    ]
    assert found[1].before == found[0].before


def test_launches_that_disagree_have_no_result(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.run(1, {X: 1})
    project.run(2, {X: (1, 2)})
    (change,) = changes(project.read().runs, [X])
    assert change.before
    assert change.after == ""


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ((1,), f"{X} was measured once, in {FIRST}: there is nothing to compare with."),
        ((1, 1, 1), f"{X} has not changed in 3 runs since {FIRST}."),
        (
            (1, 2, 3),
            f"{X} first changed in {SECOND}: 1 of 1 cell; in 2 runs in all, last in {THIRD}.",
        ),
    ],
)
def test_the_answer_in_a_sentence(tmp_path: Path, values: tuple[int, ...], sentence: str) -> None:
    project = Project(tmp_path)
    for day, value in enumerate(values, 1):
        project.run(day, {X: value})
    assert story(project).sentence == sentence


def test_what_cannot_be_compared_is_not_called_unchanged(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.run(1, {X: 1})
    project.run(2, {X: 2}, lock="new")
    assert story(project).sentence == (
        f"{X} was never measured twice on an equal basis: nothing can be compared."
    )
    project.run(3, {X: 2}, lock="new")
    assert story(project).sentence == (
        f"{X} has not changed in 3 runs since {FIRST}; 1 of them cannot be compared."
    )


def test_all_at_a_glance(tmp_path: Path) -> None:
    project = Project(tmp_path)
    assert overview(()).sentence == "No run is on file: sameseed report keeps one."
    for day in (1, 2, 3):
        project.run(day, {X: day, Y: 1, "recipes/z": max(day, 2)})
    found = overview(project.read().runs)
    assert found.sentence == "2 of 3 scenarios changed in 3 runs."
    assert found.changed == (
        (X, SECOND, "1 of 1", 2, THIRD),
        ("recipes/z", THIRD, "1 of 1", 1, THIRD),
    )
    assert found.rest == (("unchanged", 1),)
    assert [run[:5] for run in found.runs] == [
        (FIRST, "default", 1, 0, 0),
        (SECOND, "default", 1, 3, 1),
        (THIRD, "default", 1, 3, 2),
    ]


def call(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["history", *arguments, "--reports", str(folder)])


def test_the_command(tmp_path: Path) -> None:
    project = Project(tmp_path)
    scenarios = {Y: declared("differ")}
    for day in (1, 2):
        project.run(day, {X: day, Y: day}, scenarios=scenarios)
    said = call(tmp_path, X)
    assert said.exit_code == 0
    lines = [line.rstrip() for line in said.output.splitlines()]
    assert lines[0] == f"{X} first changed in {SECOND}: 1 of 1 cell."
    assert f"{SECOND}  changed  1 of 1" in lines
    (change,) = changes(project.read().runs, [X])
    row = f"tf1.default.cpu  m1       {change.before[:8]} → {change.after[:8]}"
    assert row in lines
    assert lines[lines.index(row) + 1] == "What else moved: nothing on record."
    assert max(map(len, lines)) <= 80
    assert call(tmp_path).output.startswith("1 of 1 scenario changed in 2 runs.\n")


def test_the_command_for_machines(tmp_path: Path) -> None:
    project = Project(tmp_path)
    for day in (1, 2):
        project.run(day, {X: day, Y: 1})
    found = json.loads(call(tmp_path, "recipes/*", "--json").stdout)["scenarios"]
    assert [each["scenario"] for each in found] == list(names(project.read().runs))
    assert [line["state"] for line in found[0]["runs"]] == ["first", "changed"]
    assert found[0]["changes"][0]["last"] == FIRST
    everything = json.loads(call(tmp_path, "--json").stdout)
    assert everything["changed"][0][0] == X


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        ("recipes/xx", "did you mean recipes/x"),
        ("nothing*", "sameseed scenarios lists them"),
        (Y, "asked to hold"),
    ],
)
def test_an_unknown_scenario_is_2_with_the_nearest(tmp_path: Path, wanted: str, why: str) -> None:
    Project(tmp_path).run(1, {X: 1, Y: 1}, scenarios={Y: declared("differ")})
    said = call(tmp_path, wanted)
    assert said.exit_code == 2
    assert why in " ".join(said.stderr.replace("│", " ").split())


def test_runs_that_are_left_out_are_told(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.run(1, {X: 1})
    (project.kept / f"{SECOND}.parquet").write_bytes(b"")
    said = call(tmp_path, X)
    assert said.exit_code == 0
    assert f"left out: history/{SECOND}.parquet: cut short" in said.stderr
    assert call(tmp_path / "nowhere", X).exit_code == 2
    assert call(tmp_path / "nowhere").stdout.startswith("No run is on file")
