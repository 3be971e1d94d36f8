"""Which results are bit-identical: per launch, per place, and across places (variants)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import pandas as pd

from harness.analysis.frames import PLACE, RUN, where
from harness.probe import schema
from harness.tables import table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from harness import records
    from harness.records import Trial


class Array(NamedTuple):
    """What identifies an array. Equal bytes in another shape or dtype are another array."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    sha256: str


_DIGITS = 16  # of a result's name: four billion results before two are likely to share one

# All arrays of a scenario in creation order.
Result: TypeAlias = tuple[Array, ...]


@dataclass(frozen=True)
class Launches:
    """What each launch gave.

    frame: scenario, environment, setting, device, machine and trial of every run that was ok, with
    `result`, a position in `results`. Texts are plain objects, here and in the places, which many
    go through row by row: a column of type `str` is slow at that.
    """

    frame: pd.DataFrame
    results: tuple[Result, ...]


def launches(trials: Iterable[Trial]) -> Launches:
    """Number the distinct results of all runs that were ok."""
    numbers: dict[Result, int] = {}
    seen: dict[int, int] = {}  # arrays that runs share are one object: looked at once
    rows = []
    for trial in trials:
        here = where(trial.header)
        for observation in trial.observations:
            if observation.status != schema.OK:
                continue
            arrays = observation.arrays
            if id(arrays) not in seen:
                seen[id(arrays)] = numbers.setdefault(_result(arrays), len(numbers))
            rows.append((observation.scenario, *here, trial.header.trial, seen[id(arrays)]))
    frame = pd.DataFrame(rows, columns=[*RUN, "result"])
    types = {**dict.fromkeys(PLACE, "object"), "trial": "int64", "result": "int64"}
    return Launches(frame.astype(types), tuple(numbers))


def _result(arrays: Iterable[records.Array]) -> Result:
    return tuple(Array(each.array, each.dtype, each.shape, each.sha256) for each in arrays)


def places(
    observations: pd.DataFrame, launched: Launches, scenarios: Sequence[str]
) -> pd.DataFrame:
    """One row per scenario, cell and machine where it ran, by scenario, then in matrix order.

    Beside the key: `ok`, how many launches were ok; `results`, the distinct ones of these in order
    of launch; `measured`, whether they have any array; `reproducible`, whether two launches or more
    agree and none failed, <NA> where there were not two; and `variant`, a letter per distinct
    result of the scenario, empty where launches differ.
    """
    key = observations[PLACE].astype(object).groupby(PLACE, sort=False)
    by_place = launched.frame.groupby(PLACE, sort=False)
    distinct = launched.frame.drop_duplicates([*PLACE, "result"]).groupby(PLACE, sort=False)
    found: pd.DataFrame = (
        key.size()
        .to_frame("ran")
        .join([by_place.size().rename("ok"), distinct["result"].agg(tuple).rename("results")])
    )
    found["ok"] = found["ok"].fillna(0).astype("int64")
    found["results"] = found["results"].map(lambda each: each if isinstance(each, tuple) else ())
    filled = {number for number, result in enumerate(launched.results) if result}
    found["measured"] = found["results"].map(lambda each: not filled.isdisjoint(each)).astype(bool)
    differ = found["results"].map(len) > 1
    agree = ~differ & found["measured"] & (found["ok"] >= 2) & (found["ok"] == found["ran"])
    found["reproducible"] = agree.astype("boolean").where(agree | differ)
    rank = {name: position for position, name in enumerate(scenarios)}
    ordered: pd.DataFrame = found.reset_index().sort_values(
        "scenario", key=lambda names: names.map(rank), kind="stable", ignore_index=True
    )
    ordered["variant"] = _letters(ordered)
    return ordered


def variants(places: pd.DataFrame, results: Sequence[Result]) -> pd.DataFrame:
    """The public columns of `places`, and the name of each result; results: those of launches."""
    # Far fewer names than places: most results are seen in many.
    pairs = zip(places["results"], places["variant"], strict=True)
    one = [each[0] if variant else None for each, variant in pairs]
    names = {number: named(results[number]) for number in set(one) if number is not None}
    result = ["" if number is None else names[number] for number in one]
    columns = [*PLACE, "variant", "reproducible", "ok"]
    rows = places[columns].astype(object).assign(result=result)
    return table("variants", rows.itertuples(index=False))


def named(result: Result) -> str:
    """A short name of a result, the same on every machine and in every run.

    The first digits of a SHA-256 over a line per array, by name: name, dtype, shape as in
    `fingerprints.csv`, SHA-256.
    """
    lines = sorted(
        f"{each.name} {each.dtype} {'x'.join(map(str, each.shape))} {each.sha256}\n"
        for each in result
    )
    return hashlib.sha256("".join(lines).encode()).hexdigest()[:_DIGITS]


def letter(position: int) -> str:
    """0 → A, 25 → Z, 26 → AA."""
    quotient, remainder = divmod(position, 26)
    return (letter(quotient - 1) if quotient else "") + chr(ord("A") + remainder)


def _letters(places: pd.DataFrame) -> pd.Series[str]:
    one = places["measured"] & (places["results"].map(len) == 1)
    by_scenario = places.loc[one].groupby("scenario", sort=False)["results"]
    positions: pd.Series[int] = by_scenario.transform(lambda results: pd.factorize(results)[0])
    return positions.map(letter).astype("str").reindex(places.index, fill_value="")
