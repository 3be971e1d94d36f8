"""What a scenario records through its `Run`."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from harness.probe.context import Run, UnsupportedError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


class Weight:
    def __init__(self, name: str) -> None:
        self.name = name


class Dense:
    """A layer as far as `Run.weights` looks at one."""

    def __init__(self, **weights: NDArray[Any]) -> None:
        self.weights = [Weight(name) for name in weights]
        self._values = list(weights.values())

    def get_weights(self) -> list[NDArray[Any]]:
        return self._values


@pytest.fixture
def run(tmp_path: Path) -> Run:
    keras = SimpleNamespace(utils=SimpleNamespace(set_random_seed="found"))
    framework: Any = SimpleNamespace(
        backend="tensorflow", keras=keras, keras_name="tensorflow.keras"
    )
    return Run(framework, tmp_path / "objects", tmp_path)


@pytest.mark.parametrize("name", ["dense_3/kernel:0", "kernel", "sequential/dense/kernel_7:0"])
def test_weight_names_of_keras_2_and_3_are_the_same(run: Run, name: str) -> None:
    run.weights("first", SimpleNamespace(layers=[Dense(**{name: np.zeros(2)})]))

    assert [array["array"] for array in run.arrays] == ["first/dense_0/kernel"]


def test_two_weights_of_one_name_stay_apart(run: Run) -> None:
    layer = Dense(**{"Variable:0": np.zeros(2), "Variable_1:0": np.ones(2)})

    run.weights("first", SimpleNamespace(layers=[layer]))

    assert [array["array"] for array in run.arrays] == [
        "first/dense_0/variable",
        "first/dense_0/variable_2",
    ]


def test_a_relation_compares_bits_under_two_prefixes(run: Run) -> None:
    run.array("first/w", np.array([0.0]))
    run.array("second/w", np.array([-0.0]))
    run.array("third/w", np.array([0.0]))

    run.relation("first", "second", expected=True, source="someone")
    run.relation("first", "third", level="rerun")

    assert [(entry["relation"], entry["holds"]) for entry in run.relations] == [
        ("first == second", False),
        ("first == third", True),
    ]
    assert run.relations[1]["level"] == "rerun"


def test_a_relation_does_not_hold_where_arrays_are_missing_on_one_side(run: Run) -> None:
    run.array("first/w", np.zeros(1))
    run.array("first/b", np.zeros(1))
    run.array("second/w", np.zeros(1))

    run.relation("first", "second")

    assert run.relations[0]["holds"] is False


def test_a_prefix_is_a_whole_name(run: Run) -> None:
    run.array("first/w", np.zeros(1))
    run.array("first_run/w", np.ones(1))
    run.array("second/w", np.zeros(1))

    run.relation("first", "second")

    assert run.relations[0]["holds"] is True


def test_a_relation_about_nothing_is_a_mistake(run: Run) -> None:
    run.array("first/w", np.zeros(1))

    with pytest.raises(ValueError, match="no arrays"):
        run.relation("first", "second")


def test_two_arrays_of_one_name_are_a_mistake(run: Run) -> None:
    run.array("w", np.zeros(1))

    with pytest.raises(ValueError, match="two arrays"):
        run.array("w", np.ones(1))


@pytest.mark.parametrize("name", ["a b[0]", "", "naïve", "x" * 301, "a\n"])
def test_a_name_that_no_record_can_hold_costs_the_scenario_not_the_trial(
    run: Any, name: str
) -> None:
    with pytest.raises(ValueError, match="cannot be called"):
        run.array(name, np.zeros(1))


def test_a_type_that_no_record_can_hold_costs_the_scenario_not_the_trial(run: Any) -> None:
    with pytest.raises(TypeError, match="not recorded"):
        run.array("when", np.array(["2026-11-22"], dtype="datetime64[D]"))


def test_an_api_is_found_by_its_path(run: Run) -> None:
    assert run.api("keras.utils.set_random_seed") == "found"
    assert run.api("math.pi") > 3


@pytest.mark.parametrize("path", ["keras.utils.nothing", "math.nothing", "no_such_package.thing"])
def test_a_missing_api_is_unsupported_and_named(run: Run, path: str) -> None:
    with pytest.raises(UnsupportedError, match=path):
        run.api(path)


def test_a_depthwise_kernel_has_one_name_in_keras_2_and_3(run: Run) -> None:
    class DepthwiseConv2D(Dense):
        pass

    for prefix, name in (("keras_2", "depthwise_kernel:0"), ("keras_3", "kernel")):
        run.layer(prefix, DepthwiseConv2D(**{name: np.ones(2)}))

    run.relation("keras_2", "keras_3")
    assert run.relations[0]["holds"]


def test_of_a_large_weight_evenly_spaced_values_are_recorded(run: Run) -> None:
    large, small = np.arange(1000).reshape(10, 100), np.arange(6).reshape(2, 3)

    run.layer("thin", Dense(large=large, small=small), most=100)

    run.array("thinned/large", np.arange(0, 1000, 11))
    run.array("thinned/small", small)
    run.relation("thin", "thinned")
    assert run.relations[0]["holds"]


def test_values_already_asked_for_are_taken(run: Run) -> None:
    run.layer("first", Dense(kernel=np.zeros(2)), values=[np.ones(2)])

    run.array("given/kernel", np.ones(2))
    run.relation("first", "given")
    assert run.relations[0]["holds"]
