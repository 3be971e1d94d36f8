"""The outcome as plain data, for `--json`: breaks in groups, each with the ids of its breaks."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from harness.gate.groups import groups, verdict

if TYPE_CHECKING:
    from harness.gate.baseline import Terms
    from harness.gate.check import Outcome
    from harness.gate.groups import Group


def plain(outcome: Outcome) -> dict[str, Any]:
    """Dicts, lists and texts."""
    return {
        "profile": outcome.profile,
        "code": int(outcome.code),
        "verdict": verdict(outcome),
        "void": list(outcome.void),
        "since": _since(outcome),
        "breaks": [_group(group) for group in groups(outcome)],
        "ignored": outcome.ignored,
        "gone": [
            {"event": each.spot.event, "cell": each.spot.cell, "scenario": each.spot.scenario}
            | {"kind": each.kind}
            | _terms(each.terms)
            for each in outcome.gone
        ],
        "unmeasured": [
            {
                "cell": each.cell,
                "scenario": each.scenario,
                "status": each.status,
                "message": each.message,
            }
            for each in outcome.unmeasured
        ],
    }


def _since(outcome: Outcome) -> dict[str, Any] | None:
    """The run before which nothing counts: what it lacks, and each result that changed."""
    if outcome.since is None:
        return None
    return {
        "run": outcome.since.run,
        "profile": outcome.since.profile,
        "comparisons": outcome.since.made,
        "lacking": outcome.since.lacking,
        "changed": [asdict(each) for each in outcome.since.changed],
    }


def _group(group: Group) -> dict[str, Any]:
    return {
        "event": group.event,
        "step": group.step,
        "level": group.level,
        "state": group.state,
        "action": group.action,
        "kinds": list(group.kinds),
        "scenarios": list(group.scenarios),
        "violations": sorted(group.violations),
        "cells": list(group.cells),
        "breaks": list(group.breaks),
        "accepted": [_terms(terms) for terms in group.terms],
    }


def _terms(terms: Terms) -> dict[str, Any]:
    return {
        "reason": terms.reason,
        "link": terms.link,
        "expires": terms.expires.isoformat() if terms.expires else "",
    }
