"""Random generators of every framework, beneath any model: eager, in a graph, compiled.

A module for each maker; importing them registers their scenarios as `generators/…`.
"""

from __future__ import annotations

from . import generators_numpy  # noqa: F401
