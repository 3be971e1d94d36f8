"""Numbers that are the same bits everywhere: no generator and no mathematical library makes them.

What scenarios start from that are not about initial weights, so that a change in how weights are
drawn does not show up in them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..probe.context import Run


def dyadic(run: Run, *shape: int, first: int = 0) -> Any:
    """A float32 array of multiples of 1/64 in [-1, 1); another `first` gives other ones."""
    numpy = run.numpy
    size = 1
    for length in shape:
        size *= length
    steps = (numpy.arange(first, first + size, dtype="int64") * 37 + 11) % 128 - 64
    return (steps.astype("float32") / numpy.float32(64)).reshape(shape)


def filled(run: Run, model: Any) -> Any:
    """`model`, all of whose weights are now multiples of 1/128 in [-1/2, 1/2)."""
    shapes = [weight.shape for weight in model.get_weights()]
    halves = [
        dyadic(run, *shape, first=position) * run.numpy.float32(0.5)
        for position, shape in enumerate(shapes)
    ]
    model.set_weights(halves)
    return model
