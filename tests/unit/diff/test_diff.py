"""Any two cells side by side: which ones a name means, what differs, and how it is shown."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console
from typer.testing import CliRunner

from harness.cli import app
from harness.diff.compare import Diff, compare
from harness.diff.page import page
from harness.diff.sides import SideError, pairs, side
from harness.diff.terminal import print_diff
from harness.errors import ExitCode
from tests.unit.analysis.builder import Recorder, relation

X = "recipes/x"
LAST = np.nextafter(np.float32(1.0), np.float32(2.0))
EVIL = "<script>alert(1)</script>\x1b[31m[bold]"


@pytest.fixture
def recorder(tmp_path: Path) -> Recorder:
    return Recorder(tmp_path / "reports" / "data")


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    return tmp_path / "reports"


Compared = Callable[..., Diff]


@pytest.fixture
def compared(recorder: Recorder, reports: Path) -> Compared:
    def compared(a: str = "old", b: str = "new", **options: Any) -> Diff:
        (pair,) = pairs(side(a, reports), side(b, reports)).pairs
        return compare(*pair, **options)

    return compared


def both(recorder: Recorder, left: Any, right: Any, **facts: Any) -> None:
    """Two launches of `old` and of `new`, each with these arrays."""
    recorder.launches("old", left, left, **facts)
    recorder.launches("new", right, right, **facts)


def outcomes(diff: Diff) -> dict[str, str]:
    return {row.scenario: row.outcome for row in diff.scenarios}


def test_one_value_apart_is_said_with_its_place_and_distance(
    recorder: Recorder, compared: Compared
) -> None:
    both(recorder, {X: {"w": np.ones(3, "f4")}}, {X: {"w": np.array([1, 1, LAST], "f4")}})
    (row,) = compared().scenarios

    assert (row.outcome, row.kind, row.max_ulp) == ("differs", "rounding", 1)
    assert (row.first_index, row.arrays, row.unchanged) == ("w[2]", 1, 0)


def test_every_scenario_has_an_outcome(recorder: Recorder, compared: Compared) -> None:
    same, other = {"w": np.zeros(2)}, {"w": np.ones(2)}
    names = [f"own/{each}" for each in ("same", "left", "right", "gone", "differs", "moves")]
    kept, left, right, gone, differs, moves = names
    for name, trial, mine in (
        ("old", 1, left),
        ("old", 2, left),
        ("new", 1, right),
        ("new", 2, right),
    ):
        drawn = same if (name, trial) == ("old", 1) else other
        arrays = {kept: same, mine: same, differs: same if name == "old" else other, moves: drawn}
        recorder.trial(name, trial, arrays, statuses={gone: "unsupported"})

    assert outcomes(compared()) == {
        kept: "same",
        left: "only on A",
        right: "only on B",
        gone: "on neither",
        differs: "differs",
        moves: "not comparable",
    }


def test_the_worst_kind_comes_first_and_the_farthest_of_a_kind(
    recorder: Recorder, compared: Compared
) -> None:
    ones = np.ones(3, "f4")
    near, far = ones * LAST, ones * np.float32(1 + 4e-7)
    both(
        recorder,
        {"own/a": {"w": ones}, "own/b": {"w": ones}, "own/c": {"w": ones}, "own/d": {"w": ones}},
        {"own/a": {"w": ones}, "own/b": {"w": near}, "own/c": {"w": far}, "own/d": {"v": ones}},
    )

    assert [row.scenario for row in compared().scenarios] == ["own/d", "own/c", "own/b", "own/a"]


def test_facts_that_differ_are_counted_before_anything_is_said(
    recorder: Recorder, compared: Compared
) -> None:
    arrays = {X: {"w": np.zeros(1)}}
    for name, version in (("old", "1"), ("new", "2")):
        packages = {"numpy": version, "keras": version, "six": "1"}
        recorder.launches(name, arrays, arrays, packages=packages, variables={"TF_X": version})
    diff = compared()

    assert [(row.name, row.a, row.b) for row in diff.facts] == [
        ("keras", "1", "2"),
        ("numpy", "1", "2"),
        ("TF_X", "1", "2"),
    ]
    assert diff.cause.startswith("3 recorded facts differ (2 of the packages, 1 of the environ")
    assert "no single one" in diff.cause


@pytest.mark.parametrize(
    ("packages", "cause"),
    [({"numpy": "1"}, "Nothing else on record"), ({"numpy": "2"}, "One recorded fact alone")],
)
def test_where_a_cause_can_be_told_it_is(
    recorder: Recorder, compared: Compared, packages: dict[str, str], cause: str
) -> None:
    arrays = {X: {"w": np.zeros(1)}}
    recorder.launches("old", arrays, arrays, packages={"numpy": "1"})
    recorder.launches("new", arrays, arrays, packages=packages)

    assert compared().cause.startswith(cause)


def test_a_relation_that_comes_out_otherwise_is_listed(
    recorder: Recorder, compared: Compared
) -> None:
    arrays = {X: {"a/w": np.zeros(1), "b/w": np.zeros(1)}}
    for name, holds in (("old", True), ("new", False)):
        stated = {X: [relation("a == b", True, holds), relation("b == a", True, True)]}
        recorder.launches(name, arrays, arrays, relations=stated)
    (row,) = compared().relations

    assert (row.relation, row.a, row.b) == ("a == b", "holds", "does not hold")


def test_another_suite_and_a_single_launch_are_said(recorder: Recorder, compared: Compared) -> None:
    recorder.trial("old", 1, {X: {"w": np.zeros(1)}}, suite="one")
    recorder.trial("new", 1, {X: {"w": np.zeros(1)}}, suite="two")
    notes = compared().notes

    assert [note[:9] for note in notes] == ["Measured ", "A has one", "B has one"]


def test_patterns_choose_scenarios(recorder: Recorder, compared: Compared) -> None:
    arrays = {X: {"w": np.zeros(1)}, "own/y": {"w": np.zeros(1)}}
    both(recorder, arrays, arrays)

    assert outcomes(compared(patterns=("own/*",))) == {"own/y": "same"}


def test_what_a_name_leaves_open_must_agree(recorder: Recorder, reports: Path) -> None:
    for name, settings in (("old", ("default", "x")), ("new", ("default", "x", "y"))):
        for setting in settings:
            recorder.trial(name, 1, setting=setting)
    found = pairs(side("old", reports), side("new", reports))

    assert [(one.id, other.id) for one, other in found.pairs] == [
        ("old.default.cpu", "new.default.cpu"),
        ("old.x.cpu", "new.x.cpu"),
    ]
    assert found.only_right == ("new.y.cpu on m1",)


def test_two_runs_are_compared_cell_by_cell_from_their_own_arrays(
    recorder: Recorder, reports: Path, tmp_path: Path
) -> None:
    other = Recorder(tmp_path / "other" / "data")
    recorder.trial("old", 1, {X: {"w": np.ones(2, "f4")}})
    other.trial("old", 1, {X: {"w": np.full(2, LAST, "f4")}}, machine="m2")
    found = pairs(side(f"run:{reports}", reports), side(str(tmp_path / "other"), reports))
    (row,) = compare(*found.pairs[0]).scenarios

    assert (row.kind, row.max_ulp) == ("rounding", 1)


@pytest.mark.parametrize(("a", "b"), [("m1", "m2"), ("desk", "m2"), ("old@m1", "old@m2")])
def test_machines_are_compared_by_id_and_by_label(
    recorder: Recorder, reports: Path, a: str, b: str
) -> None:
    recorder.trial("old", 1, machine={"id": "m1", "label": "desk"})
    recorder.trial("old", 1, machine={"id": "m2", "label": "rack"})
    ((one, other),) = pairs(side(a, reports), side(b, reports)).pairs

    assert (one.where.machine, other.where.machine) == ("m1", "m2")


def test_a_name_that_means_nothing_is_refused_with_what_there_is(
    recorder: Recorder, reports: Path
) -> None:
    recorder.trial("old", 1)

    with pytest.raises(SideError, match="environments old on the machines m1"):
        side("nothing", reports)


def test_a_cell_and_itself_are_refused(recorder: Recorder, reports: Path) -> None:
    recorder.trial("old", 1)

    with pytest.raises(SideError, match="the same cell"):
        pairs(side("old", reports), side("old.default.cpu", reports))


def hostile(recorder: Recorder) -> None:
    arrays = {X: {"w": np.zeros(1)}}
    machine = {"id": "m1", "cpu": EVIL}
    recorder.trial(
        "old", 1, arrays, packages={EVIL: EVIL}, machine=machine, end="error", message=EVIL
    )
    recorder.trial("new", 1, {X: {"w": np.ones(1)}})


def test_words_from_records_are_escaped_on_the_page(recorder: Recorder, compared: Compared) -> None:
    hostile(recorder)
    text = page([compared()])

    assert "<script" not in text
    assert "&lt;script&gt;" in text
    assert "\x1b" not in text


def test_words_from_records_cannot_speak_to_the_terminal(
    recorder: Recorder, compared: Compared
) -> None:
    hostile(recorder)
    out = io.StringIO()
    print_diff(compared(), Console(file=out, width=200, force_terminal=True))

    assert "\x1b[31m" not in out.getvalue()
    assert "[bold]" in out.getvalue()


def test_the_page_has_every_scenario_that_is_not_the_same(
    recorder: Recorder, compared: Compared
) -> None:
    both(recorder, {X: {"w": np.zeros(1)}}, {X: {"w": np.ones(1)}, "own/y": {"w": np.ones(1)}})
    text = page([compared()])

    assert re.findall(r'data-outcome="(.*?)"', text) == ["differs", "only on B"]
    assert "Of 2 scenarios: 1 differ, 1 are on B alone." in text


def test_the_command_prints_json_and_writes_a_page(
    recorder: Recorder, reports: Path, tmp_path: Path
) -> None:
    both(recorder, {X: {"w": np.zeros(1)}}, {X: {"w": np.ones(1)}})
    html = tmp_path / "diff.html"
    arguments = ["diff", "old", "new", "--reports", str(reports), "--json", "--html", str(html)]
    done = CliRunner().invoke(app, arguments)
    (pair,) = json.loads(done.stdout)["pairs"]

    assert done.exit_code == ExitCode.HOLDS
    assert pair["scenarios"][0]["outcome"] == "differs"
    assert "<!doctype html>" in html.read_text("utf-8")


def test_a_pattern_that_matches_nothing_is_refused(recorder: Recorder, reports: Path) -> None:
    both(recorder, {X: {"w": np.zeros(1)}}, {X: {"w": np.zeros(1)}})
    arguments = ["diff", "old", "new", "--reports", str(reports), "--scenario", "none/*"]

    assert CliRunner().invoke(app, arguments).exit_code == ExitCode.USAGE
