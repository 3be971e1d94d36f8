"""Fingerprints: bit-exact, reproducible in one line of NumPy."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from harness.probe import fingerprint
from harness.store import Store

arrays = hnp.arrays(
    dtype=st.one_of(
        hnp.floating_dtypes(endianness="?"),
        hnp.integer_dtypes(endianness="?"),
        hnp.boolean_dtypes(),
    ),
    shape=hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=5),
)


def one_line(array: np.ndarray) -> str:
    return hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()


@given(arrays)
def test_one_line_of_numpy_reproduces_it(array: np.ndarray) -> None:
    little = array.astype(array.dtype.newbyteorder("<"))

    assert fingerprint.sha256(fingerprint.canonical(array)) == one_line(little)


@given(arrays)
def test_layout_and_byte_order_do_not_matter(array: np.ndarray) -> None:
    swapped = np.asfortranarray(array).astype(array.dtype.newbyteorder(">"))

    ours, theirs = fingerprint.canonical(array), fingerprint.canonical(swapped)

    assert fingerprint.sha256(ours) == fingerprint.sha256(theirs)
    assert ours.shape == array.shape


def test_minus_zero_is_not_zero() -> None:
    plus, minus = np.array([0.0]), np.array([-0.0])

    assert fingerprint.sha256(plus) != fingerprint.sha256(minus)


def test_the_payload_of_a_nan_counts() -> None:
    quiet, other = np.array([0x7FC00000, 0x7FC00001], dtype=np.uint32).view(np.float32)

    assert fingerprint.sha256(np.array(quiet)) != fingerprint.sha256(np.array(other))


def test_an_object_array_is_refused() -> None:
    with pytest.raises(TypeError, match="object array"):
        fingerprint.canonical(np.array([object()]))


def test_statistics_are_over_finite_elements() -> None:
    described = fingerprint.described(np.array([1.0, 3.0, np.inf, np.nan], dtype=np.float32))

    assert described["nonfinite"] == 2
    assert (described["min"], described["max"]) == (1.0, 3.0)
    assert (described["mean"], described["std"]) == (2.0, 1.0)


@pytest.mark.parametrize(
    "array",
    [np.zeros((0, 3)), np.array([np.nan]), np.array(["a"]), np.array([1 + 2j])],
    ids=["empty", "no finite element", "text", "complex"],
)
def test_statistics_are_absent_where_there_are_none(array: np.ndarray) -> None:
    described = fingerprint.described(fingerprint.canonical(array))

    assert [described[name] for name in ("min", "max", "mean", "std")] == [None] * 4


def test_statistics_of_huge_values_stay_json() -> None:
    described = fingerprint.described(np.array([1.7e308, -1.7e308]))

    assert described["std"] is None


@given(arrays)
def test_the_store_gives_the_same_bits_back(array: np.ndarray) -> None:
    canonical = fingerprint.canonical(array)
    with tempfile.TemporaryDirectory() as folder:
        fingerprint.store(canonical, Path(folder))
        loaded = Store(Path(folder)).load(fingerprint.sha256(canonical))

        assert loaded.dtype == canonical.dtype
        assert loaded.shape == canonical.shape
        assert loaded.tobytes() == canonical.tobytes()


def test_bfloat16_is_kept_as_its_bits(tmp_path: Path) -> None:
    array = fingerprint.canonical(np.array([1.5, -2.0], dtype=ml_dtypes.bfloat16))
    fingerprint.store(array, tmp_path)

    assert fingerprint.described(array)["dtype"] == "bfloat16"
    loaded = Store(tmp_path).load(fingerprint.sha256(array))
    assert loaded.tobytes() == array.tobytes()


def test_a_stored_array_that_was_cut_is_stored_again(tmp_path: Path) -> None:
    array = np.arange(4.0)
    fingerprint.store(array, tmp_path)
    (stored,) = tmp_path.rglob("*.npy")
    stored.write_bytes(b"")

    fingerprint.store(array, tmp_path)

    assert Store(tmp_path).load(fingerprint.sha256(array)).tolist() == [0, 1, 2, 3]


def test_an_array_seen_twice_is_stored_once(tmp_path: Path) -> None:
    array = np.arange(4.0)
    fingerprint.store(array, tmp_path)
    (stored,) = tmp_path.rglob("*.npy")
    before = stored.stat().st_mtime_ns

    fingerprint.store(array.copy(), tmp_path)

    assert [path.stat().st_mtime_ns for path in tmp_path.rglob("*")][-1:] == [before]
    assert not list(tmp_path.rglob("*.tmp"))
