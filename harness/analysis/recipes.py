"""Seeding recipes: which there are, how simple each is, and on which levels each holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from harness.analysis.breaks import LEVELS
from harness.analysis.events import event_id
from harness.tables import table

if TYPE_CHECKING:
    from collections.abc import Iterable

FAMILY = "recipes/"


@dataclass(frozen=True)
class Recipe:
    """A seeding practice, in words to follow: `do` as an instruction, `doing` as what is done."""

    scenario: str
    do: str
    doing: str


# What is advised, the simplest first. A person follows the first that is good enough: one call; a
# call per generator; a seed at every initializer, then a different one at each; a file to keep.
ADVISED = (
    Recipe(
        "recipes/set_random_seed",
        "call `keras.utils.set_random_seed(seed)` before you build the model",
        "`keras.utils.set_random_seed`",
    ),
    Recipe(
        "recipes/all_three",
        "seed Python's `random`, NumPy and the framework before you build the model",
        "seeding Python, NumPy and the framework",
    ),
    Recipe(
        "recipes/seed_per_initializer",
        "give every initializer an integer seed",
        "a seed for every initializer",
    ),
    Recipe(
        "recipes/seed_per_layer_path",
        "give every initializer an integer seed of its own, hashed from one seed and the layer's "
        "path",
        "a seed hashed for every layer",
    ),
    Recipe(
        "recipes/weights_from_file",
        "draw the weights once with NumPy's `RandomState`, keep them in a file and load that",
        "loading the weights from a file",
    ),
)

# What leaves a generator unseeded: told where it is not enough.
ONE_GENERATOR = (
    Recipe("recipes/python_only", "seed Python's `random`", "Python's `random`"),
    Recipe("recipes/numpy_only", "seed NumPy", "NumPy's generator"),
    Recipe("recipes/framework_only", "seed the framework", "the framework's generator"),
)
TWO_GENERATORS = Recipe(
    "recipes/numpy_and_framework", "seed NumPy and the framework", "NumPy and the framework"
)

# Examples of the texts that are a seeding practice and initial weights.
TEXTS = (
    "texts/two_instances",
    "texts/seeded_initializer_shared",
    "texts/seeded_initializer_separate",
    "texts/custom_seeded_layer",
)


def is_recipe(scenario: str) -> bool:
    """Whether a scenario is a seeding practice and the initial weights that it gives."""
    return scenario.startswith(FAMILY) or scenario in TEXTS


def recipes(verdicts: pd.DataFrame, breaks: pd.DataFrame) -> pd.DataFrame:
    """One row per recipe and level, in suite order: its verdict, and the steps where it breaks."""
    steps = _steps(breaks)
    columns = ["scenario", "level", "verdict", "compared", "differing", "launches"]
    rows = (
        (scenario, level, *found, "; ".join(steps.get((scenario, level), ())), launches)
        for scenario, level, *found, launches in verdicts[columns]
        .astype(object)
        .itertuples(index=False)
        if is_recipe(scenario) and level in LEVELS
    )
    return table("recipes", ((*row[:-1], None if pd.isna(row[-1]) else row[-1]) for row in rows))


def _steps(breaks: pd.DataFrame) -> dict[tuple[str, str], Iterable[str]]:
    found: dict[tuple[str, str], dict[str, None]] = {}
    chosen = breaks[breaks["scenario"].map(is_recipe).astype(bool)]
    columns = ["scenario", "level", "axis", "from", "to"]
    for scenario, *step in chosen[columns].itertuples(index=False):
        found.setdefault((scenario, step[0]), {})[event_id(*step)] = None
    return dict(found)
