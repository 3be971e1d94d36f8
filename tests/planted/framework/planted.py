"""Seeded arrays, and the faults that a release may have in drawing them.

A fault is a table entry: `effect`, how values come to differ; `source`, what they wrongly depend
on (nothing: the release alone); `when`, under which conditions; `array` and `at`, where.
"""

from __future__ import annotations

import importlib
import os
import random
import sys
import time
import zlib
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from .contents import APIS, FAULTS

Array: TypeAlias = "np.ndarray[Any, np.dtype[Any]]"
Spec: TypeAlias = "dict[str, Any]"
Arrays: TypeAlias = "list[tuple[str, Array]]"

_SECOND: Any = importlib.import_module("scipy")  # the planted one, not the real one
WORDS = [f"word{number}" for number in range(64)]

_seed = 0
_stream = np.random.RandomState(0)
_calls: dict[str, int] = {}  # state that no seed resets: the fault `call_count`


def set_seed(seed: int) -> None:
    """Seed everything that this framework seeds."""
    global _seed
    _seed = seed
    _stream.seed(seed)


def build(case: str, specs: list[Spec]) -> Arrays:
    """The arrays of a case, in order, with what this release gets wrong in them."""
    calls = _calls[case] = _calls.get(case, 0) + 1
    arrays = [(spec["name"], draw(case, spec)) for spec in specs]
    for fault in (*FAULTS.get(case, ()), *_SECOND.FAULTS.get(case, ())):
        if _applies(fault, calls):
            arrays = _spoilt(arrays, fault, case, specs)
    return arrays


def _spoilt(arrays: Arrays, fault: Spec, case: str, specs: list[Spec]) -> Arrays:
    position = [name for name, _ in arrays].index(fault["array"])
    if fault["effect"] in _WHOLE:
        return _WHOLE[fault["effect"]](arrays, position, case, specs)
    name, value = arrays[position]
    if fault["effect"] in ("another_stream", "reordered"):
        salt = _SOURCES[fault["source"]]() if fault["source"] else 1
        value = _drawn_again(fault["effect"], case, specs[position], value, salt)
    else:
        value = _VALUES[fault["effect"]](value, fault["at"])
    return [*arrays[:position], (name, value), *arrays[position + 1 :]]


def __getattr__(name: str) -> Any:
    """`build` under the names that only some releases have."""
    if name in APIS:
        return build
    raise AttributeError(name)


def draw(case: str, spec: Spec, salt: int = 0) -> Array:
    """What a seeded draw should give: the seed, the case and the array's name decide it."""
    shape, dtype, base = tuple(spec["shape"]), np.dtype(spec["dtype"]), spec["base"]
    if base in _CONSTANT:
        return _CONSTANT[base](shape, dtype)
    text = f"{_seed}/{case}/{spec['name']}/{salt}"
    value = _uniform(np.random.RandomState(zlib.crc32(text.encode())), shape, dtype)
    if base in _AT:
        value.reshape(-1)[spec["at"]] = _AT[base](dtype)
    return value


def _uniform(stream: np.random.RandomState, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    if dtype.kind == "b":
        return np.asarray(stream.uniform(size=shape) < 0.5)
    if dtype.kind in "iu":
        most = min(int(np.iinfo(dtype).max), 1_000_000)
        return np.asarray(stream.randint(0, most, shape)).astype(dtype)
    value = stream.uniform(-1, 1, shape)
    if dtype.kind == "c":
        value = value + 1j * stream.uniform(-1, 1, shape)
    return np.asarray(value).astype(dtype)


def _applies(fault: Spec, calls: int) -> bool:
    """Whether this process, at this call, meets the conditions."""
    import tensorflow

    now = {
        "threads": tensorflow.config.threading.get_intra_op_parallelism_threads(),
        "python": f"{sys.version_info[0]}.{sys.version_info[1]}",
        "flag": os.environ.get("TF_PLANTED_FLAG", ""),
    }
    met = all(now[name] == value for name, value in fault["when"].items())
    return met and (fault["source"] != "call_count" or calls > 1)


# What a value may wrongly depend on, as a number.
_SOURCES: dict[str, Callable[[], int]] = {
    "pid": os.getpid,
    "clock": lambda: time.time_ns() % 2**31,
    "entropy": lambda: int.from_bytes(os.urandom(4), "little"),
    "unseeded_python": lambda: random.getrandbits(30),
    "unseeded_numpy": lambda: int(np.random.randint(2**30)),
    "hash_seed": lambda: hash("planted") % 2**31,
    "set_order": lambda: zlib.crc32(" ".join(set(WORDS)).encode()),
    "call_count": lambda: 1,
}


def _drawn_again(effect: str, case: str, spec: Spec, value: Array, salt: int) -> Array:
    if effect == "another_stream":
        return draw(case, spec, salt or 1)
    order = np.roll(np.arange(value.size), 1)
    if salt != 1:
        order = np.random.RandomState(salt % 2**32).permutation(value.size)
    return np.asarray(value.reshape(-1)[order].reshape(value.shape))


def _moved(value: Array, at: int, steps: int) -> Array:
    """One element, some units in the last place away from zero."""
    moved: Array = value.copy()
    flat = moved.reshape(-1)
    if value.dtype.kind == "c":
        flat = flat.view(f"f{value.dtype.itemsize // 2}")
        at *= 2
    for _ in range(steps):
        flat[at : at + 1] = np.nextafter(flat[at : at + 1], np.sign(flat[at : at + 1]) * np.inf)
    return moved


def _put(value: Array, at: int, number: Any) -> Array:
    changed: Array = value.copy()
    changed.reshape(-1)[at] = number
    return changed


def _payload(dtype: np.dtype[Any], payload: int) -> Any:
    """A quiet NaN that carries a number."""
    bits = np.asarray(np.nan, dtype).view(f"u{dtype.itemsize}")
    return (bits | bits.dtype.type(payload)).view(dtype)


def _noisy(value: Array) -> Array:
    """Every element off by up to a twentieth of the range: as training drifts."""
    noise = np.random.RandomState(7).uniform(-0.05, 0.05, value.shape)
    return np.asarray(value + noise * float(np.abs(value).max()), value.dtype)


_VALUES: dict[str, Callable[[Array, int], Array]] = {
    "one_ulp": lambda value, at: _moved(value, at, 1),
    "three_ulp": lambda value, at: _moved(value, at, 3),
    "sign_of_zero": lambda value, at: _put(value, at, -0.0),
    "growth": lambda value, at: (
        value + 1 if value.dtype.kind in "iu" else (value * 1.006).astype(value.dtype)
    ),
    "noise": lambda value, at: _noisy(value),
    "dtype": lambda value, at: value.astype(
        {"f": "f4" if value.dtype.itemsize == 8 else "f8", "c": "c16"}.get(value.dtype.kind, "i8")
    ),
    "shape": lambda value, at: value.reshape(-1, 1),
    "nan": lambda value, at: _put(value, at, np.nan),
    "infinity": lambda value, at: _put(value, at, np.inf),
    "nan_payload": lambda value, at: _put(value, at, _payload(value.dtype, 5)),
}


def _shifted(arrays: Arrays, position: int, case: str, specs: list[Spec]) -> Arrays:
    """One more draw than before, so that every later array comes from elsewhere in the stream."""
    later = ((spec["name"], draw(case, spec, 1)) for spec in specs[position:])
    return [*arrays[:position], *later]


_WHOLE: dict[str, Callable[[Arrays, int, str, list[Spec]], Arrays]] = {
    "extra_draw": _shifted,
    "array_gone": lambda arrays, at, *_: [*arrays[:at], *arrays[at + 1 :]],
    "array_added": lambda arrays, at, *_: [*arrays, ("added", arrays[at][1])],
    "array_renamed": lambda arrays, at, *_: [
        *arrays[:at],
        ("renamed", arrays[at][1]),
        *arrays[at + 1 :],
    ],
    "creation_order": lambda arrays, at, *_: arrays[::-1],
    "call_order": lambda arrays, at, case, specs: [
        (spec["name"], np.asarray(_stream.uniform(-1, 1, spec["shape"]), spec["dtype"]))
        for spec in specs
    ],
}

# Values that may look suspicious and are the same everywhere.
_CONSTANT: dict[str, Callable[[tuple[int, ...], np.dtype[Any]], Array]] = {
    "zeros": lambda shape, dtype: np.zeros(shape, dtype),
    "negative_zeros": lambda shape, dtype: np.full(shape, -0.0, dtype),
    "ones": lambda shape, dtype: np.ones(shape, dtype),
    "nans": lambda shape, dtype: np.full(shape, np.nan, dtype),
    "nans_with_payload": lambda shape, dtype: np.full(shape, _payload(dtype, 3), dtype),
    "infinities": lambda shape, dtype: np.full(shape, -np.inf, dtype),
    "denormals": lambda shape, dtype: np.full(shape, np.finfo(dtype).tiny / 2, dtype),
    "largest": lambda shape, dtype: np.full(shape, np.finfo(dtype).max, dtype),
    "text": lambda shape, dtype: np.full(shape, "planted"),
    "set_of_integers": lambda shape, dtype: np.resize(
        np.array(list({number * 7 % 64 for number in range(64)}), dtype), shape
    ),
    "sorted_set": lambda shape, dtype: np.resize(
        np.array([int(word[4:]) for word in sorted(set(WORDS))], dtype), shape
    ),
    "dictionary_order": lambda shape, dtype: np.resize(
        np.array([int(word[4:]) for word in dict.fromkeys(reversed(WORDS))], dtype), shape
    ),
    "hash_of_integers": lambda shape, dtype: np.resize(
        np.array([hash((number, 2.5)) % 64 for number in range(64)], dtype), shape
    ),
}

# What one element of a draw is replaced by.
_AT: dict[str, Callable[[np.dtype[Any]], Any]] = {
    "zero_inside": lambda dtype: 0.0,
    "nan_inside": lambda dtype: np.nan,
}


def distract(what: str) -> None:
    """Do what often goes with a fault, without letting any value depend on it."""
    _DISTRACTIONS[what]()


_DISTRACTIONS: dict[str, Callable[[], object]] = {
    **_SOURCES,
    "consume_python": lambda: [random.random() for _ in range(10)],
    "consume_numpy": lambda: np.random.uniform(size=10),
    "print": lambda: print(f"pid {os.getpid()} at {time.time()}", file=sys.stderr),
    "sleep": lambda: time.sleep(0.001 * (os.getpid() % 5)),
    "read_flag": lambda: os.environ.get("TF_PLANTED_FLAG"),
    "read_python": lambda: sys.version_info,
    "read_version": lambda: _SECOND.VERSION,
}
