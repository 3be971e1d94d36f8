"""Devices: a scenario is made to run on one, and what it gives is checked to have come from there.

Frameworks place what a device cannot do elsewhere without a word, so forcing alone proves nothing.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

UNKNOWN = "unknown"

_GPU = re.compile(r"gpu|cuda|rocm|metal|mps", re.IGNORECASE)


@contextmanager
def on(device: str, backend: str, module: Any) -> Iterator[None]:
    """Run the block on the first device of that sort that the backend's `module` sees.

    On "cpu" there is nothing to do: such a trial was launched so that it sees no other device.
    """
    contexts: dict[str, Callable[[], Any]] = {
        "tensorflow": lambda: module.device("/GPU:0"),
        "jax": lambda: module.default_device(module.devices("gpu")[0]),
        "torch": lambda: module.device("cuda:0"),
    }
    if device == "gpu" and backend in contexts:
        with contexts[backend]():
            yield
    else:
        yield


def of(value: Any) -> str:
    """Where a tensor or variable lies: "cpu", "gpu", "unknown", or "" for what is NumPy's.

    A tensor of a TensorFlow graph knows where it was asked to be computed, and a session may have
    done it elsewhere.
    """
    if isinstance(value, (np.ndarray, np.generic)):  # from NumPy 2 on they say "cpu" of themselves
        return ""
    value = getattr(value, "value", value) if type(value).__module__.startswith("keras.") else value
    if type(value).__module__.startswith("tensorflow.") and hasattr(value, "op"):
        return UNKNOWN
    place = getattr(value, "device", "")
    if not place and callable(getattr(value, "devices", None)):  # JAX before 0.4.31
        place = " ".join(str(device) for device in value.devices())
    place = str(place() if callable(place) else place)
    if not place:
        return UNKNOWN
    return "gpu" if _GPU.search(place) else "cpu"
