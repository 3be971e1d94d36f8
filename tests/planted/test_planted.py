"""Faults that we planted ourselves, through a real audit: it must find these, and nothing else.

Wheels of a small framework are built, locked and installed by uv, audited by nox, and reported, as
any others would be; `truth.py` says what the report must hold. Two Pythons and NumPy are needed.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from harness import interpreters
from harness.platforms import this_platform
from tests.planted.cases import CONDITIONS, EFFECTS, INNOCENT, SOURCES, cases
from tests.planted.figure import figure
from tests.planted.layout import CELLS, GRID_BOTH, GRID_SECOND, MATRIX, OLD
from tests.planted.scoring import Score, score
from tests.planted.truth import expected
from tests.planted.wheels import HERE, write_wheels
from tests.project import ROOT, Done, Project

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(
        not sys.platform.startswith("linux"), reason="a process per case is forked here"
    ),
]

ALL = cases()


def plant(project: Project, folder: Path) -> dict[str, str]:
    """Wheels, scenarios, matrix and lock; returns the variables to run nox with."""
    write_wheels(folder, ALL)
    template = HERE.joinpath("scenarios.py").read_text("utf-8")
    empty = "CASES: list[dict[str, Any]] = []"
    assert empty in template
    described = [case.described() for case in ALL]
    scenarios = template.replace(empty, f"{empty[:-2]}{described!r}")
    project.folder.joinpath("planted.py").write_text(scenarios, "utf-8")
    variables = {"UV_FIND_LINKS": str(folder)}
    matrix = MATRIX.format(platform=this_platform())
    project.folder.joinpath("matrix.yaml").write_text(matrix, "utf-8")
    done = project.sameseed("lock", **variables)
    assert done.code == 0, done.output
    return variables


@pytest.fixture(scope="module")
def audited(
    make_project: Callable[[], Project], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Project, Done]:
    """All cases, measured and reported by `nox`."""
    for python in ("3.10", "3.11"):
        if interpreters.find(python) is None:
            pytest.skip(f"no Python {python} on this machine")
    project = make_project()
    project.seconds = 3600  # two minutes on two idle cores; a busy machine is no reason to fail
    variables = plant(project, tmp_path_factory.mktemp("wheels"))
    return project, project.nox(**variables)


@pytest.fixture(scope="module")
def scored(audited: tuple[Project, Done]) -> Score:
    return score(audited[0], ALL)


def test_there_are_enough_cases_of_every_sort() -> None:
    faults = [fault for case in ALL for fault in case.faults]

    assert len(ALL) >= 300
    assert len({case.name for case in ALL}) == len(ALL)
    assert 0.2 < sum(case.what == INNOCENT for case in ALL) / len(ALL) < 0.3
    assert {fault.effect for fault in faults} >= set(EFFECTS)
    assert {fault.source for fault in faults} == {"", "call_count", *SOURCES}
    assert {fault.condition for fault in faults} == set(CONDITIONS)


def test_every_fault_shows_in_the_truth() -> None:
    """A case that plants nothing to be found would count for nothing."""
    blank = [case.name for case in ALL if bool(expected(case).breaks) != bool(case.faults)]

    assert blank == []


def test_everything_is_measured(audited: tuple[Project, Done]) -> None:
    project, done = audited
    cells, observations = project.csv("cells"), project.csv("observations")
    lacking = observations[observations["status"] != "ok"]

    assert done.code == 0, done.output
    assert set(zip(cells["environment"], cells["setting"], strict=True)) == set(CELLS)
    assert set(cells["status"]) == {"ok"}
    assert len(observations) == len(CELLS) * 2 * len(ALL)
    assert set(lacking["status"]) <= {"unsupported"}
    assert set(lacking["scenario"]) == {case.name for case in ALL if case.api != "build"}


def test_every_planted_break_is_found(scored: Score) -> None:
    assert scored.missed == ()


def test_nothing_is_found_that_was_not_planted(scored: Score) -> None:
    assert scored.false == ()


def test_each_break_is_described_as_it_was_planted(scored: Score) -> None:
    """Its kind, its arrays, the first of them and its element, and what else moved."""
    assert scored.wrong == {}


@pytest.mark.parametrize("table", ["verdicts", "variants", "spans", "events", "settings"])
def test_what_follows_from_the_breaks_is_right_too(scored: Score, table: str) -> None:
    """Counts of comparisons, letters that return, where spans end, who is in an event."""
    assert scored.others[table] == []


def test_the_package_to_blame_is_told_where_the_matrix_tells_it(
    audited: tuple[Project, Done], scored: Score
) -> None:
    """Two packages move at 90.10. In one pair of cells the framework moves alone."""
    events = audited[0].csv("events").set_index("id")
    step = ("packages", "tensorflow", "90.9", "90.10")
    broken = [key for key in scored.planted if key[:4] == step]
    confounded = {key.scenario for key in broken if key.environment_from == OLD}
    alone = {key.scenario for key in broken if key.environment_from == GRID_SECOND} & confounded
    compared = {
        key.scenario
        for name in confounded
        for key in scored.truth[name].comparisons
        if key[:4] == step and key.environment_from == GRID_SECOND
    }

    assert 0 < len(alone) < len(compared) < len(confounded)
    assert events.loc["tensorflow:90.9..90.10", "separate"] == (
        f"scipy: does not move in {GRID_SECOND} → {GRID_BOTH}, "
        f"where this step changes {len(alone)} of the {len(compared)} compared"
    )
    assert set(events["separate"]) - {events.loc["tensorflow:90.9..90.10", "separate"]} == {""}


def test_the_documented_figure_is_the_measured_one(scored: Score) -> None:
    documented = ROOT.joinpath("docs", "planted-truth.md").read_text(encoding="utf-8")

    assert figure(scored) in documented
