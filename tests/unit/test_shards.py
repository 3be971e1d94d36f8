"""A plan as jobs of a CI service."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from harness.cli import app
from harness.errors import LockError
from harness.lock import Lock
from harness.matrix import PLATFORMS
from harness.plan import Plan, load_plan
from harness.platforms import this_platform
from harness.shards import MAX_JOBS, RUNNERS, Job, LeftOut, jobs
from tests.project import ROOT

EVERYWHERE = tuple(RUNNERS)
MATRIX = ("--matrix", str(ROOT / "matrix.yaml"))


def shipped(
    profile: str, *runners: str, **options: Any
) -> tuple[tuple[Job, ...], tuple[LeftOut, ...]]:
    plan, lock = load_plan(ROOT / "matrix.yaml", profile), Lock.load(ROOT / "matrix.lock")
    return jobs(plan, lock, PLATFORMS, runners, **options)


def made(folder: Path, number: int) -> tuple[Plan, Lock]:
    """A matrix of `number` environments, every third of which has no packages for a Mac."""
    numbers = [f"3.{each}" for each in range(number)]
    (folder / "matrix.yaml").write_text(
        f"version: 1\nmax_cells: {4 * number}\nsettings: {{default: {{}}, other: {{threads: 1}}}}\n"
        f'environments: [{{keras: {json.dumps(numbers)}, python: "3.11"}}]\n'
        "exclude: [{when: {keras: '3.0', setting: other}, reason: none}]\n"
    )
    plan = load_plan(folder / "matrix.yaml")
    content = {
        each.id: {
            "requested": ["python==3.11", "build==cpu", *each.requirements],
            "platforms": {
                platform: {"unresolvable": "no wheels"}
                if platform.startswith("macos") and position % 3 == 0
                else {"packages": []}
                for platform in PLATFORMS
            },
        }
        for position, each in enumerate(plan.environments)
    }
    return plan, Lock({"format": 1, "environments": content, "hashes": {}})


def test_each_environment_has_a_job_of_its_own_on_each_runner() -> None:
    found, left = shipped("default", "linux-x64", "windows")

    assert [(job.runner, job.environments) for job in found] == [
        (runner, environment)
        for runner in ("linux-x64", "windows")
        for environment in (
            "tf2_9_3_py3_10",
            "tf2_10_1_py3_10",
            "tf2_15_1_py3_10",
            "tf2_16_2_py3_10",
            "tf2_21_0_py3_10",
        )
    ]
    assert found[0].name == "linux-x64-tf2_9_3_py3_10"
    assert (found[0].runs_on, found[5].runs_on) == (("ubuntu-24.04",), ("windows-2025",))
    assert left == ()


def test_an_environment_goes_only_where_it_can_be_installed() -> None:
    found, left = shipped("default", "macos", "linux-arm64")
    lacking = {(each.runner, each.environment): each.reason for each in left}

    assert set(lacking) == {
        ("macos", "tf2_9_3_py3_10"),
        ("macos", "tf2_10_1_py3_10"),
        ("linux-arm64", "tf2_9_3_py3_10"),
    }
    assert all("has no wheels with a matching platform tag" in why for why in lacking.values())
    assert len(found) == 2 * 5 - 3


def test_gpu_cells_are_measured_on_the_gpu_runner_alone_beside_what_they_are_compared_with() -> (
    None
):
    found, left = shipped("all", "linux-x64", "gpu")
    on_gpu = {job.environments for job in found if job.runner == "gpu"}

    assert on_gpu == {
        "tf2_21_0_np2_1_3_py3_12",
        "tf2_21_0_np2_1_3_py3_12_gpu",
        "keras3_15_1_torch_py3_11",
        "keras3_15_1_jax_py3_11",
        "keras3_15_1_jax_py3_11_gpu",
    }
    assert {job.devices for job in found if job.runner == "gpu"} == {"cpu,gpu"}
    assert {job.devices for job in found if job.runner != "gpu"} == {"cpu"}
    assert {each.environment for each in left if each.runner == "linux-x64"} == {
        "tf2_21_0_np2_1_3_py3_12_gpu",
        "keras3_15_1_jax_py3_11_gpu",
    }


def test_one_job_for_each_runner_measures_all_of_its_environments() -> None:
    apart, _ = shipped("full", *EVERYWHERE)
    together, _ = shipped("full", *EVERYWHERE, spread="runner")

    assert [job.name for job in together] == list(EVERYWHERE)
    for job in together:
        mine = [each.environments for each in apart if each.runner == job.runner]
        assert job.environments.split() == mine
        assert job.minutes <= 345


@pytest.mark.parametrize("profile", ["default", "full", "all"])
def test_the_shipped_matrix_fits_into_one_run_on_all_runners(profile: str) -> None:
    found, left = shipped(profile, *EVERYWHERE)

    assert len(found) <= MAX_JOBS
    assert all(" " not in job.environments for job in found)
    assert (found, left) == shipped(profile, *EVERYWHERE)


def test_a_thousand_environments_are_shared_out_among_256_jobs(tmp_path: Path) -> None:
    plan, lock = made(tmp_path, 1000)
    runners = ("linux-x64", "linux-arm64", "macos", "windows")

    found, left = jobs(plan, lock, PLATFORMS, runners)

    assert len(found) == MAX_JOBS
    assert len({job.name for job in found}) == MAX_JOBS
    measured = Counter((job.runner, each) for job in found for each in job.environments.split())
    missing = {(each.runner, each.environment) for each in left}
    assert set(measured.values()) == {1}
    assert set(measured) | missing == {
        (runner, each.id) for runner in runners for each in plan.environments
    }
    assert len(missing) == 334  # every third has nothing for a Mac
    # A job is at most a quarter longer than another; limits follow from what it has to do.
    minutes = sorted(job.minutes for job in found)
    assert minutes[-1] <= 1.25 * minutes[0]
    per_runner = Counter(job.runner for job in found)
    assert per_runner["macos"] < per_runner["windows"] == per_runner["linux-x64"]
    assert found == jobs(plan, lock, PLATFORMS, runners)[0]


def test_a_smaller_limit_is_kept(tmp_path: Path) -> None:
    found, _ = jobs(*made(tmp_path, 20), PLATFORMS, ["linux-x64", "macos"], limit=3)

    assert [job.name for job in found] == [
        "linux-x64-part-001",
        "linux-x64-part-002",
        "macos-part-001",
    ]
    with pytest.raises(ValueError, match="2 runners"):
        jobs(*made(tmp_path, 20), PLATFORMS, ["linux-x64", "macos"], limit=1)


def test_a_platform_that_the_matrix_leaves_out_is_no_mistake(tmp_path: Path) -> None:
    _, left = jobs(*made(tmp_path, 1), ["linux-x86_64"], ["windows"])

    assert [each.reason for each in left] == ["`platforms` in matrix.yaml lacks windows-x86_64"]


def test_a_lock_that_does_not_fit_is_one(tmp_path: Path) -> None:
    plan, _ = made(tmp_path, 1)

    with pytest.raises(LockError, match="has no keras"):
        jobs(plan, Lock.load(ROOT / "matrix.lock"), PLATFORMS, ["linux-x64"])


def test_an_interpreter_of_one_machine_is_not_sent_to_others(tmp_path: Path) -> None:
    (tmp_path / "matrix.yaml").write_text(
        "version: 1\nenvironments: [{name: here, interpreter: /opt/python}]\n"
    )
    plan, lock = load_plan(tmp_path / "matrix.yaml"), Lock.load(ROOT / "matrix.lock")

    assert jobs(plan, lock, PLATFORMS, ["linux-x64"])[1][0].reason.startswith("`interpreter:`")


def command(*arguments: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, ["plan", *MATRIX, *arguments])
    return done.exit_code, done.stdout, done.stderr


def test_github_gets_one_line_and_people_the_rest() -> None:
    code, out, err = command("--github", "--runners", "macos,linux-x64")

    assert code == 0
    assert out.count("\n") == 1
    matrix = json.loads(out.removeprefix("matrix="))
    assert set(matrix) == {"include"}
    assert set(matrix["include"][0]) == {
        "name",
        "runner",
        "runs_on",
        "platform",
        "environments",
        "devices",
        "minutes",
    }
    # Names of artefacts may hold none of what a file system forbids.
    assert all(re.fullmatch("[a-z0-9_-]+", job["name"]) for job in matrix["include"])
    assert "not on macos: tf2_9_3_py3_10: No solution found" in err


def test_the_jobs_as_json_name_what_is_left_out() -> None:
    _, out, _ = command("--shards", "--json", "--runners", "macos")
    found = json.loads(out)

    assert [job["environments"] for job in found["jobs"]] == [
        "tf2_15_1_py3_10",
        "tf2_16_2_py3_10",
        "tf2_21_0_py3_10",
    ]
    assert [each["environment"] for each in found["left_out"]] == [
        "tf2_9_3_py3_10",
        "tf2_10_1_py3_10",
    ]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--runners", "linux-x64,amiga"), "there are no runners 'amiga'"),
        (("--runners", "linux-x64,macos", "--max-jobs", "1"), "2 runners do not fit"),
        (("--runners", "gpu"), "nothing can be measured there"),
    ],
)
def test_what_cannot_be_planned_is_a_mistake(arguments: tuple[str, ...], said: str) -> None:
    code, _, err = command("--shards", *arguments)

    assert code == 2
    assert said in " ".join(err.replace("│", " ").split())


@pytest.mark.parametrize(
    ("devices", "measured"), [("cpu", ["cpu"]), ("gpu", ["gpu"]), ("cpu,gpu", ["cpu", "gpu"])]
)
def test_a_job_measures_on_the_devices_that_it_was_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, devices: str, measured: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("matrix.yaml").write_text(
        "version: 1\ndevices: [cpu, gpu]\n"
        'environments: [{name: env, keras: "3.0.5", python: "3.11"}]\n'
    )
    (environment,) = load_plan(Path("matrix.yaml")).environments
    entry = {
        "requested": ["python==3.11", "build==gpu", *environment.requirements],
        # What cannot be installed is recorded too, cell by cell.
        "platforms": {this_platform(): {"unresolvable": "no wheels"}},
    }
    Path("matrix.lock").write_text(
        json.dumps({"format": 1, "environments": {"env": entry}, "hashes": {}})
    )

    done = CliRunner().invoke(app, ["probe", "env", "--devices", devices])

    assert done.exit_code in (0, 3), done.output  # a GPU that is not here is no failure
    records = sorted(Path("reports/data").glob("*/*/1.jsonl"))
    assert [path.parent.name for path in records] == [f"env.default.{each}" for each in measured]


def test_a_device_that_is_none_is_a_mistake() -> None:
    done = CliRunner().invoke(app, ["probe", "env", "--devices", "tpu", *MATRIX])

    assert done.exit_code == 2
    assert "there are no devices 'tpu'" in " ".join(done.stderr.replace("│", " ").split())
