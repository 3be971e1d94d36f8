"""Tables as the page's script reads them: columns of plain numbers, gzip, base64.

What is packed begins with the length of a JSON header (uint32, little-endian), then the header,
then the columns one behind the other:

* text is a list of distinct words in the header and, per row, the position of one of them;
* a whole number is of the smallest unsigned type that holds the column; a flag is 0 or 1;
* a number is a float64.

Of each column all first bytes come first, then all second ones, and so on, little-endian (what
HDF5 calls its shuffle filter): gzip finds far more that repeats. Absent whole numbers and flags are
the largest value of their type, absent numbers not-a-number, which the tables never hold; absent
text is the empty word. Columns are a third of the size of JSON, and the script need not touch a row
before somebody looks at it.
"""

from __future__ import annotations

import gzip
import json
import struct
from base64 import b64encode
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping

_WIDTHS = ("uint8", "uint16", "uint32", "uint64")


def packed(tables: Mapping[str, pd.DataFrame]) -> str:
    """The tables as ASCII text; the same tables give the same text.

    Columns must be of the types that `harness.tables` declares, or of NumPy's integers. Raises
    ValueError for whole numbers below zero.
    """
    header: dict[str, Any] = {}
    body = bytearray()
    for name, frame in tables.items():
        columns: dict[str, Any] = {}
        for column in frame:
            values, said = _column(frame[column])
            columns[str(column)] = said | {"dtype": values.dtype.name, "at": len(body)}
            body.extend(_shuffled(values))
        header[name] = {"rows": len(frame), "columns": columns}
    encoded = json.dumps(header, allow_nan=False, separators=(",", ":")).encode("ascii")
    whole = struct.pack("<I", len(encoded)) + encoded + bytes(body)
    return b64encode(gzip.compress(whole, mtime=0)).decode("ascii")


def _shuffled(values: np.ndarray[Any, Any]) -> bytes:
    ordered = np.ascontiguousarray(values, values.dtype.newbyteorder("<"))
    planes: bytes = ordered.view("uint8").reshape(len(values), values.itemsize).T.tobytes()
    return planes


def _column(values: pd.Series[Any]) -> tuple[np.ndarray[Any, Any], dict[str, Any]]:
    """The array of a column, and what its header says besides its type."""
    if pd.api.types.is_float_dtype(values.dtype):
        return values.to_numpy("float64", na_value=np.nan), {"kind": "number"}
    if pd.api.types.is_bool_dtype(values.dtype):
        return _unsigned(values.astype("UInt8")), {"kind": "flag"}
    if pd.api.types.is_integer_dtype(values.dtype):
        return _unsigned(values), {"kind": "integer"}
    codes, words = pd.factorize(values.astype("str").fillna(""))
    return _unsigned(pd.Series(codes)), {"kind": "text", "words": words.tolist()}


def _unsigned(values: pd.Series[Any]) -> np.ndarray[Any, Any]:
    """Whole numbers in the narrowest type that leaves its largest value to say "absent"."""
    present = values.dropna()
    largest = int(present.max()) if len(present) else 0
    if len(present) and int(present.min()) < 0:
        raise ValueError(f"{values.name}: {present.min()} is below zero")
    type_ = next(np.dtype(name) for name in _WIDTHS if largest < np.iinfo(name).max)
    absent = np.iinfo(type_).max
    found: np.ndarray[Any, Any] = values.fillna(0).to_numpy("uint64").astype(type_)
    found[values.isna().to_numpy()] = absent
    return found
