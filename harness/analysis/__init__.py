"""From records to answers: tidy frames, variants, breaks, events and verdicts.

Pure but for reading stored arrays, where two fingerprints differ. Reading order: `selection` (which
trials count), `frames` and `cells` (what was recorded), `variants` (what is bit-identical), `lines`
and `pairs` (what is compared), `spans` (where a variant begins and ends), `differences` and
`numeric` (what differs and how far; `wanted`, what of that others may be asked), `facts`
(confounders), `breaks`, `separate` and `events`, `verdicts`, `recipes` and `advice`, `settings`,
`machines`, `controls`. Where machines are compared, `hosts` says what they are called.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

import pandas as pd

from harness.analysis import controls, facts, frames, machines
from harness.analysis.advice import advice
from harness.analysis.breaks import breaks, compare
from harness.analysis.causes import explain
from harness.analysis.cells import cells
from harness.analysis.claims import claims
from harness.analysis.differences import Differences
from harness.analysis.differing import differences
from harness.analysis.events import comparisons, events
from harness.analysis.hosts import hosts
from harness.analysis.lines import lines, versions
from harness.analysis.pairs import pairs
from harness.analysis.recipes import recipes
from harness.analysis.selection import select
from harness.analysis.separate import separations
from harness.analysis.settings import settings
from harness.analysis.sides import Sides
from harness.analysis.spans import spans
from harness.analysis.standing import asked, standings
from harness.analysis.steps import steps
from harness.analysis.variants import launches, places, variants
from harness.analysis.verdicts import verdicts
from harness.analysis.wanted import wanted
from harness.collect import OBJECTS
from harness.known import load_causes, load_claims
from harness.store import Store
from harness.tables import table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.analysis.advice import Advice
    from harness.analysis.wanted import Elsewhere
    from harness.collect import Collection
    from harness.plan import Plan
    from harness.records import Declared, Trial


@dataclass(frozen=True)
class Scenario:
    """What the suite says about a scenario.

    launches: what two launches of one cell must give, according to launches_source; empty where
    nobody promises. control: a negative control. promise: what is documented about the result, by
    promise_source, for the levels promise_levels; a difference there breaks it, elsewhere it is
    permitted. promised_in: the environments whose version makes that promise.
    """

    name: str
    summary: str
    source: str
    launches: Literal["same", "differ", ""]
    launches_source: str
    control: bool
    promise: str = ""
    promise_source: str = ""
    promise_levels: tuple[str, ...] = ()
    promised_in: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Results:
    """Everything that reports show. The frames have the columns of the public CSV files.

    comparisons: every comparison that was made, breaks or not; has no file of its own.
    scenarios: those on record, by name. void: why the audit cannot be trusted, a sentence for each
    negative control that did not come out. ignored: records that were left out, a sentence each.
    advice: how to seed, as measured. runs, history: empty until `harness.analysis.history` compares
    the runs on file.
    """

    plan: Plan
    fingerprints: pd.DataFrame
    observations: pd.DataFrame
    relations: pd.DataFrame
    environments: pd.DataFrame
    cells: pd.DataFrame
    variants: pd.DataFrame
    breaks: pd.DataFrame
    events: pd.DataFrame
    comparisons: pd.DataFrame
    verdicts: pd.DataFrame
    settings: pd.DataFrame
    differences: pd.DataFrame
    spans: pd.DataFrame
    claims: pd.DataFrame
    causes: pd.DataFrame
    recipes: pd.DataFrame
    facts: pd.DataFrame
    scenarios: Mapping[str, Scenario]
    void: tuple[str, ...]
    ignored: tuple[str, ...] = ()
    advice: tuple[Advice, ...] = ()
    steps: pd.DataFrame = field(default_factory=lambda: table("steps", ()))
    machines: pd.DataFrame = field(default_factory=lambda: table("machines", ()))
    runs: pd.DataFrame = field(default_factory=lambda: table("runs", ()))
    history: pd.DataFrame = field(default_factory=lambda: table("history", ()))

    @property
    def complete(self) -> bool:
        """Whether all that was planned was measured, in full, and nothing failed.

        A GPU cell on a machine without a GPU does not count: matrices travel.
        """
        cells = self.cells
        left_out = cells["status"].isin(["excluded", "device_missing"])
        measured = (cells["status"] == "ok") & (cells["trials"] >= self.plan.trials)
        failed = self.observations["status"].isin(["error", "timeout", "crash"])
        return bool((measured | left_out).all() and not failed.any())


def analyse(collection: Collection, plan: Plan, *, elsewhere: Elsewhere | None = None) -> Results:
    """Judge what was collected against what was planned.

    elsewhere: who measures what differs, if that is not to be done here.
    """
    selection = select(collection, plan)
    trials = selection.trials
    scenarios = _scenarios(trials, plan)
    observations = frames.observations(trials)
    launched = launches(trials)
    names = list(dict.fromkeys((*plan.scenarios, *scenarios)))
    where_measured = places(observations, launched, names)
    recorded = versions(trials)
    called = hosts(trial.header for trial in trials)
    along = lines(where_measured, plan, called, recorded)
    paired = pairs(along)
    begun = elsewhere(wanted(trials, launched, where_measured, paired)) if elsewhere else None
    # All that can be done until the answers are there.
    fingerprints = frames.fingerprints(trials)
    environments = frames.environments(trials)
    became = cells(collection, selection, plan)
    stated = frames.relations(trials), controls.promises(where_measured, trials)
    relations = pd.concat(stated, ignore_index=True)
    lettered = variants(where_measured, launched.results)
    spanned = spans(along, where_measured)
    known = facts.by_place(trials)
    void = controls.void(trials, launched.frame, scenarios, plan)
    store = Store(collection.data / OBJECTS)
    differing = Differences(launched.results, store, begun() if begun else None)
    outcomes = compare(trials, launched, where_measured, paired, differing)
    found = breaks(outcomes, scenarios)
    compared = comparisons(outcomes)
    apart = separations(outcomes, recorded, known, plan) | machines.separations(outcomes, known)
    met = events(found, compared, apart)
    sides = Sides(trials, plan)
    explained = explain(outcomes, found, met, sides, load_causes())
    judged = verdicts(outcomes, names)
    results = Results(
        plan=plan,
        fingerprints=fingerprints,
        observations=observations,
        relations=relations,
        environments=environments,
        cells=became,
        variants=lettered,
        breaks=explained.breaks,
        events=explained.events,
        comparisons=compared,
        verdicts=judged,
        settings=settings(trials, became, where_measured, outcomes, plan),
        differences=differences(outcomes),
        spans=spanned,
        claims=claims(relations, outcomes, sides, plan, load_claims()),
        causes=explained.causes,
        recipes=recipes(judged, explained.breaks),
        facts=facts.frame(known),
        machines=machines.machines(trials, called, recorded),
        scenarios=scenarios,
        void=void,
        ignored=selection.ignored,
    )
    standing = standings(results)
    return replace(
        results,
        advice=advice(results),
        steps=steps(compared, standing),
        verdicts=asked(judged, standing),
    )


def _scenarios(trials: Sequence[Trial], plan: Plan) -> dict[str, Scenario]:
    """What the newest trial says of each scenario, of those whose version makes its promise if
    there are any; suite order first, then by name.
    """
    newest: dict[str, Declared] = {}
    promised: dict[str, set[str]] = defaultdict(set)
    for trial in sorted(trials, key=lambda trial: trial.header.started):
        for name, each in trial.header.scenarios.items():
            if each.promise:
                promised[name].add(trial.header.environment)
            if each.promise or name not in promised:
                newest[name] = each
    declared = {
        name: Scenario(
            name=name,
            summary=each.summary,
            source=each.source,
            launches=each.launches,
            launches_source=each.launches_source,
            control=each.control,
            promise=each.promise,
            promise_source=each.promise_source,
            promise_levels=each.promise_levels,
            promised_in=frozenset(promised.get(name, ())),
        )
        for name, each in newest.items()
    }
    known = [name for name in plan.scenarios if name in declared]
    return {name: declared[name] for name in (*known, *sorted(declared.keys() - set(known)))}
