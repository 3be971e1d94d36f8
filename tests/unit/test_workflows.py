"""The workflows and templates for CI services: well-formed, pinned, and with the least rights.

That they run on GitHub or GitLab is not shown here; their commands are run by
tests/integration/test_jobs.py.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from harness.shards import RUNNERS, Job
from tests.project import ROOT
from tests.workflow import EXPRESSION, WORKFLOWS, workflow

NAMES = sorted(path.name for path in WORKFLOWS.glob("*.yml"))
GITLAB = ROOT / "docs" / "ci" / "gitlab.yml"

# Workflow → job → what it may do, and why it must.
PERMISSIONS = {
    "audit.yml": {
        "plan": {"contents": "read"},  # checkout
        "measure": {"contents": "read"},  # checkout
        "report": {"contents": "read", "actions": "read"},  # checkout; the last run's history
        "publish": {"pages": "write", "id-token": "write"},  # Pages, and nothing else
    },
    "test.yml": {
        "linux": {"contents": "read"},  # checkout
        "elsewhere": {"contents": "read"},  # checkout
    },
}


def jobs(name: str) -> dict[str, Any]:
    found: dict[str, Any] = workflow(name)["jobs"]
    return found


def steps(name: str) -> list[dict[str, Any]]:
    return [step for job in jobs(name).values() for step in job["steps"]]


def schema(name: str, path: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", name, *options]
    return subprocess.run([*command, str(path)], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", NAMES)
def test_a_workflow_is_what_github_takes(name: str) -> None:
    done = schema("vendor.github-workflows", WORKFLOWS / name)

    assert done.returncode == 0, done.stdout


def test_the_template_is_what_gitlab_takes() -> None:
    done = schema("vendor.gitlab-ci", GITLAB, "--data-transform", "gitlab-ci")

    assert done.returncode == 0, done.stdout


def test_a_mistake_in_a_workflow_is_found(tmp_path: Path) -> None:
    text = (WORKFLOWS / "audit.yml").read_text(encoding="utf-8")
    (tmp_path / "wrong.yml").write_text(text.replace("runs-on:", "runs-in:"))

    done = schema("vendor.github-workflows", tmp_path / "wrong.yml")

    assert done.returncode == 1
    assert "runs-in" in done.stdout


@pytest.mark.parametrize("name", NAMES)
def test_actions_are_pinned_by_digest_with_their_version_beside(name: str) -> None:
    text = (WORKFLOWS / name).read_text(encoding="utf-8")
    used = re.findall(r"uses:\s*(.+)", text)

    assert used
    for each in used:
        assert re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", each), each


def test_an_action_has_one_digest_everywhere() -> None:
    texts = [(WORKFLOWS / name).read_text(encoding="utf-8") for name in NAMES]
    used = set(re.findall(r"uses:\s*(.+)", "\n".join(texts)))

    assert len(used) == len({each.partition("@")[0] for each in used})


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_pasted_into_a_script(name: str) -> None:
    """What a name or an input contains would be run; through the environment it is only text."""
    for step in steps(name):
        assert "${{" not in step.get("run", ""), step


def test_every_job_may_do_what_it_must_and_no_more() -> None:
    assert {
        name: {id_: job["permissions"] for id_, job in jobs(name).items()} for name in NAMES
    } == PERMISSIONS
    assert [workflow(name)["permissions"] for name in NAMES] == [{}] * len(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_pull_request_gets_no_secret_and_leaves_no_credentials(name: str) -> None:
    text = (WORKFLOWS / name).read_text(encoding="utf-8")

    assert "secrets" not in text
    assert "pull_request_target" not in text
    for step in steps(name):
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"] == {"persist-credentials": False}


def test_a_pull_request_is_never_measured_on_a_machine_of_ours() -> None:
    runners = workflow("audit.yml")["env"]["RUNNERS"]

    assert runners.startswith("${{ github.event_name == 'pull_request' && 'linux-x64' || ")
    assert "self-hosted" not in RUNNERS["linux-x64"].labels


def test_what_a_pull_request_finds_is_neither_kept_nor_published() -> None:
    audit = jobs("audit.yml")
    (kept,) = (step for step in audit["report"]["steps"] if step.get("name") == "Keep the history")
    (handed,) = (
        step
        for step in audit["report"]["steps"]
        if "upload-pages-artifact" in str(step.get("uses"))
    )

    for condition in (kept["if"], handed["if"], audit["publish"]["if"]):
        assert "github.event_name != 'pull_request'" in condition
        assert "github.ref_name == github.event.repository.default_branch" in condition


@pytest.mark.parametrize("name", NAMES)
def test_every_job_ends_and_every_artefact_expires(name: str) -> None:
    for job in jobs(name).values():
        limit = job["timeout-minutes"]
        assert limit == "${{ matrix.minutes }}" or limit <= 90
    for step in steps(name):
        if "upload-artifact@" in step.get("uses", ""):
            assert 1 <= step["with"]["retention-days"] <= 90


def test_records_are_kept_even_where_measuring_failed() -> None:
    *_, last = jobs("audit.yml")["measure"]["steps"]

    assert (last["if"], last["with"]["path"]) == ("always()", "reports/data")
    assert "!cancelled()" in jobs("audit.yml")["report"]["if"]


def test_the_nightly_profile_belongs_to_a_schedule_that_there_is() -> None:
    crons = [each["cron"] for each in workflow("audit.yml")[True]["schedule"]]
    named = re.findall(
        r"github.event.schedule == '([^']+)'", workflow("audit.yml")["env"]["PROFILE"]
    )

    assert len(named) == 1
    assert set(named) < set(crons)


def test_every_field_of_a_job_that_is_read_is_planned() -> None:
    text = (WORKFLOWS / "audit.yml").read_text(encoding="utf-8")
    read = {
        match.removeprefix("matrix.")
        for expression in EXPRESSION.findall(text)
        for match in re.findall(r"(?<!['.])\bmatrix\.[a-z_]+", expression)
    }

    assert read <= set(Job.__annotations__)
    assert {"name", "runs_on", "minutes", "environments", "devices"} <= read


def test_what_has_never_run_says_so() -> None:
    for path in (*(WORKFLOWS / name for name in NAMES), GITLAB):
        assert "MODE: not yet run" in path.read_text(encoding="utf-8"), path


@pytest.mark.skipif(
    not shutil.which("jq"), reason="there is no jq here; GitHub's client has its own"
)
def test_the_history_is_that_of_the_newest_run_on_this_branch_of_this_repository(
    tmp_path: Path,
) -> None:
    def artefact(run: int, day: int, *, branch: str = "main", owner: int = 7, **more: Any) -> Any:
        return {
            "expired": False,
            "created_at": f"2026-01-{day:02}T00:00:00Z",
            "workflow_run": {"id": run, "head_branch": branch, "head_repository_id": owner},
            **more,
        }

    (step,) = (each for each in steps("audit.yml") if each.get("name") == "Fetch the history")
    query = re.search(r"--jq '(.*?)'", step["run"], re.DOTALL)
    assert query

    def newest(*artefacts: Any) -> str:
        return subprocess.run(
            ["jq", query[1]],
            input=json.dumps({"artifacts": artefacts}),
            env={"BRANCH": "main", "REPOSITORY_ID": "7", "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    ours = [artefact(1, 1), artefact(2, 2)]
    others = [artefact(3, 3, owner=8), artefact(4, 4, branch="x"), artefact(5, 5, expired=True)]
    assert newest(*others, *ours) == "2\n"
    assert newest(*others) == ""
    assert newest() == ""


def test_gitlab_runs_the_same_commands() -> None:
    """The options of both are those that the commands have: GitHub's run in a test."""

    def commands(text: str) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for command, options in re.findall(r"sameseed ([a-z]+)([^|;>\n]*)", text):
            found.setdefault(command, set()).update(re.findall(r"--[a-z-]+", options))
        return found

    scripts = [
        line
        for job in yaml.safe_load(GITLAB.read_text(encoding="utf-8")).values()
        if isinstance(job, dict)
        for line in job.get("script", [])
    ]
    on_github = commands("\n".join(step.get("run", "") for step in steps("audit.yml")))
    on_gitlab = commands("\n".join(scripts))

    assert set(on_gitlab) == set(on_github)
    for command, options in on_gitlab.items():
        assert options - on_github[command] <= {"--shards", "--json"}, command
