"""The audit on a Dask cluster: a real scheduler, real workers, real TensorFlow, real deaths."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.platforms import this_platform
from tests.cluster import Cluster
from tests.project import Done, Project, clean_environment, kill_tree, wait_for

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(
        this_platform() != "linux-x86_64",
        reason="these releases have wheels there, and a process can be killed like this",
    ),
]

OLD, NEW = "tf2_9_3_py3_10", "tf2_10_1_py3_10"
TRIALS, MANY = 4, 10
MATRIX = f"""
    version: 1
    exclude_newer: "2026-11-20"
    trials: {TRIALS}
    environments:
      - tensorflow: ["2.9.3", "2.10.1"]
        python: "3.10"
        numpy: "1.26.4"
    scenarios:
      include: [recipes/all_three, recipes/numpy_and_framework, controls/*]
    profiles:
      old: {{environments: [{OLD}], trials: {MANY}}}
"""
LAUNCHES = {f"{each}.default.cpu/{trial}" for each in (OLD, NEW) for trial in range(1, TRIALS + 1)}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, virtualenvs: Path) -> Project:
    project = Project(tmp_path_factory.mktemp("project"), virtualenvs)
    project.matrix(MATRIX)
    return project


@pytest.fixture
def project(made: Project) -> Project:
    """With a lock, and nothing measured."""
    shutil.rmtree(made.folder / "reports", ignore_errors=True)
    return made


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    processes: list[subprocess.Popen[bytes]] = []
    yield Cluster(tmp_path, processes)
    for process in processes:
        kill_tree(process.pid)
        process.wait(30)


class Running:
    """`sameseed run`, in a process of its own."""

    def __init__(self, project: Project, cluster: Cluster, *options: str) -> None:
        self._log = cluster.folder / "run.log"
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "harness", "run", "--dask", str(cluster.file), *options],
                cwd=project.folder,
                env=clean_environment({}),
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        cluster.processes.append(self.process)

    @property
    def output(self) -> str:
        return self._log.read_text(encoding="utf-8")

    def trials(self) -> int:
        return self.output.count(" trial ")

    def done(self) -> Done:
        self.process.wait(240)
        return Done(self.process.returncode, self.output)


def staged(project: Project) -> dict[str, bytes]:
    folders = project.folder / "reports" / "incoming"
    return {
        "/".join(path.parts[-3:]): path.read_bytes() for path in folders.glob("*/data/*/*/*.jsonl")
    }


def tables(project: Project) -> dict[str, bytes]:
    """The CSV files, but for those that say which report this is."""
    files = sorted((project.folder / "reports" / "csv").iterdir())
    return {
        path.name: path.read_bytes()
        for path in files
        if path.name not in ("runs.csv", "history.csv")
    }


def everything(project: Project) -> dict[str, bytes]:
    """All files of a report."""
    reports = project.folder / "reports"
    files = (path for path in sorted(reports.rglob("*")) if path.is_file())
    named = {path.relative_to(reports).as_posix(): path for path in files}
    return {
        name: path.read_bytes()
        for name, path in named.items()
        if not name.startswith(("data/", "progress"))
    }


def fingerprints(records: dict[str, list[dict[str, Any]]], scenario: str) -> dict[str, list[str]]:
    """Launch → the fingerprints of a scenario's arrays."""
    return {
        launch: [array["sha256"] for line in lines[1:-1] for array in line["arrays"]]
        for launch, lines in (
            (launch, [lines[0], *(x for x in lines if x.get("scenario") == scenario), lines[-1]])
            for launch, lines in records.items()
        )
    }


def test_a_worker_killed_while_it_measures_loses_nothing_and_counts_nothing_twice(
    project: Project, cluster: Cluster, tmp_path: Path
) -> None:
    cluster.scheduler()
    for name in ("one", "two"):
        cluster.worker(name)
    running = Running(project, cluster, "--wait", "60")
    wait_for(lambda: running.trials() and cluster.measures("one"), 120)
    interrupted = cluster.measures("one")
    cluster.kill("one")
    assert interrupted
    wait_for(lambda: not (interrupted.exists() or interrupted.with_suffix("").exists()), 30)
    done = running.done()

    assert done.code == 0, done.output
    assert set(project.records()) == LAUNCHES  # none beside another, as `1.<digest>.jsonl`
    assert all(lines[-1]["status"] == "ok" for lines in project.records().values())
    assert set(project.csv("cells")["status"]) == {"ok"}
    assert done.output.count(": begun") == 3
    assert not (project.folder / "reports" / "incoming").exists()
    wait_for(lambda: not (cluster.left() or cluster.folders()), 30)

    # A report that workers compared and wrote the large tables of is the same, byte for byte.
    alone_csv = tables(project)
    assert project.sameseed("report", "--json").code == 0
    alone_all = everything(project)
    done = project.sameseed("report", "--json", "--dask", str(cluster.file))
    assert done.code == 0, done.output
    assert tables(project) == alone_csv
    assert everything(project) == alone_all
    assert {"index.html", "summary.txt", "json/differences.json"} <= alone_all.keys()
    assert project.csv("differences").shape[0] > 1
    assert len(alone_csv["fingerprints.csv"]) > 1_000

    # The same as without a cluster, arrays included.
    there = fingerprints(project.records(), "recipes/all_three")
    objects = project.folder / "reports" / "data" / "objects"
    (project.folder / "reports").rename(tmp_path / "reports")
    for environment in (OLD, NEW):
        assert project.sameseed("probe", environment).code == 0
    alone = fingerprints(project.records(), "recipes/all_three")
    assert there == alone
    assert all(alone.values())
    for sha256 in {each for found in alone.values() for each in found}:
        name = f"{sha256[:2]}/{sha256}.npy"
        assert (tmp_path / "reports/data/objects" / name).read_bytes() == (
            objects / name
        ).read_bytes()


def test_a_client_that_ends_ends_its_trials_and_the_next_goes_on(
    project: Project, cluster: Cluster
) -> None:
    cluster.scheduler()
    cluster.worker("one")
    interrupted = Running(project, cluster, "--profile", "old")
    wait_for(lambda: interrupted.trials() and cluster.measures("one"), 120)
    interrupted.process.send_signal(signal.SIGTERM)
    done = interrupted.done()
    first = staged(project)

    assert done.code == 128 + signal.SIGTERM, done.output
    assert "kept in reports/incoming" in done.output
    assert 0 < len(first) < MANY
    wait_for(lambda: not (cluster.left() or cluster.folders()), 30)

    killed = Running(project, cluster, "--profile", "old")
    wait_for(lambda: killed.trials() and len(staged(project)) > len(first), 120)
    killed.process.kill()
    killed.process.wait(30)
    second = staged(project)
    done = Running(project, cluster, "--profile", "old").done()

    assert done.code == 0, done.output
    assert first.items() < second.items()
    data = project.folder / "reports" / "data"
    assert {path: (data / path).read_bytes() for path in second} == second
    assert len(project.records()) == MANY
    assert not (project.folder / "reports" / "incoming").exists()
    wait_for(lambda: not (cluster.left() or cluster.folders()), 30)
    assert "1 measured already" in Running(project, cluster, "--profile", "old").done().output


# An interpreter without TensorFlow: nothing is installed, and records come back at once.
BARE = f"""
    version: 1
    environments: [{{name: bare, interpreter: {sys.executable}}}]
    devices: [cpu, gpu]
    scenarios: {{include: [recipes/all_three]}}
    profiles: {{cpu: {{devices: [cpu]}}}}
"""


@pytest.fixture
def bare(make_project: Callable[[], Project]) -> Project:
    project = make_project()
    project.matrix(BARE)
    return project


def edited(project: Project, folder: Path) -> Path:
    """A sameseed with another suite."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(project.folder / "harness", folder / "harness", ignore=ignored)
    with (folder / "harness" / "scenarios" / "recipes.py").open("a", encoding="utf-8") as file:
        file.write("# edited\n")
    return folder


def run(project: Project, cluster: Cluster, *options: str) -> Done:
    return project.sameseed("run", "--dask", str(cluster.file), *options)


def cells(project: Project) -> dict[tuple[str, str], tuple[str, str]]:
    """Device and whether it was measured somewhere → status and message."""
    return {
        (row["device"], "nowhere" if row["machine"] == "cluster" else "somewhere"): (
            row["status"],
            row["message"],
        )
        for row in project.csv("cells").to_dict("records")
    }


def test_gpu_cells_go_to_workers_that_announce_one(bare: Project, cluster: Cluster) -> None:
    cluster.scheduler()
    cluster.worker("plain")
    without = run(bare, cluster, "--wait", "2")
    first = cells(bare)
    cluster.worker("card", "--resources", "GPU=1")
    wait_for(lambda: "Registered to" in cluster.log("card"), 60)
    with_one = run(bare, cluster)

    assert without.output.count("GPU cells are not measured") == 1, without.output
    assert first["gpu", "nowhere"][0] == "device_missing"
    assert first["cpu", "somewhere"][0] == "install_failed"  # measured, as far as it can be
    # What is compared with the GPU is measured beside it.
    assert "plain on machine" not in with_one.output, with_one.output
    assert "card on machine" in with_one.output
    assert ("gpu", "nowhere") not in cells(bare)  # the row of nobody is gone
    assert ("gpu", "somewhere") in cells(bare)


def test_each_machine_measures_all_if_told_to(bare: Project, cluster: Cluster) -> None:
    cluster.scheduler()
    for name in ("one", "two"):
        cluster.worker(name)
    wait_for(lambda: all("Registered to" in cluster.log(name) for name in ("one", "two")), 60)
    done = run(bare, cluster, "--profile", "cpu", "--spread", "machine")

    assert "2 workers on 1 machine" in done.output
    assert done.output.count(": begun") == 1, done.output  # both workers are on one machine
    assert ("cpu", "somewhere") in cells(bare)


def test_a_worker_that_comes_late_and_is_not_fit_measures_nothing(
    bare: Project, cluster: Cluster, tmp_path: Path
) -> None:
    many = [f"{{name: bare{number}, interpreter: {sys.executable}}}" for number in range(6)]
    bare.matrix(BARE.replace(f"{{name: bare, interpreter: {sys.executable}}}", ", ".join(many)))
    cluster.scheduler()
    cluster.worker("fit")
    running = Running(bare, cluster, "--profile", "cpu")
    wait_for(lambda: ": begun" in running.output, 60)
    cluster.worker("other", package=edited(bare, tmp_path / "other"))
    done = running.done()

    assert done.output.count("worker other at tcp://") == 1, done.output
    assert done.output.count("fit: done") == 6
    assert "nowhere" not in {where for _, where in cells(bare)}


def test_workers_that_die_too_often_leave_rows_that_say_so(bare: Project, cluster: Cluster) -> None:
    cluster.scheduler(DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES="0")
    cluster.worker("one")
    running = Running(bare, cluster, "--profile", "cpu", "--wait", "5")
    wait_for(lambda: ": begun" in running.output, 60)
    cluster.kill("one")
    done = running.done()

    assert done.code == 3, done.output
    status, message = cells(bare)["cpu", "nowhere"]
    assert status == "crash"
    assert message.startswith("1 worker died with it; the last was tcp://127.0.0.1:")
    wait_for(lambda: not cluster.left(), 30)


def test_a_scheduler_that_dies_ends_the_run_and_the_trials(bare: Project, cluster: Cluster) -> None:
    cluster.scheduler()
    cluster.worker("one", "--death-timeout", "10")
    running = Running(bare, cluster, "--profile", "cpu")
    wait_for(lambda: ": begun" in running.output, 60)
    kill_tree(cluster.processes[0].pid)
    done = running.done()

    assert done.code == 2, done.output
    assert "the connection to the scheduler was lost" in done.output
    wait_for(lambda: not cluster.left(), 60)


def test_a_worker_with_another_suite_measures_nothing(
    bare: Project, cluster: Cluster, tmp_path: Path
) -> None:
    cluster.scheduler()
    cluster.worker("other", package=edited(bare, tmp_path / "other"))
    done = run(bare, cluster, "--profile", "cpu")

    assert done.code == 2
    assert "worker other at tcp://127.0.0.1:" in done.output
    assert "has another sameseed" in done.output
    assert not (bare.folder / "reports" / "data").exists()


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("tcp://127.0.0.1:1", "no Dask scheduler answers at tcp://127.0.0.1:1"),
        ("127.0.0.1", "missing port number"),
        ("ftp://127.0.0.1:8786", "ftp:// is none of"),
        ("nowhere.json", "No such file"),
    ],
)
def test_an_address_where_nobody_answers_is_one_sentence(
    bare: Project, address: str, why: str
) -> None:
    done = bare.sameseed("run", "--dask", address)

    assert done.code == 2
    assert why in done.output
    assert done.output.count("\n") == 1


def test_a_scheduler_without_workers_is_not_waited_for_for_ever(
    bare: Project, cluster: Cluster
) -> None:
    cluster.scheduler()
    done = run(bare, cluster, "--wait", "1")

    assert done.code == 2
    address = json.loads(cluster.file.read_text(encoding="utf-8"))["address"]
    assert (
        f"no worker at {address} after 1 s: start some with `dask worker {address}" in done.output
    )


def test_without_a_cluster_it_says_what_to_type(bare: Project) -> None:
    done = bare.sameseed("run")

    assert done.code == 2
    assert "type `nox`" in done.output
    assert os.linesep in done.output
