# /// script
# requires-python = "==3.10.*"
# dependencies = [
#   "absl-py==2.5.1",
#   "astunparse==1.6.3",
#   "certifi==2026.10.18",
#   "charset-normalizer==3.5.2",
#   "flatbuffers==25.12.19",
#   "gast==0.4.0",
#   "google-pasta==0.2.0",
#   "grpcio==1.85.1",
#   "h5py==3.16.0",
#   "idna==3.20",
#   "keras==3.12.4",
#   "libclang==18.1.1",
#   "markdown==3.10.3",
#   "markdown-it-py==4.3.0",
#   "markupsafe==3.0.4",
#   "mdurl==0.1.2",
#   "ml-dtypes==0.5.4",
#   "namex==0.1.0",
#   "numpy==1.26.4",
#   "opt-einsum==3.4.0",
#   "optree==0.20.0",
#   "packaging==26.3",
#   "pillow==12.3.0",
#   "protobuf==7.36.2",
#   "pygments==2.21.0",
#   "requests==2.34.2",
#   "rich==15.0.0",
#   "setuptools==84.2.1",
#   "six==1.17.0",
#   "tensorboard==2.20.0",
#   "tensorboard-data-server==0.7.2",
#   "tensorflow-cpu==2.20.0",
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
"""generators/tf_generator_threefry: TensorFlow 2.20.0 → 2.21.0, other last bits (rounding)

tf.random.Generator (ThreeFry): integers and floats, compiled by XLA.

This side: tf2_20_0_py3_10.default.cpu on 50e4536a28fd.
What else differs between the sides: h5py 3.16.0 → 3.14.0; markdown 3.10.3 → absent; markupsafe
3.0.4 → absent; pillow 12.3.0 → absent; tensorboard 2.20.0 → absent; tensorboard-data-server 0.7.2 →
absent; werkzeug 3.1.9 → absent.
"""
from __future__ import annotations


import hashlib
import importlib
import os
import random
import subprocess
import sys
import tempfile
from contextlib import contextmanager, suppress
from typing import Any, NoReturn


# The scenario, as the suite has it ----------------------------------------------------------------


def tf_generator_threefry(run: Run) -> None:
    """tf.random.Generator (ThreeFry): integers and floats, compiled by XLA.

    CPUs have no other kernel of it.
    """
    draws = {**_GENERATED_FLOATS, **_generated_integers(run)}
    _generated(run, draws, _THREEFRY, "compiled")


# What it uses -------------------------------------------------------------------------------------


def eagerly(run: Run) -> Any:
    """The module `tensorflow`, where it executes eagerly."""
    tensorflow = run.api("tensorflow")
    if not tensorflow.executing_eagerly():
        run.unsupported("eager execution: it builds graphs by default")
    return tensorflow


def compiled(run: Run, function: Callable[..., Any]) -> Callable[..., Any]:
    """`function` compiled by XLA; the option was called otherwise before TensorFlow 2.5."""
    tensorflow = eagerly(run)
    try:
        made = tensorflow.function(function, jit_compile=True)
    except TypeError:
        with run.requires("tf.function(experimental_compile=True)", TypeError):
            made = tensorflow.function(function, experimental_compile=True)
    result: Callable[..., Any] = made
    return result


_GENERATOR = ("tensorflow.random.Generator|tensorflow.random.experimental.Generator",)


# What the names "philox" and "threefry" stand for; releases before 2.4 take the numbers only.
_PHILOX, _THREEFRY = 1, 2


def _generator(run: Run, algorithm: int = _PHILOX) -> Any:
    eagerly(run)
    return run.api(*_GENERATOR[0].split("|")).from_seed(run.seed, alg=algorithm)


def _generated(run: Run, draws: Draws, algorithm: int, *modes: str) -> None:
    """Record each draw of a new generator, and the state that it leaves, in these modes."""
    tensorflow = eagerly(run)
    for mode in modes:
        for name, draw in draws.items():
            generator = _generator(run, algorithm)

            def function(draw: Any = draw, generator: Any = generator) -> Any:
                return draw(generator)

            if mode == "graph":
                function = tensorflow.function(function)
            elif mode == "compiled":
                function = compiled(run, function)
            run.array(f"{mode}/{name}", function())
            run.array(f"{mode}/state/{name}", generator.state)
    for mode in modes[1:]:
        run.relation(modes[0], mode)


_GENERATED_FLOATS: Draws = {
    "normal": lambda generator: generator.normal((40,)),
    "normal_float64": lambda generator: generator.normal((40,), dtype="float64"),
    "uniform": lambda generator: generator.uniform((40,), -1.0, 1.0),
    "truncated_normal": lambda generator: generator.truncated_normal((40,)),
}


def _generated_integers(run: Run) -> Draws:
    dtypes = run.api("tensorflow")
    return {
        "uniform_int32": lambda generator: generator.uniform((40,), 0, 100, dtypes.int32),
        "uniform_int64": lambda generator: generator.uniform((40,), 0, 2**40, dtypes.int64),
        "full_uint64": lambda generator: generator.uniform_full_int((40,), dtypes.uint64),
    }


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

    def unsupported(self, what: str) -> NoReturn:
        """End the scenario as unsupported: the version lacks `what`, for which no name stands."""
        raise UnsupportedError(what)

    @contextmanager
    def requires(self, what: str, *refusals: type[Exception]) -> Iterator[None]:
        """Take an exception of these types in the block to say that the version lacks `what`."""
        try:
            yield
        except refusals as error:
            reason = " ".join(f"{type(error).__name__}: {error}".split())[:300]
            raise UnsupportedError(f"{what} ({reason})") from error

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
    'compiled/truncated_normal': {
        '110eaf89542d76effdcc150c6b7859179fa10b4115a368566594e7b6a8f4df2d': 'in launches 1 and 2',
    },
}


def reproduce() -> None:
    framework = Framework('tensorflow', 2, '')
    run = Run(framework, 'cpu')
    tempfile.tempdir = os.environ["SAMESEED_SCRATCH"]
    run.api(*['tensorflow.random.Generator', 'tensorflow.random.experimental.Generator'])
    tf_generator_threefry(run)
    found = {each["array"]: each["sha256"] for each in run.arrays}
    for array, recorded in RECORDED.items():
        print("\nfingerprint of %s: %s" % (array, found.get(array, "no such array")))
        for sha256, where in recorded.items():
            same = sha256 == found.get(array, "")
            print("recorded%s: %s" % (where and " " + where, sha256 or "no such array"))
            print("matches the record" if same else "DIFFERS from this record")


if __name__ == "__main__":
    reproduce()
