from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from harness.analysis.breaks import LEVELS
from tests.unit.analysis.builder import Recorder, declared, environment, plan
from tests.unit.analysis.reading import rows, verdict

if TYPE_CHECKING:
    from pathlib import Path

ENVIRONMENTS = [environment(f"tf{minor}", tensorflow=f"2.{minor}") for minor in (9, 10, 11)]


def test_there_is_a_verdict_per_scenario_and_level_in_suite_order(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    recorder.trial("tf9", arrays={"s/unplanned": {"w": np.zeros(3)}})
    frame = recorder.analyse(plan(*ENVIRONMENTS, scenarios=("s/b", "s/a"))).verdicts
    names = ("s/b", "s/a", "s/unplanned")
    assert rows(frame, "scenario", "level") == [(name, level) for name in names for level in LEVELS]


def test_one_difference_among_agreements_breaks_the_level(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    for name, value in (("tf9", 0.0), ("tf10", 0.0), ("tf11", 1.0)):
        arrays = {"s/a": {"w": np.full(3, value)}}
        recorder.launches(name, arrays, arrays)
    frame = recorder.analyse(plan(*ENVIRONMENTS)).verdicts
    assert verdict(frame, "s/a", "packages") == ("breaks", 2, 1)
    assert verdict(frame, "s/a", "process") == ("holds", 3, 0)
    assert verdict(frame, "s/a", "machine") == ("untested", 0, 0)


def test_a_negative_control_is_reported_as_measured(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    recorder.launches(
        "tf9",
        {"controls/unseeded": {"w": np.zeros(3)}},
        {"controls/unseeded": {"w": np.ones(3)}},
        scenarios={"controls/unseeded": declared("differ", control=True)},
    )
    frame = recorder.analyse(plan(*ENVIRONMENTS)).verdicts
    assert verdict(frame, "controls/unseeded", "process") == ("breaks", 1, 1)
