# /// script
# requires-python = "==3.11.*"
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
#   "keras==3.5.0",
#   "libclang==18.1.1",
#   "markdown==3.11.3",
#   "markdown-it-py==4.3.0",
#   "markupsafe==3.0.4",
#   "mdurl==0.1.2",
#   "ml-dtypes==0.3.2",
#   "namex==0.1.0",
#   "numpy==1.26.4",
#   "opt-einsum==3.4.0",
#   "optree==0.20.0",
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
"""initializers/seed_2_to_31_less_2: Keras 3.4.1 → 3.5.0, another random stream (redraw)

Every random initializer with the seed 2147483646.

This side: tf2_16_2_keras3_5_0_py3_11.default.cpu on 50e4536a28fd.
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
from typing import Any, NamedTuple, NoReturn


# The scenario, as the suite has it ----------------------------------------------------------------


SCENARIOS = {}


def scenario(name, **_):
    def register(function):
        SCENARIOS[name] = function
        return function

    return register


class Promise(NamedTuple):
    """What somebody documents about how stable a result is.

    text: in their words, as short as can be. source: where they say so, a page or a document.
    levels: the levels that the promise covers ("process", "packages", "device", ...); a difference
    on one of them breaks it, a difference on another is permitted. where: a dotted path below the
    audited Keras, such as "keras.utils.set_random_seed"; versions without it never made the
    promise. Empty: all did.
    """

    text: str
    source: str
    levels: tuple[str, ...]
    where: str = ""


DETERMINISTIC_INITIALIZER = Promise(
    "Used to make the behavior of the initializer deterministic.",
    "Keras documentation of the seed argument of initializers, TensorFlow 2.9 to Keras 3",
    ("process",),
    where="keras.layers.UnitNormalization",  # nothing to do with it, but new in that release too
)


# What a docstring of an initializer may say of its seed, and whether equal values are promised of
# one instance called again, and of another instance with an equal seed. Of GlorotUniform, release
# 2.4 says the first, 2.7 to 2.15 say the second, Keras 3 says the third, 1.15 and 2.0 say nothing.
SEED_SENTENCES = (
    ("will always produce the same random tensor for a given shape and dtype", True, True),
    (
        "same random values across multiple calls, but multiple initializers will produce",
        False,
        True,
    ),
    ("will produce the same random values across multiple calls", True, True),
)


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


def equally_seeded(initializer: Any, one_instance: bool = False) -> dict[str, Any]:
    """What this version documents of initializers with equal seeds: arguments of `run.relation`.

    Releases contradict each other here, so that each is asked by its own docstring. one_instance:
    the same instance is called again, rather than another one with an equal seed.
    """
    documentation = " ".join((initializer.__doc__ or "").replace(" the ", " ").split())
    for sentence, of_itself, of_another in SEED_SENTENCES:
        if sentence.replace(" the ", " ") in documentation:
            return {
                "expected": of_itself if one_instance else of_another,
                "source": f"this version's documentation of the seed of initializers: '{sentence}'",
            }
    return {}


# Those that draw: our name, and the one that every version has.
RANDOM = {
    "random_normal": "RandomNormal",
    "random_uniform": "RandomUniform",
    "truncated_normal": "TruncatedNormal",
    "variance_scaling": "VarianceScaling",
    "glorot_normal": "glorot_normal",
    "glorot_uniform": "glorot_uniform",
    "he_normal": "he_normal",
    "he_uniform": "he_uniform",
    "lecun_normal": "lecun_normal",
    "lecun_uniform": "lecun_uniform",
    "orthogonal": "Orthogonal",
}


NOT_ORTHOGONAL = tuple(name for name in RANDOM if name != "orthogonal")


SEEDS = {
    "0": 0,
    "1": 1,
    "42": 42,
    "2_to_31_less_2": 2**31 - 2,
    "2_to_31_less_1": 2**31 - 1,
    "2_to_32_less_1": 2**32 - 1,
    "minus_1": -1,
}


MATRIX = (4, 3)


SHAPES = {"matrix": MATRIX, "kernel": (3, 3, 2, 4), "large": (256, 256)}


def _values(initializer: Any, shape: tuple[int, ...], dtype: Any = None) -> Any:
    return initializer(shape) if dtype is None else initializer(shape, dtype=dtype)


def _dtype(run: Run, name: str) -> Any:
    """Keras 2 wants TensorFlow's own object, others the name."""
    return run.api(f"tensorflow.{name}") if run.backend == "tensorflow" else name


def _drawn(run: Run, make: Callable[..., Any], shapes: dict[str, tuple[int, ...]]) -> None:
    """Record what `make` draws in every shape, with own seeds and with global ones; relations.

    Every draw has another seed: some versions keep the state of a seeded operation, and a draw
    would shift the next.
    """
    seed = run.seed
    for name, shape in shapes.items():
        run.array(f"own/{name}", _values(make(seed=seed), shape))
        seed += 1
    instance = make(seed=seed)
    for call in ("first_call", "second_call"):
        run.array(f"{call}/matrix", _values(instance, MATRIX))
    for which in ("first_instance", "second_instance"):
        run.array(f"{which}/matrix", _values(make(seed=seed + 1), MATRIX))
    run.relation("first_call", "second_call", **equally_seeded(make, one_instance=True))
    run.relation("first_instance", "second_instance", level="rerun", **equally_seeded(make))
    for name, shape in shapes.items():
        seed_everything(run, run.seed)
        run.array(f"global/{name}", _values(make(), shape))


def _initializer(name: str, path: str) -> None:
    shapes = dict(SHAPES, large=(512, 512)) if name == "orthogonal" else SHAPES

    def draw(run: Run) -> None:
        _drawn(run, run.api(path), shapes)

    draw.__doc__ = f"""`{name}` with its own seeds and with global ones, called twice, made twice.

    Versions draw from stateful or from stateless operations, take the seed of the instance or of
    the call, and invent a missing one differently. Orthogonal ones also decompose a matrix."""
    scenario(f"initializers/{name}", needs=(path,), promise=DETERMINISTIC_INITIALIZER)(draw)


for _name, _api in RANDOM.items():
    _initializer(_name, f"keras.initializers.{_api}")


def _seed(name: str, seed: int, names: tuple[str, ...]) -> None:
    def draw(run: Run) -> None:
        # JAX refuses negative seeds; so does NumPy, with which Keras 2.3 makes orthogonal matrices.
        # Theano's generator refuses 0 and seeds from 2147462579 on.
        picky = seed < 0 or run.backend == "theano"
        refusals = (OverflowError, ValueError) if picky else ()
        for initializer in names:
            make = run.api(f"keras.initializers.{RANDOM[initializer]}")
            with run.requires(f"seed {seed} of {initializer}", *refusals):
                run.array(initializer, _values(make(seed=seed), MATRIX))

    which = "Every random initializer" if len(names) > 1 else "The orthogonal initializer"
    draw.__doc__ = f"""{which} with the seed {seed}.

    Seeds at the ends of 31 and 32 bits, and negative ones, are masked, refused or passed on,
    depending on the version and the backend."""
    needs = tuple(f"keras.initializers.{RANDOM[each]}" for each in names)
    scenario(f"initializers/seed_{name}", needs=needs, promise=DETERMINISTIC_INITIALIZER)(draw)


def _global_seed(name: str, seed: int) -> None:
    def draw(run: Run) -> None:
        for initializer, path in RANDOM.items():
            make = run.api(f"keras.initializers.{path}")
            seed_everything(run, seed)
            run.array(initializer, _values(make(), MATRIX))

    draw.__doc__ = f"""Every random initializer without a seed, after seeding all with {seed}.

    Seeds at the ends of 31 and 32 bits are masked or passed on, depending on the version."""
    needs = tuple(f"keras.initializers.{path}" for path in RANDOM.values())
    scenario(f"initializers/global_seed_{name}", needs=needs)(draw)


for _name in ("0", "2_to_31_less_1", "2_to_32_less_1"):
    _global_seed(_name, SEEDS[_name])


def _of_dtype(dtype: str, name: str, names: tuple[str, ...]) -> None:
    def draw(run: Run) -> None:
        for each in names:
            make = run.api(f"keras.initializers.{RANDOM[each]}")
            with run.requires(f"{dtype} of {each}", *_refusals(run)):
                run.array(each, _values(make(seed=run.seed), MATRIX, _dtype(run, dtype)))

    which = "Every random initializer" if len(names) > 1 else "The orthogonal initializer"
    draw.__doc__ = f"""{which} in {dtype}.

    A version may draw in the type itself, or in float32 and round."""
    needs = tuple(f"keras.initializers.{RANDOM[each]}" for each in names)
    scenario(f"initializers/{name}", needs=needs, promise=DETERMINISTIC_INITIALIZER)(draw)


def _refusals(run: Run) -> tuple[type[Exception], ...]:
    """What backends raise that cannot draw in a type, or decompose a matrix of it."""
    if run.backend == "tensorflow":
        return (run.api("tensorflow.errors.NotFoundError"),)
    if run.backend == "theano":
        return (KeyError,)  # it has no such type
    return (NotImplementedError, TypeError)


for _name in ("float16", "bfloat16", "float64"):
    _of_dtype(_name, _name, NOT_ORTHOGONAL)


for _name in ("float16", "float64"):  # no backend decomposes matrices of bfloat16
    _of_dtype(_name, f"{_name}_orthogonal", ("orthogonal",))


for _name, _value in SEEDS.items():
    if _value < 0:
        _seed(_name, _value, NOT_ORTHOGONAL)
        _seed(f"{_name}_orthogonal", _value, ("orthogonal",))
    else:
        _seed(_name, _value, tuple(RANDOM))


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
    'random_normal': {
        'b88b5887d47201a33c34d7d134d3f145bf0bd089fba783e80cb262af401ddd8a': 'in launches 1 and 2',
    },
}


def reproduce() -> None:
    framework = Framework('tensorflow', 2, 'keras')
    run = Run(framework, 'cpu')
    tempfile.tempdir = os.environ["SAMESEED_SCRATCH"]
    run.api(*['keras.initializers.RandomNormal'])
    run.api(*['keras.initializers.RandomUniform'])
    run.api(*['keras.initializers.TruncatedNormal'])
    run.api(*['keras.initializers.VarianceScaling'])
    run.api(*['keras.initializers.glorot_normal'])
    run.api(*['keras.initializers.glorot_uniform'])
    run.api(*['keras.initializers.he_normal'])
    run.api(*['keras.initializers.he_uniform'])
    run.api(*['keras.initializers.lecun_normal'])
    run.api(*['keras.initializers.lecun_uniform'])
    run.api(*['keras.initializers.Orthogonal'])
    SCENARIOS['initializers/seed_2_to_31_less_2'](run)
    found = {each["array"]: each["sha256"] for each in run.arrays}
    for array, recorded in RECORDED.items():
        print("\nfingerprint of %s: %s" % (array, found.get(array, "no such array")))
        for sha256, where in recorded.items():
            same = sha256 == found.get(array, "")
            print("recorded%s: %s" % (where and " " + where, sha256 or "no such array"))
            print("matches the record" if same else "DIFFERS from this record")


if __name__ == "__main__":
    reproduce()
