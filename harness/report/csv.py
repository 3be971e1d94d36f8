"""The CSV files: their columns, declared once, and how a value becomes a field.

`TABLES` is the public format. People script against it, the documentation lists it, and a test
holds the two together. Columns are only ever added, at the end of a table.

A field is text, a whole number, a number, or a flag. Whole numbers are exact; numbers are the
shortest text that reads back as the same float64; flags are `true` and `false`; whatever is absent
is an empty field. Lists are joined with "; ".

Text can come from records that somebody else wrote, and spreadsheets run a field that begins with
`=`, `+`, `-` or `@` as a formula (https://owasp.org/www-community/attacks/CSV_Injection). Such
text, and nothing else, gets an apostrophe in front. So does text that begins with apostrophes
followed by one of them, so that dropping one always gives the original back: see `original`.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from harness.report.files import replacing

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd

    from harness.analysis import Results

Type: TypeAlias = Literal["text", "whole number", "number", "flag"]


@dataclass(frozen=True)
class Column:
    """One column of a table: its name, the type of its values, and what they mean."""

    name: str
    type: Type
    meaning: str


@dataclass(frozen=True)
class Table:
    """One CSV file, `<name>.csv`: what a row is, and its columns in order."""

    name: str
    row: str
    columns: tuple[Column, ...]

    @property
    def file(self) -> str:
        """The file's name in `reports/csv/`."""
        return f"{self.name}.csv"


_ENVIRONMENT = Column("environment", "text", "id of the environment, as in the matrix")
_SETTING = Column("setting", "text", "name of the setting")
_DEVICE = Column("device", "text", "`cpu` or `gpu`")
_MACHINE = Column("machine", "text", "anonymous id of the machine; empty: nothing was recorded")
_CELL = (_ENVIRONMENT, _SETTING, _DEVICE, _MACHINE)
_TRIAL = Column("trial", "whole number", "which launch of the cell, from 1")
_SCENARIO = Column("scenario", "text", "`family/name`")
_LEVEL = Column("level", "text", "what the two sides differ in: `rerun`, `process`, …, `machine`")
_STEP = (
    Column("axis", "text", "the one thing that changes: a package, `python`, `trial`, …"),
    Column("from", "text", "its value on one side"),
    Column("to", "text", "its value on the other side"),
)
_CONFOUNDERS = Column("confounders", "text", "what else on record differs between them; a list")
_KNOWN = Column("known", "text", "the known cause, where there is one")

_ALL = (
    Table(
        "fingerprints",
        "array seen",
        (
            *_CELL,
            _TRIAL,
            _SCENARIO,
            Column("array", "text", "name of the array"),
            Column("dtype", "text", "element type, as NumPy or the framework names it"),
            Column("shape", "text", "lengths joined with `x`, as in `5x10`; empty: a scalar"),
            Column("sha256", "text", "SHA-256 of the C-order little-endian bytes"),
            Column("size", "whole number", "number of elements"),
            Column("min", "number", "smallest element; empty where it is not a finite number"),
            Column("max", "number", "largest element"),
            Column("mean", "number", "mean of the elements"),
            Column("std", "number", "their standard deviation"),
            Column("nonfinite", "whole number", "elements that are infinite or not a number"),
        ),
    ),
    Table(
        "observations",
        "scenario run",
        (
            *_CELL,
            _TRIAL,
            _SCENARIO,
            Column("status", "text", "`ok`, `unsupported`, `error`, `timeout` or `crash`"),
            Column("seconds", "number", "how long it ran"),
            Column("message", "text", "what went wrong"),
        ),
    ),
    Table(
        "relations",
        "relation checked",
        (
            *_CELL,
            Column("trial", "whole number", "which launch; empty: a statement about all of them"),
            _SCENARIO,
            Column("relation", "text", "the statement, as in `first == second`"),
            Column("expected", "flag", "whether the source says it holds; empty: it does not say"),
            Column("holds", "flag", "whether it held"),
            Column("source", "text", "who says so"),
        ),
    ),
    Table(
        "environments",
        "package in an environment",
        (
            _ENVIRONMENT,
            _MACHINE,
            Column("package", "text", "normalised name of the distribution"),
            Column("version", "text", "the version that was installed"),
        ),
    ),
    Table(
        "cells",
        "cell × machine",
        (
            *_CELL,
            Column("status", "text", "`ok`, or why it was not measured"),
            Column("python", "text", "version of the interpreter that ran"),
            Column("tensorflow", "text", "version that was imported"),
            Column("keras", "text", "version that was imported"),
            Column("backend", "text", "`tensorflow`, `jax`, `torch` or `theano`"),
            Column("numpy", "text", "version that was imported"),
            Column("trials", "whole number", "launches on record"),
            Column("seconds", "number", "how long they took together"),
            Column("message", "text", "why it was not measured, and what to do"),
        ),
    ),
    Table(
        "variants",
        "scenario × cell × machine",
        (
            _SCENARIO,
            *_CELL,
            Column("variant", "text", "letter of the result; the same letter: bit-identical"),
            Column("reproducible", "flag", "whether all launches agree; empty: fewer than two ran"),
        ),
    ),
    Table(
        "breaks",
        "break",
        (
            _LEVEL,
            *_STEP,
            _SCENARIO,
            Column("kind", "text", "how the values differ: `rounding`, …, `redraw`, `structure`"),
            Column("arrays", "whole number", "arrays that differ"),
            Column("max_ulp", "whole number", "largest distance in units in the last place"),
            Column("max_abs", "number", "largest absolute difference"),
            Column("first_index", "text", "first differing element, in order of creation"),
            _CONFOUNDERS,
            _KNOWN,
            Column("environment_from", "text", "environment of one side"),
            Column("environment_to", "text", "environment of the other side"),
            _SETTING,
            _DEVICE,
            _MACHINE,
        ),
    ),
    Table(
        "events",
        "event",
        (
            _LEVEL,
            *_STEP,
            Column("scenarios", "text", "scenarios that break there; a list"),
            Column("kinds", "text", "kinds of difference seen; a list"),
            _CONFOUNDERS,
            _KNOWN,
            Column("url", "text", "where the known cause is described"),
        ),
    ),
    Table(
        "verdicts",
        "scenario × level",
        (
            _SCENARIO,
            _LEVEL,
            Column("verdict", "text", "`holds`, `breaks` or `untested`"),
            Column("compared", "whole number", "pairs that were compared"),
            Column("differing", "whole number", "pairs that differ"),
        ),
    ),
    Table(
        "settings",
        "setting (but the first) × environment × device × machine",
        (
            *_CELL,
            Column(
                "effect",
                "text",
                "`changed results`, `took effect, same results`, `no effect` or `not measured`",
            ),
            Column("changed", "text", "what is in force otherwise than in the first one; a list"),
            Column("compared", "whole number", "scenarios compared with the first setting"),
            Column("differing", "whole number", "of these, how many it changed"),
        ),
    ),
)

TABLES: Mapping[str, Table] = {table.name: table for table in _ALL}

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
    fields = [_fields(frame[column.name], column.type) for column in table.columns]
    with replacing(path) as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(column.name for column in table.columns)
        writer.writerows(zip(*fields, strict=True))
    return path


def _fields(values: pd.Series[Any], type_: Type) -> list[str]:
    """The column's fields. An empty string counts as absent, as in columns of mixed values."""
    present = values.astype(object).where(values.notna(), "")
    convert = _CONVERT[type_]
    return ["" if value == "" else convert(value) for value in present]


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
