"""Which places are compared: those that differ in exactly one declared axis.

Everything else that is declared is equal on the two sides; what is recorded may still differ (see
`harness.analysis.facts`). Along versions, neighbours are compared, so that a break is a step; where
values have no order (backends, settings, machines), the first is compared with each other one.
"First" and "neighbour" are among the places where the scenario was measured.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, TypeAlias

import pandas as pd
from packaging.version import InvalidVersion, Version

from harness.analysis.frames import CELL, PLACE, Where

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from harness.plan import Environment, Plan

# What two environments must have in common to be compared: comparable by equality.
Rest: TypeAlias = tuple[tuple[str, str], ...]

DEVICES = ("cpu", "gpu")
COLUMNS = ["level", "axis", "from", "to", "left", "right"]


def pairs(places: pd.DataFrame, plan: Plan, locks: Mapping[Where, str]) -> pd.DataFrame:
    """Every comparison between two places of one scenario, axis by axis, step by step.

    places: as `harness.analysis.variants.places` gives them. locks: equal where two machines have
    the same packages of an environment. Columns: level, axis, from, to, and left and right, which
    are positions in `places`.
    """
    measured = places.loc[places["measured"], PLACE].reset_index(names="place")
    lines = [
        *(_environment_line(measured, plan, axis) for axis in _axes(plan)),
        _setting_line(measured, plan),
        _device_line(measured, plan),
        _machine_line(measured, locks),
    ]
    return pd.concat(lines, ignore_index=True)


def level_of(axis: str) -> str:
    """The level that an axis of environments belongs to."""
    return axis if axis in ("python", "backend") else "packages"


def _axes(plan: Plan) -> list[str]:
    return list(dict.fromkeys(name for each in plan.environments for name in _declared(each)))


def _declared(environment: Environment) -> dict[str, str]:
    """The declared axes; the backend is always one. Nothing, where nothing was declared."""
    axes = dict(environment.axes)
    return axes and {**axes, "backend": environment.backend}


def _environment_line(measured: pd.DataFrame, plan: Plan, axis: str) -> pd.DataFrame:
    declared = {each.id: _declared(each) for each in plan.environments}
    values = {id_: axes[axis] for id_, axes in declared.items() if axis in axes}
    rests = {id_: _without(axes, axis) for id_, axes in declared.items()}
    order = _in_order(values.values(), by_version=axis != "backend")
    value = measured["environment"].map(values)
    places = measured.assign(
        value=value, order=value.map(order), rest=measured["environment"].map(rests)
    )
    same = ["rest", "setting", "device", "machine"]
    if axis == "backend":
        return _line(places, level_of(axis), axis, same)
    line = _line(places, level_of(axis), axis, same, neighbours=True)
    return _without_leaps(line, places, plan.settings[0].name)


def _without_leaps(line: pd.DataFrame, places: pd.DataFrame, first: str) -> pd.DataFrame:
    """Drop the steps that pass over values which the `first` setting stops at.

    Not every environment runs in every setting. Where another setting knows two ends of a line
    alone, what changed between them is told, step by step, by the first.
    """
    group = ["scenario", "rest", "device", "machine"]
    stops = places[(places["setting"] == first) & places["value"].notna()]
    stops = stops.drop_duplicates([*group, "order"]).sort_values("order", kind="stable")
    stops = stops[[*group, "order"]].assign(stop=stops.groupby(group, sort=False).cumcount())
    at = places[["place", *group, "order"]].merge(stops, on=[*group, "order"], how="left")
    stop = at.set_index("place")["stop"]
    leap = line["right"].map(stop) - line["left"].map(stop) > 1  # of what is not there: not above
    kept: pd.DataFrame = line[~leap]
    return kept


def _setting_line(measured: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    order = {setting.name: position for position, setting in enumerate(plan.settings)}
    value = measured["setting"]
    return _line(
        measured.assign(value=value, order=value.map(order)),
        level="setting",
        axis="setting",
        same=["environment", "device", "machine"],
    )


def _device_line(measured: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    value = measured["device"]
    order = {device: position for position, device in enumerate(DEVICES)}
    return _line(
        measured.assign(
            value=value, order=value.map(order), rest=measured["environment"].map(_twins(plan))
        ),
        level="device",
        axis="device",
        same=["rest", "setting", "machine"],
    )


def _machine_line(measured: pd.DataFrame, locks: Mapping[Where, str]) -> pd.DataFrame:
    value = measured["machine"]
    rest = [locks[Where(*cell)] for cell in measured[CELL].itertuples(index=False)]
    order = {machine: position for position, machine in enumerate(sorted(set(value)))}
    return _line(
        measured.assign(value=value, order=value.map(order), rest=rest),
        level="machine",
        axis="machine",
        same=["rest", "environment", "setting", "device"],
    )


def _line(
    measured: pd.DataFrame, level: str, axis: str, same: list[str], neighbours: bool = False
) -> pd.DataFrame:
    """Pairs of places that agree in `same`, along `order`; places without a value are left out.

    Two places with one value (environments that declare the same) cannot both stand on a line: the
    first one does.
    """
    group = ["scenario", *same]
    line = measured.dropna(subset="value").sort_values("order", kind="stable")
    line = line.drop_duplicates([*group, "order"])
    groups = line.groupby(group, sort=False)[["place", "value"]]
    first = groups.shift() if neighbours else groups.transform("first")
    found: pd.DataFrame = pd.DataFrame(
        {
            "level": level,
            "axis": axis,
            "from": first["value"],
            "to": line["value"],
            "left": first["place"],
            "right": line["place"],
        },
        columns=COLUMNS,
    )
    apart = found["left"].notna() & (found["left"] != found["right"])
    kept: pd.DataFrame = found[apart].astype({"left": "int64", "right": "int64"})
    return kept


def _without(axes: Mapping[str, str], axis: str) -> Rest:
    return tuple(sorted(item for item in axes.items() if item[0] != axis))


def _in_order(values: Iterable[str], *, by_version: bool) -> dict[str, int]:
    """Value → position: as versions where they are some, else as they first appear."""
    distinct = list(dict.fromkeys(values))
    if by_version:
        distinct.sort(key=_version_key)
    return {value: position for position, value in enumerate(distinct)}


def _version_key(text: str) -> tuple[bool, Version]:
    """What is no exact version (`<3.20`) comes last, as it appears."""
    try:
        return False, Version(text)
    except InvalidVersion:
        return True, Version("0")


def _twins(plan: Plan) -> dict[str, str]:
    """Environment → what it shares with its twin on another device.

    An environment that needs other packages on a device is two: same axes, no device in common.
    """
    devices: dict[str, set[str]] = defaultdict(set)
    for cell in plan.all_cells:
        devices[cell.environment].add(cell.device)
    by_axes: dict[Rest, list[str]] = defaultdict(list)
    for environment in plan.environments:
        by_axes[_without(_declared(environment), "")].append(environment.id)
    return {
        id_: ids[0] if axes and _disjoint([devices[each] for each in ids]) else id_
        for axes, ids in by_axes.items()
        for id_ in ids
    }


def _disjoint(sets: list[set[str]]) -> bool:
    return sum(map(len, sets)) == len(set().union(*sets))
