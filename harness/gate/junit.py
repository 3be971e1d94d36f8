"""The outcome as JUnit XML, for Jenkins, GitLab and others that show tests.

One suite per level, one test per judged scenario; a break that is known or was there before passes,
and so does a warning, and says so in `system-out`. Further suites: `cells` (an error for each that
was not measured), `baseline` (what is gone) and `controls`, where one did not come out. What stands
where, and with which attributes, is as Jenkins's schema accepts it:
https://github.com/jenkinsci/xunit-plugin/blob/master/src/main/resources/org/jenkinsci/plugins/xunit/types/model/xsd/junit-10.xsd
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from harness.gate.check import LEFT_OUT
from harness.gate.groups import STATES, gone_steps, told
from harness.probe import schema
from harness.report.words import STATUSES, count

if TYPE_CHECKING:
    from collections.abc import Iterable
    from xml.etree.ElementTree import Element

    from harness.gate.check import Judged, Outcome

# What XML 1.0 cannot hold, not even escaped: https://www.w3.org/TR/xml/#charsets
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(outcome: Outcome) -> str:
    """The XML document, as text that says it is UTF-8."""
    suites = [suite for suite in _suites(outcome) if len(suite)]
    root = ElementTree.Element("testsuites", {"name": "sameseed", **_counts(suites)})
    root.extend(suites)
    ElementTree.indent(root)
    body = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}\n'


def _suites(outcome: Outcome) -> Iterable[Element]:
    judged: dict[tuple[str, str], list[Judged]] = defaultdict(list)
    for each in outcome.judged:
        judged[each.finding.level, each.finding.spot.scenario].append(each)
    pairs = {(level, scenario): number for scenario, level, number in outcome.tested}
    scenarios = list(dict.fromkeys(scenario for scenario, _, _ in outcome.tested))
    for level in schema.LEVELS:
        if any(tested == level for tested, _ in pairs):
            yield _suite(
                level,
                (
                    _test(level, each, judged[level, each], pairs.get((level, each), 0))
                    for each in scenarios
                ),
            )
    yield _suite("cells", _cells(outcome))
    yield _suite("baseline", _gone(outcome))
    void = (_case("controls", each, "error", "void", each) for each in outcome.void)
    yield _suite("controls", void)


def _suite(name: str, cases: Iterable[Element]) -> Element:
    suite = ElementTree.Element("testsuite", name=f"sameseed.{name}")
    suite.extend(list(cases))
    for key, value in _counts([suite]).items():
        suite.set(key, value)
    suite.set("skipped", str(len(suite.findall("testcase/skipped"))))
    return suite


def _counts(suites: list[Element]) -> dict[str, str]:
    cases = [case for suite in suites for case in suite.findall("testcase")]
    return {
        "tests": str(len(cases)),
        "failures": str(sum(case.find("failure") is not None for case in cases)),
        "errors": str(sum(case.find("error") is not None for case in cases)),
    }


def _test(level: str, scenario: str, judged: list[Judged], pairs: int) -> Element:
    if not pairs and not judged:
        return _case(level, scenario, "skipped", "", "not compared at this level")
    failed = [each for each in judged if each.action == "error"]
    if failed:
        message = f"{count(len(failed), 'break')}: {failed[0].finding.step}"
        type_ = "violation" if any(each.finding.violation for each in failed) else failed[0].state
        return _case(level, scenario, "failure", type_, message, "\n".join(map(_line, judged)))
    case = _case(level, scenario)
    if judged:
        _add(case, "system-out", "\n".join(map(_line, judged)))
    return case


def _cells(outcome: Outcome) -> Iterable[Element]:
    for cell, status, message in outcome.cells:
        if status in LEFT_OUT:
            yield _case("cells", cell, "skipped", "", message or STATUSES[status])
        elif status == schema.OK:
            yield _case("cells", cell)
        else:
            yield _case("cells", cell, "error", status, message or STATUSES.get(status, status))
    for each in outcome.unmeasured:
        if each.scenario:
            name = f"{each.cell} {each.scenario}"
            yield _case("cells", name, "error", each.status, each.message or each.status)


def _gone(outcome: Outcome) -> Iterable[Element]:
    tag = "failure" if outcome.policy.gone == "error" else "skipped"
    for event, known in gone_steps(outcome.gone).items():
        message = f"{count(len(known), 'accepted break')} gone: sameseed baseline update"
        details = "\n".join(f"{each.spot.scenario} in {each.spot.cell}" for each in known)
        yield _case("baseline", event, tag, "gone", message, details)


def _case(
    suite: str, name: str, tag: str = "", type_: str = "", message: str = "", details: str = ""
) -> Element:
    case = ElementTree.Element(
        "testcase", name=_legal(name), classname=f"sameseed.{suite}", time="0"
    )
    if tag:
        result = _add(case, tag, details or message)
        result.set("message", _legal(message))
        if type_:
            result.set("type", _legal(type_))
    return case


def _add(case: Element, tag: str, text: str) -> Element:
    element = ElementTree.SubElement(case, tag)
    element.text = _legal(text)
    return element


def _line(judged: Judged) -> str:
    found = judged.finding
    state = STATES[judged.state]
    said = f"{state}: " if judged.action == "ignore" else f"{state}, {judged.action}: "
    promise = " A documented promise breaks." if found.violation else ""
    terms = f" {told(judged.terms, judged.state)}" if judged.terms else ""
    ids = ", ".join(found.breaks)
    differs = f"{found.kind} ({ids})" if ids else "another result on an equal basis"
    return f"{said}{found.step} in {found.spot.cell}: {differs}.{promise}{terms}"


def _legal(text: str) -> str:
    return _ILLEGAL.sub("\ufffd", text)
