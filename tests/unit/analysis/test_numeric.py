from __future__ import annotations

from itertools import pairwise
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.analysis.numeric import FEW, KINDS, UNSURE, Distance, compare, in_company, worst
from harness.analysis.recorded import as_recorded
from harness.analysis.tally import CLOSE, NEAR
from harness.analysis.ulp import EPSILON, ordered, ulp_distance
from harness.errors import RecordError

FLOATS: dict[str, Any] = {
    "float16": np.float16,
    "bfloat16": ml_dtypes.bfloat16,
    "float32": np.float32,
    "float64": np.float64,
}
every_float = pytest.mark.parametrize("dtype", FLOATS)


def stored(array: Any) -> Any:
    """An array as the store holds it: bfloat16 as uint16."""
    array = np.asarray(array)
    return array.view(np.uint16) if array.dtype == ml_dtypes.bfloat16 else array


def numbers(dtype: str) -> st.SearchStrategy[Any]:
    """Any number of the type that is not a NaN, from its bits."""
    bits = 8 * np.dtype(FLOATS[dtype]).itemsize
    words = st.integers(0, 2**bits - 1)
    values = words.map(lambda word: np.array(word, f"u{bits // 8}").view(FLOATS[dtype]))
    return values.filter(lambda value: not np.isnan(np.float64(value)))


def distance(left: Any, right: Any, dtype: str) -> int:
    return int(ulp_distance(stored(left), stored(right), dtype))


def nextafter(value: Any, dtype: str) -> Any:
    """The next number up."""
    return np.nextafter(value, FLOATS[dtype](np.inf))


@every_float
@given(data=st.data())
def test_ulp_distance_is_a_metric_on_numbers(dtype: str, data: st.DataObject) -> None:
    a, b, c = (data.draw(numbers(dtype)) for _ in range(3))
    assert distance(a, b, dtype) == distance(b, a, dtype)
    assert (distance(a, b, dtype) == 0) == bool(a == b)
    low, middle, high = sorted((a, b, c), key=np.float64)
    assert distance(low, high, dtype) == distance(low, middle, dtype) + distance(
        middle, high, dtype
    )


@every_float
@given(data=st.data())
def test_ulp_distance_counts_the_steps_to_the_next_number(dtype: str, data: st.DataObject) -> None:
    start = data.draw(numbers(dtype).filter(lambda value: np.isfinite(np.float64(value))))
    steps = data.draw(st.integers(0, 30))
    value, taken = start, 0
    for _ in range(steps):
        if not np.isinf(np.float64(value)):
            value, taken = nextafter(value, dtype), taken + 1
    assert distance(start, value, dtype) == taken


@every_float
def test_ulp_distance_is_exact_across_zero(dtype: str) -> None:
    zero, one = FLOATS[dtype](0), FLOATS[dtype](1)
    smallest = nextafter(zero, dtype)
    assert distance(-zero, zero, dtype) == 0
    assert distance(-smallest, smallest, dtype) == 2
    assert distance(-smallest, zero, dtype) == distance(-smallest, -zero, dtype) == 1
    assert distance(-one, one, dtype) == 2 * distance(zero, one, dtype)


@every_float
def test_ulp_distance_spans_the_whole_range(dtype: str) -> None:
    largest = FLOATS[dtype](np.inf)
    infinity = int(ordered(stored(np.asarray(largest)), dtype))
    assert distance(-largest, largest, dtype) == 2 * infinity
    if dtype == "float64":
        assert 2 * infinity > 2**63


def test_ulp_distance_of_no_float_is_an_error() -> None:
    with pytest.raises(ValueError, match="int32 is not a float type"):
        ordered(np.zeros(1, np.int32), "int32")


@given(st.integers(-(2**63), 2**63 - 1), st.integers(-(2**63), 2**63 - 1))
def test_integers_are_apart_by_their_difference(a: int, b: int) -> None:
    found = compare(np.array([a]), np.array([b]), "int64")
    assert found.max_ulp is None
    assert found.max_abs == (float(abs(a - b)) if a != b else None)


@given(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1))
def test_unsigned_integers_are_apart_by_their_difference(a: int, b: int) -> None:
    found = compare(np.array([a], "u8"), np.array([b], "u8"), "uint64")
    assert found.max_abs == (float(abs(a - b)) if a != b else None)


# Kinds. `draw(seed)` stands for the weights that one random stream gives.


def draw(seed: int, shape: tuple[int, ...] = (20, 30), dtype: str = "float32") -> Any:
    return np.random.default_rng(seed).normal(size=shape).astype(FLOATS[dtype])


def kind(left: Any, right: Any) -> str:
    dtype = np.asarray(left).dtype.name
    found = compare(stored(left), stored(right), dtype)
    assert found.kind == compare(stored(right), stored(left), dtype).kind
    return found.kind


@every_float
def test_equal_bits_are_identical(dtype: str) -> None:
    assert compare(stored(draw(0, dtype=dtype)), stored(draw(0, dtype=dtype)), dtype) == Distance(
        "identical"
    )


@every_float
@pytest.mark.parametrize("shape", [(), (1,), (3,), (20, 30)])
def test_one_step_in_one_element_is_rounding(dtype: str, shape: tuple[int, ...]) -> None:
    left = np.asarray(draw(0, shape, dtype))
    right = left.copy()
    last = tuple(length - 1 for length in shape)
    right[last] = nextafter(left[last], dtype)
    found = compare(stored(left), stored(right), dtype)
    assert (found.kind, found.max_ulp, found.first) == ("rounding", 1, last)
    assert found.max_abs == abs(float(left[last]) - float(right[last]))


def test_zeros_of_unlike_sign_are_rounding_at_distance_nought() -> None:
    found = compare(np.array([0.0, 1.0]), np.array([-0.0, 1.0]), "float64")
    assert (found.kind, found.max_ulp, found.max_abs, found.first) == ("rounding", 0, 0.0, (0,))
    assert (found.differing, found.ulp_histogram, found.max_rel) == (1, {0: 1}, 0.0)


def test_a_sum_that_cancels_is_rounding_though_many_last_places_apart() -> None:
    left = draw(0)
    right = left.copy()
    left[0, 0], right[0, 0] = 3e-8, -5e-8
    found = compare(left, right, "float32")
    assert found.kind == "rounding"
    assert found.max_ulp is not None
    assert found.max_ulp > 10**6


def test_one_huge_element_does_not_turn_a_redraw_into_rounding_or_drift() -> None:
    left, right = draw(0), draw(1)
    left[3, 4] = right[3, 4] = 1e9
    assert kind(left, right) == "redraw"


@every_float
def test_another_stream_is_a_redraw(dtype: str) -> None:
    assert kind(draw(0, dtype=dtype), draw(1, dtype=dtype)) == "redraw"


def test_another_stream_is_a_redraw_whatever_the_values_have_in_common() -> None:
    rng = np.random.default_rng(0)
    assert kind(rng.uniform(size=100), rng.uniform(size=100)) == "redraw"
    masks = rng.integers(0, 2, (2, 1000)).astype(bool)
    assert kind(*masks) == "redraw"
    assert kind(*rng.integers(0, 10, (2, 1000))) == "redraw"
    padded = np.zeros((2, 1000))
    padded[:, :50] = rng.uniform(size=(2, 50))
    assert kind(*padded) == "redraw"


def test_redraws_are_rarely_taken_for_anything_else() -> None:
    rng = np.random.default_rng(0)
    kinds = [kind(*rng.normal(size=(2, size))) for size in (FEW, 20, 50, 500) for _ in range(250)]
    assert kinds.count("redraw") >= 990


def test_a_mask_with_as_many_ones_is_a_redraw_and_not_reordered() -> None:
    rng = np.random.default_rng(0)
    mask = np.repeat([0.0, 1.25], 500)
    assert kind(rng.permutation(mask), rng.permutation(mask)) == "redraw"


def test_a_mask_with_few_other_places_is_drift() -> None:
    mask = np.random.default_rng(0).integers(0, 2, 1000).astype(bool)
    other = mask.copy()
    other[[3, 5]] = ~other[[3, 5]]
    assert kind(mask, other) == "drift"


@every_float
def test_values_grown_apart_are_drift(dtype: str) -> None:
    start = draw(0, dtype="float64")
    assert (
        kind(start.astype(FLOATS[dtype]), (start + 0.2 * draw(1)).astype(FLOATS[dtype])) == "drift"
    )


def test_nearly_constant_arrays_that_are_close_are_drift() -> None:
    assert kind(1 + 1e-3 * draw(0), 1 + 1e-3 * draw(1)) == "drift"
    assert kind(np.full(50, 1.0), np.full(50, 1.0 + CLOSE / 2)) == "drift"


def test_one_element_far_off_is_drift_not_a_redraw() -> None:
    left = draw(0)
    right = left.copy()
    right[0, 0] = 100
    assert kind(left, right) == "drift"


@pytest.mark.parametrize("shape", [(2,), (7,), (20, 30)])
@every_float
def test_the_same_values_in_other_places_are_reordered(dtype: str, shape: tuple[int, ...]) -> None:
    left = draw(0, shape, dtype)
    assert kind(left, left[::-1]) == "reordered"


def test_a_shuffled_range_of_integers_is_reordered() -> None:
    assert kind(np.arange(100), np.random.default_rng(0).permutation(100)) == "reordered"


def test_a_swap_of_two_elements_is_reordered() -> None:
    left = draw(0)
    right = left.copy()
    right[0, 0], right[0, 1] = left[0, 1], left[0, 0]
    assert kind(left, right) == "reordered"


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@every_float
def test_an_infinity_on_one_side_is_nonfinite(dtype: str, bad: float) -> None:
    left, right = draw(0, dtype=dtype), draw(0, dtype=dtype)
    right[1, 2] = bad
    right[3, 4] = nextafter(right[3, 4], dtype)
    found = compare(stored(left), stored(right), dtype)
    assert (found.kind, found.max_ulp, found.first) == ("nonfinite", 1, (1, 2))


def test_the_payload_of_a_nan_is_nonfinite_and_has_no_distance() -> None:
    left = np.array([0x7FC00000, 0], np.uint32).view(np.float32)
    right = np.array([0x7FC00001, 0], np.uint32).view(np.float32)
    found = compare(left, right, "float32")
    assert found == Distance("nonfinite", first=(0,), size=2, differing=1)


def test_an_infinity_that_both_sides_share_does_not_count() -> None:
    left, right = draw(0), draw(1)
    left[0, 0] = right[0, 0] = np.inf
    left[0, 1] = right[0, 1] = np.nan
    assert kind(left, right) == "redraw"


def test_a_few_numbers_far_apart_are_unsure_and_close_ones_drift() -> None:
    assert kind(np.array([0.13]), np.array([0.87])) == UNSURE
    assert kind(np.array(0.6931), np.array(0.6942)) == "drift"
    assert kind(np.array([1, 7]), np.array([1, 9])) == UNSURE
    assert kind(np.zeros(50), draw(0, (50,), "float64")) == UNSURE


def test_integers_beyond_float64_are_told_apart() -> None:
    found = compare(np.array([2**60]), np.array([2**60 + 1]), "int64")
    assert (found.kind, found.max_abs) == ("drift", 1.0)


def test_the_largest_numbers_do_not_overflow() -> None:
    largest = np.finfo(np.float64).max
    found = compare(np.array([largest] * 20), np.array([-largest] * 20), "float64")
    assert found.max_ulp == 2 * 0x7FEFFFFFFFFFFFFF
    assert found.max_abs == np.inf


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
def test_complex_numbers_are_compared_by_their_parts(dtype: str) -> None:
    left = np.full((2, 3), 1 + 2j, dtype)
    right = left.copy()
    right.imag[1, 2] = np.nextafter(right.imag[1, 2], right.imag.dtype.type(3))
    found = compare(left, right, dtype)
    assert (found.kind, found.max_ulp, found.first) == ("rounding", 1, (1, 2))
    assert compare(left, left, dtype) == Distance("identical")
    assert compare(left[0, 0], right[1, 2], dtype).first == ()


@pytest.mark.parametrize("values", [["a", "b"], ["a", "c"]])
def test_values_without_arithmetic_are_of_unknown_kind(values: list[str]) -> None:
    left = as_recorded(np.array(["a", "z"]), "str32", (2,))
    right = as_recorded(np.array(values), "str32", (2,))
    assert compare(left, right, "str32") == Distance("", first=(1,), size=2, differing=1)


def test_bytes_are_read_as_the_record_says() -> None:
    zeros = np.zeros(4, "f4")  # stored by whoever came first
    assert as_recorded(zeros, "float64", (2,)).dtype == np.float64
    assert as_recorded(zeros, "int32", (2, 2)).shape == (2, 2)
    assert as_recorded(zeros, "bfloat16", (8,)).dtype == np.uint16
    assert as_recorded(zeros[:1], "float32", ()).shape == ()
    assert as_recorded(zeros[:0], "float32", (0, 5)).shape == (0, 5)
    assert as_recorded(zeros, "float8_e4m3fn", (16,)).dtype == np.dtype("V1")
    assert as_recorded(np.arange(4.0)[::2], "float64", (2,)).read(0, 2).tolist() == [0.0, 2.0]


@pytest.mark.parametrize(
    ("dtype", "shape"), [("float32", (5,)), ("float64", (4,)), ("str32", (3,)), ("str0", (32,))]
)
def test_bytes_that_do_not_fill_the_shape_are_a_record_error(
    dtype: str, shape: tuple[int, ...]
) -> None:
    with pytest.raises(RecordError, match="16 bytes are not an array of"):
        as_recorded(np.zeros(4, "f4"), dtype, shape)


@pytest.mark.parametrize("dtype", ["object", "o", "datetime64", "void", "str"])
def test_a_foreign_dtype_never_becomes_anything_but_raw_bytes(dtype: str) -> None:
    assert as_recorded(np.zeros(2), dtype, (2,)).dtype == np.dtype("V8")


def test_the_worst_kind_of_the_arrays_is_that_of_the_scenario() -> None:
    for milder, worse in pairwise(KINDS):
        assert worst([worse, milder, worse]) == worse
        assert worst([milder, worse]) == worse
    assert worst([]) == "identical"


def test_an_unknown_kind_makes_the_whole_unknown_unless_nothing_could_be_worse() -> None:
    assert worst(["redraw", "", UNSURE]) == ""
    assert worst(["", "structure"]) == "structure"


def test_an_unsure_kind_follows_the_company_it_is_in() -> None:
    assert worst([UNSURE]) == "redraw"
    assert worst([UNSURE, "rounding"]) == "drift"
    assert worst([UNSURE, "drift"]) == "drift"
    assert worst([UNSURE, "redraw"]) == "redraw"


@pytest.mark.parametrize(
    ("others", "decided"),
    [
        ([], "redraw"),
        (["redraw", "rounding"], "redraw"),
        (["structure", ""], "redraw"),
        (["rounding"], "drift"),
        (["nonfinite", "reordered", "drift"], "drift"),
    ],
)
def test_an_unsure_array_is_decided_by_the_others(others: list[str], decided: str) -> None:
    assert in_company([UNSURE, *others]) == [decided, *others]


def test_thresholds_are_what_the_documentation_says() -> None:
    assert (NEAR, CLOSE, FEW) == (4, 0.01, 12)
    for dtype, epsilon in EPSILON.items():
        assert float(nextafter(FLOATS[dtype](1), dtype)) == 1 + epsilon
