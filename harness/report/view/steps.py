"""Where along the versions results change, as a picture: one bar per step of an ordered axis."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from packaging.version import InvalidVersion, Version

from harness.analysis.breaks import WITHIN
from harness.report.view.frames import Row, rows
from harness.report.words import ARROW, axis, count

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from harness.analysis import Results

# An axis with fewer steps than this is no picture.
_FEWEST = 3
# Of the drawing, in its own units.
_PITCH, _BAR, _TALLEST, _ABOVE, _BELOW = 46, 34, 90, 16, 18


@dataclass(frozen=True)
class Bar:
    """One step: how many of the scenarios compared there change. x, height: of the bar drawn."""

    title: str
    label: str
    event: str
    changed: int
    x: int
    height: int

    @property
    def middle(self) -> int:
        """Where what is said of the bar is centred."""
        return self.x + _BAR // 2


@dataclass(frozen=True)
class Start:
    """A version from which steps begin: the first one, and any that no step leads to."""

    label: str
    middle: int


@dataclass(frozen=True)
class Steps:
    """The steps of one axis in ascending order, drawn `width` by `height`."""

    axis: str
    bars: tuple[Bar, ...]
    starts: tuple[Start, ...]
    said: str

    bar = _BAR

    @property
    def base(self) -> int:
        """Where the bars stand: as low as the tallest one needs."""
        return _ABOVE + max(bar.height for bar in self.bars)

    @property
    def height(self) -> int:
        """Of the drawing."""
        return self.base + _BELOW

    @property
    def width(self) -> int:
        """Of the drawing."""
        return (len(self.bars) + len(self.starts)) * _PITCH

    @property
    def below(self) -> int:
        """The line on which the labels stand."""
        return self.height - 4


def steps(results: Results) -> tuple[Steps, ...]:
    """A picture for each axis of versions with enough steps, the one with most of them first.

    A step that skips versions which other cells have is no step of its own.
    """
    axes: dict[str, list[Row]] = defaultdict(list)
    for row in rows(results.steps):
        if row["level"] not in WITHIN:
            axes[row["axis"]].append(row)
    shown = {
        name: short for name, found in axes.items() if len(short := _shortest(found)) >= _FEWEST
    }
    # One scale for all axes: a tall bar is a large change, wherever it stands.
    most = max((row["changed"] for found in shown.values() for row in found), default=0)
    events = {(row["axis"], row["from"], row["to"]): row["id"] for row in rows(results.events)}
    drawn = [_drawn(name, found, events, most) for name, found in shown.items()]
    return tuple(sorted(drawn, key=lambda each: -len(each.bars)))


def _shortest(steps: Iterable[Row]) -> list[Row]:
    """The steps that skip no version, ascending; none where these are no versions."""
    try:
        known = {(Version(row["from"]), Version(row["to"])): row for row in steps}
    except InvalidVersion:
        return []
    met = {version for both in known for version in both}
    return [
        known[low, high]
        for low, high in sorted(known)
        if not any(low < version < high for version in met)
    ]


def _drawn(
    name: str, found: Sequence[Row], events: Mapping[tuple[str, str, str], str], most: int
) -> Steps:
    bars: list[Bar] = []
    starts: list[Start] = []
    for row in found:
        before, after, number = row["from"], row["to"], row["changed"]
        if not bars or bars[-1].label != before:
            middle = (len(bars) + len(starts)) * _PITCH + _PITCH // 2
            starts.append(Start(before, middle))
        step = f"{axis(name)} {before}{ARROW}{after}"
        bars.append(
            Bar(
                title=f"{step}: {number:,} of {count(row['compared'], 'scenario')} change",
                label=after,
                event=events[name, before, after] if number else "",
                changed=number,
                x=(len(bars) + len(starts)) * _PITCH + (_PITCH - _BAR) // 2,
                # A single scenario among hundreds is still seen.
                height=max(round(_TALLEST * number / most), 2) if number else 0,
            )
        )
    top = max(bars, key=lambda bar: bar.changed)
    said = f"{len(bars)} steps, most changes at {top.title}" if top.changed else "no changes"
    return Steps(axis(name), tuple(bars), tuple(starts), said)
