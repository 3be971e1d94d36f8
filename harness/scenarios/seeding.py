"""Seeding practice, kept apart from models: what a user does before building one."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..probe.context import Run


def seed_python(run: Run, seed: int) -> None:
    """`random.seed`."""
    run.random.seed(seed)


def seed_numpy(run: Run, seed: int) -> None:
    """`numpy.random.seed`."""
    run.numpy.random.seed(seed)


def seed_framework(run: Run, seed: int) -> None:
    """The global seed of the framework under Keras. JAX has none, by design: unsupported there."""
    setters = {
        "tensorflow": "tensorflow.random.set_seed",
        "torch": "torch.manual_seed",
        "jax": "jax.random.seed",
    }
    run.api(setters[run.backend])(seed)


def seed_all_three(run: Run, seed: int) -> None:
    """TensorFlow, Python and NumPy, in the order of text 000."""
    seed_framework(run, seed)
    seed_python(run, seed)
    seed_numpy(run, seed)


def seed_of_layer(seed: int, path: str) -> int:
    """A seed for one layer: the first 31 bits of SHA-256 over `seed` and the layer's path.

    Adding or removing another layer leaves it as it was. Returns an int in [0, 2**31).
    """
    digest = hashlib.sha256(f"{seed}:{path}".encode()).digest()
    return int.from_bytes(digest[:4], "big") >> 1
