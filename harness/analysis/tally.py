"""One pass over two arrays of numbers, in pieces: what is counted, summed, and sampled on the way.

Memory is bounded whatever the size of the arrays. Where a figure needs all values at once (a
median, ranks), it is made from a sample: the whole array up to `EXACT` numbers, else `SAMPLED` of
them, evenly spaced; a prime number, so that they do not fall on a few columns of a matrix.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from harness.analysis.moments import Moments
from harness.analysis.recorded import INTEGERS, PARTS
from harness.analysis.ulp import EPSILON, EXACT, Distances, Signed, apart, ordered, ulp_distance

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.analysis.recorded import Recorded

Array: TypeAlias = np.ndarray[Any, np.dtype[Any]]
Floats: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]

SAMPLED = 1_048_573
CHUNK = 1 << 17  # elements read at a time: 1 MiB of float64

NEAR = 4  # units in the last place
CLOSE = 0.01  # relative difference


class Tally:
    """What two arrays of one dtype and shape came to. Parts of complex numbers count as two.

    size, numbers: how many elements, and numbers in them. whole: whether the sample is everything.
    differing, first: elements whose bytes differ, and the index of the first in C order. All that
    follows is about numbers, and empty for types that are none. nonfinite: differing ones that are
    infinite or not a number on a side. finite: pairs that are finite on both sides; present: of
    these, not zero on both. Of the differing among them: measured, how many; the largest and the
    summed absolute and relative difference; far, the largest absolute one of those more than `NEAR`
    ULP apart; unequal and close, how many differ as numbers, and of these to within `CLOSE`;
    brink, the relative differences on both sides of `CLOSE`.
    """

    def __init__(self, dtype: str, shape: tuple[int, ...]) -> None:
        self.dtype = PARTS.get(dtype, dtype)
        self.numeric = self.dtype in EPSILON or self.dtype in INTEGERS or dtype == "bool"
        self.shape = shape
        self.size = math.prod(shape)
        self.differing = 0
        self.first: tuple[int, ...] | None = None
        self.nonfinite = self.finite = self.present = self.measured = 0
        self.max_abs = self.sum_abs = self.max_rel = self.sum_rel = self.far = 0.0
        self.unequal = self.close = 0
        self.brink = 0.0, math.inf
        self.ulps = Distances()
        self.moments = Moments()
        self.distinct = Few(), Few()
        self._width = 2 if dtype in PARTS else 1
        self._sample: list[tuple[Array, Array]] = []
        self.numbers = self.size * self._width
        self.whole = self.numbers <= EXACT
        self._places = np.arange(0 if self.whole else SAMPLED) * self.numbers // SAMPLED

    @classmethod
    def of(cls, left: Recorded, right: Recorded, dtype: str) -> Tally:
        """The tally of two arrays."""
        tally = cls(dtype, left.shape)
        for start, *pieces in chunks(left, right):
            tally._add(start, *pieces)
        return tally

    def sample(self) -> tuple[Array, Array]:
        """The numbers that were kept of each side, in order."""
        left, right = zip(*self._sample, strict=True)
        return np.concatenate(left), np.concatenate(right)

    def flat(self, elements: Array) -> Array:
        """The elements as numbers."""
        return elements.view(elements.real.dtype) if self._width > 1 else elements

    def _add(self, start: int, left: Array, right: Array) -> None:
        """Count `left` and `right`, the elements from `start` on."""
        left, right = self.flat(left), self.flat(right)
        moved = np.flatnonzero(_bits_differ(left, right))
        places = moved // self._width
        self.differing += places.size - int(np.count_nonzero(places[1:] == places[:-1]))
        if self.first is None and places.size:
            index = np.unravel_index(start + int(places[0]), self.shape)
            self.first = tuple(int(each) for each in index)
        if self.numeric:
            self._keep(start * self._width, left, right)
            self._measure(left, right, moved)

    def _keep(self, start: int, left: Array, right: Array) -> None:
        if self.whole:
            self._sample.append((left, right))
            return
        ends = np.searchsorted(self._places, [start, start + left.size])
        places = self._places[slice(*ends)] - start
        self._sample.append((left[places], right[places]))

    def _measure(self, left: Array, right: Array, moved: Array) -> None:
        for seen, side in zip(self.distinct, (left, right), strict=True):
            seen.add(side, self.dtype)
        x, y = as_numbers(left, self.dtype), as_numbers(right, self.dtype)
        finite = np.isfinite(x) & np.isfinite(y)
        measurable = moved[finite[moved]]
        self.nonfinite += moved.size - measurable.size
        if measurable.size:
            self._apart(left[measurable], right[measurable], x[measurable], y[measurable])
        if not finite.all():
            x, y = x[finite], y[finite]
        self.finite += x.size
        self.present += int(np.count_nonzero((x != 0) | (y != 0)))
        self.moments.add(x, y)

    def _apart(self, left: Array, right: Array, x: Floats, y: Floats) -> None:
        """How far elements are apart that differ and are finite."""
        self.measured += x.size
        if self.dtype in EPSILON:
            ulps = ulp_distance(left, right, self.dtype)
            self.ulps.add(ulps)
            with np.errstate(over="ignore"):
                gaps = np.abs(x - y)
            self.far = max(self.far, gaps.max(where=ulps > NEAR, initial=0.0))
        else:
            gaps = apart(image(left, self.dtype), image(right, self.dtype)).astype(np.float64)
        relative = _relative(gaps, x, y)
        with np.errstate(over="ignore"):
            self.sum_abs += float(gaps.sum())
        self.max_abs = max(self.max_abs, float(gaps.max()))
        self.sum_rel += float(relative.sum())
        self.max_rel = max(self.max_rel, float(relative.max()))
        unequal = relative[x != y]
        close = unequal <= CLOSE
        self.unequal += unequal.size
        self.close += int(np.count_nonzero(close))
        below, above = self.brink
        self.brink = (
            unequal.max(where=close, initial=below),
            unequal.min(where=~close, initial=above),
        )


class Few:
    """The distinct values of an array, up to three: whether it holds two of them only."""

    def __init__(self) -> None:
        self.values: list[int] = []

    def add(self, piece: Array, dtype: str) -> None:
        """See these too."""
        if len(self.values) > 2:
            return
        images = image(piece, dtype)
        for value in self.values:
            images = images[images != value]
        while images.size and len(self.values) <= 2:
            self.values.append(int(images[0]))
            images = images[images != images[0]]

    def __len__(self) -> int:
        return len(self.values)


def chunks(left: Recorded, right: Recorded) -> Iterator[tuple[int, Array, Array]]:
    """Both arrays piece by piece, each with the position of its first element."""
    for start in range(0, left.size, CHUNK):
        stop = min(start + CHUNK, left.size)
        yield start, left.read(start, stop), right.read(start, stop)


def as_numbers(array: Array, dtype: str) -> Floats:
    """The elements as float64, which rounds integers beyond 2**53."""
    if dtype == "bfloat16":  # the upper half of a float32
        array = (array.astype(np.uint32) << 16).view(np.float32)
    with np.errstate(invalid="ignore"):  # signalling NaNs
        return array.astype(np.float64)


def image(array: Array, dtype: str) -> Signed:
    """Numbers as integers in the same order, equal where the numbers are."""
    if dtype in EPSILON:
        return ordered(array, dtype)
    if array.dtype == np.uint64:
        array = (array ^ np.uint64(1 << 63)).view(np.int64)
    return array.astype(np.int64)


def _bits_differ(left: Array, right: Array) -> Array:
    width = left.dtype.itemsize
    if left.dtype.kind == "V":
        rows = [side.view(np.uint8).reshape(-1, width) for side in (left, right)]
        return np.asarray((rows[0] != rows[1]).any(axis=1))
    return np.asarray(left.view(f"u{width}") != right.view(f"u{width}"))


def _relative(gaps: Floats, x: Floats, y: Floats) -> Floats:
    """Differences by the larger magnitude, 0 for two zeros; of halves where one overflowed."""
    larger = np.maximum(np.abs(x), np.abs(y))
    relative = np.divide(gaps, larger, out=np.zeros_like(gaps), where=larger > 0)
    beyond = np.isinf(gaps)
    if beyond.any():
        relative[beyond] = np.abs(x[beyond] / 2 - y[beyond] / 2) / (larger[beyond] / 2)
    return relative
