"""How far two arrays are apart: ULP distance, absolute distance, and the kind of the difference.

The kinds, and where the thresholds lie:

* `rounding`: the same draw, last bits differ. Every differing element is within `NEAR` units in the
  last place, or within `NEAR` machine epsilons of the array's typical magnitude: a sum that cancels
  is off by many of its own last places, but not of its terms'. Typical is four times the median
  magnitude and at most the largest, so that one huge element cannot hide a redraw of the others.
  Zeros of unlike sign are 0 apart, hence `rounding`.
* `reordered`: the same values in other places. Arrays of two values only (masks) are exempt: two
  draws of one often hold equally many of each.
* `drift`: the same draw, grown apart. Half of the differing elements (all, in arrays of fewer than
  `FEW`) agree to within `CLOSE`; or the ranks of the elements correlate by at least one half and by
  three standard errors of chance. Ranks, because one outlier makes any two arrays correlate; places
  where both sides are zero are left out (but not from masks), because padding does too.
* `redraw`: unrelated values.
* `nonfinite`: an element that differs is infinite or not a number on some side.
* `UNSURE`: far apart, but too few elements, or too constant, to tell `drift` from `redraw`; `worst`
  decides by the company.
* unknown (empty): the values have no arithmetic here (text, exotic types).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd

from harness.errors import RecordError

if TYPE_CHECKING:
    from collections.abc import Collection

Array: TypeAlias = np.ndarray[Any, np.dtype[Any]]

# From the mildest to the worst.
IDENTICAL, ROUNDING, DRIFT, REORDERED, REDRAW, NONFINITE, STRUCTURE = KINDS = (
    "identical",
    "rounding",
    "drift",
    "reordered",
    "redraw",
    "nonfinite",
    "structure",
)
UNSURE, UNKNOWN = "unsure", ""

NEAR = 4  # units in the last place, or machine epsilons of the typical magnitude
CLOSE = 0.01  # relative difference
FEW = 12  # elements: below, the correlation of two unrelated draws is often large

# Machine epsilon of each float type: the distance from 1 to the next number.
EPSILON = {"float16": 2.0**-10, "bfloat16": 2.0**-7, "float32": 2.0**-23, "float64": 2.0**-52}
_PARTS = {"complex64": "float32", "complex128": "float64"}
_INTEGERS = frozenset(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64))
# NumPy has no bfloat16; its bits are kept as an unsigned integer.
_STORED_AS = {"bfloat16": "uint16"}
# Records are foreign: no name outside this list becomes a dtype (`object` would be addresses).
_TRUSTED = _INTEGERS | EPSILON.keys() | _PARTS.keys() | {"bool"}


@dataclass(frozen=True)
class Distance:
    """How two arrays of one dtype and shape differ.

    max_ulp: None where the type has none, or nothing finite differs. max_abs: None likewise; exact
    for integers up to 2**53. first: index of the first differing element in C order, None if none.
    """

    kind: str
    max_ulp: int | None = None
    max_abs: float | None = None
    first: tuple[int, ...] | None = None


def as_recorded(stored: Array, dtype: str, shape: tuple[int, ...]) -> Array:
    """The bytes of a stored array under the dtype and shape of a record.

    bfloat16 comes as uint16; a dtype that is not understood as raw bytes of its width. Raises
    RecordError where the bytes do not fill the shape.
    """
    data = np.ascontiguousarray(stored).reshape(-1).view(np.uint8)
    size = math.prod(shape)
    width = max(1, data.size // size) if size else 1
    trusted = np.dtype(_STORED_AS.get(dtype, dtype)) if dtype in _TRUSTED else np.dtype(f"V{width}")
    if data.size != size * trusted.itemsize:
        raise RecordError(f"{data.size} bytes are not an array of {dtype} with shape {shape}")
    array: Array = data.view(trusted.newbyteorder("<")).reshape(shape)
    return array


def compare(left: Array, right: Array, dtype: str) -> Distance:
    """The distance between two arrays of equal shape, as `as_recorded` gives them for `dtype`."""
    if dtype in _PARTS:
        return _compare_complex(left, right, _PARTS[dtype])
    differing = np.flatnonzero((_bytes(left) != _bytes(right)).any(axis=1))
    if not differing.size:
        return Distance(IDENTICAL)
    first = tuple(int(index) for index in np.unravel_index(differing[0], left.shape))
    if dtype in EPSILON:
        distance = _compare_floats(left.reshape(-1), right.reshape(-1), dtype, differing)
    elif dtype in _INTEGERS or dtype == "bool":
        distance = _compare_integers(left.reshape(-1), right.reshape(-1), differing)
    else:
        distance = Distance(UNKNOWN)
    return replace(distance, first=first)


def ordered(array: Array, dtype: str) -> np.ndarray[Any, np.dtype[np.int64]]:
    """The ordered-integer image of floats: neighbours are 1 apart, and both zeros are 0.

    As numbers -0.0 and 0.0 are equal, so the image, unlike a fingerprint, does not tell them apart.
    Infinity is one step beyond the largest number; the images of NaNs mean nothing.
    """
    if dtype not in EPSILON:
        raise ValueError(f"{dtype} is not a float type that is understood")
    bits = array.view(f"<i{array.dtype.itemsize}").astype(np.int64)
    lowest = -(1 << (8 * array.dtype.itemsize - 1))
    return np.where(bits < 0, lowest - bits, bits)


def ulp_distance(left: Array, right: Array, dtype: str) -> np.ndarray[Any, np.dtype[np.uint64]]:
    """Units in the last place between the elements, exact over the whole range of each type."""
    return _apart(ordered(left, dtype), ordered(right, dtype))


def worst(kinds: Collection[str]) -> str:
    """The kind of a scenario from those of its arrays.

    An unknown kind might be the worst one, so it makes the whole unknown, unless `structure` is
    there already. An unsure one is a redraw if it stands alone and at least a drift in company.
    """
    if STRUCTURE in kinds:
        return STRUCTURE
    if UNKNOWN in kinds:
        return UNKNOWN
    decided = set(kinds) - {UNSURE}
    if UNSURE in kinds:
        decided.add(DRIFT if decided else REDRAW)
    return max(decided, key=KINDS.index, default=IDENTICAL)


def _compare_complex(left: Array, right: Array, part: str) -> Distance:
    """Real and imaginary parts as one more axis, which the index then leaves out."""
    halves = [np.stack([side.real, side.imag], axis=-1) for side in (left, right)]
    distance = compare(halves[0], halves[1], part)
    return replace(distance, first=distance.first and distance.first[:-1])


def _compare_floats(
    left: Array, right: Array, dtype: str, differing: np.ndarray[Any, np.dtype[np.intp]]
) -> Distance:
    numbers = _numbers(left, dtype), _numbers(right, dtype)
    finite = np.isfinite(numbers[0]) & np.isfinite(numbers[1])
    measurable = differing[finite[differing]]
    max_ulp = max_abs = None
    ulps = ulp_distance(left[measurable], right[measurable], dtype)
    with np.errstate(over="ignore"):
        gaps = np.abs(numbers[0][measurable] - numbers[1][measurable])
    if measurable.size:
        max_ulp, max_abs = int(ulps.max()), float(gaps.max())
    if measurable.size < differing.size:
        return Distance(NONFINITE, max_ulp, max_abs)
    tolerance = NEAR * EPSILON[dtype] * _typical(np.maximum(*map(np.abs, numbers))[finite])
    if ((ulps <= NEAR) | (gaps <= tolerance)).all():
        return Distance(ROUNDING, max_ulp, max_abs)
    images = ordered(left, dtype), ordered(right, dtype)
    kind = _kind(images, (numbers[0][finite], numbers[1][finite]))
    return Distance(kind, max_ulp, max_abs)


def _compare_integers(
    left: Array, right: Array, differing: np.ndarray[Any, np.dtype[np.intp]]
) -> Distance:
    images = _integer_image(left), _integer_image(right)
    gaps = _apart(images[0][differing], images[1][differing])
    kind = _kind(images, (left.astype(np.float64), right.astype(np.float64)))
    return Distance(kind, None, float(gaps.max()))


def _kind(images: tuple[Array, Array], numbers: tuple[Array, Array]) -> str:
    """Reordered, drift or redraw, for arrays whose difference is more than rounding."""
    values, counts = np.unique(images[0], return_counts=True)
    if values.size > 2 or values.size == images[0].size:
        others, other_counts = np.unique(images[1], return_counts=True)
        if np.array_equal(values, others) and np.array_equal(counts, other_counts):
            return REORDERED
    telling = (numbers[0] != 0) | (numbers[1] != 0) | (values.size <= 2)
    left, right = numbers[0][telling], numbers[1][telling]
    few = left.size < FEW
    apart = _relative(left, right)
    if not apart.size or (apart.max() if few else np.median(apart)) <= CLOSE:
        return DRIFT
    correlation = float("nan") if few else _rank_correlation(left, right)
    if np.isnan(correlation):
        return UNSURE
    return DRIFT if correlation >= max(0.5, 3 / np.sqrt(left.size - 1)) else REDRAW


def _relative(left: Array, right: Array) -> Array:
    """Relative differences of the elements that differ as numbers; halves keep them finite."""
    moved = left != right
    left, right = left[moved] / 2, right[moved] / 2
    apart: Array = np.abs(left - right) / np.maximum(np.abs(left), np.abs(right))
    return apart


def _rank_correlation(left: Array, right: Array) -> float:
    """Spearman's coefficient, ties sharing their mean rank; NaN where a side is constant."""
    ranks = [pd.Series(side).rank().to_numpy() for side in (left, right)]
    first, second = (side - side.mean() for side in ranks)
    norm = float(np.sqrt((first @ first) * (second @ second)))
    return float(first @ second) / norm if norm else float("nan")


def _typical(magnitudes: Array) -> float:
    """Four times the (lower) median of the magnitudes that are not zero, at most the largest."""
    present = np.sort(magnitudes[magnitudes > 0])
    if not present.size:
        return 0.0
    return min(4 * float(present[(present.size - 1) // 2]), float(present[-1]))


def _numbers(array: Array, dtype: str) -> np.ndarray[Any, np.dtype[np.float64]]:
    if dtype == "bfloat16":  # the upper half of a float32
        array = (array.astype(np.uint32) << 16).view(np.float32)
    with np.errstate(invalid="ignore"):  # signalling NaNs
        return array.astype(np.float64)


def _integer_image(array: Array) -> np.ndarray[Any, np.dtype[np.int64]]:
    if array.dtype == np.uint64:
        array = (array ^ np.uint64(1 << 63)).view(np.int64)
    return array.astype(np.int64)


def _apart(
    left: np.ndarray[Any, np.dtype[np.int64]], right: np.ndarray[Any, np.dtype[np.int64]]
) -> np.ndarray[Any, np.dtype[np.uint64]]:
    """|left - right| without overflow: modulo 2**64 the difference is exact."""
    high, low = np.maximum(left, right), np.minimum(left, right)
    with np.errstate(over="ignore"):
        return np.asarray(high.view(np.uint64) - low.view(np.uint64))


def _bytes(array: Array) -> Array:
    return np.ascontiguousarray(array).reshape(-1, 1).view(np.uint8)
