"""Tidy pandas frames of what was recorded, one row per thing, with the columns of the CSV files."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from harness.tables import table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pandas as pd

    from harness.records import Header, Observation, Trial

CELL = ["environment", "setting", "device", "machine"]  # where something was measured
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
