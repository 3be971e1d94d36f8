"""TensorFlow's seeded ops, `tf.random.*`, whose seeds are a global one and one of the op.

Modes: `eager`; `graph`, inside `tf.function`; `compiled`, the same by XLA; `session`, in a graph of
TensorFlow 1. Every draw has a graph, a function or a reseeding of its own. Of the ops of the
`_on_host` group, XLA compiles shuffle alone (tried with TensorFlow 2.9 and 2.21).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import scenario
from .sources import TF_SET_SEED, TF_XLA_IGNORES_SEEDS
from .tensorflow_modes import compiled, eagerly, in_session

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..probe.context import Run
    from .tensorflow_modes import Draws

_EAGER_AND_GRAPH = "tensorflow#14134: one seed gives other values in eager mode and in a graph"
_TRACING = "tensorflow#33297: inside tf.function the global seed counts only when tracing"


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
        tensorflow = eagerly(run)
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
        in_session(run, draws, seeds(run, draws), run.seed if has_global else None)

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
    tensorflow = eagerly(run)

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
    tensorflow = eagerly(run)

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
    tensorflow = eagerly(run)
    ops = {name: draw for name, draw in _seeded(run).items() if "float16" not in name}
    ops["shuffle"] = _seeded_on_host(run)["shuffle"]
    draws = compiled(run, lambda: {name: draw(run.seed) for name, draw in ops.items()})
    for prefix in ("first", "second"):
        tensorflow.random.set_seed(run.seed)
        for name, value in draws().items():
            run.array(f"{prefix}/{name}", value)
    run.relation("first", "second", expected=False, source=TF_XLA_IGNORES_SEEDS, level="rerun")
