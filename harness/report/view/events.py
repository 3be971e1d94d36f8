"""Where it breaks: the events, and the scenarios that differ from launch to launch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.analysis.breaks import WITHIN
from harness.analysis.standing import JUDGED
from harness.report.view.frames import Place, Row, flag, items, number, place, rows
from harness.report.words import ARROW, KINDS, LEVELS, step

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from harness.analysis import Results
    from harness.analysis.standing import Standing
    from harness.report.view.labels import Labels

# How many confounders, or machines, are told before the rest is folded away or counted.
_FIRST = 3
# What a break says of both its sides.
_SHARED = ("setting", "device", "machine")


@dataclass(frozen=True)
class Hit:
    """One scenario that breaks at an event: its kinds of difference, and its first break in full.

    `arrays`, `max_ulp` and `max_abs` are None where they were not or could not be measured. `where`
    names the cells if both sides are of the same cell; else it is empty, for the step says it.
    `promise` is what is documented and broken here, with its source; empty where the change is
    permitted or nobody promised anything.
    """

    scenario: str
    kinds: tuple[str, ...]
    breaks: int
    arrays: int | None
    max_ulp: int | None
    max_abs: float | None
    first_index: str
    environments: tuple[str, ...]
    where: str
    promise: str
    promise_source: str


@dataclass(frozen=True)
class Alike:
    """Scenarios that an event hits in the same way: what a reader has to be told once."""

    kinds: tuple[str, ...]
    where: str
    promise: str
    promise_source: str
    scenarios: tuple[str, ...]


@dataclass(frozen=True)
class Event:
    """One step of one axis, and what breaks there among the scenarios that should hold.

    `confounders` are recorded facts that moved as well; `doubts` are what else weakens a
    comparison, such as arrays that were left out. The frames hold both in one column. `causes` are
    the documented ones, each with its address; `separate` says what tells the confounders apart;
    `unchanged` are scenarios compared there that do not change. `launches` is how many the weakest
    comparison rests on; `example_id` is the break that the example shows.
    """

    id: str
    level: str
    meaning: str
    step: str
    hits: tuple[Hit, ...]
    kinds: tuple[str, ...]
    confounders: tuple[str, ...]
    doubts: tuple[str, ...]
    causes: tuple[tuple[str, str], ...]
    separate: tuple[str, ...]
    unchanged: tuple[str, ...]
    launches: int
    example_id: str

    @property
    def within(self) -> bool:
        """Whether both sides are of the same cell: then the step alone says little."""
        return self.level in WITHIN

    @property
    def title(self) -> str:
        """What to call the event."""
        return f"{self.meaning[0].upper()}{self.meaning[1:]}" if self.within else self.step

    @property
    def detail(self) -> str:
        """What to say beside the title."""
        return self.step if self.within else self.meaning

    @property
    def where(self) -> str:
        """The place of the event in a sentence."""
        return self.meaning if self.within else f"at {self.step}"

    @property
    def moved(self) -> str:
        """What else moved, in brief: the first few, and how many more."""
        more = len(self.confounders) - _FIRST
        first = ", ".join(self.confounders[:_FIRST])
        return f"{first} and {more} more" if more > 0 else first

    @property
    def violations(self) -> tuple[Hit, ...]:
        """Where a documented promise is broken."""
        return tuple(hit for hit in self.hits if hit.promise)

    @property
    def alike(self) -> tuple[Alike, ...]:
        """The hits, those that are told in the same words together."""
        found: dict[tuple[tuple[str, ...], str, str, str], list[str]] = {}
        for hit in self.hits:
            key = (hit.kinds, hit.where, hit.promise, hit.promise_source)
            found.setdefault(key, []).append(hit.scenario)
        return tuple(Alike(*key, tuple(names)) for key, names in found.items())

    @property
    def example(self) -> Hit:
        """The break to look at first."""
        return self.hits[0]


@dataclass(frozen=True)
class Still:
    """A step between cells at which nothing changed in the scenarios that could be compared."""

    step: str
    scenarios: int


@dataclass(frozen=True)
class Launches:
    """A scenario whose launches differ somewhere: where they agree, and where they do not."""

    scenario: str
    summary: str
    agree: str
    differ: str
    promise: str

    @property
    def sentence(self) -> str:
        """The finding in words."""
        if not self.agree:
            return f"another result in every launch: {self.differ}"
        return f"same in every launch: {self.agree}; differs: {self.differ}"


def events(results: Results, labels: Labels, standing: Mapping[str, Standing]) -> tuple[Event, ...]:
    """The events that hit a scenario which should hold, those to look at first in front."""
    ran: dict[str, list[Place]] = {}
    for row in rows(results.variants):
        ran.setdefault(row["scenario"], []).append(place(row))
    found: dict[tuple[str, ...], list[Row]] = {}
    for row in rows(results.breaks):
        if standing[row["scenario"]] in JUDGED:
            found.setdefault(_key(row), []).append(row)
    made = (
        _event(row, found[_key(row)], results, labels, ran, standing)
        for row in rows(results.events)
        if _key(row) in found
    )
    return tuple(sorted(made, key=_weight))


def still(results: Results) -> tuple[Still, ...]:
    """The steps at which no scenario that should hold changes, along each axis.

    Of more than a few machines beside one, those with equally many scenarios are told together.
    """
    found: dict[tuple[str, ...], list[Row]] = {}
    for row in rows(results.steps):
        if row["level"] not in WITHIN and not row["changed"]:
            alike = ("machine", row["from"], str(row["compared"]))
            key = alike if row["level"] == "machine" else _key(row)
            found.setdefault(key, []).append(row)
    return tuple(
        Still(step(row["axis"], row["from"], to), row["compared"])
        for alike in found.values()
        for row, to in _ends(alike)
    )


def _ends(alike: Sequence[Row]) -> Iterator[tuple[Row, str]]:
    """Each step with where it leads, or the first with how many there are."""
    if len(alike) > _FIRST:
        yield alike[0], f"{len(alike):,} others"
    else:
        yield from ((row, row["to"]) for row in alike)


def launches(
    results: Results, labels: Labels, standing: Mapping[str, Standing]
) -> tuple[Launches, ...]:
    """The scenarios that should hold and whose launches differ in some cell, in suite order."""
    outcomes: dict[str, dict[Place, bool]] = {}
    for row in rows(results.variants):
        agree = flag(row["reproducible"])
        if agree is not None:
            outcomes.setdefault(row["scenario"], {})[place(row)] = agree
    return tuple(
        _launches(results, labels, name, outcomes[name])
        for name, value in standing.items()
        if value in JUDGED and not all(outcomes.get(name, {}).values())
    )


def _weight(event: Event) -> tuple[bool, bool, int]:
    """Broken promises come first, then launches, then what hits the most scenarios."""
    # Of all levels, launches are the one that people rely on without knowing.
    return not event.violations, event.level != "process", -len(event.hits)


def _key(row: Row) -> tuple[str, ...]:
    return row["level"], row["axis"], row["from"], row["to"]


def _event(
    row: Row,
    breaks: list[Row],
    results: Results,
    labels: Labels,
    ran: Mapping[str, list[Place]],
    standing: Mapping[str, Standing],
) -> Event:
    by_scenario: dict[str, list[Row]] = {}
    for each in breaks:
        by_scenario.setdefault(each["scenario"], []).append(each)
    hits = [_hit(each, results, labels, ran[name]) for name, each in by_scenario.items()]
    hits = sorted(hits, key=lambda hit: not hit.promise)  # violations first
    first = hits[0]
    noted = _distinct(name for each in breaks for name in items(each["confounders"]))
    return Event(
        id=row["id"],
        level=row["level"],
        meaning=LEVELS[row["level"]][0],
        step=step(row["axis"], row["from"], row["to"]),
        hits=tuple(hits),
        kinds=_distinct(KINDS[each["kind"]] for each in breaks),
        confounders=tuple(name for name in noted if ARROW in name),
        doubts=tuple(name for name in noted if ARROW not in name),
        causes=tuple(zip(items(row["known"]), items(row["url"]), strict=True)),
        separate=items(row["separate"]),
        unchanged=tuple(name for name in items(row["unchanged"]) if standing[name] in JUDGED),
        launches=min(number(each["launches"]) or 0 for each in breaks),
        example_id=by_scenario[first.scenario][0]["id"],
    )


def _hit(breaks: list[Row], results: Results, labels: Labels, ran: list[Place]) -> Hit:
    first = breaks[0]
    scenario = results.scenarios.get(first["scenario"])
    broken = any(flag(each["violation"]) for each in breaks)
    within = first["level"] in WITHIN
    cells = [Place(each["environment_from"], *(each[name] for name in _SHARED)) for each in breaks]
    return Hit(
        scenario=first["scenario"],
        kinds=_distinct(KINDS[each["kind"]] for each in breaks),
        breaks=len(breaks),
        arrays=number(first["arrays"]),
        max_ulp=number(first["max_ulp"]),
        max_abs=None if first["max_abs"] == "" else float(first["max_abs"]),
        first_index=first["first_index"],
        environments=_distinct((first["environment_from"], first["environment_to"])),
        where=labels.span(cells, among=ran) if within else "",
        promise=scenario.promise if scenario and broken else "",
        promise_source=scenario.promise_source if scenario and broken else "",
    )


def _launches(results: Results, labels: Labels, name: str, agree: dict[Place, bool]) -> Launches:
    scenario = results.scenarios.get(name)
    promised = scenario is not None and scenario.launches == "same"
    # A promise that some versions never made is none where only these differ.
    if scenario and scenario.launches_source == scenario.promise_source:
        differing = {each.environment for each in agree if not agree[each]}
        promised = promised and bool(differing & scenario.promised_in)
    return Launches(
        scenario=name,
        summary=scenario.summary if scenario else "",
        agree=labels.span((each for each in agree if agree[each]), among=agree),
        differ=labels.span((each for each in agree if not agree[each]), among=agree),
        promise=scenario.launches_source if scenario and promised else "",
    )


def _distinct(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word for word in words if word))
