"""`check --since`: only what changed counts."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner, Result

from harness.cli import app
from harness.errors import ExitCode
from harness.gate.annotations import workflow_commands
from harness.gate.baseline import Baseline
from harness.gate.check import Outcome, check
from harness.gate.findings import Spot
from harness.gate.junit import junit
from harness.gate.markdown import markdown
from harness.gate.places import Places
from harness.gate.plain import plain
from harness.gate.policy import Policy
from harness.gate.sarif import sarif
from harness.gate.since import LAST, RunError, since
from harness.history.keep import keep
from harness.matrix import load_matrix
from tests.unit.analysis.builder import Recorder, declared, environment, plan
from tests.unit.gate.audits import TODAY, known
from tests.unit.history.project import Project, X, Y

STEP = "tensorflow:2.9.3..2.10.1"
FAR, NEAR = "tf2.default.cpu", "tf1.default.cpu"


@dataclass
class Audit(Project):
    """Runs that are judged."""

    def judged(
        self, wanted: str = LAST, baseline: Baseline | None = None, **policy: Any
    ) -> Outcome:
        results = Recorder(self.folder / "data").analyse(self.plan)
        earlier = since(results, self.kept, wanted)
        return check(results, Policy(**policy), baseline or Baseline(), TODAY, earlier)

    def both(self, day: int, one: Any, other: Any, **facts: Any) -> None:
        """Both cells, without a report."""
        self.measure(day, {X: one, Y: 1}, "tf1", **facts)
        self.measure(day, {X: other, Y: 1}, "tf2", **facts)


@pytest.fixture
def audit(tmp_path: Path) -> Audit:
    return Audit(tmp_path)


def states(outcome: Outcome) -> dict[Spot, tuple[str, str]]:
    return {each.finding.spot: (each.state, each.action) for each in outcome.judged}


ERRORS: dict[str, Any] = {"packages": "error"}


def test_a_break_that_was_there_is_none_that_counts(audit: Audit) -> None:
    audit.both(1, 1, 2)
    audit.report()
    audit.both(2, 1, 2)
    outcome = audit.judged(**ERRORS)
    assert states(outcome) == {Spot(STEP, FAR, X): ("before", "ignore")}
    assert outcome.code is ExitCode.HOLDS


def test_a_break_that_is_new_at_a_comparison_that_was_made_counts(audit: Audit) -> None:
    audit.both(1, 1, 1)
    audit.report()
    audit.both(2, 1, 2, lock="another")
    outcome = audit.judged(**ERRORS)
    assert states(outcome) == {Spot(STEP, FAR, X): ("new", "error")}
    assert outcome.code is ExitCode.BROKE


def test_a_break_that_was_never_looked_for_counts_and_is_told_apart(audit: Audit) -> None:
    audit.run(1, {X: 1, Y: 1}, "tf1")
    audit.both(2, 1, 2)
    outcome = audit.judged(**ERRORS)
    assert states(outcome) == {Spot(STEP, FAR, X): ("first", "error")}
    assert outcome.since
    # Between launches of tf2 and on the way to it; two scenarios each.
    assert (outcome.since.lacking, outcome.since.made) == (4, 6)
    assert "4 of 6 comparisons were not made in 2026-11-01T10-00-02Z (profile default)" in (
        markdown(outcome)
    )


def test_what_the_baseline_accepts_stays_known(audit: Audit) -> None:
    audit.run(1, {X: 1, Y: 1}, "tf1")
    audit.both(2, 1, 2)
    spot = Spot(STEP, FAR, X)
    accepted = audit.judged(baseline=known(spot, kind="structure"), **ERRORS)
    assert states(accepted) == {spot: ("known", "ignore")}


def test_a_result_that_moved_counts_though_no_break_shows_it(audit: Audit) -> None:
    audit.both(1, 1, 1)
    audit.report()
    audit.both(2, 2, 2)
    outcome = audit.judged()
    assert states(outcome) == {
        Spot("since", NEAR, X): ("changed", "error"),
        Spot("since", FAR, X): ("changed", "error"),
    }
    assert outcome.code is ExitCode.BROKE
    assert {each.finding.step for each in outcome.judged} == {"since 2026-11-01T10-00-02Z"}


def test_the_policy_says_what_a_moved_result_counts_as(audit: Audit) -> None:
    audit.both(1, 1, 1)
    audit.report()
    audit.both(2, 2, 2)
    assert audit.judged(process="warn").code is ExitCode.HOLDS
    ignored = audit.judged(process="ignore")
    assert (ignored.judged, ignored.ignored) == ((), 2)
    overrides = ({"scenarios": "recipes/*", "process": "warn"},)
    assert {each.action for each in audit.judged(overrides=overrides).judged} == {"warn"}


def test_a_moved_result_that_is_promised_to_stay_breaks_the_promise(audit: Audit) -> None:
    promise = {"promise": "same", "promise_source": "a text", "promise_levels": ["process"]}
    scenarios = {X: declared() | promise}
    audit.both(1, 1, 1, scenarios=scenarios)
    audit.report()
    audit.both(2, 2, 2, scenarios=scenarios)
    outcome = audit.judged(process="ignore")
    assert [(each.finding.violation, each.action) for each in outcome.judged] == (
        [(True, "error")] * 2
    )


@pytest.mark.parametrize("facts", [{"lock": "another"}, {"suite": "another"}])
def test_on_another_basis_a_result_is_no_change(audit: Audit, facts: dict[str, Any]) -> None:
    audit.both(1, 1, 1)
    audit.report()
    audit.both(2, 2, 2, **facts)
    assert audit.judged().judged == ()


def test_launches_that_cease_to_agree_are_told_once(audit: Audit) -> None:
    audit.run(1, {X: 1}, "tf1")
    audit.measure(2, {X: (1, 2)}, "tf1")
    assert states(audit.judged()) == {Spot("process", NEAR, X): ("new", "error")}


def test_launches_that_begin_to_agree_are_no_failure(audit: Audit) -> None:
    audit.run(1, {X: (1, 2)}, "tf1")
    audit.measure(2, {X: 1}, "tf1")
    assert audit.judged().judged == ()


def test_scenarios_that_are_meant_to_differ_do_not_count(audit: Audit) -> None:
    meant = {Y: declared("differ")}
    audit.run(1, {X: 1, Y: 1}, "tf1", scenarios=meant)
    audit.measure(2, {X: 1, Y: 2}, "tf1", scenarios=meant)
    assert audit.judged().judged == ()


def test_machines_come_and_go(audit: Audit) -> None:
    audit.measure(1, {X: 1}, machine="m1")
    audit.run(1, {X: 2}, machine="m2")
    for path in audit.folder.glob("data/m2/*/*.jsonl"):
        path.unlink()
    audit.measure(2, {X: 1}, machine="m1")
    audit.measure(2, {X: 2}, machine="m3")
    outcome = audit.judged(machine="error")
    assert states(outcome) == {Spot("machine", NEAR, X): ("before", "ignore")}


def test_another_profile_and_a_smaller_one(audit: Audit, tmp_path: Path) -> None:
    small = plan(environment("tf1", tensorflow="2.9.3", python="3.10"))
    audit.both(1, 1, 2)
    keep(Recorder(tmp_path / "data").analyse(small), audit.kept)
    audit.both(2, 1, 2)
    outcome = audit.judged(**ERRORS)
    assert states(outcome) == {Spot(STEP, FAR, X): ("first", "error")}


def test_the_last_run_is_the_one_before_these_records(audit: Audit) -> None:
    audit.both(1, 1, 1)
    audit.report()
    audit.both(2, 1, 2, lock="another")
    own = audit.report()
    assert states(audit.judged(**ERRORS)) == {Spot(STEP, FAR, X): ("new", "error")}
    with pytest.raises(RunError, match="is the run of these very records"):
        audit.judged(own)


def test_the_last_run_is_that_of_the_same_profile(audit: Audit) -> None:
    audit.both(1, 1, 2)
    night = audit.report()
    audit.both(2, 1, 2)
    own = audit.plan
    audit.plan = replace(own, profile="another")
    other = audit.report()
    audit.plan = own
    audit.both(3, 1, 2)
    for profile, expected in ((own.profile, night), ("another", other), ("a third", other)):
        results = replace(audit.results, plan=replace(own, profile=profile))
        results = replace(results, cells=Recorder(audit.folder / "data").analyse(own).cells)
        assert since(results, audit.kept, LAST).run == expected


def test_without_an_earlier_run_everything_counts_and_that_is_said(audit: Audit) -> None:
    audit.both(1, 1, 2)
    outcome = audit.judged(**ERRORS)
    assert states(outcome) == {Spot(STEP, FAR, X): ("new", "error")}
    assert outcome.since
    assert outcome.since.sentence == "No earlier run is on file: everything counts."


def test_an_unknown_run_is_refused_with_those_there_are(audit: Audit) -> None:
    with pytest.raises(RunError, match="no such run on file, nor any other"):
        audit.judged("2026-11-01")
    for day in (1, 2, 3):
        audit.run(day, {X: 1})
    audit.measure(4, {X: 1})
    with pytest.raises(RunError) as error:
        audit.judged("2026-11-02T10-00-03Z")
    assert str(error.value) == (
        "--since 2026-11-02T10-00-03Z: there is no such run on file: did you mean "
        "2026-11-02T10-00-02Z? the newest are 2026-11-03T10-00-02Z, 2026-11-02T10-00-02Z, "
        "2026-11-01T10-00-02Z; or write last"
    )
    (audit.kept / "2026-11-02T10-00-02Z.parquet").write_bytes(b"")
    with pytest.raises(RunError, match=r"cannot be used: history/.*cut short"):
        audit.judged("2026-11-02T10:00:02Z")
    assert audit.judged("2026-11-01T10:00:02Z").since is not None


def test_a_newer_run_is_refused(audit: Audit) -> None:
    newer = audit.run(9, {X: 1})
    for path in audit.folder.glob("data/*/*/*.jsonl"):
        path.unlink()
    audit.measure(2, {X: 1})
    with pytest.raises(RunError, match="is newer than these records"):
        audit.judged(newer)


# --- What each format says of it -----------------------------------------------------------------


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """X moved in the near cell; Y breaks at the step, as it did; a scenario nobody had breaks."""
    audit = Audit(tmp_path_factory.mktemp("since"))
    audit.measure(1, {X: 1, Y: 1}, "tf1")
    audit.run(1, {X: 1, Y: 2}, "tf2")
    audit.measure(2, {X: 3, Y: 1, "recipes/z": 1}, "tf1")
    audit.measure(2, {X: 1, Y: 2, "recipes/z": 2}, "tf2")
    return audit.judged(**ERRORS)


def test_the_outcome_has_one_of_each(outcome: Outcome) -> None:
    assert states(outcome) == {
        Spot(STEP, FAR, X): ("new", "error"),
        Spot(STEP, FAR, Y): ("before", "ignore"),
        Spot(STEP, FAR, "recipes/z"): ("first", "error"),
        Spot("since", NEAR, X): ("changed", "error"),
    }


def test_junit_has_a_failure_for_the_change_and_none_for_what_was_there(outcome: Outcome) -> None:
    root = ElementTree.fromstring(junit(outcome).encode())
    failed = {
        (case.get("classname"), case.get("name")): failure.get("type")
        for case in root.iter("testcase")
        for failure in case.findall("failure")
    }
    assert failed == {
        ("sameseed.process", X): "changed",
        ("sameseed.packages", X): "new",
        ("sameseed.packages", "recipes/z"): "first",
    }
    said = [element.text or "" for element in root.iter("system-out")]
    assert any("there before: TensorFlow 2.9.3 → 2.10.1" in each for each in said)


def test_sarif_annotations_and_json_carry_it(outcome: Outcome, tmp_path: Path) -> None:
    path = tmp_path / "matrix.yaml"
    path.write_text('version: 1\nenvironments: [{tensorflow: "2.9.3", python: "3.10"}]\n')
    places = Places.within(load_matrix(path))
    (run,) = json.loads(sarif(outcome, places))["runs"]
    assert {
        (each["ruleId"], each["properties"]["state"]): (each["level"], each["baselineState"])
        for each in run["results"]
    } == {
        ("process", "changed"): ("error", "new"),
        ("packages", "new"): ("error", "new"),
        ("packages", "first"): ("error", "new"),
        ("packages", "before"): ("note", "unchanged"),
    }
    titles = [line.partition("title=")[2] for line in workflow_commands(outcome, places)]
    assert [each.partition("::")[0] for each in titles] == [
        "New%3A TensorFlow 2.9.3 → 2.10.1",
        "Not compared before%3A TensorFlow 2.9.3 → 2.10.1",
        "Changed%3A since 2026-11-01T10-00-02Z",
    ]
    found = plain(outcome)["since"]
    assert (found["run"], found["lacking"]) == ("2026-11-01T10-00-02Z", 3)
    ((cell, scenario, before, after),) = [
        (each["cell"], each["scenario"], each["before"], each["after"]) for each in found["changed"]
    ]
    assert (cell, scenario) == (NEAR, X)
    assert before != after
    json.dumps(plain(outcome))


def test_markdown_lists_what_changed_apart(outcome: Outcome) -> None:
    page = markdown(outcome)
    for title in (
        "New since 2026-11-01T10-00-02Z, an error",
        "Changed since 2026-11-01T10-00-02Z on an equal basis, an error",
        "New, and not compared in 2026-11-01T10-00-02Z, an error",
        "There already in 2026-11-01T10-00-02Z",
    ):
        assert f"### {title}\n" in page


# --- The command ---------------------------------------------------------------------------------

MATRIX = """\
version: 1
environments:
  - {tensorflow: ["2.9.3"], python: "3.10", name: tf1}
scenarios: {include: [recipes/none]}
"""


def call(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    (tmp_path / "matrix.yaml").write_text(MATRIX, encoding="utf-8")
    audit = Audit(tmp_path / "reports")
    audit.measure(1, {X: 1}, "tf1")
    assert call("report").exit_code == 0
    audit.measure(2, {X: 2}, "tf1")
    assert call("check").exit_code == ExitCode.HOLDS
    moved = call("check", "--since", "last")
    assert moved.exit_code == ExitCode.BROKE
    assert "Changed since 2026-11-01T10-00-02Z on an equal basis, an error" in moved.output
    assert "What else moved: sameseed history recipes/x" in moved.output
    assert moved.output.splitlines()[-1] == (
        "✗ Determinism breaks against the policy: 1 changed result."
    )
    unknown = call("check", "--since", "yesterday")
    assert isinstance(unknown.exception, RunError)
    assert unknown.exception.exit_code == ExitCode.USAGE
    assert not list((tmp_path / "reports/history").glob("2026-11-02*"))  # check keeps no run
