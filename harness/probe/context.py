"""What a scenario sees: the framework, one seed, and where to put arrays and relations."""

from __future__ import annotations

import importlib
import random
import re
import subprocess
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import numpy

from . import fingerprint, placement, schema

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .framework import Framework

# Added to the code that a fresh interpreter runs.
_SAVE = """
import numpy as _numpy
_numpy.savez({path!r}, **{{name: _numpy.asarray(value) for name, value in arrays.items()}})
"""
_LAST_CHARACTERS = 600
# What Keras 2 calls otherwise than Keras 3.
_RENAMED = {
    ("DepthwiseConv1D", "depthwise_kernel"): "kernel",
    ("DepthwiseConv2D", "depthwise_kernel"): "kernel",
}


class UnsupportedError(Exception):
    """The audited version has no such API; the message names it."""


class Run:
    """One scenario in one process.

    keras: the Keras that the backend's users import (`tensorflow.keras`, or stand-alone `keras`).
    numpy, random: the modules. seed: the suite's seed. backend: "tensorflow", "jax", "torch" or
    "theano". device: "cpu" or "gpu". arrays, relations: what was recorded so far, in creation
    order, as record files hold it.
    """

    seed = schema.SEED
    numpy = numpy
    random = random

    def __init__(
        self,
        framework: Framework,
        objects: Path | str,
        scratch: Path | str,
        device: str = "cpu",
    ) -> None:
        """objects, scratch: the folders where arrays and the scenario's own files go."""
        self.device = device
        self.backend = framework.backend
        self.keras = framework.keras
        self.keras_name = framework.keras_name
        self.arrays: list[dict[str, Any]] = []
        self.relations: list[dict[str, Any]] = []
        self._objects = Path(objects)
        self._scratch = Path(scratch)

    def api(self, *dotted: str) -> Any:
        """The object at a dotted path such as `keras.utils.set_random_seed`.

        `keras` means this run's Keras. Of several paths, the first that exists: an API that moved.
        Raises UnsupportedError with the first path where none exists.
        """
        for path in dotted:
            with suppress(ImportError, AttributeError):
                return self._find(path)
        raise UnsupportedError(dotted[0])

    def unsupported(self, what: str) -> NoReturn:
        """End the scenario as unsupported: the version lacks `what`, for which no name stands."""
        raise UnsupportedError(what)

    @contextmanager
    def requires(self, what: str, *refusals: type[Exception]) -> Iterator[None]:
        """Take an exception of these types in the block to say that the version lacks `what`.

        For abilities that no name stands for, such as negative seeds. Name the types that versions
        were seen to raise, so that everything else stays an error.
        """
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

    def in_new_interpreter(self, code: str) -> dict[str, Any]:
        """Run `code` in a fresh interpreter of this environment; the arrays it leaves in `arrays`.

        For what must happen before or while the framework is imported. The code finds `arrays = {}`
        and `keras`, the name to import this run's Keras by, as a string. Raises RuntimeError with
        the last words of a process that failed.
        """
        path = self.path("arrays.npz")
        program = f"arrays = {{}}\nkeras = {self.keras_name!r}\n{code}\n{_SAVE.format(path=path)}"
        ended = subprocess.run(
            [sys.executable, "-c", program],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        if ended.returncode:
            words = " ".join(ended.stdout.decode("utf-8", "replace").split())
            raise RuntimeError(f"exit code {ended.returncode}: {words[-_LAST_CHARACTERS:]}")
        with numpy.load(path, allow_pickle=False) as stored:
            return {name: stored[name] for name in stored.files}

    def path(self, name: str) -> str:
        """Where a file of this scenario may lie; the folder goes away afterwards."""
        return str(self._scratch / name)

    def array(self, name: str, value: Any) -> None:
        """Record `value` (a tensor, variable or array of any shape) under a name of its own."""
        if not re.fullmatch(schema.ARRAY_NAME, str(name)):
            raise ValueError(f"an array cannot be called {name!r}: use letters, digits and _.:/-")
        if any(known["array"] == name for known in self.arrays):
            raise ValueError(f"two arrays are called {name!r}")
        self._check_place(str(name), value)
        array = fingerprint.canonical(self.evaluate(value))
        if not re.fullmatch(schema.DTYPE, array.dtype.name):
            raise TypeError(f"{name}: arrays of {array.dtype.name} are not recorded")
        fingerprint.store(array, self._objects)
        self.arrays.append({"array": str(name), **fingerprint.described(array)})

    def weights(self, prefix: str, model: Any) -> None:
        """Record every weight of `model` as `prefix/<layer class>_<position>/<weight>`."""
        for position, layer in enumerate(model.layers):
            self.layer(f"{prefix}/{_snake(type(layer).__name__)}_{position}", layer)

    def layer(self, prefix: str, layer: Any, values: Any = None, most: int = 0) -> None:
        """Record every weight of one layer as `prefix/<weight>`, in the layer's own order.

        What layers inside it call alike is numbered: `kernel`, `kernel_2`. values: what
        `get_weights` gives, where that was asked already. most: of a weight with more values than
        that, only as many, evenly spaced.
        """
        taken: set[str] = set()
        for weight, value in zip(layer.weights, layer.get_weights() if values is None else values):
            leaf = _RENAMED.get((type(layer).__name__, _leaf(weight.name)), _leaf(weight.name))
            name = f"{prefix}/{_unique(leaf, taken)}"
            self._check_place(name, weight)
            self.array(name, _thinned(value, most) if most else value)

    def relation(
        self,
        left: str,
        right: str,
        expected: bool | None = None,
        source: str = "",
        level: str = "",
    ) -> None:
        """State that all arrays under `left/` equal those under `right/`, bit for bit.

        expected: True, False, or None where nobody says. source: who says so. level: `rerun` where
        the two sides were reseeded and rebuilt in this process. Raises ValueError where a side has
        no arrays.
        """
        ours, theirs = self._under(left), self._under(right)
        if not ours or not theirs:
            raise ValueError(f"no arrays under {left!r} or {right!r}")
        self.relations.append(
            {
                "relation": f"{left} == {right}",
                "expected": expected,
                "holds": ours == theirs,
                "source": source,
                "level": level,
                "left": left,
                "right": right,
            }
        )

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

    def _check_place(self, name: str, value: Any) -> None:
        """Refuse a number that another device than the cell's has computed.

        Integers are let through: TensorFlow keeps small ones on the CPU by design.
        """
        if self.device == "gpu" and "float" in str(getattr(value, "dtype", "")):
            place = placement.of(value)
            if place and place != self.device:
                raise UnsupportedError(f"{self.device} implementation of {name}: it is on {place}")

    def _under(self, prefix: str) -> dict[str, tuple[Any, ...]]:
        return {
            known["array"][len(prefix) :]: (known["dtype"], known["shape"], known["sha256"])
            for known in self.arrays
            if known["array"] == prefix or known["array"].startswith(prefix + "/")
        }


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
