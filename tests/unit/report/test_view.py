from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from harness.report.view import build
from harness.tables import table
from tests.unit.report import sample
from tests.unit.report.sample import Entry

if TYPE_CHECKING:
    from harness.report.view import View
    from harness.report.view.matrix import Mark

CONTROL = Entry("≠≠≠≠≠", "differ", "negative control", control=True)


def view(**suite: Entry) -> View:
    """The view of scenarios `s/<name>`, beside a control that came out."""
    entries = {f"s/{name}": entry for name, entry in suite.items()}
    return build(sample.results({**entries, "controls/unseeded": CONTROL}))


def marks(scenario: str, built: View) -> tuple[Mark, ...]:
    (found,) = [
        line.marks
        for band in built.matrix.bands
        for line in band.lines
        if line.scenario == scenario
    ]
    return found


def test_the_sentence_says_how_many_hold_how_many_break_and_where_most_of_them() -> None:
    built = view(a=Entry("AAAAA"), b=Entry("ABBBB"), c=Entry("ABBBC"))
    assert built.verdict.tone == "breaks"
    assert built.verdict.sentence == (
        "1 of 3 scenarios holds at every level tested; "
        "2 break, all of them at TensorFlow 2.9.3 → 2.10.1."
    )
    assert built.verdict.holding == ("s/a",)
    assert built.verdict.breaking == ("s/b", "s/c")


@pytest.mark.parametrize(
    ("suite", "sentence"),
    [
        (
            {"a": Entry("AAAAA"), "b": Entry("AAAAA")},
            "All 2 scenarios hold at every level tested.",
        ),
        (
            {"a": Entry("AAAAA"), "b": Entry("-----")},
            "1 scenario holds at every level tested; 1 scenario could not be compared.",
        ),
        ({"a": Entry("!!!!!")}, "Nothing could be compared: 1 scenario without two results."),
        (
            {"a": Entry("A≠≠≠≠"), "b": Entry("AAAAA")},
            "1 of 2 scenarios holds at every level tested; 1 breaks, between two launches.",
        ),
    ],
)
def test_the_sentence_in_other_cases(suite: dict[str, Entry], sentence: str) -> None:
    assert view(**suite).verdict.sentence == sentence


def test_a_failed_control_comes_before_everything_else() -> None:
    reason = "controls/unseeded gave the same weights in two launches of tf2_9_3_py3_10.default.cpu"
    built = build(sample.results({"s/a": Entry("AAAAA"), "c/u": CONTROL}, void=(reason,)))
    assert built.verdict.tone == "void"
    assert built.verdict.sentence.startswith("This audit cannot be trusted: a negative control")
    assert built.verdict.doubts == (reason,)
    assert not any("came out" in note for note in built.verdict.notes)


def test_an_audit_without_controls_says_so() -> None:
    notes = build(sample.results({"s/a": Entry("AAAAA")})).verdict.notes
    assert any(note.startswith("No negative control ran") for note in notes)


def test_what_is_meant_to_differ_counts_neither_as_holding_nor_as_breaking() -> None:
    built = view(a=Entry("AAAAA"), free=Entry("≠≠≠≠≠", "differ", "nothing is seeded"))
    assert built.verdict.sentence == "1 scenario holds at every level tested."
    assert built.events == ()
    assert built.launches == ()
    assert built.tiles[0].value == "1 / 1"
    assert [band.title for band in built.matrix.bands] == [
        "Hold at every level tested",
        "Meant to differ between launches",
        "Negative controls",
    ]


def test_the_notes_say_what_was_not_compared_and_what_was_not_measured() -> None:
    notes = build(sample.results()).verdict.notes
    assert notes == (
        "Compared: reruns, launches and package versions. "
        "Not compared: settings, Python versions, backends, devices and machines.",
        "2 negative controls came out as they must.",
        "2 of 7 cells not measured, or not in full.",
        "Hold where they ran, but failed in some cells: recipes/legacy_format.",
    )


def test_events_are_those_of_the_frame_without_scenarios_that_are_meant_to_differ() -> None:
    results = sample.results()
    exempt = {"recipes/none", "controls/unseeded", "controls/another_seed"}
    expected = {
        (row["level"], row["from"], row["to"]): set(row["scenarios"].split("; ")) - exempt
        for row in results.events.to_dict("records")
    }
    found = {
        (event.level, *event.step.split(" ", 1)[1].split(" → ")): {
            hit.scenario for hit in event.hits
        }
        for event in build(results).events
    }
    assert found == expected


def test_a_step_without_any_change_is_told_with_what_was_compared() -> None:
    steps = view(a=Entry("ABBBB"), b=Entry("AAA≠A"), c=Entry("AABBB", control=True)).still

    assert [(each.step, each.scenarios) for each in steps] == [
        ("TensorFlow 2.10.1 → 2.15.1", 2),
        ("TensorFlow 2.15.1 → 2.16.2", 1),
        ("TensorFlow 2.16.2 → 2.21.0", 1),
    ]


def test_an_event_carries_its_first_break_as_example() -> None:
    event = view(b=Entry("AABBB", kind="rounding")).events[0]
    assert (event.title, event.detail) == ("TensorFlow 2.10.1 → 2.15.1", "between package versions")
    assert event.kinds == ("other last bits (rounding)",)
    assert event.example.max_ulp == 3
    assert event.example.environments == ("tf2_10_1_py3_10", "tf2_15_1_py3_10")
    assert event.moved == (
        "keras 2.10.1 → 2.15.1, h5py 3.8.0 → 3.11.0, protobuf 3.19.6 → 4.25.3 and 2 more"
    )
    assert len(event.confounders) == 5


@pytest.mark.parametrize("broken", [True, False])
def test_a_broken_promise_is_told_from_a_permitted_change(broken: bool) -> None:
    results = sample.results({"s/a": Entry("AABBB"), "s/b": Entry("AABBB")})
    promised = dataclasses.replace(results.scenarios["s/b"], promise="frozen", promise_source="NEP")
    violation = (results.breaks["scenario"] == "s/b") & broken
    built = build(
        dataclasses.replace(
            results,
            breaks=results.breaks.assign(violation=violation.astype("boolean")),
            scenarios={**results.scenarios, "s/b": promised},
        )
    )

    hits = [(hit.scenario, hit.promise) for hit in built.events[0].hits]
    assert hits == ([("s/b", "frozen"), ("s/a", "")] if broken else [("s/a", ""), ("s/b", "")])
    assert ("s/b breaks what is documented." in built.verdict.notes) == broken


def test_what_weakens_a_comparison_is_not_said_to_have_moved() -> None:
    moved = ("keras {} → {}", "one launch only")
    event = build(sample.results({"s/a": Entry("ABBBB")}, moved=moved)).events[0]
    assert event.confounders == ("keras 2.9.3 → 2.10.1",)
    assert event.doubts == ("one launch only",)


def test_a_cell_with_too_few_launches_is_not_complete() -> None:
    results = sample.results()
    results.cells.loc[1, "message"] = "1 of 2 launches: run nox -s audit-tf2_9_3_py3_10"
    built = build(results)
    assert [cell.status for cell in built.unmeasured] == ["install_failed", "ok", "not_run"]
    assert "3 of 7 cells not measured, or not in full." in built.verdict.notes


def test_a_break_within_a_cell_says_in_which_ones() -> None:
    built = view(a=Entry("A≠≠≠≠"), b=Entry("ABBBB"))
    assert [hit.where for event in built.events for hit in event.hits] == [
        "TensorFlow 2.10.1 on",
        "",
    ]


def test_kinds_and_confounders_of_scenarios_that_are_meant_to_differ_stay_out() -> None:
    built = view(a=Entry("≠AAAA", kind="rounding"), free=Entry("≠≠≠≠≠", "differ"))
    assert built.events[0].kinds == ("other last bits (rounding)",)


@pytest.mark.parametrize(
    ("outcomes", "sentence"),
    [
        ("A≠≠≠≠", "same in every launch: TensorFlow 2.9.3; differs: TensorFlow 2.10.1 on"),
        ("≠≠≠≠≠", "another result in every launch: TensorFlow 2.9.3 to 2.21.0"),
        ("≠BBBB", "same in every launch: TensorFlow 2.10.1 on; differs: TensorFlow 2.9.3"),
        (
            "A≠A≠A",
            "same in every launch: TensorFlow 2.9.3, 2.15.1, 2.21.0; "
            "differs: TensorFlow 2.10.1, 2.16.2",
        ),
        ("A≠≠!-", "same in every launch: TensorFlow 2.9.3; differs: TensorFlow 2.10.1 on"),
    ],
)
def test_launches_that_differ_are_told_by_version(outcomes: str, sentence: str) -> None:
    assert [each.sentence for each in view(a=Entry(outcomes)).launches] == [sentence]


def test_a_promise_that_launches_agree_is_quoted() -> None:
    built = view(a=Entry("A≠≠≠≠", "same", "text 001"), b=Entry("A≠≠≠≠"))
    assert [each.promise for each in built.launches] == ["text 001", ""]


def test_claims_are_refuted_or_confirmed_by_the_measurement_not_by_the_text() -> None:
    claims = {claim.scenario: claim for claim in build(sample.results()).claims}
    clone = claims["texts/cloned_model"]
    assert (clone.outcome, clone.said) == ("refuted", "holds")
    assert (clone.holds, clone.fails) == ("", "TensorFlow 2.9.3 to 2.21.0")
    shared = build(sample.results()).claims[1]
    assert shared.outcome == "refuted in part"
    assert (shared.holds, shared.fails) == ("TensorFlow 2.10.1 on", "TensorFlow 2.9.3")
    instances = claims["texts/two_instances"]
    assert (instances.outcome, instances.said) == ("confirmed", "does not hold")


def test_refuted_claims_come_first_and_controls_are_no_claims() -> None:
    built = build(sample.results())
    outcomes = [claim.outcome == "confirmed" for claim in built.claims]
    assert outcomes == sorted(outcomes)
    assert not any(claim.scenario.startswith("controls/") for claim in built.claims)
    assert not any(
        claim.relation == "first == second" and claim.source == "" for claim in built.claims
    )


def test_a_relation_that_held_in_one_launch_only_stands_on_both_sides() -> None:
    results = sample.results()
    relations = results.relations
    index = relations.index[relations["scenario"] == "texts/cloned_model"][0]
    relations.loc[index, "holds"] = True
    clone = build(dataclasses.replace(results, relations=relations)).claims[0]
    assert clone.outcome == "refuted"
    assert clone.holds == "TensorFlow 2.9.3"
    assert clone.fails == "TensorFlow 2.9.3 to 2.21.0"


def test_marks_show_letters_differing_launches_failures_and_absence() -> None:
    built = view(a=Entry("A≠B!-"))
    assert [head.name for head in built.matrix.heads] == list(sample.VERSIONS)
    assert [mark.text for mark in marks("s/a", built)] == ["·", "A", "≠", "B", "!", "·", "·"]
    meanings = [mark.meaning for mark in marks("s/a", built)]
    assert meanings[0].startswith("could not be installed: numpy 1.26.4: TypeError")
    assert meanings[1] == "variant A, the same in every launch"
    assert meanings[4].startswith("error: ValueError: the legacy format is gone")
    assert meanings[5].startswith("not run: run `nox")
    assert meanings[6] == "not in this version: keras.random is not in Keras 2.9.0"


def test_a_letter_from_one_launch_or_beside_a_failed_one_is_marked() -> None:
    results = sample.results({"s/a": Entry("AAAAA")})
    results.variants["reproducible"] = pd.array([None, None, True, True, True], dtype="boolean")
    observations = results.observations
    second = (observations["trial"] == 2) & (observations["environment"] == "tf2_9_3_py3_10")
    observations.loc[second, "status"] = "timeout"
    built = build(results)
    doubts = [mark.doubt for mark in marks("s/a", built) if mark.text == "A"]
    assert doubts == ["!", "?", "", "", ""]
    assert {key.meaning for key in built.matrix.legend} >= {
        "some launches failed",
        "too few launches to show that it repeats",
    }


def test_breaking_rows_come_first_and_those_that_change_early_before_the_others() -> None:
    built = view(holds=Entry("AAAAA"), late=Entry("AAABB"), early=Entry("ABBBB"))
    assert [line.scenario for band in built.matrix.bands for line in band.lines] == [
        "s/early",
        "s/late",
        "s/holds",
        "controls/unseeded",
    ]


def test_variants_beyond_the_eighth_share_a_look_and_keep_their_letters() -> None:
    results = sample.results({"s/a": Entry("ABCDE")})
    results.variants["variant"] = ["A", "H", "I", "Z", "AA"]
    looks = {mark.text: mark.look for mark in marks("s/a", build(results))}
    assert looks == {"A": "v1", "H": "v8", "I": "v8", "Z": "v8", "AA": "v8", "·": "absent"}


def test_tiles_count_what_the_frames_hold() -> None:
    results = sample.results()
    exempt = results.variants["scenario"].isin(
        ["recipes/none", "controls/unseeded", "controls/another_seed"]
    )
    agree = results.variants.loc[~exempt, "reproducible"].dropna()
    values = [tile.value for tile in build(results).tiles]
    assert values[0] == "5 / 18"
    assert values[2] == f"{(results.cells['status'] == 'ok').sum()} / {len(results.cells)}"
    assert values[3] == f"{(~agree.astype(bool)).sum()} / {len(agree)}"


@pytest.mark.parametrize(
    ("entries", "groups"), [(["AAAAA"], 1), (["ABBBB"], 2), (["ABBBB", "AAAAB"], 3), (["A!!!!"], 2)]
)
def test_cells_with_the_same_marks_everywhere_are_one_group(
    entries: list[str], groups: int
) -> None:
    built = view(**{f"s{index}": Entry(entry) for index, entry in enumerate(entries)})
    assert built.tiles[1].value == f"5 → {groups}"


def test_nothing_planned_is_missing_and_what_was_not_measured_comes_first() -> None:
    built = build(sample.results())
    assert [cell.status for cell in built.cells] == ["install_failed", "not_run", *["ok"] * 5]
    assert [cell.message for cell in built.unmeasured] == [
        "numpy 1.26.4: TypeError: Descriptors cannot be created directly",
        "run `nox -s audit-tf2_20_0_py3_10`",
    ]


def test_scenarios_that_failed_are_listed_with_message_and_place() -> None:
    built = build(sample.results())
    found = [(each.scenarios, each.status, each.where) for each in built.troubles]
    assert found == [
        (("recipes/legacy_format",), "error", "TensorFlow 2.16.2 on"),
        (("recipes/stateless",), "unsupported", "TensorFlow 2.9.3"),
    ]


def test_an_audit_in_which_nothing_ran_can_be_shown() -> None:
    results = sample.results({"s/a": Entry("AAAAA")})
    empty = {
        name: getattr(results, name).head(0) for name in ("observations", "variants", "breaks")
    }
    cells = results.cells.assign(status="not_run", machine="", message="run `nox`")
    verdicts = results.verdicts.assign(verdict="untested", compared=0, differing=0)
    built = build(
        dataclasses.replace(
            results,
            **empty,
            events=results.events.head(0),
            cells=cells,
            verdicts=verdicts,
            relations=results.relations.head(0),
            facts=results.facts.head(0),
            machines=results.machines.head(0),
            scenarios={},
        )
    )
    assert built.verdict.tone == "unknown"
    assert built.verdict.sentence == "Nothing could be compared: 1 scenario without two results."
    assert "7 of 7 cells not measured, or not in full." in built.verdict.notes
    assert built.machines == ()


def test_machines_that_are_as_the_first_are_told_together_where_there_are_many() -> None:
    results = sample.results()
    steps = [("packages", "numpy", "1", "2", 4, 0)]
    steps += [("machine", "machine", "m0", f"m{number}", 9, 0) for number in range(1, 6)]
    steps += [("machine", "machine", "m0", "m7", 8, 0), ("machine", "machine", "m0", "m8", 9, 1)]
    found = build(dataclasses.replace(results, steps=table("steps", steps))).still
    assert [(each.step, each.scenarios) for each in found] == [
        ("NumPy 1 → 2", 4),
        ("machine m0 → 5 others", 9),
        ("machine m0 → m7", 8),
    ]
