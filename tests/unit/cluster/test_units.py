"""What one worker measures in one go."""

from __future__ import annotations

from dataclasses import replace

from harness.cluster.units import Unit, on_each, units, without_gpu
from harness.plan import Cell
from tests.unit.analysis.builder import environment, plan

OLD = environment("old", tensorflow="2.9.3")
NEW = environment("new", tensorflow="2.10.1")
NEW_GPU = environment("new_gpu", tensorflow="2.10.1")
TWINS = (Cell("new", "default", "cpu"), Cell("new_gpu", "default", "gpu"))


def test_an_environment_is_a_unit_with_all_its_settings() -> None:
    found = units(plan(OLD, NEW, settings=("default", "other")))

    assert found == (
        Unit(("old",), ("cpu",), ("old.default.cpu", "old.other.cpu")),
        Unit(("new",), ("cpu",), ("new.default.cpu", "new.other.cpu")),
    )


def test_the_cpu_cells_that_a_gpu_is_compared_with_go_where_the_gpu_is() -> None:
    both = units(plan(OLD, devices=("cpu", "gpu")))
    twins = units(plan(OLD, NEW, NEW_GPU, cells=(Cell("old", "default", "cpu"), *TWINS)))

    assert both == (
        Unit(("old",), ("cpu", "gpu"), ("old.default.cpu", "old.default.gpu"), gpu=True),
    )
    assert twins == (
        Unit(("old",), ("cpu",), ("old.default.cpu",)),
        Unit(
            ("new", "new_gpu"),
            ("cpu", "gpu"),
            ("new.default.cpu", "new_gpu.default.gpu"),
            gpu=True,
        ),
    )


def test_environments_that_declare_nothing_are_no_twins() -> None:
    mine, yours = environment("mine"), environment("yours")
    found = units(plan(mine, yours, devices=("cpu", "gpu")))

    assert [unit.environments for unit in found] == [("mine",), ("yours",)]


def test_excluded_cells_are_not_sent() -> None:
    out = Cell("old", "default", "gpu", excluded="a reason")
    inside = Cell("old", "default", "cpu")

    assert units(plan(OLD, cells=(inside, out))) == (
        Unit(("old",), ("cpu",), ("old.default.cpu",)),
    )
    assert units(plan(OLD, cells=(out,))) == ()


def test_without_a_gpu_the_cpu_cells_are_left() -> None:
    planned = plan(NEW, NEW_GPU, cells=TWINS)
    (unit,) = units(planned)

    assert without_gpu(planned, replace(unit, machine="m1")) == (
        (Unit(("new",), ("cpu",), ("new.default.cpu",), machine="m1"),),
        ("new_gpu.default.gpu",),
    )


def test_each_machine_may_measure_all() -> None:
    found = on_each(units(plan(OLD, NEW)), ["m1", "m2"])

    assert [(unit.name, unit.machine) for unit in found] == [
        ("old", "m1"),
        ("new", "m1"),
        ("old", "m2"),
        ("new", "m2"),
    ]
