"""Random generators of every framework, beneath any model: eager, in a graph, compiled.

A module for each maker; importing them registers their scenarios as `generators/…`.
"""

from __future__ import annotations

from . import (  # noqa: F401
    generators_jax_torch,
    generators_keras,
    generators_numpy,
    generators_tensorflow_generator,
    generators_tensorflow_seeded,
    generators_tensorflow_stateless,
)
