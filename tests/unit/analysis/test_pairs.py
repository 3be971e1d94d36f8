from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.plan import Cell
from tests.unit.analysis.builder import Recorder, environment, plan
from tests.unit.analysis.reading import rows, verdict

if TYPE_CHECKING:
    from pathlib import Path

    from harness.plan import Environment, Plan


def steps(
    tmp_path: Path, planned: Plan, *places: dict[str, Any], launches: int = 2
) -> list[tuple[str, ...]]:
    """Every comparison made, found by giving every place values of its own."""
    recorder = Recorder(tmp_path)
    for number, place in enumerate(places):
        arrays = {"recipes/x": {"w": np.full(3, float(number))}}
        for trial in range(1, launches + 1):
            recorder.trial(trial=trial, arrays=arrays, **place)
    columns = ("level", "axis", "from", "to", "environment_from", "environment_to")
    return rows(recorder.analyse(planned).breaks, *columns)


def everywhere(*environments: Environment) -> list[dict[str, Any]]:
    return [
        {"environment": each.id, "python": f"{each.python or '3.10'}.1"} for each in environments
    ]


def test_neighbours_along_versions_are_compared_in_order_of_version(tmp_path: Path) -> None:
    environments = [
        environment(f"tf{minor}", tensorflow=f"2.{minor}.1", python="3.10") for minor in (10, 9, 2)
    ]
    assert steps(tmp_path, plan(*environments), *everywhere(*environments)) == [
        ("packages", "tensorflow", "2.2.1", "2.9.1", "tf2", "tf9"),
        ("packages", "tensorflow", "2.9.1", "2.10.1", "tf9", "tf10"),
    ]


def test_a_version_that_was_not_measured_is_stepped_over(tmp_path: Path) -> None:
    environments = [environment(f"tf{minor}", tensorflow=f"2.{minor}") for minor in (9, 10, 11)]
    measured = everywhere(environments[0], environments[2])
    assert steps(tmp_path, plan(*environments), *measured) == [
        ("packages", "tensorflow", "2.9", "2.11", "tf9", "tf11")
    ]


def test_a_version_where_the_scenario_failed_is_stepped_over(tmp_path: Path) -> None:
    environments = [environment(f"tf{minor}", tensorflow=f"2.{minor}") for minor in (9, 10, 11)]
    Recorder(tmp_path).trial("tf10", statuses={"recipes/x": "unsupported"})
    measured = everywhere(environments[0], environments[2])
    assert steps(tmp_path, plan(*environments), *measured) == [
        ("packages", "tensorflow", "2.9", "2.11", "tf9", "tf11")
    ]


def test_each_axis_of_a_grid_is_compared_where_the_others_are_equal(tmp_path: Path) -> None:
    environments = [
        environment(
            f"tf{tensorflow}_py{python}", tensorflow=f"2.{tensorflow}", python=f"3.{python}"
        )
        for tensorflow in (9, 10)
        for python in (9, 10)
    ]
    assert steps(tmp_path, plan(*environments), *everywhere(*environments)) == [
        ("python", "python", "3.9", "3.10", "tf9_py9", "tf9_py10"),
        ("python", "python", "3.9", "3.10", "tf10_py9", "tf10_py10"),
        ("packages", "tensorflow", "2.9", "2.10", "tf9_py9", "tf10_py9"),
        ("packages", "tensorflow", "2.9", "2.10", "tf9_py10", "tf10_py10"),
    ]


def test_environments_that_differ_in_two_axes_are_never_compared(tmp_path: Path) -> None:
    environments = [
        environment("one", tensorflow="2.9", python="3.9"),
        environment("two", tensorflow="2.10", python="3.10"),
    ]
    recorder = Recorder(tmp_path)
    for number, each in enumerate(environments):
        arrays = {"recipes/x": {"w": np.full(3, float(number))}}
        recorder.launches(each.id, arrays, arrays)
    results = recorder.analyse(plan(*environments))
    assert results.breaks.empty
    assert verdict(results.verdicts, "recipes/x", "packages") == ("untested", 0, 0)


def test_an_axis_that_one_side_does_not_declare_is_a_difference(tmp_path: Path) -> None:
    environments = [
        environment("one", tensorflow="2.9"),
        environment("two", tensorflow="2.10", keras="2.10"),
        environment("three", tensorflow="2.10"),
    ]
    assert steps(tmp_path, plan(*environments), *everywhere(*environments)) == [
        ("packages", "tensorflow", "2.9", "2.10", "one", "three")
    ]


def test_environments_that_declare_nothing_are_never_compared(tmp_path: Path) -> None:
    environments = [environment("one"), replace(environment("two"), backend="jax")]
    assert steps(tmp_path, plan(*environments), *everywhere(*environments)) == []


def test_further_packages_are_axes_and_ranges_come_last(tmp_path: Path) -> None:
    environments = [
        environment(id_, tensorflow="2.9", protobuf=version)
        for id_, version in (("any", "<4"), ("new", "3.20.3"), ("old", "3.9.2"))
    ]
    assert steps(tmp_path, plan(*environments), *everywhere(*environments)) == [
        ("packages", "protobuf", "3.9.2", "3.20.3", "old", "new"),
        ("packages", "protobuf", "3.20.3", "<4", "new", "any"),
    ]


def test_backends_are_compared_with_the_first_one(tmp_path: Path) -> None:
    environments = [
        environment(backend, backend=backend, keras="3.0.5")
        for backend in ("torch", "jax", "tensorflow")
    ]
    assert steps(tmp_path, plan(*environments), *everywhere(*environments)) == [
        ("backend", "backend", "torch", "jax", "torch", "jax"),
        ("backend", "backend", "torch", "tensorflow", "torch", "tensorflow"),
    ]


def test_a_backend_written_out_is_the_same_as_the_default(tmp_path: Path) -> None:
    environments = [
        environment("one", tensorflow="2.9"),
        environment("two", tensorflow="2.10", backend="tensorflow"),
    ]
    assert len(steps(tmp_path, plan(*environments), *everywhere(*environments))) == 1


def test_settings_are_compared_with_the_first_one_that_was_measured(tmp_path: Path) -> None:
    settings = ("default", "slow", "fast", "off")
    planned = plan(environment("tf9", tensorflow="2.9"), settings=settings)
    places = [{"environment": "tf9", "setting": name} for name in ("off", "fast", "slow")]
    assert [step[:4] for step in steps(tmp_path, planned, *places)] == [
        ("setting", "setting", "slow", "fast"),
        ("setting", "setting", "slow", "off"),
    ]


def test_devices_are_compared_from_cpu_to_gpu(tmp_path: Path) -> None:
    planned = plan(environment("tf9", tensorflow="2.9"), devices=("gpu", "cpu"))
    places = [{"environment": "tf9", "device": name} for name in ("gpu", "cpu")]
    assert [step[:4] for step in steps(tmp_path, planned, *places)] == [
        ("device", "device", "cpu", "gpu")
    ]


def test_an_environment_of_its_own_for_the_gpu_is_compared_with_its_twin(tmp_path: Path) -> None:
    environments = [environment(id_, tensorflow="2.9") for id_ in ("tf9", "tf9_gpu")]
    cells = [Cell("tf9", "default", "cpu"), Cell("tf9_gpu", "default", "gpu")]
    places = [
        {"environment": "tf9", "device": "cpu"},
        {"environment": "tf9_gpu", "device": "gpu"},
    ]
    assert steps(tmp_path, plan(*environments, cells=cells), *places) == [
        ("device", "device", "cpu", "gpu", "tf9", "tf9_gpu")
    ]


def test_environments_that_declare_the_same_are_no_twins_if_both_run_on_a_device(
    tmp_path: Path,
) -> None:
    environments = [environment(id_, tensorflow="2.9") for id_ in ("one", "two")]
    planned = plan(*environments, devices=("cpu", "gpu"))
    places = [
        {"environment": "one", "device": "cpu"},
        {"environment": "two", "device": "gpu"},
    ]
    assert steps(tmp_path, planned, *places) == []


def test_machines_are_compared_with_the_first_one(tmp_path: Path) -> None:
    planned = plan(environment("tf9", tensorflow="2.9"))
    places = [{"environment": "tf9", "machine": name} for name in ("m3", "m1", "m2")]
    assert [step[:4] for step in steps(tmp_path, planned, *places)] == [
        ("machine", "machine", "m1", "m2"),
        ("machine", "machine", "m1", "m3"),
    ]


def test_machines_where_another_version_computes_are_not_compared(tmp_path: Path) -> None:
    planned = plan(environment("tf9", tensorflow="2.9"))
    places = [
        {"environment": "tf9", "machine": machine, "packages": {"numpy": numpy}}
        for machine, numpy in (("m1", "1"), ("m2", "2"), ("m3", "1"), ("m4", "2"))
    ]
    assert [step[2:4] for step in steps(tmp_path, planned, *places)] == [
        ("m1", "m3"),
        ("m2", "m4"),
    ]


def test_another_lock_alone_sets_no_machine_apart(tmp_path: Path) -> None:
    """That of another platform has other names for TensorFlow, and packages that log or draw."""
    planned = plan(environment("tf9", tensorflow="2.9.3"))
    places = [
        {"environment": "tf9", "machine": machine, "lock": machine, "packages": packages}
        for machine, packages in (
            ("m1", {"tensorflow-cpu": "2.9.3", "gast": "0.4.0"}),
            ("m2", {"tensorflow": "2.9.3", "tensorflow-macos": "2.9.3", "gast": "0.7.0"}),
            ("m3", {"tensorflow": "2.9.3", "gast": "0.7.0", "numpy": "2.0.0"}),
        )
    ]
    assert [step[2:4] for step in steps(tmp_path, planned, *places)] == [("m1", "m2")]
    found = Recorder(tmp_path).analyse(planned)
    assert rows(found.breaks, "confounders") == ["gast 0.4.0 → 0.7.0"]


def test_without_a_lock_machines_are_compared_if_what_computes_agrees(tmp_path: Path) -> None:
    planned = plan(environment("own", tensorflow="2.9"))
    places = [
        {"environment": "own", "machine": machine, "lock": "", "packages": {"numpy": numpy}}
        for machine, numpy in (("m1", "1.26.4"), ("m2", "2.0.0"), ("m3", "1.26.4"))
    ]
    assert [step[2:4] for step in steps(tmp_path, planned, *places)] == [("m1", "m3")]


def of_machine(environment: str, machine: str, label: str = "", **facts: Any) -> dict[str, Any]:
    """A place on a machine with a label."""
    return {"environment": environment, "machine": {"id": machine, "label": label, **facts}}


def test_environments_on_machines_of_one_label_are_compared_as_if_on_one(tmp_path: Path) -> None:
    environments = [environment(f"tf{minor}", tensorflow=f"2.{minor}") for minor in (9, 10, 11)]
    places = [
        of_machine("tf9", "m1", "ci", cpu="EPYC", os="Linux 6"),
        of_machine("tf10", "m2", "ci", cpu="Xeon", os="Linux 6"),
        of_machine("tf11", "m3", "ci", cpu="Xeon", os="Linux 6"),
    ]
    assert steps(tmp_path, plan(*environments), *places) == [
        ("packages", "tensorflow", "2.9", "2.10", "tf9", "tf10"),
        ("packages", "tensorflow", "2.10", "2.11", "tf10", "tf11"),
    ]
    found = Recorder(tmp_path).analyse(plan(*environments))
    assert rows(found.breaks, "machine", "machine_to", "confounders") == [
        ("m1", "m2", "cpu EPYC → Xeon"),
        ("m2", "m3", ""),
    ]
    assert set(rows(found.spans, "machine")) == {"ci"}


def test_a_label_that_two_machines_of_one_cell_share_joins_nothing(tmp_path: Path) -> None:
    environments = [environment(f"tf{minor}", tensorflow=f"2.{minor}") for minor in (9, 10)]
    places = [
        of_machine("tf9", "m1", "ci"),
        of_machine("tf9", "m2", "ci"),
        of_machine("tf10", "m3", "ci"),
    ]
    assert [step[:4] for step in steps(tmp_path, plan(*environments), *places)] == [
        ("machine", "machine", "m1", "m2")
    ]


def test_hosts_are_compared_under_their_labels_with_the_one_that_measured_most(
    tmp_path: Path,
) -> None:
    environments = [environment(f"tf{minor}", tensorflow=f"2.{minor}") for minor in (9, 10)]
    places = [
        of_machine("tf9", "m1", "mac"),
        of_machine("tf9", "m2", "x64"),
        of_machine("tf10", "m3", "x64"),
        of_machine("tf9", "m4"),
    ]
    found = steps(tmp_path, plan(*environments), *places)
    assert [step[:4] for step in found] == [
        ("packages", "tensorflow", "2.9", "2.10"),
        ("machine", "machine", "x64", "m4"),
        ("machine", "machine", "x64", "mac"),
    ]


def test_other_machines_settings_and_devices_are_other_lines(tmp_path: Path) -> None:
    environments = [environment(id_, tensorflow=id_[2:]) for id_ in ("tf9", "tf10")]
    planned = plan(*environments, settings=("default", "off"), devices=("cpu", "gpu"))
    for change in ({"setting": "off"}, {"device": "gpu"}, {"machine": "m2"}):
        places = [{"environment": "tf9"}, {"environment": "tf10", **change}]
        assert steps(tmp_path / next(iter(change)), planned, *places) == []


def test_a_setting_of_the_ends_of_a_line_alone_adds_no_step_over_the_others(tmp_path: Path) -> None:
    environments = [environment(f"tf{minor}", tensorflow=f"2.{minor}") for minor in (9, 10, 11)]
    ends = [{**each, "setting": "other"} for each in everywhere(environments[0], environments[2])]
    found = steps(
        tmp_path,
        plan(*environments, settings=("default", "other")),
        *everywhere(*environments),
        *ends,
    )

    assert [step for step in found if step[0] == "packages"] == [
        ("packages", "tensorflow", "2.9", "2.10", "tf9", "tf10"),
        ("packages", "tensorflow", "2.10", "2.11", "tf10", "tf11"),
    ]


def test_of_two_environments_that_declare_the_same_the_first_stands_on_the_line(
    tmp_path: Path,
) -> None:
    environments = [
        environment("one", tensorflow="2.9"),
        environment("same", tensorflow="2.9"),
        environment("two", tensorflow="2.10"),
    ]
    assert steps(tmp_path, plan(*environments), *everywhere(*environments)) == [
        ("packages", "tensorflow", "2.9", "2.10", "one", "two")
    ]


def test_a_trial_that_failed_without_a_lock_does_not_set_a_machine_apart(tmp_path: Path) -> None:
    planned = plan(environment("tf9", tensorflow="2.9"))
    Recorder(tmp_path).trial("tf9", 3, machine="m1", lock="", packages={}, end="install_failed")
    places = [{"environment": "tf9", "machine": name} for name in ("m1", "m2")]
    assert [step[2:4] for step in steps(tmp_path, planned, *places)] == [("m1", "m2")]


def with_keras(environment: str, keras: str, **packages: str) -> dict[str, Any]:
    """A place at which this Keras was audited."""
    return {
        "environment": environment,
        "packages": {"keras": keras, **packages},
        "framework": {"backend": "tensorflow", "keras": packages.get("tf-keras", keras)},
    }


def test_an_undeclared_version_is_taken_from_the_record_beside_one_that_declares_it(
    tmp_path: Path,
) -> None:
    environments = [
        environment("one", tensorflow="2.9"),
        environment("two", tensorflow="2.10", keras="2.10.5"),
        environment("three", tensorflow="2.10"),
    ]
    places = [
        with_keras(id_, keras)
        for id_, keras in (("one", "2.9.0"), ("two", "2.10.5"), ("three", "2.10.0"))
    ]
    assert steps(tmp_path, plan(*environments), *places) == [
        ("packages", "tensorflow", "2.9", "2.10", "one", "three"),
        ("packages", "keras", "2.10.0", "2.10.5", "three", "two"),
    ]


def test_an_undeclared_version_that_one_declares_too_adds_no_step(tmp_path: Path) -> None:
    environments = [
        environment("as_it_comes", tensorflow="2.9"),
        *(environment(f"np{minor}", tensorflow="2.9", numpy=f"1.{minor}") for minor in (23, 26)),
    ]
    places = [
        {"environment": id_, "packages": {"numpy": numpy}}
        for id_, numpy in (("as_it_comes", "1.26"), ("np23", "1.23"), ("np26", "1.26"))
    ]
    assert steps(tmp_path, plan(*environments), *places) == [
        ("packages", "numpy", "1.23", "1.26", "np23", "np26")
    ]


def test_two_environments_that_declare_the_same_are_not_told_apart_by_their_records(
    tmp_path: Path,
) -> None:
    environments = [
        environment("one", tensorflow="2.9"),
        environment("same", tensorflow="2.9"),
        environment("pinned", tensorflow="2.9", numpy="1.26"),
    ]
    places = [
        {"environment": id_, "packages": {"numpy": numpy}}
        for id_, numpy in (("one", "1.24"), ("same", "1.25"), ("pinned", "1.26"))
    ]
    assert steps(tmp_path, plan(*environments), *places) == [
        ("packages", "numpy", "1.24", "1.26", "one", "pinned")
    ]


def test_what_launches_of_a_cell_disagree_on_is_no_version_of_it(tmp_path: Path) -> None:
    environments = [
        environment("any", tensorflow="2.9"),
        environment("pinned", tensorflow="2.9", numpy="1.26"),
    ]
    recorder = Recorder(tmp_path)
    for trial, numpy in ((1, "1.24"), (2, "1.25")):
        for number, each in enumerate(environments):
            arrays = {"recipes/x": {"w": np.full(3, float(number))}}
            recorder.trial(each.id, trial, arrays, packages={"numpy": numpy})
    assert recorder.analyse(plan(*environments)).breaks.empty


def test_the_legacy_keras_is_compared_with_the_keras_beside_it(tmp_path: Path) -> None:
    environments = [
        environment("new", tensorflow="2.16.2"),
        environment("legacy", tensorflow="2.16.2", **{"tf-keras": ">=2.15"}),
    ]
    places = [
        with_keras("new", "3.12.4"),
        with_keras("legacy", "3.12.4", **{"tf-keras": "2.16.0"}),
    ]
    assert steps(tmp_path, plan(*environments), *places) == [
        ("packages", "keras", "2.16.0", "3.12.4", "legacy", "new")
    ]
    (confounders,) = rows(
        Recorder(tmp_path).analyse(plan(*environments)).breaks, "confounders", axis="keras"
    )
    assert confounders == ""


def test_an_existing_interpreter_declares_nothing_and_stands_on_no_line(tmp_path: Path) -> None:
    environments = [environment("cluster"), environment("pinned", numpy="1.26")]
    places = [
        {"environment": id_, "packages": {"numpy": numpy}}
        for id_, numpy in (("cluster", "1.24"), ("pinned", "1.26"))
    ]
    assert steps(tmp_path, plan(*environments), *places) == []
