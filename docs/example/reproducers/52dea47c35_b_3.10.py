# /// script
# requires-python = "==3.10.*"
# dependencies = [
#   "absl-py==2.5.1",
#   "astunparse==1.6.3",
#   "certifi==2026.10.18",
#   "cffi==2.1.1",
#   "charset-normalizer==3.5.2",
#   "cryptography==50.0.2",
#   "flatbuffers==25.12.19",
#   "gast==0.4.0",
#   "google-auth==2.62.2",
#   "google-auth-oauthlib==1.5.0",
#   "google-pasta==0.2.0",
#   "grpcio==1.85.1",
#   "h5py==3.16.0",
#   "idna==3.20",
#   "keras==2.15.0",
#   "libclang==18.1.1",
#   "markdown==3.10.3",
#   "markupsafe==3.0.4",
#   "ml-dtypes==0.3.2",
#   "numpy==1.26.4",
#   "oauthlib==4.0.1",
#   "opt-einsum==3.4.0",
#   "packaging==26.3",
#   "protobuf==4.25.9",
#   "pyasn1==0.6.5",
#   "pyasn1-modules==0.4.2",
#   "pycparser==3.11",
#   "requests==2.34.2",
#   "requests-oauthlib==2.0.0",
#   "setuptools==84.2.1",
#   "six==1.17.0",
#   "tensorboard==2.15.2",
#   "tensorboard-data-server==0.7.2",
#   "tensorflow-cpu==2.15.1",
#   "tensorflow-estimator==2.15.0",
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
"""generators/python_distributions: Python 3.9 → 3.10, other last bits (rounding)

Python's `random`: every continuous distribution.

This side: tf2_15_1_py3_10.default.cpu on 50e4536a28fd.
What else differs between the sides: h5py 3.14.0 → 3.16.0; absl-py 2.3.1 → 2.5.1; cffi 2.0.0 →
2.1.1; cryptography 47.0.0 → 50.0.2; google-auth 2.50.0 → 2.62.2; google-auth-oauthlib 1.3.1 →
1.5.0; grpcio 1.80.1 → 1.85.1; importlib-metadata 8.7.1 → absent; markdown 3.9 → 3.10.3; pycparser
2.23 → 3.11; requests 2.32.5 → 2.34.2; setuptools 82.0.1 → 84.2.1; termcolor 3.1.0 → 3.3.0; urllib3
2.6.3 → 2.8.0; zipp 3.23.1 → absent.
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


def python_distributions(run: Run) -> None:
    """Python's `random`: every continuous distribution.

    Subject to change across Python versions; logarithms come from the C library.
    """
    arguments = {
        "uniform": (-1.0, 1.0),
        "triangular": (-1.0, 2.0, 0.0),
        "betavariate": (0.5, 2.5),
        "expovariate": (2.0,),
        "gammavariate": (2.5, 1.5),
        "gammavariate/small": (0.5, 1.5),
        "gauss": (0.0, 1.0),
        "lognormvariate": (0.0, 1.0),
        "normalvariate": (0.0, 1.0),
        "vonmisesvariate": (0.5, 2.0),
        "paretovariate": (3.0,),
        "weibullvariate": (1.0, 1.5),
    }

    def drawing(method: str, values: tuple[float, ...]) -> Callable[[Any], Any]:
        return lambda generator: [getattr(generator, method)(*values) for _ in range(50)]

    draws = {name: drawing(name.split("/")[0], arguments[name]) for name in arguments}
    _record(run, draws, lambda: _seeded(run))


# What it uses -------------------------------------------------------------------------------------


def _record(run: Run, draws: Draws, fresh: Callable[[], Any]) -> None:
    """Record what each draw gives with a generator of its own."""
    for name, draw in draws.items():
        run.array(name, run.numpy.asarray(draw(fresh())))


def _seeded(run: Run) -> Any:
    return run.random.Random(run.seed)


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
    'paretovariate': {
        '6910f6a70d269efc1805ea75162c841183ddac399674c3db38403ef45ed9b690': 'in launches 1 and 2',
    },
}


def reproduce() -> None:
    framework = Framework('tensorflow', 2, '')
    run = Run(framework, 'cpu')
    tempfile.tempdir = os.environ["SAMESEED_SCRATCH"]
    python_distributions(run)
    found = {each["array"]: each["sha256"] for each in run.arrays}
    for array, recorded in RECORDED.items():
        print("\nfingerprint of %s: %s" % (array, found.get(array, "no such array")))
        for sha256, where in recorded.items():
            same = sha256 == found.get(array, "")
            print("recorded%s: %s" % (where and " " + where, sha256 or "no such array"))
            print("matches the record" if same else "DIFFERS from this record")


if __name__ == "__main__":
    reproduce()
