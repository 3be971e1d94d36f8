"""TensorFlow's stateless ops, `tf.random.stateless_*`, which are functions of their seed.

Modes: `eager`; `graph`, inside `tf.function`; `compiled`, inside `tf.function` by XLA; `session`,
in a graph of TensorFlow 1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import scenario
from .sources import (
    TF_STATELESS,
    TF_STATELESS_GUIDE,
    TF_STATELESS_INTEGERS,
    TF_STATELESS_POISSON,
)
from .tensorflow_modes import compiled, eagerly, in_session

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..probe.context import Run
    from .tensorflow_modes import Draws

_SPLIT = "tensorflow.random.split|tensorflow.random.experimental.stateless_split"
_FOLD_IN = "tensorflow.random.fold_in|tensorflow.random.experimental.stateless_fold_in"


def _stateless_floats(run: Run) -> Draws:
    random = run.api("tensorflow.random")
    return {
        "normal": lambda seed: random.stateless_normal((40,), seed),
        "normal_float64": lambda seed: random.stateless_normal((40,), seed, dtype="float64"),
        "uniform": lambda seed: random.stateless_uniform((40,), seed),
        "uniform_float64": lambda seed: random.stateless_uniform((40,), seed, dtype="float64"),
        "truncated_normal": lambda seed: random.stateless_truncated_normal((40,), seed),
    }


def _stateless_integers(run: Run) -> Draws:
    random = run.api("tensorflow.random")
    logits = [[0.0, 1.0, 2.0]]
    return {
        "uniform_int32": lambda seed: random.stateless_uniform(
            (40,), seed, minval=0, maxval=100, dtype="int32"
        ),
        "uniform_int64": lambda seed: random.stateless_uniform(
            (40,), seed, minval=0, maxval=2**40, dtype="int64"
        ),
        "categorical": lambda seed: random.stateless_categorical(logits, 40, seed),
    }


def _stateless(run: Run, draws: Draws, *modes: str) -> None:
    """Record the draws with one seed in these modes, and relate the first mode to the others."""
    tensorflow = eagerly(run)
    errors = tensorflow.errors
    seed = tensorflow.constant([run.seed, 7], "int32")
    for mode in modes:
        if mode == "compiled":
            made = compiled(run, lambda seed: {name: draws[name](seed) for name in draws})
            # Seen where XLA has no such kernel, or no such algorithm.
            with run.requires(
                "compilation by XLA", errors.InvalidArgumentError, errors.UnimplementedError
            ):
                values = made(seed)
        else:
            wrapped = tensorflow.function if mode == "graph" else lambda draw: draw
            values = {name: wrapped(draw)(seed) for name, draw in draws.items()}
        for name in draws:
            run.array(f"{mode}/{name}", values[name])
    for mode in modes[1:]:
        expected, source = None, ""
        if mode == "graph":
            expected, source = True, TF_STATELESS_GUIDE.source
        run.relation(modes[0], mode, expected=expected, source=source)


@scenario("generators/tf_stateless_floats", promise=TF_STATELESS)
def tf_stateless_floats(run: Run) -> None:
    """tf.random.stateless_normal, uniform and truncated_normal, eager and in tf.function.

    Functions of the seed alone; the values may change between versions of TensorFlow.
    """
    _stateless(run, _stateless_floats(run), "eager", "graph")


@scenario("generators/tf_stateless_integers", promise=TF_STATELESS_INTEGERS)
def tf_stateless_integers(run: Run) -> None:
    """tf.random.stateless_uniform of integers and categorical, eager and in tf.function.

    Functions of the seed alone; the values may change between versions of TensorFlow.
    """
    _stateless(run, _stateless_integers(run), "eager", "graph")


@scenario("generators/tf_stateless_floats_compiled", promise=TF_STATELESS_GUIDE)
def tf_stateless_floats_compiled(run: Run) -> None:
    """tf.random.stateless_normal, uniform and truncated_normal, eager and compiled by XLA.

    XLA has its own kernels: the same bits may become other floats.
    """
    _stateless(run, _stateless_floats(run), "eager", "compiled")


@scenario("generators/tf_stateless_integers_compiled", promise=TF_STATELESS_GUIDE)
def tf_stateless_integers_compiled(run: Run) -> None:
    """tf.random.stateless_uniform of integers and categorical, eager and compiled by XLA.

    XLA has its own kernels; categorical draws floats beneath.
    """
    _stateless(run, _stateless_integers(run), "eager", "compiled")


@scenario(
    "generators/tf_stateless_session",
    promise=TF_STATELESS,
    needs=("tensorflow.compat.v1.Session",),
)
def tf_stateless_session(run: Run) -> None:
    """tf.random.stateless_* of floats and integers, in a TensorFlow 1 session.

    The one mode that TensorFlow 1 and 2 share.
    """
    draws = {**_stateless_floats(run), **_stateless_integers(run)}
    in_session(run, draws, {name: [run.seed, 7] for name in draws})


@scenario("generators/tf_stateless_full_range", promise=TF_STATELESS_INTEGERS)
def tf_stateless_full_range(run: Run) -> None:
    """tf.random.stateless_uniform of integers without bounds, of every width.

    The generator's own bits; a version may cut them otherwise.
    """
    uniform = run.api("tensorflow.random.stateless_uniform")

    def draw(dtype: str) -> Callable[[Any], Any]:
        return lambda seed: uniform((40,), seed, minval=None, maxval=None, dtype=dtype)

    with run.requires("integers without bounds", ValueError):
        draws = {dtype: draw(dtype) for dtype in ("int32", "int64", "uint32", "uint64")}
        _stateless(run, draws, "eager", "graph")


def _gamma(run: Run) -> Draws:
    gamma = run.api("tensorflow.random.stateless_gamma")
    return {
        "large": lambda seed: gamma((40,), seed, 2.5, 1.5),
        "small": lambda seed: gamma((40,), seed, 0.5),
    }


@scenario(
    "generators/tf_stateless_gamma",
    promise=TF_STATELESS,
    needs=("tensorflow.random.stateless_gamma",),
)
def tf_stateless_gamma(run: Run) -> None:
    """tf.random.stateless_gamma, eager and in tf.function.

    Rejection sampling hangs on the last bit of a logarithm; and a graph's optimizer may divide by
    `beta` in another way.
    """
    _stateless(run, _gamma(run), "eager", "graph")


def _binomial(run: Run) -> Draws:
    binomial = run.api("tensorflow.random.stateless_binomial")
    return {
        "few": lambda seed: binomial((40,), seed, 10.0, 0.3),
        "many": lambda seed: binomial((40,), seed, 1000.0, 0.4),
    }


@scenario(
    "generators/tf_stateless_binomial",
    promise=TF_STATELESS,
    needs=("tensorflow.random.stateless_binomial",),
)
def tf_stateless_binomial(run: Run) -> None:
    """tf.random.stateless_binomial, eager and in tf.function.

    Rejection sampling: a last bit of a logarithm can decide how many numbers are used up.
    """
    _stateless(run, _binomial(run), "eager", "graph")


def _poisson(run: Run) -> Draws:
    poisson = run.api("tensorflow.random.stateless_poisson")
    return {
        "small": lambda seed: poisson((40,), seed, 3.0),
        "large": lambda seed: poisson((40,), seed, 50.0),
    }


@scenario(
    "generators/tf_stateless_poisson",
    promise=TF_STATELESS_POISSON,
    needs=("tensorflow.random.stateless_poisson",),
)
def tf_stateless_poisson(run: Run) -> None:
    """tf.random.stateless_poisson, eager and in tf.function.

    Rejection sampling: a last bit of a logarithm can decide how many numbers are used up.
    """
    _stateless(run, _poisson(run), "eager", "graph")


def _between(run: Run) -> Draws:
    between = run.api("tensorflow.random.stateless_parameterized_truncated_normal")
    return {
        "middle": lambda seed: between((40,), seed, 0.0, 1.0, -1.0, 1.0),
        "tail": lambda seed: between((40,), seed, 0.0, 1.0, 3.0, 9.0),
    }


@scenario("generators/tf_stateless_between", promise=TF_STATELESS_GUIDE)
def tf_stateless_between(run: Run) -> None:
    """tf.random.stateless_parameterized_truncated_normal, eager and in tf.function.

    The kernel chooses between algorithms by the bounds.
    """
    _stateless(run, _between(run), "eager", "graph")


@scenario("generators/tf_stateless_between_compiled", promise=TF_STATELESS_GUIDE)
def tf_stateless_between_compiled(run: Run) -> None:
    """tf.random.stateless_parameterized_truncated_normal, eager and compiled by XLA.

    XLA has another algorithm for it, in later versions only.
    """
    _stateless(run, _between(run), "eager", "compiled")


@scenario("generators/tf_stateless_seeds", promise=TF_STATELESS_GUIDE, needs=(_SPLIT, _FOLD_IN))
def tf_stateless_seeds(run: Run) -> None:
    """Seeds made from a seed by stateless_split and stateless_fold_in, in all modes.

    Integers, drawn by the stateless ops themselves.
    """
    split = run.api(*_SPLIT.split("|"))
    fold_in = run.api(*_FOLD_IN.split("|"))
    draws: Draws = {
        "split": lambda seed: split(seed, 4),
        "fold_in": lambda seed: fold_in(seed, 3),
    }
    _stateless(run, draws, "eager", "graph", "compiled")


def _shuffle(run: Run) -> Draws:
    tensorflow = eagerly(run)
    shuffle = tensorflow.random.experimental.stateless_shuffle
    return {
        "values": lambda seed: shuffle(tensorflow.range(40), seed),
        "rows": lambda seed: shuffle(tensorflow.reshape(tensorflow.range(40), (10, 4)), seed),
    }


@scenario(
    "generators/tf_stateless_shuffle",
    promise=TF_STATELESS_INTEGERS,
    needs=("tensorflow.random.experimental.stateless_shuffle",),
)
def tf_stateless_shuffle(run: Run) -> None:
    """tf.random.experimental.stateless_shuffle, eager and in tf.function.

    Experimental; the order may change between versions of TensorFlow.
    """
    _stateless(run, _shuffle(run), "eager", "graph")


def _index_shuffle(run: Run) -> Draws:
    tensorflow = eagerly(run)
    shuffle = tensorflow.random.experimental.index_shuffle
    return {"positions": lambda seed: shuffle(tensorflow.range(40), seed, 39)}


@scenario(
    "generators/tf_index_shuffle",
    promise=TF_STATELESS_GUIDE,
    needs=("tensorflow.random.experimental.index_shuffle",),
)
def tf_index_shuffle(run: Run) -> None:
    """tf.random.experimental.index_shuffle of forty indices, eager and in tf.function.

    Experimental; a block cipher of its own decides where an index goes.
    """
    _stateless(run, _index_shuffle(run), "eager", "graph")


def _with_algorithm(run: Run, algorithm: str) -> Draws:
    random = run.api("tensorflow.random")
    with run.requires("argument alg of stateless ops", TypeError):
        random.stateless_uniform((), [0, 0], alg="philox")
    return {
        "normal": lambda seed: random.stateless_normal((40,), seed, alg=algorithm),
        "uniform": lambda seed: random.stateless_uniform((40,), seed, alg=algorithm),
        "integers": lambda seed: random.stateless_uniform(
            (40,), seed, minval=None, maxval=None, dtype="int32", alg=algorithm
        ),
    }


@scenario("generators/tf_stateless_philox", promise=TF_STATELESS_GUIDE)
def tf_stateless_philox(run: Run) -> None:
    """tf.random.stateless_* with alg="philox", in all modes.

    Without `alg`, TensorFlow selects an algorithm by the device.
    """
    _stateless(run, _with_algorithm(run, "philox"), "eager", "graph", "compiled")


@scenario("generators/tf_stateless_threefry", promise=TF_STATELESS_GUIDE)
def tf_stateless_threefry(run: Run) -> None:
    """tf.random.stateless_* with alg="threefry", which on CPUs needs compilation by XLA.

    Another stream than Philox's; XLA may change how bits become floats.
    """
    _stateless(run, _with_algorithm(run, "threefry"), "compiled")


# XLA had no kernel of these for a CPU when they were written; a version that gets one will show.
def _register_compiled(name: str, path: str, draws: Callable[[Run], Draws]) -> None:
    def compiled_too(run: Run) -> None:
        _stateless(run, draws(run), "eager", "compiled")

    compiled_too.__doc__ = f"""{path.replace("tensorflow", "tf", 1)}, eager and compiled by XLA.

    Where XLA compiles it at all, it has an algorithm of its own.
    """
    scenario(f"generators/tf_{name}_compiled", promise=TF_STATELESS_GUIDE, needs=(path,))(
        compiled_too
    )


for _name, _path, _draws in (
    ("stateless_gamma", "tensorflow.random.stateless_gamma", _gamma),
    ("stateless_binomial", "tensorflow.random.stateless_binomial", _binomial),
    ("stateless_poisson", "tensorflow.random.stateless_poisson", _poisson),
    ("stateless_shuffle", "tensorflow.random.experimental.stateless_shuffle", _shuffle),
    ("index_shuffle", "tensorflow.random.experimental.index_shuffle", _index_shuffle),
):
    _register_compiled(_name, _path, _draws)
