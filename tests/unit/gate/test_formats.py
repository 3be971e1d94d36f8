"""What CI systems are given: each format by its own rules, and none of them trusting a name."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest

from harness.gate.annotations import MOST, muted, workflow_commands
from harness.gate.baseline import Baseline
from harness.gate.check import Outcome, Unmeasured
from harness.gate.junit import junit
from harness.gate.markdown import markdown
from harness.gate.places import Places
from harness.gate.plain import plain
from harness.gate.sarif import sarif
from harness.matrix import load_matrix
from tests.unit.gate.audits import (
    MATRIX,
    MIDDLE,
    MOVES,
    REBUILT,
    ROUNDS,
    SHAKY,
    STEP,
    judged,
    known,
    results,
)

HOSTILE = "s/\x1b[2J]]>\0<b>&|`x`\n::error::[a](b){0}%0A,"


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """New ones, a known one, an expired one, one that is gone, and what was not measured."""
    folder = tmp_path_factory.mktemp("audit")
    baseline = Baseline(
        (
            *known(ROUNDS).known,
            *known(SHAKY, expires=date(2026, 1, 1)).known,
            *known(MOVES._replace(scenario="mine/holds")).known,
        )
    )
    return judged(results(folder, statuses={"mine/slow": "timeout"}), baseline)


@pytest.fixture
def hostile(outcome: Outcome) -> Outcome:
    """The same with names and messages that somebody else wrote."""

    def renamed(each: Any) -> Any:
        return replace(each, spot=each.spot._replace(scenario=HOSTILE))

    return replace(
        outcome,
        judged=tuple(replace(each, finding=renamed(each.finding)) for each in outcome.judged),
        gone=tuple(map(renamed, outcome.gone)),
        unmeasured=(Unmeasured(MIDDLE, HOSTILE, "crash", HOSTILE),),
        tested=tuple((HOSTILE, level, pairs) for _, level, pairs in outcome.tested),
        void=(HOSTILE,),
    )


@pytest.fixture
def places(tmp_path: Path) -> Places:
    path = tmp_path / "matrix.yaml"
    path.write_text(MATRIX, encoding="utf-8")
    return replace(Places.within(load_matrix(path)), file="ci/matrix.yaml")


# --- JUnit: what Jenkins's schema lets stand where (see harness/gate/junit.py) -------------------

_ATTRIBUTES = {
    "testsuites": {"name", "time", "tests", "failures", "errors"},
    "testsuite": {"name", "tests", "failures", "errors", "skipped", "time"},
    "testcase": {"name", "time", "classname"},
    "failure": {"type", "message"},
    "error": {"type", "message"},
    "skipped": {"type", "message"},
    "system-out": set(),
}
_REQUIRED = {"testsuite": {"name", "tests", "failures", "errors"}, "testcase": {"name"}}
_CHILDREN = {
    "testsuites": {"testsuite"},
    "testsuite": {"testcase"},
    "testcase": {"failure", "error", "skipped", "system-out"},
}


def parsed(outcome: Outcome) -> ElementTree.Element:
    root = ElementTree.fromstring(junit(outcome).encode())
    assert root.tag == "testsuites"
    for element in root.iter():
        assert set(element.keys()) <= _ATTRIBUTES[element.tag]
        assert _REQUIRED.get(element.tag, set()) <= set(element.keys())
        assert {child.tag for child in element} <= _CHILDREN.get(element.tag, set())
    for suite in (root, *root):
        cases = list(suite.iter("testcase"))
        assert int(suite.get("tests", "")) == len(cases)
        for tag, key in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
            count = sum(case.find(tag) is not None for case in cases)
            assert (suite is root and tag == "skipped") or int(suite.get(key, "")) == count
    return root


def case(root: ElementTree.Element, suite: str, name: str) -> ElementTree.Element:
    found = root.find(f"testsuite[@name='sameseed.{suite}']/testcase[@name='{name}']")
    assert found is not None
    return found


def test_junit_has_a_test_per_judged_scenario_and_level(outcome: Outcome) -> None:
    root = parsed(outcome)
    rebuilt, shaky = case(root, "rerun", "mine/rebuilt"), case(root, "process", "mine/shaky")
    for failed, kind in ((rebuilt, "new"), (shaky, "expired")):
        failure = failed.find("failure")
        assert failure is not None
        assert failure.get("type") == kind
        assert f"in {MIDDLE}: redraw" in (failure.text or "")
    rounds = case(root, "packages", "mine/rounds")
    assert [child.tag for child in rounds] == ["system-out"]
    assert "Accepted: a reason https://example.org/1" in (rounds[0].text or "")
    assert not len(case(root, "packages", "mine/holds"))
    assert [child.tag for child in case(root, "rerun", "mine/holds")] == ["skipped"]
    assert [child.tag for child in case(root, "baseline", STEP)] == ["skipped"]
    assert root.find("testsuite[@name='sameseed.cells']//error[@type='timeout']") is not None
    assert "controls/unseeded" not in junit(outcome)


def test_junit_holds_any_name(hostile: Outcome) -> None:
    root = parsed(hostile)
    names = {each.get("name", "") for each in root.iter("testcase")}
    assert any("]]><" not in name and "<b>&|`x`" in name for name in names)
    assert "\0" not in junit(hostile)
    assert "\x1b" not in junit(hostile)
    assert root.find("testsuite[@name='sameseed.controls']/testcase/error") is not None


# --- Markdown ------------------------------------------------------------------------------------


def test_markdown_says_what_the_terminal_says(outcome: Outcome) -> None:
    page = markdown(outcome)
    assert "❌ **Determinism breaks against the policy: 1 new break and 1 break accepted" in page
    assert "| TensorFlow 2.9.3 → 2.10.1 | 1 | 1 | redraw | mine/moves |" in page
    assert "a reason [link](https://example.org/1)" in page
    for title in ("New, an error", "New, a warning", "no longer", "Known", "no more", "Not mea"):
        assert re.search(f"^### .*{title}", page, re.MULTILINE)


def test_every_row_of_a_markdown_table_has_its_columns(outcome: Outcome, hostile: Outcome) -> None:
    for each in (outcome, hostile):
        columns = 0
        for line in markdown(each).splitlines():
            if not line.startswith("|"):
                columns = 0
                continue
            found = len(re.findall(r"(?<!\\)\|", line))
            assert columns in (0, found), line
            columns = found


def test_markdown_shows_a_hostile_name_as_text(hostile: Outcome) -> None:
    page = markdown(hostile)
    assert "<b>" not in page
    assert "\x1b" not in page
    assert "\n::error" not in page
    assert not re.search(r"(?<!\\)\[a(?<!\\)\]", page)


@pytest.mark.parametrize("limit", [4000, 500, 200, 10, 0])
def test_markdown_keeps_to_its_limit_and_says_so(outcome: Outcome, limit: int) -> None:
    whole = markdown(outcome)
    long = replace(outcome, unmeasured=outcome.unmeasured * 200)
    page = markdown(long, limit)
    assert len(page.encode()) <= limit < len(markdown(long).encode())
    assert limit < 200 or "The rest is left out" in page
    assert markdown(outcome, len(whole.encode())) == whole


# --- GitHub's annotations ------------------------------------------------------------------------

_COMMAND = re.compile(r"::(error|warning) file=([^,:]*),line=(\d+),title=([^,:]*)::([^\r\n]*)")


def commands(outcome: Outcome, places: Places) -> list[tuple[str, ...]]:
    found = [_COMMAND.fullmatch(line) for line in workflow_commands(outcome, places)]
    assert all(found)
    return [each.groups() for each in found if each]


def test_annotations_point_at_what_stands_on_the_far_side_of_a_step(
    outcome: Outcome, places: Places
) -> None:
    found = {title: (kind, line) for kind, _, line, title, _ in commands(outcome, places)}
    assert found == {
        "New%3A TensorFlow 2.9.3 → 2.10.1": ("warning", "4"),
        "New%3A rebuilt in the same process": ("error", "3"),
        "No longer accepted%3A between two launches": ("error", "3"),
        "Not measured": ("error", "3"),
        f"Gone%3A {STEP.replace(':', '%3A')}": ("warning", "1"),
    }


def test_a_name_cannot_end_an_annotation(hostile: Outcome, places: Places) -> None:
    found = commands(hostile, places)
    assert all("%0A::error::" in said for _, _, _, title, said in found if "New" in title)
    assert all("%250A" in said for _, _, _, title, said in found if "New" in title)


def test_no_more_annotations_than_are_shown(outcome: Outcome, places: Places) -> None:
    (error,) = [each for each in outcome.judged if each.finding.spot == REBUILT]
    many = tuple(
        replace(error, finding=replace(error.finding, spot=REBUILT._replace(event=f"e{number}")))
        for number in range(30)
    )
    found = commands(replace(outcome, judged=many), places)
    errors = [each for each in found if each[0] == "error"]
    assert len(errors) == MOST
    assert errors[-1][-1] == "22 more: see the output of sameseed check"  # 30, 1 not measured


def test_what_is_printed_besides_is_not_looked_at_for_commands() -> None:
    text = muted("::error::a name\n", "token")
    assert text == "::stop-commands::token\n::error::a name\n::token::\n"


# --- SARIF ---------------------------------------------------------------------------------------


def _object(required: tuple[str, ...] = (), **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


_LEVEL = {"enum": ["none", "note", "warning", "error"]}
_TEXT = {"type": "string"}
_MESSAGE = _object(("text",), text=_TEXT)
_LOCATION = _object(
    physicalLocation=_object(
        artifactLocation=_object(uri={"type": "string", "pattern": r"^[^\s\\]+$"}),
        region=_object(startLine={"type": "integer", "minimum": 1}),
    )
)
_NOTIFICATIONS = {
    "type": "array",
    "items": _object(
        ("message",),
        level=_LEVEL,
        message=_MESSAGE,
        locations={"type": "array", "items": _LOCATION, "uniqueItems": True},
    ),
}
_RULE = _object(
    ("id",),
    id=_TEXT,
    name=_TEXT,
    shortDescription=_MESSAGE,
    defaultConfiguration=_object(level=_LEVEL),
)
_RESULT = _object(
    ("message",),
    ruleId=_TEXT,
    ruleIndex={"type": "integer", "minimum": -1},
    kind={"enum": ["notApplicable", "pass", "fail", "review", "open", "informational"]},
    level=_LEVEL,
    message=_MESSAGE,
    locations={"type": "array", "items": _LOCATION},
    partialFingerprints={"type": "object", "additionalProperties": _TEXT},
    baselineState={"enum": ["new", "unchanged", "updated", "absent"]},
    suppressions={
        "type": "array",
        "uniqueItems": True,
        "items": _object(
            ("kind",),
            kind={"enum": ["inSource", "external"]},
            status={"enum": ["accepted", "underReview", "rejected"]},
            justification=_TEXT,
        ),
    },
    properties={"type": "object"},
)
# The parts of SARIF 2.1.0 that are used, each with the names, types and limits of the schema:
# https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json
_SARIF = _object(
    ("version", "runs"),
    **{"$schema": {"type": "string", "format": "uri"}},
    version={"const": "2.1.0"},
    runs={
        "type": "array",
        "items": _object(
            ("tool",),
            tool=_object(
                ("driver",),
                driver=_object(
                    ("name",),
                    name=_TEXT,
                    semanticVersion=_TEXT,
                    rules={"type": "array", "items": _RULE, "uniqueItems": True},
                ),
            ),
            automationDetails=_object(id=_TEXT),
            columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
            invocations={
                "type": "array",
                "items": _object(
                    ("executionSuccessful",),
                    executionSuccessful={"type": "boolean"},
                    exitCode={"type": "integer"},
                    toolExecutionNotifications=_NOTIFICATIONS,
                    toolConfigurationNotifications=_NOTIFICATIONS,
                ),
            },
            results={"type": "array", "items": _RESULT},
        ),
    },
)


def log(outcome: Outcome, places: Places) -> dict[str, Any]:
    whole = json.loads(sarif(outcome, places))
    jsonschema.Draft7Validator(_SARIF).validate(whole)
    run: dict[str, Any] = whole["runs"][0]
    for each in run["results"]:
        assert run["tool"]["driver"]["rules"][each["ruleIndex"]]["id"] == each["ruleId"]
    return run


def test_sarif_has_a_result_per_event_and_state(outcome: Outcome, places: Places) -> None:
    run = log(outcome, places)
    found = {
        (each["properties"]["event"], each["baselineState"]): (
            each["level"],
            len(each.get("suppressions", [])),
            each["locations"][0]["physicalLocation"]["region"]["startLine"],
        )
        for each in run["results"]
    }
    assert found == {
        (STEP, "new"): ("warning", 0, 4),
        (STEP, "unchanged"): ("note", 1, 4),
        ("rerun", "new"): ("error", 0, 3),
        ("process", "unchanged"): ("error", 0, 3),
    }
    marks = [each["partialFingerprints"]["event/v1"] for each in run["results"]]
    assert len(set(marks)) == len(marks)
    (invocation,) = run["invocations"]
    assert invocation["exitCode"] == 1
    assert len(invocation["toolConfigurationNotifications"]) == 1
    assert "mine/slow" in invocation["toolExecutionNotifications"][0]["message"]["text"]


def test_sarif_takes_no_name_for_a_link_or_an_argument(hostile: Outcome, places: Places) -> None:
    run = log(hostile, places)
    assert not run["invocations"][0]["executionSuccessful"]
    for each in run["results"]:
        said = each["message"]["text"]
        assert "{{0}}" in said
        assert not re.search(r"(?<!\\)[\[\]]", said)


def test_a_matrix_elsewhere_has_an_address(outcome: Outcome, places: Places) -> None:
    for file, uri in (("a b/matrix.yaml", "a%20b/matrix.yaml"), ("/x/m.yaml", "file:///x/m.yaml")):
        (first, *_) = log(outcome, replace(places, file=file))["results"]
        assert first["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri


# --- JSON ----------------------------------------------------------------------------------------


def test_json_names_every_break(outcome: Outcome) -> None:
    data = json.loads(json.dumps(plain(outcome)))
    assert data["code"] == 1
    named = {(each["event"], each["state"], *each["scenarios"]) for each in data["breaks"]}
    assert (STEP, "known", "mine/rounds") in named
    ids = {id_ for each in data["breaks"] for id_ in each["breaks"]}
    assert ids == {id_ for each in outcome.judged for id_ in each.finding.breaks}
    assert data["gone"][0]["scenario"] == "mine/holds"
