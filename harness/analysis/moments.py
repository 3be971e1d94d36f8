"""The correlation of two arrays of numbers, from their pieces."""

from __future__ import annotations

import math
from typing import Any, TypeAlias

import numpy as np

Floats: TypeAlias = np.ndarray[Any, np.dtype[np.float64]]


class Moments:
    """Means and summed squares of two sides, piece by piece, for their correlation.

    Pieces are joined as by Chan, Golub and LeVeque (1982), which loses no digits where the mean is
    large beside the deviations, https://doi.org/10.1007/978-3-642-51461-6_3.
    """

    def __init__(self) -> None:
        self.count = 0
        self.lowest, self.highest = [math.inf] * 2, [-math.inf] * 2
        self._means = np.zeros(2)
        self._squares = np.zeros((2, 2))

    def add(self, x: Floats, y: Floats) -> None:
        """Count these pairs too."""
        if not x.size:
            return
        for side, values in enumerate((x, y)):
            self.lowest[side] = min(self.lowest[side], float(values.min()))
            self.highest[side] = max(self.highest[side], float(values.max()))
        count = self.count + x.size
        with np.errstate(over="ignore", invalid="ignore", under="ignore"):
            means = np.array([x.mean(), y.mean()])
            x, y = x - means[0], y - means[1]
            mixed = (x * y).sum()
            moved = means - self._means
            self._squares += [[(x * x).sum(), mixed], [mixed, (y * y).sum()]]
            self._squares += np.outer(moved, moved) * (self.count * (x.size / count))
            self._means += moved * (x.size / count)
        self.count = count

    def correlation(self) -> float | None:
        """Pearson's coefficient; None where a side is constant or the squares leave float64."""
        if any(low >= high for low, high in zip(self.lowest, self.highest, strict=True)):
            return None
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            deviations = np.sqrt(np.diag(self._squares))
            found = float(self._squares[0, 1] / deviations[0] / deviations[1])
        return min(1.0, max(-1.0, found)) if math.isfinite(found) else None
