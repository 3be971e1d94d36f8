"""What a run says while it goes on: one line per event."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness import records
from harness.errors import RecordError
from harness.probe import schema
from harness.report.words import count

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from harness.cluster.incoming import Attempt
    from harness.cluster.units import Unit
    from harness.merge import Outcome

_LONGEST = 500  # characters of what a worker says


class Events:
    """Lines for people, and how many launches of those planned have a record."""

    def __init__(self, say: Callable[[str], None]) -> None:
        """say: called with one line at a time."""
        self.say = say
        self._planned = 0
        self._there: set[tuple[str, str, str]] = set()  # machine that must, or ""; cell, trial
        self._told: set[str] = set()

    def plan(self, units: Sequence[Unit], trials: int, known: Mapping[str, bytes]) -> None:
        """What is to be measured. known: as workers get it, by `<machine>/<cell>/<trial>.jsonl`."""
        self._planned = sum(len(unit.cells) for unit in units) * trials
        places = [path.removesuffix(".jsonl").split("/") for path in known]
        for unit in units:
            for machine, cell, trial in places:
                if cell in unit.cells and unit.machine in ("", machine):
                    self._there.add((unit.machine, cell, trial))

    def once(self, line: str) -> None:
        """Say it, unless it was said."""
        if line not in self._told:
            self._told.add(line)
            self.say(line)

    def begun(self, unit: Unit, attempt: Attempt) -> None:
        """A worker began with a unit."""
        self.say(f"{unit.name}  {attempt.worker} on machine {attempt.machine}: begun")

    def line(self, unit: Unit, attempt: Attempt, text: str) -> None:
        """Its session said something."""
        self.say(f"{unit.name}  {attempt.worker}: {text[:_LONGEST]}")

    def trial(self, unit: Unit, attempt: Attempt, path: Path) -> None:
        """A record is there."""
        cell = path.parent.name
        try:
            end = records.read(path).end
        except RecordError as error:
            self.say(f"{unit.name}  {attempt.worker}: REFUSED: {error}")
            return
        self._there.add((unit.machine, cell, path.stem))
        failed = end.status != schema.OK
        status = f"{end.status.upper()}: {end.message}"[:_LONGEST] if failed else end.status
        self.say(
            f"{unit.name}  {attempt.worker}: {cell.partition('.')[2]} trial {path.stem} {status} "
            f"({count(end.observations, 'scenario')}, {end.seconds:.0f} s), "
            f"{len(self._there)} of {self._planned} trials"
        )

    def merged(self, outcomes: Iterable[Outcome]) -> None:
        """What a merge refused, or found in conflict."""
        for outcome in outcomes:
            for source in outcome.sources:
                for place, why in source.refused:
                    self.say(f"REFUSED: {place}: {why}")
            for conflict in outcome.conflicts:
                self.say(f"CONFLICT: {conflict}")
