from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tests.unit.analysis.builder import Recorder, environment, plan
from tests.unit.analysis.reading import rows

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from harness.analysis import Results

PLAN = plan(environment("tf9", tensorflow="2.9"), environment("tf10", tensorflow="2.10"))
EPYC = {"cpu": "EPYC", "isa": "zen3", "os": "Linux 6.8", "libc": "glibc 2.39"}


def measured(
    tmp_path: Path, *machines: tuple[Mapping[str, Any], float], names: tuple[str, ...] = ("s/x",)
) -> Results:
    """Each machine with the value that it gives."""
    recorder = Recorder(tmp_path)
    for machine, value in machines:
        arrays = {name: {"w": np.full(3, value)} for name in names}
        recorder.launches("tf9", arrays, arrays, machine=machine)
    return recorder.analyse(PLAN)


def test_a_row_says_what_a_machine_is_and_what_is_otherwise_on_the_first(tmp_path: Path) -> None:
    other = EPYC | {"id": "m2", "label": "mac", "cpu": "M2", "cores": 8, "libc": ""}
    found = measured(tmp_path, ({"id": "m1", **EPYC}, 0.0), (other, 0.0))
    columns = ("machine", "name", "cpu", "cores", "os", "cells", "differs")
    assert rows(found.machines, *columns) == [
        ("m1", "m1", "EPYC", "", "Linux 6.8", 1, ""),
        (
            *("m2", "mac", "M2", "8", "Linux 6.8", 1),
            "cpu EPYC → M2; cores absent → 8; libc glibc 2.39 → absent",
        ),
    ]


def test_a_kernel_that_was_updated_has_both_releases(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    for trial, release in ((1, "6.8"), (2, "6.9")):
        recorder.trial(
            "tf9",
            trial,
            {"s/x": {"w": np.zeros(1)}},
            machine={"id": "m1", "os": f"Linux {release}"},
        )
    assert rows(recorder.analyse(PLAN).machines, "os") == ["Linux 6.8 / Linux 6.9"]


def test_environments_that_are_not_compared_are_told_with_the_reason(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    arrays = {"s/x": {"w": np.zeros(1)}}
    for machine, name, numpy in (
        *(("m1", "tf9", "1.26.4"), ("m1", "tf10", "2.0.0")),
        *(("m2", "tf9", "2.0.0"), ("m2", "tf10", "2.0.0")),
    ):
        recorder.launches(name, arrays, arrays, machine=machine, packages={"numpy": numpy})
    found = recorder.analyse(PLAN)
    assert rows(found.machines, "machine", "apart") == [
        ("m1", ""),
        ("m2", "tf9: numpy 1.26.4 → 2.0.0"),
    ]
    assert rows(found.steps, "level", "from", "to", level="machine") == [("machine", "m1", "m2")]


def test_a_fact_that_differs_alone_elsewhere_is_told_apart(tmp_path: Path) -> None:
    found = measured(
        tmp_path,
        ({"id": "m1", **EPYC}, 0.0),
        ({"id": "m2", **EPYC, "cpu": "Xeon", "libc": "musl"}, 1.0),
        ({"id": "m3", **EPYC, "libc": "musl"}, 0.0),
        ({"id": "m4", **EPYC, "cpu": "Xeon", "os": "Linux 7"}, 1.0),
    )
    (of_m2,) = rows(found.events, "separate", to="m2")
    assert of_m2 == (
        "cpu: does not differ in m1 → m3, which changes none of the 1 compared; "
        "libc: differs alone in m1 → m3, which changes none of the 1 compared"
    )
    (of_m4,) = rows(found.events, "separate", to="m4")
    assert of_m4 == (
        "cpu: does not differ in m1 → m3, which changes none of the 1 compared; "
        "os: does not differ in m1 → m2, which changes 1 of the 1 compared"
    )


def test_what_no_machine_tells_apart_is_counted(tmp_path: Path) -> None:
    found = measured(tmp_path, ({"id": "m1", **EPYC}, 0.0), ({"id": "m2", "cpu": "Xeon"}, 1.0))
    assert rows(found.events, "separate", "confounders") == [
        (
            "4 facts: no machine on record tells",
            "cpu EPYC → Xeon; isa zen3 → absent; libc glibc 2.39 → absent; os Linux 6.8 → absent",
        )
    ]


def test_a_machine_that_measured_nothing_is_none_of_them(tmp_path: Path) -> None:
    Recorder(tmp_path).trial(
        "tf10", machine={"id": "m2", "cpu": "Xeon"}, end="install_failed", message="why"
    )
    found = measured(tmp_path, ({"id": "m1", **EPYC}, 0.0))
    assert rows(found.machines, "machine", "differs") == [("m1", "")]
    assert rows(found.cells, "machine", "status", environment="tf10") == [("m2", "install_failed")]
