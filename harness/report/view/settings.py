"""What each setting came to, told once for all the stacks on which it came to the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.analysis.settings import CHANGED, NONE, NOT_MEASURED, SAME
from harness.report.view.frames import Place, Row, items, number, place, rows
from harness.report.view.labels import Labels
from harness.report.words import listed

if TYPE_CHECKING:
    from harness.analysis import Results

# What is most worth reading comes first.
EFFECTS = (CHANGED, SAME, NONE, NOT_MEASURED)


@dataclass(frozen=True)
class Setting:
    """A setting and what it did, on all the stacks where it did just that.

    changed: what is in force otherwise than in the first setting. compared, differing: scenarios,
    over all these stacks together.
    """

    name: str
    effect: str
    where: str
    changed: tuple[str, ...]
    compared: int
    differing: int


def settings(results: Results) -> tuple[Setting, ...]:
    """One row per setting, effect and what is in force, the most that was done first."""
    grouped: dict[tuple[str, str, tuple[str, ...]], list[Row]] = {}
    among: dict[str, list[Place]] = {}
    found = rows(results.settings)
    machines = {row["machine"] for row in found if row["machine"]}
    if len(machines) == 1:  # where nothing ran is no other machine
        found = [row | {"machine": min(machines)} for row in found]
    for row in found:
        key = (row["setting"], row["effect"], items(row["changed"]))
        grouped.setdefault(key, []).append(row)
        among.setdefault(row["setting"], []).append(_stack(row))
    labels = Labels(results.plan, [stack for stacks in among.values() for stack in stacks])
    told = [
        Setting(
            name=name,
            effect=effect,
            where=labels.span(map(_stack, group), among=among[name]),
            changed=changed,
            compared=sum(number(row["compared"]) or 0 for row in group),
            differing=sum(number(row["differing"]) or 0 for row in group),
        )
        for (name, effect, changed), group in grouped.items()
    ]
    return tuple(sorted(told, key=lambda each: (EFFECTS.index(each.effect), -each.differing)))


def sentence(told: tuple[Setting, ...]) -> str:
    """All of it in one line: each setting with the most that it did anywhere; empty without any."""
    most: dict[str, str] = {}
    for each in told:  # the most comes first
        most.setdefault(each.name, each.effect)
    parts = []
    for effect in EFFECTS:
        names = [name for name, its in most.items() if its == effect]
        if names:
            parts.append(f"{effect} ({listed(names)})")
    return f"Settings: {'; '.join(parts)}." if parts else ""


def _stack(row: Row) -> Place:
    """Where, but for the setting, which has a column of its own."""
    return place(row)._replace(setting="")
