# /// script
# requires-python = "==3.7.*"
# dependencies = [
#   "absl-py==2.1.0",
#   "astor==0.8.1",
#   "cachetools==4.2.4",
#   "certifi==2026.10.18",
#   "charset-normalizer==3.5.2",
#   "gast==0.2.2",
#   "google-auth==1.35.0",
#   "google-auth-oauthlib==0.4.6",
#   "google-pasta==0.2.0",
#   "grpcio==1.62.3",
#   "h5py==2.10.0",
#   "idna==3.10",
#   "importlib-metadata==6.7.0",
#   "keras-applications==1.0.8",
#   "keras-preprocessing==1.1.2",
#   "markdown==3.4.4",
#   "markupsafe==2.1.5",
#   "numpy==1.18.5",
#   "oauthlib==3.2.2",
#   "opt-einsum==3.3.0",
#   "protobuf==3.19.6",
#   "pyasn1==0.5.1",
#   "pyasn1-modules==0.3.0",
#   "requests==2.31.0",
#   "requests-oauthlib==2.0.0",
#   "rsa==4.9.1",
#   "setuptools==68.0.0",
#   "six==1.17.0",
#   "tensorboard==2.0.2",
#   "tensorflow==2.0.4",
#   "tensorflow-estimator==2.0.1",
#   "termcolor==2.3.0",
#   "typing-extensions==4.7.1",
#   "urllib3==2.0.7",
#   "werkzeug==2.2.3",
#   "wheel==0.42.0",
#   "wrapt==1.16.0",
#   "zipp==3.15.0",
# ]
# ///
"""texts/global_seeds_training: TensorFlow 2.0.4 → 2.1.4, another random stream (redraw)

Seed NumPy and TensorFlow, build, train ten epochs, save the weights and load them back.

This side: tf2_0_4_py3_7.default.cpu on 50e4536a28fd.
What else differs between the sides: keras 2.2.4-tf → 2.3.0-tf; keras-preprocessing 1.1.2 → 1.1.0;
tensorboard 2.0.2 → 2.1.1; tensorflow-estimator 2.0.1 → 2.1.0.
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


# What it uses -------------------------------------------------------------------------------------


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


TEXT_001 = "text 001, 'How can I achieve reproducible weight initialization in Keras?'"


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
    'trained/dense_0/kernel': {
        '7a581f8331edad10c3b8df1062a46f1130f7d0f0940a3ef775683d38f4502fd6': 'in launches 1 and 2',
    },
}


def reproduce() -> None:
    framework = Framework('tensorflow', 2, '')
    run = Run(framework, 'cpu')
    tempfile.tempdir = os.environ["SAMESEED_SCRATCH"]
    global_seeds_training(run)
    found = {each["array"]: each["sha256"] for each in run.arrays}
    for array, recorded in RECORDED.items():
        print("\nfingerprint of %s: %s" % (array, found.get(array, "no such array")))
        for sha256, where in recorded.items():
            same = sha256 == found.get(array, "")
            print("recorded%s: %s" % (where and " " + where, sha256 or "no such array"))
            print("matches the record" if same else "DIFFERS from this record")


if __name__ == "__main__":
    reproduce()
