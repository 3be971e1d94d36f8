"""Whole models: the ways to write one, and `keras.applications` without trained weights.

Everything is seeded, the model is built once, and its weights are recorded in the model's own order
as `model/<layer class>_<position>/<weight>`, where only layers with weights are counted: releases
differ in the layers without (MobileNetV2 pads by one layer more up to TensorFlow 2.0). So counted,
names and shapes are the same from Keras 2.3 to Keras 3.15.

Of a weight with more than 16 384 values only as many, evenly spaced, are recorded: ResNet50 would
otherwise fill 94 MB for every variant. The SHA-256 of all its bytes is recorded beside them.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from . import scenario
from .building import called, is_eager, weighted_layers
from .seeding import seed_everything
from .sources import PROGRAM_SEEDED

if TYPE_CHECKING:
    from ..probe.context import Run

_MOST_VALUES = 16_384


@scenario("models/sequential", promise=PROGRAM_SEEDED)
def sequential(run: Run) -> None:
    """A small convolutional Sequential model that is told the shape of its input.

    Weights are drawn while layers are added. Releases differ in the generator and in whether a
    layer's seed comes from a counter or from Python's `random`.
    """
    layers = run.keras.layers
    seed_everything(run, run.seed)
    model = run.keras.Sequential(
        [
            layers.Conv2D(4, 3, activation="relu", input_shape=(8, 8, 3)),
            layers.Flatten(),
            layers.Dense(8, activation="relu"),
            layers.Dense(3),
        ]
    )
    _record(run, model)


@scenario("models/functional", promise=PROGRAM_SEEDED)
def functional(run: Run) -> None:
    """A functional model with two branches of other widths that meet, and a skip connection.

    Layers are made and called one after the other; the model lists them by depth, in another order,
    which decides nothing.
    """
    layers = run.keras.layers
    seed_everything(run, run.seed)
    inputs = layers.Input(shape=(5,))
    wide = layers.Dense(7)(inputs)
    deep = layers.Dense(4, activation="relu")(inputs)
    deep = layers.Dense(6)(deep)
    joined = layers.Concatenate()([deep, wide])
    joined = layers.Dense(5)(joined)
    outputs = layers.Add()([inputs, joined])
    outputs = layers.Dense(2)(outputs)
    _record(run, run.keras.Model(inputs, outputs))


@scenario("models/subclassed", promise=PROGRAM_SEEDED)
def subclassed(run: Run) -> None:
    """A subclassed model: layers made in `__init__`, weights at the first call.

    Keras 3 takes a layer's seed where the layer is made, Keras 2 where its weights are: here the
    order of both is the same.
    """
    keras = run.keras
    model: Any = keras.Model

    class Pair(model):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.hidden = keras.layers.Dense(10, activation="relu")
            self.last = keras.layers.Dense(1)

        def call(self, inputs: Any) -> Any:
            return self.last(self.hidden(inputs))

        def compute_output_shape(self, input_shape: Any) -> Any:  # Keras 2.3 asks for it
            return (input_shape[0], 1)

    seed_everything(run, run.seed)
    _record(run, called(run, Pair(), (5,)))


@scenario("models/nested", promise=PROGRAM_SEEDED)
def nested(run: Run) -> None:
    """A Sequential model and a layer of its own inside a functional model, the former used twice.

    Weights are drawn once, however often a model is used. Layers are made in another order than
    their weights: Keras 3 takes seeds in the former, Keras 2 in the latter.
    """
    layers = run.keras.layers
    seed_everything(run, run.seed)
    inner = run.keras.Sequential([layers.Dense(4, input_shape=(5,)), layers.Dense(5)])
    last, between = layers.Dense(2), layers.Dense(5)
    inputs = layers.Input(shape=(5,))
    outputs = last(inner(between(inner(inputs))))
    _record(run, run.keras.Model(inputs, outputs))


@scenario(
    "models/mobilenet_v2",
    needs=("keras.applications.MobileNetV2",),
    promise=PROGRAM_SEEDED,
)
def mobilenet_v2(run: Run) -> None:
    """MobileNetV2, alpha 0.35, 32 x 32 images, 10 classes, without trained weights.

    Fifty-two convolutions in a row: one draw more or less anywhere shifts all that follow, and a
    change of architecture or default initializer between releases would show too.
    """
    _application(run, "MobileNetV2", alpha=0.35)


@scenario("models/resnet50", needs=("keras.applications.ResNet50",), promise=PROGRAM_SEEDED)
def resnet50(run: Run) -> None:
    """ResNet50, 32 x 32 images, 10 classes, without trained weights.

    Weights of up to 2.4 million values, drawn by kernels that divide the work among threads.
    """
    _application(run, "ResNet50")


@scenario(
    "models/efficientnet_b0",
    needs=("keras.applications.EfficientNetB0",),
    promise=PROGRAM_SEEDED,
)
def efficientnet_b0(run: Run) -> None:
    """EfficientNetB0, 32 x 32 images, 10 classes, without trained weights.

    Its kernels come from a truncated normal distribution. Its Dropout layers have no weights, but
    in Keras 3 each takes a seed from the stream that the initializers' seeds come from.
    """
    _application(run, "EfficientNetB0")


def _application(run: Run, name: str, **options: Any) -> None:
    build = run.api(f"keras.applications.{name}")
    seed_everything(run, run.seed)
    _record(run, build(weights=None, input_shape=(32, 32, 3), classes=10, **options))


def _record(run: Run, model: Any) -> None:
    layers = weighted_layers(model)
    if is_eager(run):
        values = [layer.get_weights() for layer in layers]
    else:  # all at once: a graph takes as long for one layer as for all
        asked = [weight for layer in layers for weight in layer.weights]
        given = iter(run.keras.backend.batch_get_value(asked))
        values = [[next(given) for _ in layer.weights] for layer in layers]
    for position, layer in enumerate(layers):
        name = f"model/{type(layer).__name__.lower()}_{position}"
        run.layer(name, layer, values[position], _MOST_VALUES)
        recorded = run.arrays[len(run.arrays) - len(values[position]) :]
        for weight, value in zip([each["array"] for each in recorded], values[position]):
            if value.size > _MOST_VALUES:
                run.array(f"{weight}/sha256", _sha256(run, value))


def _sha256(run: Run, value: Any) -> Any:
    """The SHA-256 of an array's bytes, as eight integers: too few for the kind of a difference."""
    digest = hashlib.sha256(run.numpy.ascontiguousarray(value).tobytes()).digest()
    return run.numpy.frombuffer(digest, ">u4").astype("uint32")
