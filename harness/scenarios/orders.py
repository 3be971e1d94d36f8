"""Order perturbed: seeded as before, with something random or structural in between.

Every scenario builds the model three times in one process, each time after seeding everything:
`plain`, as it is; `again`, as it is; and `perturbed`. Whether `plain == perturbed` holds says which
perturbations change weights. It says so only where `plain == again` holds too: elsewhere the second
seeding does not start over, and the third model cannot be compared either. Both are stated, so that
a reader sees which it is. In a graph (TensorFlow 1, and Keras on it) the operations already there
count too, so that starting over means an empty graph first, by `clear_session`. Most seed
everything and leave initializers at their defaults; `..._set_random_seed` and `..._seed_per_...`
do what the recipe of that name does, and nothing else.

The same two layers are recorded of both models, and what a perturbation adds lies elsewhere
(`added/…`). Nobody promises that a perturbation changes nothing, except where a scenario says who.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from . import Promise, scenario
from .building import GLOROT, built, called, dense_pair, glorot_uniform, is_eager
from .seeding import equally_seeded, reseeded, seed_everything, seed_framework, seed_of_layer
from .sources import DETERMINISTIC_INITIALIZER, EQUIVALENT_SEEDS, PROGRAM_SEEDED

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..probe.context import Run

# Not one: seeds below a bound are drawn by rejection, and after one number, as it happens, NumPy
# gives Keras 2.3 the same seed as before.
_DRAWS = 10
_FRAMEWORK_DRAW = {"tensorflow": "tensorflow.random.uniform", "torch": "torch.rand"}


def _perturbed(run: Run, build: Callable[[], Any], **expectation: Any) -> None:
    """Record the plain model twice, then that which `build()` returns, each freshly seeded.

    expectation: `expected` and `source` of `plain == perturbed`, where somebody promises it.
    """
    _plain(run)
    _start_over(run)
    _record(run, "perturbed", build())
    run.relation("plain", "perturbed", **expectation)


def _plain(run: Run) -> None:
    for prefix in ("plain", "again"):
        _start_over(run)
        _record(run, prefix, dense_pair(run))
    run.relation("plain", "again", level="rerun", **reseeded(run))


def _start_over(run: Run) -> None:
    if run.backend == "tensorflow" and not is_eager(run):  # Theano's graphs share nothing
        run.keras.backend.clear_session()
    seed_everything(run, run.seed)


def _record(run: Run, prefix: str, model: Any) -> None:
    """The two Dense layers at the end of `model`, whatever stands before or between them."""
    pair = [layer for layer in model.layers if layer.trainable and layer.weights][-2:]
    for position, layer in enumerate(pair):
        run.layer(f"{prefix}/dense_{position}", layer)


def _draw_framework(run: Run) -> None:
    draw = run.api(_FRAMEWORK_DRAW[run.backend])
    for _ in range(_DRAWS):
        draw([1])


def _layers(run: Run, **first: Any) -> list[Any]:
    """The layers of `dense_pair`; options for the first."""
    dense = run.keras.layers.Dense
    return [dense(10, activation="relu", **first), dense(1)]


@scenario("orders/draw_python_first", promise=PROGRAM_SEEDED)
def draw_python_first(run: Run) -> None:
    """Draw ten numbers from Python's `random` between seeding and building.

    It shifts all weights where default initializers take their seeds from there: TensorFlow 2.10
    and later, and Keras 3 with every backend.
    """

    def build() -> Any:
        for _ in range(_DRAWS):
            run.random.random()
        return dense_pair(run)

    _perturbed(run, build)


@scenario("orders/draw_numpy_first", promise=PROGRAM_SEEDED)
def draw_numpy_first(run: Run) -> None:
    """Draw ten numbers from NumPy's global generator between seeding and building.

    It shifts all weights of stand-alone Keras 2.3, which takes its seeds from there, and of no
    other.
    """

    def build() -> Any:
        run.numpy.random.rand(_DRAWS)
        return dense_pair(run)

    _perturbed(run, build)


@scenario("orders/draw_framework_first", promise=PROGRAM_SEEDED)
def draw_framework_first(run: Run) -> None:
    """Draw ten numbers from the framework's global generator between seeding and building.

    It shifts all weights where the framework's own counter gives the seeds: TensorFlow up to 2.9.
    JAX has no such generator.
    """
    if run.backend not in _FRAMEWORK_DRAW:
        run.unsupported(f"global generator on {run.backend}")

    def build() -> Any:
        _draw_framework(run)
        return dense_pair(run)

    _perturbed(run, build)


@scenario("orders/layer_added_first", promise=PROGRAM_SEEDED)
def layer_added_first(run: Run) -> None:
    """Put one Dense layer more in front: do the layers behind it keep their weights?

    Where every layer takes the next seed of one stream, all that follow are shifted by one.
    """

    def build() -> Any:
        model = built(run, (5,), run.keras.layers.Dense(5), *_layers(run))
        run.layer("added/dense", model.layers[0])
        return model

    _perturbed(run, build)


@scenario("orders/model_built_first", promise=PROGRAM_SEEDED)
def model_built_first(run: Run) -> None:
    """Build another model between seeding and building.

    The other model's draws come first in the stream that both share.
    """

    def build() -> Any:
        built(run, (3,), run.keras.layers.Dense(2))
        return dense_pair(run)

    _perturbed(run, build)


@scenario("orders/layers_made_backwards", promise=PROGRAM_SEEDED)
def layers_made_backwards(run: Run) -> None:
    """Make the last layer before the first, then build the same model of them.

    Keras 3 takes a layer's seed when the layer is made, Keras 2 when its weights are.
    """

    def build() -> Any:
        dense = run.keras.layers.Dense
        last = dense(1)
        return built(run, (5,), dense(10, activation="relu"), last)

    _perturbed(run, build)


@scenario("orders/seeded_between_making_and_building", promise=PROGRAM_SEEDED)
def seeded_between_making_and_building(run: Run) -> None:
    """Make the layers after another seed, then seed, then build the model of them.

    Too late for Keras 3, which takes a layer's seed when the layer is made: the layers made here
    have theirs from before the last seeding.
    """

    def build() -> Any:
        seed_everything(run, run.seed + 1)
        layers = _layers(run)
        seed_everything(run, run.seed)
        return built(run, (5,), *layers)

    _perturbed(run, build)


@scenario("orders/built_by_first_call", promise=PROGRAM_SEEDED)
def built_by_first_call(run: Run) -> None:
    """Build by calling the model on data, instead of by `build`.

    Both make the weights by each layer's `build`; what a call draws or counts besides is the
    release's own.
    """
    _perturbed(run, lambda: called(run, run.keras.Sequential(_layers(run)), (5,)))


@scenario("orders/built_by_input_shape", promise=PROGRAM_SEEDED)
def built_by_input_shape(run: Run) -> None:
    """Tell the first layer its `input_shape`, as both texts do, instead of calling `build`.

    Weights are then made while layers are added to the model.
    """
    _perturbed(run, lambda: run.keras.Sequential(_layers(run, input_shape=(5,))))


@scenario("orders/layers_renamed", promise=PROGRAM_SEEDED)
def layers_renamed(run: Run) -> None:
    """Give the layers names of one's own.

    Weights would change if a seed were derived from a name, or from the counter that makes names.
    """

    def build() -> Any:
        dense = run.keras.layers.Dense
        return built(
            run, (5,), dense(10, activation="relu", name="zebra"), dense(1, name="aardvark")
        )

    _perturbed(run, build)


@scenario(
    "orders/clear_session",
    needs=("keras.backend.clear_session",),
    promise=PROGRAM_SEEDED,
)
def clear_session(run: Run) -> None:
    """Build, call `clear_session`, and build again without seeding again.

    It clears Keras's own state. The generators whose state goes on are not Keras's own, unless the
    graph holds them; a seed given to the graph goes with it.
    """

    def build() -> Any:
        dense_pair(run)
        run.keras.backend.clear_session()
        return dense_pair(run)

    _perturbed(run, build)


@scenario(
    "orders/clear_session_reseeded",
    needs=("keras.backend.clear_session",),
    promise=PROGRAM_SEEDED,
)
def clear_session_reseeded(run: Run) -> None:
    """Build, call `clear_session`, seed everything again, and build again.

    The usual advice for repeated experiments in one process.
    """

    def build() -> Any:
        dense_pair(run)
        run.keras.backend.clear_session()
        seed_everything(run, run.seed)
        return dense_pair(run)

    _perturbed(run, build)


@scenario(
    "orders/built_in_function",
    needs=("tensorflow.function", "tensorflow.random.set_seed"),
    promise=PROGRAM_SEEDED,
)
def built_in_function(run: Run) -> None:
    """Build by the first call inside a `tf.function`.

    In a function's graph, one global seed gives other draws (tensorflow#14134). Weights are the
    same if the release makes them outside of it.
    """
    function = run.api(f"{run.backend}.function")

    def build() -> Any:
        model = run.keras.Sequential(_layers(run))
        function(model)(run.api("tensorflow.zeros")((1, 5)))
        return model

    _perturbed(run, build)


@scenario("orders/built_in_thread")
def built_in_thread(run: Run) -> None:
    """Build in a worker thread, after seeding in the main one.

    State that is kept per thread does not follow: in TensorFlow 1, the default graph, and with it
    the seed that the main thread's graph was given.
    """
    _plain(run)
    _start_over(run)
    with ThreadPoolExecutor(1) as worker:  # recorded there, too: a graph belongs to its thread
        worker.submit(lambda: _record(run, "perturbed", dense_pair(run))).result()
    run.relation("plain", "perturbed")


@scenario("orders/seeded_twice", promise=PROGRAM_SEEDED)
def seeded_twice(run: Run) -> None:
    """Seed everything with another seed first, then with the seed.

    The last seeding should be the one that counts.
    """

    def build() -> Any:
        seed_everything(run, run.seed + 1)
        seed_everything(run, run.seed)
        return dense_pair(run)

    _perturbed(run, build, **reseeded(run))


@scenario(
    "orders/seeded_by_mixed_means",
    needs=("keras.utils.set_random_seed",),
    promise=PROGRAM_SEEDED,
)
def seeded_by_mixed_means(run: Run) -> None:
    """Call `keras.utils.set_random_seed`, then seed the framework once more with the same seed.

    It is documented to be the same as seeding Python, NumPy and the framework, which the second
    step then repeats in part; in TensorFlow 2.10 to 2.15 it has given Keras a generator besides.
    """

    def build() -> Any:
        run.keras.utils.set_random_seed(run.seed)
        seed_framework(run, run.seed)
        return dense_pair(run)

    _perturbed(run, build, expected=True, source=EQUIVALENT_SEEDS)


@scenario("orders/dropout_inserted", promise=PROGRAM_SEEDED)
def dropout_inserted(run: Run) -> None:
    """Put a Dropout layer, which has no weights, between the two.

    It shifts the weights behind it where a layer that may draw later takes a seed when it is made
    or called.
    """

    def build() -> Any:
        layers = run.keras.layers
        return built(
            run,
            (5,),
            layers.Dense(10, activation="relu"),
            layers.Dropout(0.5),
            layers.Dense(1),
        )

    _perturbed(run, build)


@scenario("orders/frozen_layer_inserted", promise=PROGRAM_SEEDED)
def frozen_layer_inserted(run: Run) -> None:
    """Put a Dense layer that is not trainable between the two.

    It draws its weights like any other; that training leaves them alone does not matter here.
    """

    def build() -> Any:
        dense = run.keras.layers.Dense
        first, frozen, last = (
            dense(10, activation="relu"),
            dense(10, trainable=False),
            dense(1),
        )
        model = built(run, (5,), first, frozen, last)
        run.layer("added/frozen", frozen)
        return model

    _perturbed(run, build)


class _Recipe(NamedTuple):
    """A recipe of the recipes family.

    seed: the seed of the initializer at a path; None: `set_random_seed` is called, and initializers
    are the default ones.
    """

    doing: str
    why: str
    needs: tuple[str, ...]
    promise: Promise
    seed: Callable[[Run, str], int] | None


class _Perturbation(NamedTuple):
    doing: str
    build: Callable[[Run, Callable[..., Any]], Any]


def _dense(run: Run, recipe: _Recipe, path: str, units: int, **options: Any) -> Any:
    if recipe.seed:
        options["kernel_initializer"] = glorot_uniform(run)(seed=recipe.seed(run, path))
    return run.keras.layers.Dense(units, **options)


def _pair(dense: Callable[..., Any]) -> list[Any]:
    return [dense("model/0/kernel", 10, activation="relu"), dense("model/1/kernel", 1)]


def _all_drawn_first(run: Run, dense: Callable[..., Any]) -> Any:
    for _ in range(_DRAWS):
        run.random.random()
    run.numpy.random.rand(_DRAWS)
    if run.backend in _FRAMEWORK_DRAW:
        _draw_framework(run)
    return built(run, (5,), *_pair(dense))


def _one_added_first(run: Run, dense: Callable[..., Any]) -> Any:
    added = dense("model/added/kernel", 5)
    model = built(run, (5,), added, *_pair(dense))
    run.layer("added/dense", added)
    return model


def _dropout_between(run: Run, dense: Callable[..., Any]) -> Any:
    first, last = _pair(dense)
    return built(run, (5,), first, run.keras.layers.Dropout(0.5), last)


def _other_built_first(run: Run, dense: Callable[..., Any]) -> Any:
    built(run, (3,), dense("other/0/kernel", 2))
    return built(run, (5,), *_pair(dense))


_RECIPES = {
    "set_random_seed": _Recipe(
        "set_random_seed",
        "Default initializers draw their seeds from one stream, which the perturbation may shift.",
        ("keras.utils.set_random_seed",),
        PROGRAM_SEEDED,
        None,
    ),
    "seed_per_initializer": _Recipe(
        "one seed for every initializer",
        "Every initializer has its seed, and no stream is shared; in TensorFlow 2.7 to 2.9 equal "
        "seeds count draws together (keras#15586).",
        (GLOROT,),
        DETERMINISTIC_INITIALIZER,
        lambda run, _path: run.seed,
    ),
    "seed_per_layer_path": _Recipe(
        "a seed from each layer's path",
        "By construction, a layer's seed depends on no other layer; in TensorFlow 2.7 to 2.9 a "
        "seed counts its draws (keras#15586).",
        (GLOROT,),
        DETERMINISTIC_INITIALIZER,
        lambda run, path: seed_of_layer(run.seed, path),
    ),
}
_PERTURBATIONS = {
    "draw_first": _Perturbation("ten numbers drawn from every generator first", _all_drawn_first),
    "layer_added_first": _Perturbation("a Dense layer added in front", _one_added_first),
    "dropout_inserted": _Perturbation("a Dropout between the layers", _dropout_between),
    "model_built_first": _Perturbation("another model built first", _other_built_first),
}


def _register(name: str, perturbation: _Perturbation, recipe: _Recipe) -> None:
    def perturbed(run: Run) -> None:
        dense = partial(_dense, run, recipe)
        builds: dict[str, Callable[[], Any]] = {
            "plain": lambda: built(run, (5,), *_pair(dense)),
            "again": lambda: built(run, (5,), *_pair(dense)),
            "perturbed": lambda: perturbation.build(run, dense),
        }
        for prefix, build in builds.items():
            if not recipe.seed:
                run.keras.utils.set_random_seed(run.seed)
            _record(run, prefix, build())
        promised = equally_seeded(glorot_uniform(run)) if recipe.seed else {}
        again = promised if recipe.seed else reseeded(run)
        run.relation("plain", "again", level="rerun", **again)
        run.relation("plain", "perturbed", **promised)

    perturbed.__doc__ = f"With {recipe.doing}: {perturbation.doing}.\n\n{recipe.why}\n"
    scenario(name, needs=recipe.needs, promise=recipe.promise)(perturbed)


for _kind, _perturbation in _PERTURBATIONS.items():
    for _by, _recipe in _RECIPES.items():
        _register(f"orders/{_kind}_{_by}", _perturbation, _recipe)


_IMPORT = """
import importlib
{before}
if keras == "tensorflow.keras":
    import tensorflow
    keras = tensorflow.keras
else:
    keras = importlib.import_module(keras)
framework = importlib.import_module({backend!r})
import random
import numpy
{after}
if {backend!r} == "tensorflow":
    getattr(framework.random, "set_seed", framework.compat.v1.set_random_seed)({seed})
elif {backend!r} == "torch":
    framework.manual_seed({seed})
layers = keras.layers
model = keras.Sequential([layers.Dense(10, activation="relu"), layers.Dense(1)])
model.build((None, 5))
for number, value in enumerate(model.get_weights()):
    arrays["dense_%d/%s" % (number // 2, ("kernel", "bias")[number % 2])] = value
"""
_SEED = "import random, numpy; random.seed({seed}); numpy.random.seed({seed})"


@scenario("orders/imports", promise=PROGRAM_SEEDED)
def imports(run: Run) -> None:
    """Import and seed NumPy and `random` before the framework instead of after it.

    An import that draws from a global generator shifts what follows: Keras 3 imports `rich`, which
    draws from Python's `random` while it is imported. Each order has an interpreter of its own.
    """
    seed = _SEED.format(seed=run.seed)
    orders = {
        "framework_first": ("", seed),
        "seeded_before_import": (seed, ""),
    }
    for prefix, (before, after) in orders.items():
        code = _IMPORT.format(before=before, after=after, backend=run.backend, seed=run.seed)
        for name, value in run.in_new_interpreter(code).items():
            run.array(f"{prefix}/{name}", value)
    run.relation("framework_first", "seeded_before_import")
