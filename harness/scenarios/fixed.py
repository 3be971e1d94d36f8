"""Numbers that are the same bits everywhere: no generator and no mathematical library makes them.

What scenarios start from that are not about initial weights, so that a change in how weights are
drawn does not show up in them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..probe.context import Run


_PRIME = 509


def fractions(run: Run, *shape: int, first: int = 0) -> Any:
    """A float32 array of multiples of 1/509 in (-1, 1), rounded; another `first` gives other ones.

    One division of two whole numbers, which IEEE 754 rounds alike everywhere. All bits of the
    significand are used: sums and products of them must be rounded, in the order they are taken.
    """
    numpy = run.numpy
    size = 1
    for length in shape:
        size *= length
    steps = (numpy.arange(first, first + size, dtype="int64") * 370 + 11) % (2 * _PRIME - 1)
    steps -= _PRIME - 1
    return (steps.astype("float32") / numpy.float32(_PRIME)).reshape(shape)


def filled(run: Run, model: Any) -> Any:
    """`model`, all of whose weights are now halves of `fractions`."""
    shapes = [weight.shape for weight in model.get_weights()]
    halves = [
        fractions(run, *shape, first=position) * run.numpy.float32(0.5)
        for position, shape in enumerate(shapes)
    ]
    model.set_weights(halves)
    return model
