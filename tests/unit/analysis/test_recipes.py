from __future__ import annotations

from pathlib import Path

import numpy as np

from harness.analysis.recipes import (
    ADVISED,
    FAMILY,
    ONE_GENERATOR,
    TEXTS,
    TWO_GENERATORS,
    is_recipe,
)
from harness.plan import load_plan
from tests.unit.analysis.builder import Recorder, environment, plan
from tests.unit.analysis.reading import rows

SUITE = load_plan(Path(__file__).parents[3] / "matrix.yaml").scenarios

# Recipes of the suite that nobody would follow: no seed, and the ends of the range of seeds.
NOT_ADVISED = {"recipes/none"} | {each for each in SUITE if each.startswith("recipes/global_seed_")}


def test_every_recipe_of_the_suite_is_advised_warned_of_or_neither_on_purpose() -> None:
    told = {each.scenario for each in (*ADVISED, *ONE_GENERATOR, TWO_GENERATORS)}
    family = {each for each in SUITE if each.startswith(FAMILY)}
    assert told | NOT_ADVISED == family
    assert not told & NOT_ADVISED
    assert set(TEXTS) <= set(SUITE)


def test_training_is_no_recipe() -> None:
    assert is_recipe("texts/two_instances")
    assert not is_recipe("texts/global_seeds_training")
    assert not is_recipe("layers/dense")


def test_a_recipe_has_a_row_per_level_with_the_steps_where_it_breaks(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    given = {"tf9": (0, 0), "tf10": (1, 0), "tf11": (2, 0)}
    for name, letters in given.items():
        for trial in (1, 2):
            arrays = {
                scenario: {"w": np.full(3, float(letter))}
                for scenario, letter in zip(("recipes/x", "layers/y"), letters, strict=True)
            }
            recorder.trial(name, trial, arrays)
    planned = plan(*(environment(name, tensorflow=f"2.{name[2:]}") for name in given))

    found = recorder.analyse(planned).recipes

    columns = ("recipe", "verdict", "compared", "differing", "breaks_at", "launches")
    steps = "tensorflow:2.9..2.10; tensorflow:2.10..2.11"
    assert rows(found, *columns, level="packages") == [("recipes/x", "breaks", 2, 2, steps, 2)]
    assert rows(found, *columns, level="process") == [("recipes/x", "holds", 3, 0, "", 2)]
    assert rows(found, *columns, level="device") == [("recipes/x", "untested", 0, 0, "", None)]
    assert len(found) == 8
