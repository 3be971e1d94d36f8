from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from harness.probe import schema
from tests.unit.analysis.builder import Recorder, declared, environment, plan, relation
from tests.unit.analysis.reading import rows

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

UNSEEDED, ANOTHER = "controls/unseeded", "controls/another_seed"
CONTROLS = {
    UNSEEDED: declared("differ", control=True),
    ANOTHER: declared(control=True),
}
PLAN = plan(environment("tf1", tensorflow="2.9.3"), scenarios=("s/x", UNSEEDED, ANOTHER))


def audit(
    tmp_path: Path,
    unseeded: Sequence[int | None],
    another: bool | None = False,
    expected: bool | None = False,
) -> tuple[str, ...]:
    """What voids an audit, from what unseeded launches gave and how the other control came out."""
    recorder = Recorder(tmp_path)
    for trial, value in enumerate(unseeded, 1):
        arrays: dict[str, Any] = {"s/x": {"w": np.zeros(3)}}
        if value is not None:
            arrays[UNSEEDED] = {"w": np.full(3, value)}
        if another is not None:
            arrays[ANOTHER] = {"a/w": np.zeros(3), "b/w": np.ones(3)}
        statuses = {name: "unsupported" for name in CONTROLS if name not in arrays}
        recorder.trial(
            trial=trial,
            arrays=arrays,
            statuses=statuses,
            scenarios=CONTROLS,
            relations={ANOTHER: [relation("a == b", expected, bool(another))]},
        )
    return recorder.analyse(PLAN).void


def test_controls_that_come_out_void_nothing(tmp_path: Path) -> None:
    assert audit(tmp_path, [1, 2]) == ()


def test_a_control_whose_relation_holds_against_expectation_voids(tmp_path: Path) -> None:
    assert audit(tmp_path, [1, 2], another=True) == (
        "controls/another_seed: a == b must not hold, but does in tf1.default.cpu on m1.",
    )


def test_a_relation_of_a_control_that_nobody_expects_voids_nothing(tmp_path: Path) -> None:
    assert audit(tmp_path, [1, 2], another=True, expected=None) == ()


def test_a_relation_that_should_hold_and_does_not_voids(tmp_path: Path) -> None:
    assert audit(tmp_path, [1, 2], expected=True) == (
        "controls/another_seed: a == b must hold, but does not in tf1.default.cpu on m1.",
    )


@pytest.mark.parametrize("values", [[1, 1], [1, 2, 1], [1, 2, 2, 3]])
def test_unseeded_launches_of_which_two_agree_void(tmp_path: Path, values: list[int]) -> None:
    assert audit(tmp_path, values) == (
        "controls/unseeded: launches must differ, but two gave the same in tf1.default.cpu on m1.",
    )


def test_one_launch_does_not_show_that_launches_agree(tmp_path: Path) -> None:
    assert audit(tmp_path, [1]) == ()


def test_a_control_that_should_agree_and_does_not_voids(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    recorder.launches(
        "tf1",
        *({"controls/same": {"w": np.full(3, trial)}} for trial in (1, 2)),
        scenarios={"controls/same": declared("same", control=True)},
    )
    assert recorder.analyse(PLAN).void == (
        "controls/same: launches must agree, but two differ in tf1.default.cpu on m1.",
    )


def test_a_control_that_never_ran_where_others_did_voids(tmp_path: Path) -> None:
    assert audit(tmp_path, [None, None]) == (
        "controls/unseeded: this control never ran in tf1.default.cpu on m1, "
        "where other scenarios did.",
    )


def test_a_control_that_ran_in_one_launch_is_not_silent(tmp_path: Path) -> None:
    assert audit(tmp_path, [1, None]) == ()


def test_a_control_that_another_cell_knows_is_missed(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    x = {"s/x": {"w": np.zeros(3)}}
    recorder.trial(
        "tf1", arrays={**x, UNSEEDED: {"w": np.ones(3)}}, scenarios=CONTROLS | {ANOTHER: declared()}
    )
    recorder.trial("tf2", arrays=x)
    environments = [environment(name, tensorflow=name[2:]) for name in ("tf1", "tf2")]
    results = recorder.analyse(plan(*environments, scenarios=("s/x", UNSEEDED)))
    assert results.void == (
        "controls/unseeded: this control never ran in tf2.default.cpu on m1, "
        "where other scenarios did.",
    )


def test_a_control_left_out_of_the_plan_and_of_the_record_is_not_missed(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    recorder.trial(arrays={"s/x": {"w": np.zeros(3)}})
    assert recorder.analyse(PLAN).void == ()


def test_where_nothing_ran_no_control_is_missed(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    recorder.trial(
        statuses={"s/x": "error", UNSEEDED: "error", ANOTHER: "error"}, scenarios=CONTROLS
    )
    assert recorder.analyse(PLAN).void == ()


def test_scenarios_that_are_no_controls_void_nothing(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    arrays = {"s/x": {"a/w": np.zeros(3)}}
    recorder.launches(
        "tf1",
        arrays,
        arrays,
        scenarios={"s/x": declared("differ")},
        relations={"s/x": [relation("a == b", True, False)]},
    )
    assert recorder.analyse(PLAN).void == ()


@pytest.mark.parametrize(("launches", "expected"), [("same", True), ("differ", False), ("", None)])
def test_every_scenario_says_whether_its_launches_agree(
    tmp_path: Path, launches: str, expected: bool | None
) -> None:
    recorder = Recorder(tmp_path)
    same = {"s/x": {"w": np.zeros(3)}}
    recorder.launches("tf1", same, same, scenarios={"s/x": declared(launches)})
    columns = ("trial", "relation", "expected", "holds", "source")
    assert rows(recorder.analyse(PLAN).relations, *columns) == [
        (None, "launches agree", expected, True, "a promise" if launches else "")
    ]


def test_one_launch_agrees_with_nothing(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    recorder.trial(arrays={"s/x": {"w": np.zeros(3)}}, scenarios={"s/x": declared("same")})
    assert recorder.analyse(PLAN).relations.empty


def test_where_only_controls_ran_none_of_them_is_missed(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    recorder.trial(arrays={UNSEEDED: {"w": np.zeros(3)}}, scenarios=CONTROLS)
    assert recorder.analyse(PLAN).void == ()


def test_a_control_that_neither_plan_nor_cell_asks_for_is_not_missed(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    x = {"s/x": {"w": np.zeros(3)}}
    both = {**x, UNSEEDED: {"w": np.ones(3)}}
    recorder.trial("tf1", arrays=both, scenarios={UNSEEDED: CONTROLS[UNSEEDED]})
    recorder.trial("tf2", arrays=x)
    environments = [environment(name, tensorflow=name[2:]) for name in ("tf1", "tf2")]
    assert recorder.analyse(plan(*environments, scenarios=("s/x",))).void == ()


def test_relations_of_a_control_that_failed_void_nothing(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    recorder.trial(
        arrays={ANOTHER: {"a/w": np.zeros(3)}},
        statuses={ANOTHER: "error"},
        scenarios={ANOTHER: CONTROLS[ANOTHER]},
        relations={ANOTHER: [relation("a == b", False, True)]},
    )
    assert recorder.analyse(PLAN).void == ()


@pytest.mark.parametrize("refused", [True, False])
def test_a_control_that_the_framework_refused_to_run_unseeded_is_not_missed(
    tmp_path: Path, refused: bool
) -> None:
    recorder = Recorder(tmp_path)
    for trial in (1, 2):
        path = recorder.trial(
            "tf1",
            trial,
            {"s/x": {"w": np.zeros(3)}},
            statuses={UNSEEDED: "unsupported"},
            scenarios=CONTROLS,
        )
        if refused:
            said = f'"message": "RuntimeError: {schema.REFUSED_UNSEEDED}. Please"'
            text = path.read_text(encoding="utf-8").replace('"message": "why"', said)
            path.write_text(text, encoding="utf-8")
    void = recorder.analyse(PLAN).void
    missed = [each for each in void if each.startswith(f"{UNSEEDED}: this control never ran")]
    assert bool(missed) is not refused


def test_launches_are_held_against_what_their_own_version_promises(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    for version, launches in (("old", ""), ("new", "same")):
        for trial in (1, 2):
            recorder.trial(
                version,
                trial,
                {"recipes/x": {"w": np.full(3, float(trial))}},
                scenarios={"recipes/x": declared(launches)},
            )
    versions = (environment("old", tensorflow="2.6"), environment("new", tensorflow="2.7"))

    found = recorder.analyse(plan(*versions)).relations

    assert rows(found, "environment", "expected") == [("old", None), ("new", True)]
