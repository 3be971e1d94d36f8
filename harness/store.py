"""Content-addressed arrays, the reading side: `<objects>/<aa>/<sha256>.npy`.

An object is named by its bytes, and equal bytes are stored once: zeros of shape (4,) and of shape
(2, 2), or of float32 and of int32, are one object. The dtype and shape in a file are therefore only
those of whoever stored it first; what an array really is, the record says.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.errors import RecordError

if TYPE_CHECKING:
    from pathlib import Path

_SHA256 = re.compile(r"[0-9a-f]{64}")


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

    def load(self, sha256: str) -> np.ndarray[Any, np.dtype[Any]]:
        """The array with this fingerprint, memory-mapped, read-only, its digest verified.

        Only the bytes are vouched for: see the module's docstring. Raises RecordError where the
        object is missing or is not what its name says.
        """
        path = self.path_of(sha256)
        try:
            # Reads .npy only, never a pickle or an archive.
            array = np.lib.format.open_memmap(path, mode="r")
            found = fingerprint(array)
        except Exception as error:
            # A hostile header is Python text: it can fail in the tokenizer, by recursion, …
            raise RecordError(f"array {sha256} cannot be read: {error}") from None
        if found != sha256:
            raise RecordError(f"array {sha256} is damaged: its bytes have another fingerprint")
        return array


def fingerprint(array: np.ndarray[Any, np.dtype[Any]]) -> str:
    """SHA-256 of the raw C-order little-endian bytes, without a copy where they lie so already."""
    if array.dtype.byteorder == ">":
        array = array.astype(array.dtype.newbyteorder("<"))
    return hashlib.sha256(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data).hexdigest()
