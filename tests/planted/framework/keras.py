"""The little of Keras that the probe touches when it imports a framework."""

from __future__ import annotations

from types import SimpleNamespace

__version__ = "90.0"  # the same in every release: no confounder


class Dense:
    """Touched, never built."""


layers = SimpleNamespace(Dense=Dense)
backend = SimpleNamespace(floatx=lambda: "float32")
