"""The random generators of JAX and of PyTorch, beneath any model.

`jax.random` is compiled in every mode: `eager` compiles each function alone, `jit` a group as one.
That takes seconds for some, so those are drawn in one mode only.
PyTorch's are called eagerly only: torch.compile is not covered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import scenario
from .sources import JAX_THREEFRY, TORCH_MANUAL_SEED

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeAlias

    from ..probe.context import Run

    Draws: TypeAlias = Mapping[str, Callable[[Any], Any]]

_JAX = ("jax.random.key", "jax.random.key_data")
_JIT = "JEP 263, JAX PRNG Design: 'semantics that are invariant to @jit compilation boundaries'"


def _jax(run: Run, draws: Draws, key: Any, expected: bool | None = None) -> None:
    """Record draws from one key, one by one and all in one jax.jit, and relate the two."""
    together = run.api("jax.jit")(lambda key: {name: draw(key) for name, draw in draws.items()})
    values = together(key)
    for name, draw in draws.items():
        run.array(f"eager/{name}", draw(key))
        run.array(f"jit/{name}", values[name])
    run.relation("eager", "jit", expected=expected, source=_JIT)


def _bits(run: Run) -> Draws:
    random = run.api("jax.random")
    return {
        "uint8": lambda key: random.bits(key, (40,), "uint8"),
        "uint16": lambda key: random.bits(key, (40,), "uint16"),
        "uint32": lambda key: random.bits(key, (40,), "uint32"),
        "odd": lambda key: random.bits(key, (7, 5), "uint32"),
        "uniform": lambda key: random.uniform(key, (40,)),
        "uniform_bfloat16": lambda key: random.uniform(key, (40,), "bfloat16"),
        "bernoulli": lambda key: random.bernoulli(key, 0.3, (40,)),
        "rademacher": lambda key: random.rademacher(key, (40,), "int32"),
        "randint": lambda key: random.randint(key, (40,), 0, 100, "int32"),
        "randint_int8": lambda key: random.randint(key, (40,), 0, 100, "int8"),
    }


@scenario("generators/jax_bits", promise=JAX_THREEFRY, needs=_JAX)
def jax_bits(run: Run) -> None:
    """jax.random: bits, uniform floats and integers from a threefry2x32 key, eager and jitted.

    JAX 0.5.0 turned on jax_threefry_partitionable, which cuts the counter otherwise.
    """
    key = run.api("jax.random").key(run.seed, impl="threefry2x32")
    _jax(run, _bits(run), key, expected=True)


@scenario(
    "generators/jax_bits_unpartitioned", promise=JAX_THREEFRY, needs=("jax.threefry_partitionable",)
)
def jax_bits_unpartitioned(run: Run) -> None:
    """jax.random: the same with jax_threefry_partitionable off, as before JAX 0.5.0.

    The switch exists so that old values stay available.
    """
    with run.api("jax.threefry_partitionable")(False):
        key = run.api("jax.random").key(run.seed, impl="threefry2x32")
        draws = _bits(run)
        names = ("uint8", "uint32", "odd", "uniform", "randint")
        _jax(run, {name: draws[name] for name in names}, key, expected=True)


@scenario("generators/jax_keys", promise=JAX_THREEFRY, needs=_JAX)
def jax_keys(run: Run) -> None:
    """jax.random: the data of new and old keys for several seeds, split and folded.

    An old key (PRNGKey) and a new one (key) of one seed should be the same key.
    """
    random = run.api("jax.random")
    seeds = {"seed": run.seed, "zero": 0, "negative": -1, "largest": 2**31 - 1}
    for name, seed in seeds.items():
        new, old = random.key(seed, impl="threefry2x32"), random.PRNGKey(seed, impl="threefry2x32")
        run.array(f"new/{name}", random.key_data(new))
        run.array(f"old/{name}", old)
        for prefix, key, data in (("new", new, random.key_data), ("old", old, lambda key: key)):
            run.array(f"{prefix}/split/{name}", data(random.split(key, 4)))
            run.array(f"{prefix}/fold_in/{name}", data(random.fold_in(key, 3)))
    run.relation("new", "old")


@scenario("generators/jax_bit_generator", needs=_JAX)
def jax_bit_generator(run: Run) -> None:
    """jax.random: bits from rbg and unsafe_rbg keys, their splits, eager and jitted.

    Made by XLA's RngBitGenerator, whose algorithm the device chooses; experimental.
    """
    random = run.api("jax.random")

    draws: Draws = {
        "bits": lambda key: random.bits(key, (40,), "uint32"),
        "uniform": lambda key: random.uniform(key, (40,)),
        "split": lambda key: random.key_data(random.split(key, 4)),
        "fold_in": lambda key: random.key_data(random.fold_in(key, 3)),
    }
    together = run.api("jax.jit")(lambda key: {name: draw(key) for name, draw in draws.items()})
    for kind in ("rbg", "unsafe_rbg"):
        key = random.key(run.seed, impl=kind)
        values = together(key)
        for name, draw in draws.items():
            run.array(f"eager/{kind}/{name}", draw(key))
            run.array(f"jit/{kind}/{name}", values[name])
    run.relation("eager", "jit")


def _normals(run: Run) -> Draws:
    random = run.api("jax.random")
    return {
        "normal": lambda key: random.normal(key, (40,)),
        "normal_float16": lambda key: random.normal(key, (40,), "float16"),
        "normal_bfloat16": lambda key: random.normal(key, (40,), "bfloat16"),
        "truncated_normal": lambda key: random.truncated_normal(key, -2.0, 2.0, (40,)),
        "lognormal": lambda key: random.lognormal(key, 1.0, (40,)),
        "maxwell": lambda key: random.maxwell(key, (40,)),
        "multivariate_normal": lambda key: random.multivariate_normal(
            key,
            run.numpy.array([0.0, 1.0], "float32"),
            run.numpy.array([[2.0, 0.5], [0.5, 1.0]], "float32"),
            (20,),
        ),
        "orthogonal": lambda key: random.orthogonal(key, 4),
    }


def _inverted(run: Run) -> Draws:
    random = run.api("jax.random")
    return {
        "exponential": lambda key: random.exponential(key, (40,)),
        "gumbel": lambda key: random.gumbel(key, (40,)),
        "laplace": lambda key: random.laplace(key, (40,)),
        "logistic": lambda key: random.logistic(key, (40,)),
        "cauchy": lambda key: random.cauchy(key, (40,)),
        "pareto": lambda key: random.pareto(key, 3.0, (40,)),
        "rayleigh": lambda key: random.rayleigh(key, 1.0, (40,)),
        "triangular": lambda key: random.triangular(key, -1.0, 0.0, 2.0, (40,)),
        "wald": lambda key: random.wald(key, 1.0, (40,)),
        "weibull_min": lambda key: random.weibull_min(key, 1.0, 1.5, (40,)),
        "double_sided_maxwell": lambda key: random.double_sided_maxwell(key, 0.0, 1.0, (40,)),
    }


def _gammas(run: Run) -> Draws:
    random = run.api("jax.random")
    return {
        "large": lambda key: random.gamma(key, 2.5, (40,)),
        "small": lambda key: random.gamma(key, 0.5, (40,)),
    }


def _from_gammas(run: Run) -> Draws:
    random = run.api("jax.random")
    return {
        "loggamma": lambda key: random.loggamma(key, 2.5, (40,)),
        "beta": lambda key: random.beta(key, 0.5, 2.5, (40,)),
        "t": lambda key: random.t(key, 4.0, (40,)),
        "dirichlet": lambda key: random.dirichlet(
            key, run.numpy.array([0.5, 1.0, 2.0], "float32"), (10,)
        ),
    }


def _more_from_gammas(run: Run) -> Draws:
    random = run.api("jax.random")
    return {
        "chisquare": lambda key: random.chisquare(key, 3.5, (40,)),
        "f": lambda key: random.f(key, 4.0, 6.0, (40,)),
        "generalized_normal": lambda key: random.generalized_normal(key, 1.5, (40,)),
        "ball": lambda key: random.ball(key, 3, 2.0, (10,)),
    }


def _counts(run: Run) -> Draws:
    random, numpy = run.api("jax.random"), run.numpy
    logits = numpy.array([0.0, 1.0, 2.0], "float32")
    weights = numpy.array([0.1, 0.2, 0.3, 0.4], "float32")
    return {
        "categorical": lambda key: random.categorical(key, logits, shape=(40,)),
        "choice": lambda key: random.choice(key, 20, (40,)),
        "choice_weights": lambda key: random.choice(key, 4, (40,), p=weights),
        "choice_once": lambda key: random.choice(key, 20, (10,), replace=False),
        "permutation": lambda key: random.permutation(key, 40),
        "permutation_rows": lambda key: random.permutation(key, numpy.arange(40).reshape(10, 4)),
        "geometric": lambda key: random.geometric(key, 0.2, (40,)),
        "poisson": lambda key: random.poisson(key, 3.0, (40,)),
        "poisson_large": lambda key: random.poisson(key, 50.0, (40,)),
    }


def _register_jax(
    name: str,
    draws: Callable[[Run], Draws],
    summary: str,
    why: str,
    needs: tuple[str, ...] = (),
    jit: bool = True,
) -> None:
    """A scenario of draws from one key; jit=False where each takes seconds to compile."""

    def measure(run: Run) -> None:
        key = run.api("jax.random").key(run.seed, impl="threefry2x32")
        if jit:
            _jax(run, draws(run), key)
            return
        for drawn, draw in draws(run).items():
            run.array(f"eager/{drawn}", draw(key))

    measure.__doc__ = f"jax.random: {summary}, eager{' and jitted' if jit else ''}.\n\n{why}"
    scenario(f"generators/{name}", needs=(*_JAX, *needs))(measure)


_ERF = "XLA's approximations of erf_inv and log may change, and fuse differently within one jit."
_REJECTION = "Rejection sampling: a last bit of a logarithm can decide which value is accepted."
_register_jax(
    "jax_normals",
    _normals,
    "normal distributions and what is made of them",
    _ERF,
    ("jax.random.lognormal", "jax.random.maxwell", "jax.random.orthogonal"),
)
_register_jax(
    "jax_inverted",
    _inverted,
    "distributions drawn by inversion",
    "XLA's approximations of logarithms and powers may change, and fuse differently.",
    ("jax.random.rayleigh", "jax.random.triangular", "jax.random.wald", "jax.random.weibull_min"),
)
_register_jax("jax_gammas", _gammas, "gamma", _REJECTION)
_register_jax(
    "jax_from_gammas", _from_gammas, "loggamma, beta, t, dirichlet", _REJECTION, jit=False
)
_register_jax(
    "jax_more_from_gammas",
    _more_from_gammas,
    "chisquare, f, generalized_normal, ball",
    _REJECTION,
    ("jax.random.f", "jax.random.chisquare", "jax.random.ball"),
    jit=False,
)
_register_jax(
    "jax_counts",
    _counts,
    "choices, permutations, geometric and Poisson numbers",
    "Built from uniform numbers and sorting; sorts and thresholds may change.",
    ("jax.random.geometric",),
)
_register_jax(
    "jax_binomial",
    lambda run: {
        "few": lambda key: run.api("jax.random").binomial(key, 10.0, 0.3, (40,)),
        "many": lambda key: run.api("jax.random").binomial(key, 1000.0, 0.4, (40,)),
    },
    "binomial numbers",
    _REJECTION,
    ("jax.random.binomial",),
)
_register_jax(
    "jax_multinomial",
    lambda run: {
        "counts": lambda key: run.api("jax.random").multinomial(
            key, 20.0, run.numpy.array([0.2, 0.3, 0.5], "float32"), shape=(10, 3)
        ),
    },
    "multinomial numbers",
    _REJECTION,
    ("jax.random.multinomial",),
)


def _torch_draws(run: Run) -> Draws:
    """PyTorch's functions that take a generator, or None for the global one."""
    torch = run.api("torch")
    weights = torch.tensor([0.1, 0.2, 0.3, 0.4])
    return {
        "rand": lambda source: torch.rand(40, generator=source),
        "rand_large": lambda source: torch.rand(1000, generator=source),
        "rand_float64": lambda source: torch.rand(40, generator=source, dtype=torch.float64),
        "rand_bfloat16": lambda source: torch.rand(40, generator=source, dtype=torch.bfloat16),
        "randn_few": lambda source: torch.randn(7, generator=source),
        "randn": lambda source: torch.randn(40, generator=source),
        "randn_float64": lambda source: torch.randn(40, generator=source, dtype=torch.float64),
        "normal": lambda source: torch.normal(1.0, 2.0, (40,), generator=source),
        "randint": lambda source: torch.randint(0, 100, (40,), generator=source),
        "randint_wide": lambda source: torch.randint(0, 2**40, (40,), generator=source),
        "randperm": lambda source: torch.randperm(40, generator=source),
        "bernoulli": lambda source: torch.bernoulli(torch.full((40,), 0.3), generator=source),
        "multinomial": lambda source: torch.multinomial(weights, 40, True, generator=source),
        "multinomial_once": lambda source: torch.multinomial(weights, 3, generator=source),
        "poisson": lambda source: torch.poisson(torch.full((40,), 3.0), generator=source),
    }


def _torch_methods(run: Run) -> Draws:
    """PyTorch's in-place methods of tensors, and what has no generator of its own."""
    torch = run.api("torch")
    ones = torch.ones(40)
    return {
        "uniform": lambda source: torch.empty(40).uniform_(-1, 1, generator=source),
        "normal": lambda source: torch.empty(40).normal_(generator=source),
        "log_normal": lambda source: torch.empty(40).log_normal_(generator=source),
        "exponential": lambda source: torch.empty(40).exponential_(generator=source),
        "cauchy": lambda source: torch.empty(40).cauchy_(generator=source),
        "geometric": lambda source: torch.empty(40).geometric_(0.2, generator=source),
        "random": lambda source: torch.empty(40).random_(0, 100, generator=source),
        "bernoulli": lambda source: torch.empty(40).bernoulli_(0.3, generator=source),
        "binomial": lambda source: torch.binomial(ones * 10, ones * 0.3, generator=source),
    }


def _torch_init(run: Run) -> Draws:
    torch = run.api("torch")
    init = torch.nn.init
    functions = {
        "uniform": init.uniform_,
        "normal": init.normal_,
        "trunc_normal": init.trunc_normal_,
        "xavier_uniform": init.xavier_uniform_,
        "xavier_normal": init.xavier_normal_,
        "kaiming_uniform": init.kaiming_uniform_,
        "kaiming_normal": init.kaiming_normal_,
        "orthogonal": init.orthogonal_,
        "sparse": lambda tensor: init.sparse_(tensor, 0.3),
    }

    def draw(function: Any) -> Callable[[Any], Any]:
        return lambda _: function(torch.empty(8, 8))

    return {name: draw(function) for name, function in functions.items()}


def _torch_distributions(run: Run) -> Draws:
    torch = run.api("torch")
    distributions, one = torch.distributions, torch.tensor(1.0)
    made = {
        "gamma": distributions.Gamma(one * 2.5, one),
        "beta": distributions.Beta(one * 0.5, one * 2.5),
        "dirichlet": distributions.Dirichlet(torch.tensor([0.5, 1.0, 2.0])),
        "student_t": distributions.StudentT(one * 4),
        "gumbel": distributions.Gumbel(one, one),
        "laplace": distributions.Laplace(one, one),
        "von_mises": distributions.VonMises(one, one),
        "categorical": distributions.Categorical(torch.tensor([0.2, 0.3, 0.5])),
        "multivariate_normal": distributions.MultivariateNormal(torch.zeros(2), torch.eye(2) + 1),
    }

    def draw(distribution: Any) -> Callable[[Any], Any]:
        return lambda _: distribution.sample((20,))

    return {name: draw(distribution) for name, distribution in made.items()}


def _register_torch(name: str, draws: Callable[[Run], Draws], summary: str, why: str) -> None:
    def measure(run: Run) -> None:
        torch = run.api("torch")
        for prefix in ("first", "second"):
            for drawn, draw in draws(run).items():
                torch.manual_seed(run.seed)
                run.array(f"{prefix}/{drawn}", draw(None))
        run.relation("first", "second", True, TORCH_MANUAL_SEED.source, "rerun")

    measure.__doc__ = f"torch.manual_seed: {summary}, twice.\n\n{why}"
    scenario(f"generators/{name}", promise=TORCH_MANUAL_SEED, needs=("torch.manual_seed",))(measure)


_KERNELS = "Few and many values, and each width, have kernels of their own, some for one CPU only."
_register_torch("torch_functions", _torch_draws, "rand, randn, randint and their like", _KERNELS)
_register_torch("torch_methods", _torch_methods, "tensors filled in place, binomial", _KERNELS)
_register_torch(
    "torch_init",
    _torch_init,
    "the initializers of torch.nn.init",
    "orthogonal_ decomposes with LAPACK; others scale what the generator gives.",
)
_register_torch(
    "torch_distributions",
    _torch_distributions,
    "samples of torch.distributions",
    "Rejection sampling and linear algebra above the generator.",
)


@scenario("generators/torch_generator", needs=("torch.Generator",))
def torch_generator(run: Run) -> None:
    """torch.Generator: the functions with a generator of their own, and its initial seed.

    It should give what the global generator gives with the same seed.
    """
    torch = run.api("torch")
    for name, draw in _torch_draws(run).items():
        source = torch.Generator(device="cuda" if run.device == "gpu" else "cpu")
        source.manual_seed(run.seed)
        run.array(f"own/{name}", draw(source))
        torch.manual_seed(run.seed)
        run.array(f"global/{name}", draw(None))
    run.relation("own", "global")
