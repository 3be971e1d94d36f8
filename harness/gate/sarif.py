"""The outcome as SARIF 2.1.0, for code scanning: a rule per level, a result per event and state.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import json
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from harness.errors import ExitCode
from harness.gate.groups import gone_steps, groups
from harness.probe import schema
from harness.report.words import LEVELS, count

if TYPE_CHECKING:
    from harness.gate.check import Outcome
    from harness.gate.groups import Group
    from harness.gate.places import Places
    from harness.gate.policy import Policy

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_SEVERITY = {"error": "error", "warn": "warning", "ignore": "none"}
_LOCATIONS = 10


def sarif(outcome: Outcome, places: Places) -> str:
    """The log, as JSON text."""
    log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [_run(outcome, places)]}
    return json.dumps(log, indent=2) + "\n"


def _run(outcome: Outcome, places: Places) -> dict[str, Any]:
    driver: dict[str, Any] = {"name": "sameseed", "rules": _rules(outcome.policy)}
    if number := _version():
        driver["semanticVersion"] = number
    return {
        "tool": {"driver": driver},
        "automationDetails": {"id": f"sameseed/{outcome.profile}"},
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(outcome, places)],
        "results": [_result(group, places) for group in groups(outcome)],
    }


def _rules(policy: Policy) -> list[dict[str, Any]]:
    return [
        {
            "id": level,
            "name": f"{level.capitalize()}Break",
            "shortDescription": {"text": f"Results differ {_between(level)}."},
            "defaultConfiguration": {"level": _SEVERITY[getattr(policy, level)]},
        }
        for level in schema.LEVELS
    ]


def _between(level: str) -> str:
    return f"when {LEVELS[level][0]}" if level == "rerun" else LEVELS[level][0]


def _result(group: Group, places: Places) -> dict[str, Any]:
    known = group.state == "known"
    new = group.state in ("new", "first", "changed")
    result: dict[str, Any] = {
        "ruleId": group.level,
        "ruleIndex": schema.LEVELS.index(group.level),
        "kind": "fail",
        "level": "note" if group.action == "ignore" else _SEVERITY[group.action],
        "message": _message(f"{group.step}: {group.sentence}"),
        "locations": [_location(places.file, line) for line in places.of(group)[:_LOCATIONS]],
        "partialFingerprints": {"event/v1": f"{group.event} {group.state} {group.action}"},
        "baselineState": "new" if new else "unchanged",
        "properties": {
            "event": group.event,
            "state": group.state,
            "scenarios": list(group.scenarios),
            "violations": sorted(group.violations),
            "cells": list(group.cells),
            "kinds": list(group.kinds),
            "breaks": list(group.breaks),
        },
    }
    if known:
        result["suppressions"] = [
            {"kind": "external", "status": "accepted", "justification": terms.reason}
            for terms in group.terms
        ]
    return result


def _invocation(outcome: Outcome, places: Places) -> dict[str, Any]:
    return {
        "executionSuccessful": outcome.code != ExitCode.INTERNAL,
        "exitCode": int(outcome.code),
        "toolExecutionNotifications": [
            *({"level": "error", "message": _message(sentence)} for sentence in outcome.void),
            *(
                {
                    "level": "error",
                    "message": _message(
                        f"Not measured: {each.cell} {each.scenario} {each.status} {each.message}"
                    ),
                    "locations": [_location(places.file, places.cell(each.cell))],
                }
                for each in outcome.unmeasured
            ),
        ],
        "toolConfigurationNotifications": [
            {
                "level": _SEVERITY[outcome.policy.gone],
                "message": _message(f"{event}: {count(len(known), 'accepted break')} gone."),
            }
            for event, known in gone_steps(outcome.gone).items()
        ],
    }


def _location(file: str, line: int) -> dict[str, Any]:
    uri = Path(file).as_uri() if Path(file).is_absolute() else quote(file)
    return {"physicalLocation": {"artifactLocation": {"uri": uri}, "region": {"startLine": line}}}


def _message(text: str) -> dict[str, str]:
    """A message that says `text`: braces would stand for arguments, brackets for links."""
    for sign, escaped in (("\\", "\\\\"), ("{", "{{"), ("}", "}}"), ("[", "\\["), ("]", "\\]")):
        text = text.replace(sign, escaped)
    return {"text": text}


def _version() -> str:
    try:
        return version("sameseed")
    except PackageNotFoundError:  # run from a checkout
        return ""
