"""The standard suite: seeded recipes that every audited environment runs, one module per family.

A scenario is a function that takes a `Run` (see `harness.probe.context`), builds something with the
framework, and names the arrays and relations to keep::

    @scenario("recipes/numpy_only", source="where the recipe comes from")
    def numpy_only(run: Run) -> None:
        \"\"\"One sentence that the report shows.\"\"\"
        run.numpy.random.seed(run.seed)
        run.weights("first", dense_pair(run))

Scenario modules import nothing but the standard library and this package, so that the host can list
the suite without a framework, and they run on Python 3.7 to 3.14.
"""

from __future__ import annotations

import importlib
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from ..probe.context import Run

    Function: TypeAlias = Callable[[Run], None]

FAMILIES = ("texts", "recipes", "controls")

_registry: dict[str, Scenario] = {}


@dataclass(frozen=True)
class Scenario:
    """One entry of the suite.

    name: `family/name`. launches: what two launches of one cell must give, according to
    launches_source: "same", "differ", or "" where nobody promises either. control: a negative
    control, whose failed expectation voids the whole audit.
    """

    name: str
    function: Function
    source: str
    launches: str
    launches_source: str
    control: bool

    @property
    def summary(self) -> str:
        """The first line of the function's docstring."""
        return ((self.function.__doc__ or "").strip().splitlines() or [""])[0]

    @property
    def file(self) -> str:
        """The path of the module that defines the function."""
        return self.function.__code__.co_filename

    def described(self) -> dict[str, Any]:
        """The plain data that a record's header carries about the scenario."""
        return {
            "summary": self.summary,
            "source": self.source,
            "launches": self.launches,
            "launches_source": self.launches_source,
            "control": self.control,
        }


def scenario(
    name: str,
    source: str = "",
    launches: str = "",
    launches_source: str = "",
    control: bool = False,
) -> Callable[[Function], Function]:
    """Register the decorated function as the scenario `name` (`family/name`).

    Raises ValueError for a name already taken, an unknown expectation, or a missing docstring.
    """
    if launches not in ("", "same", "differ"):
        raise ValueError(f"launches is 'same', 'differ' or '', not {launches!r}")

    def register(function: Function) -> Function:
        if name in _registry:
            raise ValueError(f"two scenarios are called {name!r}")
        if not (function.__doc__ or "").strip() and sys.flags.optimize < 2:  # -OO drops them
            raise ValueError(f"scenario {name!r} needs a docstring: the report shows it")
        _registry[name] = Scenario(name, function, source, launches, launches_source, control)
        return function

    return register


def suite() -> dict[str, Scenario]:
    """All scenarios by name, in suite order."""
    for family in FAMILIES:
        importlib.import_module(f"{__name__}.{family}")
    return dict(_registry)


def names() -> tuple[str, ...]:
    """The names of all scenarios, in suite order."""
    return tuple(suite())
