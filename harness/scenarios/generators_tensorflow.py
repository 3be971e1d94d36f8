"""TensorFlow's random generators: seeded ops, stateless ops, tf.random.Generator.

Modes: `eager`; `graph`, inside `tf.function`; `compiled`, inside `tf.function` by XLA; `session`,
in a graph of TensorFlow 1. Every draw has a graph, a function or a reseeding of its own.

Not compiled: stateless gamma, binomial and Poisson, which XLA refused on a CPU with TensorFlow 2.4,
2.7 and 2.21; stateless_shuffle and index_shuffle, refused with 2.21; and the seeded ops of the
`_on_host` group, which were not tried.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import scenario
from .sources import (
    TF_GENERATOR_FLOATS,
    TF_GENERATOR_INTEGERS,
    TF_SET_SEED,
    TF_STATELESS,
    TF_STATELESS_GUIDE,
    TF_STATELESS_INTEGERS,
    TF_STATELESS_POISSON,
    TF_XLA_IGNORES_SEEDS,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeAlias

    from ..probe.context import Run

    Draws: TypeAlias = Mapping[str, Callable[[Any], Any]]

_EAGER_AND_GRAPH = "tensorflow#14134: one seed gives other values in eager mode and in a graph"
_TRACING = "tensorflow#33297: inside tf.function the global seed counts only when tracing"
_SKIP = "TensorFlow documentation of tf.random.Generator.skip: 'the same as that after normal([n])'"
_GENERATOR = ("tensorflow.random.Generator|tensorflow.random.experimental.Generator",)
_SPLIT = "tensorflow.random.split|tensorflow.random.experimental.stateless_split"
_FOLD_IN = "tensorflow.random.fold_in|tensorflow.random.experimental.stateless_fold_in"
# What the names "philox" and "threefry" stand for; releases before 2.4 take the numbers only.
_PHILOX, _THREEFRY = 1, 2


def _tensorflow(run: Run) -> Any:
    """The module, where it executes eagerly."""
    tensorflow = run.api("tensorflow")
    with run.requires("eager execution", NotImplementedError):
        if not tensorflow.executing_eagerly():
            raise NotImplementedError("TensorFlow builds graphs by default here")
    return tensorflow


def _compiled(run: Run, function: Callable[..., Any]) -> Callable[..., Any]:
    """`function` compiled by XLA; the option was called otherwise before TensorFlow 2.5."""
    tensorflow = _tensorflow(run)
    try:
        compiled = tensorflow.function(function, jit_compile=True)
    except TypeError:
        with run.requires("tf.function(experimental_compile=True)", TypeError):
            compiled = tensorflow.function(function, experimental_compile=True)
    result: Callable[..., Any] = compiled
    return result


def _in_session(
    run: Run, draws: Draws, arguments: Mapping[str, Any], seed: int | None = None
) -> None:
    """Record every draw of a TensorFlow 1 graph of its own as `session/…`, on the cell's device."""
    v1 = run.api("tensorflow.compat.v1")
    refusals = (v1.errors.InvalidArgumentError,) if run.device == "gpu" else ()
    for name, draw in draws.items():
        with v1.Graph().as_default(), v1.device(f"/{run.device.upper()}:0"):
            if seed is not None:
                v1.set_random_seed(seed)
            with run.requires(f"kernel for {name} on {run.device}", *refusals):
                run.array(f"session/{name}", v1.Session().run(draw(arguments[name])))


# Ops whose seeds are a global one and one of the op: `tf.random.*`.


def _seeded(run: Run) -> Draws:
    """The ops that GPUs compute too, as functions of the op's seed."""
    tensorflow = run.api("tensorflow")
    random = tensorflow.random
    logits = [[0.0, 1.0, 2.0]]
    return {
        "normal": lambda seed: random.normal((40,), seed=seed),
        "normal_float64": lambda seed: random.normal((40,), dtype="float64", seed=seed),
        "normal_float16": lambda seed: random.normal((40,), dtype="float16", seed=seed),
        "uniform": lambda seed: random.uniform((40,), -1.0, 1.0, seed=seed),
        "uniform_int32": lambda seed: random.uniform((40,), 0, 100, dtype="int32", seed=seed),
        "uniform_int64": lambda seed: random.uniform((40,), 0, 2**40, dtype="int64", seed=seed),
        "truncated_normal": lambda seed: random.truncated_normal((40,), seed=seed),
        "categorical": lambda seed: random.categorical(logits, 40, seed=seed),
    }


def _seeded_on_host(run: Run) -> Draws:
    """The ops that have kernels for CPUs only, as functions of the op's seed."""
    tensorflow = run.api("tensorflow")
    random = tensorflow.random

    def sampler(name: str, *more: Any, **options: Any) -> Callable[[Any], Any]:
        def draw(seed: Any) -> Any:
            classes = tensorflow.constant([[1], [2]], "int64")
            return getattr(random, name)(classes, 1, 20, *more, seed=seed, **options)[0]

        return draw

    return {
        "shuffle": lambda seed: random.shuffle(tensorflow.range(40), seed=seed),
        "gamma": lambda seed: random.gamma((40,), 2.5, 1.5, seed=seed),
        "gamma_small": lambda seed: random.gamma((40,), 0.5, seed=seed),
        "poisson": lambda seed: random.poisson(shape=(40,), lam=3.0, seed=seed),
        "poisson_large": lambda seed: random.poisson(shape=(40,), lam=50.0, seed=seed),
        "all_candidates": sampler("all_candidate_sampler", True),
        "uniform_candidates": sampler("uniform_candidate_sampler", True, 50),
        "log_uniform_candidates": sampler("log_uniform_candidate_sampler", True, 50),
        "learned_unigram_candidates": sampler("learned_unigram_candidate_sampler", True, 50),
        "fixed_unigram_candidates": sampler(
            "fixed_unigram_candidate_sampler", False, 4, unigrams=(0.1, 0.2, 0.3, 0.4)
        ),
    }


_OPS = {"": _seeded, "_on_host": _seeded_on_host}
_SEEDINGS = {
    "global_seed": ("a global seed", True, False),
    "op_seed": ("an op seed", False, True),
    "both_seeds": ("both seeds", True, True),
}


def _register_seeded(suffix: str, seeding: str) -> None:
    """Two scenarios for one group of ops and one way to seed: TensorFlow 2 and TensorFlow 1."""
    words, has_global, has_op = _SEEDINGS[seeding]
    what = "normal, uniform, categorical" if not suffix else "shuffle, gamma, Poisson, candidates"

    def seeds(run: Run, draws: Draws) -> dict[str, Any]:
        # Each its own: eager calls of one op with one seed would share a counter.
        return {
            name: run.seed + position if has_op else None for position, name in enumerate(draws)
        }

    def modes(run: Run) -> None:
        tensorflow = _tensorflow(run)
        draws = _OPS[suffix](run)
        for name, seed in seeds(run, draws).items():
            for mode in ("eager", "graph"):
                if has_global:
                    tensorflow.random.set_seed(run.seed)
                made = draws[name] if mode == "eager" else tensorflow.function(draws[name])
                run.array(f"{mode}/{name}", made(seed))
        run.relation("eager", "graph", source=_EAGER_AND_GRAPH)

    def session(run: Run) -> None:
        draws = _OPS[suffix](run)
        _in_session(run, draws, seeds(run, draws), run.seed if has_global else None)

    modes.__doc__ = f"""tf.random ({what}) with {words}, eager and in tf.function.

    How the two seeds become one differs between eager mode and graphs, where it counts the ops made
    so far, and may change between versions.
    """
    session.__doc__ = f"""tf.random ({what}) with {words}, in a TensorFlow 1 session.

    The one mode that TensorFlow 1 and 2 share; without an op seed, the seed counts the ops made.
    """
    scenario(f"generators/tf_{seeding}{suffix}", promise=TF_SET_SEED, source=_EAGER_AND_GRAPH)(
        modes
    )
    scenario(
        f"generators/tf_session_{seeding}{suffix}",
        promise=TF_SET_SEED,
        needs=("tensorflow.compat.v1.Session",),
    )(session)


for _suffix in _OPS:
    for _seeding in _SEEDINGS:
        _register_seeded(_suffix, _seeding)


@scenario("generators/tf_counters", source=TF_SET_SEED.source, promise=TF_SET_SEED)
def tf_counters(run: Run) -> None:
    """One op with one op seed, drawn again, reseeded, and twice within one tf.function.

    Each kernel keeps a counter: eager calls share a kernel, ops of a graph do not, and only
    `tf.random.set_seed` resets the eager ones.
    """
    tensorflow = _tensorflow(run)

    def draw() -> Any:
        return tensorflow.random.uniform((20,), seed=run.seed)

    for prefix in ("first", "second"):
        tensorflow.random.set_seed(run.seed)
        for call in ("call_1", "call_2"):
            run.array(f"{prefix}/{call}", draw())
    both = tensorflow.function(lambda: (draw(), draw()))
    for call in ("call_1", "call_2"):
        for position, value in enumerate(both(), 1):
            run.array(f"function/{call}/op_{position}", value)
    says = TF_SET_SEED.source
    run.relation("first", "second", expected=True, source=says, level="rerun")
    run.relation("first/call_1", "first/call_2", expected=False, source=says)
    run.relation(
        "function/call_1/op_1", "function/call_1/op_2", expected=True, source=says + ": '(A1, A1)'"
    )
    run.relation("function/call_1", "function/call_2", expected=False, source=says)


@scenario("generators/tf_function_reseeded", source=_TRACING, promise=TF_SET_SEED)
def tf_function_reseeded(run: Run) -> None:
    """A traced tf.function called, reseeded with the same and another seed, and traced anew.

    The global seed is built into the trace; reseeding can reach no more than its counters.
    """
    tensorflow = _tensorflow(run)

    def record(prefix: str, seed: int, function: Any) -> Any:
        tensorflow.random.set_seed(seed)
        for call in ("call_1", "call_2"):
            run.array(f"{prefix}/{call}", function())
        return function

    def trace() -> Any:
        return tensorflow.function(lambda: tensorflow.random.normal((20,)))

    traced = record("traced", run.seed, trace())
    record("same_seed", run.seed, traced)
    record("other_seed", run.seed + 1, traced)
    record("retraced", run.seed, trace())
    record("retraced_other_seed", run.seed + 1, trace())
    run.relation("traced", "same_seed", source=_TRACING, level="rerun")
    run.relation("same_seed", "other_seed", source=_TRACING)
    run.relation("traced", "retraced", expected=True, source=TF_SET_SEED.source, level="rerun")
    run.relation("traced", "retraced_other_seed", expected=False, source=TF_SET_SEED.source)


@scenario(
    "generators/tf_compiled",
    source=TF_XLA_IGNORES_SEEDS,
    launches="same",
    launches_source=TF_XLA_IGNORES_SEEDS,
)
def tf_compiled(run: Run) -> None:
    """tf.random with the global seed and an op seed, compiled by XLA, seeded and drawn twice.

    XLA ignores the seeds and counts the runs of the process instead.
    """
    tensorflow = _tensorflow(run)
    ops = {name: draw for name, draw in _seeded(run).items() if "float16" not in name}
    draws = _compiled(run, lambda: {name: draw(run.seed) for name, draw in ops.items()})
    for prefix in ("first", "second"):
        tensorflow.random.set_seed(run.seed)
        for name, value in draws().items():
            run.array(f"{prefix}/{name}", value)
    run.relation("first", "second", expected=False, source=TF_XLA_IGNORES_SEEDS, level="rerun")


# Ops that are functions of their seed: `tf.random.stateless_*`.


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
    tensorflow = _tensorflow(run)
    errors = tensorflow.errors
    seed = tensorflow.constant([run.seed, 7], "int32")
    for mode in modes:
        if mode == "compiled":
            made = _compiled(run, lambda seed: {name: draws[name](seed) for name in draws})
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
    _in_session(run, draws, {name: [run.seed, 7] for name in draws})


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
    gamma = run.api("tensorflow.random.stateless_gamma")
    draws: Draws = {
        "large": lambda seed: gamma((40,), seed, 2.5, 1.5),
        "small": lambda seed: gamma((40,), seed, 0.5),
    }
    _stateless(run, draws, "eager", "graph")


@scenario(
    "generators/tf_stateless_binomial",
    promise=TF_STATELESS,
    needs=("tensorflow.random.stateless_binomial",),
)
def tf_stateless_binomial(run: Run) -> None:
    """tf.random.stateless_binomial, eager and in tf.function.

    Rejection sampling: a last bit of a logarithm can decide how many numbers are used up.
    """
    binomial = run.api("tensorflow.random.stateless_binomial")
    draws: Draws = {
        "few": lambda seed: binomial((40,), seed, 10.0, 0.3),
        "many": lambda seed: binomial((40,), seed, 1000.0, 0.4),
    }
    _stateless(run, draws, "eager", "graph")


@scenario(
    "generators/tf_stateless_poisson",
    promise=TF_STATELESS_POISSON,
    needs=("tensorflow.random.stateless_poisson",),
)
def tf_stateless_poisson(run: Run) -> None:
    """tf.random.stateless_poisson, eager and in tf.function.

    Rejection sampling: a last bit of a logarithm can decide how many numbers are used up.
    """
    poisson = run.api("tensorflow.random.stateless_poisson")
    draws: Draws = {
        "small": lambda seed: poisson((40,), seed, 3.0),
        "large": lambda seed: poisson((40,), seed, 50.0),
    }
    _stateless(run, draws, "eager", "graph")


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


@scenario(
    "generators/tf_stateless_shuffle",
    promise=TF_STATELESS_INTEGERS,
    needs=("tensorflow.random.experimental.stateless_shuffle",),
)
def tf_stateless_shuffle(run: Run) -> None:
    """tf.random.experimental.stateless_shuffle, eager and in tf.function.

    Experimental; the order may change between versions of TensorFlow.
    """
    tensorflow = _tensorflow(run)
    shuffle = tensorflow.random.experimental.stateless_shuffle
    draws: Draws = {
        "values": lambda seed: shuffle(tensorflow.range(40), seed),
        "rows": lambda seed: shuffle(tensorflow.reshape(tensorflow.range(40), (10, 4)), seed),
    }
    _stateless(run, draws, "eager", "graph")


@scenario(
    "generators/tf_index_shuffle",
    promise=TF_STATELESS_GUIDE,
    needs=("tensorflow.random.experimental.index_shuffle",),
)
def tf_index_shuffle(run: Run) -> None:
    """tf.random.experimental.index_shuffle of forty indices, eager and in tf.function.

    Experimental; a block cipher of its own decides where an index goes.
    """
    tensorflow = _tensorflow(run)
    shuffle = tensorflow.random.experimental.index_shuffle
    draws: Draws = {"positions": lambda seed: shuffle(tensorflow.range(40), seed, 39)}
    _stateless(run, draws, "eager", "graph")


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


# Objects that keep a state: `tf.random.Generator`.


def _generator(run: Run, algorithm: int = _PHILOX) -> Any:
    _tensorflow(run)
    return run.api(*_GENERATOR[0].split("|")).from_seed(run.seed, alg=algorithm)


def _generated(run: Run, draws: Draws, algorithm: int, *modes: str) -> None:
    """Record each draw of a new generator, and the state that it leaves, in these modes."""
    tensorflow = _tensorflow(run)
    for mode in modes:
        for name, draw in draws.items():
            generator = _generator(run, algorithm)

            def function(draw: Any = draw, generator: Any = generator) -> Any:
                return draw(generator)

            if mode == "graph":
                function = tensorflow.function(function)
            elif mode == "compiled":
                function = _compiled(run, function)
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
