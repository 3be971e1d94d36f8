"""The standard suite: seeded recipes that every audited environment runs, one module per family.

A scenario is a function that takes a `Run` (see `harness.probe.context`), builds something with the
framework, and names the arrays and relations to keep::

    @scenario("recipes/numpy_only", source="where the recipe comes from")
    def numpy_only(run: Run) -> None:
        \"\"\"One sentence that the report shows.

        Why it may differ.
        \"\"\"
        run.numpy.random.seed(run.seed)
        run.weights("first", dense_pair(run))

Scenario modules import nothing but the standard library and this package, so that the host can list
the suite without a framework, and they run on Python 3.7 to 3.14. A user's own scenarios are files
that `matrix.yaml` names; they are written alike and join the suite at its end.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ..probe.schema import LEVELS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import TypeAlias

    from ..probe.context import Run

    Function: TypeAlias = Callable[[Run], None]

FAMILIES = (
    *("texts", "recipes", "orders", "initializers", "layers", "models", "generators"),
    *("training", "persistence", "distribution", "controls"),
)

_registry: dict[str, Scenario] = {}
_loaded: set[str] = set()  # files of the user's own
_loading: list[str] = []  # the one that is being loaded


class Promise(NamedTuple):
    """What somebody documents about how stable a result is.

    text: in their words, as short as can be. source: where they say so, a page or a document.
    levels: the levels that the promise covers ("process", "packages", "device", ...); a difference
    on one of them breaks it, a difference on another is permitted. where: a dotted path below the
    audited Keras, such as "keras.utils.set_random_seed"; versions without it never made the
    promise. Empty: all did.
    """

    text: str
    source: str
    levels: tuple[str, ...]
    where: str = ""


@dataclass(frozen=True)
class Scenario:
    """One entry of the suite.

    name: `family/name`. needs: dotted paths of the APIs it uses; where one is missing, the scenario
    is `unsupported`. promise: what its framework documents about the result, if anything. launches:
    what two launches of one cell must give, according to launches_source: "same", "differ", or ""
    where nobody promises either. control: a negative control, whose failed expectation voids the
    whole audit.
    """

    name: str
    function: Function
    source: str
    needs: tuple[str, ...]
    promise: Promise | None
    launches: str
    launches_source: str
    control: bool

    @property
    def summary(self) -> str:
        """The first line of the function's docstring."""
        return ((self.function.__doc__ or "").strip().splitlines() or [""])[0]

    @property
    def why(self) -> str:
        """The rest of the docstring, on one line: why the result may differ."""
        return " ".join(" ".join((self.function.__doc__ or "").strip().splitlines()[1:]).split())

    @property
    def file(self) -> str:
        """The path of the module that defines the function."""
        return self.function.__code__.co_filename

    def described(self, promised: bool = True) -> dict[str, Any]:
        """The plain data that a record's header carries about the scenario.

        promised: whether the audited version makes the promise at all; if not, nothing of it is
        there, nor what follows from it for launches.
        """
        promise = self.promise if promised else None
        follows = self.promise is not None and self.launches_source == self.promise.source
        expects = promised or not follows
        return {
            "summary": self.summary,
            "why": self.why,
            "source": self.source,
            "needs": list(self.needs),
            "promise": promise.text if promise else "",
            "promise_source": promise.source if promise else "",
            "promise_levels": list(promise.levels) if promise else [],
            "launches": self.launches if expects else "",
            "launches_source": self.launches_source if expects else "",
            "control": self.control,
        }


def scenario(
    name: str,
    source: str = "",
    needs: Iterable[str] = (),
    promise: Promise | None = None,
    launches: str = "",
    launches_source: str = "",
    control: bool = False,
) -> Callable[[Function], Function]:
    """Register the decorated function as the scenario `name` (`family/name`).

    A promise about processes says what two launches give; launches need not say so again. Raises
    ValueError for a malformed name or one already taken, a family of the standard suite in a file
    of the user's own, an unknown expectation, or a missing docstring.
    """
    if launches not in ("", "same", "differ"):
        raise ValueError(f"launches is 'same', 'differ' or '', not {launches!r}")
    if promise and not set(promise.levels) <= set(LEVELS):
        raise ValueError(f"levels are {', '.join(LEVELS)}, not {', '.join(promise.levels)}")
    if promise and "process" in promise.levels and not launches:
        launches, launches_source = "same", promise.source

    if not re.fullmatch(r"[a-z0-9_]+/[a-z0-9_]+", str(name)):
        raise ValueError(
            f"a scenario cannot be called {name!r}: write family/name in lower-case letters, "
            "digits and _, such as own/first"
        )

    def register(function: Function) -> Function:
        if name in _registry:
            raise ValueError(f"two scenarios are called {name!r}: rename one")
        family, _, rest = name.partition("/")
        if _loading and family in FAMILIES:
            raise ValueError(
                f"the family {family!r} is the standard suite's: choose another, such as own/{rest}"
            )
        if not (function.__doc__ or "").strip() and sys.flags.optimize < 2:  # -OO drops them
            raise ValueError(f"scenario {name!r} needs a docstring, which the report shows")
        _registry[name] = Scenario(
            name, function, source, tuple(needs), promise, launches, launches_source, control
        )
        return function

    return register


def suite(files: Iterable[str] = ()) -> dict[str, Scenario]:
    """All scenarios by name, in suite order, then those that the user's `files` define.

    Raises whatever a file of the user's raises while it is loaded.
    """
    for family in FAMILIES:
        importlib.import_module(f"{__name__}.{family}")
    for path in map(os.path.realpath, files):
        if path not in _loaded:
            _load(path)
            _loaded.add(path)
    return dict(_registry)


def names(files: Iterable[str] = ()) -> tuple[str, ...]:
    """The names of all scenarios, in suite order."""
    return tuple(suite(files))


def _load(path: str) -> None:
    """Run a file of scenarios as a module of its own; all of it registers, or nothing."""
    before = dict(_registry)
    spec = importlib.util.spec_from_file_location(
        f"sameseed_own_{len(_loaded)}_{Path(path).stem}", path
    )
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is not a Python file")
    _loading.append(path)
    try:
        spec.loader.exec_module(importlib.util.module_from_spec(spec))
    except BaseException:
        _registry.clear()
        _registry.update(before)
        raise
    finally:
        _loading.pop()
