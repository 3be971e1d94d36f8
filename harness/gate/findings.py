"""The breaks that the gate judges, and where it was looked for them.

Only scenarios that are asked to hold count (`harness.analysis.standing`). What two machines, two
launches or two rebuilds are called differs from run to run; the names here do not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from harness.analysis.events import event_id
from harness.analysis.standing import JUDGED, of, standings
from harness.report import words

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from harness.analysis import Results
    from harness.gate.policy import Action, Policy

# Levels whose two values are chance, or ephemeral: which launches, which machines.
UNNAMED = ("rerun", "process", "machine")
# Event and axis of a result that is another one than in an earlier run (`harness.gate.since`).
SINCE = "since"
UNKNOWN = "unknown"  # the kind, where arrays were not kept

_BREAK = ["level", "axis", "from", "to", "scenario", "kind", "environment_to", "setting", "device"]
_MORE = ["violation", "known", "url", "id"]
_COMPARISON = ["level", "axis", "from", "to", "scenario", "environment", "setting", "device"]


class Spot(NamedTuple):
    """Where a break may be: the step, the cell on its far side, and the scenario."""

    event: str
    cell: str
    scenario: str


@dataclass(frozen=True)
class Finding:
    """A break, on however many machines it was seen.

    cell: of the side `to`. violation: of a documented promise. action: what the policy says of it.
    breaks: as in `breaks.csv`.
    """

    spot: Spot
    level: str
    axis: str
    values: tuple[str, str]
    kind: str
    violation: bool
    action: Action
    known: str
    url: str
    breaks: tuple[str, ...]

    @property
    def step(self) -> str:
        """The step in words: `TensorFlow 2.9.3 → 2.10.1`, `between two launches`."""
        return step(self.level, self.axis, *self.values)


def step(level: str, axis: str, start: str, to: str) -> str:
    """A step in words, without the values that are chance."""
    if axis == SINCE:
        return f"since {start}"
    return words.LEVELS[level][0] if level in UNNAMED else words.step(axis, start, to)


def event_key(level: str, axis: str, start: str, to: str) -> str:
    """The name of an event in the baseline: its id, or where that is chance, its level."""
    return level if level in UNNAMED else event_id(level, axis, start, to)


def findings(results: Results, policy: Policy) -> tuple[Finding, ...]:
    """Every break of a judged scenario, in the order of `breaks.csv`."""
    found: dict[tuple[Spot, str], Finding] = {}
    for row in _rows(_judged(results, results.breaks), [*_BREAK, *_MORE]):
        level, axis, start, to, scenario, kind, environment, setting, device, *more = row
        violation, known, url, id_ = more
        spot = Spot(
            event_key(level, axis, start, to),
            _cell(axis, to, environment, setting, device),
            scenario,
        )
        before = found.get((spot, kind))
        violated = bool(violation) or (before is not None and before.violation)
        found[spot, kind] = Finding(
            spot=spot,
            level=level,
            axis=axis,
            values=(start, to),
            kind=kind or UNKNOWN,
            violation=violated,
            action=policy.action(scenario, level, violation=violated),
            known=known,
            url=url,
            breaks=(*(before.breaks if before else ()), id_),
        )
    return tuple(found.values())


def compared(results: Results) -> frozenset[Spot]:
    """Wherever two sides were compared, whether they differ or not."""
    return frozenset(
        Spot(
            event_key(level, axis, start, to),
            f"{environment}.{setting}.{device}",
            scenario,
        )
        for level, axis, start, to, scenario, environment, setting, device in _rows(
            _judged(results, results.comparisons), _COMPARISON
        )
    )


def _judged(results: Results, frame: pd.DataFrame) -> pd.DataFrame:
    kept: pd.DataFrame = frame[frame["scenario"].isin(of(standings(results), *JUDGED))]
    return kept


def _cell(axis: str, to: str, environment: str, setting: str, device: str) -> str:
    """The id of the cell. What an axis is about stands only in `from` and `to`."""
    here = {"setting": setting, "device": device} | {axis: to}
    return f"{environment}.{here['setting']}.{here['device']}"


def _rows(frame: pd.DataFrame, columns: list[str]) -> Iterator[tuple[Any, ...]]:
    """The rows as plain values, absent ones as empty text."""
    chosen = frame[columns].astype(object)
    yield from chosen.where(chosen.notna(), "").itertuples(index=False, name=None)
