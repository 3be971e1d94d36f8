"""Tidy pandas frames of what was recorded, one row per thing, with the columns of the CSV files."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from harness.tables import TABLES, table, typed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from harness.records import Array, Header, Observation, Trial

CELL = ["environment", "setting", "device", "machine"]  # where something was measured
PLACE = ["scenario", *CELL]
RUN = [*PLACE, "trial"]
_RUN_COLUMNS = 6  # of the fingerprints: the rest is about the array


class Where(NamedTuple):
    """A cell on a machine: where trials count together."""

    environment: str
    setting: str
    device: str
    machine: str

    @property
    def cell(self) -> str:
        """The cell's id."""
        return f"{self.environment}.{self.setting}.{self.device}"

    def __str__(self) -> str:
        """In a sentence."""
        return f"{self.cell} on {self.machine}"


def where(header: Header) -> Where:
    """The cell and machine of a trial."""
    return Where(header.environment, header.setting, header.device, header.machine.id)


def fingerprints(trials: Iterable[Trial]) -> pd.DataFrame:
    """One row per array seen, in creation order within a run.

    Arrays that runs share are one object (see `harness.records`). Each such object becomes rows
    once; what is left to do for millions of rows is to repeat these.
    """
    runs, positions = [], []
    seen: dict[int, int] = {}
    results: list[tuple[Array, ...]] = []
    for run, observation in _runs(trials):
        arrays = observation.arrays
        position = seen.setdefault(id(arrays), len(results))
        if position == len(results):
            results.append(arrays)
        runs.append(run)
        positions.append(position)
    columns = TABLES["fingerprints"].columns
    distinct = typed(
        columns[_RUN_COLUMNS:], (_fields(each) for arrays in results for each in arrays)
    )
    lengths = np.array([len(arrays) for arrays in results], np.intp)
    starts = lengths.cumsum() - lengths
    which = np.array(positions, np.intp)
    counts = lengths[which]
    # Row by row: the run, and the row among the distinct ones.
    of_run = np.repeat(np.arange(len(runs)), counts)
    of_array = np.arange(len(of_run)) + np.repeat(
        starts[which] - (counts.cumsum() - counts), counts
    )
    found: pd.DataFrame = pd.concat(
        [
            typed(columns[:_RUN_COLUMNS], runs).take(of_run).reset_index(drop=True),
            distinct.take(of_array).reset_index(drop=True),
        ],
        axis="columns",
    )
    return found


def _fields(array: Array) -> tuple[object, ...]:
    return (
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
