"""What a scenario sees: the framework, one seed, and where to put arrays and relations."""

import importlib
import os
import random
import re

import numpy

from . import fingerprint, schema


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

    def __init__(self, framework, objects, scratch):
        self.backend = framework.backend
        self.keras = framework.keras
        self.arrays = []
        self.relations = []
        self._objects = objects
        self._scratch = scratch

    def api(self, dotted):
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

    def path(self, name):
        """Where a file of this scenario may lie; the folder is empty and goes away afterwards."""
        return os.path.join(self._scratch, name)

    def array(self, name, value):
        """Record `value` (a tensor, variable or array of any shape) under a name of its own."""
        if any(known["array"] == name for known in self.arrays):
            raise ValueError("two arrays are called {!r}".format(name))
        array = fingerprint.canonical(_to_numpy(value))
        fingerprint.store(array, self._objects)
        self.arrays.append(dict({"array": name}, **fingerprint.described(array)))

    def weights(self, prefix, model):
        """Record every weight of `model` as `prefix/<layer class>_<position>/<weight>`."""
        for position, layer in enumerate(model.layers):
            taken = set()
            for weight, value in zip(layer.weights, layer.get_weights()):
                leaf = _unique(_leaf(weight.name), taken)
                layer_name = "{}_{}".format(_snake(type(layer).__name__), position)
                self.array("/".join((prefix, layer_name, leaf)), value)

    def relation(self, left, right, expected=None, source="", level=""):
        """State that all arrays under `left/` equal those under `right/`, bit for bit.

        expected: True, False, or None where nobody says. source: who says so. level: `rerun` where
        the two sides were reseeded and rebuilt in this process. Raises ValueError where a side has
        no arrays.
        """
        ours, theirs = self._under(left), self._under(right)
        if not ours or not theirs:
            raise ValueError("no arrays under {!r} or {!r}".format(left, right))
        self.relations.append(
            {
                "relation": "{} == {}".format(left, right),
                "expected": expected,
                "holds": ours == theirs,
                "source": source,
                "level": level,
                "left": left,
                "right": right,
            }
        )

    def _under(self, prefix):
        return {
            known["array"][len(prefix) :]: (known["dtype"], known["shape"], known["sha256"])
            for known in self.arrays
            if known["array"] == prefix or known["array"].startswith(prefix + "/")
        }


def _to_numpy(value):
    if isinstance(value, (numpy.ndarray, numpy.generic)):
        return value
    if hasattr(value, "detach"):  # torch: may require gradients, may lie on a GPU
        return value.detach().cpu().numpy()
    return value.numpy() if hasattr(value, "numpy") else value


def _leaf(name):
    """`dense_3/kernel:0` (Keras 2) and `kernel` (Keras 3) are both `kernel`; numbering goes too."""
    leaf = name.split("/")[-1].split(":")[0].lower()
    return re.sub(r"_\d+$", "", leaf) or "weight"


def _snake(name):
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def _unique(name, taken):
    candidate, count = name, 1
    while candidate in taken:
        count += 1
        candidate = "{}_{}".format(name, count)
    taken.add(candidate)
    return candidate
