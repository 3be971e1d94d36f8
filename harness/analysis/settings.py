"""What each setting came to on each stack: what took effect on record, and what results it changed.

The first setting of the matrix is what the others are held against.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from harness.analysis.facts import ABSENT, Fact, facts, merged
from harness.analysis.frames import Where, where
from harness.probe import schema
from harness.tables import table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pandas as pd

    from harness.analysis.breaks import Outcome
    from harness.plan import Plan
    from harness.records import Trial

CHANGED = "changed results"
SAME = "took effect, same results"
NONE = "no effect"
NOT_MEASURED = "not measured"

# How the probe's child processes start says nothing of what was computed in them.
_BESIDE = frozenset({"start_method"})
# Facts that are lists of words.
_LISTS = frozenset({"numpy_simd", "glibc_simd", "xla_isa"})


def settings(
    trials: Sequence[Trial],
    cells: pd.DataFrame,
    places: pd.DataFrame,
    outcomes: Sequence[Outcome],
    plan: Plan,
) -> pd.DataFrame:
    """One row per environment, setting (but the first), device and machine, in matrix order.

    cells: what became of every planned cell. places: as `harness.analysis.variants` gives them.
    """
    if len(plan.settings) < 2:
        return table("settings", ())
    first = plan.settings[0].name
    effective = _effective(trials)
    agreed = _reproducible(places)
    compared = _compared(outcomes, first)
    rows = []
    for place in cells[list(Where._fields)].itertuples(index=False):
        here = Where(*place)
        if here.setting == first:
            continue
        there = here._replace(setting=first)
        moved = _moved(effective.get(there), effective.get(here))
        verdicts = compared.get(here, {})
        if moved:  # else a race that two launches happened to lose alike is not the setting's doing
            verdicts = {**verdicts, **_steadiness(agreed.get(there, {}), agreed.get(here, {}))}
        rows.append(
            (
                *here,
                _effect(moved, verdicts.values()),
                "; ".join(moved or ()),
                len(verdicts),
                sum(verdicts.values()),
            )
        )
    return table("settings", rows)


def _effect(moved: tuple[str, ...] | None, differs: Iterable[bool]) -> str:
    differs = list(differs)
    if any(differs):
        return CHANGED
    if moved is None or not differs:
        return NOT_MEASURED
    return SAME if moved else NONE


def _compared(outcomes: Iterable[Outcome], first: str) -> dict[Where, dict[str, bool]]:
    """Place → scenario → whether its result differs from that in the first setting."""
    found: dict[Where, dict[str, bool]] = defaultdict(dict)
    for outcome in outcomes:
        if outcome.level == "setting" and outcome.left.setting == first:
            found[outcome.right][outcome.scenario] = outcome.differs
    return found


def _reproducible(places: pd.DataFrame) -> dict[Where, dict[str, bool]]:
    """Place → scenario → whether its launches agree, where that is known."""
    found: dict[Where, dict[str, bool]] = defaultdict(dict)
    known = places[places["reproducible"].notna()]
    columns = ["scenario", *Where._fields, "reproducible"]
    for scenario, *place, reproducible in known[columns].itertuples(index=False):
        found[Where(*place)][scenario] = bool(reproducible)
    return found


def _steadiness(first: Mapping[str, bool], other: Mapping[str, bool]) -> dict[str, bool]:
    """The scenarios whose launches agree in one of the two settings only: that is a change too."""
    both = [name for name in first if name in other]
    return {name: True for name in both if first[name] != other[name]}


def _effective(trials: Iterable[Trial]) -> dict[Where, dict[Fact, str]]:
    """Place → what was in force there, as the framework and Python say, not the variables."""
    sides: dict[Where, list[dict[Fact, str]]] = defaultdict(list)
    seeds: dict[Where, set[str]] = defaultdict(set)
    for trial in trials:
        if any(each.status == schema.OK for each in trial.observations):
            here = where(trial.header)
            seeds[here].add(trial.header.python.hash_seed)
            sides[here].append(
                {
                    fact: value
                    for fact, value in facts(trial.header).items()
                    if fact.group == "framework" and fact.name not in _BESIDE
                }
            )
    return {
        here: {**merged(found), Fact("python", "hash_seed"): _hash_seed(seeds[here], len(found))}
        for here, found in sides.items()
    }


def _hash_seed(seeds: set[str], launches: int) -> str:
    """The one of all launches; each has its own unless a setting gives it."""
    return next(iter(seeds)) if len(seeds) == 1 and launches > 1 else "one per launch"


def _moved(
    first: Mapping[Fact, str] | None, other: Mapping[Fact, str] | None
) -> tuple[str, ...] | None:
    """What is in force in one setting and not in the other; None where a side was not measured."""
    if first is None or other is None:
        return None
    differing = sorted(
        fact for fact in first.keys() | other.keys() if first.get(fact) != other.get(fact)
    )
    return tuple(
        f"{fact.name} {_change(fact, first.get(fact, ABSENT), other.get(fact, ABSENT))}"
        for fact in differing
    )


def _change(fact: Fact, before: str, after: str) -> str:
    """`on → off`; of a list that only lost words, the words that it lost."""
    left, right = before.split(), after.split()
    if fact.name in _LISTS and right and right == [word for word in left if word in right]:
        return f"without {' '.join(word for word in left if word not in right)}"
    return f"{before} → {after}"
