from __future__ import annotations

import gzip
import json
import struct
from base64 import b64decode
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.report.packed import packed


def unpacked(text: str) -> dict[str, dict[str, list[Any]]]:
    """What the page's script reads, by the format's description: table → column → values."""
    whole = gzip.decompress(b64decode(text))
    (length,) = struct.unpack("<I", whole[:4])
    header, body = json.loads(whole[4 : 4 + length]), whole[4 + length :]
    return {
        name: {
            column: _values(body, table["rows"], **said)
            for column, said in table["columns"].items()
        }
        for name, table in header.items()
    }


def _values(
    body: bytes, rows: int, kind: str, dtype: str, at: int, words: list[str] | None = None
) -> list[Any]:
    lies = np.dtype(dtype).newbyteorder("<")
    planes = np.frombuffer(body, "uint8", rows * lies.itemsize, at).reshape(lies.itemsize, rows)
    codes = np.ascontiguousarray(planes.T).view(lies).reshape(rows).tolist()
    if kind == "text":
        assert words is not None
        return [words[code] for code in codes]
    if kind == "number":
        return [None if code != code else code for code in codes]
    absent = np.iinfo(dtype).max
    found = [None if code == absent else code for code in codes]
    return [None if each is None else bool(each) for each in found] if kind == "flag" else found


def column(values: list[Any], dtype: str) -> list[Any]:
    frame = pd.DataFrame({"values": pd.Series(values, dtype=dtype)})
    return unpacked(packed({"table": frame}))["table"]["values"]


@given(st.lists(st.none() | st.integers(0, 2**64 - 2)))
def test_whole_numbers_come_back(values: list[int | None]) -> None:
    assert column(values, "UInt64") == values


@pytest.mark.parametrize("width", [8, 16, 32])
def test_the_largest_value_of_a_type_takes_the_next_one(width: int) -> None:
    for largest in (2**width - 2, 2**width - 1, 2**width):
        assert column([largest, None, 0], "Int64") == [largest, None, 0]


@given(st.lists(st.none() | st.floats(allow_nan=False)))
def test_numbers_come_back_to_the_bit(values: list[float | None]) -> None:
    found = column(values, "Float64")
    assert [repr(each) for each in found] == [repr(each) for each in values]


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]))))
def test_text_comes_back(values: list[str]) -> None:
    assert column(values, "str") == values


def test_flags_and_categories_come_back() -> None:
    assert column([True, None, False], "boolean") == [True, None, False]
    assert column(["b", "a", "b"], "category") == ["b", "a", "b"]


def test_below_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="values: -1 is below zero"):
        column([3, -1], "Int64")


def test_equal_tables_give_equal_text() -> None:
    frame = pd.DataFrame({"a": ["x", "y"], "b": [1, 2]})
    assert packed({"t": frame}) == packed({"t": frame.copy()})
