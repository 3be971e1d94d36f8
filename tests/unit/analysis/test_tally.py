from __future__ import annotations

import math
import re
import tracemalloc
from fractions import Fraction
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from harness.analysis import tally, ulp
from harness.analysis.numeric import Distance, compare
from harness.analysis.recorded import as_recorded
from harness.analysis.ulp import Distances
from harness.store import Store, fingerprint

COMPARING = (Path(__file__).parents[3] / "docs" / "comparing.md").read_text(encoding="utf-8")
(SETUP,) = re.findall(r"```python\n(.*?)```", COMPARING, re.DOTALL)
LINES = dict(re.findall(r"^\| `(\w+)` \| `(.*)` \|$", COMPARING, re.MULTILINE))

DTYPES: dict[str, Any] = {
    **{name: np.dtype(name) for name in ("float16", "float32", "float64")},
    "bfloat16": np.dtype(ml_dtypes.bfloat16),
    **{name: np.dtype(name) for name in ("complex64", "complex128", "bool")},
    **{name: np.dtype(name) for name in ("int8", "uint8", "int32", "int64", "uint64")},
}


def documented(left: Any, right: Any, *columns: str) -> dict[str, Any]:
    """What the lines of the documentation give; without a number to measure, no distances."""
    names: dict[str, Any] = {"left": left, "right": right}
    with np.errstate(all="ignore"):
        exec(SETUP, names)
        found = {
            column: eval(line, names)
            for column, line in LINES.items()
            if column in columns
            if names["u"].size or not column.startswith(("max", "mean", "ulp"))
        }
    return found | {"overflow": bool(np.isinf(names["d"][names["measured"]]).any())}


def measured(found: Distance) -> dict[str, Any]:
    """The same columns of a distance."""
    p50, p90, p99 = found.ulp_quantiles
    quantiles = {"ulp_p50": p50, "ulp_p90": p90, "ulp_p99": p99}
    own = {name: getattr(found, name) for name in LINES if hasattr(found, name)}
    assert found.differing is not None
    assert found.size is not None
    return own | quantiles | {"share": found.differing / found.size, "first_index": found.first}


def stored(array: Any) -> Any:
    return array.view(np.uint16) if array.dtype == ml_dtypes.bfloat16 else array


@st.composite
def pairs(draw: st.DrawFn, dtype: str) -> tuple[Any, Any]:
    """Two arrays of any bits, of which some elements agree, some nearly, some not at all."""
    shape = draw(st.sampled_from([(), (1,), (7,), (3, 4), (2, 3, 5)]))
    size, width = math.prod(shape), DTYPES[dtype].itemsize
    words = st.lists(st.binary(min_size=width, max_size=width), min_size=size, max_size=size)
    if dtype == "bool":
        words = st.lists(st.sampled_from([b"\0", b"\1"]), min_size=size, max_size=size)
    left, other = (bytearray(b"".join(draw(words))) for _ in range(2))
    right = bytearray(left)
    for place in range(size):
        start = place * width
        how = draw(st.sampled_from(["same", "same", "near", "other"]))
        if how == "near":
            right[start] ^= 1  # the lowest bit
        elif how == "other":
            right[start : start + width] = other[start : start + width]
    first, second = (
        np.frombuffer(bytes(each), DTYPES[dtype]).reshape(shape) for each in (left, right)
    )
    assume(bytes(left) != bytes(right))
    return first, second


@pytest.mark.parametrize("dtype", DTYPES)
@given(data=st.data(), chunk=st.sampled_from([1, 2, 5, 1 << 17]))
def test_each_number_is_what_the_documented_line_gives(
    dtype: str, data: st.DataObject, chunk: int
) -> None:
    left, right = data.draw(pairs(dtype))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tally, "CHUNK", chunk)
        found = measured(compare(stored(left), stored(right), dtype))
    columns = [column for column in LINES if column != "correlation"]  # ill-conditioned: see below
    expected = documented(left, right, *columns)
    no_ulp = not (dtype.startswith("complex") or "float" in dtype)
    for column in columns:
        value = expected.get(column)
        if no_ulp and "ulp" in column:
            assert found[column] in (None, {}), column
        elif column == "ulp_histogram":
            assert found[column] == (value or {}), column
        elif value is None:
            assert found[column] is None, column
        elif column.endswith("_rel") and expected["overflow"]:
            assert 0 <= found[column] <= 2, column
        elif column.startswith("mean") or column == "share":
            assert found[column] == pytest.approx(float(value), rel=1e-12, abs=5e-324), column
        else:
            assert found[column] == value, column


@given(
    values=st.lists(
        st.tuples(*[st.floats(-1e3, 1e3, allow_subnormal=False)] * 2), min_size=2, max_size=50
    ),
    offset=st.sampled_from([0.0, 1e6]),
    chunk=st.sampled_from([1, 3, 1 << 17]),
)
def test_the_correlation_is_what_the_documented_line_gives(
    values: list[tuple[float, float]], offset: float, chunk: int
) -> None:
    left, right = np.array(values).T + offset
    assume(min(left.std(), right.std()) > 1 and left.tobytes() != right.tobytes())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tally, "CHUNK", chunk)
        found = compare(left, right, "float64").correlation
    assert found == pytest.approx(documented(left, right, "correlation")["correlation"], abs=1e-8)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ([0.1] * 3, [0.1, 0.1, 0.2]),
        ([1.0, 2.0], [np.nan, np.nan]),
        ([1.0], [2.0]),
        ([1e200, -1e200], [1e200, 1e-200]),
    ],
)
def test_there_is_no_correlation_with_a_constant_or_beyond_float64(left: Any, right: Any) -> None:
    assert compare(np.array(left), np.array(right), "float64").correlation is None


def test_a_correlation_never_leaves_its_range() -> None:
    for seed in range(50):
        left = np.random.default_rng(seed).normal(size=30)
        assert compare(left, left * 3, "float64").correlation == pytest.approx(1.0, abs=1e-15)
        found = compare(left, -left, "float64").correlation
        assert found is not None
        assert -1 <= found <= -1 + 1e-15


def test_a_difference_beyond_float64_still_has_a_relative_one() -> None:
    found = compare(np.array([1.5e308, 1.0]), np.array([-1.5e308, 1.0]), "float64")
    assert (found.max_abs, found.max_rel, found.mean_rel) == (np.inf, 2.0, 1.0)


def test_the_smallest_numbers_have_relative_differences() -> None:
    found = compare(np.array([5e-324, 0.0]), np.array([0.0, -0.0]), "float64")
    assert (found.max_rel, found.mean_rel, found.ulp_histogram) == (1.0, 0.5, {0: 1, 1: 1})


def test_numbers_are_plain_python_numbers() -> None:
    for name, left in (("float32", draw(0, 9)), ("int8", np.arange(9, dtype="i1"))):
        found = measured(compare(left, left[::-1], name))
        numbers = {type(value) for value in found.values() if not isinstance(value, dict | tuple)}
        assert numbers <= {int, float, type(None)}


def test_integers_beyond_float64_have_exact_differences() -> None:
    found = compare(np.array([2**63 - 1, 5]), np.array([-(2**63), 5]), "int64")
    assert (found.max_abs, found.mean_abs, found.max_ulp) == (2.0**64, 2.0**63, None)


# Distances, exact and counted in bins.

ulps = st.integers(0, 2**64 - 1) | st.integers(0, 20_000) | st.integers(0, 63).map(lambda n: 2**n)


@given(st.lists(ulps, min_size=1, max_size=60), st.integers(0, 10), st.integers(1, 20))
def test_distances_are_counted_as_documented(values: list[int], exact: int, piece: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ulp, "EXACT", exact)
        counted = Distances()
        for start in range(0, len(values), piece):
            counted.add(np.array(values[start : start + piece], np.uint64))
        found = counted.quantiles(1, 50, 90, 99, 100)
        histogram = counted.histogram()
    ordered = sorted(values)
    for percent, quantile in zip((1, 50, 90, 99, 100), found, strict=True):
        true = ordered[math.ceil(Fraction(len(values) * percent, 100)) - 1]
        assert quantile is not None
        assert quantile <= true
        if len(values) <= exact or true <= 8192:
            assert quantile == true
        assert (true - quantile) * 4096 < max(true, 1)
    assert counted.largest == ordered[-1]
    assert sum(histogram.values()) == len(values)
    for end, count in histogram.items():
        assert count == sum(end // 2 < value <= end or value == end for value in values)


def test_without_distances_there_are_no_quantiles() -> None:
    nothing = Distances()
    nothing.add(np.zeros(0, np.uint64))
    assert (nothing.quantiles(50), nothing.histogram(), nothing.largest) == ((None,), {}, None)


# Large arrays: what is sampled must come to the same.


def test_the_sample_is_spread_by_a_prime_number() -> None:
    assert all(tally.SAMPLED % divisor for divisor in range(2, math.isqrt(tally.SAMPLED) + 1))


def draw(seed: int, *shape: int) -> Any:
    return np.random.default_rng(seed).normal(size=shape).astype("f4")


def mask(seed: int) -> Any:
    return np.random.default_rng(seed).permutation(np.repeat([0, 1.25], 2000)).astype("f4")


START = draw(0, 100, 64)
ZEROS = np.zeros((100, 64), "f4")
LARGE = {
    "rounding": (START, np.nextafter(START, np.float32(9))),
    "rounding of a sum that cancels": (START, START + 1e-7 * (abs(START) < 0.01)),
    "drift": (START, START + 0.2 * draw(1, 100, 64)),
    "drift of one element": (START, np.where(np.arange(6400).reshape(100, 64) == 9, 100, START)),
    "redraw": (START, draw(1, 100, 64)),
    "redraw of columns that are all alike": (draw(0, 64) + ZEROS, draw(1, 64) + ZEROS),
    "redraw of masks": (mask(0), mask(1)),
    "reordered": (START, np.random.default_rng(0).permutation(START.ravel()).reshape(100, 64)),
    "reordered, two elements": (START, START[[1, 0, *range(2, 100)]]),
    "unsure, constant": (np.ones((100, 64), "f4"), np.full((100, 64), 2, "f4")),
    "nonfinite": (START, np.where(np.arange(6400).reshape(100, 64) == 9, np.nan, START)),
}


@pytest.mark.parametrize("name", LARGE)
def test_a_large_array_has_the_kind_of_a_small_one(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    left, right = (side.astype("f4") for side in LARGE[name])
    small = compare(left, right, "float32")
    assert small.kind == name.split()[0].rstrip(",")
    monkeypatch.setattr(tally, "EXACT", 1000)
    monkeypatch.setattr(tally, "SAMPLED", 997)
    monkeypatch.setattr(tally, "CHUNK", 300)
    large = compare(left, right, "float32")
    assert large.kind == compare(right, left, "float32").kind == small.kind
    assert measured(large) == {
        key: pytest.approx(value, rel=1e-12) if isinstance(value, float) else value
        for key, value in measured(small).items()
    }


def test_nearly_the_same_values_are_not_taken_for_reordered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tally, "EXACT", 1000)
    monkeypatch.setattr(tally, "SAMPLED", 997)
    left = draw(0, 5000)
    right = np.random.default_rng(0).permutation(left)
    assert compare(left, right, "float32").kind == "reordered"
    inside = int(np.argsort(right)[2500])  # neither the smallest nor the largest
    right[inside] = np.nextafter(right[inside], np.float32(9))
    assert compare(left, right, "float32").kind == "redraw"


def test_complex_numbers_are_sampled_by_their_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tally, "EXACT", 1000)
    monkeypatch.setattr(tally, "SAMPLED", 997)
    left, right = (draw(seed, 8000).view("c8") for seed in (0, 1))
    assert compare(left, right, "complex64").kind == "redraw"
    assert compare(left, left[::-1], "complex64").kind == "reordered"


def test_the_kind_does_not_depend_on_the_order_of_the_sides() -> None:
    two = np.where(np.arange(100) % 2, 1.0, 0.0)
    many = np.random.default_rng(0).normal(size=100) * (np.arange(100) % 3 > 0)
    assert compare(two, many, "float64").kind == compare(many, two, "float64").kind


def test_memory_does_not_grow_with_the_arrays(tmp_path: Path) -> None:
    peaks = []
    for power in (22, 23):
        store, digests = Store(tmp_path), []
        for seed in (0, 1):
            array = np.random.default_rng(seed).random(1 << power, np.float32)
            digests.append(fingerprint(array))
            store.path_of(digests[-1]).parent.mkdir(exist_ok=True)
            np.save(store.path_of(digests[-1]), array)
        del array
        tracemalloc.start()
        try:
            left, right = (
                as_recorded(store.open(each), "float32", (1 << power,)) for each in digests
            )
            assert compare(left, right, "float32").kind == "redraw"
            peaks.append(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()
    assert max(peaks) < 1.05 * min(peaks)
    assert max(peaks) < 256 * 2**20
