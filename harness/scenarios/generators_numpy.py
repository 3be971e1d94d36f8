"""Random generators beneath every framework: NumPy's and Python's own.

Every draw starts from a freshly seeded generator, so that a change of one shifts no other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import scenario
from .sources import (
    NEP_19,
    NUMPY_BIT_GENERATOR,
    NUMPY_GENERATOR,
    PYTHON_RANDOM,
    PYTHON_RANDOM_RUNS,
    RANDOM_STATE,
    RANDOM_STATE_FLOATS,
    RANDOM_STATE_MULTIVARIATE,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeAlias

    from ..probe.context import Run

    Draws: TypeAlias = Mapping[str, Callable[[Any], Any]]

_DEFAULT_RNG = ("numpy.random.default_rng",)
_INTEGERS = ("int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64")
_MEAN = (0.0, 1.0, -1.0)
_COVARIANCE = ((2.0, 0.5, 0.1), (0.5, 1.0, 0.2), (0.1, 0.2, 3.0))
# Methods that RandomState and Generator share, each with arguments and a size.
_CONTINUOUS: dict[str, tuple[Any, ...]] = {
    "beta": (0.5, 2.5),
    "chisquare": (3.5,),
    "exponential": (2.0,),
    "f": (4.0, 6.0),
    "gamma": (2.5, 1.5),
    "gumbel": (0.0, 1.0),
    "laplace": (0.0, 1.0),
    "logistic": (0.0, 1.0),
    "lognormal": (0.0, 1.0),
    "noncentral_chisquare": (3.0, 2.0),
    "noncentral_f": (4.0, 6.0, 2.0),
    "normal": (1.0, 2.0),
    "pareto": (3.0,),
    "power": (3.0,),
    "rayleigh": (1.0,),
    "standard_cauchy": (),
    "standard_exponential": (),
    "standard_gamma": (0.5,),
    "standard_normal": (),
    "standard_t": (4.0,),
    "triangular": (-1.0, 0.0, 2.0),
    "uniform": (-1.0, 1.0),
    "vonmises": (0.5, 2.0),
    "wald": (1.0, 2.0),
    "weibull": (1.5,),
}
_DISCRETE: dict[str, tuple[Any, ...]] = {
    "binomial": (10, 0.3),  # by inversion
    "binomial/large": (1000, 0.4),  # by rejection
    "geometric": (0.2,),
    "hypergeometric": (15, 20, 10),
    "hypergeometric/large": (1500, 2000, 300),
    "logseries": (0.6,),
    "multinomial": (20, (0.2, 0.3, 0.5)),
    "negative_binomial": (5, 0.4),
    "poisson": (3.0,),  # by multiplication
    "poisson/large": (50.0,),  # by rejection
    "zipf": (2.5,),
}


def _record(run: Run, draws: Draws, fresh: Callable[[], Any]) -> None:
    """Record what each draw gives with a generator of its own."""
    for name, draw in draws.items():
        run.array(name, run.numpy.asarray(draw(fresh())))


def _methods(table: dict[str, tuple[Any, ...]]) -> Draws:
    def drawing(method: str, arguments: tuple[Any, ...]) -> Callable[[Any], Any]:
        return lambda generator: getattr(generator, method)(*arguments, size=50)

    return {name: drawing(name.split("/")[0], table[name]) for name in table}


def _permutations(run: Run) -> Draws:
    """What RandomState and Generator both offer to put things in order or to choose among them."""
    weights = run.numpy.arange(1, 21) / 210
    table = run.numpy.arange(40).reshape(10, 4)
    return {
        "permutation": lambda source: source.permutation(50),
        "permutation/rows": lambda source: source.permutation(table),
        "shuffle": lambda source: _shuffled(run, source, (50,)),
        "shuffle/rows": lambda source: _shuffled(run, source, (10, 4)),
        "choice": lambda source: source.choice(20, 50),
        "choice/weights": lambda source: source.choice(20, 50, p=weights),
        "choice/once": lambda source: source.choice(20, 10, replace=False),
        "choice/once_weights": lambda source: source.choice(20, 10, replace=False, p=weights),
    }


def _shuffled(run: Run, generator: Any, shape: tuple[int, ...]) -> Any:
    values = run.numpy.arange(run.numpy.prod(shape)).reshape(shape)
    generator.shuffle(values)
    return values


@scenario("generators/numpy_randomstate_integers", promise=RANDOM_STATE, source=NEP_19)
def numpy_randomstate_integers(run: Run) -> None:
    """NumPy's RandomState: raw floats, integers, bytes, and several seeds.

    The stream is frozen; `randint` draws otherwise for every dtype, and without one the dtype
    depends on the platform and the version.
    """
    numpy = run.numpy

    def integers(dtype: str) -> Callable[[Any], Any]:
        return lambda state: state.randint(0, 100, 50, dtype=dtype)

    draws: Draws = {
        "random_sample": lambda state: state.random_sample(50),
        "rand": lambda state: state.rand(5, 10),
        "bytes": lambda state: numpy.frombuffer(state.bytes(50), "uint8"),
        **{f"randint/{dtype}": integers(dtype) for dtype in _INTEGERS},
        "randint/bool": lambda state: state.randint(0, 2, 50, dtype=bool),
        "randint/wide": lambda state: state.randint(-(2**62), 2**62, 50, dtype="int64"),
    }
    _record(run, draws, lambda: numpy.random.RandomState(run.seed))
    for name, seed in {"0": 0, "largest": 2**32 - 1, "list": [1, 2, 3], "long": [7] * 700}.items():
        run.array(f"seed/{name}", numpy.random.RandomState(seed).random_sample(10))


@scenario("generators/numpy_randomstate_permutations", promise=RANDOM_STATE, source=NEP_19)
def numpy_randomstate_permutations(run: Run) -> None:
    """NumPy's RandomState: permutation, shuffle and choice.

    Frozen: Generator has faster algorithms for the same tasks.
    """
    _record(run, _permutations(run), lambda: run.numpy.random.RandomState(run.seed))


@scenario("generators/numpy_randomstate_continuous", promise=RANDOM_STATE_FLOATS, source=NEP_19)
def numpy_randomstate_continuous(run: Run) -> None:
    """NumPy's RandomState: every continuous distribution.

    Frozen up to roundoff: logarithms and exponentials come from the C library, and a last bit
    can decide whether a value is rejected.
    """
    draws: Draws = {**_methods(_CONTINUOUS), "randn": lambda state: state.randn(5, 10)}
    _record(run, draws, lambda: run.numpy.random.RandomState(run.seed))


@scenario("generators/numpy_randomstate_discrete", promise=RANDOM_STATE, source=NEP_19)
def numpy_randomstate_discrete(run: Run) -> None:
    """NumPy's RandomState: every discrete distribution, by each of its algorithms.

    Frozen, in C longs, whose width depends on the platform.
    """
    _record(run, _methods(_DISCRETE), lambda: run.numpy.random.RandomState(run.seed))


@scenario(
    "generators/numpy_randomstate_multivariate", promise=RANDOM_STATE_MULTIVARIATE, source=NEP_19
)
def numpy_randomstate_multivariate(run: Run) -> None:
    """NumPy's RandomState: multivariate_normal and dirichlet.

    multivariate_normal decomposes its covariance with the LAPACK that NumPy was built with, and
    which may compute otherwise on another CPU.
    """
    draws: Draws = {
        "multivariate_normal": lambda state: state.multivariate_normal(_MEAN, _COVARIANCE, 20),
        "dirichlet": lambda state: state.dirichlet((0.5, 1.0, 2.0), 20),
    }
    _record(run, draws, lambda: run.numpy.random.RandomState(run.seed))


@scenario("generators/numpy_global", promise=RANDOM_STATE_FLOATS, source=NEP_19)
def numpy_global(run: Run) -> None:
    """`numpy.random.seed` and the functions of the module, twice, beside a RandomState.

    The functions are those of one hidden RandomState, which everything in the process shares.
    """
    numpy = run.numpy
    for prefix in ("first", "second"):
        numpy.random.seed(run.seed)
        run.array(f"{prefix}/rand", numpy.random.rand(20))
        run.array(f"{prefix}/randint", numpy.random.randint(0, 100, 20, dtype="int64"))
        run.array(f"{prefix}/normal", numpy.random.normal(size=21))
    state = numpy.random.RandomState(run.seed)
    run.array("own/rand", state.rand(20))
    run.array("own/randint", state.randint(0, 100, 20, dtype="int64"))
    run.array("own/normal", state.normal(size=21))
    run.relation("first", "second", expected=True, source=NEP_19, level="rerun")
    run.relation("first", "own", expected=True, source=NEP_19)


@scenario("generators/numpy_default_rng_integers", promise=NUMPY_GENERATOR, needs=_DEFAULT_RNG)
def numpy_default_rng_integers(run: Run) -> None:
    """NumPy's default_rng: raw floats of both precisions, integers of every dtype, bytes.

    NumPy may change the default bit generator and every method's algorithm.
    """
    numpy = run.numpy

    def integers(dtype: str) -> Callable[[Any], Any]:
        return lambda rng: rng.integers(0, 100, 50, dtype=dtype)

    draws: Draws = {
        "random": lambda rng: rng.random(50),
        "random/float32": lambda rng: rng.random(50, dtype="float32"),
        "bytes": lambda rng: numpy.frombuffer(rng.bytes(50), "uint8"),
        **{f"integers/{dtype}": integers(dtype) for dtype in _INTEGERS},
        "integers/bool": lambda rng: rng.integers(0, 2, 50, dtype=bool),
        "integers/endpoint": lambda rng: rng.integers(-5, 5, 50, dtype="int64", endpoint=True),
        "integers/wide": lambda rng: rng.integers(-(2**62), 2**62, 50, dtype="int64"),
    }
    _record(run, draws, lambda: numpy.random.default_rng(run.seed))


@scenario("generators/numpy_default_rng_permutations", promise=NUMPY_GENERATOR, needs=_DEFAULT_RNG)
def numpy_default_rng_permutations(run: Run) -> None:
    """NumPy's default_rng: permutation, shuffle and choice.

    NumPy may change the algorithms, and did so for speed.
    """
    draws: Draws = {
        **_permutations(run),
        # Of a hundred thousand, it would be slow for RandomState, which permutes them all.
        "choice/once_large": lambda rng: rng.choice(100000, 10, replace=False),
    }
    _record(run, draws, lambda: run.numpy.random.default_rng(run.seed))


@scenario("generators/numpy_default_rng_continuous", promise=NUMPY_GENERATOR, needs=_DEFAULT_RNG)
def numpy_default_rng_continuous(run: Run) -> None:
    """NumPy's default_rng: every continuous distribution, some in float32 too.

    NumPy may change the algorithms; the C library's logarithms differ in the last bit.
    """
    draws: Draws = {
        **_methods(_CONTINUOUS),
        "standard_normal/float32": lambda rng: rng.standard_normal(50, dtype="float32"),
        "standard_gamma/float32": lambda rng: rng.standard_gamma(0.5, 50, dtype="float32"),
        "standard_exponential/float32": lambda rng: rng.standard_exponential(50, dtype="float32"),
        "standard_exponential/inv": lambda rng: rng.standard_exponential(50, method="inv"),
    }
    _record(run, draws, lambda: run.numpy.random.default_rng(run.seed))


@scenario("generators/numpy_default_rng_discrete", promise=NUMPY_GENERATOR, needs=_DEFAULT_RNG)
def numpy_default_rng_discrete(run: Run) -> None:
    """NumPy's default_rng: every discrete distribution, by each of its algorithms.

    NumPy may change the algorithms.
    """
    _record(run, _methods(_DISCRETE), lambda: run.numpy.random.default_rng(run.seed))


@scenario("generators/numpy_default_rng_multivariate", promise=NUMPY_GENERATOR, needs=_DEFAULT_RNG)
def numpy_default_rng_multivariate(run: Run) -> None:
    """NumPy's default_rng: multivariate_normal and dirichlet.

    multivariate_normal decomposes its covariance with the LAPACK that NumPy was built with.
    """
    draws: Draws = {
        "multivariate_normal": lambda rng: rng.multivariate_normal(_MEAN, _COVARIANCE, 20),
        "dirichlet": lambda rng: rng.dirichlet((0.5, 1.0, 2.0), 20),
        "dirichlet/small": lambda rng: rng.dirichlet((0.02, 0.05, 0.09), 20),
    }
    _record(run, draws, lambda: run.numpy.random.default_rng(run.seed))


@scenario(
    "generators/numpy_default_rng_axes",
    promise=NUMPY_GENERATOR,
    needs=("numpy.random.Generator.permuted",),
)
def numpy_default_rng_axes(run: Run) -> None:
    """NumPy's default_rng: permuted, shuffling along an axis, multivariate_hypergeometric.

    Newer members of Generator, whose algorithms NumPy may change.
    """
    numpy = run.numpy
    table = numpy.arange(40).reshape(10, 4)
    counts = (16, 8, 4)
    draws: Draws = {
        "permuted": lambda rng: rng.permuted(table),
        "permuted/rows": lambda rng: rng.permuted(table, axis=1),
        "permutation/columns": lambda rng: rng.permutation(table, axis=1),
        "multivariate_hypergeometric": lambda rng: rng.multivariate_hypergeometric(counts, 6, 20),
        "multivariate_hypergeometric/count": lambda rng: rng.multivariate_hypergeometric(
            counts, 6, 20, method="count"
        ),
        "multivariate_normal/eigh": lambda rng: rng.multivariate_normal(
            _MEAN, _COVARIANCE, 20, method="eigh"
        ),
        "multivariate_normal/cholesky": lambda rng: rng.multivariate_normal(
            _MEAN, _COVARIANCE, 20, method="cholesky"
        ),
    }
    _record(run, draws, lambda: numpy.random.default_rng(run.seed))


@scenario(
    "generators/numpy_spawn", promise=NUMPY_GENERATOR, needs=("numpy.random.Generator.spawn",)
)
def numpy_spawn(run: Run) -> None:
    """NumPy's default_rng: draws of the children that `Generator.spawn` makes.

    Children are seeded by hashing, through SeedSequence.
    """
    for position, child in enumerate(run.numpy.random.default_rng(run.seed).spawn(3)):
        run.array(f"child_{position}/integers", child.integers(0, 100, 20, dtype="int64"))
        run.array(f"child_{position}/normal", child.normal(size=20))


@scenario(
    "generators/numpy_bit_generators", promise=NUMPY_BIT_GENERATOR, needs=("numpy.random.SFC64",)
)
def numpy_bit_generators(run: Run) -> None:
    """NumPy's bit generators MT19937, PCG64, Philox, SFC64: their raw streams.

    Integer arithmetic only: nothing should differ anywhere.
    """
    for name in ("MT19937", "PCG64", "Philox", "SFC64"):
        make = getattr(run.numpy.random, name)
        run.array(f"seed/{name}", make(run.seed).random_raw(50))
        run.array(f"large_seed/{name}", make(2**100 + 1).random_raw(10))
    run.array("key/Philox", run.numpy.random.Philox(key=run.seed).random_raw(10))


@scenario("generators/numpy_streams", needs=("numpy.random.SFC64",))
def numpy_streams(run: Run) -> None:
    """NumPy's bit generators, jumped and advanced, and the children of a SeedSequence.

    What parallel streams start from; the guarantee about raw streams does not speak of it.
    """
    random = run.numpy.random
    for name in ("MT19937", "PCG64", "Philox"):
        run.array(f"jumped/{name}", getattr(random, name)(run.seed).jumped().random_raw(10))
    run.array("advanced/PCG64", random.PCG64(run.seed).advance(10**20).random_raw(10))
    run.array("advanced/Philox", random.Philox(run.seed).advance(10**20).random_raw(10))
    sequence = random.SeedSequence(run.seed)
    run.array("seed_sequence/state", sequence.generate_state(10))
    for position, child in enumerate(sequence.spawn(2)):
        run.array(f"seed_sequence/child_{position}", child.generate_state(10, "uint64"))


@scenario(
    "generators/numpy_pcg64dxsm", promise=NUMPY_BIT_GENERATOR, needs=("numpy.random.PCG64DXSM",)
)
def numpy_pcg64dxsm(run: Run) -> None:
    """NumPy's bit generator PCG64DXSM: its raw stream.

    Integer arithmetic only: nothing should differ anywhere.
    """
    run.array("seed", run.numpy.random.PCG64DXSM(run.seed).random_raw(50))
    run.array("large_seed", run.numpy.random.PCG64DXSM(2**100 + 1).random_raw(10))


def _seeded(run: Run) -> Any:
    return run.random.Random(run.seed)


@scenario("generators/python_random", promise=PYTHON_RANDOM)
def python_random(run: Run) -> None:
    """Python's `random()` after seeds of every sort: the one stream that is promised.

    How a seed is hashed could change; the old way would have to stay available.
    """
    seeds = {
        "zero": 0,
        "negative": -1,
        "large": 2**100 + 1,
        "text": "same seed, same weights?",
        "bytes": b"same seed",
        "bytearray": bytearray(b"same seed"),
        "float": 0.5,
    }
    for prefix in ("first", "second"):
        run.random.seed(run.seed)
        run.array(f"{prefix}/int", run.numpy.array([run.random.random() for _ in range(50)]))
    for name, seed in seeds.items():
        run.random.seed(seed)  # Random(bytearray) is refused before Python 3.9
        run.array(f"seed/{name}", run.numpy.array([run.random.random() for _ in range(10)]))
    run.random.seed("same seed, same weights?", version=1)
    run.array("seed/text_version_1", run.numpy.array([run.random.random() for _ in range(10)]))
    run.relation("first", "second", expected=True, source=PYTHON_RANDOM.source, level="rerun")


@scenario("generators/python_integers", promise=PYTHON_RANDOM_RUNS)
def python_integers(run: Run) -> None:
    """Python's `random`: integers, choices, samples and shuffles.

    Subject to change across Python versions.
    """

    def shuffled(generator: Any) -> list[int]:
        values = list(range(50))
        generator.shuffle(values)
        return values

    draws: Draws = {
        "getrandbits": lambda generator: [generator.getrandbits(53) for _ in range(50)],
        "randrange": lambda generator: [generator.randrange(100) for _ in range(50)],
        "randrange/step": lambda generator: [generator.randrange(-9, 90, 3) for _ in range(50)],
        "randint": lambda generator: [generator.randint(1, 6) for _ in range(50)],
        "choice": lambda generator: [generator.choice(range(20)) for _ in range(50)],
        "choices": lambda generator: generator.choices(range(20), k=50),
        "choices/weights": lambda generator: generator.choices(range(4), [1, 2, 3, 4], k=50),
        "shuffle": shuffled,
        "sample": lambda generator: generator.sample(range(50), 40),
        "sample/few": lambda generator: generator.sample(range(10000), 10),
    }
    _record(run, draws, lambda: _seeded(run))


@scenario("generators/python_distributions", promise=PYTHON_RANDOM_RUNS)
def python_distributions(run: Run) -> None:
    """Python's `random`: every continuous distribution.

    Subject to change across Python versions; logarithms come from the C library.
    """
    arguments = {
        "uniform": (-1.0, 1.0),
        "triangular": (-1.0, 2.0, 0.0),
        "betavariate": (0.5, 2.5),
        "expovariate": (2.0,),
        "gammavariate": (2.5, 1.5),
        "gammavariate/small": (0.5, 1.5),
        "gauss": (0.0, 1.0),
        "lognormvariate": (0.0, 1.0),
        "normalvariate": (0.0, 1.0),
        "vonmisesvariate": (0.5, 2.0),
        "paretovariate": (3.0,),
        "weibullvariate": (1.0, 1.5),
    }

    def drawing(method: str, values: tuple[float, ...]) -> Callable[[Any], Any]:
        return lambda generator: [getattr(generator, method)(*values) for _ in range(50)]

    draws = {name: drawing(name.split("/")[0], arguments[name]) for name in arguments}
    _record(run, draws, lambda: _seeded(run))


@scenario(
    "generators/python_randbytes", promise=PYTHON_RANDOM_RUNS, needs=("random.Random.randbytes",)
)
def python_randbytes(run: Run) -> None:
    """Python's `random.randbytes`, of 3.9 and later.

    Subject to change across Python versions.
    """
    run.array("randbytes", run.numpy.frombuffer(_seeded(run).randbytes(50), "uint8"))


@scenario(
    "generators/python_binomialvariate",
    promise=PYTHON_RANDOM_RUNS,
    needs=("random.Random.binomialvariate",),
)
def python_binomialvariate(run: Run) -> None:
    """Python's `random.binomialvariate`, of 3.12 and later, by both of its algorithms.

    Subject to change across Python versions.
    """
    for name, (count, chance) in {"few": (10, 0.3), "many": (1000, 0.4)}.items():
        generator = _seeded(run)
        drawn = [generator.binomialvariate(count, chance) for _ in range(50)]
        run.array(name, run.numpy.array(drawn))
