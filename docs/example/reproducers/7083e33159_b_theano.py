# /// script
# requires-python = "==3.7.*"
# dependencies = [
#   "h5py==2.10.0",
#   "keras==2.3.1",
#   "keras-applications==1.0.8",
#   "keras-preprocessing==1.1.2",
#   "numpy==1.18.5",
#   "protobuf==3.19.6",
#   "pyyaml==6.0.1",
#   "scipy==1.7.3",
#   "six==1.17.0",
#   "theano==1.0.5",
# ]
# ///
"""recipes/numpy_only: backend tensorflow → theano, another random stream (redraw)

Seed NumPy's global generator only.

This side: keras2_3_1_theano_py3_7.default.cpu on 50e4536a28fd.
What else differs between the sides: tensorflow 1.15.5 → absent; absl-py 2.1.0 → absent; astor 0.8.1
→ absent; gast 0.2.2 → absent; google-pasta 0.2.0 → absent; grpcio 1.62.3 → absent; importlib-
metadata 6.7.0 → absent; markdown 3.4.4 → absent; markupsafe 2.1.5 → absent; opt-einsum 3.3.0 →
absent; setuptools 68.0.0 → absent; tensorboard 1.15.0 → absent; tensorflow-estimator 1.15.1 →
absent; termcolor 2.3.0 → absent; theano absent → 1.0.5; typing-extensions 4.7.1 → absent; werkzeug
2.2.3 → absent; wheel 0.42.0 → absent; wrapt 1.16.0 → absent; zipp 3.15.0 → absent.
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


def numpy_only(run: Run) -> None:
    """Seed NumPy's global generator only.

    Stand-alone Keras 2.3 takes its seeds from it; in the others it has no part in initial weights.
    """

    def build() -> Any:
        seed_numpy(run, run.seed)
        return dense_pair(run)

    _twice(run, build)


# What it uses -------------------------------------------------------------------------------------


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


def seed_numpy(run: Run, seed: int) -> None:
    """`numpy.random.seed`."""
    run.numpy.random.seed(seed)


def _twice(run: Run, build: Callable[[], Any], **expectation: Any) -> None:
    """Record `build()` as `first`, again as `second`, and state whether they agree.

    expectation: `expected` and `source`, where somebody says that they must.
    """
    run.weights("first", build())
    run.weights("second", build())
    run.relation("first", "second", level="rerun", **expectation)


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
    'first/dense_0/kernel': {
        '6ea8bbf026099e7a5fd759174dfe15650fda5481b708cf4c34db9ebce64de0cf': 'in launches 1 and 2',
    },
}


def reproduce() -> None:
    framework = Framework('theano', 2, 'keras')
    run = Run(framework, 'cpu')
    tempfile.tempdir = os.environ["SAMESEED_SCRATCH"]
    numpy_only(run)
    found = {each["array"]: each["sha256"] for each in run.arrays}
    for array, recorded in RECORDED.items():
        print("\nfingerprint of %s: %s" % (array, found.get(array, "no such array")))
        for sha256, where in recorded.items():
            same = sha256 == found.get(array, "")
            print("recorded%s: %s" % (where and " " + where, sha256 or "no such array"))
            print("matches the record" if same else "DIFFERS from this record")


if __name__ == "__main__":
    reproduce()
