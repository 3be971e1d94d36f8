"""The second package, whose versions move together with the framework's. Its wheels are called
`scipy`: a package that computes is one that the report proposes to tell apart.
"""

from __future__ import annotations

from .contents import FAULTS, VERSION

__all__ = ["FAULTS", "VERSION"]
