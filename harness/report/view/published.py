"""Published claims and documented causes: what was written, against what was measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.report.view.frames import items, rows

if TYPE_CHECKING:
    from harness.analysis import Results

# Verdict → how it looks; in the order in which claims are shown.
_LOOKS = {"refuted": "bad", "in part": "warn", "confirmed": "good", "untested": "quiet"}


@dataclass(frozen=True)
class Published:
    """One claim that somebody published. `confirmed` and `refuted` say in which versions."""

    text: str
    source: str
    url: str
    verdict: str
    look: str
    confirmed: str
    refuted: str
    scenarios: tuple[str, ...]


@dataclass(frozen=True)
class Stale:
    """A documented cause whose step was measured, and that explains nothing any more."""

    title: str
    url: str


def published(results: Results) -> tuple[Published, ...]:
    """The claims that were tested, refuted ones first."""
    found = [
        Published(
            text=row["text"],
            source=row["source"],
            url=row["url"],
            verdict=row["verdict"],
            look=_LOOKS[row["verdict"]],
            confirmed=row["confirmed_in"],
            refuted=row["refuted_in"],
            scenarios=items(row["scenarios"]),
        )
        for row in rows(results.claims)
        if row["verdict"] != "untested"
    ]
    order = list(_LOOKS)
    return tuple(sorted(found, key=lambda claim: order.index(claim.verdict)))


def stale(results: Results) -> tuple[Stale, ...]:
    """The documented causes to look at again."""
    return tuple(
        Stale(row["title"], row["url"]) for row in rows(results.causes) if row["status"] == "stale"
    )
