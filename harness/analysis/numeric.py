"""How far two arrays are apart: distances, and the kind of the difference.

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

Of an array with more than `EXACT` numbers, the typical magnitude and the ranks are those of an
evenly spaced sample, and "the same values" rests on a hash; see docs/comparing.md.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from harness.analysis.recorded import Recorded, in_memory
from harness.analysis.tally import CLOSE, NEAR, Floats, Tally, as_numbers, chunks, image
from harness.analysis.ulp import EPSILON

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from harness.analysis.ulp import Signed, Unsigned

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

FEW = 12  # elements: below, the correlation of two unrelated draws is often large


@dataclass(frozen=True)
class Distance:
    """How two arrays of one dtype and shape differ. Of an identical pair, only that is said.

    first: index of the first differing element in C order. size, differing: elements compared, and
    those whose bytes differ. max_ulp, max_abs and so on: None where the type has none, or nothing
    finite differs. ulp_quantiles: the 50th, 90th and 99th percentile. What each number is to the
    last digit, docs/comparing.md says.
    """

    kind: str
    max_ulp: int | None = None
    max_abs: float | None = None
    first: tuple[int, ...] | None = None
    size: int | None = None
    differing: int | None = None
    mean_abs: float | None = None
    max_rel: float | None = None
    mean_rel: float | None = None
    ulp_quantiles: tuple[int | None, ...] = (None, None, None)
    ulp_histogram: Mapping[int, int] = field(default_factory=dict)
    correlation: float | None = None


def compare(left: Array | Recorded, right: Array | Recorded, dtype: str) -> Distance:
    """The distance between two arrays of equal shape, as `as_recorded` gives them for `dtype`."""
    left, right = _recorded(left), _recorded(right)
    tally = Tally.of(left, right, dtype)
    if not tally.differing:
        return Distance(IDENTICAL)
    found = Distance(
        _kind(tally, left, right) if tally.numeric else UNKNOWN,
        first=tally.first,
        size=tally.size,
        differing=tally.differing,
        correlation=tally.moments.correlation(),
    )
    if not tally.measured:
        return found
    return replace(
        found,
        max_ulp=tally.ulps.largest,
        max_abs=tally.max_abs,
        mean_abs=tally.sum_abs / tally.finite,
        max_rel=tally.max_rel,
        mean_rel=tally.sum_rel / tally.finite,
        ulp_quantiles=tally.ulps.quantiles(50, 90, 99),
        ulp_histogram=tally.ulps.histogram(),
    )


def worst(kinds: Collection[str]) -> str:
    """The kind of a scenario from those of its arrays.

    An unknown kind might be the worst one, so it makes the whole unknown, unless `structure` is
    there already.
    """
    for unmeasured in (STRUCTURE, UNKNOWN):
        if unmeasured in kinds:
            return unmeasured
    return max(in_company(kinds), key=KINDS.index, default=IDENTICAL)


def in_company(kinds: Collection[str]) -> list[str]:
    """The kinds, an unsure one decided by the others.

    Beside a redraw, or without any other that was measured, it is a redraw, else a drift.
    """
    others = set(kinds) - {UNSURE, UNKNOWN, STRUCTURE}
    decided = DRIFT if others and REDRAW not in others else REDRAW
    return [decided if kind == UNSURE else kind for kind in kinds]


def _recorded(array: Array | Recorded) -> Recorded:
    return array if isinstance(array, Recorded) else in_memory(array)


def _kind(tally: Tally, left: Recorded, right: Recorded) -> str:
    """For arrays of numbers that differ."""
    if tally.nonfinite:
        return NONFINITE
    sample = tally.sample()
    x, y = (as_numbers(side, tally.dtype) for side in sample)
    finite = np.isfinite(x) & np.isfinite(y)
    x, y = x[finite], y[finite]
    if tally.dtype in EPSILON:
        largest = max(map(abs, (*tally.moments.lowest, *tally.moments.highest)), default=0.0)
        tolerance = (
            NEAR * EPSILON[tally.dtype] * _typical(np.maximum(np.abs(x), np.abs(y)), largest)
        )
        if tally.far <= tolerance:
            return ROUNDING
    values = max(map(len, tally.distinct))
    mask = values <= 2
    if (not mask or values == tally.numbers) and _reordered(tally, sample, left, right):
        return REORDERED
    few = (tally.finite if mask else tally.present) < FEW
    if _close(tally, few):
        return DRIFT
    if not mask:
        telling = (x != 0) | (y != 0)
        x, y = x[telling], y[telling]
    correlation = float("nan") if few else _rank_correlation(x, y)
    if np.isnan(correlation):
        return UNSURE
    return DRIFT if correlation >= max(0.5, 3 / np.sqrt(x.size - 1)) else REDRAW


def _close(tally: Tally, few: bool) -> bool:
    """Whether the median of the relative differences, or if few the largest, is within `CLOSE`."""
    half, odd = divmod(tally.unequal, 2)
    if few or not tally.unequal:
        return tally.close == tally.unequal
    if odd or tally.close != half:
        return tally.close > half
    return sum(tally.brink) / 2 <= CLOSE


def _reordered(tally: Tally, sample: tuple[Array, Array], left: Recorded, right: Recorded) -> bool:
    """Whether both sides hold the same values equally often."""
    if len({*tally.moments.lowest}) > 1 or len({*tally.moments.highest}) > 1:
        return False
    if tally.whole:
        first, second = (np.sort(image(side, tally.dtype)) for side in sample)
        return np.array_equal(first, second)
    sums = [0, 0]
    for _, *pieces in chunks(left, right):
        for side, piece in enumerate(pieces):
            sums[side] += int(_scrambled(image(tally.flat(piece), tally.dtype)).sum())
    return (sums[0] - sums[1]) % 2**64 == 0


def _scrambled(images: Signed) -> Unsigned:
    """A hash of each, SplitMix64's (https://doi.org/10.1145/2660193.2660195).

    The sum modulo 2**64 of the hashes does not depend on their order, and two collections of
    values that are not the same have the same sum by a chance of 2**-64.
    """
    mixed: Unsigned = images.view(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    return mixed


def _rank_correlation(left: Floats, right: Floats) -> float:
    """Spearman's coefficient, ties sharing their mean rank; NaN where a side is constant.

    Without a dot product: that runs on threads, and its last digits depend on how many.
    """
    first, second = (ranks - ranks.mean() for ranks in (_ranks(left), _ranks(right)))
    norm = float(np.sqrt((first * first).sum() * (second * second).sum()))
    return float((first * second).sum()) / norm if norm else float("nan")


def _ranks(values: Floats) -> Floats:
    """The rank of each, from 1."""
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks: Floats = (np.cumsum(counts) - (counts - 1) / 2)[places]
    return ranks


def _typical(magnitudes: Floats, largest: float) -> float:
    """Four times the (lower) median of the magnitudes that are not zero, at most the largest."""
    present = magnitudes[magnitudes > 0]
    if not present.size:
        return 0.0
    middle = (present.size - 1) // 2
    return min(4 * float(np.partition(present, middle)[middle]), largest)
