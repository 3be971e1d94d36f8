"""Lines: the places that differ in one axis alone, in order along it.

Everything else that is declared is equal along a line. Steps (`harness.analysis.pairs`) and runs of
one variant (`harness.analysis.spans`) are both read off the same lines.

An environment that does not declare an axis may still stand on a line of it, at the version that
was recorded there, beside environments that declare that axis and otherwise the same: TensorFlow
2.16.2 with the Keras 3 that it brought, beside TensorFlow 2.16.2 with `tf-keras`.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import pandas as pd
from packaging.version import InvalidVersion, Version

from harness.analysis.facts import facts
from harness.analysis.frames import CELL, PLACE, Where, where

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from harness.plan import Environment, Plan
    from harness.records import Trial

# What two environments must have in common to be compared: comparable by equality.
Rest: TypeAlias = tuple[tuple[str, str], ...]
# Cell → axis → the version that was found there.
Recorded: TypeAlias = "Mapping[Where, Mapping[str, str]]"

DEVICES = ("cpu", "gpu")
UNVERSIONED = ("python", "backend")  # axes of environments that are no package
# Packages that compute numbers. Others store, log or draw pictures.
COMPUTING = ("numpy", "keras", "tensorflow", "jax", "jaxlib", "torch", "ml-dtypes", "scipy")
LEGACY_KERAS = "tf-keras"  # a package, and by its presence which Keras is audited


@dataclass(frozen=True)
class Lines:
    """Every line along one axis.

    stops: one row per place on a line, the lines one after the other, each in order: `place`, a
    position in the places; scenario, environment, setting, device, machine, and the `host` that the
    machine is; `rest`, what the line has in common; `value`; and `leap`, whether the step to it
    passes over others that are known.
    group: the columns that tell lines apart. ordered: whether neighbours are steps; else the first
    place is compared with each other one.
    """

    level: str
    axis: str
    ordered: bool
    group: list[str]
    stops: pd.DataFrame


def lines(
    places: pd.DataFrame, plan: Plan, hosts: Mapping[str, str], recorded: Recorded
) -> list[Lines]:
    """The lines of every axis; those of environments first.

    places: as `harness.analysis.variants.places` gives them. hosts: as `harness.analysis.hosts`
    gives them. recorded: as `versions` gives it.
    """
    measured = places.loc[places["measured"], PLACE].reset_index(names="place")
    measured["host"] = measured["machine"].map(hosts).astype(object)
    return [
        *(_environment_lines(measured, plan, axis, recorded) for axis in _axes(plan)),
        _setting_lines(measured, plan),
        _device_lines(measured, plan),
        _machine_lines(measured, hosts, recorded),
    ]


def versions(trials: Sequence[Trial]) -> Recorded:
    """The version of every package on record, and of the Keras that was audited, per cell.

    What trials of a cell disagree on is left out.
    """
    found: dict[Where, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for trial in trials:
        if trial.observations:
            packages = {
                fact.name: value
                for fact, value in facts(trial.header).items()
                if fact.group == "package"
            }
            # What was imported; beside `tf-keras`, a Keras that nobody audited is installed too.
            if audited := str(trial.header.framework.get("keras", "")):
                packages["keras"] = audited
            for name, version in packages.items():
                found[where(trial.header)][name].add(version)
    return {
        here: {name: min(each) for name, each in packages.items() if len(each) == 1}
        for here, packages in found.items()
    }


def declared(environment: Environment) -> dict[str, str]:
    """The declared axes; the backend is always one. Nothing, where nothing was declared."""
    axes = dict(environment.axes)
    return axes and {**axes, "backend": environment.backend}


def rest(environment: Environment, axis: str) -> Rest:
    """What the lines of an axis that this environment may stand on have in common."""
    ignored = (axis, LEGACY_KERAS) if axis == "keras" else (axis,)
    return tuple(sorted(item for item in declared(environment).items() if item[0] not in ignored))


def level_of(axis: str) -> str:
    """The level that an axis of environments belongs to."""
    return axis if axis in UNVERSIONED else "packages"


def _axes(plan: Plan) -> list[str]:
    axes = dict.fromkeys(name for each in plan.environments for name in declared(each))
    return list(dict.fromkeys((*axes, "keras") if LEGACY_KERAS in axes else axes))


def _environment_lines(measured: pd.DataFrame, plan: Plan, axis: str, recorded: Recorded) -> Lines:
    values = {each.id: declared(each).get(axis) for each in plan.environments}
    rests = {each.id: rest(each, axis) for each in plan.environments}
    value = measured["environment"].map(values).astype(object)
    places = measured.assign(
        value=value.where(value.notna(), None), rest=measured["environment"].map(rests)
    )
    same = ["rest", "setting", "device", "host"]
    if axis not in UNVERSIONED:
        places = _with_recorded(places, plan, axis, recorded, ["scenario", *same])
    order = _in_order(places["value"].dropna(), by_version=axis != "backend")
    places["order"] = places["value"].map(order)
    found = _lines(level_of(axis), axis, places, same, ordered=axis != "backend")
    if found.ordered:
        found.stops["leap"] = _leaps(found.stops, plan.settings[0].name)
    return found


def _with_recorded(
    places: pd.DataFrame, plan: Plan, axis: str, recorded: Recorded, group: list[str]
) -> pd.DataFrame:
    """Places with the version that was recorded where none is declared.

    On each line only one such place is taken, the first, and only if another one declares the axis:
    two that declare the same are not told apart by what they happen to have.
    """
    known = {here: each[axis] for here, each in recorded.items() if axis in each}
    legacy = {each.id for each in plan.environments if LEGACY_KERAS in each.axes}
    found = pd.Series(
        [known.get(Where(*cell)) for cell in places[CELL].itertuples(index=False)],
        index=places.index,
        dtype=object,
    )
    named = places["environment"].isin(legacy) & (axis == "keras")
    declares = places["value"].notna() | named
    able = ~declares & found.notna() & (places["rest"].map(len) > 0)
    keys = pd.MultiIndex.from_frame(places[group])
    able &= keys.isin(keys[declares])
    able[able] = ~places.loc[able, group].duplicated()
    value = places["value"].where(places["value"].notna() | ~(able | named), found)
    joined: pd.DataFrame = places.assign(value=value, borrowed=able)
    return joined


def _leaps(stops: pd.DataFrame, first: str) -> pd.Series[bool]:
    """Whether the step to a place passes over values which the `first` setting stops at.

    Not every environment runs in every setting. Where another setting knows two ends of a line
    alone, what changed between them is told, step by step, by the first.
    """
    group = ["scenario", "rest", "device", "host"]
    known = stops.loc[stops["setting"] == first, [*group, "order"]]
    known = known.assign(stop=known.groupby(group, sort=False).cumcount())
    stop = stops[[*group, "order"]].merge(known, on=[*group, "order"], how="left")["stop"]
    stop.index = stops.index
    before = stop.groupby([stops[name] for name in [*group, "setting"]], sort=False).shift()
    leap: pd.Series[bool] = stop - before > 1  # of what is not there: not above
    return leap


def _setting_lines(measured: pd.DataFrame, plan: Plan) -> Lines:
    order = {setting.name: position for position, setting in enumerate(plan.settings)}
    value = measured["setting"]
    places = measured.assign(value=value, order=value.map(order), rest="")
    return _lines("setting", "setting", places, ["environment", "device", "host"])


def _device_lines(measured: pd.DataFrame, plan: Plan) -> Lines:
    value = measured["device"]
    order = {device: position for position, device in enumerate(DEVICES)}
    twins = measured["environment"].map(_twins(plan))
    places = measured.assign(value=value, order=value.map(order), rest=twins)
    return _lines("device", "device", places, ["rest", "setting", "host"])


def _machine_lines(measured: pd.DataFrame, hosts: Mapping[str, str], recorded: Recorded) -> Lines:
    """Cells on all hosts that have the same of what computes; what else they have is a confounder.

    Locks are for a platform: hardly two have the same `gast`, or the same name for TensorFlow.
    """
    value = measured["host"]
    known = {here: computing(packages) for here, packages in recorded.items()}
    same = [known.get(Where(*cell), ()) for cell in measured[CELL].itertuples(index=False)]
    order = {name: position for position, name in enumerate(dict.fromkeys(hosts.values()))}
    rest_ = pd.Series(same, index=measured.index, dtype=object)
    places = measured.assign(value=value, order=value.map(order), rest=rest_)
    return _lines("machine", "machine", places, ["rest", "environment", "setting", "device"])


def computing(versions: Mapping[str, str]) -> Rest:
    """Of these packages, those that compute numbers."""
    return tuple((name, versions[name]) for name in COMPUTING if name in versions)


def _lines(
    level: str, axis: str, places: pd.DataFrame, same: list[str], *, ordered: bool = False
) -> Lines:
    """Places that agree in `same`, along `order`; places without a value are left out.

    Two places with one value (environments that declare the same) cannot both stand on a line: the
    first one does, and before any whose value was only recorded.
    """
    group = ["scenario", *same]
    stops = places.dropna(subset="value").assign(leap=False)
    by = ["order", "borrowed"] if "borrowed" in stops else ["order"]
    stops = stops.sort_values(by, kind="stable").drop_duplicates([*group, "order"])
    return Lines(level, axis, ordered, group, stops)


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
        by_axes[rest(environment, "")].append(environment.id)
    return {
        id_: ids[0] if axes and _disjoint([devices[each] for each in ids]) else id_
        for axes, ids in by_axes.items()
        for id_ in ids
    }


def _disjoint(sets: list[set[str]]) -> bool:
    return sum(map(len, sets)) == len(set().union(*sets))
