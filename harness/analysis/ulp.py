"""Units in the last place: floats as ordered integers, and how many lie how many units apart."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

Array: TypeAlias = np.ndarray[Any, np.dtype[Any]]
Signed: TypeAlias = np.ndarray[Any, np.dtype[np.int64]]
Unsigned: TypeAlias = np.ndarray[Any, np.dtype[np.uint64]]

# Machine epsilon of each float type: the distance from 1 to the next number.
EPSILON = {"float16": 2.0**-10, "bfloat16": 2.0**-7, "float32": 2.0**-23, "float64": 2.0**-52}

EXACT = 1 << 21  # distances that are kept one by one; more are only counted in bins

# Bins per power of two, and how far a float64 is shifted to give the number of its bin.
_BINS, _SHIFT = 1 << 12, 52 - 12
_ONE = int(np.float64(1).view(np.int64)) >> _SHIFT


def ordered(array: Array, dtype: str) -> Signed:
    """The ordered-integer image of floats: neighbours are 1 apart, and both zeros are 0.

    As numbers -0.0 and 0.0 are equal, so the image, unlike a fingerprint, does not tell them apart.
    Infinity is one step beyond the largest number; the images of NaNs mean nothing.
    """
    if dtype not in EPSILON:
        raise ValueError(f"{dtype} is not a float type that is understood")
    bits = array.view(f"<i{array.dtype.itemsize}").astype(np.int64)
    lowest = -(1 << (8 * array.dtype.itemsize - 1))
    return np.where(bits < 0, lowest - bits, bits)


def ulp_distance(left: Array, right: Array, dtype: str) -> Unsigned:
    """Units in the last place between the elements, exact over the whole range of each type."""
    return apart(ordered(left, dtype), ordered(right, dtype))


def apart(left: Signed, right: Signed) -> Unsigned:
    """|left - right| without overflow: modulo 2**64 the difference is exact."""
    high, low = np.maximum(left, right), np.minimum(left, right)
    with np.errstate(over="ignore"):
        return np.asarray(high.view(np.uint64) - low.view(np.uint64))


class Distances:
    """The distances of the elements that differ: quantiles and a histogram, in bounded memory.

    Up to `EXACT` distances are kept. More are counted in bins, 4096 to a power of two, so that
    a quantile is the lower end of its bin: exact up to 8192, beyond that less than one part in
    4096 too small. The largest distance and the histogram by powers of two are always exact.
    """

    def __init__(self) -> None:
        self.count = 0
        self.largest: int | None = None
        self._kept: list[Unsigned] = [np.zeros(0, np.uint64)]
        self._bins: Signed | None = None

    def add(self, distances: Unsigned) -> None:
        """Count these too."""
        if not distances.size:
            return
        self.count += distances.size
        self.largest = max(self.largest or 0, int(distances.max()))
        if self._bins is None and self.count <= EXACT:
            self._kept.append(distances)
            return
        if self._bins is None:
            self._bins = np.zeros(2 + 64 * _BINS, np.int64)
            for kept in self._kept:
                self._bins += _counted(kept)
            self._kept.clear()
        self._bins += _counted(distances)

    def quantiles(self, *percents: int) -> tuple[int | None, ...]:
        """For each, the smallest distance that so many percent do not exceed; None without any."""
        if not self.count:
            return (None,) * len(percents)
        ranks = [-(-self.count * percent // 100) for percent in percents]  # from 1
        if self._bins is None:
            distances = np.sort(np.concatenate(self._kept))
            return tuple(int(distances[rank - 1]) for rank in ranks)
        reached = np.cumsum(self._bins)
        return tuple(_lower_end(int(np.searchsorted(reached, rank))) for rank in ranks)

    def histogram(self) -> dict[int, int]:
        """Power of two → distances of at most that, and more than half of it; 0 is on its own."""
        if self._bins is None:
            bins, counts = np.unique(_bin(np.concatenate(self._kept)), return_counts=True)
        else:
            (bins,), counts = np.nonzero(self._bins), self._bins[self._bins > 0]
        powers = np.where(bins < 2, bins, 2 + (bins - 2) // _BINS)
        sums = np.zeros(2 + 64, np.int64)
        np.add.at(sums, powers, counts)
        return {1 << power >> 1: int(count) for power, count in enumerate(sums) if count}


def _counted(distances: Unsigned) -> Signed:
    """How many distances each bin has."""
    return np.bincount(_bin(distances), minlength=2 + 64 * _BINS)


def _bin(distances: Unsigned) -> Signed:
    """The bin of each: 0 and 1 for those distances, then by the float64 of one less.

    One less, because a bin must end with a power of two and not begin with it. A float's leading
    bits are its logarithm, finely enough divided; those that it would round away are cut off.
    """
    below = distances - (distances > 0)
    below = np.where(below >> np.uint64(53), below & ~np.uint64(0x7FF), below)
    leading = below.astype(np.float64).view(np.int64) >> _SHIFT
    return np.where(distances > 1, leading - (_ONE - 2), distances.astype(np.int64))


def _lower_end(bin_: int) -> int:
    """The smallest distance in a bin."""
    if bin_ < 2:
        return bin_
    power, place = divmod(bin_ - 2, _BINS)
    return 1 + (((_BINS + place) << power) >> 12)
