"""What is planted: each case is one scenario with one fault, or with none.

A fault is how values change (an effect), what they wrongly depend on (a source: nothing, the
process id, the clock, …) and where that is so (a condition: which releases, which Python, which
setting). Cases cross these, and vary types, shapes, places and company.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field, replace
from random import Random
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FRAMEWORK = ("90.8", "90.9", "90.10", "90.11", "90.12")  # as text, 90.10 comes before 90.8
SECOND = ("90.1", "90.2")


@dataclass(frozen=True)
class Condition:
    """Where a fault shows: which releases have it, and what else has to be so at run time.

    what: for the figure. second: the releases of the second package, if it is the one to blame.
    """

    what: str
    framework: tuple[str, ...] = FRAMEWORK
    second: tuple[str, ...] = ()
    when: Mapping[str, Any] = field(default_factory=dict)


_STEP = "a release, from one on"
_WINDOW = "a release; comes and goes"
ALWAYS = "always"
CONDITIONS = {
    ALWAYS: Condition("nothing, it is always there"),
    "since_90_9": Condition(_STEP, FRAMEWORK[1:]),
    "since_90_11": Condition(_STEP, FRAMEWORK[3:]),
    "since_90_12": Condition(_STEP, FRAMEWORK[4:]),
    "until_90_8": Condition(_STEP, FRAMEWORK[:1]),
    "only_90_9": Condition(_WINDOW, ("90.9",)),
    "90_9_to_90_11": Condition(_WINDOW, FRAMEWORK[1:4]),
    "every_other": Condition(_WINDOW, FRAMEWORK[1::2]),
    "since_90_10": Condition("two packages move together: the framework", FRAMEWORK[2:]),
    "second": Condition("two packages move together: the other one", second=("90.2",)),
    "python": Condition("the Python", when={"python": "3.11"}),
    "one_thread": Condition("the thread count", when={"threads": 1}),
    "flag": Condition("an environment variable", when={"flag": "1"}),
    "one_thread_since_90_9": Condition(
        "the thread count, from one release on", FRAMEWORK[1:], when={"threads": 1}
    ),
}


@dataclass(frozen=True)
class Spec:
    """One array that a case draws. base: what it is drawn from; at: its element of note."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    base: str = "uniform"
    at: int = 0

    @property
    def size(self) -> int:
        """The number of elements."""
        return math.prod(self.shape)


@dataclass(frozen=True)
class Fault:
    """How the values of `array` come to differ, what of wrongly, and under which condition."""

    effect: str
    source: str
    condition: str
    array: str
    at: int

    def table_entry(self) -> dict[str, Any]:
        """As the wheels carry it."""
        return {**asdict(self), "when": dict(CONDITIONS[self.condition].when)}


@dataclass(frozen=True)
class Case:
    """One scenario. rebuilds: seeded and built once, or twice in one process and related.

    what, effect: for the figure. promised: somebody documents that it is the same everywhere.
    reversed: the second rebuild asks for the arrays in another order. distraction: what it does
    besides. api: what it calls; not every release need have it.
    """

    name: str
    what: str
    effect: str
    arrays: tuple[Spec, ...]
    faults: tuple[Fault, ...] = ()
    rebuilds: int = 1
    promised: bool = False
    reversed: bool = False
    distraction: str = ""
    api: str = "build"

    def described(self) -> dict[str, Any]:
        """As the scenario file carries it: nothing of the fault is in there."""
        kept = ("name", "rebuilds", "promised", "reversed", "distraction", "api")
        return {
            **{name: getattr(self, name) for name in kept},
            "arrays": [*map(asdict, self.arrays)],
        }


_FLOATS = ("float16", "float32", "float64")
_SHAPES = ((), (1,), (4,), (12,), (3, 5), (2, 3, 4), (5, 10), (16, 16))
_MANY = ((5, 10), (16, 16), (3, 4, 5), (300,))
_SOME = ((4,), (12,), (3, 5), (2, 3, 4), (5, 10), (16, 16))
# Launches differ by chance. Two unrelated draws of some dozens of elements correlate now and then.
_ENOUGH = ((16, 16), (300,), (4, 8, 8))

# Effect → the types and shapes that can show it.
EFFECTS: Mapping[str, tuple[tuple[str, ...], tuple[tuple[int, ...], ...]]] = {
    "another_stream": (("float32", "float64", "int32", "int64", "complex64"), _SHAPES),
    "reordered": ((*_FLOATS, "int32", "uint8", "complex64"), _SOME),
    "one_ulp": ((*_FLOATS, "complex64"), _SHAPES),
    "three_ulp": (_FLOATS, _SHAPES),
    "sign_of_zero": (_FLOATS, _SHAPES),
    "growth": (("float32", "float64", "int32", "int64"), _SOME),
    "noise": (_FLOATS, _MANY),
    "dtype": ((*_FLOATS, "int32", "uint8", "bool", "complex64"), _SHAPES),
    "shape": ((*_FLOATS, "int32", "bool"), _SHAPES),
    "nan": (_FLOATS, _SHAPES),
    "infinity": (_FLOATS, _SHAPES),
    "nan_payload": (_FLOATS, _SHAPES),
    "extra_draw": (("float32", "float64", "int32"), _SHAPES),
    "array_gone": (("float32", "int32", "bool"), _SHAPES),
    "array_added": (("float32", "int32", "bool"), _SHAPES),
    "array_renamed": (("float32", "int32", "bool"), _SHAPES),
    "creation_order": (("float32", "float64"), _SHAPES),
}
_IN_COMPANY = ("extra_draw", "array_gone", "creation_order")
_BASES = {"sign_of_zero": "zero_inside", "nan_payload": "nan_inside"}

SOURCES = {
    "pid": "the process id",
    "clock": "the clock",
    "entropy": "the operating system's entropy",
    "unseeded_python": "Python's `random`, which nobody seeded",
    "unseeded_numpy": "NumPy's generator, which nobody seeded",
    "hash_seed": "the hash seed",
    "set_order": "the order of a set",
}
CALL_COUNT, CALL_ORDER = "how often it was called", "the order of calls"
TWO_FAULTS = "a release, beside an array that differs by chance"
INNOCENT = "nothing: innocent"

_CONSTANTS = {
    **dict.fromkeys(("zeros", "ones"), ("float16", "float32", "int64", "bool", "complex64")),
    **dict.fromkeys(("negative_zeros", "nans", "infinities", "denormals", "largest"), _FLOATS),
    "nans_with_payload": ("float32", "float64"),
    **dict.fromkeys(
        ("set_of_integers", "sorted_set", "dictionary_order", "hash_of_integers"),
        ("int32", "float64"),
    ),
    "text": ("str",),
}
_DISTRACTIONS = (
    *SOURCES,
    *("consume_python", "consume_numpy", "print", "sleep"),
    *("read_flag", "read_python", "read_version"),
)
# Functions that only some releases have.
APIS = {"newer": FRAMEWORK[2:], "newest": FRAMEWORK[4:], "paused": (*FRAMEWORK[:2], *FRAMEWORK[3:])}


def cases() -> tuple[Case, ...]:
    """Every case, faulty ones first. The same ones at every call."""
    random = Random(20)
    found = [*_static(random), *_unstable(random), *_call_dependent(random)]
    return (*found, *_two_faults(random), *_innocent(random))


def _static(random: Random) -> Iterator[Case]:
    """Values that a release, a Python or a setting decides."""
    for effect in EFFECTS:
        for condition in CONDITIONS:
            if condition != ALWAYS:
                yield _faulty(random, effect, "", condition)


def _unstable(random: Random) -> Iterator[Case]:
    """Values that differ from launch to launch."""
    conditions = (ALWAYS, "since_90_11", "only_90_9", "one_thread", "second", "python")
    for source in SOURCES:
        for number, condition in enumerate(conditions):
            effect = ("another_stream", "reordered")[number % 2 or source == "set_order"]
            yield _faulty(random, effect, source, condition)


def _call_dependent(random: Random) -> Iterator[Case]:
    """Values that a rebuild in the same process gets otherwise."""
    for effect in ("another_stream", "reordered", "one_ulp", "noise", "nan", "dtype"):
        for condition in (ALWAYS, "since_90_10", "one_thread", "python"):
            yield _faulty(random, effect, "call_count", condition)
    for condition in (ALWAYS, "since_90_9", "every_other", "flag"):
        specs = tuple(Spec(name, "float64", (16, 16)) for name in ("kernel", "bias"))
        fault = Fault("call_order", "", condition, "kernel", 0)
        name = f"planted/call_order_{condition}"
        yield Case(name, CALL_ORDER, "call_order", specs, (fault,), rebuilds=2, reversed=True)


def _two_faults(random: Random) -> Iterator[Case]:
    """One array that differs between launches beside one that a release changes."""
    sources, conditions = [*SOURCES], ("since_90_9", "since_90_10", "only_90_9", "second")
    for number, effect in enumerate(("another_stream", "reordered", "one_ulp", "noise", "nan") * 2):
        case = _faulty(random, effect, "", conditions[number % len(conditions)])
        source = sources[number % len(sources)]
        loose = Spec("loose", "float32", (16, 16))
        yield replace(
            case,
            name=f"planted/{source}_beside_{case.name.partition('/')[2]}",
            what=TWO_FAULTS,
            arrays=(*case.arrays, loose) if number % 2 else (loose, *case.arrays),
            faults=(*case.faults, Fault("another_stream", source, ALWAYS, "loose", 0)),
        )


def _faulty(random: Random, effect: str, source: str, condition: str) -> Case:
    dtypes, shapes = EFFECTS[effect]
    # What differs by chance must differ recognisably; what is fixed may be as small as it likes.
    shape = random.choice(_ENOUGH if source else shapes)
    size = math.prod(shape)
    hit = Spec(
        "hit", random.choice(dtypes), shape, _BASES.get(effect, "uniform"), random.randrange(size)
    )
    least = 1 if effect in _IN_COMPANY else 0
    before = _company(random, "before", random.randint(least, 2))
    after = _company(random, "after", random.randint(0, 2))
    source_name = f"{source}_" if source else ""
    blamed = {**SOURCES, "call_count": CALL_COUNT}
    return Case(
        name=f"planted/{source_name}{effect}_{condition}",
        what=blamed.get(source, CONDITIONS[condition].what),
        effect=effect,
        arrays=(*before, hit, *after),
        faults=(Fault(effect, source, condition, "hit", hit.at),),
        rebuilds=2 if source == "call_count" else random.choice((1, 2)),
        promised=random.random() < 0.3,
    )


def _company(random: Random, name: str, count: int) -> tuple[Spec, ...]:
    """Arrays that nothing happens to."""
    return tuple(
        Spec(f"{name}_{number}", random.choice(_FLOATS), random.choice(_SHAPES))
        for number in range(count)
    )


def _innocent(random: Random) -> Iterator[Case]:
    for base, dtypes in _CONSTANTS.items():
        for dtype in dtypes:
            shapes = ((6,),) if base == "text" else ((), (0,), (3, 0), (1,), (12,), (5, 10))
            spec = Spec("constant", dtype, random.choice(shapes), base)
            yield _innocent_case(random, f"{base}_{dtype}", spec)
    for dtype in ("float16", "float32", "int32", "uint8", "bool", "complex64"):
        for shape in ((), (0, 4), (64,), (2, 3, 4)):
            name = f"drawn_{dtype}_{'x'.join(map(str, shape)) or 'scalar'}"
            yield _innocent_case(random, name, Spec("drawn", dtype, shape))
    for what in _DISTRACTIONS:
        for dtype in ("float32", "int64"):
            spec = Spec("drawn", dtype, random.choice(_SHAPES))
            yield _innocent_case(random, f"{what}_unused_{dtype}", spec, distraction=what)
    for api in APIS:
        yield _innocent_case(random, f"api_{api}", Spec("drawn", "float32", (5, 10)), api=api)
    order = tuple(Spec(name, "float32", (5, 10)) for name in ("kernel", "bias"))
    yield Case("planted/innocent_call_order", INNOCENT, "", order, rebuilds=2, reversed=True)


def _innocent_case(
    random: Random, name: str, spec: Spec, distraction: str = "", api: str = "build"
) -> Case:
    return Case(
        name=f"planted/innocent_{name}",
        what=INNOCENT,
        effect="",
        arrays=(*_company(random, "before", random.randint(0, 2)), spec),
        rebuilds=random.choice((1, 2)),
        promised=random.random() < 0.5,
        distraction=distraction,
        api=api,
    )
