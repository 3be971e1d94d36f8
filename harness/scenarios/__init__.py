"""The standard suite: seeded recipes that every audited environment runs, one module per family.

A scenario is a function that takes a `Run` (see `harness.probe.context`), builds something with the
framework, and names the arrays and relations to keep::

    @scenario("recipes/numpy_only", source="where the recipe comes from")
    def numpy_only(run):
        \"\"\"One sentence that the report shows.\"\"\"
        run.numpy.random.seed(run.seed)
        run.weights("first", small_model(run))

Scenario modules import nothing but the standard library and this package, so that the host can list
the suite without a framework, and they run on Python 3.7 to 3.14.
"""

import importlib

FAMILIES = ("texts", "recipes", "controls")

_registry = {}


class Scenario:
    """One entry of the suite.

    name: `family/name`. launches: what two launches of one cell must give, according to
    launches_source: "same", "differ", or "" where nobody promises either. control: a negative
    control, whose failed expectation voids the whole audit.
    """

    def __init__(self, name, function, source, launches, launches_source, control):
        self.name = name
        self.function = function
        self.source = source
        self.launches = launches
        self.launches_source = launches_source
        self.control = control

    @property
    def summary(self):
        """The first line of the function's docstring."""
        return self.function.__doc__.strip().splitlines()[0]

    def described(self):
        """The plain data that a record's header carries about the scenario."""
        return {
            "summary": self.summary,
            "source": self.source,
            "launches": self.launches,
            "launches_source": self.launches_source,
            "control": self.control,
        }


def scenario(name, source="", launches="", launches_source="", control=False):
    """Register the decorated function as the scenario `name` (`family/name`).

    Raises ValueError for a name already taken, an unknown expectation, or a missing docstring.
    """
    if launches not in ("", "same", "differ"):
        raise ValueError("launches is 'same', 'differ' or '', not {!r}".format(launches))

    def register(function):
        if name in _registry:
            raise ValueError("two scenarios are called {!r}".format(name))
        if not (function.__doc__ or "").strip():
            raise ValueError("scenario {!r} needs a docstring: the report shows it".format(name))
        _registry[name] = Scenario(name, function, source, launches, launches_source, control)
        return function

    return register


def suite():
    """All scenarios by name, in suite order."""
    for family in FAMILIES:
        importlib.import_module("{}.{}".format(__name__, family))
    return dict(_registry)


def names():
    """The names of all scenarios, in suite order."""
    return tuple(suite())
