"""What each setting came to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from harness.plan import Cell
from tests.unit.analysis.builder import MACHINE, Recorder, environment, plan
from tests.unit.analysis.reading import rows

if TYPE_CHECKING:
    from pathlib import Path

PLAN = plan(environment("tf1", tensorflow="2.9.3"), settings=("default", "other"))
ONE, TWO = np.zeros(3), np.ones(3)


@pytest.fixture
def recorder(tmp_path: Path) -> Recorder:
    return Recorder(tmp_path)


def result(value: Any) -> dict[str, dict[str, Any]]:
    return {"s/x": {"w": value}, "s/y": {"w": ONE}}


def other(recorder: Recorder, *launches: Any, **facts: Any) -> None:
    recorder.launches("tf1", *(map(result, launches or (ONE, ONE))), setting="other", **facts)


def came_to(recorder: Recorder) -> list[Any]:
    found = recorder.analyse(PLAN).settings
    return rows(found, "effect", "changed", "compared", "differing")


def test_what_changes_a_result_changed_results(recorder: Recorder) -> None:
    recorder.launches("tf1", result(ONE), result(ONE))
    other(recorder, TWO, TWO)
    assert came_to(recorder) == [("changed results", "", 2, 1)]


def test_what_is_in_force_otherwise_took_effect_though_results_are_the_same(
    recorder: Recorder,
) -> None:
    recorder.launches("tf1", result(ONE), result(ONE), framework={"onednn": "on", "gpus": 0})
    other(recorder, framework={"onednn": "off", "gpus": 0})
    assert came_to(recorder) == [("took effect, same results", "onednn on → off", 2, 0)]


def test_a_variable_alone_is_no_effect(recorder: Recorder) -> None:
    recorder.launches("tf1", result(ONE), result(ONE))
    other(recorder, variables={"TF_ENABLE_ONEDNN_OPTS": "0"})
    assert came_to(recorder) == [("no effect", "", 2, 0)]


def test_another_start_method_is_no_effect(recorder: Recorder) -> None:
    recorder.launches("tf1", result(ONE), result(ONE), framework={"start_method": "fork"})
    other(recorder, framework={"start_method": "spawn"})
    assert came_to(recorder) == [("no effect", "", 2, 0)]


def test_a_list_that_lost_words_says_which(recorder: Recorder) -> None:
    recorder.launches(
        "tf1", result(ONE), result(ONE), framework={"numpy_simd": "SSE42 AVX2 AVX512F"}
    )
    other(recorder, framework={"numpy_simd": "SSE42"})
    assert came_to(recorder)[0][1] == "numpy_simd without AVX2 AVX512F"


def test_a_fact_on_one_side_only_is_absent_on_the_other(recorder: Recorder) -> None:
    recorder.launches("tf1", result(ONE), result(ONE), framework={"a": "1"})
    other(recorder, framework={"b": "2"})
    assert came_to(recorder)[0][1] == "a 1 → absent; b absent → 2"


def test_what_launches_disagree_on_anyway_is_no_change(recorder: Recorder) -> None:
    recorder.launches("tf1", result(ONE), result(TWO))
    other(recorder, ONE * 3, TWO * 3)
    assert came_to(recorder) == [("no effect", "", 1, 0)]


@pytest.mark.parametrize("steady", ["default", "other"])
def test_launches_that_agree_in_one_of_the_two_only_are_a_change(
    recorder: Recorder, steady: str
) -> None:
    for setting, facts in (("default", {"threads": 2}), ("other", {"threads": 1})):
        second = ONE if setting == steady else TWO
        recorder.launches("tf1", result(ONE), result(second), setting=setting, framework=facts)
    assert came_to(recorder) == [("changed results", "threads 2 → 1", 2, 1)]


def test_a_race_that_came_out_alike_by_chance_is_not_the_setting_s_doing(
    recorder: Recorder,
) -> None:
    recorder.launches("tf1", result(ONE), result(TWO))
    other(recorder, ONE, ONE)
    assert came_to(recorder) == [("no effect", "", 1, 0)]


@pytest.mark.parametrize("missing", ["default", "other"])
def test_one_setting_alone_is_not_measured(recorder: Recorder, missing: str) -> None:
    there = "other" if missing == "default" else "default"
    recorder.launches("tf1", result(ONE), result(ONE), setting=there)
    assert came_to(recorder) == [("not measured", "", 0, 0)]


def test_one_launch_each_is_not_measured(recorder: Recorder) -> None:
    recorder.trial("tf1", arrays=result(ONE))
    recorder.trial("tf1", arrays=result(TWO), setting="other")
    assert came_to(recorder) == [("not measured", "", 0, 0)]


def test_an_excluded_setting_is_there_and_not_measured(recorder: Recorder) -> None:
    cells = [Cell("tf1", "default", "cpu"), Cell("tf1", "other", "cpu", excluded="no such thing")]
    recorder.launches("tf1", result(ONE), result(ONE))
    excluded = plan(PLAN.environments[0], settings=("default", "other"), cells=cells)
    found = recorder.analyse(excluded).settings
    assert rows(found, "setting", "machine", "effect") == [("other", "", "not measured")]


def test_each_environment_and_machine_has_its_row(recorder: Recorder) -> None:
    two = plan(environment("tf1", a="1"), environment("tf2", a="2"), settings=("default", "other"))
    for name in ("tf1", "tf2"):
        for setting in ("default", "other"):
            recorder.launches(name, result(ONE), result(ONE), setting=setting)
    recorder.launches("tf1", result(ONE), result(ONE), machine="m2")
    other(recorder, TWO, TWO, machine="m2")
    found = recorder.analyse(two).settings
    assert rows(found, "environment", "machine", "effect") == [
        ("tf1", MACHINE, "no effect"),
        ("tf1", "m2", "changed results"),
        ("tf2", MACHINE, "no effect"),
    ]


def test_a_fixed_hash_seed_took_effect(recorder: Recorder) -> None:
    recorder.launches("tf1", result(ONE), result(ONE))  # the builder gives each launch its own
    for trial in (1, 2):
        path = recorder.trial("tf1", trial, result(ONE), setting="other")
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace(f'"hash_seed": "{trial}000"', '"hash_seed": "0"'), "utf-8")
    assert came_to(recorder) == [
        ("took effect, same results", "hash_seed one per launch → 0", 2, 0)
    ]


def test_one_setting_is_compared_with_nothing(recorder: Recorder) -> None:
    recorder.launches("tf1", result(ONE), result(ONE))
    assert recorder.analyse(plan(environment("tf1"))).settings.empty
