"""What a break is called, what it rests on, and which promise it breaks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from harness.analysis import Scenario
from harness.analysis.breaks import Outcome
from harness.analysis.differences import Difference
from harness.analysis.frames import Where
from tests.unit.analysis.builder import Recorder, environment, plan
from tests.unit.analysis.reading import rows

if TYPE_CHECKING:
    from pathlib import Path

    from harness.analysis import Results

PLAN = plan(
    environment("tf9", tensorflow="2.9.3"),
    environment("tf10", tensorflow="2.10.1"),
    scenarios=("s/x", "s/y", "t/z"),
)


def outcome(level: str = "packages", machine: str = "m1", **changes: object) -> Outcome:
    values: dict[str, object] = {
        "axis": "tensorflow",
        "values": ("2.9.3", "2.10.1"),
        "scenario": "s/x",
        "left": Where("tf9", "default", "cpu", machine),
        "right": Where("tf10", "default", "cpu", machine),
        "difference": Difference("redraw"),
        "launches": 2,
    }
    return Outcome(level=level, **{**values, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("level", "levels", "promised_in", "broken"),
    [
        ("packages", ("packages",), {"tf9", "tf10"}, True),
        ("packages", ("process",), {"tf9", "tf10"}, False),
        ("packages", ("packages",), {"tf9"}, False),  # one side never made it
        ("rerun", ("rerun",), {"tf9", "tf10"}, False),  # its relations are among the claims
    ],
)
def test_a_promise_is_broken_on_its_levels_where_both_versions_make_it(
    level: str, levels: tuple[str, ...], promised_in: set[str], broken: bool
) -> None:
    scenario = Scenario(
        *("s/x", "", "", "", "", False, "frozen", "NEP", levels, frozenset(promised_in))
    )
    assert outcome(level).breaks_promise(scenario) == broken
    assert not outcome(level).breaks_promise(None)


@pytest.mark.parametrize(
    ("levels", "broken"), [({"packages"}, False), ({"packages", "machine"}, True)]
)
def test_between_two_machines_of_one_label_only_a_promise_about_machines_is_broken(
    levels: set[str], broken: bool
) -> None:
    scenario = Scenario(
        *("s/x", "", "", "", "", False, "frozen", "NEP", tuple(levels), frozenset({"tf9", "tf10"}))
    )
    across = outcome(right=Where("tf10", "default", "cpu", "m2"))
    assert across.breaks_promise(scenario) == broken


def test_a_break_has_one_name_on_every_machine_and_in_every_run() -> None:
    assert outcome(machine="m1").id == outcome(machine="m2").id
    assert outcome("process", values=("1", "2")).id == outcome("process", values=("1", "3")).id
    others = [
        outcome(values=("2.9.3", "2.11.1")),
        outcome(scenario="s/y"),
        outcome("python"),
        outcome(left=Where("tf9", "onednn_off", "cpu", "m1")),
    ]
    assert len({each.id for each in (outcome(), *others)}) == 5


def recorded(tmp_path: Path) -> Results:
    """s/x and t/z change between the environments, s/y does not; three launches against two."""
    recorder = Recorder(tmp_path)
    for name, launches, draw in (("tf9", 3, 1.0), ("tf10", 2, 2.0)):
        for trial in range(1, launches + 1):
            same, moved = np.zeros(3, "f4"), np.full(3, draw, "f4")
            arrays = {
                "s/x": {"first": same, "second": same, "third": moved, "fourth": same},
                "s/y": {"w": same},
                "t/z": {"w": moved},
            }
            recorder.trial(name, trial=trial, arrays=arrays)
    return recorder.analyse(PLAN)


def test_a_break_says_what_it_rests_on_and_what_did_not_change(tmp_path: Path) -> None:
    results = recorded(tmp_path)
    columns = ("scenario", "launches", "arrays", "unchanged", "last_unchanged")
    assert rows(results.breaks, *columns) == [
        ("s/x", 2, 1, 3, "second"),
        ("t/z", 2, 1, 0, ""),
    ]
    assert rows(results.variants, "scenario", "environment", "launches")[:2] == [
        ("s/x", "tf9", 3),
        ("s/x", "tf10", 2),
    ]
    verdicts = rows(results.verdicts, "scenario", "level", "launches")
    assert ("s/x", "packages", 2) in verdicts
    assert ("s/x", "machine", None) in verdicts


def test_an_event_names_its_families_and_what_did_not_change_there(tmp_path: Path) -> None:
    results = recorded(tmp_path)
    assert rows(results.events, "id", "families", "violations", "unchanged") == [
        ("tensorflow:2.9.3..2.10.1", "s 1; t 1", 0, "s/y"),
    ]
