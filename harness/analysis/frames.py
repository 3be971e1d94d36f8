"""Tidy pandas frames with the columns of the public CSV files, one row per thing recorded.

Text is never missing, only empty; numbers and truth values that are absent are <NA>.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from harness.records import Header, Observation, Trial

TEXT, INTEGER, UNSIGNED, NUMBER, FLAG = "str", "Int64", "UInt64", "Float64", "boolean"

_CELL = {"environment": TEXT, "setting": TEXT, "device": TEXT, "machine": TEXT}
_RUN = {**_CELL, "trial": INTEGER, "scenario": TEXT}

# Table → column → dtype. The order is public; `comparisons` has no file of its own.
COLUMNS: Mapping[str, Mapping[str, str]] = {
    "fingerprints": {
        **_RUN,
        "array": TEXT,
        "dtype": TEXT,
        "shape": TEXT,
        "sha256": TEXT,
        "size": INTEGER,
        "min": NUMBER,
        "max": NUMBER,
        "mean": NUMBER,
        "std": NUMBER,
        "nonfinite": INTEGER,
    },
    "observations": {**_RUN, "status": TEXT, "seconds": NUMBER, "message": TEXT},
    "relations": {**_RUN, "relation": TEXT, "expected": FLAG, "holds": FLAG, "source": TEXT},
    "environments": {"environment": TEXT, "machine": TEXT, "package": TEXT, "version": TEXT},
    "cells": {
        **_CELL,
        "status": TEXT,
        "python": TEXT,
        "tensorflow": TEXT,
        "keras": TEXT,
        "backend": TEXT,
        "numpy": TEXT,
        "trials": INTEGER,
        "seconds": NUMBER,
        "message": TEXT,
    },
    "variants": {"scenario": TEXT, **_CELL, "variant": TEXT, "reproducible": FLAG},
    "breaks": {
        "level": TEXT,
        "axis": TEXT,
        "from": TEXT,
        "to": TEXT,
        "scenario": TEXT,
        "kind": TEXT,
        "arrays": INTEGER,
        "max_ulp": UNSIGNED,
        "max_abs": NUMBER,
        "first_index": TEXT,
        "confounders": TEXT,
        "known": TEXT,
        "environment_from": TEXT,
        "environment_to": TEXT,
        "setting": TEXT,
        "device": TEXT,
        "machine": TEXT,
    },
    "events": {
        "level": TEXT,
        "axis": TEXT,
        "from": TEXT,
        "to": TEXT,
        "scenarios": TEXT,
        "kinds": TEXT,
        "confounders": TEXT,
        "known": TEXT,
        "url": TEXT,
    },
    "comparisons": {
        "level": TEXT,
        "axis": TEXT,
        "from": TEXT,
        "to": TEXT,
        "scenario": TEXT,
        "differs": FLAG,
    },
    "verdicts": {
        "scenario": TEXT,
        "level": TEXT,
        "verdict": TEXT,
        "compared": INTEGER,
        "differing": INTEGER,
    },
    "settings": {
        **_CELL,
        "effect": TEXT,
        "changed": TEXT,
        "compared": INTEGER,
        "differing": INTEGER,
    },
}

CELL = list(_CELL)  # with the machine: where something was measured
PLACE = ["scenario", *CELL]
RUN = [*PLACE, "trial"]


class Where(NamedTuple):
    """A cell on a machine: where trials count together."""

    environment: str
    setting: str
    device: str
    machine: str

    def __str__(self) -> str:
        """In a sentence."""
        return f"{self.environment}.{self.setting}.{self.device} on {self.machine}"


def where(header: Header) -> Where:
    """The cell and machine of a trial."""
    return Where(header.environment, header.setting, header.device, header.machine.id)


def table(name: str, rows: Iterable[Sequence[Any]]) -> pd.DataFrame:
    """The frame `name` from rows of plain values in column order, None for absent numbers."""
    columns = COLUMNS[name]
    values = list(zip(*rows, strict=True)) or [()] * len(columns)
    series: dict[str, pd.Series[Any]] = {
        column: pd.Series(list(cells), dtype=dtype)
        for (column, dtype), cells in zip(columns.items(), values, strict=True)
    }
    frame: pd.DataFrame = pd.DataFrame(series)
    return frame


def fingerprints(trials: Iterable[Trial]) -> pd.DataFrame:
    """One row per array seen, in creation order within a run."""
    return table(
        "fingerprints",
        (
            (
                *run,
                array.array,
                array.dtype,
                "x".join(map(str, array.shape)),
                array.sha256,
                array.size,
                array.min,
                array.max,
                array.mean,
                array.std,
                array.nonfinite,
            )
            for run, observation in _runs(trials)
            for array in observation.arrays
        ),
    )


def observations(trials: Iterable[Trial]) -> pd.DataFrame:
    """One row per scenario run."""
    return table(
        "observations",
        (
            (*run, observation.status, observation.seconds, observation.message)
            for run, observation in _runs(trials)
        ),
    )


def relations(trials: Iterable[Trial]) -> pd.DataFrame:
    """One row per relation that a scenario checked."""
    return table(
        "relations",
        (
            (*run, relation.relation, relation.expected, relation.holds, relation.source)
            for run, observation in _runs(trials)
            for relation in observation.relations
        ),
    )


def environments(trials: Iterable[Trial]) -> pd.DataFrame:
    """One row per package installed in an environment on a machine."""
    rows = (
        (trial.header.environment, trial.header.machine.id, *item)
        for trial in trials
        for item in sorted(trial.header.packages.items())
    )
    return table("environments", dict.fromkeys(rows))


def _runs(
    trials: Iterable[Trial],
) -> Iterator[tuple[tuple[str, str, str, str, int, str], Observation]]:
    for trial in trials:
        for observation in trial.observations:
            yield (*where(trial.header), trial.header.trial, observation.scenario), observation
