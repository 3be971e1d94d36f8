import re
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.expand import expand, slug
from harness.matrix import Matrix


def ids(*entries: Mapping[str, object], devices: tuple[str, ...] = ("cpu",)) -> list[str]:
    matrix = Matrix.model_validate({"version": 1, "environments": entries, "devices": devices})
    return [candidate.id for candidate in expand(matrix)]


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"tensorflow": "2.9.3"}, "tf2_9_3_py3_10"),
        ({"tensorflow": "2.22.0rc1"}, "tf2_22_0rc1_py3_10"),
        ({"tensorflow": "2.16.2", "keras": "3.0.5"}, "tf2_16_2_keras3_0_5_py3_10"),
        ({"keras": "3.0.5", "backend": "jax"}, "keras3_0_5_jax_py3_10"),
        ({"keras": "3.0.5", "backend": ["tensorflow"]}, "keras3_0_5_py3_10"),
        ({"tensorflow": "2.9.3", "numpy": "1.26.4"}, "tf2_9_3_py3_10"),
        ({"tensorflow": "2.9.3", "numpy": ["1.26.4"]}, "tf2_9_3_np1_26_4_py3_10"),
        ({"tensorflow": "2.9.3", "packages": {"protobuf": "<3.20"}}, "tf2_9_3_py3_10"),
        (
            {"tensorflow": "2.9.3", "packages": {"ml-dtypes": [">=0.4,<1"]}},
            "tf2_9_3_py3_10_ml_dtypes",
        ),
        (
            {"keras": "3.15.1", "backend": "jax", "packages": {"jax": ["0.5.0"]}},
            "keras3_15_1_py3_10_jax0_5_0",
        ),
        (
            {"keras": "3.15.1", "backend": "jax", "packages": {"jax": "0.5.0"}},
            "keras3_15_1_jax_py3_10",
        ),
        ({"tensorflow": ">=2.21", "prereleases": True}, "tfge2_21_py3_10"),
        ({"tensorflow": "2.9.3", "name": "old"}, "old"),
    ],
)
def test_an_id_names_what_tells_an_environment_apart(
    entry: dict[str, object], expected: str
) -> None:
    assert ids({"python": "3.10", **entry}) == [expected]


def test_several_specifiers_of_one_package_are_told_apart() -> None:
    entry = {"tensorflow": "2.9.3", "python": "3.10", "packages": {"scipy": ["<1.10", ">=1.10"]}}
    assert ids(entry) == ["tf2_9_3_py3_10_scipylt1_10", "tf2_9_3_py3_10_scipyge1_10"]


def test_the_first_axis_varies_slowest() -> None:
    entry = {"tensorflow": ["2.9.3", "2.10.1"], "python": ["3.9", "3.10"]}
    assert ids(entry) == [
        "tf2_9_3_py3_9",
        "tf2_9_3_py3_10",
        "tf2_10_1_py3_9",
        "tf2_10_1_py3_10",
    ]


def test_a_device_with_its_own_packages_gets_its_own_environment() -> None:
    entry = {
        "tensorflow": "2.21.0",
        "python": "3.10",
        "numpy": "1.26.4",
        "packages_on": {"gpu": {"tensorflow[and-cuda]": "same", "nvidia-cudnn": ">=9"}},
    }
    matrix = Matrix.model_validate(
        {"version": 1, "environments": [entry], "devices": ["cpu", "gpu"]}
    )
    cpu, gpu = expand(matrix)
    assert (cpu.id, cpu.devices) == ("tf2_21_0_py3_10", ("cpu",))
    assert (gpu.id, gpu.devices) == ("tf2_21_0_py3_10_gpu", ("gpu",))
    assert gpu.axes == cpu.axes
    assert tuple(cpu.requirements.values()) == ("tensorflow==2.21.0", "numpy==1.26.4")
    assert tuple(gpu.requirements.values()) == (
        "tensorflow[and-cuda]==2.21.0",
        "numpy==1.26.4",
        "nvidia-cudnn>=9",
    )


def test_a_device_that_the_matrix_leaves_out_makes_no_environment() -> None:
    packages_on = {"gpu": {"tensorflow[and-cuda]": "same"}}
    entry = {"tensorflow": "2.21.0", "python": "3.10", "packages_on": packages_on}
    assert ids(entry, devices=("cpu",)) == ["tf2_21_0_py3_10"]
    assert ids(entry, devices=("gpu",)) == ["tf2_21_0_py3_10_gpu"]


def test_a_device_that_needs_nothing_else_stays_in_the_shared_environment() -> None:
    entry = {"tensorflow": "2.21.0", "python": "3.10", "packages_on": {"gpu": {}}}
    assert ids(entry, devices=("cpu", "gpu")) == ["tf2_21_0_py3_10"]


@pytest.mark.parametrize(
    ("entry", "requirements"),
    [
        ({"keras": "3.0.5", "backend": "jax"}, ("keras==3.0.5", "jax")),
        ({"keras": "3.0.5"}, ("keras==3.0.5", "tensorflow")),
        (
            {"keras": "3.0.5", "backend": "torch", "packages": {"torch": "2.5.1"}},
            ("keras==3.0.5", "torch==2.5.1"),
        ),
        (
            {"tensorflow": "2.9.3", "packages": {"protobuf": "<3.20"}},
            ("tensorflow==2.9.3", "protobuf<3.20"),
        ),
    ],
)
def test_requirements_are_the_pins_and_the_backend(
    entry: dict[str, object], requirements: tuple[str, ...]
) -> None:
    matrix = Matrix.model_validate({"version": 1, "environments": [{"python": "3.10", **entry}]})
    [candidate] = expand(matrix)
    assert tuple(candidate.requirements.values()) == requirements


def test_an_interpreter_installs_nothing_and_declares_no_axis() -> None:
    entry = {"interpreter": "/opt/python", "name": "cluster"}
    [candidate] = expand(Matrix.model_validate({"version": 1, "environments": [entry]}))
    assert candidate.interpreter == "/opt/python"
    assert candidate.python is None
    assert candidate.axes == {}
    assert candidate.requirements == {}


@given(st.text(st.sampled_from("abAZ019.-_+<>=!~,* ")))
def test_a_slug_is_fit_for_an_id_whatever_the_text(text: str) -> None:
    assert re.fullmatch(r"([a-z0-9]+(_[a-z0-9]+)*)?", slug(text))
