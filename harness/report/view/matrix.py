"""The matrix: one row per scenario, one column per cell and machine, one mark where they meet."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from harness.analysis.standing import of
from harness.report.view.frames import Place, Row, flag, place, rows
from harness.report.words import FAILURES, LEVELS, STATUSES, listed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.analysis import Results
    from harness.analysis.standing import Standing
    from harness.report.view.labels import Group, Labels

DIFFERS, FAILED, ABSENT, ALONE = "≠", "!", "·", "?"

# Variants that have a colour and a pattern of their own; later ones share the last.
_LETTERED = tuple(f"v{index}" for index in range(1, 9))
# Column heads up to these sizes are written horizontally.
_WIDE_NAME, _WIDE_COLUMNS = 9, 12

_BANDS: tuple[tuple[Standing, str], ...] = (
    ("breaks", "Break"),
    ("holds", "Hold at every level tested"),
    ("untested", "Not compared"),
    ("differs", "Meant to differ between launches"),
    ("control", "Negative controls"),
)


@dataclass(frozen=True)
class Mark:
    """One field of the matrix: its text, its look (a style's name), and what it means.

    `doubt` marks a letter that does not stand for all launches: there was one only, or one failed.
    """

    text: str
    look: str
    meaning: str
    doubt: str = ""

    @property
    def title(self) -> str:
        """What to say of the mark where it stands: what failed; of others the legend says it."""
        return self.meaning if FAILED in (self.text, self.doubt) else ""


@dataclass(frozen=True)
class Key:
    """One entry of the legend: examples of marks, and what they say."""

    marks: tuple[Mark, ...]
    meaning: str


@dataclass(frozen=True)
class Line:
    """One scenario's row; `note` says across which levels it differs or holds."""

    scenario: str
    summary: str
    marks: tuple[Mark, ...]
    note: str


@dataclass(frozen=True)
class Band:
    """Rows of scenarios with the same standing."""

    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Head:
    """A column's head: its name below its group's, alone, the cell, and if it was measured."""

    name: str
    label: str
    cell: str
    measured: bool


@dataclass(frozen=True)
class Matrix:
    """The whole table. `axis` names what the columns are, if that is one thing.

    `groups` are the heads above the columns' heads, if there are several things; each has the names
    of its columns, in order.
    """

    axis: str
    groups: tuple[Group, ...]
    heads: tuple[Head, ...]
    upright: bool
    bands: tuple[Band, ...]
    legend: tuple[Key, ...]


def matrix(results: Results, labels: Labels, standing: Mapping[str, Standing]) -> Matrix:
    """The matrix, breaking rows first; within a band, rows that change early and alike together."""
    cells = {place(row): row for row in rows(results.cells)}
    variants = {(row["scenario"], place(row)): row for row in rows(results.variants)}
    observed: dict[tuple[str, Place], list[Row]] = {}
    for row in rows(results.observations):
        observed.setdefault((row["scenario"], place(row)), []).append(row)

    def line(name: str) -> Line:
        marks = tuple(
            _mark(variants.get((name, each)), observed.get((name, each), []), cell)
            for each, cell in cells.items()
        )
        scenario = results.scenarios.get(name)
        return Line(name, scenario.summary if scenario else "", marks, notes[name])

    notes = _notes(results, standing)
    heads = tuple(
        Head(labels.short(each), labels.full(each), _cell(each), row["status"] == "ok")
        for each, row in cells.items()
    )
    bands = tuple(
        Band(title, tuple(sorted(map(line, names), key=lambda each: _pattern(each, heads))))
        for kind, title in _BANDS
        if (names := of(standing, kind))
    )
    groups = labels.groups()
    if groups:
        below = [name for group in groups for name in group.names]
        heads = tuple(replace(head, name=name) for head, name in zip(heads, below, strict=True))
    wide = len(heads) > _WIDE_COLUMNS or any(len(head.name) > _WIDE_NAME for head in heads)
    return Matrix(labels.axis, groups, heads, wide, bands, _legend(bands))


def _mark(variant: Row | None, observed: Sequence[Row], cell: Row) -> Mark:
    """The mark of one scenario in one cell; what could not be measured always shows."""
    failures = [row for row in observed if row["status"] in FAILURES]
    agree = flag(variant["reproducible"]) if variant else None
    if agree is False:
        return Mark(DIFFERS, "differs", "another result in every launch")
    if variant and variant["variant"]:
        letter = variant["variant"]
        look = _LETTERED[min(_index(letter), len(_LETTERED)) - 1]
        if failures:
            return Mark(
                letter, look, f"variant {letter}; a launch failed: {_why(failures[0])}", FAILED
            )
        if agree is None:
            return Mark(
                letter,
                look,
                f"variant {letter}, from too few launches to show that it repeats",
                ALONE,
            )
        return Mark(letter, look, f"variant {letter}, the same in every launch")
    if failures:
        return Mark(FAILED, "failed", _why(failures[0]))
    if observed:
        return Mark(ABSENT, "absent", _why(observed[0]))
    if cell["status"] in FAILURES:
        return Mark(FAILED, "failed", _why(cell))
    if cell["status"] == "ok":
        return Mark(ABSENT, "absent", "nothing on record: this scenario did not run here")
    return Mark(ABSENT, "absent", _why(cell))


def _why(row: Row) -> str:
    """A status with its message, for a scenario or a cell."""
    return ": ".join(filter(None, (STATUSES[row["status"]], row["message"])))


def _index(letter: str) -> int:
    """A → 1, Z → 26, AA → 27."""
    index = 0
    for character in letter:
        index = index * 26 + ord(character) - ord("A") + 1
    return index


def _pattern(line: Line, heads: Sequence[Head]) -> tuple[int, tuple[str, ...]]:
    """Sorts rows by the measured column in which they first change, then by their marks."""
    texts = tuple(mark.text for mark, head in zip(line.marks, heads, strict=True) if head.measured)
    change = next((index for index, text in enumerate(texts) if text != texts[0]), len(texts))
    return change, texts


def _notes(results: Results, standing: Mapping[str, Standing]) -> dict[str, str]:
    """Per scenario, across what it differs; if across nothing, across what it is the same."""
    levels: dict[tuple[str, str], list[str]] = {}
    for row in rows(results.verdicts):
        word = LEVELS[row["level"]][1]
        levels.setdefault((row["scenario"], row["verdict"]), []).append(word)
    notes = dict.fromkeys(standing, "not compared")
    for verdict, words in (("holds", "same across"), ("breaks", "differs across")):
        for name in standing:
            if (name, verdict) in levels:
                notes[name] = f"{words} {listed(levels[name, verdict])}"
    return notes


def _legend(bands: Sequence[Band]) -> tuple[Key, ...]:
    """What the marks mean, for those that appear."""
    marks = [mark for band in bands for line in band.lines for mark in line.marks]
    looks, doubts = {mark.look for mark in marks}, {mark.doubt for mark in marks}
    letters = tuple(
        Mark(letter, look, "")
        for letter, look in zip("ABCDEFGH", _LETTERED, strict=True)
        if look in looks
    )
    keys = (
        (bool(letters), letters, "same letter in a row: bit-identical"),
        ("differs" in looks, (Mark(DIFFERS, "differs", ""),), "launches of the same cell differ"),
        (
            ALONE in doubts,
            (Mark("A", "v1", "", ALONE),),
            "too few launches to show that it repeats",
        ),
        (FAILED in doubts, (Mark("A", "v1", "", FAILED),), "some launches failed"),
        ("failed" in looks, (Mark(FAILED, "failed", ""),), "error, crash or out of time"),
        (
            "absent" in looks,
            (Mark(ABSENT, "absent", ""),),
            "not run, or not in this version (see Cells)",
        ),
    )
    return tuple(Key(examples, meaning) for shown, examples, meaning in keys if shown)


def _cell(each: Place) -> str:
    machine = f" on {each.machine}" if each.machine else ""
    return f"{each.environment} · {each.setting} · {each.device}{machine}"
