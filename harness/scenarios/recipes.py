"""Seeding recipes: what people do to get the same weights again.

Each recipe is applied, a model is built, the recipe is applied again and the model built again in
the same process (the `rerun` level); across launches and cells the same arrays answer the other
levels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import scenario
from .building import GLOROT, dense_pair, glorot_uniform
from .seeding import (
    equally_seeded,
    reseeded,
    seed_all_three,
    seed_everything,
    seed_framework,
    seed_numpy,
    seed_of_layer,
    seed_python,
)
from .sources import (
    BY_CONSTRUCTION,
    DETERMINISTIC_INITIALIZER,
    PROGRAM_SEEDED,
    RANDOM_STATE,
    SET_RANDOM_SEED,
    TEXT_000,
    TEXT_001,
    UNSEEDED,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..probe.context import Run


def _twice(run: Run, build: Callable[[], Any], **expectation: Any) -> None:
    """Record `build()` as `first`, again as `second`, and state whether they agree.

    expectation: `expected` and `source`, where somebody says that they must.
    """
    run.weights("first", build())
    run.weights("second", build())
    run.relation("first", "second", level="rerun", **expectation)


@scenario("recipes/none", launches="differ", launches_source=UNSEEDED)
def none(run: Run) -> None:
    """No seed at all.

    It must differ, between launches and within one; where it does not, something else is seeded.
    """
    _twice(run, lambda: dense_pair(run))


@scenario("recipes/python_only")
def python_only(run: Run) -> None:
    """Seed Python's `random` only.

    Default initializers take their seeds from it from TensorFlow 2.10 on, and under Keras 3 with
    every backend; before, it has no part in initial weights.
    """

    def build() -> Any:
        seed_python(run, run.seed)
        return dense_pair(run)

    _twice(run, build)


@scenario("recipes/numpy_only")
def numpy_only(run: Run) -> None:
    """Seed NumPy's global generator only.

    Stand-alone Keras 2.3 takes its seeds from it; in the others it has no part in initial weights.
    """

    def build() -> Any:
        seed_numpy(run, run.seed)
        return dense_pair(run)

    _twice(run, build)


@scenario("recipes/framework_only")
def framework_only(run: Run) -> None:
    """Seed the framework's global generator only (`tf.random.set_seed`).

    It decides initial weights in TensorFlow 1.15 to 2.9; from 2.10 on, they start from seeds that
    Python's `random` gives.
    """

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
    """Seed NumPy and the framework, as text 001 advises.

    Enough up to TensorFlow 2.9; from 2.10 on Python's `random` is needed too (tensorflow#59608).
    """

    def build() -> Any:
        seed_numpy(run, run.seed)
        seed_framework(run, run.seed)
        return dense_pair(run)

    _twice(run, build)


@scenario("recipes/all_three", source=TEXT_000, promise=PROGRAM_SEEDED)
def all_three(run: Run) -> None:
    """Seed Python, NumPy and the framework.

    Nothing is left unseeded, so that launches agree; the values changed where the generator did
    (1.15, 2.0, 2.10) and differ between backends. In a graph, what was built before counts too.
    """

    def build() -> Any:
        seed_all_three(run, run.seed)
        return dense_pair(run)

    _twice(run, build, **reseeded(run))


@scenario(
    "recipes/set_random_seed",
    source=SET_RANDOM_SEED,
    needs=("keras.utils.set_random_seed",),
    promise=PROGRAM_SEEDED,
)
def set_random_seed(run: Run) -> None:
    """Call `keras.utils.set_random_seed`.

    It seeds Python, NumPy and the framework; in TensorFlow 2.10 to 2.15 it also gives Keras a
    generator of its own that later seedings by other means leave as it is.
    """
    seed = run.api("keras.utils.set_random_seed")

    def build() -> Any:
        seed(run.seed)
        return dense_pair(run)

    _twice(run, build, **reseeded(run))


# Name → seed, and what seeding raises where it is refused.
_GLOBAL_SEEDS: dict[str, tuple[int, tuple[type[Exception], ...]]] = {
    "0": (0, ()),
    "2_to_31_less_1": (2**31 - 1, ()),
    "2_to_32_less_1": (2**32 - 1, ()),
    "minus_1": (-1, (ValueError,)),  # NumPy's
}


def _register(name: str, seed: int, refusals: tuple[type[Exception], ...]) -> None:
    def global_seed(run: Run) -> None:
        def build() -> Any:
            with run.requires(f"global seed of {seed}", *refusals):
                seed_everything(run, seed)
            return dense_pair(run)

        _twice(run, build, **reseeded(run))

    global_seed.__doc__ = f"""Seed everything with {seed}, at an end of the range of seeds.

    Frameworks truncate, hash or refuse seeds at the ends of their range, each release in its way.
    NumPy takes 0 to 2**32 - 1.
    """
    scenario(f"recipes/global_seed_{name}", promise=PROGRAM_SEEDED)(global_seed)


for _name, (_seed, _refusals) in _GLOBAL_SEEDS.items():
    _register(_name, _seed, _refusals)


@scenario(
    "recipes/seed_per_initializer",
    source=DETERMINISTIC_INITIALIZER.source,
    needs=(GLOROT,),
    promise=DETERMINISTIC_INITIALIZER,
)
def seed_per_initializer(run: Run) -> None:
    """Give every initializer the same integer seed; seed nothing globally.

    In TensorFlow 2.7 to 2.9 a second initializer with an equal seed draws other values, elsewhere
    it draws the same (keras#15586). The values of 1.15 and of 2.7 to 2.9 are not the other ones'.
    """
    glorot = glorot_uniform(run)

    def build() -> Any:
        return dense_pair(run, glorot(seed=run.seed), glorot(seed=run.seed))

    _twice(run, build, **equally_seeded(glorot))


@scenario(
    "recipes/seed_per_layer_path",
    source="a seed derived by hashing, as counter-based generators do",
    needs=(GLOROT,),
    promise=DETERMINISTIC_INITIALIZER,
)
def seed_per_layer_path(run: Run) -> None:
    """Give every layer a seed hashed from one seed and the layer's path.

    A layer's weights then depend on no other layer and no global state; the generator behind the
    seed may still change, and in TensorFlow 2.7 to 2.9 it counts draws.
    """
    glorot = glorot_uniform(run)

    def build() -> Any:
        return dense_pair(
            run,
            glorot(seed=seed_of_layer(run.seed, "model/0/kernel")),
            glorot(seed=seed_of_layer(run.seed, "model/1/kernel")),
        )

    _twice(run, build, **equally_seeded(glorot))


@scenario(
    "recipes/weights_from_file",
    source=TEXT_000 + ", last paragraph: save the initial weights and load them",
    promise=RANDOM_STATE,
)
def weights_from_file(run: Run) -> None:
    """Draw the weights once, keep them in an .npz file, load them into every model.

    Only NumPy's RandomState draws, whose stream is frozen; the framework stores what it is given.
    """
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
