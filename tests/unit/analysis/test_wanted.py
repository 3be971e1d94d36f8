"""What is compared elsewhere comes out as if it had been compared here."""

from __future__ import annotations

import dataclasses
import pickle
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from harness.analysis import analyse
from harness.analysis.wanted import Share, Wanted
from harness.collect import collect
from harness.store import Store
from tests.unit.analysis.builder import Recorder, environment, plan, rerun

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.analysis import Results
    from harness.analysis.wanted import Answers

PLAN = plan(*(environment(f"tf{n}", tensorflow=f"2.{n}.0") for n in range(4)))


@pytest.fixture
def recorder(tmp_path: Path) -> Recorder:
    """Steps that differ and steps that do not, launches and rebuilds that differ."""
    found = Recorder(tmp_path / "data")
    draw = np.random.default_rng(7)
    for version in range(4):
        for trial in (1, 2):
            first = draw.standard_normal((2, 8, 3)).astype(np.float32)
            found.trial(
                f"tf{version}",
                trial,
                {
                    "s/drawn": {"w": np.full(5, version // 2, np.float32), "b": np.zeros(3)},
                    "s/unseeded": {"w": first[0], "n": np.arange(4)},
                    "s/rebuilt": {"first/w": np.ones(3), "second/w": np.ones(3) * (version + 1)},
                    "s/same": {"w": np.array([np.nan, -0.0])},
                    "s/sometimes": {"w": np.ones(3) * (version if trial == 2 else 0)},
                },
                relations={"s/rebuilt": [rerun(holds=version == 0)]},
            )
    return found


def shared(recorder: Recorder, number: int, given: list[Share]) -> Callable[..., Results]:
    """An analysis whose comparisons are made in so many shares; the stored arrays are then gone."""

    def elsewhere(wanted: Wanted) -> Callable[[], Answers]:
        def answers() -> Answers:
            given.extend(wanted.shares(number))
            store = Store(recorder.data / "objects")
            sent = [pickle.loads(pickle.dumps(share)) for share in given]
            found = [answer for share in sent for answer in share.answers(store)]
            shutil.rmtree(store.objects)
            return dict(zip(wanted.comparisons, pickle.loads(pickle.dumps(found)), strict=True))

        return answers

    return lambda: analyse(collect(recorder.data), PLAN, elsewhere=elsewhere)


@pytest.mark.parametrize("number", [1, 3, 1_000])
def test_nothing_is_measured_here_and_everything_is_the_same(
    recorder: Recorder, number: int
) -> None:
    alone = recorder.analyse(PLAN)
    given: list[Share] = []
    results = shared(recorder, number, given)()

    assert set(alone.breaks["level"]) == {"rerun", "process", "packages"}
    assert "array bytes missing" not in " ".join(alone.breaks["confounders"])
    for field in dataclasses.fields(alone):
        here, there = (getattr(each, field.name) for each in (alone, results))
        if isinstance(here, pd.DataFrame):
            pd.testing.assert_frame_equal(here, there)
        else:
            assert here == there
    assert len(given) == {1: 1, 3: 3}.get(number, sum(len(each.comparisons) for each in given))


def test_a_share_has_each_array_it_needs_once_and_no_other(recorder: Recorder) -> None:
    given: list[Share] = []
    shared(recorder, 4, given)()

    for share in given:
        positions = [each for result in share.results.values() for each in result]
        assert set(positions) == set(range(len(share.arrays)))
        assert len(set(share.arrays)) == len(share.arrays)
    every = [each for share in given for each in share.comparisons]
    assert len(set(every)) == len(every)


def test_what_is_not_answered_is_compared_here(recorder: Recorder) -> None:
    alone = recorder.analyse(PLAN)
    results = analyse(collect(recorder.data), PLAN, elsewhere=lambda _: dict)

    pd.testing.assert_frame_equal(alone.breaks, results.breaks)
