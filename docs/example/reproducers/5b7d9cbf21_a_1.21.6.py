# /// script
# requires-python = "==3.10.*"
# dependencies = [
#   "absl-py==0.15.0",
#   "astunparse==1.6.3",
#   "cachetools==4.2.4",
#   "certifi==2026.10.18",
#   "charset-normalizer==3.5.2",
#   "flatbuffers==1.12",
#   "gast==0.4.0",
#   "google-auth==1.35.0",
#   "google-auth-oauthlib==0.4.6",
#   "google-pasta==0.2.0",
#   "grpcio==1.62.3",
#   "h5py==3.8.0",
#   "idna==3.10",
#   "keras==2.8.0",
#   "keras-preprocessing==1.1.2",
#   "libclang==18.1.1",
#   "markdown==3.4.4",
#   "markupsafe==2.1.5",
#   "numpy==1.21.6",
#   "oauthlib==3.2.2",
#   "opt-einsum==3.3.0",
#   "protobuf==3.19.6",
#   "pyasn1==0.5.1",
#   "pyasn1-modules==0.3.0",
#   "requests==2.31.0",
#   "requests-oauthlib==2.0.0",
#   "rsa==4.9.1",
#   "setuptools==68.0.0",
#   "six==1.15.0",
#   "tensorboard==2.8.0",
#   "tensorboard-data-server==0.6.1",
#   "tensorboard-plugin-wit==1.8.1",
#   "tensorflow-cpu==2.8.4",
#   "tensorflow-estimator==2.8.0",
#   "tensorflow-io-gcs-filesystem==0.34.0",
#   "termcolor==1.1.0",
#   "typing-extensions==3.7.4.3",
#   "urllib3==2.0.7",
#   "werkzeug==2.2.3",
#   "wheel==0.42.0",
#   "wrapt==1.16.0",
# ]
# [tool.uv]
# override-dependencies = ["tensorflow ; sys_platform == 'never'"]
# ///
"""generators/numpy_default_rng_integers: NumPy 1.21.6 → 1.26.4, other last bits (rounding)

NumPy's default_rng: raw floats of both precisions, integers of every dtype, bytes.

This side: tf2_8_4_np1_21_6_py3_10.default.cpu on 50e4536a28fd.
What else differs between the sides: h5py 3.8.0 → 3.16.0; absl-py 0.15.0 → 2.5.1; cachetools 4.2.4 →
absent; cffi absent → 2.1.1; cryptography absent → 50.0.2; flatbuffers 1.12 → 25.12.19; google-auth
1.35.0 → 2.62.2; grpcio 1.62.3 → 1.85.1; idna 3.10 → 3.20; markdown 3.4.4 → 3.10.3; markupsafe 2.1.5
→ 3.0.4; oauthlib 3.2.2 → 4.0.1; opt-einsum 3.3.0 → 3.4.0; packaging absent → 26.3; pyasn1 0.5.1 →
0.6.5; pyasn1-modules 0.3.0 → 0.4.2; pycparser absent → 3.11; requests 2.31.0 → 2.34.2; rsa 4.9.1 →
absent; setuptools 68.0.0 → 84.2.1; six 1.15.0 → 1.17.0; tensorflow-io-gcs-filesystem 0.34.0 →
0.37.1; termcolor 1.1.0 → 3.3.0; typing-extensions 3.7.4.3 → 4.16.0; urllib3 2.0.7 → 2.8.0; werkzeug
2.2.3 → 3.1.9; wheel 0.42.0 → 0.48.0; wrapt 1.16.0 → 2.5.2.
"""
from __future__ import annotations


import hashlib
import importlib
import os
import random
import subprocess
import sys
import tempfile
from contextlib import suppress
from typing import Any, NoReturn


# The scenario, as the suite has it ----------------------------------------------------------------


def numpy_default_rng_integers(run: Run) -> None:
    """NumPy's default_rng: raw floats of both precisions, integers of every dtype, bytes.

    NumPy may change the default bit generator and every method's algorithm.
    """
    numpy = run.numpy

    def integers(dtype: str) -> Callable[[Any], Any]:
        return lambda rng: rng.integers(0, 100, 50, dtype=dtype)

    draws: Draws = {
        "random": lambda rng: rng.random(50),
        "random/float32": lambda rng: rng.random(50, dtype="float32"),
        "bytes": lambda rng: numpy.frombuffer(rng.bytes(50), "uint8"),
        **{f"integers/{dtype}": integers(dtype) for dtype in _INTEGERS},
        "integers/bool": lambda rng: rng.integers(0, 2, 50, dtype=bool),
        "integers/endpoint": lambda rng: rng.integers(-5, 5, 50, dtype="int64", endpoint=True),
        "integers/wide": lambda rng: rng.integers(-(2**62), 2**62, 50, dtype="int64"),
    }
    _record(run, draws, lambda: numpy.random.default_rng(run.seed))


# What it uses -------------------------------------------------------------------------------------


_INTEGERS = ("int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64")


def _record(run: Run, draws: Draws, fresh: Callable[[], Any]) -> None:
    """Record what each draw gives with a generator of its own."""
    for name, draw in draws.items():
        run.array(name, run.numpy.asarray(draw(fresh())))


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


class UnsupportedError(Exception):
    """The audited version has no such API; the message names it."""


def _bfloat16() -> Any:
    """NumPy's name for bfloat16, which the package ml_dtypes gives it."""
    try:
        return importlib.import_module("ml_dtypes").bfloat16
    except ImportError:
        raise UnsupportedError("ml_dtypes.bfloat16") from None


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
    'random/float32': {
        '957b7efb2e039d811ba3a37f18504a392f99fabc208add948cc5f92b86f64df7': 'in launches 1 and 2',
    },
}


def reproduce() -> None:
    framework = Framework('tensorflow', 2, '')
    run = Run(framework, 'cpu')
    tempfile.tempdir = os.environ["SAMESEED_SCRATCH"]
    run.api(*['numpy.random.default_rng'])
    numpy_default_rng_integers(run)
    found = {each["array"]: each["sha256"] for each in run.arrays}
    for array, recorded in RECORDED.items():
        print("\nfingerprint of %s: %s" % (array, found.get(array, "no such array")))
        for sha256, where in recorded.items():
            same = sha256 == found.get(array, "")
            print("recorded%s: %s" % (where and " " + where, sha256 or "no such array"))
            print("matches the record" if same else "DIFFERS from this record")


if __name__ == "__main__":
    reproduce()
