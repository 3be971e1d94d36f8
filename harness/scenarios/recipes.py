"""Seeding recipes: what people do to get the same weights again.

Each recipe is applied, a model is built, the recipe is applied again and the model built again in
the same process (the `rerun` level); across launches and cells the same arrays answer the other
levels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import scenario
from .building import dense_pair
from .seeding import (
    seed_all_three,
    seed_framework,
    seed_numpy,
    seed_of_layer,
    seed_python,
)
from .sources import (
    BY_CONSTRUCTION,
    INITIALIZER_SEED,
    NEP_19,
    SET_RANDOM_SEED,
    TEXT_000,
    TEXT_001,
    UNSEEDED,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..probe.context import Run


def _twice(
    run: Run, build: Callable[[], Any], expected: bool | None = None, source: str = ""
) -> None:
    """Record `build()` as `first`, again as `second`, and state whether they must agree."""
    run.weights("first", build())
    run.weights("second", build())
    run.relation("first", "second", expected=expected, source=source, level="rerun")


@scenario("recipes/none", launches="differ", launches_source=UNSEEDED)
def none(run: Run) -> None:
    """No seed at all."""
    _twice(run, lambda: dense_pair(run))


@scenario("recipes/python_only")
def python_only(run: Run) -> None:
    """Seed Python's `random` only."""

    def build() -> Any:
        seed_python(run, run.seed)
        return dense_pair(run)

    _twice(run, build)


@scenario("recipes/numpy_only")
def numpy_only(run: Run) -> None:
    """Seed NumPy's global generator only."""

    def build() -> Any:
        seed_numpy(run, run.seed)
        return dense_pair(run)

    _twice(run, build)


@scenario("recipes/framework_only")
def framework_only(run: Run) -> None:
    """Seed the framework's global generator only (`tf.random.set_seed`)."""

    def build() -> Any:
        seed_framework(run, run.seed)
        return dense_pair(run)

    _twice(run, build)


@scenario(
    "recipes/numpy_and_framework",
    source=TEXT_001,
    launches="same",
    launches_source=TEXT_001,
)
def numpy_and_framework(run: Run) -> None:
    """Seed NumPy and the framework, as text 001 advises."""

    def build() -> Any:
        seed_numpy(run, run.seed)
        seed_framework(run, run.seed)
        return dense_pair(run)

    _twice(run, build, expected=True, source=TEXT_001)


@scenario(
    "recipes/all_three",
    source=TEXT_000,
    launches="same",
    launches_source=SET_RANDOM_SEED,
)
def all_three(run: Run) -> None:
    """Seed Python, NumPy and the framework."""

    def build() -> Any:
        seed_all_three(run, run.seed)
        return dense_pair(run)

    _twice(run, build, expected=True, source=SET_RANDOM_SEED)


@scenario(
    "recipes/set_random_seed",
    source=SET_RANDOM_SEED,
    launches="same",
    launches_source=SET_RANDOM_SEED,
)
def set_random_seed(run: Run) -> None:
    """Call `keras.utils.set_random_seed`."""
    seed = run.api("keras.utils.set_random_seed")

    def build() -> Any:
        seed(run.seed)
        return dense_pair(run)

    _twice(run, build, expected=True, source=SET_RANDOM_SEED)


@scenario(
    "recipes/seed_per_initializer",
    source=INITIALIZER_SEED,
    launches="same",
    launches_source=INITIALIZER_SEED,
)
def seed_per_initializer(run: Run) -> None:
    """Give every initializer the same integer seed; seed nothing globally."""

    def build() -> Any:
        glorot = run.api("keras.initializers.GlorotUniform")
        return dense_pair(run, glorot(seed=run.seed), glorot(seed=run.seed))

    _twice(run, build, expected=True, source=INITIALIZER_SEED)


@scenario(
    "recipes/seed_per_layer_path",
    source="a seed derived by hashing, as counter-based generators do",
    launches="same",
    launches_source=INITIALIZER_SEED,
)
def seed_per_layer_path(run: Run) -> None:
    """Give every layer a seed hashed from one seed and the layer's path."""

    def build() -> Any:
        glorot = run.api("keras.initializers.GlorotUniform")
        return dense_pair(
            run,
            glorot(seed=seed_of_layer(run.seed, "model/0/kernel")),
            glorot(seed=seed_of_layer(run.seed, "model/1/kernel")),
        )

    _twice(run, build, expected=True, source=INITIALIZER_SEED)


@scenario(
    "recipes/weights_from_file",
    source=TEXT_000 + ", last paragraph: save the initial weights and load them",
    launches="same",
    launches_source=NEP_19,
)
def weights_from_file(run: Run) -> None:
    """Draw the weights once, keep them in an .npz file, load them into every model."""
    numpy = run.numpy
    frozen = numpy.random.RandomState(run.seed)
    path = run.path("initial_weights.npz")
    shapes = [weight.shape for weight in dense_pair(run).get_weights()]
    drawn = [frozen.uniform(-0.5, 0.5, shape).astype("float32") for shape in shapes]
    numpy.savez(path, *drawn)

    def build() -> Any:
        model = dense_pair(run)
        with numpy.load(path) as stored:
            model.set_weights([stored[key] for key in stored.files])
        return model

    _twice(run, build, expected=True, source=BY_CONSTRUCTION)
