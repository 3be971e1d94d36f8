"""One model on several virtual devices of one machine: replicas that must stay equal.

Each scenario divides the processor into two devices before the framework's runtime starts, which
works because every scenario has a process of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import scenario
from .fixed import filled, fractions
from .seeding import seed_everything
from .sources import MIRRORED, SET_RANDOM_SEED

if TYPE_CHECKING:
    from ..probe.context import Run

_DEVICES = 2
_FEATURES = 48
_NEEDS = ("tensorflow.distribute.MirroredStrategy",)


def _mirrored(run: Run) -> Any:
    """A MirroredStrategy over two virtual CPU devices. TensorFlow must not have started yet."""
    _only_on_cpu(run)
    _divide(run)
    return run.api("tensorflow.distribute.MirroredStrategy")(
        [f"/cpu:{device}" for device in range(_DEVICES)]
    )


def _divide(run: Run) -> None:
    devices = run.api(
        "tensorflow.config.list_physical_devices",
        "tensorflow.config.experimental.list_physical_devices",
    )
    divide = run.api(
        "tensorflow.config.set_logical_device_configuration",
        "tensorflow.config.experimental.set_virtual_device_configuration",
    )
    part = run.api(
        "tensorflow.config.LogicalDeviceConfiguration",
        "tensorflow.config.experimental.VirtualDeviceConfiguration",
    )
    divide(devices("CPU")[0], [part() for _ in range(_DEVICES)])


def _only_on_cpu(run: Run) -> None:
    if run.device != "cpu":
        raise _unsupported(f"virtual devices of a {run.device}")


def _unsupported(what: str) -> Exception:
    from ..probe.context import UnsupportedError  # imports NumPy, which listing a suite must not

    return UnsupportedError(what)


def _replicas(run: Run, strategy: Any, prefix: str, model: Any) -> None:
    """Record what each replica holds of every weight, as `prefix_<replica>/weight_<position>`."""
    for position, weight in enumerate(model.weights):
        mirrored = weight.value if type(weight).__module__.startswith("keras.") else weight
        for replica, value in enumerate(strategy.experimental_local_results(mirrored)):
            run.array(f"{prefix}_{replica}/weight_{position}", value)
    run.relation(f"{prefix}_0", f"{prefix}_1", expected=True, source=MIRRORED)


def _model(run: Run) -> Any:
    """48 → 16 → 4. The input is declared: before 2.1, strategies insist on it."""
    layers = run.keras.layers
    inputs = layers.Input((_FEATURES,))
    hidden = layers.Dense(16, activation="relu")(inputs)
    return run.keras.models.Model(inputs, layers.Dense(4)(hidden))


def _seeded(run: Run) -> Any:
    seed_everything(run, run.seed)
    return _model(run)


def _trained(run: Run, model: Any) -> None:
    """Two steps of SGD from fixed weights, on batches that two devices can share."""
    model.compile(run.keras.optimizers.SGD(0.125), loss="mse")
    filled(run, model)
    inputs, targets = fractions(run, 32, _FEATURES), fractions(run, 32, 4, first=64)
    model.fit(inputs, targets, batch_size=16, epochs=1, shuffle=False, verbose=0)


@scenario("distribution/mirrored_initial_weights", needs=_NEEDS)
def mirrored_initial_weights(run: Run) -> None:
    """Initial weights under a MirroredStrategy of two CPU devices, and without one.

    A variable per device: if each were drawn, not copied, or if the copies counted as operations,
    replicas or later weights would differ.
    """
    strategy = _mirrored(run)
    run.weights("alone", _seeded(run))
    with strategy.scope():
        model = _seeded(run)
    run.weights("mirrored", model)
    run.relation("alone", "mirrored", level="rerun")
    _replicas(run, strategy, "replica", model)


@scenario("distribution/mirrored_training", needs=_NEEDS)
def mirrored_training(run: Run) -> None:
    """Weights after two steps of SGD under a MirroredStrategy of two CPU devices, and without one.

    Gradients of half batches are added: other sums than those of a whole batch.
    """
    strategy = _mirrored(run)
    alone = _seeded(run)  # deterministic operations refuse unseeded initializers
    _trained(run, alone)
    run.weights("alone", alone)
    with strategy.scope():
        model = _seeded(run)
        with run.requires("training under a strategy", ValueError):  # stand-alone Keras 2
            _trained(run, model)
    run.weights("mirrored", model)
    run.relation("alone", "mirrored")
    _replicas(run, strategy, "replica", model)


@scenario(
    "distribution/one_device",
    needs=("tensorflow.distribute.OneDeviceStrategy",),
    launches="same",
    launches_source=SET_RANDOM_SEED,
)
def one_device(run: Run) -> None:
    """Initial weights under a OneDeviceStrategy, and without a strategy.

    The strategy only places variables; it should not count as an operation.
    """
    strategy = run.api("tensorflow.distribute.OneDeviceStrategy")(f"/{run.device}:0")
    run.weights("alone", _seeded(run))
    with strategy.scope():
        run.weights("one_device", _seeded(run))
    run.relation("alone", "one_device", level="rerun")


def _jax_devices(run: Run) -> Any:
    """Two CPU devices of JAX's. JAX must not have started yet."""
    _only_on_cpu(run)
    if run.backend != "jax":
        raise _unsupported(f"keras.distribution on {run.backend}")
    with run.requires("jax_num_cpu_devices", AttributeError):  # JAX 0.4
        run.api("jax.config").update("jax_num_cpu_devices", _DEVICES)
    return run.api("keras.distribution.list_devices")("cpu")


@scenario(
    "distribution/jax_data_parallel",
    needs=("keras.distribution.DataParallel", "jax.config"),
    launches="same",
    launches_source=SET_RANDOM_SEED,
)
def jax_data_parallel(run: Run) -> None:
    """Initial weights under `keras.distribution.DataParallel` on two CPU devices, and without.

    Every device holds all weights; they are drawn once, by a program compiled for both.
    """
    devices = _jax_devices(run)
    run.weights("alone", _seeded(run))
    with run.api("keras.distribution.DataParallel")(devices=devices).scope():
        run.weights("parallel", _seeded(run))
    run.relation("alone", "parallel", level="rerun")


@scenario(
    "distribution/jax_model_parallel",
    needs=("keras.distribution.ModelParallel", "jax.config"),
    launches="same",
    launches_source=SET_RANDOM_SEED,
)
def jax_model_parallel(run: Run) -> None:
    """Initial weights under `keras.distribution.ModelParallel` on two CPU devices, and without.

    Each device holds half of every kernel. Where JAX's generator cannot be partitioned
    (`jax_threefry_partitionable`), a sharded draw gives other numbers.
    """
    devices = _jax_devices(run)
    run.weights("alone", _seeded(run))
    mesh = run.api("keras.distribution.DeviceMesh")((1, _DEVICES), ("batch", "model"), devices)
    layout = run.api("keras.distribution.LayoutMap")(mesh)
    layout[".*kernel"] = (None, "model")
    parallel = run.api("keras.distribution.ModelParallel")
    with parallel(layout_map=layout, batch_dim_name="batch").scope():
        run.weights("parallel", _seeded(run))
    run.relation("alone", "parallel", level="rerun")
