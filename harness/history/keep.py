"""From results to the file of a run."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from harness.analysis.breaks import WITHIN
from harness.analysis.events import event_id
from harness.analysis.standing import standings
from harness.history.file import CELL, COLUMNS, FLAG, encoded
from harness.history.runs import FORMAT, MAX_TEXT, SUFFIX, About, Cell, Step, run_id
from harness.report.files import replacing_bytes

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from harness.analysis import Results

_PLACE = list(CELL[:4])
_STEP = ["level", "axis", "from", "to"]


class Made(NamedTuple):
    """A run, and the bytes of its file."""

    run: str
    content: bytes


class _At(NamedTuple):
    """A step at a place."""

    step: str
    environment: str
    setting: str
    device: str


def keep(results: Results, folder: Path) -> str:
    """Write the run that `results` are into `folder`; returns its id.

    Where nothing is on record there is no run: "".
    """
    made = make(results)
    if made is None:
        return ""
    with replacing_bytes(folder / f"{made.run}{SUFFIX}") as file:
        file.write(made.content)
    return made.run


def make(results: Results) -> Made | None:
    """The run that `results` are, if anything is on record.

    The same results give the same bytes, as long as Arrow is of one version.
    """
    newest = max(results.cells["started"], default="")
    if not newest:
        return None
    run = run_id(newest)
    cells = _measured(results)
    rows = results.variants.merge(cells[list(CELL)], on=_PLACE, validate="many_to_one").assign(
        run=run
    )
    # By cell first: then all columns but two come in long runs, which take no space.
    rows = rows.sort_values([*_PLACE, "scenario"])[list(COLUMNS)]
    flags = rows[FLAG].astype(object)
    rows = rows.assign(**{FLAG: flags.where(flags.notna(), None)})
    return Made(run, encoded(msgspec.json.encode(_about(results, run)), rows))


def _about(results: Results, run: str) -> About:
    scenarios = standings(results)
    facts: dict[tuple[str, str, str], int] = {}
    facts_of = _facts(results, facts)
    return About(
        format=FORMAT,
        run=run,
        profile=results.plan.profile,
        measured=int((results.cells["status"] == "ok").sum()),
        results=len(results.variants),
        scenarios=tuple(scenarios.items()),
        facts=tuple(facts),
        cells=tuple(
            Cell(*row, *[facts_of.get(row[:4], ())])
            for row in _rows(_measured(results), [*CELL, "suite", "lock"])
        ),
        steps=_steps(results, {name: position for position, name in enumerate(scenarios)}),
    )


def _measured(results: Results) -> pd.DataFrame:
    cells = results.cells[results.cells["started"] != ""]
    kept: pd.DataFrame = cells.assign(label=[_kept(label) for label in cells["label"]])
    return kept


def _kept(text: str) -> str:
    """As much of a text as is kept. What UTF-8 cannot hold (a lone surrogate) is spelled out."""
    return text.encode(errors="backslashreplace").decode()[:MAX_TEXT]


def _facts(
    results: Results, facts: dict[tuple[str, str, str], int]
) -> dict[tuple[str, ...], tuple[int, ...]]:
    """Place → positions of what is on record of it; `facts` gets each of these once."""
    known: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for *place, group, name, value in _rows(results.facts, [*_PLACE, "group", "fact", "value"]):
        fact = (group, _kept(name), _kept(value))
        known[tuple(place)].append(facts.setdefault(fact, len(facts)))
    return {place: tuple(found) for place, found in known.items()}


def _steps(results: Results, position: dict[str, int]) -> tuple[Step, ...]:
    """What was compared, and what of it broke, by step and place; on any machine counts."""
    compared: dict[_At, set[int]] = defaultdict(set)
    broken: dict[_At, dict[int, str]] = defaultdict(dict)
    columns = [*_STEP, "environment", "setting", "device", "scenario"]
    for *step, environment, setting, device, scenario in _rows(results.comparisons, columns):
        at = _At(_step(*step), environment, setting, device)
        compared[at].add(position[scenario])
    columns = [*_STEP, "environment_to", "setting", "device", "scenario", "id"]
    for *step, environment, setting, device, scenario, id_ in _rows(results.breaks, columns):
        # What the axis is about stands in `to` alone.
        at = _At(_step(*step), environment, setting or step[-1], device or step[-1])
        broken[at].setdefault(position[scenario], id_)
        compared[at].add(position[scenario])
    return tuple(
        Step(
            *at,
            compared=tuple(sorted(compared[at])),
            broken=tuple(sorted(broken[at])),
            breaks=tuple(broken[at][each] for each in sorted(broken[at])),
        )
        for at in sorted(compared)
    )


def _step(level: str, axis: str, start: str, to: str) -> str:
    """Which launches, or rebuilds, of a cell differ is chance: these steps have one name."""
    return level if level in WITHIN else event_id(level, axis, start, to)


def _rows(frame: pd.DataFrame, columns: list[str]) -> list[tuple[Any, ...]]:
    return list(frame[columns].astype(object).itertuples(index=False, name=None))
