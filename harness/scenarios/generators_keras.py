"""`keras.random` of Keras 3, on every backend: eager, in a graph, compiled by the backend.

Modes: `eager`; `graph`, inside `tf.function`; `compiled`, by XLA through `tf.function` or
`jax.jit`. Torch runs eagerly only: torch.compile is not covered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import scenario
from .sources import KERAS_INTEGER_SEED

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeAlias

    from ..probe.context import Run

    Draws: TypeAlias = Mapping[str, Callable[[Any], Any]]

_NEEDS = ("keras.random.SeedGenerator", "keras.StatelessScope|keras.backend.StatelessScope")
_STATEFUL = "Keras documentation of SeedGenerator: 'In order to get different values at each call'"


def _common(run: Run) -> Draws:
    """What every Keras 3 has, as functions of a seed: an integer or a SeedGenerator."""
    random, numpy = run.keras.random, run.numpy
    tensor = run.keras.ops.convert_to_tensor  # on Torch, dropout takes nothing else
    ones = tensor(numpy.ones((6, 10), "float32"))
    values = tensor(numpy.arange(40, dtype="float32"))
    logits = tensor(numpy.array([[0.0, 1.0, 2.0]], "float32"))
    return {
        "normal": lambda seed: random.normal((40,), seed=seed),
        "uniform": lambda seed: random.uniform((40,), -1.0, 1.0, seed=seed),
        "truncated_normal": lambda seed: random.truncated_normal((40,), seed=seed),
        "randint": lambda seed: random.randint((40,), 0, 100, seed=seed),
        "categorical": lambda seed: random.categorical(logits, 40, seed=seed),
        "dropout": lambda seed: random.dropout(ones, 0.4, seed=seed),
        "dropout_noise_shape": lambda seed: random.dropout(ones, 0.4, (6, 1), seed=seed),
        "shuffle": lambda seed: random.shuffle(values, seed=seed),
    }


def _by_rejection(run: Run) -> Draws:
    random = run.keras.random
    return {
        "gamma": lambda seed: random.gamma((40,), 2.5, seed=seed),
        "gamma_small": lambda seed: random.gamma((40,), 0.5, seed=seed),
        "beta": lambda seed: random.beta((40,), 0.5, 2.5, seed=seed),
        "binomial": lambda seed: random.binomial((40,), 10.0, 0.3, seed=seed),
    }


def _in_graph(run: Run, function: Any) -> Any:
    if run.backend != "tensorflow":
        run.unsupported(f"graphs: Keras on {run.backend} builds none")
    return run.api("tensorflow.function")(function)


def _compiled(run: Run, function: Any) -> Any:
    if run.backend == "tensorflow":
        return run.api("tensorflow.function")(function, jit_compile=True)
    if run.backend == "jax":
        return run.api("jax.jit")(function)
    return run.unsupported(f"compilation: Keras on {run.backend} is run eagerly")


@scenario("generators/keras_integer_seed", promise=KERAS_INTEGER_SEED, needs=_NEEDS)
def keras_integer_seed(run: Run) -> None:
    """keras.random with an integer seed, each function called twice.

    Each backend draws with its own generator; on Torch the seed starts a generator anew.
    """
    draws = _common(run)
    for prefix in ("first", "second"):
        for name, draw in draws.items():
            run.array(f"{prefix}/{name}", draw(run.seed))
    run.relation("first", "second", True, KERAS_INTEGER_SEED.source, "rerun")


@scenario(
    "generators/keras_gamma_beta_binomial",
    promise=KERAS_INTEGER_SEED,
    needs=(*_NEEDS, "keras.random.beta", "keras.random.binomial", "keras.random.gamma"),
)
def keras_gamma_beta_binomial(run: Run) -> None:
    """keras.random.gamma, beta and binomial with an integer seed, each called twice.

    Drawn by rejection, differently on each backend.
    """
    draws = _by_rejection(run)
    for prefix in ("first", "second"):
        for name, draw in draws.items():
            run.array(f"{prefix}/{name}", draw(run.seed))
    run.relation("first", "second", True, KERAS_INTEGER_SEED.source, "rerun")


@scenario("generators/keras_seed_generator", needs=_NEEDS)
def keras_seed_generator(run: Run) -> None:
    """keras.random with one SeedGenerator: two calls each, the state after, `next`.

    Every call takes one number from the state; how it advances may change between versions.
    """
    for name, draw in _common(run).items():
        generator = run.keras.random.SeedGenerator(run.seed)
        run.array(f"first/{name}", draw(generator))
        run.array(f"second/{name}", draw(generator))
        run.array(f"state/{name}", generator.state.value)
    generator = run.keras.random.SeedGenerator(run.seed)
    for position in range(3):
        run.array(f"next/{position}", generator.next())
    run.relation("first", "second", expected=False, source=_STATEFUL)


@scenario("generators/keras_global_seed_generator", needs=("keras.utils.set_random_seed", *_NEEDS))
def keras_global_seed_generator(run: Run) -> None:
    """keras.random without a seed after `keras.utils.set_random_seed`, twice.

    A hidden global SeedGenerator is made on first use, from Python's `random` or the seed itself.
    """
    draws = _common(run)
    for prefix in ("first", "second"):
        run.keras.utils.set_random_seed(run.seed)
        for name, draw in draws.items():
            run.array(f"{prefix}/{name}", draw(None))
    run.relation("first", "second", level="rerun")


def _modes(run: Run, draws: Draws, mode: str, wrap: Callable[[Run, Any], Any]) -> None:
    """Record the draws with an integer seed, eagerly and in `mode`, where all are one function."""
    values = wrap(run, lambda: {name: draw(run.seed) for name, draw in draws.items()})()
    for name, draw in draws.items():
        run.array(f"eager/{name}", draw(run.seed))
        run.array(f"{mode}/{name}", values[name])
    run.relation("eager", mode)


@scenario("generators/keras_graph", needs=_NEEDS)
def keras_graph(run: Run) -> None:
    """keras.random with an integer seed, eager and inside a tf.function.

    The ops beneath are stateless; a graph's optimizer may compute them in another way.
    """
    _modes(run, _common(run), "graph", _in_graph)


@scenario("generators/keras_compiled", needs=_NEEDS)
def keras_compiled(run: Run) -> None:
    """keras.random with an integer seed, eager and compiled by XLA (tf.function or jax.jit).

    TensorFlow has other kernels under XLA; JAX compiles in both modes, but fuses differently.
    """
    draws = {name: draw for name, draw in _common(run).items() if name != "shuffle"}
    _modes(run, draws, "compiled", _compiled)


@scenario(
    "generators/keras_shuffle_compiled",
    needs=_NEEDS,
)
def keras_shuffle_compiled(run: Run) -> None:
    """keras.random.shuffle with an integer seed, eager and compiled by XLA.

    What XLA can compile of it depends on the backend and on how Keras shuffles.
    """
    errors: tuple[type[Exception], ...] = ()
    if run.backend == "tensorflow":
        errors = (run.api("tensorflow.errors.InvalidArgumentError"),)
    with run.requires("keras.random.shuffle compiled by XLA", *errors):
        _modes(run, {"shuffle": _common(run)["shuffle"]}, "compiled", _compiled)


@scenario("generators/keras_seed_generator_compiled", needs=_NEEDS)
def keras_seed_generator_compiled(run: Run) -> None:
    """keras.random with a SeedGenerator's state as an argument, eager and compiled by XLA.

    How training steps draw: the state goes in and comes out, so that tracing does not bake it in.
    """
    scope_of = run.api("keras.StatelessScope", "keras.backend.StatelessScope")
    random = run.keras.random
    generator = random.SeedGenerator(run.seed)

    def step(state: Any) -> Any:
        with scope_of(state_mapping=[(generator.state, state)]) as scope:
            values = {
                "normal_1": random.normal((40,), seed=generator),
                "normal_2": random.normal((40,), seed=generator),
                "dropout": random.dropout(
                    random.uniform((40,), seed=generator), 0.4, seed=generator
                ),
            }
        return values, scope.get_current_value(generator.state)

    start = generator.state.value
    for mode, function in {"eager": step, "compiled": _compiled(run, step)}.items():
        state = start
        for call in ("call_1", "call_2"):
            values, state = function(state)
            for name in sorted(values):
                run.array(f"{mode}/{call}/{name}", values[name])
        run.array(f"{mode}/state", state)
    run.relation("eager", "compiled")
