from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from harness.analysis.facts import confounders, facts, merged, package
from harness.records import read
from tests.unit.analysis.builder import Recorder

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def moved(tmp_path: Path) -> Any:
    """What moved between two trials that were recorded with these facts."""

    def between(
        left: dict[str, Any],
        right: dict[str, Any],
        level: str = "packages",
        axis: str = "tensorflow",
    ) -> list[str]:
        recorder = Recorder(tmp_path)
        sides = [
            facts(read(recorder.trial(trial=trial, **side)).header)
            for trial, side in ((1, left), (2, right))
        ]
        return list(confounders(level, axis, *sides))

    return between


def test_equal_facts_confound_nothing(moved: Any) -> None:
    assert moved({}, {}) == []


def test_packages_beside_the_axis_confound_and_the_axis_does_not(moved: Any) -> None:
    left = {"packages": {"tensorflow": "2.9.3", "keras": "2.9.0", "wheel": "1"}}
    right = {"packages": {"tensorflow": "2.10.1", "keras": "2.10.0", "wheel": "1"}}
    assert moved(left, right) == ["keras 2.9.0 → 2.10.0"]
    assert moved(left, right, axis="keras") == ["tensorflow 2.9.3 → 2.10.1"]


def test_a_package_on_one_side_only_is_absent_on_the_other(moved: Any) -> None:
    left, right = {"packages": {"a": "1"}}, {"packages": {"b": "2"}}
    assert moved(left, right) == ["a 1 → absent", "b absent → 2"]


@pytest.mark.parametrize(
    "name", ["tensorflow-cpu", "tensorflow-intel", "tensorflow-macos", "tensorflow-cpu-aws"]
)
def test_every_distribution_of_tensorflow_is_tensorflow(moved: Any, name: str) -> None:
    assert package(name) == "tensorflow"
    assert moved({"packages": {name: "2.9.3"}}, {"packages": {"tensorflow": "2.10.1"}}) == []


@pytest.mark.parametrize(
    "name", ["tensorflow-estimator", "tensorflow-io-gcs-filesystem", "tf-keras"]
)
def test_packages_around_tensorflow_are_not_tensorflow(name: str) -> None:
    assert package(name) == name


def test_heavy_facts_come_first_then_the_alphabet(moved: Any) -> None:
    names = ["absl-py", "h5py", "jax", "keras", "numpy", "protobuf", "torch", "zipp"]
    left, right = ({"packages": dict.fromkeys(names, version)} for version in "12")
    more = {"python": "3.11.7", "framework": {"onednn": "on"}, "variables": {"XLA_FLAGS": "-x"}}
    found = [each.split()[0] for each in moved(left, {**right, **more})]
    assert found == [
        *("numpy", "keras", "python", "jax", "torch", "onednn", "h5py", "protobuf"),
        *("absl-py", "backend", "XLA_FLAGS", "zipp"),
    ]


def test_effective_configuration_variables_and_the_machine_confound(moved: Any) -> None:
    left = {"framework": {"onednn": "off", "intra_threads": 2, "start_method": "fork"}}
    right = {
        "framework": {"onednn": "on", "intra_threads": 4, "start_method": "spawn"},
        "variables": {"TF_ENABLE_ONEDNN_OPTS": "1"},
        "machine": {"id": "m1", "os": "Linux 6.2", "label": "mine"},
    }
    assert moved(left, right) == [
        "onednn off → on",
        "intra_threads 2 → 4",
        "start_method fork → spawn",
        "os absent → Linux 6.2",
        "TF_ENABLE_ONEDNN_OPTS absent → 1",
    ]


def test_hash_seeds_paths_and_times_never_confound(moved: Any) -> None:
    # The builder varies seed and executable.
    left = {"variables": {"PYTHONHASHSEED": "1", "KERAS_HOME": "/tmp/1"}}
    right = {
        "variables": {"PYTHONHASHSEED": "2", "KERAS_HOME": "/tmp/2"},
        "started": "2027-01-01T00:00:00+00:00",
    }
    assert moved(left, right, "process", "trial") == []


def test_versions_that_the_framework_repeats_are_listed_once(moved: Any) -> None:
    left, right = (
        {"packages": {"keras": version}, "framework": {"keras": version}} for version in "12"
    )
    assert moved(left, right) == ["keras 1 → 2"]


def test_without_packages_the_imported_version_counts(moved: Any) -> None:
    left, right = ({"packages": {}, "framework": {"keras": version}} for version in "12")
    assert moved(left, right) == ["keras 1 → 2"]
    assert moved(left, right, axis="keras") == []


def test_the_build_of_tensorflow_is_part_of_its_version(moved: Any) -> None:
    left, right = (
        {"framework": {"git": version, "compiler": version, "cuda": version}} for version in "12"
    )
    assert moved(left, right) == []
    assert len(moved(left, right, axis="numpy")) == 3


def test_the_interpreter_is_the_axis_of_the_python_level_only(moved: Any) -> None:
    left, right = {"python": "3.10.13"}, {"python": "3.11.7"}
    assert moved(left, right, "python", "python") == []
    assert moved(left, right) == ["python 3.10.13 → 3.11.7"]


def test_a_setting_is_its_variables_and_what_they_do(moved: Any) -> None:
    left = {"framework": {"onednn": "on", "start_method": "fork"}}
    right = {
        "framework": {"onednn": "off", "start_method": "spawn"},
        "variables": {"TF_ENABLE_ONEDNN_OPTS": "0"},
        "packages": {"numpy": "2.0"},
    }
    assert moved(left, right, "setting", "setting") == [
        "numpy 1.26.4 → 2.0",
        "start_method fork → spawn",
    ]


def test_a_device_is_what_makes_it_visible(moved: Any) -> None:
    left = {"variables": {"CUDA_VISIBLE_DEVICES": "-1"}, "framework": {"gpus": 0}}
    right = {"variables": {"TF_X": "1"}, "framework": {"gpus": 1}}
    assert moved(left, right, "device", "device") == ["TF_X absent → 1"]


def test_a_backend_is_what_only_it_knows_of_itself(moved: Any) -> None:
    left = {
        "framework": {"backend": "jax", "floatx": "float32"},
        "variables": {"KERAS_BACKEND": "jax"},
        "packages": {"jax": "0.5.0"},
    }
    right = {
        "framework": {"backend": "tensorflow", "onednn": "on", "floatx": "float64"},
        "variables": {"KERAS_BACKEND": "tensorflow"},
        "packages": {"tensorflow": "2.16.2"},
    }
    assert moved(left, right, "backend", "backend") == [
        "tensorflow absent → 2.16.2",
        "jax 0.5.0 → absent",
        "floatx float32 → float64",
    ]


def test_a_value_stays_one_item_of_a_list(moved: Any) -> None:
    right = {"variables": {"XLA_FLAGS": "a; b\nc"}}
    assert moved({}, right) == ["XLA_FLAGS absent → a, b c"]


def test_facts_on_which_launches_of_a_side_disagree_show_all_values(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    sides = [
        facts(read(recorder.trial(trial=trial, variables=variables)).header)
        for trial, variables in ((1, {"TF_X": "1"}), (2, {"TF_X": "0"}), (3, {}))
    ]
    assert confounders("packages", "keras", merged(sides[:1]), merged(sides)) == (
        "TF_X 1 → 0 / 1 / absent",
    )


def test_what_a_library_is_built_with_follows_from_it(moved: Any) -> None:
    left, right = (
        {
            "packages": {"numpy": version},
            "framework": {"openblas": version, "numpy_simd": version, "onednn_isa": version},
        }
        for version in "12"
    )
    assert moved(left, right) == ["numpy 1 → 2"]  # the axis is TensorFlow: its oneDNN too
    assert moved(left, right, axis="h5py") == ["numpy 1 → 2", "onednn_isa 1 → 2"]


def test_on_another_machine_what_the_libraries_make_of_it_is_named(moved: Any) -> None:
    left, right = ({"framework": {"numpy_simd": simd}} for simd in ("AVX2 AVX512F", "AVX2"))
    found = moved(left, right, level="machine", axis="machine")
    assert found == ["numpy_simd AVX2 AVX512F → AVX2"]


def test_what_a_gpu_tells_of_itself_is_the_device(moved: Any) -> None:
    right = {"framework": {"backend": "tensorflow", "compute_capability": "9.0", "tf32": "True"}}
    assert moved({}, right, level="device", axis="device") == []
