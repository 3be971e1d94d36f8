from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.analysis.breaks import CONTRADICTION
from tests.unit.analysis.builder import Recorder, environment, plan, rerun
from tests.unit.analysis.reading import rows, verdict
from tests.unit.analysis.values import draw, nudged, runs

if TYPE_CHECKING:
    from pathlib import Path

ENVIRONMENTS = [
    environment("tf9", tensorflow="2.9.3"),
    environment("tf10", tensorflow="2.10.1"),
]
PLAN = plan(*ENVIRONMENTS, scenarios=("s/x",))
STEP = ("level", "axis", "from", "to")


# Between launches.


def test_launches_that_differ_break_at_the_process_level(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    recorder.launches("tf9", *runs({"w": draw(0)}, {"w": draw(0)}, {"w": draw(1)}, {"w": draw(2)}))
    results = recorder.analyse(PLAN)
    columns = (*STEP, "kind", "environment_from", "environment_to", "machine")
    assert rows(results.breaks, *columns) == [
        ("process", "trial", "1", "3", "redraw", "tf9", "tf9", "m1")
    ]
    assert verdict(results.verdicts, "s/x", "process") == ("breaks", 1, 1)


def test_the_first_launch_that_was_ok_is_where_others_are_compared_from(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    recorder.trial("tf9", 1, statuses={"s/x": "timeout"})
    recorder.trial("tf9", 2, arrays={"s/x": {"w": draw(0)}})
    recorder.trial("tf9", 10, arrays={"s/x": {"w": draw(1)}})
    assert rows(recorder.analyse(PLAN).breaks, *STEP) == [("process", "trial", "2", "10")]


def test_arrays_that_come_and_go_between_launches_are_structure(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    recorder.launches("tf9", *runs({"w": draw(0)}, {"w": draw(0), "v": draw(1)}))
    assert rows(recorder.analyse(PLAN).breaks, "level", "kind", "first_index") == [
        ("process", "structure", "v")
    ]


def test_what_moved_between_launches_confounds(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    for trial in (1, 2):
        arrays = {"s/x": {"w": draw(trial)}}
        recorder.trial("tf9", trial, arrays, framework={"intra_threads": trial})
    assert rows(recorder.analyse(PLAN).breaks, "confounders") == ["intra_threads 1 → 2"]


def test_one_launch_leaves_the_process_level_untested(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    recorder.launches("tf9", *runs({"w": draw(0)}))
    assert verdict(recorder.analyse(PLAN).verdicts, "s/x", "process") == ("untested", 0, 0)


# Rebuilt in the same process.


def test_a_rebuild_that_differs_breaks_once_per_place(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    arrays = {"first/w": draw(0), "first/b": draw(1), "second/w": draw(2), "second/b": draw(1)}
    recorder.launches("tf9", *runs(arrays, arrays), relations={"s/x": [rerun(holds=False)]})
    results = recorder.analyse(PLAN)
    columns = (*STEP, "kind", "arrays", "first_index", "environment_from", "environment_to")
    assert rows(results.breaks, *columns) == [
        ("rerun", "rerun", "first", "second", "redraw", 1, "first/w[0,0]", "tf9", "tf9")
    ]
    assert verdict(results.verdicts, "s/x", "rerun") == ("breaks", 1, 1)


def test_a_rebuild_that_agrees_holds(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    arrays = {"first/w": draw(0), "second/w": draw(0), "firstly/w": draw(1)}
    recorder.launches("tf9", *runs(arrays, arrays), relations={"s/x": [rerun()]})
    assert verdict(recorder.analyse(PLAN).verdicts, "s/x", "rerun") == ("holds", 1, 0)


def test_arrays_may_be_called_like_the_group_itself(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    arrays = {"first": draw(0), "second": nudged(draw(0))}
    recorder.launches("tf9", *runs(arrays), relations={"s/x": [rerun(holds=False)]})
    assert rows(recorder.analyse(PLAN).breaks, "kind", "first_index") == [
        ("rounding", "first[4,9]")
    ]


def test_one_launch_whose_rebuild_differs_is_enough(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    for trial, holds in ((1, True), (2, False)):
        arrays = {"first/w": draw(0), "second/w": draw(0 if holds else 1)}
        recorder.trial("tf9", trial, {"s/x": arrays}, relations={"s/x": [rerun(holds=holds)]})
    results = recorder.analyse(PLAN)
    assert rows(results.breaks, *STEP, level="rerun") == [("rerun", "rerun", "first", "second")]


def test_fingerprints_outweigh_a_record_that_says_the_rebuild_agrees(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    arrays = {"first/w": draw(0), "second/w": draw(1)}
    recorder.launches("tf9", *runs(arrays), relations={"s/x": [rerun(holds=True)]})
    assert rows(recorder.analyse(PLAN).breaks, "level", "kind") == [("rerun", "redraw")]


@pytest.mark.parametrize("names", [("first/w", "second/w"), ("a", "b")])
def test_a_record_that_says_the_rebuild_differs_is_believed_without_a_kind(
    tmp_path: Path, names: tuple[str, str]
) -> None:
    recorder = Recorder(tmp_path)
    arrays = dict.fromkeys(names, draw(0))
    recorder.launches("tf9", *runs(arrays), relations={"s/x": [rerun(holds=False)]})
    assert rows(recorder.analyse(PLAN).breaks, "level", "kind", "arrays", "confounders") == [
        ("rerun", "", 0, CONTRADICTION)
    ]


def test_only_relations_at_the_rerun_level_are_rebuilds(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    arrays = {"first/w": draw(0), "second/w": draw(1)}
    relation = {**rerun(holds=False), "level": ""}
    recorder.launches("tf9", *runs(arrays, arrays), relations={"s/x": [relation]})
    results = recorder.analyse(PLAN)
    assert results.breaks.empty
    assert verdict(results.verdicts, "s/x", "rerun") == ("untested", 0, 0)


def test_rebuilds_of_a_failed_run_do_not_count(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    recorder.trial(
        "tf9",
        arrays={"s/x": {"first/w": draw(0), "second/w": draw(1)}},
        statuses={"s/x": "error"},
        relations={"s/x": [rerun(holds=False)]},
    )
    assert recorder.analyse(PLAN).breaks.empty


# All together.


def test_the_strictest_level_comes_first(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    for seed, name in enumerate(("tf9", "tf10")):
        first = {"first/w": draw(seed), "second/w": draw(9), "noise": draw(20 + seed)}
        recorder.launches(
            name,
            *runs(first, {**first, "noise": draw(30 + seed)}),
            relations={"s/x": [rerun(holds=False)]},
        )
    found = rows(recorder.analyse(PLAN).breaks, "level")
    assert found == ["rerun", "rerun", "process", "process", "packages"]


def test_nothing_on_record_is_nothing_broken(tmp_path: Path) -> None:
    results = Recorder(tmp_path).analyse(PLAN)
    assert results.breaks.empty
    assert results.events.empty
    assert set(rows(results.verdicts, "verdict")) == {"untested"}
    assert len(results.verdicts) == 8
