from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pandas as pd

from harness.report.view import build
from harness.tables import table
from tests.unit.report import sample
from tests.unit.report.reading import read
from tests.unit.report.sample import Entry

if TYPE_CHECKING:
    from harness.analysis import Results
    from harness.report.view.steps import Steps

VERSIONS = ("2.10.1", "2.15.1", "2.16.2", "2.21.0")


def compared(results: Results, *steps: tuple[str, str, str, int]) -> Results:
    """With these steps besides: axis, from, to, and how many of eight scenarios change."""
    more = table("steps", [("packages", *step[:3], 8, step[3]) for step in steps])
    return dataclasses.replace(results, steps=pd.concat([results.steps, more]))


def numbers(steps: Steps) -> dict[str, int]:
    return {bar.label: bar.changed for bar in steps.bars}


def test_a_bar_counts_the_scenarios_that_change_on_the_way() -> None:
    suite = {"s/a": Entry("ABBBB"), "s/b": Entry("ABBCC"), "s/c": Entry("AAAAA")}
    (steps,) = build(sample.results(suite)).steps
    assert steps.axis == "TensorFlow"
    assert numbers(steps) == {"2.10.1": 2, "2.15.1": 0, "2.16.2": 1, "2.21.0": 0}
    assert steps.bars[0].title == ("TensorFlow 2.9.3 → 2.10.1: 2 of 3 scenarios change")
    assert [bool(bar.event) for bar in steps.bars] == [True, False, True, False]
    assert steps.bars[0].height > steps.bars[2].height > steps.bars[1].height == 0


def test_scenarios_that_are_meant_to_differ_do_not_count() -> None:
    suite = {"s/a": Entry("AAAAA"), "c/u": Entry("ABABA", "differ", "x", control=True)}
    (steps,) = build(sample.results(suite)).steps
    assert set(numbers(steps).values()) == {0}
    assert steps.said == "no changes"


def test_a_step_over_versions_that_others_have_is_none() -> None:
    results = sample.results({"s/a": Entry("ABBBB")})
    (steps,) = build(compared(results, ("tensorflow", "2.9.3", "2.16.2", 1))).steps
    assert tuple(numbers(steps)) == VERSIONS


def test_an_axis_without_versions_or_with_few_steps_has_no_picture() -> None:
    results = sample.results({"s/a": Entry("ABBBB")})
    few = [("numpy", "1.23.5", "1.26.4", 0), ("numpy", "1.26.4", "2.0.0", 0)]
    words = [("flavour", each, f"{each}!", 0) for each in ("sweet", "sour", "salty", "bitter")]
    assert [each.axis for each in build(compared(results, *few, *words)).steps] == ["TensorFlow"]


def test_all_axes_have_one_scale_and_versions_ascend() -> None:
    results = sample.results({f"s/{name}": Entry("ABBBB") for name in "abcdefgh"})
    keras = [
        ("keras", f"3.{minor}.0", f"3.{minor + 1}.0", int(minor == 9)) for minor in (10, 9, 8, 11)
    ]
    step = {"axis": "keras", "from": "3.9.0", "to": "3.10.0", "id": "k"}
    events = pd.concat([results.events, results.events.head(1).assign(**step)])
    results = dataclasses.replace(results, events=events)
    steps = {each.axis: each for each in build(compared(results, *keras)).steps}
    assert list(numbers(steps["Keras"])) == ["3.9.0", "3.10.0", "3.11.0", "3.12.0"]
    tall, low = (max(bar.height for bar in steps[axis].bars) for axis in ("TensorFlow", "Keras"))
    assert 7 * low < tall < 9 * low


def test_a_step_that_begins_elsewhere_has_a_start_of_its_own() -> None:
    keras = [
        ("keras", before, after, 0) for before, after in (("2.2.5", "2.3.1"), ("3.0.5", "3.1.1"))
    ]
    more = [("keras", "3.1.1", "3.2.1", 0)]
    results = compared(sample.results({"s/a": Entry("ABBBB")}), *keras, *more)
    steps = {each.axis: each for each in build(results).steps}
    assert [start.label for start in steps["Keras"].starts] == ["2.2.5", "3.0.5"]
    assert [start.label for start in steps["TensorFlow"].starts] == ["2.9.3"]
    places = {start.middle: start.label for start in steps["Keras"].starts}
    places |= {bar.middle: bar.label for bar in steps["Keras"].bars}
    assert [places[middle] for middle in sorted(places)] == [
        *("2.2.5", "2.3.1", "3.0.5", "3.1.1", "3.2.1"),
    ]


def test_the_picture_says_what_it_shows() -> None:
    from harness.report.html import render

    document = read(render(build(sample.results({"s/a": Entry("ABBBB"), "s/b": Entry("AABBB")}))))
    picture = document.one("svg")
    assert picture.attributes["role"] == "img"
    assert "4 steps, most changes at TensorFlow 2.9.3 → 2.10.1" in picture.attributes["aria-label"]
    assert [each.text for each in picture.all("text", **{"class": "value"})] == ["1", "1", "0", "0"]
