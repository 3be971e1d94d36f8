from __future__ import annotations

import dataclasses

import pandas as pd

from harness.report.view import build
from tests.unit.report import sample
from tests.unit.report.sample import Entry


def test_breaks_that_measured_the_same_are_one_pair() -> None:
    results = sample.results({"s/a": Entry("ABABA"), "s/b": Entry("ABBBB", kind="rounding")})
    detail = build(results).detail
    assert len(detail["breaks"]) == len(results.breaks) == 5
    of_a, of_b = (
        detail["breaks"].loc[(results.breaks["scenario"] == name).to_numpy(), "pair"].tolist()
        for name in ("s/a", "s/b")
    )
    assert len(set(of_a)) == 1
    assert set(of_b).isdisjoint(of_a)
    assert detail["arrays"]["pair"].tolist() == [0, 0, 1, 1]


def test_one_other_digit_in_one_array_makes_another_pair() -> None:
    results = sample.results({"s/a": Entry("ABABA")})
    changed = results.differences.copy()
    changed.loc[changed.index[-1], "mean_abs"] = 0.25
    detail = build(dataclasses.replace(results, differences=changed)).detail
    assert detail["breaks"]["pair"].tolist() == [0, 0, 0, 1]
    assert len(detail["arrays"]) == 4


def test_every_pair_has_the_arrays_of_its_breaks() -> None:
    results = sample.results()
    detail = build(results).detail
    pairs = detail["breaks"].set_index(results.breaks["id"].to_numpy())["pair"]
    columns = ["array", "kind", "max_ulp", "max_abs", "ulp_histogram"]
    for id_, theirs in results.differences.groupby("break"):
        ours = detail["arrays"][detail["arrays"]["pair"] == pairs[id_]]
        pd.testing.assert_frame_equal(
            ours[columns].reset_index(drop=True), theirs[columns].reset_index(drop=True)
        )


def test_sides_of_a_break_are_the_places_it_is_between() -> None:
    results = sample.results({"s/a": Entry("A≠BBB")})
    detail = build(results).detail
    places = [f"{each.environment}.{each.setting}" for each in detail["places"].itertuples()]
    for row, (left, right) in zip(
        results.breaks.itertuples(), detail["breaks"][["left", "right"]].to_numpy(), strict=True
    ):
        assert places[left] == f"{row.environment_from}.default"
        assert places[right] == f"{row.environment_to}.default"


def test_marks_are_those_of_the_matrix_row_by_row() -> None:
    view = build(sample.results())
    marks = view.detail["marks"]
    shown = [
        (mark.text, mark.look)
        for band in view.matrix.bands
        for line in band.lines
        for mark in line.marks
    ]
    codes = view.detail["matrix"]["mark"]
    assert [(marks["text"][code], marks["look"][code]) for code in codes] == shown
    assert len(marks) == len(marks.drop_duplicates())
