from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any

import pytest

from harness.history import read
from harness.history.read import read_runs
from tests.unit.analysis.reading import rows
from tests.unit.history.project import Project, X, Y

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

BAD, GOOD = "2026-11-01T10-00-02Z", "2026-11-02T10-00-02Z"
HEAD = "scenario,environment,setting,device,machine,result,reproducible"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Two runs, of which the tests damage the first."""
    project = Project(tmp_path)
    assert project.run(1, {X: 1, Y: 1}) == BAD
    assert project.run(2, {X: 1, Y: 1}) == GOOD
    return project


def table(project: Project, change: Callable[[str], str]) -> None:
    path = project.kept / f"{BAD}.csv.gz"
    text = gzip.decompress(path.read_bytes()).decode()
    path.write_bytes(gzip.compress(change(text).encode()))


def about(project: Project, **changes: Any) -> None:
    path = project.kept / f"{BAD}.json.gz"
    content = json.loads(gzip.decompress(path.read_bytes()))
    path.write_bytes(gzip.compress(json.dumps({**content, **changes}).encode()))


def refused(project: Project) -> str:
    """Why the damaged run was refused; the other one is there."""
    found = read_runs(project.kept)
    assert [run.id for run in found.runs] == [GOOD]
    (why,) = found.refused
    assert why.startswith(f"history/{BAD}.")
    return why


def test_a_folder_that_is_not_there_has_no_runs(tmp_path: Path) -> None:
    assert read_runs(tmp_path / "history").runs == ()


def test_runs_come_back_as_they_were_kept_oldest_first(project: Project) -> None:
    found = project.read()
    assert found.refused == ()
    assert [run.id for run in found.runs] == [BAD, GOOD]
    names = rows(project.results.variants, "result")
    for run in found.runs:
        assert [f"{each:016x}" for each in run.result.tolist()] == names
        assert run.stable.all()
        assert [run.about.scenarios[each][0] for each in run.scenario] == [X, Y]


@pytest.mark.parametrize("suffix", [".csv.gz", ".json.gz"])
@pytest.mark.parametrize("keep", [0, 5, 40, -1])
def test_a_file_that_was_cut_short_is_refused(project: Project, suffix: str, keep: int) -> None:
    path = project.kept / f"{BAD}{suffix}"
    path.write_bytes(path.read_bytes()[:keep])
    assert f"{BAD}{suffix}: " in refused(project)


def test_what_is_not_compressed_is_refused(project: Project) -> None:
    (project.kept / f"{BAD}.csv.gz").write_text(HEAD, encoding="utf-8")
    assert "cut short, or not compressed with gzip" in refused(project)


def test_one_file_without_the_other_is_refused(project: Project) -> None:
    (project.kept / f"{BAD}.csv.gz").unlink()
    assert f"there is no {BAD}.csv.gz" in refused(project)


def test_the_other_file_without_the_one_is_refused(project: Project) -> None:
    (project.kept / f"{BAD}.json.gz").unlink()
    assert "there is no file of this name with .json.gz" in refused(project)


def test_a_newer_version_is_refused_with_what_to_do(project: Project) -> None:
    about(project, format=2, something="new")
    assert "format 2 is newer than this sameseed reads (1): upgrade sameseed" in refused(project)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"format": 0}, "there is no format 0"),
        ({"format": "1"}, "Expected `int`"),
        ({"unknown": 1}, "unknown"),
        ({"run": GOOD}, "another run than its name says"),
        ({"cells": []}, "did not start when its name says"),
        ({"scenarios": [["<script>", "holds"]]}, "scenarios"),
        ({"scenarios": [[X, "splendid"]]}, "scenarios"),
        ({"scenarios": [[X, "holds"], [X, "holds"]]}, "there twice"),
        ({"scenarios": [[X, "holds"]]}, "not among the run's"),
        ({"results": 3}, "3 results were written, 2 are here"),
        ({"profile": "x" * 201}, "profile"),
        ({"steps": [{}]}, "steps"),
    ],
)
def test_what_contradicts_itself_or_the_format_is_refused(
    project: Project, changes: dict[str, Any], why: str
) -> None:
    about(project, **changes)
    assert why in refused(project)


@pytest.mark.parametrize(
    ("step", "why"),
    [
        ({"compared": [7]}, "not among the run's"),
        ({"broken": [1], "breaks": ["ab"]}, "not what was compared"),
        ({"broken": [0], "breaks": []}, "not what was compared"),
        ({"compared": [-1]}, "compared"),
        ({"broken": [0], "breaks": ["<b>"]}, "breaks"),
        ({"step": "a; b"}, "step"),
        ({"step": "a\nb"}, "step"),
    ],
)
def test_steps_that_make_no_sense_are_refused(
    project: Project, step: dict[str, Any], why: str
) -> None:
    sound = {"step": "process", "environment": "tf1", "setting": "default", "device": "cpu"}
    about(project, steps=[{**sound, "compared": [0], "broken": [], "breaks": [], **step}])
    assert why in refused(project)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda text: "", "its columns are not scenario, environment"),
        (lambda text: text.replace("result,", "", 1), "not"),
        (lambda text: text.replace("machine,result", "result,machine", 1), "its columns are not"),
        (lambda text: text.split("\n", 1)[1], "its columns are not"),
        (lambda text: text + text.split("\n")[1] + "\n", "3 are here"),
        (lambda text: text.replace(Y, X), "there twice"),
        (lambda text: text.replace(Y, "recipes/z"), "not among the run's"),
        (lambda text: text.replace("tf1", "tf2"), "not among the run's"),
        (lambda text: text.replace("true", "false"), "agree on no result, or disagree on one"),
        (lambda text: text.replace("true", "True"), "'True' is no reproducible"),
        (lambda text: text.replace("cpu", "tpu"), "'tpu' is no device"),
        (lambda text: text.replace(Y, "<script>alert(1)</script>"), "is no scenario"),
        (lambda text: text.replace(Y, "=cmd|' /C calc'!A0"), "is no scenario"),
        (lambda text: text.replace(Y, "\u202erecipes/x"), "is no scenario"),
        (lambda text: text.replace(Y, '"recipes/y\n"'), "is no scenario"),
        (lambda text: text.replace(Y, '"recipes/y'), "not a table"),
        (lambda text: text.replace("true", "true,true"), "not a table"),
        (lambda text: text.replace("cpu", "c\0pu"), "is no device"),
    ],
)
def test_a_table_that_makes_no_sense_is_refused(
    project: Project, change: Callable[[str], str], why: str
) -> None:
    table(project, change)
    assert why in refused(project)


def test_names_that_look_like_numbers_are_names(project: Project) -> None:
    first, second = "0000000000000012", "00000000000001e5"
    names = iter((first, second))
    found = set(rows(project.results.variants, "result"))
    (name,) = found

    def change(text: str) -> str:
        return "\n".join(
            line.replace(name, next(names)) if name in line else line for line in text.split("\n")
        )

    table(project, change)
    runs = read_runs(project.kept)
    assert runs.refused == ()
    assert runs.runs[0].result.tolist() == [0x12, 0x1E5]


def test_too_long_a_file_is_refused(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    size = (project.kept / f"{BAD}.json.gz").stat().st_size
    (project.kept / f"{BAD}.json.gz").write_bytes(b"\0" * (size + 4000))
    monkeypatch.setattr(read, "MAX_FILE_BYTES", size + 2000)
    assert "longer than" in refused(project)


def test_a_file_that_grows_too_long_is_refused(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    table(project, lambda text: text + "\n" * 1_000_000)
    monkeypatch.setattr(read, "MAX_CONTENT_BYTES", 500_000)
    assert "when unpacked" in refused(project)


def test_too_many_results_are_refused(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    table(project, lambda text: text + text.split("\n")[1] + "\n")
    monkeypatch.setattr(read, "MAX_RESULTS", 2)
    assert "more than 2 results" in refused(project)


def test_other_files_are_passed_over_and_misnamed_runs_told(project: Project) -> None:
    (project.kept / "README.md").write_text("mine", encoding="utf-8")
    (project.kept / f".{BAD}.csv.gz.123").write_text("half", encoding="utf-8")
    (project.kept / "latest.json.gz").write_bytes(b"")
    found = read_runs(project.kept)
    assert len(found.runs) == 2
    assert found.refused == ("history/latest.json.gz: its name is not that of a run",)


def test_what_is_no_file_is_refused(project: Project) -> None:
    (project.kept / f"{BAD}.csv.gz").unlink()
    (project.kept / f"{BAD}.csv.gz").mkdir()
    assert f"{BAD}.csv.gz: not a file" in refused(project)


def test_the_report_says_what_was_refused_and_uses_the_rest(project: Project) -> None:
    table(project, lambda text: "")
    project.report()
    assert rows(project.runs, "run") == [GOOD]
    assert any(f"history/{BAD}" in each for each in project.results.ignored)
