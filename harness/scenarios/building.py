"""The small models that scenarios build. Layers carry no names unless a scenario is about names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..probe.context import Run

GLOROT = "keras.initializers.GlorotUniform|keras.initializers.glorot_uniform"


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


def glorot_uniform(run: Run) -> Any:
    """The class or function that makes a Glorot uniform initializer from `seed`.

    Under its class's name where there is one; TensorFlow 1.15 and Keras 2.3 have the other alone.
    """
    return run.api(*GLOROT.split("|"))


def is_eager(run: Run) -> bool:
    """Whether layers compute when they are called, as they do except in TensorFlow 1 and Theano."""
    if run.backend == "tensorflow":
        return bool(run.api("tensorflow.executing_eagerly")())
    return run.backend != "theano"


def called(run: Run, model: Any, input_shape: tuple[int, ...]) -> Any:
    """`model`, after a first call: on one example of zeros, or on an input where that is a graph.

    What builds a subclassed model, or one whose layers were not told the shape of their input.
    """
    if is_eager(run):
        model(run.numpy.zeros((1, *input_shape), "float32"))
    else:
        model(run.keras.layers.Input(shape=input_shape))
    return model


def weighted_layers(model: Any) -> list[Any]:
    """The layers that hold the weights, in creation order; in nested models, their innermost."""
    return [
        inner
        for layer in model.layers
        if layer.weights
        for inner in (weighted_layers(layer) if hasattr(layer, "layers") else [layer])
    ]


def _kernel(initializer: Any) -> dict[str, Any]:
    return {} if initializer is None else {"kernel_initializer": initializer}
