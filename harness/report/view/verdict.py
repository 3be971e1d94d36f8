"""The answer: one sentence, the reasons to doubt it, and a few numbers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from harness.analysis.standing import JUDGED, of
from harness.report.view.frames import flag, rows
from harness.report.words import FAILURES, LEVELS, STATUSES, count, listed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.analysis import Results
    from harness.analysis.standing import Standing
    from harness.report.view.claims import Claim
    from harness.report.view.coverage import Cell
    from harness.report.view.events import Event
    from harness.report.view.matrix import Matrix

Tone: TypeAlias = Literal["holds", "breaks", "unknown", "void"]

_LABELS: Mapping[Tone, str] = {
    "holds": "Holds",
    "breaks": "Breaks",
    "unknown": "Unknown",
    "void": "Not to be trusted",
}

# The longest list of scenarios that is written out; and within a sentence.
_NAMED, _IN_SENTENCE = 24, 4


@dataclass(frozen=True)
class Names:
    """A list of scenarios and its title; too long a one is told by family."""

    name: str
    title: str
    scenarios: tuple[str, ...]

    @property
    def families(self) -> str:
        """How many there are of each family, the most first; empty for a short list."""
        if len(self.scenarios) <= _NAMED:
            return ""
        families = Counter(name.split("/")[0] for name in self.scenarios)
        return ", ".join(f"{family} {number}" for family, number in families.most_common())


@dataclass(frozen=True)
class Verdict:
    """`sentence` is the whole answer. `doubts` void it; `notes` say how far it reaches."""

    tone: Tone
    sentence: str
    doubts: tuple[str, ...]
    notes: tuple[str, ...]
    breaking: tuple[str, ...]
    holding: tuple[str, ...]

    @property
    def lists(self) -> tuple[Names, ...]:
        """The scenarios that break, and those that hold."""
        both = (("breaking", "Break", self.breaking), ("holding", "Hold", self.holding))
        return tuple(Names(*each) for each in both if each[2])

    @property
    def label(self) -> str:
        """The answer in a word or two."""
        return _LABELS[self.tone]


@dataclass(frozen=True)
class Tile:
    """One number of the first screen, with what it counts."""

    value: str
    meaning: str


def verdict(
    results: Results,
    standing: Mapping[str, Standing],
    events: Sequence[Event],
    cells: Sequence[Cell],
) -> Verdict:
    """What holds and what breaks among the scenarios that should hold.

    If a negative control failed, the sentence says first that nothing else counts.
    """
    breaking, holding = of(standing, "breaks"), of(standing, "holds")
    untested = of(standing, "untested")
    tone: Tone = "breaks" if breaking else "holds" if holding and not untested else "unknown"
    sentence = _sentence(len(breaking), len(holding), len(untested), events)
    if results.void:
        tone = "void"
        sentence = (
            "This audit cannot be trusted: a negative control did not come out. "
            f"At face value, {sentence[0].lower()}{sentence[1:]}"
        )
    notes = (
        _reach(results, standing),
        _controls(results, standing),
        _gaps(cells),
        _failures(results, holding),
        _violations(events),
    )
    return Verdict(tone, sentence, results.void, tuple(filter(None, notes)), breaking, holding)


def tiles(
    results: Results,
    standing: Mapping[str, Standing],
    matrix: Matrix,
    cells: Sequence[Cell],
    claims: Sequence[Claim],
) -> tuple[Tile, ...]:
    """The numbers of the first screen."""
    judged, holding = of(standing, *JUDGED), of(standing, "holds")
    measured = sum(cell.status == "ok" for cell in cells)
    agree = [
        flag(row["reproducible"])
        for row in rows(results.variants)
        if standing[row["scenario"]] in JUDGED
    ]
    refuted = sum(claim.outcome != "confirmed" for claim in claims)
    return (
        Tile(f"{len(holding):,} / {len(judged):,}", "scenarios hold at every level tested"),
        Tile(
            f"{measured:,} → {_groups(matrix):,}",
            "cells measured → groups with the same marks in every scenario",
        ),
        Tile(f"{measured:,} / {len(cells):,}", f"cells measured{_rest(cells)}"),
        Tile(
            f"{agree.count(False):,} / {len(agree) - agree.count(None):,}",
            "results that another launch of the same cell did not give again",
        ),
        Tile(f"{refuted:,} / {len(claims):,}", "claims checked that the measurement refutes"),
    )


def _sentence(breaking: int, holding: int, untested: int, events: Sequence[Event]) -> str:
    judged = breaking + holding + untested
    unclear = f"; {count(untested, 'scenario')} could not be compared" if untested else ""
    if not breaking and not holding:
        return f"Nothing could be compared: {count(judged, 'scenario')} without two results."
    if not breaking:
        which = f"{'All ' if holding > 1 and not untested else ''}{count(holding, 'scenario')}"
        verb = "holds" if holding == 1 else "hold"
        return f"{which} {verb} at every level tested{unclear}."
    held = f"{holding} of {count(judged, 'scenario')} {'holds' if holding == 1 else 'hold'}"
    return f"{held} at every level tested; {_broken(breaking, events)}{unclear}."


def _broken(breaking: int, events: Sequence[Event]) -> str:
    """How many break, and at which step most of them: `6 break, 5 of them at Keras 2 → 3`."""
    broken = f"{breaking} {'breaks' if breaking == 1 else 'break'}"
    if not events:
        return broken
    most = max(events, key=lambda event: len(event.hits))
    share = len(most.hits)
    if breaking == 1:
        return f"{broken}, {most.where}"
    return f"{broken}, {'all' if share == breaking else share} of them {most.where}"


def _reach(results: Results, standing: Mapping[str, Standing]) -> str:
    """Which levels were compared at all, and which were not."""
    tested = {
        row["level"]
        for row in rows(results.verdicts)
        if row["verdict"] != "untested" and standing[row["scenario"]] in JUDGED
    }
    compared = [words for level, (_, words) in LEVELS.items() if level in tested]
    missing = [words for level, (_, words) in LEVELS.items() if level not in tested]
    sentences = [f"Compared: {listed(compared)}."] if compared else []
    sentences += [f"Not compared: {listed(missing)}."] if missing else []
    return " ".join(sentences)


def _controls(results: Results, standing: Mapping[str, Standing]) -> str:
    controls = set(of(standing, "control"))
    tested = {
        row["scenario"] for row in rows(results.relations) if flag(row["expected"]) is not None
    }
    if results.void:
        return ""
    if controls - tested:
        return (
            "Not every negative control could be tested, so nothing shows that differences "
            f"would have been seen: {listed(sorted(controls - tested))} (two launches are needed)."
        )
    if not controls:
        return "No negative control ran, so nothing shows that differences would have been seen."
    came = "came out as it must" if len(controls) == 1 else "came out as they must"
    return f"{count(len(controls), 'negative control')} {came}."


def _gaps(cells: Sequence[Cell]) -> str:
    missing = sum(not cell.complete and cell.status != "excluded" for cell in cells)
    if not missing:
        return ""
    return f"{missing:,} of {count(len(cells), 'cell')} not measured, or not in full."


def _failures(results: Results, holding: Sequence[str]) -> str:
    """Which scenarios hold only where they did not fail."""
    failed = {row["scenario"] for row in rows(results.observations) if row["status"] in FAILURES}
    names = [name for name in holding if name in failed]
    if not names:
        return ""
    more = len(names) - _IN_SENTENCE
    named = listed([*names[:_IN_SENTENCE], f"{more} more"] if more > 0 else names)
    return f"Hold where they ran, but failed in some cells: {named}."


def _violations(events: Sequence[Event]) -> str:
    """How many scenarios break what their framework documents, and which is the first."""
    names = dict.fromkeys(hit.scenario for event in events for hit in event.violations)
    if not names:
        return ""
    first, *others = names
    if not others:
        return f"{first} breaks what is documented."
    return f"{count(len(names), 'scenario')} break what is documented, the first {first}."


def _rest(cells: Sequence[Cell]) -> str:
    """The other cells by status: `; 1 could not be installed; 2 not run`."""
    others = Counter(STATUSES[cell.status] for cell in cells if cell.status != "ok")
    return (
        "; " + ", ".join(f"{number} {words}" for words, number in others.items()) if others else ""
    )


def _groups(matrix: Matrix) -> int:
    """How many different columns of marks there are among the cells that were measured."""
    lines = [line for band in matrix.bands for line in band.lines]
    return len(
        {
            tuple((line.marks[index].text, line.marks[index].doubt) for line in lines)
            for index, head in enumerate(matrix.heads)
            if head.measured
        }
    )
