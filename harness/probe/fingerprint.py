"""Fingerprints: SHA-256 over an array's raw C-order little-endian bytes.

One line reproduces one: `hashlib.sha256(np.ascontiguousarray(a).tobytes()).hexdigest()`. Bit-exact:
-0.0 is not 0.0, and the payload of a NaN counts.
"""

from __future__ import annotations

import hashlib
import math
import os
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


def canonical(value: Any) -> NDArray[Any]:
    """`value` as a C-order little-endian NumPy array of its own shape.

    Raises TypeError for object arrays: their bytes are addresses.
    """
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


def described(array: NDArray[Any]) -> dict[str, Any]:
    """What a record says of a canonical array: dtype, shape, fingerprint, size and statistics.

    min, max, mean and std (population, ddof 0) are over the finite elements, None where there are
    none or the values are not real numbers. Sums are exactly rounded (`math.fsum`): the same bits
    give the same statistics on every NumPy and CPU. The fingerprint alone decides equality.
    """
    statistics: dict[str, float | None] = dict.fromkeys(("min", "max", "mean", "std"))
    nonfinite = 0
    kind = _numeric_kind(array.dtype)
    if kind:
        values = array.astype(np.float64).ravel()
        if kind == "float":
            finite = np.isfinite(values)
            nonfinite = int(values.size - np.count_nonzero(finite))
            values = values[finite]
        if values.size:
            mean = _sum(values) / values.size
            with np.errstate(over="ignore", invalid="ignore"):
                deviations = values - mean
                variance = _sum(deviations * deviations) / values.size
            statistics = {
                "min": float(values.min()),
                "max": float(values.max()),
                "mean": _finite(mean),
                "std": _finite(math.sqrt(variance)),
            }
    return {
        "dtype": array.dtype.name,
        "shape": list(array.shape),
        "sha256": sha256(array),
        "size": int(array.size),
        "nonfinite": nonfinite,
        **statistics,
    }


def store(array: NDArray[Any], objects: Path) -> None:
    """Keep a canonical array as `objects/<aa>/<sha256>.npy`, once however often it is seen.

    Types that .npy cannot name (bfloat16) are kept as unsigned integers of the same width; the
    record knows the real dtype. The file appears under its name only when it is whole.
    """
    digest = sha256(array)
    path = objects / digest[:2] / f"{digest}.npy"
    if path.exists() and path.stat().st_size > array.nbytes:  # not one that a power cut emptied
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    if array.dtype.kind == "V":
        array = array.view(f"<u{array.dtype.itemsize}")
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    with temporary.open("wb") as file:
        np.save(file, array, allow_pickle=False)
    temporary.replace(path)


_LITTLE = bool(np.array(1, dtype=np.uint16).tobytes()[0])


def _numeric_kind(dtype: np.dtype[Any]) -> str:
    """What statistics make sense: of a `float`, an `integer`, or none ("": complex, text)."""
    if dtype.kind in "biu":
        return "integer"
    if dtype.kind == "f" or dtype.name.startswith(("bfloat16", "float8", "float4", "float6")):
        return "float"
    return ""


def _sum(values: NDArray[Any]) -> float:
    """The exactly rounded sum, or NaN where it is too large for a float."""
    try:
        return math.fsum(values.tolist())
    except OverflowError:
        return math.nan


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
