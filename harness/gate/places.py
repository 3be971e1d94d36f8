"""Where in matrix.yaml to point at for a break: what stands on the far side of its step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.expand import expand

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.expand import Candidate
    from harness.gate.groups import Group
    from harness.matrix import Matrix


@dataclass(frozen=True)
class Places:
    """The lines of a matrix file. `of` gives the ones of a group of breaks, from 1."""

    matrix: Matrix
    file: str
    candidates: Mapping[str, Candidate]

    @classmethod
    def within(cls, matrix: Matrix) -> Places:
        """The places of a matrix; its file as in the repository, with forward slashes."""
        file = matrix.source.file.replace("\\", "/").removeprefix("./")
        return cls(matrix, file, {each.id: each for each in expand(matrix)})

    def of(self, group: Group) -> tuple[int, ...]:
        """The lines of everything that the group's breaks stand on, the first one first."""
        lines = (
            self._line(each.finding.axis, each.finding.values[1], each.finding.spot.cell)
            for each in group.judged
        )
        return tuple(dict.fromkeys(lines))

    def cell(self, cell: str) -> int:
        """The line of the entry that makes the environment of a cell."""
        return self._line("", "", cell)

    def _line(self, axis: str, value: str, cell: str) -> int:
        source = self.matrix.source
        if axis == "setting":
            return source.key(("settings", value)).line
        candidate = self.candidates.get(cell.partition(".")[0])
        if candidate is None:
            return 1
        entry = self.matrix.environments[candidate.entry]
        place = ("environments", candidate.entry)
        if value in entry.lists().get(axis, ()):
            index = entry.lists()[axis].index(value)
            return source.value((*place, *entry.place(axis), index)).line
        return source.value(place).line
