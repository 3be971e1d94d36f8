"""The jobs of the audit workflow, run one after the other in clean folders, as the file has them.

Real installs and real records. What GitHub brings is there already or a folder (`tests.workflow`),
so that the transport of artefacts, the cache, Pages and every other platform stay unproven here.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from harness.platforms import this_platform
from tests.project import ROOT, Project
from tests.workflow import JobRun, workflow

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(
        this_platform() != "linux-x86_64",
        reason="the jobs are those of a Linux x86-64 runner",
    ),
]

OLD, NEW = "tf2_9_3_py3_10", "tf2_10_1_py3_10"
MATRIX = """
    version: 1
    exclude_newer: "2026-11-20"
    environments:
      - tensorflow: ["2.9.3", "2.10.1"]
        python: "3.10"
        numpy: "1.26.4"
    scenarios:
      include: [recipes/all_three, recipes/numpy_and_framework, controls/*]
"""
SETTINGS = {"PROFILE": "default", "RUNNERS": "linux-x64,macos", "SPREAD": "environment"}
# What expressions come to, outside of the matrix.
KNOWN = {
    "env.PROFILE == 'nightly'": "false",
    "env.PROFILE": "default",
    "hashFiles('matrix.lock')": "0",
    "github.workspace": ".",
    "github.token": "",
    "github.repository_id": "7",
    "github.event.repository.default_branch": "main",
}
NEEDS_GITHUB = frozenset({"Fetch the history", "Hand the site to Pages"})


@dataclass
class Run:
    """The whole workflow, once."""

    folder: Path
    plan: JobRun
    measured: list[JobRun]
    report: JobRun

    def rows(self, name: str) -> list[dict[str, str]]:
        with (self.folder / "artefacts" / "report" / "csv" / f"{name}.csv").open() as file:
            return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("jobs")
    checkout = _checkout(folder)
    subprocess.run([sys.executable, "-m", "venv", folder / "python"], check=True)
    audit = workflow("audit.yml")
    assert set(SETTINGS) < set(audit["env"])
    variables = {
        **SETTINGS,
        "PIP_DISABLE_PIP_VERSION_CHECK": audit["env"]["PIP_DISABLE_PIP_VERSION_CHECK"],
        "PATH": f"{folder / 'python' / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "UV_CACHE_DIR": _uv_cache(),  # as if the cache of an earlier run had been restored
    }

    def job(name: str, place: str, **known: str) -> JobRun:
        shutil.copytree(checkout, folder / place)
        started = JobRun(
            audit["jobs"][name],
            folder / place,
            folder / "artefacts",
            {**KNOWN, **known},
            variables,
            NEEDS_GITHUB,
        )
        started.run()
        return started

    (folder / "artefacts").mkdir()
    plan = job("plan", "plan")
    matrix = json.loads(plan.outputs["matrix"])["include"]
    on_linux = [each for each in matrix if each["runner"] == "linux-x64"]
    measured = [
        job("measure", each["name"], **{f"matrix.{key}": str(each[key]) for key in each})
        for each in on_linux
    ]
    kept = {
        step["if"].removeprefix("${{ ").removesuffix(" }}"): "true"
        for step in audit["jobs"]["report"]["steps"]
        if step.get("name") == "Keep the history"
    }
    return Run(folder, plan, measured, job("report", "report", **kept))


def _checkout(folder: Path) -> Path:
    """The repository with a small matrix, and its lock."""
    place = folder / "checkout"
    place.mkdir()
    (folder / "environments").mkdir()
    project = Project(place, folder / "environments")
    project.matrix(MATRIX)
    shutil.rmtree(place / ".nox")
    for name in ("README.md", "LICENSE"):
        shutil.copy2(ROOT / name, place)
    return place


def _uv_cache() -> str:
    done = subprocess.run(["uv", "cache", "dir"], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def codes(job: JobRun) -> dict[str, int]:
    return {name: done.code for name, done in job.done.items()}


def test_a_job_is_planned_for_each_environment_where_it_can_be_installed(ran: Run) -> None:
    (line,) = ran.plan.outputs.items()
    matrix: list[dict[str, Any]] = json.loads(line[1])["include"]

    assert codes(ran.plan) == {"Install sameseed": 0, "Plan the jobs": 0}
    assert [each["name"] for each in matrix] == [f"linux-x64-{OLD}", f"linux-x64-{NEW}"]
    # No wheels for a Mac: said in the log, for both.
    assert ran.plan.done["Plan the jobs"].output.count("not on macos: ") == 2


def test_each_job_measures_its_own_and_leaves_the_records(ran: Run) -> None:
    for job, environment in zip(ran.measured, (OLD, NEW), strict=True):
        assert codes(job) == {"Install sameseed": 0, "Measure": 0}, job.done
        kept = ran.folder / "artefacts" / f"records-linux-x64-{environment}"
        records = sorted(path.relative_to(kept).parts[1:] for path in kept.glob("*/*/*.jsonl"))
        assert records == [
            (f"{environment}.default.cpu", "1.jsonl"),
            (f"{environment}.default.cpu", "2.jsonl"),
        ]
        header = json.loads(next(kept.glob("*/*/1.jsonl")).read_text("utf-8").splitlines()[0])
        assert header["machine"]["label"] == "linux-x64"


def test_the_last_job_merges_judges_and_keeps_what_people_read(ran: Run) -> None:
    """A break against the policy makes it red, and keeps nothing from being reported."""
    assert codes(ran.report) == {
        "Install sameseed": 0,
        "Merge": 0,
        "Report": 0,
        "Check": 1,
        "Gather the site": 0,
    }, ran.report.done
    kept = ran.folder / "artefacts" / "report"
    assert (kept / "index.html").stat().st_size > 10_000
    assert {path.name for path in kept.iterdir()} >= {
        "csv",
        "json",
        "history",
        "summary.md",
        "junit.xml",
        "sameseed.sarif",
    }
    summary = (ran.folder / "report.STEP_SUMMARY").read_text(encoding="utf-8")
    assert r"recipes/numpy\_and\_framework" in summary  # not the same in every launch of 2.10.1
    assert "TensorFlow 2.9.3 → 2.10.1" in summary
    assert list((ran.folder / "artefacts" / "history").glob("*.parquet"))


def test_the_report_compares_what_two_jobs_measured(ran: Run) -> None:
    steps = {
        (row["axis"], row["from"], row["to"], row["scenario"], row["kind"])
        for row in ran.rows("breaks")
        if row["level"] == "packages"
    }
    cells = {(row["environment"], row["status"]) for row in ran.rows("cells")}

    assert ("tensorflow", "2.9.3", "2.10.1", "recipes/all_three", "redraw") in steps
    assert cells == {(OLD, "ok"), (NEW, "ok")}


def test_the_merged_records_are_those_of_the_jobs_byte_for_byte(ran: Run) -> None:
    merged = ran.folder / "report" / "reports" / "data"
    kept = sorted((ran.folder / "artefacts").glob("records-*"))
    files = {
        path.relative_to(folder): path.read_bytes()
        for folder in kept
        for path in folder.rglob("*")
        if path.is_file()
    }

    assert len(kept) == 2
    assert any(path.suffix == ".npy" for path in files)
    assert {
        path.relative_to(merged): path.read_bytes() for path in merged.rglob("*") if path.is_file()
    } == files


def test_the_lock_that_all_jobs_use_is_the_one_that_was_planned_with(ran: Run) -> None:
    planned = (ran.folder / "plan" / "matrix.lock").read_bytes()

    for job in (*ran.measured, ran.report):
        assert (job.folder / "matrix.lock").read_bytes() == planned
