"""Saved and loaded again: the same bits must come back, through every format.

Weights are fixed numbers (see `fixed`), moved by one step of an optimiser where its state is saved
too, so that what differs here is the saving.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import scenario
from .building import dense_pair
from .fixed import filled, fractions
from .seeding import seed_everything
from .sources import ALWAYS_THE_SAME, INITIALIZER_SEED, SAVED_MODEL_STATE, SAVED_WEIGHTS

if TYPE_CHECKING:
    from ..probe.context import Run

_FEATURES = 6


def _model(run: Run) -> Any:
    """6 → 8 → 1 with a normalisation between, whose moving averages are weights without gradients.

    The input is declared: older versions save a model's optimiser, or the model, only then.
    """
    layers = run.keras.layers
    seed_everything(run, run.seed)  # deterministic operations refuse unseeded initializers
    inputs = layers.Input((_FEATURES,))
    hidden = layers.Dense(8, activation="relu")(inputs)
    outputs = layers.Dense(1)(layers.BatchNormalization()(hidden))
    return run.keras.models.Model(inputs, outputs)


def _saved(run: Run) -> Any:
    """The model that is saved, recorded as `saved`."""
    model = filled(run, _model(run))
    run.weights("saved", model)
    return model


def _loaded(run: Run, model: Any) -> None:
    """Record the model that came back as `loaded`, and state that it is the saved one."""
    run.weights("loaded", model)
    run.relation("saved", "loaded", expected=True, source=SAVED_WEIGHTS)


def _reload(run: Run, weights: list[Any]) -> None:
    model = _model(run)
    model.set_weights(weights)
    _loaded(run, model)


@scenario("persistence/set_weights", promise=ALWAYS_THE_SAME)
def set_weights(run: Run) -> None:
    """Weights through `get_weights` and `set_weights` of another model.

    The arrays are copied: nothing may change.
    """
    _reload(run, _saved(run).get_weights())


@scenario("persistence/npz", promise=ALWAYS_THE_SAME)
def npz(run: Run) -> None:
    """Weights through an `.npz` file of NumPy's.

    The file holds the bytes: nothing may change.
    """
    path = run.path("weights.npz")
    run.numpy.savez(path, *_saved(run).get_weights())
    with run.numpy.load(path) as stored:
        _reload(run, [stored[key] for key in stored.files])


@scenario("persistence/weights_h5", needs=("h5py.File",), promise=ALWAYS_THE_SAME)
def weights_h5(run: Run) -> None:
    """Weights through `save_weights` to a `.weights.h5` file.

    Keras 3 lays the file out by the layers' paths, Keras 2 by their order; a type could get lost.
    """
    path = run.path("model.weights.h5")
    _saved(run).save_weights(path)
    other = _model(run)
    other.load_weights(path)
    _loaded(run, other)


@scenario("persistence/legacy_h5", needs=("h5py.File",), promise=ALWAYS_THE_SAME)
def legacy_h5(run: Run) -> None:
    """A whole model through `save` to an `.h5` file.

    The model is built anew from its configuration before the weights are read.
    """
    _whole_model(run, run.path("model.h5"))


@scenario("persistence/keras_file", needs=("h5py.File",), promise=ALWAYS_THE_SAME)
def keras_file(run: Run) -> None:
    """A whole model through `save` to a `.keras` file.

    Older versions write HDF5 under this name, newer ones an archive of configuration and weights.
    """
    _whole_model(run, run.path("model.keras"))


def _whole_model(run: Run, path: str) -> None:
    _saved(run).save(path)
    _loaded(run, run.keras.models.load_model(path, compile=False))


@scenario(
    "persistence/saved_model", needs=("tensorflow.saved_model.load",), promise=ALWAYS_THE_SAME
)
def saved_model(run: Run) -> None:
    """A model through TensorFlow's SavedModel, read back by TensorFlow alone.

    Keras 2 writes it with `save`, Keras 3 with `export`; the variables' order is not documented.
    """
    path = run.path("saved_model")
    model = _saved(run)
    if hasattr(model, "export"):
        model.export(path)
    else:
        with run.requires("SavedModel of a Keras model", TypeError):  # stand-alone Keras 2
            model.save(path, save_format="tf")
    with run.requires("SavedModel without a session", TypeError):  # TensorFlow 1.15
        loaded = run.api("tensorflow.saved_model.load")(path)
    _reload(run, [variable.numpy() for variable in loaded.variables])


@scenario("persistence/checkpoint", needs=("tensorflow.train.Checkpoint",), promise=ALWAYS_THE_SAME)
def checkpoint(run: Run) -> None:
    """Weights through `tf.train.Checkpoint`.

    Values are found by following the attributes of the objects that hold them.
    """
    kept = run.api("tensorflow.train.Checkpoint")
    model, other = _saved(run), _model(run)
    with run.requires("checkpoint of a Keras model", ValueError):  # stand-alone Keras 2
        path = kept(model=model).save(run.path("checkpoint"))
    status = kept(model=other).restore(path)
    if not run.api("tensorflow.executing_eagerly")():
        status.run_restore_ops(run.keras.backend.get_session())
    _loaded(run, other)


@scenario(
    "persistence/config_keeps_seed",
    source=INITIALIZER_SEED,
    launches="same",
    launches_source=INITIALIZER_SEED,
)
def config_keeps_seed(run: Run) -> None:
    """Initial weights of a model and of one made from its configuration, seed included.

    The seeds of initializers are in the configuration. Where an initializer counts its calls, or
    the framework its operations, the second model draws something else.
    """
    glorot = run.api("keras.initializers.glorot_uniform")
    model = dense_pair(run, glorot(seed=run.seed), glorot(seed=run.seed + 1))
    run.weights("original", model)
    again = type(model).from_config(model.get_config())
    again.build((None, 5))
    run.weights("from_config", again)
    run.relation("original", "from_config")


@scenario("persistence/resume_h5", needs=("h5py.File",))
def resume_h5(run: Run) -> None:
    """Four steps of Adam at once, and with the model saved to `.h5` and loaded half-way.

    The optimiser's moments and step count must survive too; the compiled loss must be found again.
    """
    # What Keras 3 loads from .h5 has an optimiser that knows none of its variables.
    _resume(run, run.path("model.h5"), NotImplementedError, ValueError)


@scenario("persistence/resume_keras_file", needs=("h5py.File",))
def resume_keras_file(run: Run) -> None:
    """Four steps of Adam at once, and with the model saved to `.keras` and loaded half-way.

    The optimiser's moments and step count must survive too.
    """
    _resume(run, run.path("model.keras"))


def _resume(run: Run, path: str, *refusals: type[Exception]) -> None:
    """Record both ways of training. refusals: what the first step after loading may raise."""
    keras = run.keras
    data = fractions(run, 4, _FEATURES), fractions(run, 4, 1, first=64)
    for name in ("uninterrupted", "resumed"):
        model = filled(run, _model(run))
        model.compile(keras.optimizers.Adam(0.0625), loss="mean_squared_error")
        for step in range(4):
            if name == "resumed" and step == 2:
                model.save(path)
                model = keras.models.load_model(path)
                with run.requires("training after loading a .h5 file", *refusals):
                    model.train_on_batch(*data)
            else:
                model.train_on_batch(*data)
        run.weights(name, model)
    run.relation("uninterrupted", "resumed", expected=True, source=SAVED_MODEL_STATE)
