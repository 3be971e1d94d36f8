"""Which Keras an environment has, as people speak of it: `TensorFlow 2.9.3`, `Keras 3.5.0 on JAX`.

Keras 2 is known by the TensorFlow that it comes with; what stands alone, by its own version.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.analysis.apart import version
from harness.analysis.lines import LEGACY_KERAS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from packaging.version import Version

    from harness.analysis import Results

BACKENDS = {"tensorflow": "TensorFlow", "jax": "JAX", "torch": "Torch", "theano": "Theano"}


@dataclass(frozen=True)
class Generation:
    """A line of releases: what it is called, before and after the version."""

    name: str
    backend: str = ""

    def words(self, versions: Sequence[str]) -> str:
        """These of its releases, in order: `Keras 3.0.5 to 3.15.1 on JAX`."""
        first, last = versions[0], versions[-1]
        span = first if first == last else f"{first} to {last}"
        return f"{self.name} {span}" + (f" on {self.backend}" if self.backend else "")


@dataclass(frozen=True)
class Release:
    """One release of a generation, and the environments that have it."""

    version: str
    environments: tuple[str, ...]

    @property
    def order(self) -> Version:
        """Where it stands among its like."""
        return version(self.version)


def generations(results: Results) -> dict[Generation, list[Release]]:
    """What was measured, oldest generation first, each with its releases in order."""
    found: dict[Generation, dict[str, dict[str, None]]] = {}
    keras_of = {each.id: each.keras for each in results.plan.environments}
    columns = ["environment", "backend", "keras", "tensorflow"]
    for name, backend, keras, tensorflow in results.cells[columns].itertuples(index=False):
        if backend and keras:
            generation, release = _generation(keras_of.get(name, ""), backend, keras, tensorflow)
            found.setdefault(generation, {}).setdefault(release, {})[name] = None
    return {
        generation: sorted(
            (Release(release, tuple(names)) for release, names in releases.items()),
            key=lambda each: each.order,
        )
        for generation, releases in sorted(found.items(), key=lambda each: _age(each[0]))
    }


def _generation(named: str, backend: str, keras: str, tensorflow: str) -> tuple[Generation, str]:
    """named: the Keras that the matrix names, if any, as `harness.plan.Environment.keras`."""
    if named == LEGACY_KERAS.replace("-", "_"):
        return Generation(LEGACY_KERAS), keras
    if version(keras).major >= 3:
        return Generation("Keras", BACKENDS.get(backend, backend)), keras
    if named or not tensorflow:
        return Generation("stand-alone Keras", BACKENDS.get(backend, backend)), keras
    return Generation("TensorFlow"), tensorflow


def _age(generation: Generation) -> tuple[int, int]:
    names = ("stand-alone Keras", "TensorFlow", LEGACY_KERAS, "Keras")
    backends = ["", *BACKENDS.values()]
    rank = backends.index(generation.backend) if generation.backend in backends else len(backends)
    return names.index(generation.name), rank
