"""Python's search for garbage, left out where it finds nothing."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def uncollected() -> Iterator[None]:
    """Python does not look for garbage inside: a large report makes millions of objects that stay.

    Looking through them again and again takes a quarter of the analysis.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
