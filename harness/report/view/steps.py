"""Where along the versions results change, as a picture: one bar per step of an ordered axis."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from packaging.version import InvalidVersion, Version

from harness.analysis.breaks import WITHIN
from harness.analysis.standing import JUDGED
from harness.report.view.frames import Row, flag, rows
from harness.report.words import ARROW, axis, count

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from harness.analysis import Results
    from harness.analysis.standing import Standing

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
class Steps:
    """The steps of one axis in ascending order, drawn `width` by `height`."""

    axis: str
    bars: tuple[Bar, ...]
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
        return len(self.bars) * _PITCH

    @property
    def below(self) -> int:
        """The line on which the labels stand."""
        return self.height - 4


def steps(results: Results, standing: Mapping[str, Standing]) -> tuple[Steps, ...]:
    """A picture for each axis of versions with enough steps, the one with most of them first.

    A step that skips versions which other cells have is no step of its own.
    """
    compared: dict[str, dict[tuple[str, str], dict[str, bool]]] = defaultdict(dict)
    for row in rows(results.comparisons):
        if row["level"] in WITHIN or standing[row["scenario"]] not in JUDGED:
            continue
        here = compared[row["axis"]].setdefault((row["from"], row["to"]), {})
        here[row["scenario"]] = here.get(row["scenario"], False) or bool(flag(row["differs"]))
    events = {(row["axis"], row["from"], row["to"]): row for row in rows(results.events)}
    shown = {
        name: {step: found[step] for step in short}
        for name, found in compared.items()
        if len(short := _shortest(found)) >= _FEWEST
    }
    # One scale for all axes: a tall bar is a large change, wherever it stands.
    most = max(
        (sum(each.values()) for found in shown.values() for each in found.values()), default=0
    )
    drawn = [_drawn(name, found, events, most) for name, found in shown.items()]
    return tuple(sorted(drawn, key=lambda each: -len(each.bars)))


def _shortest(steps: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """The steps that skip no version, ascending; none where these are no versions."""
    try:
        known = sorted(
            {(Version(before), Version(after), before, after) for before, after in steps}
        )
    except InvalidVersion:
        return []
    met = {version for low, high, *_ in known for version in (low, high)}
    return [
        (before, after)
        for low, high, before, after in known
        if not any(low < version < high for version in met)
    ]


def _drawn(
    name: str,
    found: Mapping[tuple[str, str], Mapping[str, bool]],
    events: Mapping[tuple[str, str, str], Row],
    most: int,
) -> Steps:
    changed = {step: sum(differs.values()) for step, differs in found.items()}
    bars = []
    for index, ((before, after), number) in enumerate(changed.items()):
        # A single scenario among hundreds is still seen.
        height = max(round(_TALLEST * number / most), 2) if number else 0
        step = f"{axis(name)} {before}{ARROW}{after}"
        among = count(len(found[before, after]), "scenario")
        bars.append(
            Bar(
                title=f"{step}: {number:,} of {among} change",
                label=after,
                event=events[name, before, after]["id"] if number else "",
                changed=number,
                x=index * _PITCH + (_PITCH - _BAR) // 2,
                height=height,
            )
        )
    top = max(bars, key=lambda bar: bar.changed, default=None)
    said = (
        f"{len(bars)} steps, most changes at {top.title}" if top and top.changed else "no changes"
    )
    return Steps(axis(name), tuple(bars), said)
