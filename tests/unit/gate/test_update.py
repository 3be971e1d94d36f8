from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

from harness.analysis import Results
from harness.errors import ExitCode
from harness.gate.baseline import Baseline, Known, Terms
from harness.gate.findings import Spot
from harness.gate.policy import Policy
from harness.gate.update import Update, rows, update
from tests.unit.gate.audits import (
    KINDS,
    MIDDLE,
    MOVES,
    NEW,
    REBUILT,
    ROUNDS,
    SHAKY,
    STEP,
    TODAY,
    judged,
    known,
    results,
)

ALL = (MOVES, ROUNDS, SHAKY, REBUILT)
LAST = date(2027, 6, 30)


def updated(
    found: Results,
    baseline: Baseline | None = None,
    policy: Policy | None = None,
    reason: str = "why",
    expires: date | None = None,
) -> Update:
    return update(
        found, policy or Policy(), baseline or Baseline(), TODAY, reason=reason, expires=expires
    )


def test_everything_new_is_added_for_the_reason_given(tmp_path: Path) -> None:
    found = results(tmp_path)
    change = updated(found, expires=LAST)

    assert {each.spot: each.kind for each in change.baseline.known} == KINDS
    assert {each.terms for each in change.baseline.known} == {Terms("why", "", LAST)}
    assert judged(found, change.baseline, packages="error").code is ExitCode.HOLDS
    assert updated(found, change.baseline).changes == ()


def test_what_the_policy_ignores_is_not_added(tmp_path: Path) -> None:
    policy = Policy(packages="ignore", rerun="ignore")
    change = updated(results(tmp_path), policy=policy)

    assert [each.spot for each in change.baseline.known] == [SHAKY]


def test_without_a_reason_that_is_known_or_given_it_says_so(tmp_path: Path) -> None:
    found = results(tmp_path)
    breaks = found.breaks.copy()
    moves = breaks["scenario"] == "mine/moves"
    breaks.loc[moves, ["known", "url"]] = ["another generator", "https://example.org/a; https://b"]
    change = updated(replace(found, breaks=breaks), reason="")

    assert {each.spot for each in change.without_reason} == {ROUNDS, SHAKY, REBUILT}
    terms = {each.spot: each.terms for each in change.baseline.known}
    assert terms[MOVES] == Terms("another generator", "https://example.org/a")
    given = updated(replace(found, breaks=breaks), reason="why")
    assert {each.terms.reason for each in given.baseline.known} == {"another generator", "why"}


def test_what_is_gone_is_removed_and_the_rest_stays_as_it_is(tmp_path: Path) -> None:
    baseline = known(*ALL)
    change = updated(results(tmp_path, fixed=("mine/moves",)), baseline, reason="another")

    assert set(change.baseline.known) == set(baseline.known) - set(known(MOVES).known)
    assert rows(change) == {STEP: [("- redraw, gone", MIDDLE, "mine/moves")]}


def test_what_was_not_looked_for_stays(tmp_path: Path) -> None:
    elsewhere = known(Spot("tensorflow:2.8.4..2.9.3", NEW, "mine/moves"))
    change = updated(results(tmp_path), Baseline((*known(*ALL).known, *elsewhere.known)))

    assert change.changes == ()
    assert set(elsewhere.known) <= set(change.baseline.known)


def test_something_worse_takes_the_place_of_what_was_known(tmp_path: Path) -> None:
    change = updated(results(tmp_path), known(MOVES, kind="rounding"))

    moves = [each for each in change.baseline.known if each.spot == MOVES]
    assert moves == [Known(MOVES, "redraw", Terms("why"))]
    assert ("~ rounding → redraw", MIDDLE, "mine/moves") in rows(change)[STEP]


def test_a_kind_that_is_milder_now_follows_unless_it_is_chance(tmp_path: Path) -> None:
    baseline = Baseline(
        (*known(ROUNDS, kind="redraw").known, *known(SHAKY, kind="structure").known)
    )
    change = updated(results(tmp_path), baseline)

    kinds = {each.spot: each.kind for each in change.baseline.known}
    assert kinds[ROUNDS] == "rounding"
    assert kinds[SHAKY] == "structure"
    terms = {each.spot: each.terms for each in change.baseline.known}
    assert terms[ROUNDS].reason == "a reason"
    assert ("~ redraw → rounding", MIDDLE, "mine/rounds") in rows(change)[STEP]


def test_a_pattern_that_still_accepts_something_stays(tmp_path: Path) -> None:
    pattern = known(Spot(STEP, "*", "mine/*"))
    change = updated(results(tmp_path), pattern)

    assert pattern.known[0] in change.baseline.known
    assert {each.spot for each in change.baseline.known} == {pattern.known[0].spot, SHAKY, REBUILT}


def test_nothing_expired_is_renewed_in_passing(tmp_path: Path) -> None:
    over = known(SHAKY, expires=date(2026, 11, 21))
    change = updated(results(tmp_path), over)

    assert over.known[0] in change.baseline.known
    assert change.expired == over.known
    assert rows(change)["process"] == [("expired on 2026-11-21, stays so", MIDDLE, "mine/shaky")]


def test_a_new_date_renews_what_has_expired_and_keeps_its_link(tmp_path: Path) -> None:
    over = known(SHAKY, expires=date(2026, 11, 21))
    valid = known(MOVES, expires=date(2026, 12, 1))
    baseline = Baseline((*over.known, *valid.known))
    change = updated(results(tmp_path), baseline, reason="", expires=LAST)

    terms = {each.spot: each.terms for each in change.baseline.known}
    assert terms[SHAKY] == Terms("a reason", "https://example.org/1", LAST)
    assert terms[MOVES].expires == date(2026, 12, 1)
    assert ("~ redraw, until 2027-06-30", MIDDLE, "mine/shaky") in rows(change)["process"]
    assert change.expired == ()
