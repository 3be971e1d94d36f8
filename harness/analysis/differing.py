"""The arrays that differ at a break, as a table: one row each, with what was measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness.analysis import numeric
from harness.tables import table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pandas as pd

    from harness.analysis.breaks import Outcome
    from harness.analysis.numeric import Distance
    from harness.analysis.variants import Array


@dataclass(frozen=True)
class Differing:
    """An array that differs, and how far.

    dtype, shape (as in `5x10`): where both sides share them, else empty.
    """

    name: str
    distance: Distance
    dtype: str
    shape: str

    @classmethod
    def of(
        cls, name: str, distance: Distance, left: Array | None, right: Array | None
    ) -> Differing:
        """The array as each side has it; one may lack it."""
        if left is None or right is None:
            return cls(name, distance, "", "")
        dtype = left.dtype if left.dtype == right.dtype else ""
        shape = left.shape if left.shape == right.shape else ()
        return cls(name, distance, dtype, "x".join(map(str, shape)))

    @property
    def index(self) -> str:
        """Of the first differing element, as in `0,3`; empty for a scalar or if unknown."""
        return ",".join(map(str, self.distance.first or ()))

    @property
    def share(self) -> float | None:
        """Of the elements that differ among all."""
        found = self.distance
        return found.differing / found.size if found.differing and found.size else None

    def row(self, kind: str) -> tuple[Any, ...]:
        """As a row of the table, but for the break it belongs to."""
        found = self.distance
        return (
            self.name,
            kind,
            self.dtype,
            self.shape,
            found.size,
            found.differing,
            self.share,
            found.max_abs,
            found.mean_abs,
            found.max_rel,
            found.mean_rel,
            found.max_ulp,
            *found.ulp_quantiles,
            "; ".join(f"{end}:{count}" for end, count in found.ulp_histogram.items()),
            self.index,
            found.correlation,
        )


def differences(outcomes: Iterable[Outcome]) -> pd.DataFrame:
    """One row per break and array that differs, in order of creation."""
    return table(
        "differences",
        (
            (each.id, each.scenario, *row, each.left.machine)
            for each in outcomes
            if each.differs
            for row in _rows(each.difference.each)
        ),
    )


def _rows(arrays: tuple[Differing, ...]) -> Iterator[tuple[Any, ...]]:
    """Each array with the kind that it has in the company of the others."""
    kinds = numeric.in_company([each.distance.kind for each in arrays])
    return (each.row(kind) for each, kind in zip(arrays, kinds, strict=True))
