from __future__ import annotations

import pytest

from harness.plan import Cell, Environment, Plan, Setting
from harness.report.view.frames import Place
from harness.report.view.labels import Labels


def labels(
    *environments: dict[str, str], places: tuple[Place, ...] = ()
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
    return Labels(plan, found), list(found)


def test_one_differing_axis_names_the_columns_by_its_value() -> None:
    named, places = labels(
        {"tensorflow": "2.9.3", "python": "3.10"}, {"tensorflow": "2.10.1", "python": "3.10"}
    )
    assert named.axis == "TensorFlow"
    assert [named.short(place) for place in places] == ["2.9.3", "2.10.1"]
    assert named.full(places[0]) == "TensorFlow 2.9.3"


def test_several_differing_axes_are_all_named() -> None:
    named, places = labels(
        {"tensorflow": "2.9.3", "python": "3.8"}, {"tensorflow": "2.10.1", "python": "3.10"}
    )
    assert named.axis == ""
    assert [named.short(place) for place in places] == [
        "TensorFlow 2.9.3 · Python 3.8",
        "TensorFlow 2.10.1 · Python 3.10",
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


def test_devices_and_settings_are_named_by_their_values() -> None:
    axes = {"tensorflow": "2.9.3"}
    places = tuple(
        Place("e0", setting, device, "m") for setting in "ab" for device in ("cpu", "gpu")
    )
    named, _ = labels(axes, places=places)
    assert [named.full(place) for place in places] == ["a · cpu", "a · gpu", "b · cpu", "b · gpu"]


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


def test_versions_that_do_not_ascend_are_listed() -> None:
    named, places = labels(*({"tensorflow": version} for version in ("2.8", "2.11", "2.9", "2.10")))
    assert named.span(places[1:], among=places) == "TensorFlow 2.11, 2.9, 2.10"


def test_a_long_list_is_cut_and_counted() -> None:
    named, places = labels(*({"tensorflow": f"2.{20 - minor}"} for minor in range(12)))
    words = named.span(places[:10], among=places)
    assert words.endswith("2.13 and 2 more")
