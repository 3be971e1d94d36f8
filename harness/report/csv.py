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
import shutil
from typing import TYPE_CHECKING, Any

from harness.report.files import replacing, replacing_bytes
from harness.report.lines import Format, blocks
from harness.tables import TABLES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import pandas as pd

    from harness.analysis import Results
    from harness.tables import Column, Table

_PIECE = 2**20  # bytes copied at a time
_SPECIAL = re.compile(r'[",\n\r]')
_FORMULA = re.compile(r"'*[=+\-@\t\r]")


def write_csv(
    results: Results, directory: Path, parts: Mapping[str, Sequence[Path]] | None = None
) -> tuple[Path, ...]:
    """Write the files into `directory`, each replaced in one step; returns their paths.

    Rows keep the order of the frames: the matrix's order, then the suite's. parts: table → files
    that have its rows already, in order (`harness.cluster.tables`).
    """
    return tuple(
        _write(
            table,
            getattr(results, table.name),
            directory / table.file,
            (parts or {}).get(table.name, ()),
        )
        for table in TABLES.values()
    )


def _write(table: Table, frame: pd.DataFrame, path: Path, parts: Sequence[Path]) -> Path:
    head = f"{','.join(table.dtypes)}\n"
    if parts:
        with replacing_bytes(path) as whole:
            whole.write(head.encode())
            for part in parts:
                with part.open("rb") as rows:
                    shutil.copyfileobj(rows, whole, _PIECE)
        return path
    with replacing(path) as file:
        file.write(head)
        for block in blocks(table, frame, FORMAT):
            file.write(block)
    return path


def _texts(column: Column, values: list[Any]) -> list[str]:
    """A field for each value."""
    convert = _CONVERT[column.type]
    return ["" if value == "" else _quoted(convert(value)) for value in values]


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

FORMAT = Format(_texts, begin="", end="\n")
