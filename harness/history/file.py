"""The Parquet file of a run: its bytes, and what is checked before anything in it is looked at.

A row per result, and in the file's metadata, under `sameseed`, the rest of the run: JSON, packed
with zlib, and in base64 because that metadata is text. The columns are not compressed, for then a
small file might unpack to any size. Each value is there once, and what refers to it takes few bits.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from harness.history.footer import UNCOMPRESSED, FooterError, footer

if TYPE_CHECKING:
    import pandas as pd

MAX_FILE_BYTES = 64 * 2**20
MAX_ABOUT_BYTES = 128 * 2**20
MAX_RESULTS = 2_000_000

KEY = b"sameseed"
CELL = ("environment", "setting", "device", "machine", "label", "started", "basis")
# Columns of text; what launches agree on, or not, is the one of truth values.
FLAG = "reproducible"
COLUMNS = (
    *("run", "scenario", "environment", "setting", "device", "machine"),
    *("result", FLAG, "label", "started", "basis"),
)
TEXTS = tuple(name for name in COLUMNS if name != FLAG)

_SCHEMA = pa.schema(
    [
        pa.field(FLAG, pa.bool_()) if name == FLAG else pa.field(name, pa.string(), nullable=False)
        for name in COLUMNS
    ]
)
_CONTAINERS = 1_000  # of the footer: columns, keys


class NotARunError(Exception):
    """Why a file is not acceptable."""


class Content(NamedTuple):
    """What is in the file: the rest of the run, as JSON, and the rows."""

    about: bytes
    rows: pa.Table


def encoded(about: bytes, rows: pd.DataFrame) -> bytes:
    """The bytes of the file. rows: the columns, in the order to be kept, flags nullable."""
    out = pa.BufferOutputStream()
    columns = [pa.array(rows[field.name].astype(object), field.type) for field in _SCHEMA]
    with pq.ParquetWriter(
        out,
        _SCHEMA,
        compression="none",
        use_dictionary=list(TEXTS),
        dictionary_pagesize_limit=MAX_FILE_BYTES,
        store_schema=False,
        write_statistics=False,
        write_page_checksum=True,
    ) as writer:
        writer.write_table(pa.table(columns, schema=_SCHEMA), row_group_size=MAX_RESULTS)
        writer.add_key_value_metadata({KEY: base64.b64encode(zlib.compress(about, 9))})
    content: bytes = out.getvalue().to_pybytes()
    return content


def decoded(content: bytes) -> Content:
    """What is in a file that may come from elsewhere; its values are not looked at yet.

    Raises NotARunError.
    """
    about = _unpacked(_checked(content))
    try:
        if not _opened(content).schema_arrow.equals(_SCHEMA):
            raise NotARunError(f"its columns are not {', '.join(COLUMNS)}, or not of these types")
        # As dictionaries, which a file without just these columns cannot even be asked for.
        rows = _opened(content, read_dictionary=list(TEXTS)).read(use_threads=False)
        rows.validate(full=True)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise NotARunError(f"not sound Parquet: {_first_line(error)}") from None
    return Content(about, rows)


def _opened(content: bytes, **options: Any) -> pq.ParquetFile:
    return pq.ParquetFile(
        pa.BufferReader(content),
        thrift_container_size_limit=_CONTAINERS,
        thrift_string_size_limit=MAX_FILE_BYTES,
        page_checksum_verification=True,
        **options,
    )


def _checked(content: bytes) -> bytes:
    """The file's metadata under our key; Arrow has not seen the file yet.

    Raises NotARunError for what will not be read.
    """
    try:
        said = footer(content)
    except FooterError as error:
        raise NotARunError(str(error)) from None
    if said.rows > MAX_RESULTS:
        raise NotARunError(f"more than {MAX_RESULTS:,} results")
    if said.elsewhere:
        raise NotARunError("it is encrypted, or refers to other files")
    if len(said.columns) > 1:
        raise NotARunError("its rows are in several groups")
    columns = [column for group in said.columns for column in group]
    if any(codec != UNCOMPRESSED for codec, _ in columns):
        raise NotARunError("its columns are compressed")
    if len(columns) > len(COLUMNS) or any(length != said.rows for _, length in columns):
        raise NotARunError(f"its columns are not {', '.join(COLUMNS)}, all of one length")
    # Arrow would make types of its own of other keys.
    if [key for key, _ in said.metadata] != [KEY]:
        raise NotARunError(f"its metadata is not {KEY.decode()} alone")
    return said.metadata[0][1]


def _unpacked(text: bytes) -> bytes:
    try:
        stream = zlib.decompressobj()
        content = stream.decompress(base64.b64decode(text, validate=True), MAX_ABOUT_BYTES)
    except (binascii.Error, zlib.error):
        raise NotARunError("its metadata is damaged") from None
    if stream.unconsumed_tail:
        raise NotARunError(f"its metadata is longer than {MAX_ABOUT_BYTES:,} bytes when unpacked")
    if not stream.eof or stream.unused_data:
        raise NotARunError("its metadata is damaged")
    return content


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
