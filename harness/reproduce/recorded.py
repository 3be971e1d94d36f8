"""What is on record of the sides of a break, indexed once for all breaks: there is much of it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from harness.analysis.frames import Where
from harness.report.words import listed

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping

    import pandas as pd

    from harness.analysis import Results

    Row: TypeAlias = "Mapping[Hashable, Any] | pd.Series[Any]"  # of the breaks


def places(row: Row) -> tuple[Where, Where]:
    """The two sides; a setting or a device that moves stands in `from` and `to` alone."""

    def place(environment: str, value: str, machine: str) -> Where:
        setting, device = (str(row[name] or row[value]) for name in ("setting", "device"))
        return Where(str(row[environment]), setting, device, str(row[machine]))

    left = place("environment_from", "from", "machine")
    return left, place("environment_to", "to", "machine_to")


class Recorded:
    """The packages, Pythons and fingerprints of results, by place."""

    def __init__(self, results: Results) -> None:
        """Reads nothing yet."""
        self._results = results

    @cached_property
    def _rows(self) -> Mapping[Hashable, Any]:
        """Scenario → positions of its fingerprints: there are hundreds of thousands."""
        return self._results.fingerprints.groupby("scenario", sort=False).indices

    @cached_property
    def packages(self) -> dict[tuple[str, str], dict[str, str]]:
        """Environment and machine → package → version."""
        found: dict[tuple[str, str], dict[str, str]] = {}
        columns = self._results.environments[["environment", "machine", "package", "version"]]
        for environment, machine, package, version in columns.itertuples(index=False):
            found.setdefault((environment, machine), {})[package] = version
        return found

    @cached_property
    def pythons(self) -> dict[Where, str]:
        """Place → version of the interpreter that ran."""
        columns = self._results.cells[[*Where._fields, "python"]]
        return {Where(*place): python for *place, python in columns.itertuples(index=False)}

    @cached_property
    def _columns(self) -> dict[str, np.ndarray[Any, np.dtype[Any]]]:
        fingerprints = self._results.fingerprints
        names = (*Where._fields, "trial", "array", "sha256")
        return {name: fingerprints[name].to_numpy(dtype=object) for name in names}

    def seen(self, scenario: str, place: Where) -> Iterator[tuple[int, str, str]]:
        """Launch, array and fingerprint, in order of creation, of one place."""
        rows = self._rows.get(scenario, np.empty(0, np.intp))
        for name, value in zip(Where._fields, place, strict=True):
            rows = rows[self._columns[name][rows] == value]
        for row in rows:
            launch, array, sha256 = (
                self._columns[each][row] for each in ("trial", "array", "sha256")
            )
            yield int(launch), str(array), str(sha256)

    def labelled(
        self,
        place: Where,
        scenario: str,
        array: str,
        where: str = "",
    ) -> dict[str, str]:
        """Fingerprint on record → in which launches; "": a launch that had no such array."""
        by_launch: dict[int, str] = {}
        for launch, name, sha256 in self.seen(scenario, place):
            by_launch.setdefault(launch, "")
            if name == array:
                by_launch[launch] = sha256
        found: dict[str, list[int]] = {}
        for launch, sha256 in by_launch.items():
            found.setdefault(sha256, []).append(launch)
        return {
            sha256: f"in {'launch' if len(those) == 1 else 'launches'} "
            f"{listed([str(each) for each in those])}{where}"
            for sha256, those in found.items()
        }
