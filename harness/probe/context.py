"""What a scenario sees: the framework, one seed, and where to put arrays and relations."""

from __future__ import annotations

import importlib
import random
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy

from . import fingerprint, schema

if TYPE_CHECKING:
    from .framework import Framework


class UnsupportedError(Exception):
    """The audited version has no such API; the message names it."""


class Run:
    """One scenario in one process.

    keras: the Keras that the backend's users import (`tensorflow.keras`, or stand-alone `keras`).
    numpy, random: the modules. seed: the suite's seed. backend: "tensorflow", "jax" or "torch".
    arrays, relations: what was recorded so far, in creation order, as record files hold it.
    """

    seed = schema.SEED
    numpy = numpy
    random = random

    def __init__(self, framework: Framework, objects: Path | str, scratch: Path | str) -> None:
        """objects, scratch: the folders where arrays and the scenario's own files go."""
        self.backend = framework.backend
        self.keras = framework.keras
        self.arrays: list[dict[str, Any]] = []
        self.relations: list[dict[str, Any]] = []
        self._objects = Path(objects)
        self._scratch = Path(scratch)

    def api(self, dotted: str) -> Any:
        """The object at a dotted path such as `keras.utils.set_random_seed`.

        `keras` means this run's Keras. Raises UnsupportedError with the path where it is missing.
        """
        first, _, rest = dotted.partition(".")
        try:
            found = self.keras if first == "keras" else importlib.import_module(first)
            for name in filter(None, rest.split(".")):
                found = getattr(found, name)
        except (ImportError, AttributeError):
            raise UnsupportedError(dotted) from None
        return found

    def path(self, name: str) -> str:
        """Where a file of this scenario may lie; the folder goes away afterwards."""
        return str(self._scratch / name)

    def array(self, name: str, value: Any) -> None:
        """Record `value` (a tensor, variable or array of any shape) under a name of its own."""
        if not re.fullmatch(schema.ARRAY_NAME, str(name)):
            raise ValueError(f"an array cannot be called {name!r}: use letters, digits and _.:/-")
        if any(known["array"] == name for known in self.arrays):
            raise ValueError(f"two arrays are called {name!r}")
        array = fingerprint.canonical(_to_numpy(value))
        if not re.fullmatch(schema.DTYPE, array.dtype.name):
            raise TypeError(f"{name}: arrays of {array.dtype.name} are not recorded")
        fingerprint.store(array, self._objects)
        self.arrays.append({"array": str(name), **fingerprint.described(array)})

    def weights(self, prefix: str, model: Any) -> None:
        """Record every weight of `model` as `prefix/<layer class>_<position>/<weight>`."""
        for position, layer in enumerate(model.layers):
            taken: set[str] = set()
            for weight, value in zip(layer.weights, layer.get_weights()):
                leaf = _unique(_leaf(weight.name), taken)
                self.array(f"{prefix}/{_snake(type(layer).__name__)}_{position}/{leaf}", value)

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

    def _under(self, prefix: str) -> dict[str, tuple[Any, ...]]:
        return {
            known["array"][len(prefix) :]: (known["dtype"], known["shape"], known["sha256"])
            for known in self.arrays
            if known["array"] == prefix or known["array"].startswith(prefix + "/")
        }


def _to_numpy(value: Any) -> Any:
    if isinstance(value, (numpy.ndarray, numpy.generic)):
        return value
    if hasattr(value, "detach"):  # torch: may require gradients, may lie on a GPU
        return value.detach().cpu().numpy()
    return value.numpy() if hasattr(value, "numpy") else value


def _leaf(name: str) -> str:
    """`dense_3/kernel:0` (Keras 2) and `kernel` (Keras 3) are both `kernel`; numbering goes too."""
    leaf = name.split("/")[-1].split(":")[0].lower()
    return re.sub(r"_\d+$", "", leaf) or "weight"


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def _unique(name: str, taken: set[str]) -> str:
    candidate, count = name, 1
    while candidate in taken:
        count += 1
        candidate = f"{name}_{count}"
    taken.add(candidate)
    return candidate
