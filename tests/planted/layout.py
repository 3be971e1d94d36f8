"""The matrix of the planted audit, and by hand what follows from it.

Which cells there are, which of them differ in one axis alone, and what moves between them besides.
"""

from __future__ import annotations

from typing import NamedTuple

MATRIX = """
version: 1
platforms: [{platform}]
environments:
  - {{tensorflow: ["90.8", "90.9", "90.10", "90.11", "90.12"], python: "3.10", numpy: "1.26.4"}}
  - {{tensorflow: "90.9", python: "3.11", numpy: "1.26.4"}}
  # What tells the two packages apart that move together at 90.10.
  - tensorflow: "90.9"
    python: "3.10"
    numpy: "1.26.4"
    packages: {{scipy: ["90.1", "90.2"]}}
  - tensorflow: "90.10"
    python: "3.10"
    numpy: "1.26.4"
    packages: {{scipy: ["90.2"]}}
settings:
  default: {{}}
  fixed_hash: {{env: {{PYTHONHASHSEED: "0"}}}}
  one_thread: {{threads: 1}}
  flag: {{env: {{TF_PLANTED_FLAG: "1"}}}}
include:
  - {{when: {{tensorflow: ["90.10", "90.11"]}}, settings: [default]}}
  - {{when: {{environment: "*scipy*"}}, settings: [default]}}
  - {{when: {{python: "3.11"}}, settings: [default, fixed_hash]}}
scenarios: {{files: [planted.py], include: ["planted/*"]}}
"""


class Stack(NamedTuple):
    """What an environment has."""

    framework: str
    second: str
    python: str


ALL_SETTINGS = ("default", "fixed_hash", "one_thread", "flag")
OLDEST, OLD, MOVED, NEW, NEWEST = (f"tf90_{minor}_py3_10" for minor in range(8, 13))
OTHER_PYTHON = "tf90_9_py3_11"
GRID_OLD, GRID_SECOND = (f"tf90_9_py3_10_scipy90_{version}" for version in (1, 2))
GRID_BOTH = "tf90_10_py3_10_scipy90_2"
# In matrix order.
STACKS = {
    OLDEST: (Stack("90.8", "90.1", "3.10"), ALL_SETTINGS),
    OLD: (Stack("90.9", "90.1", "3.10"), ALL_SETTINGS),
    MOVED: (Stack("90.10", "90.2", "3.10"), ("default",)),
    NEW: (Stack("90.11", "90.2", "3.10"), ("default",)),
    NEWEST: (Stack("90.12", "90.2", "3.10"), ALL_SETTINGS),
    OTHER_PYTHON: (Stack("90.9", "90.1", "3.11"), ("default", "fixed_hash")),
    GRID_OLD: (Stack("90.9", "90.1", "3.10"), ("default",)),
    GRID_SECOND: (Stack("90.9", "90.2", "3.10"), ("default",)),
    GRID_BOTH: (Stack("90.10", "90.2", "3.10"), ("default",)),
}


class Cell(NamedTuple):
    """One environment in one setting."""

    environment: str
    setting: str

    @property
    def stack(self) -> Stack:
        """What the environment has."""
        return STACKS[self.environment][0]


CELLS = tuple(Cell(name, setting) for name, (_, known) in STACKS.items() for setting in known)


class Line(NamedTuple):
    """Cells that differ in one axis alone, in its order."""

    level: str
    axis: str
    cells: tuple[tuple[str, Cell], ...]  # each with its value on the axis


def _versions(setting: str, *environments: str) -> Line:
    cells = tuple(Cell(name, setting) for name in environments)
    return Line("packages", "tensorflow", tuple((cell.stack.framework, cell) for cell in cells))


LINES = (
    _versions("default", OLDEST, OLD, MOVED, NEW, NEWEST),
    *(_versions(setting, OLDEST, OLD, NEWEST) for setting in ALL_SETTINGS[1:]),
    _versions("default", GRID_SECOND, GRID_BOTH),
    Line(
        "packages",
        "scipy",
        (("90.1", Cell(GRID_OLD, "default")), ("90.2", Cell(GRID_SECOND, "default"))),
    ),
    *(
        Line("python", "python", (("3.10", Cell(OLD, name)), ("3.11", Cell(OTHER_PYTHON, name))))
        for name in ("default", "fixed_hash")
    ),
    *(
        Line(
            "setting", "setting", tuple((name, Cell(environment, name)) for name in (first, other))
        )
        for environment, (_, (first, *others)) in STACKS.items()
        for other in others
    ),
)
# 90.12 runs in every setting, but what lies between it and 90.9 only in the default one, which
# therefore tells the steps: none reaches from 90.9 to 90.12 in another setting.
LEAP = (OLD, NEWEST)
BOTH_MOVE = (OLD, MOVED)
CONFOUNDER = "scipy 90.1 → 90.2"
