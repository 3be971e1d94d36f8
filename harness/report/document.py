"""What the page says, as plain values: `reports/json/report.json`.

Every name is spelled out here, so that the format does not change when the page does. Names are
only ever added; if one is taken away or comes to mean something else, `FORMAT` counts up.
docs/report.md explains them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from harness.report.view.coverage import VERSIONS
from harness.report.words import KINDS

if TYPE_CHECKING:
    from harness.report.view import View
    from harness.report.view.claims import Claim
    from harness.report.view.coverage import Cell
    from harness.report.view.events import Event, Hit
    from harness.report.view.recipes import Recipes

FORMAT = 1

_Object: TypeAlias = dict[str, Any]
_KINDS = {words: kind for kind, words in KINDS.items()}


def document(view: View) -> _Object:
    """The report as objects, arrays, texts and numbers. Pure: nothing is computed anew."""
    return {
        "format": FORMAT,
        "profile": view.profile,
        "trials": view.trials,
        "machines": [
            {
                "machines": each.ids,
                "name": each.name,
                **each.facts,
                "cells": each.cells,
                "differs": each.differs,
                "not_compared": each.apart,
                "beside": [
                    {
                        "machine": one.other,
                        "compared": one.compared,
                        "differing": one.differing,
                        "event": one.event,
                    }
                    for one in each.beside
                ],
            }
            for each in view.machines
        ],
        "verdict": _verdict(view),
        "tiles": [{"value": tile.value, "meaning": tile.meaning} for tile in view.tiles],
        "events": [_event(event) for event in view.events],
        "unchanged": [{"step": each.step, "scenarios": each.scenarios} for each in view.still],
        "advice": [
            {"about": each.about, "text": each.text, "evidence": each.evidence}
            for each in view.advice
        ],
        "recipes": _recipes(view.recipes),
        "launches": [
            {
                "scenario": each.scenario,
                "summary": each.summary,
                "agree": each.agree,
                "differ": each.differ,
                "promised_by": each.promise,
            }
            for each in view.launches
        ],
        "published_claims": [
            {
                "text": claim.text,
                "source": claim.source,
                "url": claim.url,
                "verdict": claim.verdict,
                "confirmed_in": claim.confirmed,
                "refuted_in": claim.refuted,
                "scenarios": claim.scenarios,
            }
            for claim in view.published
        ],
        "source_claims": [_claim(claim) for claim in view.claims],
        "stale_causes": [{"title": cause.title, "url": cause.url} for cause in view.stale],
        "settings": {
            "sentence": view.setting_sentence,
            "effects": [
                {
                    "setting": each.name,
                    "effect": each.effect,
                    "where": each.where,
                    "changed": each.changed,
                    "compared": each.compared,
                    "differing": each.differing,
                }
                for each in view.settings
            ],
        },
        "history": {
            "sentence": view.history.sentence,
            "runs": [
                {
                    "run": run.id,
                    "started": run.started,
                    "profile": run.profile,
                    "cells": run.cells,
                    "scenarios": run.scenarios,
                    "holding": run.holding,
                    "breaks": run.breaks,
                    "new_breaks": run.new_breaks,
                    "gone_breaks": run.gone_breaks,
                    "compared": run.compared,
                    "changed": run.changed,
                    "new": run.new,
                    "gone": run.gone,
                }
                for run in view.history.runs
            ],
            "changed": [
                {"scenario": line.scenario, "since": line.since, "changes": line.changes}
                for line in view.history.lines
            ],
        },
        "not_measured": {
            "cells": [_cell(cell) for cell in view.unmeasured],
            "scenarios": [
                {
                    "scenarios": each.scenarios,
                    "status": each.status,
                    "message": each.message,
                    "where": each.where,
                }
                for each in view.troubles
            ],
            "records": view.ignored,
        },
        "files": [
            {
                "table": each.table.name,
                "rows": each.rows,
                "csv": f"csv/{each.table.file}",
                "json": f"json/{each.table.name}.json",
            }
            for each in view.downloads
        ],
    }


def _verdict(view: View) -> _Object:
    verdict = view.verdict
    return {
        "tone": verdict.tone,
        "label": verdict.label,
        "sentence": verdict.sentence,
        "doubts": verdict.doubts,
        "notes": verdict.notes,
        "breaking": verdict.breaking,
        "holding": verdict.holding,
    }


def _event(event: Event) -> _Object:
    return {
        "id": event.id,
        "title": event.title,
        "level": event.level,
        "step": event.step,
        "kinds": _kinds(event.kinds),
        "launches": event.launches,
        "confounders": event.confounders,
        "doubts": event.doubts,
        "separate": event.separate,
        "causes": [{"title": title, "url": url} for title, url in event.causes],
        "example": event.example_id,
        "hits": [_hit(hit) for hit in event.hits],
        "unchanged": event.unchanged,
    }


def _hit(hit: Hit) -> _Object:
    return {
        "scenario": hit.scenario,
        "kinds": _kinds(hit.kinds),
        "breaks": hit.breaks,
        "arrays": hit.arrays,
        "max_ulp": hit.max_ulp,
        "max_abs": hit.max_abs,
        "first_index": hit.first_index,
        "environments": hit.environments,
        "where": hit.where,
        "promise": hit.promise,
        "promise_source": hit.promise_source,
    }


def _kinds(words: tuple[str, ...]) -> list[str]:
    """Kinds as the tables name them; the page says them in words."""
    return [_KINDS[each] for each in words]


def _recipes(recipes: Recipes) -> _Object:
    """Each recipe with what it came to, by the levels that were compared for some recipe."""
    return {
        "compared": recipes.heads,
        "not_compared": recipes.untested,
        "rows": [
            {
                "recipe": row.scenario,
                "summary": row.summary,
                "levels": [
                    {
                        "across": head,
                        "verdict": mark.word if mark.ratio else "untested",
                        "agree": mark.ratio,
                        "told": mark.title,
                    }
                    for head, mark in zip(recipes.heads, row.marks, strict=True)
                ],
            }
            for row in recipes.rows
        ],
    }


def _claim(claim: Claim) -> _Object:
    return {
        "scenario": claim.scenario,
        "relation": claim.relation,
        "expected": claim.expected,
        "source": claim.source,
        "verdict": claim.outcome,
        "holds_on": claim.holds,
        "fails_on": claim.fails,
    }


def _cell(cell: Cell) -> _Object:
    return {
        **cell.place._asdict(),
        "status": cell.status,
        "message": cell.message,
        "launches": cell.launches,
        "seconds": cell.seconds,
        "versions": dict(zip(VERSIONS, cell.versions, strict=True)),
    }
