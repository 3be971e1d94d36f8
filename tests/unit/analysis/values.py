"""Values for tests: what a random stream gives, and what is one step away from it."""

from __future__ import annotations

from typing import Any

import numpy as np

Arrays = dict[str, Any]


def draw(seed: int, *shape: int) -> Any:
    """What one seed draws: float32, (5, 10) unless a shape is given."""
    return np.random.default_rng(seed).normal(size=shape or (5, 10)).astype("f4")


def nudged(array: Any) -> Any:
    """One unit in the last place away, in the last element."""
    array = array.copy()
    array.flat[-1] = np.nextafter(array.flat[-1], np.inf, dtype=array.dtype)
    return array


def runs(*launches: Arrays) -> list[dict[str, Arrays]]:
    """What each launch gave, all of it by the scenario `s/x`."""
    return [{"s/x": arrays} for arrays in launches]
