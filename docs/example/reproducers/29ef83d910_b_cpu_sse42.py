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
#   "h5py==3.14.0",
#   "idna==3.20",
#   "keras==3.12.4",
#   "libclang==18.1.1",
#   "markdown-it-py==4.3.0",
#   "mdurl==0.1.2",
#   "ml-dtypes==0.5.4",
#   "namex==0.1.0",
#   "numpy==1.26.4",
#   "opt-einsum==3.4.0",
#   "optree==0.20.0",
#   "packaging==26.3",
#   "protobuf==7.36.2",
#   "pygments==2.21.0",
#   "requests==2.34.2",
#   "rich==15.0.0",
#   "setuptools==84.2.1",
#   "six==1.17.0",
#   "tensorflow-cpu==2.21.0",
#   "termcolor==3.3.0",
#   "typing-extensions==4.16.0",
#   "urllib3==2.8.0",
#   "wheel==0.48.0",
#   "wrapt==1.14.2",
# ]
# [tool.uv]
# override-dependencies = ["tensorflow ; sys_platform == 'never'"]
# ///
"""layers/attention_dropout: setting default → cpu_sse42, other last bits (rounding)

What `Attention` returns when called for training on fixed numbers.

This side: tf2_21_0_py3_10.cpu_sse42.cpu on 50e4536a28fd.
Known cause: TensorFlow gives other last digits on CPUs with other instructions
https://github.com/tensorflow/tensorflow/issues/56529
"""
from __future__ import annotations


import hashlib
import importlib
import inspect
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


SET_RANDOM_SEED = (
    "Keras documentation of keras.utils.set_random_seed: 'Sets all random seeds (Python, NumPy, "
    "and backend framework)', 'to make almost any Keras program fully deterministic'"
)


PROGRAM_SEEDED = Promise(
    "to make almost any Keras program fully deterministic",
    SET_RANDOM_SEED,
    ("process",),
    where="keras.utils.set_random_seed",
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


MASKS = """A mask or noise comes from the layer's own seed where the version takes one, otherwise
    from the global ones: stateful, stateless, or in a generator that the layer carries."""


IMAGES = """Versions draw the parameters of the transformation from other generators, per batch or
    per image, and compute the transformed image with other operations."""


SIZES = """Versions draw the size from other generators. It is the draw, so that it is recorded and
    not the picture, whose shape would differ."""


QUERY_AND_VALUE = ((2, 4, 6), (2, 5, 6))


# These take several inputs as several arguments, others as a list.
_SEVERAL_ARGUMENTS = ("MultiHeadAttention", "GroupQueryAttention")


def _drawn(
    name: str,
    layer: str,
    shapes: tuple[tuple[int, ...], ...],
    *arguments: Any,
    why: str = MASKS,
    **options: Any,
) -> None:
    """Register `layers/<name>`: what keras.layers.<layer>, called for training, returns."""
    paths = [f"keras.layers.{layer}"]
    if why in (IMAGES, SIZES):  # where TensorFlow 2.3 to 2.5 have them
        paths.append(f"keras.layers.experimental.preprocessing.{layer}")

    def drawn(run: Run) -> None:
        seed_everything(run, run.seed)
        make = run.api(*paths)
        seed = {"seed": run.seed} if "seed" in inspect.signature(make.__init__).parameters else {}
        # Attention in TensorFlow 2.0 and earlier takes no `dropout`.
        with run.requires(f"{layer} with {', '.join(options)}", *([TypeError] if options else [])):
            made = make(*arguments, **seed, **options)
        inputs = [(_numbers if why is MASKS else _picture)(run, shape) for shape in shapes]
        refusals = (IndexError,) if run.backend == "theano" else ()
        with run.requires(f"{layer} over a constant input", *refusals):
            output = _called(run, made, layer, inputs)
        if why is SIZES:
            run.array("size", run.numpy.array(run.evaluate(output).shape[1:3]))
        else:
            run.array("output", output)

    what = "The size of what" if why is SIZES else "What"
    drawn.__doc__ = f"""{what} `{layer}` returns when called for training on fixed numbers.

    {why}"""
    scenario(f"layers/{name}", needs=("|".join(paths),), promise=PROGRAM_SEEDED)(drawn)


def _called(run: Run, layer: Any, name: str, inputs: list[Any]) -> Any:
    """What `layer`, which Keras exports as `name`, returns for one input or several."""
    ops = getattr(run.keras, "ops", None)
    tensor = ops.convert_to_tensor if ops else run.keras.backend.constant
    tensors = [tensor(each) for each in inputs]
    if name in _SEVERAL_ARGUMENTS:
        return layer(*tensors, training=True)
    return layer(tensors if len(tensors) > 1 else tensors[0], training=True)


def _numbers(run: Run, shape: tuple[int | None, ...]) -> Any:
    """Odd multiples of 1/64 in (-1, 1)."""
    return (_sequence(run, shape) % 64 * 2 - 63) / run.numpy.float32(64)


def _picture(run: Run, shape: tuple[int | None, ...]) -> Any:
    """Whole numbers in [0, 255]."""
    return _sequence(run, shape) % 256


def _sequence(run: Run, shape: tuple[int | None, ...]) -> Any:
    size = int(run.numpy.prod(shape))
    return (run.numpy.arange(size) * 37 + 11).astype("float32").reshape(shape)


_drawn("attention_dropout", "Attention", QUERY_AND_VALUE, dropout=0.5)


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
    'TF_ENABLE_ONEDNN_OPTS': '0',
    'ONEDNN_MAX_CPU_ISA': 'SSE41',
    'DNNL_MAX_CPU_ISA': 'SSE41',
    'XLA_FLAGS': '--xla_cpu_max_isa=SSE4_2',
    'NPY_DISABLE_CPU_FEATURES': 'AVX F16C FMA3 AVX2 X86_V3 AVX512F AVX512CD AVX512_KNL AVX512_KNM AVX512_SKX AVX512_CLX AVX512_CNL AVX512_ICL AVX512_SPR X86_V4',
    'OPENBLAS_CORETYPE': 'Nehalem',
    'ATEN_CPU_CAPABILITY': 'default',
    'MKL_ENABLE_INSTRUCTIONS': 'SSE4_2',
    'GLIBC_TUNABLES': 'glibc.cpu.hwcaps=-AVX,-FMA,-FMA4,-AVX2,-AVX512F,-AVX512VL,-AVX512BW,-AVX512DQ,-AVX512CD,-AVX_Usable,-FMA_Usable,-FMA4_Usable,-AVX2_Usable,-AVX512F_Usable,-AVX512DQ_Usable',
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
    'output': {
        'ddb7229013aaca0053274b799dadcd82120ea39a1209e34d8d05ee0edc4fa7c4': 'in launches 1 and 2',
    },
}


def reproduce() -> None:
    framework = Framework('tensorflow', 2, '')
    run = Run(framework, 'cpu')
    tempfile.tempdir = os.environ["SAMESEED_SCRATCH"]
    run.api(*['keras.layers.Attention'])
    SCENARIOS['layers/attention_dropout'](run)
    found = {each["array"]: each["sha256"] for each in run.arrays}
    for array, recorded in RECORDED.items():
        print("\nfingerprint of %s: %s" % (array, found.get(array, "no such array")))
        for sha256, where in recorded.items():
            same = sha256 == found.get(array, "")
            print("recorded%s: %s" % (where and " " + where, sha256 or "no such array"))
            print("matches the record" if same else "DIFFERS from this record")


if __name__ == "__main__":
    reproduce()
