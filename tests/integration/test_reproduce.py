"""Reproducers of real breaks, run as anybody would: uv, the script, and nothing of ours."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from harness import interpreters
from harness.platforms import this_platform
from tests.project import Project, clean_environment

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(
        this_platform() not in ("linux-x86_64", "windows-x86_64"),
        reason="these releases have no wheels for this platform",
    ),
]

OLD, NEW = "tf2_9_3_py3_10", "tf2_21_0_py3_10"
MATRIX = """
    version: 1
    exclude_newer: "2026-11-20"
    environments:
      - tensorflow: ["2.9.3", "2.21.0"]
        python: "3.10"
        numpy: "1.26.4"
    scenarios: {include: ["recipes/all_three", "recipes/none", "layers/dense", "controls/*"]}
"""
FINGERPRINT = re.compile(r"^fingerprint of (\S+): ([0-9a-f]{64})$", re.MULTILINE)


@pytest.fixture(scope="module")
def audited(make_project: Callable[[], Project]) -> Project:
    """Two releases measured and reported."""
    project = make_project()
    project.matrix(MATRIX)
    for environment in (OLD, NEW):
        done = project.sameseed("probe", environment)
        assert done.code == 0, done.output
    assert project.sameseed("report").code == 0
    return project


def run(command: str, folder: Path) -> str:
    """What a command of a reproducer prints, in a folder with nothing but its script."""
    python = interpreters.find("3.10")
    assert python is not None
    first = [str(Path(interpreters.uv()).parent), str(Path(python).parent)]
    path = os.pathsep.join([*first, os.environ.get("PATH", "")])
    # What a caller's shell may hold, and a script must not see.
    poison = {"TF_ENABLE_ONEDNN_OPTS": "0", "TF_NUM_INTRAOP_THREADS": "7", "PYTHONHASHSEED": "0"}
    done = subprocess.run(
        shlex.split(command),
        cwd=folder,
        env=clean_environment({"PATH": path, "UV_PYTHON_DOWNLOADS": "never", **poison}),
        capture_output=True,
        encoding="utf-8",
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def reproduced(project: Project, wanted: str, folder: Path) -> list[str]:
    """What the commands of `sameseed reproduce` print, one after the other."""
    done = project.sameseed("reproduce", wanted, "--into", str(folder))
    assert done.code == 0, done.output
    commands = re.findall(r"^cd \S+ && (uv run .*)$", done.output, re.MULTILINE)
    assert len(commands) == 2, done.output
    return [run(command, folder) for command in commands]


@pytest.mark.parametrize("scenario", ["recipes/all_three", "layers/dense"])
def test_both_sides_of_a_break_print_the_fingerprints_on_record(
    audited: Project, tmp_path: Path, scenario: str
) -> None:
    breaks = audited.csv("breaks")
    (row,) = breaks[(breaks["scenario"] == scenario) & (breaks["level"] == "packages")].to_dict(
        "records"
    )
    seen = audited.csv("fingerprints")
    seen = seen[seen["scenario"] == scenario]
    outputs = reproduced(audited, row["id"], tmp_path)

    found = []
    for output, environment in zip(outputs, (OLD, NEW), strict=True):
        here = seen[seen["environment"] == environment]
        recorded = {
            (each.array, each.sha256) for each in here.drop_duplicates("array").itertuples()
        }
        lines = (line.split() for line in output.splitlines() if " [" in line)
        assert {(line[0], line[-1]) for line in lines} == recorded
        ((array, sha256),) = FINGERPRINT.findall(output)
        assert (array, sha256) in recorded
        assert "matches the record" in output
        assert "DIFFERS" not in output
        found.append(sha256)
    assert found[0] != found[1]


def test_what_differs_between_launches_differs_between_two_runs(
    audited: Project, tmp_path: Path
) -> None:
    breaks = audited.csv("breaks")
    here = (breaks["level"] == "process") & (breaks["environment_from"] == OLD)
    (id_,) = breaks[here & (breaks["scenario"] == "recipes/none")]["id"]
    first, second = (
        FINGERPRINT.findall(output)[0] for output in reproduced(audited, id_, tmp_path)
    )

    assert first[0] == second[0]
    assert first[1] != second[1]


def test_a_diff_of_two_real_cells_names_what_differs(audited: Project) -> None:
    done = audited.sameseed("diff", OLD, NEW)

    assert done.code == 0, done.output
    assert "recorded facts differ" in done.output
    assert "layers/dense" in done.output
