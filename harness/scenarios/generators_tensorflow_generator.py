"""TensorFlow's `tf.random.Generator`, an object that keeps a state.

Modes: `eager`; `graph`, inside `tf.function`; `compiled`, inside `tf.function` by XLA. Every draw
has a generator of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import scenario
from .sources import TF_GENERATOR_FLOATS, TF_GENERATOR_INTEGERS
from .tensorflow_modes import compiled, eagerly

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..probe.context import Run
    from .tensorflow_modes import Draws

_SKIP = "TensorFlow documentation of tf.random.Generator.skip: 'the same as that after normal([n])'"
_GENERATOR = ("tensorflow.random.Generator|tensorflow.random.experimental.Generator",)
# What the names "philox" and "threefry" stand for; releases before 2.4 take the numbers only.
_PHILOX, _THREEFRY = 1, 2


def _generator(run: Run, algorithm: int = _PHILOX) -> Any:
    eagerly(run)
    return run.api(*_GENERATOR[0].split("|")).from_seed(run.seed, alg=algorithm)


def _generated(run: Run, draws: Draws, algorithm: int, *modes: str) -> None:
    """Record each draw of a new generator, and the state that it leaves, in these modes."""
    tensorflow = eagerly(run)
    for mode in modes:
        for name, draw in draws.items():
            generator = _generator(run, algorithm)

            def function(draw: Any = draw, generator: Any = generator) -> Any:
                return draw(generator)

            if mode == "graph":
                function = tensorflow.function(function)
            elif mode == "compiled":
                function = compiled(run, function)
            run.array(f"{mode}/{name}", function())
            run.array(f"{mode}/state/{name}", generator.state)
    for mode in modes[1:]:
        run.relation(modes[0], mode)


_GENERATED_FLOATS: Draws = {
    "normal": lambda generator: generator.normal((40,)),
    "normal_float64": lambda generator: generator.normal((40,), dtype="float64"),
    "uniform": lambda generator: generator.uniform((40,), -1.0, 1.0),
    "truncated_normal": lambda generator: generator.truncated_normal((40,)),
}


def _generated_integers(run: Run) -> Draws:
    dtypes = run.api("tensorflow")
    return {
        "uniform_int32": lambda generator: generator.uniform((40,), 0, 100, dtypes.int32),
        "uniform_int64": lambda generator: generator.uniform((40,), 0, 2**40, dtypes.int64),
        "full_uint64": lambda generator: generator.uniform_full_int((40,), dtypes.uint64),
    }


@scenario("generators/tf_generator_floats", promise=TF_GENERATOR_FLOATS, needs=_GENERATOR)
def tf_generator_floats(run: Run) -> None:
    """tf.random.Generator (Philox): floats and the states they leave, eager and in tf.function.

    How far a draw moves the state, and what it gives, may change between versions.
    """
    _generated(run, _GENERATED_FLOATS, _PHILOX, "eager", "graph")


@scenario("generators/tf_generator_integers", promise=TF_GENERATOR_INTEGERS, needs=_GENERATOR)
def tf_generator_integers(run: Run) -> None:
    """tf.random.Generator (Philox): integers and the states they leave, eager and in tf.function.

    How far a draw moves the state, and what it gives, may change between versions.
    """
    _generated(run, _generated_integers(run), _PHILOX, "eager", "graph")


# TensorFlow 2.0 was seen to crash here at times, even where the parameters have the shape of the
# result. The stateless binomial, new in 2.2, stands for the releases after 2.0 and 2.1.
@scenario(
    "generators/tf_generator_binomial",
    promise=TF_GENERATOR_FLOATS,
    needs=(*_GENERATOR, "tensorflow.random.stateless_binomial"),
)
def tf_generator_binomial(run: Run) -> None:
    """tf.random.Generator (Philox): binomial numbers, eager and in tf.function.

    Rejection sampling: a last bit of a logarithm can decide how many numbers are used up.
    """
    full = run.numpy.full

    def binomial(count: float, probability: float) -> Callable[[Any], Any]:
        counts, probabilities = (
            full((40,), count, "float32"),
            full((40,), probability, "float32"),
        )
        return lambda generator: generator.binomial((40,), counts, probabilities)

    draws: Draws = {"few": binomial(10.0, 0.3), "many": binomial(1000.0, 0.4)}
    _generated(run, draws, _PHILOX, "eager", "graph")


@scenario("generators/tf_generator_streams", promise=TF_GENERATOR_INTEGERS, needs=_GENERATOR)
def tf_generator_streams(run: Run) -> None:
    """tf.random.Generator (Philox): make_seeds, split, skip, and from_key_counter.

    Seeds and states of generators made from one another; how far `skip` goes is unspecified.
    """
    generators = run.api(*_GENERATOR[0].split("|"))
    run.array("make_seeds", _generator(run).make_seeds(3))
    for position, child in enumerate(_generator(run).split(2)):
        run.array(f"split/state_{position}", child.state)
        run.array(f"split/draws_{position}", child.uniform_full_int((20,)))
    counted = generators.from_key_counter(run.seed, (3, 5), _PHILOX)
    run.array("from_key_counter", counted.uniform_full_int((20,)))
    skipped, drawn = _generator(run), _generator(run)
    skipped.skip(40)
    drawn.normal((40,))
    run.array("skipped/state", skipped.state)
    run.array("drawn/state", drawn.state)
    run.relation("skipped", "drawn", expected=True, source=_SKIP)


@scenario("generators/tf_generator_compiled", promise=TF_GENERATOR_FLOATS, needs=_GENERATOR)
def tf_generator_compiled(run: Run) -> None:
    """tf.random.Generator (Philox): integers and floats, eager and compiled by XLA.

    XLA has its own kernels, and may move the state by another amount.
    """
    draws = {**_GENERATED_FLOATS, **_generated_integers(run)}
    _generated(run, draws, _PHILOX, "eager", "compiled")


@scenario("generators/tf_generator_threefry", promise=TF_GENERATOR_FLOATS, needs=_GENERATOR)
def tf_generator_threefry(run: Run) -> None:
    """tf.random.Generator (ThreeFry): integers and floats, compiled by XLA.

    CPUs have no other kernel of it.
    """
    draws = {**_GENERATED_FLOATS, **_generated_integers(run)}
    _generated(run, draws, _THREEFRY, "compiled")
