"""The scenario of the documentation, through a real audit of one environment."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from harness.platforms import this_platform
from tests.project import ROOT, Done, Project

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(
        this_platform() not in ("linux-x86_64", "windows-x86_64"),
        reason="this release has no wheels for this platform",
    ),
]

NAME = "own/two_dense_layers"
ENVIRONMENT = "tf2_10_1_py3_10"
MATRIX = """\
version: 1
exclude_newer: "2026-11-20"
platforms: [linux-x86_64, linux-aarch64, macos-arm64, windows-x86_64]
environments:
  - {tensorflow: "2.10.1", python: "3.10", numpy: "1.26.4"}
"""


def blocks(language: str) -> list[str]:
    text = (ROOT / "docs" / "own-scenarios.md").read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


@pytest.fixture(scope="module")
def audited(make_project: Callable[[], Project]) -> tuple[Project, Done]:
    """A project with the document's file and its second matrix entry, measured by `nox`."""
    project = make_project()
    (project.folder / "my_scenarios.py").write_text(blocks("python")[0], encoding="utf-8")
    project.matrix(MATRIX + blocks("yaml")[1])
    return project, project.nox()


def test_the_scenario_is_measured_beside_the_controls(audited: tuple[Project, Done]) -> None:
    project, done = audited

    assert done.code == 0, done.output
    observations = project.csv("observations")
    assert set(observations["scenario"]) == {NAME, "controls/unseeded", "controls/another_seed"}
    assert set(observations["status"]) == {"ok"}
    assert set(observations["trial"]) == {"1", "2"}


def test_its_relation_and_its_launches_are_judged(audited: tuple[Project, Done]) -> None:
    relations = audited[0].csv("relations")
    ours = relations[relations["scenario"] == NAME].set_index(["relation", "trial"])

    assert ours[["expected", "holds", "source"]].to_dict("index") == {
        ("first == second", "1"): {"expected": "true", "holds": "true", "source": "our guide"},
        ("first == second", "2"): {"expected": "true", "holds": "true", "source": "our guide"},
        ("launches agree", ""): {
            "expected": "true",
            "holds": "true",
            "source": "our guide, step 2",
        },
    }


def test_an_edit_measures_again(audited: tuple[Project, Done]) -> None:
    project, _ = audited
    before = project.records()
    project.sameseed("probe", ENVIRONMENT)
    assert project.records() == before

    file = project.folder / "my_scenarios.py"
    file.write_text(file.read_text(encoding="utf-8").replace("Dense(4)", "Dense(5)"), "utf-8")
    edited = project.sameseed("probe", ENVIRONMENT)

    assert "2 trials ok" in edited.output, edited.output
    (first, *_) = project.records().values()
    (ours,) = (line for line in first if line.get("scenario") == NAME)
    assert ours["arrays"][0]["shape"] == [3, 5]
