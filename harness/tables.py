"""The tables: every frame's columns, declared once, and so the columns of the CSV files.

`TABLES` is the public format: `reports/csv/<name>.csv`. People script against it, the documentation
lists it, and a test holds the two together. Columns are only ever added, at the end of a table.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

# pandas 3 would keep texts in Arrow, now that it is installed, and Arrow refuses what is not sound
# Unicode: one lone surrogate, as the name of a file may hold it, and there would be no report.
pd.set_option("mode.string_storage", "python")

Type: TypeAlias = Literal["text", "whole number", "number", "flag"]

_DTYPES = {"text": "str", "whole number": "Int64", "number": "Float64", "flag": "boolean"}


@dataclass(frozen=True)
class Column:
    """One column of a table: its name, the type of its values, and what they mean.

    dtype: of the frame's column; what the type says, but for a few.
    """

    name: str
    type: Type
    meaning: str
    dtype: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "dtype", self.dtype or _DTYPES[self.type])

    @property
    def is_list(self) -> bool:
        """Whether a field holds several texts, joined with "; "."""
        return self.meaning.endswith("; a list")


@dataclass(frozen=True)
class Table:
    """One CSV file, `<name>.csv`: what a row is, and its columns in order."""

    name: str
    row: str
    columns: tuple[Column, ...]

    @property
    def dtypes(self) -> dict[str, str]:
        """Column → dtype, in order."""
        return {column.name: column.dtype for column in self.columns}

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
_KNOWN = Column("known", "text", "the known cause, where there is one; a list")
_HISTORY_RUN = Column("run", "text", "id of the run, as in `history/`: when it was measured")
_BREAK = Column("break", "text", "id of the break, as in `breaks.csv`")
_SPAN = (
    Column("from", "text", "first value of the span along the axis"),
    Column("to", "text", "last value of the span"),
)


def _repeated(*columns: Column) -> tuple[Column, ...]:
    """The columns, texts as categories: a table with millions of rows has few different ones."""
    return tuple(
        replace(column, dtype="category") if column.type == "text" else column for column in columns
    )


_ALL = (
    Table(
        "fingerprints",
        "array seen",
        _repeated(
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
            Column("label", "text", "what people call the machine (`SAMESEED_MACHINE`)"),
            Column("started", "text", "when its newest launch started, in UTC"),
            Column("basis", "text", "digest of what its results rest on; see History"),
            Column("suite", "text", "of these: digest of the suite's source"),
            Column("lock", "text", "and of the environment's lock"),
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
            Column("launches", "whole number", "launches that this rests on"),
            Column(
                "result", "text", "name of the result; empty: launches differ, or none gave one"
            ),
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
            Column(
                "max_ulp", "whole number", "largest distance in units in the last place", "UInt64"
            ),
            Column("max_abs", "number", "largest absolute difference"),
            Column("first_index", "text", "first differing element, in order of creation"),
            _CONFOUNDERS,
            _KNOWN,
            Column("environment_from", "text", "environment of one side"),
            Column("environment_to", "text", "environment of the other side"),
            _SETTING,
            _DEVICE,
            _MACHINE,
            Column("id", "text", "stable name of the break, the same on every machine"),
            Column("launches", "whole number", "launches behind it: of the side with fewer"),
            Column("unchanged", "whole number", "arrays that agree"),
            Column("last_unchanged", "text", "last array, in creation order, before any differs"),
            Column("violation", "flag", "whether it breaks a documented promise; else permitted"),
            Column("url", "text", "where the known cause is described; a list"),
            Column("machine_to", "text", "id of the machine of the other side, mostly the same"),
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
            Column("url", "text", "where the known cause is described; a list"),
            Column("id", "text", "stable name of the event"),
            Column("families", "text", "families that break there, each with how many; a list"),
            Column("violations", "whole number", "scenarios in which a documented promise breaks"),
            Column("unchanged", "text", "scenarios compared there that do not change; a list"),
            Column(
                "separate", "text", "what to add to the matrix to tell confounders apart; a list"
            ),
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
            Column("launches", "whole number", "launches behind the weakest of these pairs"),
            Column("asked", "flag", "whether it should hold: no control, nor meant to differ"),
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
    Table(
        "differences",
        "break × array that differs",
        (
            _BREAK,
            _SCENARIO,
            Column("array", "text", "name of the array"),
            Column("kind", "text", "how the values differ"),
            Column("dtype", "text", "element type, where both sides share it"),
            Column("shape", "text", "lengths joined with `x`, where both sides share them"),
            Column("size", "whole number", "elements compared"),
            Column("differing", "whole number", "elements that differ"),
            Column("share", "number", "share of the elements that differ, 0 to 1"),
            Column("max_abs", "number", "largest absolute difference"),
            Column("mean_abs", "number", "mean absolute difference, over all finite elements"),
            Column("max_rel", "number", "largest difference relative to the larger magnitude"),
            Column("mean_rel", "number", "mean relative difference, over all finite elements"),
            Column("max_ulp", "whole number", "largest distance in last places (ULP)", "UInt64"),
            Column("ulp_p50", "whole number", "median ULP of the elements that differ", "UInt64"),
            Column("ulp_p90", "whole number", "their 90th percentile", "UInt64"),
            Column("ulp_p99", "whole number", "their 99th percentile", "UInt64"),
            Column("ulp_histogram", "text", "elements up to a power of two, as in `1:5`; a list"),
            Column("first_index", "text", "first differing element, as in `0,3`"),
            Column("correlation", "number", "Pearson correlation of the two sides, -1 to 1"),
            Column("machine", "text", "anonymous id of the machine, as in `breaks.csv`"),
        ),
    ),
    Table(
        "spans",
        "run of one variant along an ordered axis",
        (
            _LEVEL,
            Column("axis", "text", "the ordered axis: a package or `python`"),
            _SCENARIO,
            Column("line", "text", "what else is declared, the same for the whole line"),
            Column("variant", "text", "letter, as in `variants.csv`; empty: unstable"),
            *_SPAN,
            Column("environment_from", "text", "environment of the first value"),
            Column("environment_to", "text", "environment of the last value"),
            Column("returns", "flag", "whether the variant was there before, with another between"),
            _SETTING,
            _DEVICE,
            Column("machine", "text", "id of the machine; where the line has several, their label"),
        ),
    ),
    Table(
        "claims",
        "claim that somebody published",
        (
            Column("claim", "text", "id of the claim"),
            Column("text", "text", "what is claimed"),
            Column("source", "text", "who says so, and where"),
            Column("verdict", "text", "`confirmed`, `refuted`, `in part` or `untested`"),
            Column("confirmed_in", "text", "versions in which it holds; a list"),
            Column("refuted_in", "text", "versions in which it does not; a list"),
            Column("scenarios", "text", "scenarios that test it; a list"),
            Column("url", "text", "where it can be read"),
        ),
    ),
    Table(
        "causes",
        "documented cause on file",
        (
            Column("cause", "text", "id of the cause"),
            Column("title", "text", "what happened, in a sentence"),
            Column("status", "text", "`matched`, `stale` (its step was measured) or `untested`"),
            Column("events", "text", "events that it explains, in part or wholly; a list"),
            Column("breaks", "whole number", "breaks that it explains"),
            Column("url", "text", "where it is described"),
        ),
    ),
    Table(
        "recipes",
        "seeding recipe × level",
        (
            Column("recipe", "text", "the scenario, as in `recipes/numpy_only`"),
            _LEVEL,
            Column("verdict", "text", "`holds`, `breaks` or `untested`"),
            Column("compared", "whole number", "pairs that were compared"),
            Column("differing", "whole number", "pairs that differ"),
            Column("breaks_at", "text", "steps at which it breaks; a list"),
            Column("launches", "whole number", "launches behind the weakest of these pairs"),
        ),
    ),
    Table(
        "steps",
        "step at which results were compared, changes or not",
        (
            _LEVEL,
            *_STEP,
            Column(
                "compared", "whole number", "scenarios compared there, of those that should hold"
            ),
            Column("changed", "whole number", "of these, how many change"),
        ),
    ),
    Table(
        "machines",
        "machine on which anything was measured, the one with most first",
        (
            Column("machine", "text", "anonymous id of the machine"),
            Column("name", "text", "its label, where that tells it from others; else its id"),
            Column("label", "text", "what people call it (`SAMESEED_MACHINE`)"),
            Column("cpu", "text", "model of the processor"),
            Column("isa", "text", "its microarchitecture, which stands for its instruction set"),
            Column("arch", "text", "as in `x86_64`"),
            Column("cores", "text", "physical cores"),
            Column("os", "text", "operating system, with its release"),
            Column("libc", "text", "C library"),
            Column("gpu", "text", "GPUs"),
            Column("gpu_driver", "text", "the GPUs' driver"),
            Column("cells", "whole number", "cells that were measured on it"),
            Column("differs", "text", "what of this is otherwise on the first machine; a list"),
            Column(
                "apart",
                "text",
                "environments that have other packages there, and are not compared; a list",
            ),
        ),
    ),
    Table(
        "facts",
        "fact on record of a cell × machine that gave results",
        _repeated(
            *_CELL,
            Column("group", "text", "`package`, `python`, `framework`, `variable` or `machine`"),
            Column("fact", "text", "its name: a package, a variable, `onednn`, `cpu`, …"),
            Column("value", "text", "what it was; several launches' values are joined with ` / `"),
        ),
    ),
    Table(
        "runs",
        "run on file, from the oldest to this one",
        (
            _HISTORY_RUN,
            Column("started", "text", "when its newest launch started, in UTC"),
            Column("profile", "text", "the profile that the report was made for"),
            Column("cells", "whole number", "cells that were measured, each on each machine"),
            Column("scenarios", "whole number", "scenarios that are asked to hold"),
            Column("holding", "whole number", "of these, those that hold at every level tested"),
            Column("breaks", "whole number", "different breaks of these scenarios"),
            Column("new_breaks", "whole number", "breaks where the last comparison found none"),
            Column("gone_breaks", "whole number", "comparisons that found none where one was"),
            Column("first_breaks", "whole number", "breaks where no earlier run compared anything"),
            Column("compared", "whole number", "results measured again on an equal basis"),
            Column("changed", "whole number", "of these, how many differ from the last time"),
            Column("redefined", "whole number", "results measured again, but on no equal basis"),
            Column("first", "whole number", "results that no earlier run measured"),
            Column("new", "text", "events of new breaks, each with how many; a list"),
            Column("gone", "text", "events of gone breaks, each with how many; a list"),
        ),
    ),
    Table(
        "history",
        "scenario that is asked to hold × run",
        _repeated(
            _SCENARIO,
            _HISTORY_RUN,
            Column(
                "state",
                "text",
                "`first` (not measured before), `same`, `changed`, `redefined` (measured before, "
                "but on no equal basis) or `not measured` (again)",
            ),
            Column("compared", "whole number", "cells compared with the last time"),
            Column("changed", "whole number", "of these, how many differ"),
            Column("redefined", "whole number", "cells measured again, but on no equal basis"),
            Column("first", "whole number", "cells in which no earlier run measured it"),
        ),
    ),
)

TABLES: Mapping[str, Table] = {table.name: table for table in _ALL}

# What the report counts and nobody needs as a file: most of it is told by the verdicts.
COMPARISONS = Table(
    "comparisons",
    "comparison that was made",
    (
        _LEVEL,
        *_STEP,
        _SCENARIO,
        Column("differs", "flag", "whether the sides differ"),
        # The cell of the side `to`: the gate asks whether a break was looked for just there.
        _ENVIRONMENT,
        _SETTING,
        _DEVICE,
    ),
)


def table(name: str, rows: Iterable[Sequence[Any]]) -> pd.DataFrame:
    """The frame `name` from rows of plain values in column order, None for absent numbers.

    Text is never missing, only empty; numbers and truth values that are absent are <NA>.
    """
    columns = COMPARISONS.columns if name == COMPARISONS.name else TABLES[name].columns
    return typed(columns, rows)


def typed(columns: Sequence[Column], rows: Iterable[Sequence[Any]]) -> pd.DataFrame:
    """A frame of some columns, each of its declared type, from rows in their order."""
    values = list(zip(*rows, strict=True)) or [()] * len(columns)
    series: dict[str, pd.Series[Any]] = {
        column.name: pd.Series(list(cells), dtype=column.dtype)
        for column, cells in zip(columns, values, strict=True)
    }
    frame: pd.DataFrame = pd.DataFrame(series)
    return frame
