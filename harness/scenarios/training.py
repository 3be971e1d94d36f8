"""The first steps after initialisation: masks, shuffling, optimiser steps, data pipelines.

Weights and data are fixed numbers (see `fixed`), so that what differs here is the training itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import scenario
from .building import built
from .fixed import filled, fractions
from .seeding import seed_everything, seed_framework
from .sources import (
    DATA_ORDER,
    DATA_RANDOM,
    DATA_RESHUFFLE,
    DROPOUT_SEED,
    FIT_SHUFFLE,
    SET_RANDOM_SEED,
    TF_SET_SEED,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..probe.context import Run

    Draw = Callable[[], Any]

_BATCHES, _BATCH, _FEATURES, _UNITS = 4, 16, 48, 16
_SAMPLES = 8  # of the shuffling scenarios: two epochs of them fit a float32's 24 bits


def _reseeded_alike(run: Run) -> None:
    """State that `first` and `second` agree: promised since Keras has `set_random_seed`."""
    promised = hasattr(run.keras.utils, "set_random_seed")
    run.relation(
        "first",
        "second",
        expected=True if promised else None,
        source=SET_RANDOM_SEED if promised else "",
        level="rerun",
    )


# Dropout


def _ones(run: Run) -> Any:
    """A tensor of ones, 8 × 16: a mask shows as what is left of them."""
    tensor = run.api("keras.ops.convert_to_tensor", "keras.backend.constant")
    return tensor(run.numpy.ones((8, 16), "float32"))


@scenario("training/dropout_layer_seeded", launches="same", launches_source=DROPOUT_SEED)
def dropout_layer_seeded(run: Run) -> None:
    """The masks of a Dropout layer that is given a seed; nothing else is seeded.

    Which generator turns the layer's seed into a mask depends on the version and the backend; so
    does whether a second layer of equal seed starts again or goes on.
    """
    for name in ("first_layer", "second_layer"):
        layer = run.keras.layers.Dropout(0.5, seed=run.seed)
        for call in ("first_call", "second_call"):
            run.array(f"{name}/{call}", layer(_ones(run), training=True))
    run.relation("first_layer", "second_layer", level="rerun")
    run.relation("first_layer/first_call", "first_layer/second_call")


@scenario("training/dropout_global_seed", launches="same", launches_source=SET_RANDOM_SEED)
def dropout_global_seed(run: Run) -> None:
    """The mask of a Dropout layer without a seed, after everything was seeded.

    Older versions derive it from the framework's seed and a count of operations, newer ones draw a
    seed from Python's `random`.
    """
    for name in ("first", "second"):
        seed_everything(run, run.seed)
        run.array(name, run.keras.layers.Dropout(0.5)(_ones(run), training=True))
    _reseeded_alike(run)


# Shuffling


def _order_keeper(run: Run) -> Any:
    """A model whose weights tell in which order it saw the samples of `_tell_tales`.

    A step moves every weight half-way to its target, exactly: it is 1 for the sample's own weight
    and 0 for the others. So a sample seen k steps before the end leaves 2**-(k + 1).
    """
    dense = run.keras.layers.Dense(_SAMPLES, use_bias=False, kernel_initializer="zeros")
    model = built(run, (1,), dense)
    model.compile(run.keras.optimizers.SGD(_SAMPLES / 4), loss="mse")
    return model


def _tell_tales(run: Run) -> tuple[Any, Any]:
    numpy = run.numpy
    return numpy.ones((_SAMPLES, 1), "float32"), numpy.eye(_SAMPLES, dtype="float32")


def _record_order(run: Run, prefix: str, model: Any) -> None:
    """Record the order of each of two epochs, read from the one weight per sample."""
    numpy = run.numpy
    left = model.get_weights()[0].ravel().astype("float64")
    for epoch in (2, 1):  # the last step weighs most
        power = numpy.frexp(left)[1].astype("int64")
        run.array(f"{prefix}/epoch_{epoch}", numpy.argsort(power, kind="stable"))
        left = left - numpy.ldexp(0.5, power)
    if left.any():
        raise ValueError("the weights do not say in which order the samples were seen")


@scenario("training/fit_shuffle", launches="same", launches_source=SET_RANDOM_SEED)
def fit_shuffle(run: Run) -> None:
    """The order in which `fit(shuffle=True)` shows the samples of an array, for two epochs.

    Arrays were shuffled by NumPy, later by TensorFlow or the backend's generator. On Keras 3 with
    TensorFlow a global seed was seen to give every epoch the same order.
    """
    for name in ("first", "second"):
        seed_everything(run, run.seed)
        model = _order_keeper(run)
        model.fit(*_tell_tales(run), batch_size=1, epochs=2, shuffle=True, verbose=0)
        _record_order(run, name, model)
    _reseeded_alike(run)
    run.relation("first/epoch_1", "first/epoch_2", expected=False, source=FIT_SHUFFLE)


@scenario(
    "training/fit_shuffle_sequence",
    needs=("keras.utils.Sequence",),
    launches="same",
    launches_source=SET_RANDOM_SEED,
)
def fit_shuffle_sequence(run: Run) -> None:
    """The order in which `fit(shuffle=True)` shows the batches of a `keras.utils.Sequence`.

    A Sequence is shuffled batch by batch, in other code than an array, and handed over by threads.
    """
    sequence: Any = run.keras.utils.Sequence

    class Samples(sequence):  # type: ignore[misc]
        def __len__(self) -> int:
            return _SAMPLES

        def __getitem__(self, index: int) -> Any:
            inputs, targets = _tell_tales(run)
            return inputs[index : index + 1], targets[index : index + 1]

    for name in ("first", "second"):
        seed_everything(run, run.seed)
        model = _order_keeper(run)
        model.fit(Samples(), epochs=2, shuffle=True, verbose=0)
        _record_order(run, name, model)
    _reseeded_alike(run)
    run.relation("first/epoch_1", "first/epoch_2", expected=False, source=FIT_SHUFFLE)


# Steps of an optimiser


def _regressor(run: Run) -> Any:
    """48 → 16 (relu) → 1, with fixed weights: the order of the sums decides about last bits."""
    layers = run.keras.layers
    seed_everything(run, run.seed)  # deterministic operations refuse unseeded initializers
    return filled(
        run, built(run, (_FEATURES,), layers.Dense(_UNITS, activation="relu"), layers.Dense(1))
    )


def _batches(run: Run) -> list[tuple[Any, Any]]:
    return [
        (
            fractions(run, _BATCH, _FEATURES, first=batch),
            fractions(run, _BATCH, 1, first=64 + batch),
        )
        for batch in range(_BATCHES)
    ]


@scenario("training/sgd_step")
def sgd_step(run: Run) -> None:
    """The weights before and after one step of SGD on a mean squared error.

    Sums may be taken in another order (vector width, threads, oneDNN, XLA): the last bits move.
    """
    model = _regressor(run)
    model.compile(run.keras.optimizers.SGD(0.125), loss="mse")
    run.weights("before", model)
    model.train_on_batch(*_batches(run)[0])
    run.weights("after", model)


@scenario("training/sgd_step_classifier")
def sgd_step_classifier(run: Run) -> None:
    """The weights after one step of SGD through tanh, softmax and cross-entropy.

    Beside sums, exponentials and logarithms differ between mathematical libraries, and losses are
    computed from logits in some versions.
    """
    layers = run.keras.layers
    dense = (layers.Dense(_UNITS, activation="tanh"), layers.Dense(3, activation="softmax"))
    seed_everything(run, run.seed)
    model = filled(run, built(run, (_FEATURES,), *dense))
    model.compile(run.keras.optimizers.SGD(0.125), loss="sparse_categorical_crossentropy")
    classes = run.numpy.arange(_BATCH, dtype="int32").reshape(_BATCH, 1) % 3
    model.train_on_batch(_batches(run)[0][0], classes)
    run.weights("after", model)


@scenario("training/gradients")
def gradients(run: Run) -> None:
    """The gradients of a mean squared error with respect to every weight.

    Each backend derives them by its own rules and sums in its own order.
    """
    model = _regressor(run)
    refusals = (AssertionError,) if run.backend == "theano" else ()
    with run.requires("gradients over a constant input", *refusals):
        found = _gradients(run, model, *_batches(run)[0])
    for position, gradient in enumerate(found):
        run.array(f"gradient_{position}", gradient)


def _gradients(run: Run, model: Any, inputs: Any, targets: Any) -> list[Any]:
    tensor = run.api("keras.ops.convert_to_tensor", "keras.backend.constant")
    mean = run.api("keras.ops.mean", "keras.backend.mean")
    square = run.api("keras.ops.square", "keras.backend.square")
    inputs, targets = tensor(inputs), tensor(targets)
    if run.backend == "jax":
        fixed = [variable.value for variable in model.non_trainable_variables]

        def loss(weights: Any) -> Any:
            return mean(square(model.stateless_call(weights, fixed, inputs)[0] - targets))

        weights = [variable.value for variable in model.trainable_variables]
        return list(run.api("jax.grad")(loss)(weights))
    if run.backend == "torch":
        mean(square(model(inputs) - targets)).backward()
        return [weight.value.grad for weight in model.trainable_weights]
    if run.backend == "tensorflow" and run.api("tensorflow.executing_eagerly")():
        with run.api("tensorflow.GradientTape")() as tape:
            error = mean(square(model(inputs) - targets))
        return list(tape.gradient(error, [*model.trainable_weights]))
    error = mean(square(model(inputs) - targets))
    return list(run.keras.backend.gradients(error, model.trainable_weights))


@scenario("training/adam_two_epochs")
def adam_two_epochs(run: Run) -> None:
    """Adam for two epochs: the weights after every step, by `fit` and by `train_on_batch`.

    A difference in the last bit of one step is carried on and grows; versions differ in how Adam's
    bias correction and epsilon are computed.
    """
    batches = _batches(run)
    inputs, targets = (run.numpy.concatenate(parts) for parts in zip(*batches))
    callback: Any = run.keras.callbacks.Callback

    class Keeper(callback):  # type: ignore[misc]
        """Records the weights; `on_batch_end` is the one name that every version calls."""

        steps = 0

        def on_batch_end(self, batch: int, logs: Any = None) -> None:  # noqa: ARG002 - Keras's
            self.steps += 1
            run.weights(f"fit/step_{self.steps}", self.model)  # reading it updates it on JAX

    model = _regressor(run)
    model.compile(run.keras.optimizers.Adam(0.0625), loss="mse")
    model.fit(
        inputs,
        targets,
        batch_size=_BATCH,
        epochs=2,
        shuffle=False,
        verbose=0,
        callbacks=[Keeper()],
    )
    model = _regressor(run)
    model.compile(run.keras.optimizers.Adam(0.0625), loss="mse")
    for step, (inputs, targets) in enumerate([*batches, *batches], 1):
        model.train_on_batch(inputs, targets)
        run.weights(f"loop/step_{step}", model)
    run.relation("fit", "loop")


def _mixed(run: Run, policy: str) -> None:
    use = run.api(
        "keras.mixed_precision.set_global_policy", "keras.mixed_precision.experimental.set_policy"
    )
    inputs, targets = _batches(run)[0]
    with run.requires(f"policy {policy}", ValueError):  # TensorFlow 1.15
        use(policy)
    model = _regressor(run)
    model.compile(run.keras.optimizers.SGD(0.125), loss="mse")
    refusals: list[type[Exception]] = [TypeError]  # TensorFlow 2.0, of bfloat16
    if run.backend == "tensorflow":
        refusals.append(run.api("tensorflow.errors.InvalidArgumentError"))  # 2.0, of float16
    output = model(inputs)
    with run.requires(f"training with {policy}", *refusals):
        model.train_on_batch(inputs, targets)
    run.array("output", output)
    run.weights("after", model)


for _policy in ("mixed_float16", "mixed_bfloat16"):

    def _mixed_step(run: Run, policy: str = _policy) -> None:
        _mixed(run, policy)

    _mixed_step.__doc__ = f"""One step of SGD under the global policy `{_policy}`, and an output.

    Products are rounded to 16 bits, by kernels that may sum in 32 bits or not; the scale of the
    loss and the layers that stay in float32 changed between versions.
    """
    scenario(
        f"training/{_policy}",
        needs=(
            "keras.mixed_precision.set_global_policy|keras.mixed_precision.experimental.set_policy",
        ),
    )(_mixed_step)


# Data pipelines

_DATA = ("tensorflow.data.Dataset",)
_LENGTH = 32


def _elements(run: Run, dataset: Any, count: int = _LENGTH) -> Any:
    """The first `count` elements as one tensor: works in graphs and eagerly."""
    return run.api("tensorflow.data.experimental.get_single_element")(dataset.batch(count))


def _range(run: Run) -> Any:
    return run.api("tensorflow.data.Dataset").range(_LENGTH)


def _two_epochs(run: Run, dataset: Any) -> None:
    both = run.evaluate(_elements(run, dataset.repeat(2), 2 * _LENGTH))
    run.array("epoch_1", both[:_LENGTH])
    run.array("epoch_2", both[_LENGTH:])


@scenario("training/data_shuffle_seed", needs=_DATA, promise=TF_SET_SEED)
def data_shuffle_seed(run: Run) -> None:
    """Two epochs of `tf.data` shuffled with a seed of its own; nothing else is seeded.

    The seed is combined with the global one, and each epoch is given a seed derived from it.
    """
    _two_epochs(run, _range(run).shuffle(_LENGTH, seed=run.seed))
    run.relation("epoch_1", "epoch_2", expected=False, source=DATA_RESHUFFLE)


@scenario("training/data_shuffle_once", needs=_DATA, promise=TF_SET_SEED)
def data_shuffle_once(run: Run) -> None:
    """Two epochs of `tf.data` shuffled with a seed and `reshuffle_each_iteration=False`.

    Every epoch must then see the first one's order.
    """
    shuffled = _range(run).shuffle(_LENGTH, seed=run.seed, reshuffle_each_iteration=False)
    _two_epochs(run, shuffled)
    run.relation("epoch_1", "epoch_2", expected=True, source=DATA_RESHUFFLE)


@scenario(
    "training/data_shuffle_global_seed",
    needs=_DATA,
    promise=TF_SET_SEED,
)
def data_shuffle_global_seed(run: Run) -> None:
    """Two epochs of `tf.data` shuffled after `tf.random.set_seed` alone.

    The shuffle's own seed then comes from the global one and a count of operations.
    """
    seed_framework(run, run.seed)
    _two_epochs(run, _range(run).shuffle(_LENGTH))
    run.relation("epoch_1", "epoch_2", expected=False, source=DATA_RESHUFFLE)


@scenario("training/data_shuffle_iterated", needs=_DATA, promise=TF_SET_SEED)
def data_shuffle_iterated(run: Run) -> None:
    """One shuffled `tf.data` dataset with a seed, iterated twice by a Python loop.

    A loop starts a new iterator; whether it goes on from the last one's seed depends on the
    version.
    """
    dataset = _range(run).shuffle(_LENGTH, seed=run.seed)
    for name in ("epoch_1", "epoch_2"):
        with run.requires("iteration over a dataset", RuntimeError):
            run.array(name, run.numpy.array([int(element) for element in dataset]))
    run.relation("epoch_1", "epoch_2", expected=False, source=DATA_RESHUFFLE)


@scenario("training/data_parallel_map", needs=_DATA, promise=DATA_ORDER)
def data_parallel_map(run: Run) -> None:
    """`tf.data` map with four calls at a time keeps the order of map with one.

    Only the options of the dataset decide about order, not the number of threads.
    """

    def square(value: Any) -> Any:
        return value * value

    run.array("sequential", _elements(run, _range(run).map(square)))
    run.array("parallel", _elements(run, _range(run).map(square, num_parallel_calls=4)))
    run.relation("sequential", "parallel", expected=True, source=DATA_ORDER.source)


@scenario("training/data_parallel_interleave", needs=_DATA, promise=DATA_ORDER)
def data_parallel_interleave(run: Run) -> None:
    """`tf.data` interleave with four calls at a time, beside one at a time.

    Only the options of the dataset decide about order, not the number of threads.
    """
    dataset = run.api("tensorflow.data.Dataset")

    def block(start: Any) -> Any:
        return dataset.range(4 * start, 4 * start + 4)

    for name, parallel in (("sequential", None), ("parallel", 4)):
        mixed = dataset.range(_LENGTH // 4).interleave(
            block, cycle_length=4, block_length=2, num_parallel_calls=parallel
        )
        run.array(name, _elements(run, mixed))
    run.relation("sequential", "parallel", expected=True, source=DATA_ORDER.source)


def _random_map(run: Run, parallel: int | None) -> Any:
    """A number drawn for each element of a dataset, by so many calls at a time."""
    uniform = run.api("tensorflow.random.uniform")
    seed_framework(run, run.seed)
    return _elements(run, _range(run).map(lambda _: uniform([]), num_parallel_calls=parallel))


@scenario("training/data_random_map", needs=_DATA, promise=TF_SET_SEED)
def data_random_map(run: Run) -> None:
    """Numbers drawn inside `tf.data` map, one call at a time, after `tf.random.set_seed`.

    The operation inside the map gets its seed when the function is traced.
    """
    run.array("drawn", _random_map(run, None))


@scenario("training/data_random_map_parallel", needs=_DATA)
def data_random_map_parallel(run: Run) -> None:
    """Numbers drawn inside `tf.data` map, four calls at a time, sorted, after `tf.random.set_seed`.

    Which call draws first is a race between threads, so that only which numbers are drawn is
    recorded, not which element is given which.
    """
    run.array("sorted", run.numpy.sort(run.evaluate(_random_map(run, 4))))


@scenario(
    "training/data_random_dataset",
    needs=("tensorflow.data.Dataset.random|tensorflow.data.experimental.RandomDataset",),
    promise=DATA_RANDOM,
)
def data_random_dataset(run: Run) -> None:
    """A `tf.data` dataset of random numbers with a seed.

    It has a generator of its own in C++; the seed is combined with the global one.
    """
    random = run.api("tensorflow.data.Dataset.random", "tensorflow.data.experimental.RandomDataset")
    run.array("drawn", _elements(run, random(seed=run.seed).take(_LENGTH)))
