from __future__ import annotations

import csv
import gzip
import io
import json
from typing import TYPE_CHECKING

from tests.unit.analysis.reading import rows
from tests.unit.history.project import Project, X, Y

if TYPE_CHECKING:
    from pathlib import Path

RUN = "2026-11-01T10-00-02Z"


def files(project: Project) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in project.kept.iterdir()}


def test_a_report_made_again_from_the_same_records_is_the_same_run(tmp_path: Path) -> None:
    project = Project(tmp_path)
    assert project.run(1, {X: 1}) == RUN
    before, runs = files(project), rows(project.runs, *project.runs.columns)
    assert project.report() == RUN
    assert files(project) == before
    assert rows(project.runs, *project.runs.columns) == runs
    assert set(before) == {f"{RUN}.csv.gz", f"{RUN}.json.gz"}


def test_a_run_whose_records_were_completed_replaces_what_it_was(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.run(1, {X: 1})
    project.run(1, {X: 1}, "tf2")
    assert set(files(project)) == {f"{RUN}.csv.gz", f"{RUN}.json.gz"}
    assert rows(project.runs, "run", "cells", "first") == [(RUN, 2, 2)]


def test_the_table_has_the_results_as_the_variants_have_them(tmp_path: Path) -> None:
    project = Project(tmp_path)
    run = project.run(1, {X: 1, Y: (1, 2)})
    text = gzip.decompress((project.kept / f"{run}.csv.gz").read_bytes()).decode()
    (name,) = rows(project.results.variants, "result", scenario=X)
    assert list(csv.reader(io.StringIO(text))) == [
        ["scenario", "environment", "setting", "device", "machine", "result", "reproducible"],
        [X, "tf1", "default", "cpu", "m1", name, "true"],
        [Y, "tf1", "default", "cpu", "m1", "", "false"],
    ]


def test_breaks_are_there_by_their_ids_and_the_step_they_are_at(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.measure(1, {X: 1, Y: (1, 2)}, "tf1")
    run = project.run(1, {X: 2, Y: 1}, "tf2")
    about = json.loads(gzip.decompress((project.kept / f"{run}.json.gz").read_bytes()))
    names = [name for name, _ in about["scenarios"]]
    found = {
        (step["step"], step["environment"], names[scenario]): id_
        for step in about["steps"]
        for scenario, id_ in zip(step["broken"], step["breaks"], strict=True)
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
