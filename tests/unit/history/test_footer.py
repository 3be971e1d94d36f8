"""The footer, read without Arrow: as Arrow reads it, and nothing else."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from harness.history.footer import MAGIC, UNCOMPRESSED, FooterError, footer

TABLE = pa.table({"a": ["x", "y", None], "b": [1, 2, 3]})


def written(**options: object) -> bytes:
    out = pa.BufferOutputStream()
    pq.write_table(TABLE, out, **options)
    return bytes(out.getvalue().to_pybytes())


def with_footer(content: bytes) -> bytes:
    return MAGIC + content + len(content).to_bytes(4, "little") + MAGIC


@pytest.mark.parametrize(
    ("codec", "number"), [("none", UNCOMPRESSED), ("snappy", 1), ("gzip", 2), ("zstd", 6)]
)
def test_rows_columns_codecs_and_metadata(codec: str, number: int) -> None:
    found = footer(written(compression=codec))
    assert (found.rows, found.elsewhere) == (3, False)
    assert found.columns == (((number, 3), (number, 3)),)
    assert [key for key, _ in found.metadata] == [b"ARROW:schema"]


def test_groups_of_rows() -> None:
    found = footer(written(row_group_size=2, compression="none"))
    assert found.columns == (((0, 2), (0, 2)), ((0, 1), (0, 1)))


@pytest.mark.parametrize(
    "options",
    [
        {"write_statistics": True, "write_page_index": True},
        {"sorting_columns": [pq.SortingColumn(0)], "version": "1.0"},
        {"data_page_version": "2.0", "store_schema": False},
    ],
)
def test_whatever_arrow_writes_besides_is_read(options: dict[str, object]) -> None:
    assert footer(written(**options)).rows == 3


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00",  # nothing in it
        b"\x16",  # a number, and then the end
        b"\x36\x06\x06\x06\x06\x00",  # a field twice, by its number
        b"\x35\x06\x00",  # the number of rows, in another type than it has
        b"\x36" + b"\xff" * 11 + b"\x00",  # a number without an end
        b"\x19\xff\xff\xff\xff\xff\x0f",  # a list of four thousand million
        b"\x18\xff\xff\xff\xff\x0f",  # a text as long
        b"\x1c" * 100_000,  # structures in structures
        b"\x1b\x00\x00",  # a map, which Parquet does not have
        b"\x06\x01\x00",  # a field of number -1
    ],
)
def test_what_is_no_footer_is_refused(content: bytes) -> None:
    with pytest.raises(FooterError):
        footer(with_footer(content))


def test_a_footer_longer_than_its_file_is_refused() -> None:
    with pytest.raises(FooterError, match="cut short"):
        footer(MAGIC + (2**31).to_bytes(4, "little") + MAGIC)


def test_an_encrypted_or_a_split_file_is_told() -> None:
    rows = b"\x36\x06"
    encrypted = rows + b"\x5c\x00\x00"  # field 8: how it is encrypted
    assert footer(with_footer(encrypted)).elsewhere
    chunk = b"\x18\x01x\x2c\x45\x00\x16\x06\x00\x00"  # file_path; codec, number of values
    group = b"\x19\x1c" + chunk + b"\x00"
    split = rows + b"\x19\x1c" + group + b"\x00"
    assert footer(with_footer(split)).elsewhere
