"""Seeding practice, kept apart from models: what a user does before building one."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from .sources import RESEEDING, SEED_SENTENCES

if TYPE_CHECKING:
    from ..probe.context import Run


def seed_python(run: Run, seed: int) -> None:
    """`random.seed`."""
    run.random.seed(seed)


def seed_numpy(run: Run, seed: int) -> None:
    """`numpy.random.seed`."""
    run.numpy.random.seed(seed)


def seed_framework(run: Run, seed: int) -> None:
    """The global seed of the framework under Keras: unsupported where there is none.

    JAX has none by design; Keras on Theano draws its seeds from NumPy.
    """
    setters = {
        "tensorflow": ("tensorflow.random.set_seed", "tensorflow.compat.v1.set_random_seed"),
        "torch": ("torch.manual_seed",),
    }
    if run.backend not in setters:
        run.unsupported(f"global seed on {run.backend}")
    run.api(*setters[run.backend])(seed)


def seed_everything(run: Run, seed: int) -> None:
    """Python, NumPy, and the framework where it has a global seed: alike on every version.

    What scenarios do that are not about seeding.
    """
    seed_python(run, seed)
    seed_numpy(run, seed)
    if run.backend in ("tensorflow", "torch"):
        seed_framework(run, seed)


def seed_all_three(run: Run, seed: int) -> None:
    """TensorFlow, Python and NumPy, in the order of text 000."""
    seed_framework(run, seed)
    seed_python(run, seed)
    seed_numpy(run, seed)


def reseeded(run: Run) -> dict[str, Any]:
    """What is expected of a rebuild after seeding again, and by whom: arguments of `run.relation`.

    Some releases of TensorFlow 2 alone document that the second seeding starts over: each is asked
    by its own docstring.
    """
    if run.backend != "tensorflow":
        return {}
    set_seed = getattr(run.api("tensorflow.random"), "set_seed", None)
    documentation = (set_seed and set_seed.__doc__) or ""
    if "set_seed` will reset any such counters" not in " ".join(documentation.split()):
        return {}
    return {"expected": True, "source": RESEEDING}


def equally_seeded(initializer: Any, one_instance: bool = False) -> dict[str, Any]:
    """What this version documents of initializers with equal seeds: arguments of `run.relation`.

    Releases contradict each other here, so that each is asked by its own docstring. one_instance:
    the same instance is called again, rather than another one with an equal seed.
    """
    documentation = " ".join((initializer.__doc__ or "").replace(" the ", " ").split())
    for sentence, of_itself, of_another in SEED_SENTENCES:
        if sentence.replace(" the ", " ") in documentation:
            return {
                "expected": of_itself if one_instance else of_another,
                "source": f"this version's documentation of the seed of initializers: '{sentence}'",
            }
    return {}


def seed_of_layer(seed: int, path: str) -> int:
    """A seed for one layer: the first 31 bits of SHA-256 over `seed` and the layer's path.

    Adding or removing another layer leaves it as it was. Returns an int in [0, 2**31).
    """
    digest = hashlib.sha256(f"{seed}:{path}".encode()).digest()
    return int.from_bytes(digest[:4], "big") >> 1
