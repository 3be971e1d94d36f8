"""What a merge came to: what is new, known, in conflict or refused, by where it came from."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from harness.errors import ExitCode
from harness.merge.folders import shown
from harness.report.words import count

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LISTED = 20  # of what was refused, and of conflicts; the rest is counted


@dataclass
class Source:
    """One folder. Numbers of records, arrays and runs, and of other files, which are passed over.

    older: of the new records, those of a launch of which there is a newer one. arrays_left_out:
    named by no merged record. arrays_missing: named, but not there. refused: place and reason.
    """

    folder: Path
    new: int = 0
    known: int = 0
    older: int = 0
    arrays_new: int = 0
    arrays_known: int = 0
    arrays_left_out: int = 0
    arrays_missing: int = 0
    runs_new: int = 0
    runs_known: int = 0
    others: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)

    def refuse(self, place: str, why: str) -> None:
        """Leave out what lies at this place in the folder."""
        self.refused.append((shown(place), why))

    def sentence(self) -> str:
        """All of it, in one sentence."""
        parts = [
            f"{count(self.new, 'new record')}, {self.known:,} known",
            *([f"{self.older:,} older than what is there"] if self.older else []),
            f"{count(self.arrays_new, 'new array')}, {self.arrays_known:,} known",
            *([f"{self.arrays_left_out:,} that no record names"] if self.arrays_left_out else []),
            *([f"{self.arrays_missing:,} missing"] if self.arrays_missing else []),
            *(
                [f"{count(self.runs_new, 'new run')}, {self.runs_known:,} known"]
                if self.runs_new or self.runs_known
                else []
            ),
            *([f"{len(self.refused):,} refused"] if self.refused else []),
            *([count(self.others, "other file")] if self.others else []),
        ]
        return f"{self.folder}: {', '.join(parts)}"


@dataclass(frozen=True)
class Outcome:
    """sources: in the order given. conflicts: a sentence per record or run that contradicts."""

    into: Path
    sources: tuple[Source, ...]
    conflicts: tuple[str, ...]

    @property
    def code(self) -> ExitCode:
        """Whether all was merged, and agrees."""
        complete = not self.conflicts and not any(each.refused for each in self.sources)
        return ExitCode.HOLDS if complete else ExitCode.NOT_MEASURED

    def lines(self) -> Iterator[str]:
        """For people."""
        refused = [
            f"{each.folder}{'/' if place else ''}{place}: {why}"
            for each in self.sources
            for place, why in each.refused
        ]
        yield from _listed("refused", refused)
        yield from _listed("conflict", self.conflicts)
        for each in self.sources:
            yield each.sentence()
        yield f"merged into {self.into}: {self.totals()}"

    def totals(self) -> str:
        """One sentence."""
        total = {
            name: sum(getattr(each, name) for each in self.sources)
            for name in ("new", "known", "arrays_new", "runs_new")
        }
        refused = sum(len(each.refused) for each in self.sources)
        return (
            f"{count(total['new'], 'new record')}, {total['known']:,} known, "
            f"{len(self.conflicts):,} in conflict, {refused:,} refused, "
            f"{count(total['arrays_new'], 'new array')}, {count(total['runs_new'], 'new run')}"
        )

    def plain(self) -> dict[str, Any]:
        """For machines: everything, refusals in full."""
        sources = [
            asdict(each)
            | {
                "folder": str(each.folder),
                "refused": [{"place": place, "why": why} for place, why in each.refused],
            }
            for each in self.sources
        ]
        return {
            "into": str(self.into),
            "sources": sources,
            "conflicts": list(self.conflicts),
            "code": int(self.code),
        }


def _listed(word: str, lines: list[str] | tuple[str, ...]) -> Iterator[str]:
    for line in lines[:LISTED]:
        yield f"{word}: {line}"
    if len(lines) > LISTED:
        yield f"{word}: {len(lines) - LISTED:,} more; --json lists all"
