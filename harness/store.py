"""Content-addressed arrays, the reading side: `<objects>/<aa>/<sha256>.npy`.

An object is named by its bytes, and equal bytes are stored once: zeros of shape (4,) and of shape
(2, 2), or of float32 and of int32, are one object. The dtype and shape in a file are therefore only
those of whoever stored it first; what an array really is, the record says.

Arrays may be larger than memory, so nothing here holds or maps a whole one unless it is asked to.
"""

from __future__ import annotations

import hashlib
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from harness.errors import RecordError

if TYPE_CHECKING:
    from pathlib import Path

Array: TypeAlias = np.ndarray[Any, np.dtype[Any]]

_SHA256 = re.compile(r"[0-9a-f]{64}")
_PIECE = 1 << 22  # bytes hashed at a time
# By format version. 3.0 differs in field names alone, and no record has fields.
_HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


@dataclass(frozen=True)
class Stored:
    """An array in the store: where its bytes lie, and what its file says of them.

    offset: where they begin. fortran: whether they lie in Fortran order.
    """

    path: Path
    offset: int
    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    fortran: bool = False

    @property
    def nbytes(self) -> int:
        """How many bytes the elements take."""
        return math.prod(self.shape) * self.dtype.itemsize

    def read(self, start: int, stop: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
        """Bytes `start` to `stop` of the elements, counted in C order and little-endian.

        Raises RecordError where the file has become shorter or cannot be read any more.
        """
        try:
            if self.fortran or self.dtype.byteorder == ">":
                return self._converted(start, stop)
            found = np.fromfile(self.path, np.uint8, stop - start, offset=self.offset + start)
        except (OSError, ValueError) as error:
            raise RecordError(f"{self.path.name} cannot be read: {error}") from None
        if found.size < stop - start:
            raise RecordError(f"{self.path.name} has become shorter while it was read")
        return found

    def mapped(self) -> Array:
        """The whole array, memory-mapped and read-only."""
        order: Literal["F", "C"] = "F" if self.fortran else "C"
        array: Array = np.memmap(self.path, self.dtype, "r", self.offset, self.shape, order)
        return array

    def fingerprint(self) -> str:
        """SHA-256 of all bytes, read in pieces."""
        digest = hashlib.sha256()
        for start in range(0, self.nbytes, _PIECE):
            digest.update(self.read(start, min(start + _PIECE, self.nbytes)).data)
        return digest.hexdigest()

    def _converted(self, start: int, stop: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
        """The same, from a file that no probe writes: in Fortran order or big-endian."""
        width = self.dtype.itemsize
        first, last = start // width, -(-stop // width)
        elements = self.mapped().flat[first:last].astype(self.dtype.newbyteorder("<"))
        return elements.view(np.uint8)[start - first * width : stop - first * width]


class Store:
    """The arrays below the folder `objects`."""

    def __init__(self, objects: Path) -> None:
        """Reads nothing yet; the folder need not exist."""
        self.objects = objects

    def path_of(self, sha256: str) -> Path:
        """Where the array with this fingerprint lies. Raises RecordError for what is not one."""
        if not _SHA256.fullmatch(sha256):
            raise RecordError(f"{sha256!r:.80} is not a SHA-256 in lower-case hexadecimal")
        return self.objects / sha256[:2] / f"{sha256}.npy"

    def open(self, sha256: str) -> Stored:
        """The array with this fingerprint, to be read in pieces, its digest verified.

        Only the bytes are vouched for: see the module's docstring. Raises RecordError where the
        object is missing or is not what its name says.
        """
        return verified(self.path_of(sha256), sha256)

    def load(self, sha256: str) -> Array:
        """The same as `open`, memory-mapped and read-only."""
        return self.open(sha256).mapped()


def verified(path: Path, sha256: str) -> Stored:
    """The array in a file. Raises RecordError where it is not the one with this fingerprint."""
    try:
        stored = _opened(path)
        found = stored.fingerprint()
    except Exception as error:
        # A hostile header is Python text: it can fail in the tokenizer, by recursion, …
        raise RecordError(f"array {sha256} cannot be read: {error}") from None
    if found != sha256:
        raise RecordError(f"array {sha256} is damaged: its bytes have another fingerprint")
    return stored


def _opened(path: Path) -> Stored:
    """What the header of a .npy file says. Never a pickle or an archive; ValueError for those."""
    if not path.is_file():  # opening a pipe would wait for ever
        raise ValueError("there is no such file")
    with path.open("rb") as file:
        version = np.lib.format.read_magic(file)
        if version not in _HEADERS:
            raise ValueError(f"version {version} of the .npy format is not read here")
        shape, fortran, dtype = _HEADERS[version](file)
        offset = file.tell()
    if dtype.hasobject:
        raise ValueError("it holds Python objects, which are pickled")
    stored = Stored(path, offset, dtype, shape, fortran)
    if any(length < 0 for length in shape) or path.stat().st_size != offset + stored.nbytes:
        raise ValueError(f"its size is not that of {dtype} with shape {shape}")
    return stored


def fingerprint(array: Array) -> str:
    """SHA-256 of the raw C-order little-endian bytes, without a copy where they lie so already."""
    if array.dtype.byteorder == ">":
        array = array.astype(array.dtype.newbyteorder("<"))
    return hashlib.sha256(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data).hexdigest()
