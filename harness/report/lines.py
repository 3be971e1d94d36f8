"""Tables as lines of text, fast: millions of rows have few different values.

How a value becomes a field is the format's business: see `csv` and `json`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from harness.tables import Column, Table

_Positions: TypeAlias = "np.ndarray[Any, np.dtype[np.intp]]"
# A column and some of its values, absent ones as empty strings → a field for each of these.
Texts: TypeAlias = "Callable[[Column, list[Any]], list[str]]"

_ROWS = 2**17  # written at a time
_WORTH = 2  # rows per field, or more, for columns to be joined


@dataclass(frozen=True)
class Format:
    """How a row is written: `begin`, its fields with commas between them, `end`."""

    texts: Texts
    begin: str
    end: str


def blocks(table: Table, frame: pd.DataFrame, format_: Format) -> Iterator[str]:
    """The rows as text, many at a time, in the frame's order."""
    for start in range(0, len(frame), _ROWS):
        yield lines(table, frame.iloc[start : start + _ROWS], format_)


def lines(table: Table, frame: pd.DataFrame, format_: Format) -> str:
    """Some rows as text.

    Neighbouring columns whose values mostly go together (all that is said of a run, all that is
    said of an array) are joined once per combination: millions of rows have few of these.
    """
    groups: list[_Fields] = []
    for column in table.columns:
        fields = _fields(column, frame[column.name], format_.texts)
        joined = _joined(groups[-1], fields) if groups else None
        groups[-1 if joined else len(groups) :] = [joined or fields]
    text = [""] * (len(groups) * len(frame))
    begins = [format_.begin, *[""] * (len(groups) - 1)]
    ends = [*[","] * (len(groups) - 1), format_.end]
    for position, (group, begin, end) in enumerate(zip(groups, begins, ends, strict=True)):
        ended = np.array([begin + fields + end for fields in group.distinct], object)
        text[position :: len(groups)] = ended[group.which].tolist()
    return "".join(text)


@dataclass(frozen=True)
class _Fields:
    """The fields of one column, or of several: those that there are, and which one each row has."""

    distinct: Sequence[str]
    which: _Positions


def _fields(column: Column, values: pd.Series[Any], texts: Texts) -> _Fields:
    """One column. Equal values become one field; in a column of any objects, each its own."""
    array: Any = values.array
    if isinstance(values.dtype, np.dtype):
        return _Fields(texts(column, _present(values)), np.arange(len(values)))
    if isinstance(array, pd.arrays.FloatingArray):  # by their bits: 0.0 is not -0.0
        array = array.to_numpy("float64", na_value=np.nan).view("int64")
    which, first = _numbered(array)
    return _Fields(texts(column, _present(values.iloc[first])), which)


def _present(values: pd.Series[Any]) -> list[Any]:
    """The values, absent ones as empty strings, as they are in columns of mixed values."""
    present: list[Any] = values.astype(object).where(values.notna(), "").tolist()
    return present


def _joined(left: _Fields, right: _Fields) -> _Fields | None:
    """Two columns as one, or None where that would hardly be fewer fields than rows."""
    which, first = _numbered(left.which * len(right.distinct) + right.which)
    if len(first) * _WORTH > len(which):
        return None
    sides = left.which[first].tolist(), right.which[first].tolist()
    distinct = [
        f"{left.distinct[here]},{right.distinct[there]}" for here, there in zip(*sides, strict=True)
    ]
    return _Fields(distinct, which)


def _numbered(values: Any) -> tuple[_Positions, _Positions]:
    """For each value which of the distinct ones it is, and where each of these comes first."""
    which, distinct = pd.factorize(values, use_na_sentinel=False)
    first = np.empty(len(distinct), np.intp)
    first[which[::-1]] = np.arange(len(which))[::-1]
    return which, first
