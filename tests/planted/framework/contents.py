"""What makes one release differ from the next. The builder of the wheels writes another one."""

from __future__ import annotations

from typing import Any

VERSION = "0"
FAULTS: dict[str, list[dict[str, Any]]] = {}  # case → what this release gets wrong in it
APIS: tuple[str, ...] = ()  # functions that this release has beside `build`
