# /// script
# requires-python = "==3.11.*"
# dependencies = [
#   "absl-py==2.5.1",
#   "astunparse==1.6.3",
#   "attrs==26.1.0",
#   "certifi==2026.10.18",
#   "charset-normalizer==3.5.2",
#   "dm-tree==0.1.10",
#   "flatbuffers==25.12.19",
#   "gast==0.4.0",
#   "google-pasta==0.2.0",
#   "grpcio==1.85.1",
#   "h5py==3.16.0",
#   "idna==3.20",
#   "keras==3.0.5",
#   "libclang==18.1.1",
#   "markdown==3.11.3",
#   "markdown-it-py==4.3.0",
#   "markupsafe==3.0.4",
#   "mdurl==0.1.2",
#   "ml-dtypes==0.3.2",
#   "namex==0.1.0",
#   "numpy==1.26.4",
#   "opt-einsum==3.4.0",
#   "packaging==26.3",
#   "protobuf==4.25.9",
#   "pygments==2.21.0",
#   "requests==2.34.2",
#   "rich==15.0.0",
#   "setuptools==84.2.1",
#   "six==1.17.0",
#   "tensorboard==2.16.2",
#   "tensorboard-data-server==0.7.2",
#   "tensorflow-cpu==2.16.2",
#   "tensorflow-io-gcs-filesystem==0.37.1",
#   "termcolor==3.3.0",
#   "typing-extensions==4.16.0",
#   "urllib3==2.8.0",
#   "werkzeug==3.1.9",
#   "wheel==0.48.0",
#   "wrapt==1.14.2",
# ]
# [tool.uv]
# override-dependencies = ["tensorflow ; sys_platform == 'never'"]
# ///
"""training/sgd_step: Keras 3.0.5 → 3.1.1, other last bits (rounding)

The weights before and after one step of SGD on a mean squared error.

This side: tf2_16_2_keras3_0_5_py3_11.default.cpu on 50e4536a28fd.
What else differs between the sides: attrs 26.1.0 → absent; dm-tree 0.1.10 → absent; optree absent →
0.20.0.
"""
from __future__ import annotations


import hashlib
import importlib
import os
import random
import re
import subprocess
import sys
import tempfile
from contextlib import suppress
from typing import Any, NoReturn


# The scenario, as the suite has it ----------------------------------------------------------------


def sgd_step(run: Run) -> None:
    """The weights before and after one step of SGD on a mean squared error.

    Sums may be taken in another order (vector width, threads, oneDNN, XLA): the last bits move.
    """
    model = _regressor(run)
    model.compile(run.keras.optimizers.SGD(0.125), loss="mse")
    run.weights("before", model)
    model.train_on_batch(*_batches(run)[0])
    run.weights("after", model)


# What it uses -------------------------------------------------------------------------------------


def built(run: Run, input_shape: tuple[int, ...], *layers: Any) -> Any:
    """A `keras.Sequential` of `layers` whose weights exist.

    The texts pass `input_shape` to the first layer, which Keras 3 warns about; building with the
    same shape draws the same weights (the unit of both is the layer's own `build`).
    """
    model = run.keras.Sequential(list(layers))
    model.build((None, *input_shape))
    return model


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


def seed_python(run: Run, seed: int) -> None:
    """`random.seed`."""
    run.random.seed(seed)


def seed_numpy(run: Run, seed: int) -> None:
    """`numpy.random.seed`."""
    run.numpy.random.seed(seed)


def seed_framework(run: Run, seed: int) -> None:
    """The global seed of the framework under Keras: unsupported where there is none.

    JAX has none by design; Keras on Theano draws its seeds from NumPy.
    """
    setters = {
        "tensorflow": ("tensorflow.random.set_seed", "tensorflow.compat.v1.set_random_seed"),
        "torch": ("torch.manual_seed",),
    }
    if run.backend not in setters:
        run.unsupported(f"global seed on {run.backend}")
    run.api(*setters[run.backend])(seed)


def seed_everything(run: Run, seed: int) -> None:
    """Python, NumPy, and the framework where it has a global seed: alike on every version.

    What scenarios do that are not about seeding.
    """
    seed_python(run, seed)
    seed_numpy(run, seed)
    if run.backend in ("tensorflow", "torch"):
        seed_framework(run, seed)


_BATCHES, _BATCH, _FEATURES, _UNITS = 4, 16, 48, 16


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


# What runs it -------------------------------------------------------------------------------------


# A trial sees what is KEPT of the caller's environment, an empty home, and VARIABLES.
KEPT = (
    'PATH', 'LD_LIBRARY_PATH', 'DYLD_LIBRARY_PATH', 'TMPDIR', 'SYSTEMROOT', 'SYSTEMDRIVE', 'WINDIR',
    'COMSPEC', 'PATHEXT', 'TEMP', 'TMP', 'NUMBER_OF_PROCESSORS', 'PROCESSOR_ARCHITECTURE',
)
VARIABLES = {
    'LC_ALL': 'C.UTF-8',
    'PYTHONNOUSERSITE': '1',
    'PYTHONUTF8': '1',
    'CUDA_VISIBLE_DEVICES': '-1',
    'JAX_PLATFORMS': 'cpu',
    'OMP_NUM_THREADS': '2',
    'OPENBLAS_NUM_THREADS': '2',
    'MKL_NUM_THREADS': '2',
    'TF_NUM_INTRAOP_THREADS': '2',
    'TF_NUM_INTEROP_THREADS': '2',
    'NPROC': '2',
}

if "SAMESEED_SCRATCH" not in os.environ:  # start anew, so
    with tempfile.TemporaryDirectory() as scratch:
        environment = {name: os.environ[name] for name in KEPT if name in os.environ}
        for name in ("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "SAMESEED_SCRATCH"):
            environment[name] = scratch
        environment.update(VARIABLES)
        command = [sys.executable, os.path.abspath(__file__)]
        sys.exit(subprocess.call(command, env=environment, cwd=scratch))
sys.path[:] = [path for path in sys.path if path != os.path.dirname(os.path.abspath(__file__))]


import numpy
import numpy as np


# What Keras 2 calls otherwise than Keras 3.
_RENAMED = {
    ("DepthwiseConv1D", "depthwise_kernel"): "kernel",
    ("DepthwiseConv2D", "depthwise_kernel"): "kernel",
}


class UnsupportedError(Exception):
    """The audited version has no such API; the message names it."""


def _bfloat16() -> Any:
    """NumPy's name for bfloat16, which the package ml_dtypes gives it."""
    try:
        return importlib.import_module("ml_dtypes").bfloat16
    except ImportError:
        raise UnsupportedError("ml_dtypes.bfloat16") from None


def _leaf(name: str) -> str:
    """`dense_3/kernel:0` (Keras 2) and `kernel` (Keras 3) are both `kernel`; numbering goes too."""
    leaf = name.split("/")[-1].split(":")[0].lower()
    return re.sub(r"_\d+$", "", leaf) or "weight"


def _thinned(value: Any, most: int) -> Any:
    """At most `most` of an array's values, flat; the step is odd, so that all channels are met."""
    flat = numpy.asarray(value).reshape(-1)
    return value if flat.size <= most else flat[:: -(-flat.size // most) | 1]


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def _unique(name: str, taken: set[str]) -> str:
    candidate, count = name, 1
    while candidate in taken:
        count += 1
        candidate = f"{name}_{count}"
    taken.add(candidate)
    return candidate


def canonical(value: Any) -> NDArray[Any]:
    """`value` as a C-order little-endian NumPy array of its own shape."""
    array = np.asarray(value)
    if array.dtype.hasobject:
        raise TypeError("an object array has no bytes to fingerprint")
    if array.dtype.byteorder == ">" or (array.dtype.byteorder == "=" and not _LITTLE):
        array = array.astype(array.dtype.newbyteorder("<"))
    # ascontiguousarray turns a scalar into shape (1,), hence the reshape.
    return np.ascontiguousarray(array).reshape(array.shape)


def sha256(array: NDArray[Any]) -> str:
    """The fingerprint of a canonical array: 64 hexadecimal digits."""
    return hashlib.sha256(array.tobytes()).hexdigest()


_LITTLE = bool(np.array(1, dtype=np.uint16).tobytes()[0])


class Framework:
    """The imported framework, its threads pinned."""

    def __init__(self, backend: str, threads: int, keras: str = "") -> None:
        """Import "tensorflow", "jax", "torch" or "theano", and pin its pools to `threads`."""
        self.backend = backend
        self.threads = threads
        os.environ["KERAS_BACKEND"] = backend
        self.module: Any = importlib.import_module(backend)
        self.keras_name = keras or ("tensorflow.keras" if backend == "tensorflow" else "keras")
        self.keras: Any = (
            self.module.keras
            if self.keras_name == "tensorflow.keras"  # an attribute, and no module everywhere
            else importlib.import_module(self.keras_name)
        )
        # `tensorflow.keras` is a lazy module: touching it spares every child the import.
        self.keras.layers.Dense  # noqa: B018
        self._pin_threads()

    def _pin_threads(self) -> None:
        """Pin the pools that environment variables alone do not reach; starts no runtime."""
        if self.backend == "torch":
            self.module.set_num_threads(self.threads)
        threading_config = getattr(getattr(self.module, "config", None), "threading", None)
        if threading_config is not None:
            threading_config.set_intra_op_parallelism_threads(self.threads)
            threading_config.set_inter_op_parallelism_threads(self.threads)


class Run:
    """What a scenario sees. Prints the fingerprint of every array that it is given."""

    seed = 42
    numpy = numpy
    random = random

    def __init__(self, framework: Framework, device: str) -> None:
        self.device = device
        self.backend = framework.backend
        self.keras = framework.keras
        self.keras_name = framework.keras_name
        self.arrays: list[dict[str, Any]] = []

    def path(self, name: str) -> str:
        return os.path.join(os.environ["SAMESEED_SCRATCH"], name)

    def array(self, name: str, value: Any) -> None:
        array = canonical(self.evaluate(value))
        found = {"array": name, "dtype": array.dtype.name, "shape": list(array.shape)}
        self.arrays.append({**found, "sha256": sha256(array)})
        print(name, array.dtype.name, list(array.shape), sha256(array), flush=True)

    def relation(self, *_: Any, **__: Any) -> None:
        """The audit compares arrays of one run here; this script only prints them."""

    def api(self, *dotted: str) -> Any:
        """The object at a dotted path such as `keras.utils.set_random_seed`."""
        for path in dotted:
            with suppress(ImportError, AttributeError):
                return self._find(path)
        raise UnsupportedError(dotted[0])

    def unsupported(self, what: str) -> NoReturn:
        """End the scenario as unsupported: the version lacks `what`, for which no name stands."""
        raise UnsupportedError(what)

    def evaluate(self, value: Any) -> Any:
        """A tensor, variable or array as a NumPy array; a symbolic tensor is computed, once."""
        if isinstance(value, (numpy.ndarray, numpy.generic)):
            return value
        if hasattr(value, "detach"):  # torch: may require gradients, may lie on a GPU
            value = value.detach().cpu()
            if str(value.dtype) == "torch.bfloat16":  # NumPy has none: the same bits
                return value.view(self.api("torch.int16")).numpy().view(_bfloat16())
            return value.numpy()
        try:
            return value.numpy() if hasattr(value, "numpy") else self._computed(value)
        except NotImplementedError:  # a tensor of a TensorFlow graph
            return self._computed(value)

    def weights(self, prefix: str, model: Any) -> None:
        """Record every weight of `model` as `prefix/<layer class>_<position>/<weight>`."""
        for position, layer in enumerate(model.layers):
            self.layer(f"{prefix}/{_snake(type(layer).__name__)}_{position}", layer)

    def layer(self, prefix: str, layer: Any, values: Any = None, most: int = 0) -> None:
        """Record every weight of one layer as `prefix/<weight>`, in the layer's own order."""
        taken: set[str] = set()
        for weight, value in zip(layer.weights, layer.get_weights() if values is None else values):
            leaf = _RENAMED.get((type(layer).__name__, _leaf(weight.name)), _leaf(weight.name))
            name = f"{prefix}/{_unique(leaf, taken)}"
            self.array(name, _thinned(value, most) if most else value)

    def _find(self, path: str) -> Any:
        first, *rest = path.split(".")
        found = self.keras if first == "keras" else importlib.import_module(first)
        for position, name in enumerate(rest, 1):
            if not hasattr(found, name) and first != "keras":
                importlib.import_module(".".join((first, *rest[:position])))
            found = getattr(found, name)
        return found

    def _computed(self, value: Any) -> Any:
        """What a symbolic tensor or variable of a graph comes to, in Keras's own session."""
        if self.backend == "theano":
            return (
                self.keras.backend.get_value(value)
                if hasattr(value, "get_value")
                else (value.eval() if hasattr(value, "eval") else value)
            )
        if type(value).__module__.startswith("tensorflow."):
            return self.keras.backend.get_session().run(value)
        return value


# Array → fingerprint on record ("" where there was no such array) → where.
RECORDED = {
    'after/dense_0/kernel': {
        '9840b471a385c81666d2dde4a8f8785e1a9a6f84b03de521c056921f873360aa': 'in launches 1 and 2',
    },
}


def reproduce() -> None:
    framework = Framework('tensorflow', 2, 'keras')
    run = Run(framework, 'cpu')
    tempfile.tempdir = os.environ["SAMESEED_SCRATCH"]
    sgd_step(run)
    found = {each["array"]: each["sha256"] for each in run.arrays}
    for array, recorded in RECORDED.items():
        print("\nfingerprint of %s: %s" % (array, found.get(array, "no such array")))
        for sha256, where in recorded.items():
            same = sha256 == found.get(array, "")
            print("recorded%s: %s" % (where and " " + where, sha256 or "no such array"))
            print("matches the record" if same else "DIFFERS from this record")


if __name__ == "__main__":
    reproduce()
