"""The CSV files: how a value becomes a field. Their columns stand in `harness.tables`.

A field is text, a whole number, a number, or a flag. Whole numbers are exact; numbers are the
shortest text that reads back as the same float64; flags are `true` and `false`; whatever is absent
is an empty field. Lists are joined with "; ".

Text can come from records that somebody else wrote, and spreadsheets run a field that begins with
`=`, `+`, `-` or `@` as a formula (https://owasp.org/www-community/attacks/CSV_Injection). Such
text, and nothing else, gets an apostrophe in front. So does text that begins with apostrophes
followed by one of them, so that dropping one always gives the original back: see `original`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd

from harness.report.files import replacing
from harness.tables import TABLES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from harness.analysis import Results
    from harness.tables import Table, Type

_Positions: TypeAlias = "np.ndarray[Any, np.dtype[np.intp]]"

_ROWS = 2**17  # written at a time
_WORTH = 2  # rows per field, or more, for columns to be joined
_SPECIAL = re.compile(r'[",\n\r]')
_FORMULA = re.compile(r"'*[=+\-@\t\r]")


def write_csv(results: Results, directory: Path) -> tuple[Path, ...]:
    """Write the files into `directory`, each replaced in one step; returns their paths.

    Rows keep the order of the frames: the matrix's order, then the suite's.
    """
    return tuple(
        _write(table, getattr(results, table.name), directory / table.file)
        for table in TABLES.values()
    )


def _write(table: Table, frame: pd.DataFrame, path: Path) -> Path:
    with replacing(path) as file:
        file.write(f"{','.join(table.dtypes)}\n")
        for start in range(0, len(frame), _ROWS):
            file.write(_lines(table, frame.iloc[start : start + _ROWS]))
    return path


def _lines(table: Table, frame: pd.DataFrame) -> str:
    """Some rows as text.

    Neighbouring columns whose values mostly go together (all that is said of a run, all that is
    said of an array) are joined once per combination: millions of rows have few of these.
    """
    groups: list[_Fields] = []
    for column in table.columns:
        fields = _fields(frame[column.name], column.type)
        joined = _joined(groups[-1], fields) if groups else None
        groups[-1 if joined else len(groups) :] = [joined or fields]
    text = [""] * (len(groups) * len(frame))
    ends = [*[","] * (len(groups) - 1), "\n"]
    for position, (group, end) in enumerate(zip(groups, ends, strict=True)):
        ended = np.array([fields + end for fields in group.distinct], object)
        text[position :: len(groups)] = ended[group.which].tolist()
    return "".join(text)


@dataclass(frozen=True)
class _Fields:
    """The fields of one column, or of several: those that there are, and which one each row has."""

    distinct: Sequence[str]
    which: _Positions


def _fields(values: pd.Series[Any], type_: Type) -> _Fields:
    """One column. Equal values become one field; in a column of any objects, each its own."""
    array: Any = values.array
    if isinstance(values.dtype, np.dtype):
        return _Fields(_texts(values, type_), np.arange(len(values)))
    if isinstance(array, pd.arrays.FloatingArray):  # by their bits: 0.0 is not -0.0
        array = array.to_numpy("float64", na_value=np.nan).view("int64")
    which, first = _numbered(array)
    return _Fields(_texts(values.iloc[first], type_), which)


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


def _texts(values: pd.Series[Any], type_: Type) -> list[str]:
    """A field for each value. An empty string counts as absent, as in columns of mixed values."""
    present = values.astype(object).where(values.notna(), "")
    convert = _CONVERT[type_]
    return ["" if value == "" else _quoted(convert(value)) for value in present]


def _quoted(field: str) -> str:
    """In quotes where it holds what ends a field or a line; a bare carriage return does, too."""
    return '"{}"'.format(field.replace('"', '""')) if _SPECIAL.search(field) else field


def _text(value: object) -> str:
    """Text as it is, made harmless to spreadsheets and free of NUL, which CSV readers refuse."""
    text = str(value).replace("\0", "\ufffd")
    return f"'{text}" if _FORMULA.match(text) else text


def original(field: str) -> str:
    """The text that a text field stands for: the inverse of the apostrophe rule."""
    return field[1:] if field.startswith("'") and _FORMULA.match(field) else field


def _whole_number(value: Any) -> str:
    """The exact integer. A float (a column with gaps makes them) must be a whole one."""
    if value != int(value):
        raise ValueError(f"not a whole number: {value!r}")
    return str(int(value))


def _number(value: Any) -> str:
    return repr(float(value))


def _flag(value: Any) -> str:
    return "true" if value else "false"


_CONVERT = {"text": _text, "whole number": _whole_number, "number": _number, "flag": _flag}
