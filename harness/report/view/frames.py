"""From frames to plain rows: the only place of the report where missing values are dealt with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

if TYPE_CHECKING:
    import pandas as pd

Row: TypeAlias = dict[str, Any]


class Place(NamedTuple):
    """A cell on a machine: one column of the matrix. `machine` is empty where nothing ran."""

    environment: str
    setting: str
    device: str
    machine: str

    @property
    def cell(self) -> str:
        """The cell's id, as in the record files and in the plan."""
        return f"{self.environment}.{self.setting}.{self.device}"


def rows(frame: pd.DataFrame) -> list[Row]:
    """The frame's rows in order, absent values as empty strings."""
    present = frame.astype(object).where(frame.notna(), "")
    columns = {str(name): present[name].tolist() for name in frame.columns}
    return [
        dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)
    ]


def place(row: Row) -> Place:
    """Where a row was measured."""
    return Place(row["environment"], row["setting"], row["device"], row["machine"])


def flag(value: object) -> bool | None:
    """A truth value, or None where it is absent."""
    return None if value == "" else bool(value)


def number(value: Any) -> int | None:
    """A whole number, or None where it is absent."""
    return None if value == "" else int(value)


def items(value: str) -> tuple[str, ...]:
    """The elements of a list inside a field."""
    return tuple(value.split("; ")) if value else ()
