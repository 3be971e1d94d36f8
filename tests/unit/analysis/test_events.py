from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from harness.analysis.differences import NOT_STABLE
from tests.unit.analysis.builder import Recorder, environment, plan
from tests.unit.analysis.reading import rows

if TYPE_CHECKING:
    from pathlib import Path

    from harness.analysis import Results

SUITE = ("s/a", "s/b", "s/c")
PLAN = plan(
    *(environment(f"tf{minor}", tensorflow=f"2.{minor}") for minor in (9, 10, 11)), scenarios=SUITE
)


def draw(seed: int) -> Any:
    return np.random.default_rng(seed).normal(size=50)


def audit(tmp_path: Path) -> Results:
    """`s/a` and `s/c` change at 2.10 → 2.11, `s/b` at 2.9 → 2.10, and `s/c` in every launch."""
    recorder = Recorder(tmp_path)
    seeds = {"tf9": (0, 0, 0), "tf10": (0, 1, 0), "tf11": (1, 1, 1)}
    for name, (a, b, c) in seeds.items():
        for trial in (1, 2):
            recorder.trial(
                name,
                trial,
                {
                    "s/a": {"w": draw(0) * (1 + 4e-16 * a)},
                    "s/b": {"w": draw(b)},
                    "s/c": {"w": draw(c), "noise": draw(int(name[2:]) * 100 + trial)},
                },
                packages={"keras": name, "numpy": name},
            )
    return recorder.analyse(PLAN)


def test_breaks_of_one_step_are_one_event(tmp_path: Path) -> None:
    columns = ("level", "axis", "from", "to", "scenarios", "kinds")
    assert rows(audit(tmp_path).events, *columns) == [
        ("process", "trial", "1", "2", "s/c", "redraw"),
        ("packages", "tensorflow", "2.10", "2.11", "s/a; s/c", "redraw; rounding"),
        ("packages", "tensorflow", "2.9", "2.10", "s/b", "redraw"),
    ]


def test_an_event_has_the_confounders_of_its_breaks_once_each(tmp_path: Path) -> None:
    events = audit(tmp_path).events
    assert rows(events, "confounders", to="2.11") == [
        f"numpy tf10 → tf11; keras tf10 → tf11; {NOT_STABLE}"
    ]
    assert rows(events, "confounders", level="process") == [""]


def test_every_break_is_in_exactly_one_event(tmp_path: Path) -> None:
    results = audit(tmp_path)
    step = ["level", "axis", "from", "to"]
    assert set(rows(results.breaks, *step)) == set(rows(results.events, *step))
    assert not results.events.duplicated(step).any()


def test_steps_that_were_looked_at_without_a_break_are_on_record(tmp_path: Path) -> None:
    steps = rows(audit(tmp_path).comparisons, "from", "to", "scenario", "differs", level="packages")
    assert sorted(steps, key=lambda step: step[2]) == [
        ("2.9", "2.10", "s/a", False),
        ("2.10", "2.11", "s/a", True),
        ("2.9", "2.10", "s/b", True),
        ("2.10", "2.11", "s/b", False),
        ("2.10", "2.11", "s/c", True),
    ]


def test_an_unknown_kind_is_not_listed(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    for seed, name in enumerate(("tf9", "tf10")):
        for trial in (1, 2):
            recorder.trial(name, trial, {"s/a": {"w": draw(seed)}})
    for path in tmp_path.glob("objects/*/*.npy"):
        path.unlink()
    assert rows(recorder.analyse(PLAN).events, "scenarios", "kinds") == [("s/a", "")]
