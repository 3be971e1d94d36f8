"""How TensorFlow runs a random op: eagerly, compiled by XLA, in a session of TensorFlow 1."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeAlias

    from ..probe.context import Run

    Draws: TypeAlias = Mapping[str, Callable[[Any], Any]]


def eagerly(run: Run) -> Any:
    """The module `tensorflow`, where it executes eagerly."""
    tensorflow = run.api("tensorflow")
    if not tensorflow.executing_eagerly():
        run.unsupported("eager execution: it builds graphs by default")
    return tensorflow


def compiled(run: Run, function: Callable[..., Any]) -> Callable[..., Any]:
    """`function` compiled by XLA; the option was called otherwise before TensorFlow 2.5."""
    tensorflow = eagerly(run)
    try:
        made = tensorflow.function(function, jit_compile=True)
    except TypeError:
        with run.requires("tf.function(experimental_compile=True)", TypeError):
            made = tensorflow.function(function, experimental_compile=True)
    result: Callable[..., Any] = made
    return result


def in_session(
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
