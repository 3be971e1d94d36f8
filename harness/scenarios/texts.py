"""The six code examples of the two texts, each stating as relations what its text claims.

Departures from the printed code, the same for every version: models are built with an explicit
`build` (see `building.built`); weights files end in `.weights.h5`, which Keras 3 insists on; text
001 trains with `sparse_categorical_crossentropy`, because the printed `categorical_crossentropy`
rejects its integer labels; and `GlorotUniform` goes by its older name where that is the only one.
Only example 1 of text 001 trains: the other two say "the rest remains the same", and are about
initial weights. JAX has no global seed to set, so that no text applies to it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import scenario
from .building import GLOROT, built, dense_pair, digits_classifier, glorot_uniform
from .seeding import equally_seeded, seed_all_three, seed_framework, seed_numpy
from .sources import TEXT_000, TEXT_001

if TYPE_CHECKING:
    from ..probe.context import Run


@scenario("texts/two_instances", source=TEXT_000 + ", example 1")
def two_instances(run: Run) -> None:
    """Seed Python, NumPy and TensorFlow once, then build the same model twice.

    Two draws from one seeded stream differ. Where a seed that nobody gave comes from has moved:
    from TensorFlow's own counter, up to 2.9, to Python's `random`, from 2.10 on and in Keras 3.
    """
    seed_all_three(run, run.seed)
    run.weights("first", dense_pair(run))
    run.weights("second", dense_pair(run))
    run.relation("first", "second", expected=False, source=TEXT_000 + ", example 1")


@scenario("texts/weights_copied", source=TEXT_000 + ", example 2")
def weights_copied(run: Run) -> None:
    """Build, reseed, build again, then copy the first layer's weights from the first model.

    Copied weights are the same bits everywhere. Whether seeding again starts over depends on what
    counts draws: in TensorFlow 1.15 the number of operations in the graph, which seeding leaves.
    """
    seed_all_three(run, run.seed)
    model = dense_pair(run)
    run.weights("original", model)
    seed_all_three(run, run.seed)
    copy = dense_pair(run)
    run.weights("rebuilt", copy)
    copy.layers[0].set_weights(model.layers[0].get_weights())
    run.weights("copied", copy)
    run.relation(
        "original/dense_0", "copied/dense_0", expected=True, source=TEXT_000 + ", example 2"
    )
    run.relation(
        "original",
        "rebuilt",
        expected=False,
        source=TEXT_000 + ", paragraph 3: 'even with seemingly identical seeding, [...] leading to "
        "a different set of initial weights for a new instance of the model'",
    )


@scenario(
    "texts/cloned_model",
    source=TEXT_000 + ", example 3",
    needs=("keras.models.clone_model",),
)
def cloned_model(run: Run) -> None:
    """Clone a model: the text says that the clone has identical weights.

    `clone_model` copies the architecture and draws new weights. Initializers without a seed of
    their own draw on, so that the clone differs; seeded ones may draw the same again.
    """
    seed_all_three(run, run.seed)
    original = dense_pair(run)
    clone = run.keras.models.clone_model(original)
    if not clone.built:
        clone.build((None, 5))
    run.weights("original", original)
    run.weights("clone", clone)
    run.relation("original", "clone", expected=True, source=TEXT_000 + ", example 3")


@scenario(
    "texts/global_seeds_training",
    source=TEXT_001 + ", example 1",
    launches="same",
    launches_source=TEXT_001 + ", example 1: 'consistent across runs'",
)
def global_seeds_training(run: Run) -> None:
    """Seed NumPy and TensorFlow, build, train ten epochs, save the weights and load them back.

    From TensorFlow 2.10 on, default initializers take their seeds from Python's `random`, which is
    not seeded here. Training adds the rounding of matrix products: libraries, threads, CPU.
    """
    seed_numpy(run, run.seed)
    seed_framework(run, run.seed)
    model = digits_classifier(run)
    run.weights("initial", model)
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    images = run.numpy.random.rand(1000, 784)
    labels = run.numpy.random.randint(0, 10, 1000)
    run.array("data/images", images)
    run.array("data/labels", labels)
    model.fit(images, labels, epochs=10, verbose=0)
    run.weights("trained", model)
    path = run.path("my_model.weights.h5")
    model.save_weights(path)
    loaded = digits_classifier(run)
    loaded.load_weights(path)
    run.weights("loaded", loaded)
    run.relation("trained", "loaded", expected=True, source=TEXT_001 + ", example 1")


@scenario(
    "texts/seeded_initializer_shared",
    source=TEXT_001 + ", example 2",
    needs=(GLOROT,),
    launches="same",
    launches_source=TEXT_001 + ", example 2",
)
def seeded_initializer_shared(run: Run) -> None:
    """One seeded GlorotUniform instance for both layers, called again for a second model.

    An initializer gives other values at each call (TensorFlow 2.7 to 2.9, Keras 2.3) or the same
    (the others). The documentation of 2.7 to 2.15 announces the former, that of Keras 3 the latter.
    """
    seed_numpy(run, run.seed)
    seed_framework(run, run.seed)
    glorot = glorot_uniform(run)
    initializer = glorot(seed=run.seed)
    run.weights("first", _dense_classifier(run, initializer, initializer))
    run.weights("second", _dense_classifier(run, initializer, initializer))
    run.relation("first", "second", **equally_seeded(glorot, one_instance=True))


@scenario(
    "texts/seeded_initializer_separate",
    source=TEXT_001 + ", example 2",
    needs=(GLOROT,),
    launches="same",
    launches_source=TEXT_001 + ", example 2",
)
def seeded_initializer_separate(run: Run) -> None:
    """A GlorotUniform instance of its own for every layer, all with the same seed.

    Equal seeds should mean equal values. In TensorFlow 2.7 to 2.9 a second initializer with an
    equal seed draws other ones (keras#15586).
    """
    seed_numpy(run, run.seed)
    seed_framework(run, run.seed)
    glorot = glorot_uniform(run)
    for prefix in ("first", "second"):
        run.weights(prefix, _dense_classifier(run, glorot(seed=run.seed), glorot(seed=run.seed)))
    run.relation("first", "second", **equally_seeded(glorot))


@scenario(
    "texts/custom_seeded_layer",
    source=TEXT_001 + ", example 3",
    needs=(GLOROT, "keras.initializers.RandomUniform"),
    launches="same",
    launches_source=TEXT_001 + ", example 3",
)
def custom_seeded_layer(run: Run) -> None:
    """A custom layer that hands its seed to a RandomUniform initializer of its own.

    As for the built-in layers: in TensorFlow 2.7 to 2.9, a second initializer with an equal seed
    draws other values.
    """
    keras = run.keras
    layer: Any = keras.layers.Layer

    class MyCustomLayer(layer):  # type: ignore[misc]
        def __init__(self, units: int, seed: int | None = None, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.units = units
            self.seed = seed
            self.w_initializer = keras.initializers.RandomUniform(seed=seed)

        def build(self, input_shape: Any) -> None:
            self.w = self.add_weight(
                name="w",
                shape=(input_shape[-1], self.units),
                initializer=self.w_initializer,
                trainable=True,
            )
            self.b = self.add_weight(
                name="b", shape=(self.units,), initializer="zeros", trainable=True
            )
            super().build(input_shape)

        def call(self, inputs: Any) -> Any:
            return inputs @ self.w + self.b

        def compute_output_shape(self, input_shape: Any) -> Any:
            return (input_shape[0], self.units)

    seed_numpy(run, run.seed)
    seed_framework(run, run.seed)
    glorot = glorot_uniform(run)
    for prefix in ("first", "second"):
        output = keras.layers.Dense(
            10,
            activation="softmax",
            kernel_initializer=glorot(seed=run.seed),
            bias_initializer="zeros",
        )
        run.weights(prefix, built(run, (784,), MyCustomLayer(128, seed=run.seed), output))
    run.relation("first", "second", **equally_seeded(glorot))


def _dense_classifier(run: Run, hidden: Any, output: Any) -> Any:
    dense = run.keras.layers.Dense
    return digits_classifier(
        run,
        dense(128, activation="relu", kernel_initializer=hidden, bias_initializer="zeros"),
        dense(10, activation="softmax", kernel_initializer=output, bias_initializer="zeros"),
    )
