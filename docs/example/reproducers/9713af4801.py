# /// script
# requires-python = "==3.10.*"
# dependencies = [
#   "absl-py==2.5.1",
#   "astunparse==1.6.3",
#   "certifi==2026.10.18",
#   "cffi==2.1.1",
#   "charset-normalizer==3.5.2",
#   "cryptography==50.0.2",
#   "flatbuffers==1.12",
#   "gast==0.4.0",
#   "google-auth==2.62.2",
#   "google-auth-oauthlib==0.4.6",
#   "google-pasta==0.2.0",
#   "grpcio==1.85.1",
#   "h5py==3.16.0",
#   "idna==3.20",
#   "keras==2.9.0",
#   "keras-preprocessing==1.1.2",
#   "libclang==18.1.1",
#   "markdown==3.10.3",
#   "markupsafe==3.0.4",
#   "numpy==1.26.4",
#   "oauthlib==4.0.1",
#   "opt-einsum==3.4.0",
#   "packaging==26.3",
#   "protobuf==3.19.6",
#   "pyasn1==0.6.5",
#   "pyasn1-modules==0.4.2",
#   "pycparser==3.11",
#   "requests==2.34.2",
#   "requests-oauthlib==2.0.0",
#   "setuptools==84.2.1",
#   "six==1.17.0",
#   "tensorboard==2.9.1",
#   "tensorboard-data-server==0.6.1",
#   "tensorboard-plugin-wit==1.8.1",
#   "tensorflow-cpu==2.9.3",
#   "tensorflow-estimator==2.9.0",
#   "tensorflow-io-gcs-filesystem==0.37.1",
#   "termcolor==3.3.0",
#   "typing-extensions==4.16.0",
#   "urllib3==2.8.0",
#   "werkzeug==3.1.9",
#   "wheel==0.48.0",
#   "wrapt==2.5.2",
# ]
# [tool.uv]
# override-dependencies = ["tensorflow ; sys_platform == 'never'"]
# ///
"""orders/draw_first_seed_per_initializer: build plain → again, another random stream (redraw)

With one seed for every initializer: ten numbers drawn from every generator first.

This side: tf2_9_3_py3_10.default.cpu on 50e4536a28fd.
Known cause: In TensorFlow 2.7 to 2.9 initializers with equal seeds share one stream, so that the
second one draws other values https://github.com/keras-team/keras/issues/15586
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
from functools import partial
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


GLOROT = "keras.initializers.GlorotUniform|keras.initializers.glorot_uniform"


def built(run: Run, input_shape: tuple[int, ...], *layers: Any) -> Any:
    """A `keras.Sequential` of `layers` whose weights exist.

    The texts pass `input_shape` to the first layer, which Keras 3 warns about; building with the
    same shape draws the same weights (the unit of both is the layer's own `build`).
    """
    model = run.keras.Sequential(list(layers))
    model.build((None, *input_shape))
    return model


def glorot_uniform(run: Run) -> Any:
    """The class or function that makes a Glorot uniform initializer from `seed`.

    Under its class's name where there is one; TensorFlow 1.15 and Keras 2.3 have the other alone.
    """
    return run.api(*GLOROT.split("|"))


SET_RANDOM_SEED = (
    "Keras documentation of keras.utils.set_random_seed: 'Sets all random seeds (Python, NumPy, "
    "and backend framework)', 'to make almost any Keras program fully deterministic'"
)


DETERMINISTIC_INITIALIZER = Promise(
    "Used to make the behavior of the initializer deterministic.",
    "Keras documentation of the seed argument of initializers, TensorFlow 2.9 to Keras 3",
    ("process",),
    where="keras.layers.UnitNormalization",  # nothing to do with it, but new in that release too
)


# Seeding, seeding again, and equal seeds, as the releases document them.
RESEEDING = (
    "TensorFlow documentation of tf.random.set_seed: 'Calling tf.random.set_seed will reset any "
    "such counters'"
)


PROGRAM_SEEDED = Promise(
    "to make almost any Keras program fully deterministic",
    SET_RANDOM_SEED,
    ("process",),
    where="keras.utils.set_random_seed",
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


def reseeded(run: Run) -> dict[str, Any]:
    """What is expected of a rebuild after seeding again, and by whom: arguments of `run.relation`.

    Some releases of TensorFlow 2 alone document that the second seeding starts over: each is asked
    by its own docstring.
    """
    if run.backend != "tensorflow":
        return {}
    set_seed = getattr(run.api("tensorflow.random"), "set_seed", None)
    documentation = (set_seed and set_seed.__doc__) or ""
    if "set_seed` will reset any such counters" not in " ".join(documentation.split()):
        return {}
    return {"expected": True, "source": RESEEDING}


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


def seed_of_layer(seed: int, path: str) -> int:
    """A seed for one layer: the first 31 bits of SHA-256 over `seed` and the layer's path.

    Adding or removing another layer leaves it as it was. Returns an int in [0, 2**31).
    """
    digest = hashlib.sha256(f"{seed}:{path}".encode()).digest()
    return int.from_bytes(digest[:4], "big") >> 1


# Not one: seeds below a bound are drawn by rejection, and after one number, as it happens, NumPy
# gives Keras 2.3 the same seed as before.
_DRAWS = 10


_FRAMEWORK_DRAW = {"tensorflow": "tensorflow.random.uniform", "torch": "torch.rand"}


def _record(run: Run, prefix: str, model: Any) -> None:
    """The two Dense layers at the end of `model`, whatever stands before or between them."""
    pair = [layer for layer in model.layers if layer.trainable and layer.weights][-2:]
    for position, layer in enumerate(pair):
        run.layer(f"{prefix}/dense_{position}", layer)


def _draw_framework(run: Run) -> None:
    draw = run.api(_FRAMEWORK_DRAW[run.backend])
    for _ in range(_DRAWS):
        draw([1])


class _Recipe(NamedTuple):
    """A recipe of the recipes family.

    seed: the seed of the initializer at a path; None: `set_random_seed` is called, and initializers
    are the default ones.
    """

    doing: str
    why: str
    needs: tuple[str, ...]
    promise: Promise
    seed: Callable[[Run, str], int] | None


class _Perturbation(NamedTuple):
    doing: str
    build: Callable[[Run, Callable[..., Any]], Any]


def _dense(run: Run, recipe: _Recipe, path: str, units: int, **options: Any) -> Any:
    if recipe.seed:
        options["kernel_initializer"] = glorot_uniform(run)(seed=recipe.seed(run, path))
    return run.keras.layers.Dense(units, **options)


def _pair(dense: Callable[..., Any]) -> list[Any]:
    return [dense("model/0/kernel", 10, activation="relu"), dense("model/1/kernel", 1)]


def _all_drawn_first(run: Run, dense: Callable[..., Any]) -> Any:
    for _ in range(_DRAWS):
        run.random.random()
    run.numpy.random.rand(_DRAWS)
    if run.backend in _FRAMEWORK_DRAW:
        _draw_framework(run)
    return built(run, (5,), *_pair(dense))


def _one_added_first(run: Run, dense: Callable[..., Any]) -> Any:
    added = dense("model/added/kernel", 5)
    model = built(run, (5,), added, *_pair(dense))
    run.layer("added/dense", added)
    return model


def _dropout_between(run: Run, dense: Callable[..., Any]) -> Any:
    first, last = _pair(dense)
    return built(run, (5,), first, run.keras.layers.Dropout(0.5), last)


def _other_built_first(run: Run, dense: Callable[..., Any]) -> Any:
    built(run, (3,), dense("other/0/kernel", 2))
    return built(run, (5,), *_pair(dense))


_RECIPES = {
    "set_random_seed": _Recipe(
        "set_random_seed",
        "Default initializers draw their seeds from one stream, which the perturbation may shift.",
        ("keras.utils.set_random_seed",),
        PROGRAM_SEEDED,
        None,
    ),
    "seed_per_initializer": _Recipe(
        "one seed for every initializer",
        "Every initializer has its seed, and no stream is shared; in TensorFlow 2.7 to 2.9 equal "
        "seeds count draws together (keras#15586).",
        (GLOROT,),
        DETERMINISTIC_INITIALIZER,
        lambda run, _path: run.seed,
    ),
    "seed_per_layer_path": _Recipe(
        "a seed from each layer's path",
        "By construction, a layer's seed depends on no other layer; in TensorFlow 2.7 to 2.9 a "
        "seed counts its draws (keras#15586).",
        (GLOROT,),
        DETERMINISTIC_INITIALIZER,
        lambda run, path: seed_of_layer(run.seed, path),
    ),
}


_PERTURBATIONS = {
    "draw_first": _Perturbation("ten numbers drawn from every generator first", _all_drawn_first),
    "layer_added_first": _Perturbation("a Dense layer added in front", _one_added_first),
    "dropout_inserted": _Perturbation("a Dropout between the layers", _dropout_between),
    "model_built_first": _Perturbation("another model built first", _other_built_first),
}


def _register(name: str, perturbation: _Perturbation, recipe: _Recipe) -> None:
    def perturbed(run: Run) -> None:
        dense = partial(_dense, run, recipe)
        builds: dict[str, Callable[[], Any]] = {
            "plain": lambda: built(run, (5,), *_pair(dense)),
            "again": lambda: built(run, (5,), *_pair(dense)),
            "perturbed": lambda: perturbation.build(run, dense),
        }
        for prefix, build in builds.items():
            if not recipe.seed:
                run.keras.utils.set_random_seed(run.seed)
            _record(run, prefix, build())
        promised = equally_seeded(glorot_uniform(run)) if recipe.seed else {}
        again = promised if recipe.seed else reseeded(run)
        run.relation("plain", "again", level="rerun", **again)
        run.relation("plain", "perturbed", **promised)

    perturbed.__doc__ = f"With {recipe.doing}: {perturbation.doing}.\n\n{recipe.why}\n"
    scenario(name, needs=recipe.needs, promise=recipe.promise)(perturbed)


for _kind, _perturbation in _PERTURBATIONS.items():
    for _by, _recipe in _RECIPES.items():
        _register(f"orders/{_kind}_{_by}", _perturbation, _recipe)


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
    'plain/dense_0/kernel': {
        '1de4d96ca7354e71dbe3d3c59c77d43c27b3671d402d37ce6c793543d6b589c4': 'in launches 1 and 2',
    },
    'again/dense_0/kernel': {
        '1f7bf8bef1be3709c56457cdf46de380172f303386c351447eb95b0341663612': 'in launches 1 and 2',
    },
}


def reproduce() -> None:
    framework = Framework('tensorflow', 2, '')
    run = Run(framework, 'cpu')
    tempfile.tempdir = os.environ["SAMESEED_SCRATCH"]
    run.api(*['keras.initializers.GlorotUniform', 'keras.initializers.glorot_uniform'])
    SCENARIOS['orders/draw_first_seed_per_initializer'](run)
    found = {each["array"]: each["sha256"] for each in run.arrays}
    for array, recorded in RECORDED.items():
        print("\nfingerprint of %s: %s" % (array, found.get(array, "no such array")))
        for sha256, where in recorded.items():
            same = sha256 == found.get(array, "")
            print("recorded%s: %s" % (where and " " + where, sha256 or "no such array"))
            print("matches the record" if same else "DIFFERS from this record")


if __name__ == "__main__":
    reproduce()
