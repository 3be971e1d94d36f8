from __future__ import annotations

import base64
import dataclasses
import json
import re
import zlib
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest

from harness.history.file import COLUMNS
from harness.history.keep import keep
from harness.history.runs import Run
from tests.unit.analysis.builder import Recorder, sha
from tests.unit.analysis.reading import rows
from tests.unit.history.project import Project, X, Y

RUN = "2026-11-01T10-00-02Z"


def read_run(project: Project, day: int) -> Run:
    (run,) = (each for each in project.read().runs if each.id == f"2026-11-0{day}T10-00-02Z")
    return run


def files(project: Project) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in project.kept.iterdir()}


def test_a_report_made_again_from_the_same_records_is_the_same_run(tmp_path: Path) -> None:
    project = Project(tmp_path)
    assert project.run(1, {X: 1}) == RUN
    before, runs = files(project), rows(project.runs, *project.runs.columns)
    assert project.report() == RUN
    assert files(project) == before
    assert rows(project.runs, *project.runs.columns) == runs
    assert set(before) == {f"{RUN}.parquet"}


def test_a_run_whose_records_were_completed_replaces_what_it_was(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.run(1, {X: 1})
    project.run(1, {X: 1}, "tf2")
    assert set(files(project)) == {f"{RUN}.parquet"}
    assert rows(project.runs, "run", "cells", "first") == [(RUN, 2, 2)]


def test_everybody_can_read_the_results_of_all_runs(tmp_path: Path) -> None:
    project = Project(tmp_path)
    machine = {"id": "m1", "label": "ci"}
    for day in (1, 2):
        project.run(day, {X: day, Y: (1, 2)}, machine=machine)
    names = {day: read_run(project, day).result.tolist()[0] for day in (1, 2)}
    frame = pd.concat(map(pd.read_parquet, sorted(project.kept.glob("*.parquet"))))
    (basis,) = rows(project.results.cells, "basis", environment="tf1")
    assert list(frame.itertuples(index=False, name=None)) == [
        (
            *(f"2026-11-0{day}T10-00-02Z", scenario, "tf1", "default", "cpu", "m1", result, agree),
            *("ci", f"2026-11-0{day}T10:00:02Z", basis),
        )
        for day in (1, 2)
        for scenario, result, agree in ((X, f"{names[day]:016x}", True), (Y, "", False))
    ]
    assert frame.columns.tolist() == list(COLUMNS)


def test_one_launch_alone_neither_agrees_nor_disagrees(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.measure(1, {X: 1})
    (tmp_path / "data/m1/tf1.default.cpu/2.jsonl").unlink()
    frame = pd.read_parquet(project.kept / f"{project.report()}.parquet")
    assert frame["reproducible"].tolist() == [None]
    assert project.read().runs[0].result.tolist() == []


def test_what_a_cell_rests_on_is_there_for_each_cell(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.measure(1, {X: 1}, "tf1", packages={"tensorflow": "2.9.3", "numpy": "1.26.4"})
    project.run(1, {X: 1}, "tf2", packages={"tensorflow": "2.10.1", "numpy": "1.26.4"})
    about = read_run(project, 1).about
    found = [[about.facts[each] for each in cell.facts] for cell in about.cells]
    assert [("package", "tensorflow", "2.9.3") in each for each in found] == [True, False]
    assert [("package", "numpy", "1.26.4") in each for each in found] == [True, True]
    assert len(set(about.facts)) == len(about.facts)
    assert {(cell.suite, cell.lock) for cell in about.cells} == {
        (sha("suite")[:16], sha("lock")[:16])
    }


def test_texts_that_no_file_can_hold_are_spelled_out(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.measure(1, {X: 1}, machine={"id": "m1", "os": "Linux"})
    results = Recorder(tmp_path / "data").analyse(project.plan)
    odd = dataclasses.replace(
        results,
        cells=results.cells.assign(label="ci\udfff"),
        facts=results.facts.assign(value="\ud800" + "x" * 3000),
    )
    keep(odd, project.kept)
    about = read_run(project, 1).about
    assert about.cells[0].label == "ci\\udfff"
    assert dict(fact[1:] for fact in about.facts)["os"] == "\\ud800" + "x" * 1994


def test_breaks_are_there_by_their_ids_and_the_step_they_are_at(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.measure(1, {X: 1, Y: (1, 2)}, "tf1")
    project.run(1, {X: 2, Y: 1}, "tf2")
    about = read_run(project, 1).about
    found = {
        (step.step, step.environment, about.scenarios[scenario][0]): id_
        for step in about.steps
        for scenario, id_ in zip(step.broken, step.breaks, strict=True)
    }
    ids = dict(rows(project.results.breaks, "scenario", "id"))
    assert found == {
        ("tensorflow:2.9.3..2.10.1", "tf2", X): ids[X],
        ("process", "tf1", Y): ids[Y],
    }


def test_what_was_compared_and_agrees_is_there_too(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.measure(1, {X: 1}, "tf1")
    project.run(1, {X: 1}, "tf2")
    (run,) = project.read().runs
    assert {
        (step.step, step.environment, step.compared, step.broken) for step in run.about.steps
    } == {
        ("process", "tf1", (0,), ()),
        ("process", "tf2", (0,), ()),
        ("tensorflow:2.9.3..2.10.1", "tf2", (0,), ()),
    }


def test_the_documentation_reads_the_files_as_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = (Path(__file__).parents[3] / "docs/history.md").read_text(encoding="utf-8")
    of_rows, of_metadata = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    *loading, counting = of_rows.splitlines()
    project = Project(tmp_path / "reports")
    for day in (1, 2):
        project.run(day, {X: day, Y: 1})
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"Path": Path, "pd": pd, "pq": pq}
    names |= {"json": json, "zlib": zlib, "base64": base64}
    exec("\n".join(loading), names)
    assert eval(counting, names).tolist() == [2, 1]
    exec(of_metadata, names)
    assert names["about"]["run"] == "2026-11-02T10-00-02Z"
    columns = re.findall(r"^\| (`run`|`.*`) \| (?:text|true)", page, re.MULTILINE)
    documented = [name for cell in columns for name in re.findall(r"`(\w+)`", cell)]
    assert sorted(documented) == sorted(COLUMNS)
