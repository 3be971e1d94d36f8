"""Arrays as their records describe them, read in pieces: dtype and shape over stored bytes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from harness.analysis.ulp import EPSILON
from harness.errors import RecordError

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.store import Stored

Array: TypeAlias = np.ndarray[Any, np.dtype[Any]]

PARTS = {"complex64": "float32", "complex128": "float64"}
INTEGERS = frozenset(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64))
# NumPy has no bfloat16; its bits are kept as an unsigned integer.
_STORED_AS = {"bfloat16": "uint16"}
# Records are foreign: no name outside this list becomes a dtype (`object` would be addresses).
_TRUSTED = INTEGERS | EPSILON.keys() | PARTS.keys() | {"bool"}


@dataclass(frozen=True)
class Recorded:
    """An array that may be larger than memory.

    dtype: NumPy's, little-endian. read_bytes: gives bytes `start` to `stop`, in C order.
    """

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    read_bytes: Callable[[int, int], Array]

    @property
    def size(self) -> int:
        """How many elements."""
        return math.prod(self.shape)

    def read(self, start: int, stop: int) -> Array:
        """Elements `start` to `stop`, counted in C order, in one dimension."""
        width = self.dtype.itemsize
        return self.read_bytes(start * width, stop * width).view(self.dtype)


def as_recorded(stored: Stored | Array, dtype: str, shape: tuple[int, ...]) -> Recorded:
    """The bytes of a stored array under the dtype and shape of a record.

    bfloat16 comes as uint16; a dtype that is not understood as raw bytes of its width. Raises
    RecordError where the bytes do not fill the shape.
    """
    read = in_memory(stored).read_bytes if isinstance(stored, np.ndarray) else stored.read
    nbytes = stored.nbytes
    size = math.prod(shape)
    width = max(1, nbytes // size) if size else 1
    trusted = np.dtype(_STORED_AS.get(dtype, dtype)) if dtype in _TRUSTED else np.dtype(f"V{width}")
    if nbytes != size * trusted.itemsize:
        raise RecordError(f"{nbytes} bytes are not an array of {dtype} with shape {shape}")
    return Recorded(trusted.newbyteorder("<"), shape, read)


def in_memory(array: Array) -> Recorded:
    """An array that is there already."""
    data = np.ascontiguousarray(array).reshape(-1).view(np.uint8)
    return Recorded(array.dtype, array.shape, lambda start, stop: data[start:stop])
