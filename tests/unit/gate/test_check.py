from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from harness.analysis import Results
from harness.errors import ExitCode
from harness.gate.baseline import Baseline, Known, Terms
from harness.gate.check import Outcome
from harness.gate.findings import Spot, findings
from harness.gate.groups import verdict
from harness.gate.policy import Policy
from tests.unit.analysis.builder import Recorder, declared
from tests.unit.gate.audits import (
    CONTROL,
    ENVIRONMENTS,
    KINDS,
    MIDDLE,
    MOVES,
    NEW,
    REBUILT,
    ROUNDS,
    SHAKY,
    STEP,
    TODAY,
    analysed,
    judged,
    known,
    record,
    results,
)

ALL = (MOVES, ROUNDS, SHAKY, REBUILT)


def states(outcome: Outcome) -> dict[Spot, tuple[str, str]]:
    return {each.finding.spot: (each.state, each.action) for each in outcome.judged}


def test_new_breaks_count_as_the_policy_says(tmp_path: Path) -> None:
    outcome = judged(results(tmp_path))

    assert states(outcome) == {
        MOVES: ("new", "warn"),
        ROUNDS: ("new", "warn"),
        SHAKY: ("new", "error"),
        REBUILT: ("new", "error"),
    }
    assert {each.finding.spot: each.finding.kind for each in outcome.judged} == KINDS
    assert outcome.code is ExitCode.BROKE


def test_scenarios_that_are_meant_to_differ_are_not_judged(tmp_path: Path) -> None:
    found = results(tmp_path, scenarios={"mine/shaky": declared("differ")})

    assert CONTROL in set(found.breaks["scenario"])
    names = {each.spot.scenario for each in findings(found, Policy())}
    assert names == {"mine/moves", "mine/rounds", "mine/rebuilt"}


def test_warnings_do_not_fail(tmp_path: Path) -> None:
    outcome = judged(results(tmp_path), process="warn", rerun="ignore")

    assert outcome.code is ExitCode.HOLDS
    assert outcome.ignored == 1
    assert REBUILT not in states(outcome)


def test_known_breaks_pass_with_their_terms(tmp_path: Path) -> None:
    outcome = judged(results(tmp_path), known(*ALL), packages="error")

    assert outcome.code is ExitCode.HOLDS
    assert {state for state, _ in states(outcome).values()} == {"known"}
    assert {each.terms for each in outcome.judged} == {Terms("a reason", "https://example.org/1")}


@pytest.mark.parametrize(
    "spot",
    [
        MOVES._replace(scenario="mine/rounds"),
        MOVES._replace(cell=NEW),
        MOVES._replace(event="tensorflow:2.10.1..2.15.1"),
    ],
)
def test_an_entry_accepts_what_it_names_and_nothing_else(tmp_path: Path, spot: Spot) -> None:
    outcome = judged(results(tmp_path), known(spot, kind="redraw"))

    assert states(outcome)[MOVES] == ("new", "warn")


def test_patterns_accept_what_they_match(tmp_path: Path) -> None:
    outcome = judged(results(tmp_path), known(Spot(STEP, "*.default.cpu", "mine/*")))

    assert states(outcome)[MOVES][0] == states(outcome)[ROUNDS][0] == "known"
    assert outcome.gone == ()


@pytest.mark.parametrize(
    ("kind", "state"), [("rounding", "known"), ("redraw", "known"), ("drift", "known")]
)
def test_what_is_milder_than_accepted_is_accepted(tmp_path: Path, kind: str, state: str) -> None:
    assert states(judged(results(tmp_path), known(ROUNDS, kind=kind)))[ROUNDS][0] == state


@pytest.mark.parametrize("kind", ["rounding", "drift", "reordered", "unknown"])
def test_what_is_worse_than_accepted_is_new(tmp_path: Path, kind: str) -> None:
    outcome = judged(results(tmp_path), known(MOVES, kind=kind))

    assert states(outcome)[MOVES] == ("new", "warn")
    assert outcome.gone == ()  # something breaks there: the entry is too mild, not gone


def test_an_entry_counts_through_its_last_day(tmp_path: Path) -> None:
    found = results(tmp_path)
    for day, state in ((TODAY, "known"), (TODAY - timedelta(days=1), "expired")):
        outcome = judged(found, known(SHAKY, expires=day), rerun="warn")
        assert states(outcome)[SHAKY][0] == state
        assert (outcome.code is ExitCode.BROKE) == (state == "expired")
    assert "1 break accepted no longer" in verdict(outcome)


def test_an_entry_that_still_counts_goes_before_one_that_expired(tmp_path: Path) -> None:
    old, valid = known(SHAKY, expires=date(2020, 1, 1)), known(SHAKY, reason="renewed")
    outcome = judged(results(tmp_path), Baseline((*old.known, *valid.known)))

    (shaky,) = [each for each in outcome.judged if each.finding.spot == SHAKY]
    assert shaky.terms
    assert (shaky.state, shaky.terms.reason) == ("known", "renewed")


def test_a_known_break_that_disappeared_is_reported(tmp_path: Path) -> None:
    found = results(tmp_path, fixed=("mine/moves",))
    baseline = known(*ALL)

    outcome = judged(found, baseline)
    assert [each.spot for each in outcome.gone] == [MOVES]
    assert outcome.code is ExitCode.HOLDS
    assert judged(found, baseline, gone="ignore").gone == ()
    strict = judged(found, baseline, gone="error")
    assert strict.code is ExitCode.BROKE
    assert verdict(strict).endswith("1 accepted break that is gone.")


def test_an_expired_entry_whose_break_disappeared_is_only_gone(tmp_path: Path) -> None:
    found = results(tmp_path, fixed=("mine/shaky", "mine/rebuilt"))
    outcome = judged(found, known(SHAKY, expires=date(2020, 1, 1)))

    assert [each.spot for each in outcome.gone] == [SHAKY]
    assert outcome.code is ExitCode.HOLDS


def test_what_was_not_looked_for_is_not_gone(tmp_path: Path) -> None:
    record(tmp_path, fixed=("mine/moves",))
    for name in ENVIRONMENTS[:1]:
        for path in (tmp_path / "m1" / f"{name}.default.cpu").iterdir():
            path.unlink()
    found = analysed(tmp_path)

    assert not len(found.comparisons[found.comparisons["to"] == "2.10.1"])
    assert judged(found, known(MOVES)).gone == ()


def test_a_step_looked_for_elsewhere_does_not_make_it_gone_here(tmp_path: Path) -> None:
    outcome = judged(results(tmp_path), known(SHAKY._replace(cell=NEW), MOVES))

    assert [each.spot for each in outcome.gone] == [SHAKY._replace(cell=NEW)]
    found = results(tmp_path / "one", statuses={"mine/shaky": "unsupported"})
    assert judged(found, known(SHAKY)).gone == ()


@pytest.mark.parametrize(
    "spot",
    [MOVES._replace(cell="tf1_0_0_py2_7.default.cpu"), MOVES._replace(scenario="mine/old")],
)
def test_what_the_matrix_cannot_measure_any_more_is_gone(tmp_path: Path, spot: Spot) -> None:
    assert [each.spot for each in judged(results(tmp_path), known(spot)).gone] == [spot]


def test_an_entry_of_a_kind_that_is_ignored_is_not_gone(tmp_path: Path) -> None:
    assert judged(results(tmp_path), known(*ALL), process="ignore").gone == ()


def test_the_same_entries_match_on_another_machine(tmp_path: Path) -> None:
    record(tmp_path, machine="m1")
    record(tmp_path, machine="m2", fixed=("mine/moves",))
    found = analysed(tmp_path)

    spots = {each.spot for each in findings(found, Policy())}
    between = Spot("machine", MIDDLE, "mine/moves")
    assert {*ALL, between} <= spots
    outcome = judged(found, known(*spots))
    assert {state for state, _ in states(outcome).values()} == {"known"}
    assert outcome.gone == ()


def test_planned_cells_without_a_record_fail_as_not_measured(tmp_path: Path) -> None:
    outcome = judged(analysed(tmp_path))

    assert outcome.code is ExitCode.NOT_MEASURED
    assert {each.status for each in outcome.unmeasured} == {"not_run"}
    assert verdict(outcome) == "Nothing breaks against the policy, but not measured: 3 cells."


def test_a_new_break_is_worse_news_than_a_gap_and_both_are_told(tmp_path: Path) -> None:
    record(tmp_path, statuses={"mine/slow": "timeout"})
    next((tmp_path / "m1" / NEW).iterdir()).unlink()
    outcome = judged(analysed(tmp_path))

    assert outcome.code is ExitCode.BROKE
    assert verdict(outcome) == (
        "Determinism breaks against the policy: 2 new breaks."
        " Not measured: 1 cell and 1 scenario that failed."
    )
    assert {each.status for each in outcome.unmeasured} == {"too few launches", "timeout"}


def test_a_machine_without_the_device_is_no_failure(tmp_path: Path) -> None:
    record(tmp_path, fixed=("mine/moves", "mine/rounds", "mine/shaky", "mine/rebuilt"))
    for trial in (1, 2):
        Recorder(tmp_path).trial(
            ENVIRONMENTS[0], trial, device="gpu", end="device_missing", message="no GPU"
        )
    found = analysed(tmp_path)
    cells = found.cells.copy()
    cells.loc[0, "status"] = "device_missing"
    for status, code in (("device_missing", ExitCode.HOLDS), ("crash", ExitCode.NOT_MEASURED)):
        cells.loc[0, "status"] = status
        assert judged(replace(found, cells=cells)).code is code


def test_a_void_audit_says_nothing_else(tmp_path: Path) -> None:
    outcome = judged(replace(results(tmp_path), void=("a control gave equal weights",)))

    assert outcome.code is ExitCode.INTERNAL
    assert verdict(outcome).startswith("This audit cannot be trusted")


def test_a_broken_promise_fails_where_another_break_warns(tmp_path: Path) -> None:
    promise = {"promise": "same", "promise_source": "NEP", "promise_levels": ["packages"]}
    found = results(tmp_path, scenarios={"mine/rounds": declared() | promise})
    outcome = judged(found)

    assert states(outcome)[ROUNDS] == ("new", "error")
    assert states(outcome)[MOVES] == ("new", "warn")


def test_many_entries_are_found_without_trying_each(
    tmp_path: Path, benchmark_seconds: Callable[[Callable[[], object]], float]
) -> None:
    terms = Terms("a reason")
    many = tuple(Known(Spot(STEP, MIDDLE, f"s/{n}"), "redraw", terms) for n in range(20_000))
    found: Results = results(tmp_path)

    assert benchmark_seconds(lambda: judged(found, Baseline(many))) < 5


@pytest.fixture
def benchmark_seconds() -> Callable[[Callable[[], object]], float]:
    import time

    def seconds(call: Callable[[], object]) -> float:
        start = time.process_time()
        call()
        return time.process_time() - start

    return seconds
