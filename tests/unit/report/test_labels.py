from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from harness.plan import Cell, Environment, Plan, Setting
from harness.report.view.frames import Place
from harness.report.view.labels import Labels, _joined
from harness.report.view.spans import EVERY, MOST

if TYPE_CHECKING:
    from collections.abc import Mapping


def labels(
    *environments: dict[str, str],
    places: tuple[Place, ...] = (),
    measured: Mapping[Place, Mapping[str, str]] | None = None,
) -> tuple[Labels, list[Place]]:
    """Labels of environments e0, e1, … with these axes, each on one place unless given."""
    plan = Plan(
        profile="default",
        environments=tuple(
            Environment(f"e{index}", axes, "3.10", None, "tensorflow", (), ("default",))
            for index, axes in enumerate(environments)
        ),
        settings=(Setting("default", {}, 2),),
        cells=tuple(Cell(f"e{index}", "default", "cpu") for index in range(len(environments))),
        all_cells=(),
        trials=2,
        scenarios=(),
        scenario_seconds=60.0,
    )
    found = places or tuple(
        Place(f"e{index}", "default", "cpu", "m") for index in range(len(environments))
    )
    return Labels(plan, found, measured), list(found)


def test_one_differing_axis_names_the_columns_by_its_value() -> None:
    named, places = labels(
        {"tensorflow": "2.9.3", "python": "3.10"}, {"tensorflow": "2.10.1", "python": "3.10"}
    )
    assert named.axis == "TensorFlow"
    assert [named.short(place) for place in places] == ["2.9.3", "2.10.1"]
    assert named.full(places[0]) == "TensorFlow 2.9.3"


def test_of_several_differing_axes_the_fewest_that_tell_are_named() -> None:
    named, places = labels(
        {"tensorflow": "2.9.3", "python": "3.8"},
        {"tensorflow": "2.10.1", "python": "3.8"},
        {"tensorflow": "2.10.1", "python": "3.10"},
    )
    assert named.axis == ""
    assert [named.short(place) for place in places] == [
        "TensorFlow 2.9.3",
        "TensorFlow 2.10.1 · Python 3.8",
        "TensorFlow 2.10.1 · Python 3.10",
    ]


def test_a_package_that_is_not_named_is_not_there() -> None:
    axes = {"tensorflow": "2.16.2", "python": "3.10"}
    named, places = labels(
        axes, {**axes, "tf-keras": ">=2.15"}, {**axes, "keras": "3.0.5"}, {**axes, "keras": "3.1.1"}
    )
    assert [named.full(place) for place in places] == [
        "e0",
        "tf-keras",
        "Keras 3.0.5",
        "Keras 3.1.1",
    ]


def test_an_environment_without_declared_versions_goes_by_its_id() -> None:
    named, places = labels({}, {"tensorflow": "2.10.1"})
    assert [named.short(place) for place in places] == ["e0", "2.10.1"]


def test_equal_names_fall_back_to_ids() -> None:
    named, places = labels({"tensorflow": "2.9.3"}, {"tensorflow": "2.9.3"})
    names = [named.full(place) for place in places]
    assert len(set(names)) == 2
    assert all(f"e{index}" in name for index, name in enumerate(names))


def test_a_single_cell_is_named_by_its_first_axis() -> None:
    named, places = labels({"tensorflow": "2.9.3", "numpy": "1.26.4"})
    assert named.full(places[0]) == "TensorFlow 2.9.3"


def test_devices_and_settings_are_named_by_their_values_and_the_cpu_is_not() -> None:
    axes = {"tensorflow": "2.9.3"}
    places = tuple(
        Place("e0", setting, device, "m") for setting in "ab" for device in ("cpu", "gpu")
    )
    named, _ = labels(axes, places=places)
    assert [named.full(place) for place in places] == ["a", "a · gpu", "b", "b · gpu"]


def test_a_cell_on_which_nothing_is_recorded_is_not_another_machine() -> None:
    axes = ({"tensorflow": "2.9.3"}, {"tensorflow": "2.10.1"})
    places = (Place("e0", "default", "cpu", ""), Place("e1", "default", "cpu", "m"))
    named, _ = labels(*axes, places=places)
    assert [named.full(place) for place in places] == ["TensorFlow 2.9.3", "TensorFlow 2.10.1"]


@pytest.mark.parametrize(
    ("chosen", "among", "words"),
    [
        ([], [0, 1, 2, 3], ""),
        ([0], [0, 1, 2, 3], "TensorFlow 2.8.4"),
        ([1, 2, 3], [0, 1, 2, 3], "TensorFlow 2.9.3 on"),
        ([0, 1, 2, 3], [0, 1, 2, 3], "TensorFlow 2.8.4 to 2.11.1"),
        ([0, 1], [0, 1, 2, 3], "TensorFlow 2.8.4, 2.9.3"),
        ([1, 2], [0, 1, 2], "TensorFlow 2.9.3 on"),
        ([3], [0, 3], "TensorFlow 2.11.1"),
    ],
)
def test_spans_of_ascending_versions(chosen: list[int], among: list[int], words: str) -> None:
    named, places = labels(
        *({"tensorflow": version} for version in ("2.8.4", "2.9.3", "2.10.1", "2.11.1"))
    )
    assert named.span((places[i] for i in chosen), among=[places[i] for i in among]) == words


def test_ranges_are_of_versions_in_whatever_order_they_stand() -> None:
    named, places = labels(*({"tensorflow": version} for version in ("2.8", "2.11", "2.9", "2.10")))
    assert named.span(places[1:], among=places) == "TensorFlow 2.9 on"
    assert named.span(places[:2], among=places) == "TensorFlow 2.8, 2.11"


def test_a_long_list_is_cut_and_counted() -> None:
    named, places = labels(*({"tensorflow": f"2.{minor}"} for minor in range(12)))
    words = named.span(places[::2], among=places)
    assert words == "6 of 12 cells, such as TensorFlow 2.0 and 2.2"


FRAMEWORKS = ("2.9.3", "2.10.1", "2.15.1", "2.16.2", "2.21.0")
SETTINGS = ("default", "one_thread", "onednn_off")


def _grid() -> tuple[Labels, list[Place]]:
    """Several versions of two packages, one package that not all have, and several settings."""
    environments: list[dict[str, str]] = [
        {"tensorflow": tensorflow, "python": python}
        for tensorflow in FRAMEWORKS
        for python in ("3.10", "3.11")
    ]
    environments += [
        {"keras": "3.5.0", "backend": each, "python": "3.11"} for each in ("jax", "torch")
    ]
    places = [Place(f"e{index}", "default", "cpu", "m") for index in range(len(environments))]
    places += [Place("e0", setting, "cpu", "m") for setting in SETTINGS[1:]]
    places += [Place("e9", setting, "cpu", "m") for setting in SETTINGS[1:]]
    places += [Place("e9", "default", "gpu", "m")]
    return labels(*environments, places=tuple(places))


NAMED, PLACES = _grid()
AXES = {
    place: axes | {"setting": place.setting, "device": place.device}
    for place in PLACES
    for axes in [dict(NAMED._facts[place])]
}
ON = {"TensorFlow": "tensorflow", "Keras": "keras", "Python": "python"}


def _values(words: str, known: list[str]) -> set[str]:
    """The values that a reader takes from `2.9.3, 2.15.1 to 2.16.2 and 2.21.0 on`."""
    found: set[str] = set()
    for each in re.split(", | and ", words):
        low, _, high = each.partition(" to ")
        if each.endswith(" on"):
            low = each.removesuffix(" on")
            found |= {value for value in known if value and Version(value) >= Version(low)}
        elif high:
            found |= {v for v in known if v and Version(low) <= Version(v) <= Version(high)}
        else:
            found.add(each)
    assert found <= set(known)
    return found


def _read(words: str, among: list[Place]) -> set[Place]:
    """The places that a reader takes from a part's words, who knows the names of single cells."""
    single = {NAMED.full(place): place for place in PLACES}
    if words in single:
        return {single[words]}
    every = {"setting": False, "device": False}
    for axis, said in EVERY.items():
        every[axis] = said in words
        words = words.replace(f" and {said}", "").replace(said, "").strip()
    chosen: dict[str, set[str]] = {}
    for item in filter(None, words.removeprefix("every ").split(" · ")):
        first, _, rest = item.partition(" ")
        if first in ON:
            axis, rest = ON[first], rest
        else:
            (axis,) = {
                axis
                for axis in ("setting", "device", "backend")
                for value in re.split(", | and ", item)
                if value in {AXES[place].get(axis) for place in PLACES}
            }
            rest = item
        chosen[axis] = _values(rest, [AXES[place].get(axis, "") for place in among])
    for axis, usual in (("setting", "default"), ("device", "cpu")):
        if axis not in chosen and not every[axis]:
            chosen[axis] = {usual}
    return {
        place
        for place in among
        if all(AXES[place].get(axis, "") in values for axis, values in chosen.items())
    }


@given(st.sets(st.sampled_from(PLACES)), st.sets(st.sampled_from(PLACES)))
def test_a_part_names_its_cells_and_no_others(one: set[Place], other: set[Place]) -> None:
    among = [place for place in PLACES if place in one | other]
    parts = NAMED.parts(one, among)
    for part in parts:
        assert _read(part.words, among) == part.places, part.words
        assert part.places <= one
    if len(parts) < MOST:
        assert set().union(*(part.places for part in parts)) == one


@given(st.sets(st.sampled_from(PLACES), min_size=1), st.sets(st.sampled_from(PLACES)))
def test_a_span_is_short_and_counts_what_it_does_not_name(
    one: set[Place], other: set[Place]
) -> None:
    among = [place for place in PLACES if place in one | other]
    words = NAMED.span(one, among)
    assert len(words) <= 120
    if words.startswith("all "):
        count, _, rest = words.removeprefix("all ").partition(" cells")
        assert int(count) == len(among)
        missing = set(among) - one
        assert rest.removeprefix(" but ") == (
            "" if not missing else _joined(NAMED.parts(missing, among))
        )
    elif " of " in words:
        assert words.startswith(f"{len(one)} of {len(among)} cells, such as ")
    else:
        assert words == _joined(NAMED.parts(one, among))


def test_what_a_group_shares_is_said_once() -> None:
    tensorflow = {"python": "3.10"}
    named, _ = labels(
        *({"tensorflow": version, **tensorflow} for version in ("2.8", "2.9", "2.10")),
        {"tensorflow": "2.11", "python": "3.11"},
        {"keras": "3.5.0", "python": "3.12"},
    )
    assert [(group.varies, group.shared, group.names) for group in named.groups()] == [
        ("TensorFlow", "Python 3.10", ("2.8", "2.9", "2.10")),
        ("", "", ("TensorFlow 2.11", "Keras")),
    ]


def test_versions_that_were_measured_tell_a_set_and_name_no_cell() -> None:
    axes = [
        {"tensorflow": "2.15.1", "python": "3.9"},
        {"tensorflow": "2.16.2", "python": "3.9", "tf-keras": ">=2"},
        {"tensorflow": "2.16.2", "python": "3.10"},
        {"tensorflow": "2.21.0", "python": "3.10"},
        {"tensorflow": "2.21.0", "python": "3.11", "tf-keras": ">=2"},
        {"tensorflow": "2.21.0", "python": "3.12"},
    ]
    plain, places = labels(*axes)
    keras = ("2.15.0", "2.16.0", "3.0.5", "3.12.4", "2.21.0", "3.13.0")
    measured = {place: {"keras": version} for place, version in zip(places, keras, strict=True)}
    named = labels(*axes, measured=measured)[0]
    third = [places[2], places[3], places[5]]
    assert named.span(third, among=places) == "Keras 3.0.5 on"
    assert [named.full(each) for each in places] == [plain.full(each) for each in places]

    del measured[places[0]]  # whose Keras nobody knows now
    assert "Keras" not in labels(*axes, measured=measured)[0].span(third, among=places)
