from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np
import pytest

from harness.analysis.variants import Array, letter, named
from tests.unit.analysis.builder import Recorder, environment, plan
from tests.unit.analysis.reading import rows

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

A = {"recipes/x": {"w": np.arange(3.0)}}
B = {"recipes/x": {"w": np.arange(3.0) + 1}}
NOTHING: Mapping[str, Mapping[str, object]] = {"recipes/x": {}}
ENVIRONMENTS = [environment(f"tf{minor}", tensorflow=f"2.{minor}") for minor in range(9, 14)]
PLAN = plan(*ENVIRONMENTS)


def reproducible(recorder: Recorder) -> object:
    (found,) = rows(recorder.analyse(PLAN).variants, "reproducible")
    return found


def test_two_launches_that_agree_are_reproducible(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    recorder.launches("tf9", A, A)
    assert reproducible(recorder) is True


def test_one_launch_shows_nothing(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    recorder.launches("tf9", A)
    assert reproducible(recorder) is None


def test_a_third_launch_that_differs_counts(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    recorder.launches("tf9", A, A, B)
    assert reproducible(recorder) is False


@pytest.mark.parametrize("status", ["error", "timeout", "crash", "unsupported"])
def test_agreement_beside_a_failed_launch_is_not_reproducible(tmp_path: Path, status: str) -> None:
    recorder = Recorder(tmp_path)
    recorder.launches("tf9", A, A)
    recorder.trial("tf9", 3, statuses={"recipes/x": status})
    assert reproducible(recorder) is None


def test_a_difference_beside_a_failed_launch_is_not_reproducible(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    recorder.launches("tf9", A, B)
    recorder.trial("tf9", 3, statuses={"recipes/x": "error"})
    assert reproducible(recorder) is False


def test_launches_on_two_machines_are_not_two_launches_of_one(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    for machine in ("m1", "m2"):
        recorder.trial("tf9", arrays=A, machine=machine)
    assert rows(recorder.analyse(PLAN).variants, "machine", "variant", "reproducible") == [
        ("m1", "A", None),
        ("m2", "A", None),
    ]


def test_two_launches_without_arrays_show_nothing(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    recorder.launches("tf9", NOTHING, NOTHING)
    frame = recorder.analyse(PLAN).variants
    assert rows(frame, "variant", "reproducible") == [("", None)]


def test_arrays_that_only_one_launch_gives_are_a_difference(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    recorder.launches("tf9", A, NOTHING)
    assert reproducible(recorder) is False


@pytest.mark.parametrize(
    "other",
    [
        {"v": np.arange(4.0)},  # another name
        {"w": np.arange(4.0).reshape(2, 2)},  # the same bytes in another shape
        {"w": np.arange(4.0).view("i8")},  # the same bytes of another type
        {"w": np.arange(4.0), "v": np.arange(4.0)},
    ],
)
def test_equal_bytes_alone_do_not_make_results_equal(
    tmp_path: Path, other: Mapping[str, object]
) -> None:
    recorder = Recorder(tmp_path)
    recorder.launches("tf9", {"recipes/x": {"w": np.arange(4.0)}}, {"recipes/x": other})
    assert reproducible(recorder) is False


def test_the_order_of_creation_is_part_of_the_result(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    one, two = np.zeros(3), np.ones(3)
    recorder.launches(
        "tf9", {"recipes/x": {"v": one, "w": two}}, {"recipes/x": {"w": two, "v": one}}
    )
    assert reproducible(recorder) is False


def test_letters_follow_the_matrix_and_come_back(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    for environment_, arrays in (("tf12", A), ("tf9", B), ("tf11", B), ("tf10", A)):
        recorder.launches(environment_, arrays, arrays)
    recorder.launches("tf13", A, B)
    frame = recorder.analyse(PLAN).variants
    assert rows(frame, "environment", "variant", "reproducible") == [
        ("tf9", "A", True),
        ("tf10", "B", True),
        ("tf11", "A", True),
        ("tf12", "B", True),
        ("tf13", "", False),
    ]


def test_letters_are_per_scenario(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    recorder.trial("tf9", arrays={**A, "recipes/y": B["recipes/x"]})
    recorder.trial("tf10", arrays={"recipes/y": A["recipes/x"], **B})
    assert rows(recorder.analyse(PLAN).variants, "scenario", "environment", "variant") == [
        ("recipes/x", "tf9", "A"),
        ("recipes/x", "tf10", "B"),
        ("recipes/y", "tf9", "A"),
        ("recipes/y", "tf10", "B"),
    ]


def test_a_scenario_that_failed_everywhere_has_no_letter(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    recorder.trial("tf9", statuses={"recipes/x": "error"})
    frame = recorder.analyse(PLAN).variants
    assert rows(frame, "variant", "reproducible") == [("", None)]


def test_arrays_of_a_failed_run_are_no_result(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    recorder.trial("tf9", 1, arrays=A)
    recorder.trial("tf9", 2, arrays=B, statuses={"recipes/x": "error"})
    frame = recorder.analyse(PLAN).variants
    assert rows(frame, "variant", "reproducible") == [("A", None)]


def test_letters_go_on_after_z() -> None:
    assert [letter(position) for position in (0, 25, 26, 51, 52, 701, 702)] == [
        *("A", "Z", "AA", "AZ", "BA", "ZZ", "AAA")
    ]


def test_a_result_has_the_same_name_in_every_cell_on_every_machine_and_in_every_run(
    tmp_path: Path,
) -> None:
    results = []
    for name, cells in (("one", ("tf9", "tf10")), ("two", ("tf11",))):
        recorder = Recorder(tmp_path / name)
        for cell in cells:
            recorder.launches(cell, A, A, machine=f"m-{cell}")
        results += rows(recorder.analyse(PLAN).variants, "result")
    assert len(results) == 3
    assert len(set(results)) == 1
    assert len(results[0]) == 16


def test_variants_with_different_bytes_have_different_names(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    for cell, arrays in (("tf9", A), ("tf10", B), ("tf11", A)):
        recorder.launches(cell, arrays, arrays)
    first, second, third = rows(recorder.analyse(PLAN).variants, "result")
    assert first == third != second


@pytest.mark.parametrize("launches", [(A, B), (NOTHING, NOTHING), (A, NOTHING)])
def test_without_one_result_there_is_no_name(
    tmp_path: Path, launches: tuple[Mapping[str, Mapping[str, object]], ...]
) -> None:
    recorder = Recorder(tmp_path)
    recorder.launches("tf9", *launches)
    assert rows(recorder.analyse(PLAN).variants, "result") == [""]


def test_the_name_of_a_result_follows_from_the_fingerprints(tmp_path: Path) -> None:
    """As docs/report.md has it."""
    recorder = Recorder(tmp_path)
    arrays = {"recipes/x": {"w": np.arange(6.0).reshape(2, 3), "b": np.float32(1)}}
    recorder.launches("tf9", arrays, arrays)
    results = recorder.analyse(PLAN)
    columns = ("array", "dtype", "shape", "sha256")
    lines = sorted(f"{' '.join(row)}\n" for row in rows(results.fingerprints, *columns, trial=1))
    expected = hashlib.sha256("".join(lines).encode()).hexdigest()[:16]
    assert rows(results.variants, "result") == [expected]


def test_the_name_does_not_depend_on_the_order_of_creation() -> None:
    one, two = Array("v", "f4", (3,), "0" * 64), Array("w", "f4", (3,), "1" * 64)
    assert named((one, two)) == named((two, one))
    assert named((one, two)) != named((one,))


@pytest.mark.parametrize(
    "other",
    [
        Array("w", "f4", (3,), "0" * 64),
        Array("v", "f8", (3,), "0" * 64),
        Array("v", "f4", (3, 1), "0" * 64),
        Array("v", "f4", (3,), "1" * 64),
    ],
)
def test_all_that_tells_arrays_apart_is_in_the_name(other: Array) -> None:
    assert named((other,)) != named((Array("v", "f4", (3,), "0" * 64),))
