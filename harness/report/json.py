"""The JSON files: a twin of every CSV file, and `report.json`, which holds what the page says.

A table is an array with one object per row, each on a line of its own, its columns in order. Text
is a string, empty where absent; a column that the tables call a list is an array; flags are `true`
and `false`; what else is absent is null. Numbers are the same text as in the CSV file, but strings
where readers would make something else of them: whole numbers above 2^53, of which JavaScript
and others keep the first 53 bits, and infinities, for which JSON has no number.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import msgspec

from harness.report.document import document
from harness.report.files import replacing
from harness.report.lines import Format, blocks
from harness.tables import TABLES

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from harness.analysis import Results
    from harness.report.view import View
    from harness.tables import Column, Table

FOLDER = "json"
REPORT = "report.json"
# The largest whole number up to which every one is a float64 of its own.
EXACT = 2**53


def write_json(results: Results, view: View, directory: Path) -> tuple[Path, ...]:
    """Write the tables and `report.json` into `directory`, each replaced in one step; their paths.

    Rows keep the order of the frames, as in the CSV files.
    """
    tables = [
        _write(table, getattr(results, table.name), directory / f"{table.name}.json")
        for table in TABLES.values()
    ]
    path = directory / REPORT
    with replacing(path) as file:
        json.dump(safe(document(view)), file, ensure_ascii=False, allow_nan=False, indent=1)
        file.write("\n")
    return (*tables, path)


def remove_json(directory: Path) -> None:
    """Remove what an earlier report wrote there, lest it contradict a newer page."""
    for name in (*(f"{name}.json" for name in TABLES), REPORT):
        (directory / name).unlink(missing_ok=True)


def safe(value: Any) -> Any:
    """A document as it is written: numbers that readers would lose as strings, text harmless."""
    if isinstance(value, dict):
        return {name: safe(each) for name, each in value.items()}
    if isinstance(value, (tuple, list)):
        return [safe(each) for each in value]
    if isinstance(value, str):
        return _clean(value)
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int):
        return value if abs(value) <= EXACT else str(value)
    if isinstance(value, float):
        return str(value) if math.isinf(value) else value
    raise TypeError(f"no JSON for {value!r}")


def _write(table: Table, frame: pd.DataFrame, path: Path) -> Path:
    with replacing(path) as file:
        file.write("[")
        for number, block in enumerate(blocks(table, frame, FORMAT)):
            file.write(f"{',' if number else ''}\n{block.removesuffix(_NEXT)}")
        file.write("\n]\n")
    return path


def _texts(column: Column, values: list[Any]) -> list[str]:
    """A member for each value."""
    name = f"{_string(column.name)}:"
    kind = "list" if column.is_list else column.type
    convert, absent = _CONVERT[kind], name + _ABSENT.get(kind, "null")
    return [absent if value == "" else name + convert(value) for value in values]


def _clean(text: str) -> str:
    """Text free of NUL and of lone surrogates, as in the CSV files."""
    return text.replace("\0", "\ufffd").encode("utf-8", "backslashreplace").decode()


def _string(value: object) -> str:
    return msgspec.json.encode(_clean(str(value))).decode()


def _list(value: object) -> str:
    return f"[{','.join(map(_string, str(value).split('; ')))}]"


def _whole_number(value: Any) -> str:
    """The exact integer. A float (a column with gaps makes them) must be a whole one."""
    if value != int(value):
        raise ValueError(f"not a whole number: {value!r}")
    number = int(value)
    return str(number) if abs(number) <= EXACT else f'"{number}"'


def _number(value: Any) -> str:
    number = float(value)
    return repr(number) if math.isfinite(number) else f'"{number!r}"'


def _flag(value: Any) -> str:
    return "true" if value else "false"


_CONVERT = {
    "text": _string,
    "list": _list,
    "whole number": _whole_number,
    "number": _number,
    "flag": _flag,
}
_ABSENT = {"text": '""', "list": "[]"}
_NEXT = ",\n"
FORMAT = Format(_texts, begin="{", end=f"}}{_NEXT}")
