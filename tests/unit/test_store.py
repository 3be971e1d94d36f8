from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from harness.errors import RecordError
from harness.store import Store, fingerprint

if TYPE_CHECKING:
    from pathlib import Path


def keep(store: Store, array: Any) -> str:
    """Store an array as the probe does; returns its fingerprint by the documented one-liner."""
    digest = hashlib.sha256(np.ascontiguousarray(array).tobytes()).hexdigest()
    path = store.path_of(digest)
    path.parent.mkdir(parents=True, exist_ok=True)
    np.save(path, array, allow_pickle=False)
    return digest


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6, dtype="f4").reshape(2, 3),
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.float32(-0.0),
        np.zeros((0, 3)),
        np.zeros((3, 0), "f2"),
        np.array(["ab", "c"]),
        np.array([True, False]),
        np.array([1 + 2j]),
    ],
    ids=lambda array: f"{array.dtype}{array.shape}",
)
def test_what_was_stored_is_loaded(tmp_path: Path, array: Any) -> None:
    store = Store(tmp_path)
    loaded = store.load(keep(store, array))
    assert loaded.dtype == array.dtype
    assert loaded.shape == array.shape
    assert loaded.tobytes() == array.tobytes()


def test_arrays_are_mapped_and_read_only(tmp_path: Path) -> None:
    store = Store(tmp_path)
    loaded = store.load(keep(store, np.arange(3.0)))
    assert isinstance(loaded, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        loaded[0] = 1


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6, dtype="<f4").reshape(2, 3),
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.arange(6, dtype=">f8").reshape(2, 3),
        np.asfortranarray(np.arange(6, dtype=">i2").reshape(2, 3)),
        np.arange(3) * (1 + 2j),
    ],
    ids=lambda array: f"{array.dtype.str}{array.flags.c_contiguous}",
)
def test_pieces_are_the_little_endian_bytes_in_c_order(tmp_path: Path, array: Any) -> None:
    little = array.astype(array.dtype.newbyteorder("<"))
    expected = little.tobytes()
    path = Store(tmp_path).path_of(hashlib.sha256(expected).hexdigest())
    path.parent.mkdir()
    np.save(path, array)
    stored = Store(tmp_path).open(path.stem)
    assert (stored.nbytes, stored.shape) == (len(expected), array.shape)
    for start in range(len(expected) + 1):
        for stop in range(start, len(expected) + 1):
            assert stored.read(start, stop).tobytes() == expected[start:stop]


def test_large_arrays_are_verified_in_pieces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.store._PIECE", 7)
    store = Store(tmp_path)
    digest = keep(store, np.arange(30.0))
    assert store.open(digest).fingerprint() == digest


@pytest.mark.parametrize("damage", ["cut", "removed"])
def test_a_file_that_changes_while_it_is_read_is_a_record_error(
    tmp_path: Path, damage: str
) -> None:
    store = Store(tmp_path)
    stored = store.open(keep(store, np.arange(3.0)))
    content = stored.path.read_bytes()
    stored.path.unlink()
    if damage == "cut":
        stored.path.write_bytes(content[:-1])
    with pytest.raises(RecordError, match=r"cannot be read|has become shorter"):
        stored.read(0, 24)


@pytest.mark.parametrize("extra", [b"\0", b"more"])
def test_a_file_that_is_too_long_is_a_record_error(tmp_path: Path, extra: bytes) -> None:
    store = Store(tmp_path)
    digest = keep(store, np.arange(3.0))
    path = store.path_of(digest)
    path.write_bytes(path.read_bytes() + extra)
    with pytest.raises(RecordError, match="its size is not that of float64"):
        store.open(digest)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes in the file system here")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    path = Store(tmp_path).path_of("a" * 64)
    path.parent.mkdir()
    os.mkfifo(path)
    with pytest.raises(RecordError, match="no such file"):
        Store(tmp_path).open("a" * 64)


def test_a_fingerprint_is_of_little_endian_bytes_in_c_order() -> None:
    array = np.arange(6, dtype="<f4").reshape(2, 3)
    expected = hashlib.sha256(array.tobytes()).hexdigest()
    assert fingerprint(array.astype(">f4")) == expected
    assert fingerprint(np.asfortranarray(array)) == expected
    assert fingerprint(array[:, ::-1][:, ::-1]) == expected


@pytest.mark.parametrize(
    "name", ["", "a" * 63, "a" * 65, "A" * 64, "../" + "a" * 61, "a" * 64 + "\n", "g" * 64]
)
def test_only_a_sha256_becomes_a_path(tmp_path: Path, name: str) -> None:
    with pytest.raises(RecordError, match="is not a SHA-256"):
        Store(tmp_path).path_of(name)
    with pytest.raises(RecordError, match="is not a SHA-256"):
        Store(tmp_path).load(name)


def test_a_missing_object_is_a_record_error(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="cannot be read"):
        Store(tmp_path).load("a" * 64)


def test_a_flipped_bit_is_noticed(tmp_path: Path) -> None:
    store = Store(tmp_path)
    digest = keep(store, np.arange(3.0))
    content = bytearray(store.path_of(digest).read_bytes())
    content[-1] ^= 1
    store.path_of(digest).write_bytes(content)
    with pytest.raises(RecordError, match="is damaged"):
        store.load(digest)


def header(text: str) -> bytes:
    return b"\x93NUMPY\x01\x00v\x00" + text.encode().ljust(117) + b"\n"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x93NUMPY",
        b"PK\x03\x04" + b"\0" * 200,
        b"\x80\x04K\x01.",  # a pickle
        header("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }") + b"\x80\x04K\x01.",
        header("{'descr': [('a', 'O')], 'fortran_order': False, 'shape': (1,), }") + b"\0" * 8,
        header("{'descr': '<f4', 'fortran_order': False, 'shape': (10**30,), }"),
        header("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }"),
        header("{'descr': '<f4', 'fortran_order': False, 'shape': (1000,), }"),
        header("{'descr': '|V0', 'fortran_order': False, 'shape': (3,), }"),
        header("{'descr': 'nonsense', 'fortran_order': False, 'shape': (3,), }"),
        header("(" * 117),
        header("__import__('os').abort()"),
    ],
)
def test_a_hostile_file_is_a_record_error(tmp_path: Path, content: bytes) -> None:
    store = Store(tmp_path)
    path = store.path_of("a" * 64)
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    with pytest.raises(RecordError):
        store.load("a" * 64)
