"""The small models that scenarios build. Layers carry no names unless a scenario is about names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..probe.context import Run


def dense_pair(run: Run, first: Any = None, second: Any = None) -> Any:
    """Two Dense layers, 5 → 10 → 1, built at once; a kernel initializer for each, or the default.

    Returns a built `keras.Sequential` with kernels of shape (5, 10) and (10, 1).
    """
    layers = run.keras.layers
    return built(
        run,
        (5,),
        layers.Dense(10, activation="relu", **_kernel(first)),
        layers.Dense(1, **_kernel(second)),
    )


def digits_classifier(run: Run, *layers: Any) -> Any:
    """The model of text 001, 784 → 128 → 10, or 784 → `layers` in its place."""
    keras = run.keras
    layers = layers or (
        keras.layers.Dense(128, activation="relu"),
        keras.layers.Dense(10, activation="softmax"),
    )
    return built(run, (784,), *layers)


def built(run: Run, input_shape: tuple[int, ...], *layers: Any) -> Any:
    """A `keras.Sequential` of `layers` whose weights exist.

    The texts pass `input_shape` to the first layer, which Keras 3 warns about; building with the
    same shape draws the same weights (the unit of both is the layer's own `build`).
    """
    model = run.keras.Sequential(list(layers))
    model.build((None, *input_shape))
    return model


def _kernel(initializer: Any) -> dict[str, Any]:
    return {} if initializer is None else {"kernel_initializer": initializer}
