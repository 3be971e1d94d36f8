from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ml_dtypes
import numpy as np
import pandas as pd
import pytest

from harness.analysis import numeric
from harness.analysis.differences import NO_BYTES, NOT_RECORDED, NOT_STABLE
from tests.unit.analysis.builder import Recorder, environment, plan, rerun
from tests.unit.analysis.reading import rows, verdict
from tests.unit.analysis.values import Arrays, draw, nudged, runs

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

ENVIRONMENTS = [
    environment("tf9", tensorflow="2.9.3"),
    environment("tf10", tensorflow="2.10.1"),
    environment("tf11", tensorflow="2.11.1"),
]
PLAN = plan(*ENVIRONMENTS, scenarios=("s/x",))


def step(recorder: Recorder, left: Arrays, right: Arrays, **facts: Any) -> Any:
    """The one break between two environments that give these arrays in every launch."""
    recorder.launches("tf9", *runs(left, left), **facts)
    recorder.launches("tf10", *runs(right, right), **facts)
    (found,) = recorder.analyse(PLAN).breaks.astype(object).to_dict("records")
    return found


def test_a_break_says_where_what_and_how_far(tmp_path: Path) -> None:
    w, b = draw(0), draw(1, 10)
    other = w.copy()
    other[2, 3] = np.nextafter(w[2, 3], np.float32(9))
    found = step(Recorder(tmp_path), {"w": w, "b": b}, {"w": other, "b": b})
    assert found == {
        "level": "packages",
        "axis": "tensorflow",
        "from": "2.9.3",
        "to": "2.10.1",
        "scenario": "s/x",
        "kind": "rounding",
        "arrays": 1,
        "max_ulp": 1,
        "max_abs": abs(float(w[2, 3]) - float(other[2, 3])),
        "first_index": "w[2,3]",
        "confounders": "",
        "known": "",
        "environment_from": "tf9",
        "environment_to": "tf10",
        "setting": "default",
        "device": "cpu",
        "machine": "m1",
        "id": "d4518a1ee0",
        "launches": 2,
        "unchanged": 1,
        "last_unchanged": "",
        "violation": False,
        "url": "",
        "machine_to": "m1",
    }


def differing(recorder: Recorder, *columns: str, **where: object) -> list[Any]:
    """Rows of the table `differences`."""
    return rows(recorder.analyse(PLAN).differences, *columns, **where)


def test_every_array_that_differs_has_a_row_with_its_numbers(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    left = {"a": draw(0), "b": draw(1), "c": draw(2)}
    right = {"a": nudged(left["a"]), "b": left["b"], "c": draw(9)}
    found = step(recorder, left, right)
    nudge, redraw = recorder.analyse(PLAN).differences.astype(object).to_dict("records")
    gap = abs(float(left["a"][4, 9]) - float(right["a"][4, 9]))
    relative = gap / max(abs(float(left["a"][4, 9])), abs(float(right["a"][4, 9])))
    assert nudge == {
        "break": found["id"],
        "scenario": "s/x",
        "array": "a",
        "kind": "rounding",
        "dtype": "float32",
        "shape": "5x10",
        "size": 50,
        "differing": 1,
        "share": 0.02,
        "max_abs": gap,
        "mean_abs": pytest.approx(gap / 50),
        "max_rel": pytest.approx(relative),
        "mean_rel": pytest.approx(relative / 50),
        "max_ulp": 1,
        "ulp_p50": 1,
        "ulp_p90": 1,
        "ulp_p99": 1,
        "ulp_histogram": "1:1",
        "first_index": "4,9",
        "correlation": pytest.approx(1.0),
        "machine": "m1",
    }
    assert (redraw["array"], redraw["kind"], redraw["share"]) == ("c", "redraw", 1.0)
    assert (redraw["max_ulp"], redraw["max_abs"]) == (found["max_ulp"], found["max_abs"])
    assert abs(redraw["correlation"]) < 0.5


def test_a_return_has_rows_for_both_steps_and_is_measured_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = counted(monkeypatch)
    recorder = Recorder(tmp_path)
    for name, seed in (("tf9", 0), ("tf10", 1), ("tf11", 0)):
        recorder.launches(name, *runs({"w": draw(seed)}, {"w": draw(seed)}))
    results = recorder.analyse(PLAN)
    assert rows(results.differences, "break") == rows(results.breaks, "id")
    assert len(set(rows(results.differences, "break"))) == 2
    assert len(calls) == 1


def test_what_has_no_distance_has_a_row_without_numbers(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    step(
        recorder,
        {"gone": draw(0), "type": draw(1), "shape": draw(2), "w/sha256": np.arange(8)},
        {
            "type": draw(1).astype("f8"),
            "shape": draw(2).reshape(10, 5),
            "w/sha256": np.arange(8) + 1,
            "new": draw(3),
        },
    )
    assert differing(recorder, "array", "kind", "dtype", "shape") == [
        ("gone", "structure", "", ""),
        ("type", "structure", "", "5x10"),
        ("shape", "structure", "float32", ""),
        ("w/sha256", "", "int64", "8"),
        ("new", "structure", "", ""),
    ]
    table = recorder.analyse(PLAN).differences
    numbers = list(table.columns[table.columns.get_loc("size") : -1])
    assert table[numbers].isin(["", pd.NA]).all(axis=None)


def test_without_the_bytes_a_row_says_which_array(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    step(recorder, {"a": draw(0)}, {"a": draw(1)})
    for path in tmp_path.glob("objects/*/*.npy"):
        path.unlink()
    columns = ("array", "kind", "dtype", "shape", "size", "differing", "first_index")
    assert differing(recorder, *columns) == [("a", "", "float32", "5x10", None, None, "")]


def test_an_unsure_array_has_the_kind_of_its_company(tmp_path: Path) -> None:
    small = {"b": np.array([0.13], "f4")}, {"b": np.array([0.87], "f4")}
    alone, beside = Recorder(tmp_path / "alone"), Recorder(tmp_path / "beside")
    step(alone, *small)
    found = step(beside, {"w": draw(0), **small[0]}, {"w": nudged(draw(0)), **small[1]})
    assert differing(alone, "array", "kind") == [("b", "redraw")]
    assert differing(beside, "array", "kind") == [("w", "rounding"), ("b", "drift")]
    assert found["kind"] == "drift"


def test_a_rebuild_that_differs_has_rows_too(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    arrays = {"first/w": draw(0), "second/w": nudged(draw(0))}
    relations = {"s/x": [rerun(holds=False)]}
    recorder.launches("tf9", *runs(arrays, arrays), relations=relations)
    results = recorder.analyse(PLAN)
    assert rows(results.breaks, "level") == ["rerun"]
    assert rows(results.differences, "array", "max_ulp") == [("first/w", 1)]
    assert rows(results.differences, "break") == rows(results.breaks, "id")


def test_break_and_machine_tell_rows_of_several_machines_apart(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    for machine in ("m1", "m2"):
        for name, seed in (("tf9", 0), ("tf10", 1)):
            one = {"w": draw(seed)}
            recorder.launches(name, *runs(one, one), machine=machine)
    results = recorder.analyse(PLAN)
    keys = rows(results.differences, "break", "machine")
    assert keys == rows(results.breaks, "id", "machine")
    assert len(set(keys)) == 2


def test_equal_places_are_compared_and_no_break(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    for name in ("tf9", "tf10", "tf11"):
        recorder.launches(name, *runs({"w": draw(0)}, {"w": draw(0)}))
    results = recorder.analyse(PLAN)
    assert results.breaks.empty
    assert verdict(results.verdicts, "s/x", "packages") == ("holds", 2, 0)


def test_a_return_to_an_earlier_variant_is_two_breaks(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    for name, seed in (("tf9", 0), ("tf10", 1), ("tf11", 0)):
        recorder.launches(name, *runs({"w": draw(seed)}, {"w": draw(seed)}))
    results = recorder.analyse(PLAN)
    assert rows(results.breaks, "from", "to", "kind") == [
        ("2.9.3", "2.10.1", "redraw"),
        ("2.10.1", "2.11.1", "redraw"),
    ]
    assert rows(results.variants, "variant") == ["A", "B", "A"]


def test_the_worst_kind_and_the_largest_distance_of_all_arrays_count(tmp_path: Path) -> None:
    left = {"a": draw(0), "b": draw(1), "c": draw(2), "d": draw(3)}
    right = {**left, "b": nudged(left["b"]), "c": draw(9)}
    found = step(Recorder(tmp_path), left, right)
    assert (found["kind"], found["arrays"], found["first_index"]) == ("redraw", 2, "b[4,9]")
    apart = numeric.compare(left["c"], right["c"], "float32")
    assert (found["max_ulp"], found["max_abs"]) == (apart.max_ulp, apart.max_abs)


def test_the_first_difference_is_the_first_in_order_of_creation(tmp_path: Path) -> None:
    left = {"z": draw(0), "a": draw(1)}
    right = {"z": nudged(left["z"]), "a": nudged(left["a"])}
    assert step(Recorder(tmp_path), left, right)["first_index"] == "z[4,9]"


def test_a_weight_s_fingerprint_says_that_it_differs_and_not_how_far(tmp_path: Path) -> None:
    w, other = draw(0), nudged(draw(0))
    digests = [np.arange(8, dtype="uint32") * factor for factor in (3, 5)]

    both = step(
        Recorder(tmp_path / "both"),
        {"w": w, "w/sha256": digests[0]},
        {"w": other, "w/sha256": digests[1]},
    )
    assert (both["kind"], both["arrays"], both["confounders"]) == ("rounding", 1, "")

    beyond = step(
        Recorder(tmp_path / "beyond"),
        {"w": w, "w/sha256": digests[0]},
        {"w": w, "w/sha256": digests[1]},
    )
    assert (beyond["kind"], beyond["arrays"]) == ("", 1)
    assert beyond["confounders"] == NOT_RECORDED


def test_a_scalar_has_no_index(tmp_path: Path) -> None:
    found = step(Recorder(tmp_path), {"loss": np.float32(1)}, {"loss": nudged(np.ones((), "f4"))})
    assert (found["kind"], found["first_index"]) == ("rounding", "loss")


def test_the_largest_distance_of_float64_is_exact(tmp_path: Path) -> None:
    largest = float(np.finfo("f8").max)
    found = step(Recorder(tmp_path), {"w": np.array([-largest])}, {"w": np.array([largest])})
    assert found["max_ulp"] == 2**64 - 2**53 - 2


def test_bfloat16_is_compared_as_bfloat16(tmp_path: Path) -> None:
    left = np.array([1.0, -0.5], ml_dtypes.bfloat16)
    right = np.array([1.0, -0.50390625], ml_dtypes.bfloat16)
    found = step(Recorder(tmp_path), {"w": left}, {"w": right})
    assert (found["kind"], found["max_ulp"], found["max_abs"]) == ("rounding", 1, 0.00390625)


@pytest.mark.parametrize(
    "other",
    [
        {"w": draw(0), "extra": draw(1)},
        {"v": draw(0)},
        {"w": draw(0).reshape(10, 5)},
        {"w": draw(0).view("i4")},
        {"w": draw(0).astype("f8")},
    ],
)
def test_other_names_shapes_or_types_are_structure(tmp_path: Path, other: Arrays) -> None:
    found = step(Recorder(tmp_path), {"w": draw(0)}, other)
    assert found["kind"] == "structure"
    assert found["arrays"] == (2 if "v" in other else 1)
    assert pd.isna(found["max_ulp"])


def test_another_order_of_creation_is_structure(tmp_path: Path) -> None:
    left = {"a": draw(0), "b": draw(1), "c": draw(2)}
    found = step(Recorder(tmp_path), left, {name: left[name] for name in "bac"})
    assert (found["kind"], found["arrays"], found["first_index"]) == ("structure", 2, "a")


def test_equal_bytes_that_were_stored_as_something_else_are_still_compared(tmp_path: Path) -> None:
    zeros = np.zeros(4, "f4")
    recorder = Recorder(tmp_path)
    recorder.array("first", np.zeros((2, 2), "i4"))  # the object is there before the float32
    found = step(recorder, {"w": zeros}, {"w": nudged(zeros)})
    assert (found["kind"], found["max_ulp"]) == ("rounding", 1)


def test_confounders_stand_in_the_break(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    for name, seed, keras in (("tf9", 0, "2.9.0"), ("tf10", 1, "2.10.0")):
        recorder.launches(
            name,
            *runs({"w": draw(seed)}, {"w": draw(seed)}),
            packages={"keras": keras},
            framework={"onednn": "on" if seed else "off"},
        )
    assert rows(recorder.analyse(PLAN).breaks, "confounders") == [
        "keras 2.9.0 → 2.10.0; onednn off → on"
    ]


def test_one_launch_on_a_side_is_not_compared(tmp_path: Path) -> None:
    """Unseeded weights differ between any two launches: no version is to blame for that."""
    recorder = Recorder(tmp_path)
    recorder.launches("tf9", *runs({"w": draw(0)}))
    recorder.launches("tf10", *runs({"w": draw(1)}, {"w": draw(1)}))
    recorder.launches("tf11", *runs({"w": draw(0)}, {"w": draw(0)}))
    results = recorder.analyse(PLAN)
    assert rows(results.breaks, "to") == ["2.11.1"]
    assert verdict(results.verdicts, "s/x", "packages") == ("breaks", 1, 1)


def test_what_differs_between_launches_is_not_compared_between_places(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    recorder.launches("tf9", *runs({"w": draw(0)}, {"w": draw(1)}))
    recorder.launches("tf10", *runs({"w": draw(2)}, {"w": draw(2)}))
    recorder.launches("tf11", *runs({"w": draw(2)}, {"w": draw(2)}))
    results = recorder.analyse(PLAN)
    assert rows(results.breaks, "level", "environment_from") == [("process", "tf9")]
    assert verdict(results.verdicts, "s/x", "packages") == ("holds", 1, 0)


def test_a_pair_of_which_nothing_is_stable_is_untested_and_never_equal(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    for name in ("tf9", "tf10"):  # the same two results, yet nothing repeats
        recorder.launches(name, *runs({"w": draw(0)}, {"w": draw(1)}))
    results = recorder.analyse(PLAN)
    assert verdict(results.verdicts, "s/x", "packages") == ("untested", 0, 0)
    assert verdict(results.verdicts, "s/x", "process") == ("breaks", 2, 2)


def test_the_stable_arrays_of_an_unstable_scenario_are_compared(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    recorder.launches(
        "tf9", *runs({"noise": draw(0), "w": draw(5)}, {"noise": draw(1), "w": draw(5)})
    )
    recorder.launches(
        "tf10", *runs({"noise": draw(2), "w": draw(6)}, {"noise": draw(3), "w": draw(6)})
    )
    results = recorder.analyse(PLAN)
    columns = ("arrays", "first_index", "confounders")
    assert rows(results.breaks, *columns, level="packages") == [(1, "w[0,0]", NOT_STABLE)]


def test_an_array_that_only_some_launches_gave_is_neither_missing_nor_compared(
    tmp_path: Path,
) -> None:
    recorder = Recorder(tmp_path)
    recorder.launches("tf9", *runs({"w": draw(0)}, {"w": draw(0), "extra": draw(1)}))
    recorder.launches("tf10", *runs({"w": draw(0)}, {"w": draw(0)}))
    results = recorder.analyse(PLAN)
    assert results.breaks[results.breaks["level"] == "packages"].empty
    assert verdict(results.verdicts, "s/x", "packages") == ("untested", 0, 0)


def test_that_the_stable_arrays_agree_says_nothing_about_the_others(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    bias = np.zeros(10, "f4")
    for name, seed in (("tf9", 0), ("tf10", 2)):
        recorder.launches(
            name, *runs({"w": draw(seed), "b": bias}, {"w": draw(seed + 1), "b": bias})
        )
    results = recorder.analyse(PLAN)
    assert verdict(results.verdicts, "s/x", "packages") == ("untested", 0, 0)


def test_places_without_arrays_are_not_compared(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    for name in ("tf9", "tf10"):
        recorder.launches(name, *runs({}, {}))
    results = recorder.analyse(PLAN)
    assert verdict(results.verdicts, "s/x", "packages") == ("untested", 0, 0)
    assert verdict(results.verdicts, "s/x", "process") == ("untested", 0, 0)


def test_failed_runs_are_not_compared(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    for name in ("tf9", "tf10"):
        recorder.trial(name, arrays={"s/x": {"w": draw(0)}}, statuses={"s/x": "error"})
    results = recorder.analyse(PLAN)
    assert verdict(results.verdicts, "s/x", "packages") == ("untested", 0, 0)


@pytest.mark.parametrize("damage", ["missing", "cut", "exchanged"])
def test_without_the_bytes_the_kind_is_left_open(tmp_path: Path, damage: str) -> None:
    recorder = Recorder(tmp_path)
    left, right = {"a": draw(0), "b": draw(2)}, {"a": draw(1), "b": draw(3)}
    path = recorder.object(recorder.array("a", right["a"])["sha256"])
    content = path.read_bytes()
    step(recorder, left, right)
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(content[:-1] if damage == "cut" else content[:-1] + b"x")
    (found,) = recorder.analyse(PLAN).breaks.astype(object).to_dict("records")
    assert (found["kind"], found["arrays"], found["confounders"]) == ("", 2, NO_BYTES)
    assert found["first_index"] == "a"


def test_a_shape_that_the_bytes_do_not_fill_is_no_kind(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    recorder.launches("tf9", *runs({"w": draw(0)}, {"w": draw(0)}))
    recorder.launches("tf10", *runs({"w": draw(1)}, {"w": draw(1)}))
    for path in tmp_path.glob("m1/*/*.jsonl"):
        text = path.read_text().replace("[5, 10]", "[5, 11]").replace('"size": 50', '"size": 55')
        path.write_text(text)
    assert rows(recorder.analyse(PLAN).breaks, "kind", "confounders") == [("", NO_BYTES)]


def test_without_the_bytes_another_structure_is_still_seen(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    step(recorder, {"a": draw(0)}, {"a": draw(0).astype("f8")})
    for path in tmp_path.glob("objects/*/*.npy"):
        path.unlink()
    assert rows(recorder.analyse(PLAN).breaks, "kind", "confounders") == [("structure", "")]


def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The dtype of each measurement from here on."""
    calls: list[str] = []
    compare = numeric.compare

    def noted(left: Any, right: Any, dtype: str) -> numeric.Distance:
        calls.append(dtype)
        return compare(left, right, dtype)

    monkeypatch.setattr(numeric, "compare", noted)
    return calls


def test_each_pair_of_arrays_is_measured_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = counted(monkeypatch)
    recorder = Recorder(tmp_path)
    for name, seed in (("tf9", 0), ("tf10", 1)):
        arrays = {f"s/{number}": {"v": draw(seed), "w": draw(seed)} for number in range(5)}
        recorder.launches(name, arrays, arrays)
    assert len(recorder.analyse(PLAN).breaks) == 5
    assert len(calls) == 1


@pytest.mark.parametrize("axis", ["setting", "device", "machine"])
def test_the_column_of_the_axis_itself_is_empty(tmp_path: Path, axis: str) -> None:
    recorder = Recorder(tmp_path)
    places = {"setting": ("default", "off"), "device": ("cpu", "gpu"), "machine": ("m1", "m2")}
    for seed, value in enumerate(places[axis]):
        where: Mapping[str, Any] = {axis: value}
        recorder.launches("tf9", *runs({"w": draw(seed)}, {"w": draw(seed)}), **where)
    planned = plan(ENVIRONMENTS[0], settings=("default", "off"), devices=("cpu", "gpu"))
    (found,) = recorder.analyse(planned).breaks.astype(object).to_dict("records")
    assert (found["level"], found["axis"], found["from"], found["to"]) == (
        axis,
        axis,
        *places[axis],
    )
    assert (found["setting"], found["device"]) == tuple(
        "" if name == axis else places[name][0] for name in ("setting", "device")
    )


def test_a_break_names_the_machines_of_both_sides(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    for seed, machine in enumerate(("m1", "m2")):
        recorder.launches("tf9", *runs({"w": draw(seed)}, {"w": draw(seed)}), machine=machine)
    found = recorder.analyse(plan(ENVIRONMENTS[0]))
    assert rows(found.breaks, "from", "to", "machine", "machine_to") == [("m1", "m2", "m1", "m2")]
    assert rows(found.differences, "machine") == ["m1"]
