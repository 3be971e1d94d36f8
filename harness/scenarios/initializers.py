"""Every Keras initializer: own seeds, global seeds, instances, dtypes, shapes.

Beneath the same names, versions draw from stateful or stateless TensorFlow operations, from NumPy,
JAX or Torch. What the documentation of the `seed` argument says has changed as well: each version
is held to its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import scenario
from .seeding import equally_seeded, seed_everything
from .sources import ALWAYS_THE_SAME, DETERMINISTIC_INITIALIZER

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..probe.context import Run

# Those that draw: our name, and the one that every version has.
RANDOM = {
    "random_normal": "RandomNormal",
    "random_uniform": "RandomUniform",
    "truncated_normal": "TruncatedNormal",
    "variance_scaling": "VarianceScaling",
    "glorot_normal": "glorot_normal",
    "glorot_uniform": "glorot_uniform",
    "he_normal": "he_normal",
    "he_uniform": "he_uniform",
    "lecun_normal": "lecun_normal",
    "lecun_uniform": "lecun_uniform",
    "orthogonal": "Orthogonal",
}
NOT_ORTHOGONAL = tuple(name for name in RANDOM if name != "orthogonal")
SEEDS = {
    "0": 0,
    "1": 1,
    "42": 42,
    "2_to_31_less_2": 2**31 - 2,
    "2_to_31_less_1": 2**31 - 1,
    "2_to_32_less_1": 2**32 - 1,
    "minus_1": -1,
}
V1_TENSORFLOW = {
    "random_normal": "random_normal_initializer",
    "random_uniform": "random_uniform_initializer",
    "truncated_normal": "truncated_normal_initializer",
    "variance_scaling": "variance_scaling_initializer",
    "uniform_unit_scaling": "uniform_unit_scaling_initializer",
    "glorot_normal": "glorot_normal_initializer",
    "glorot_uniform": "glorot_uniform_initializer",
    "orthogonal": "orthogonal_initializer",
}

MATRIX = (4, 3)
SHAPES = {"matrix": MATRIX, "kernel": (3, 3, 2, 4), "large": (256, 256)}


def _values(initializer: Any, shape: tuple[int, ...], dtype: Any = None) -> Any:
    return initializer(shape) if dtype is None else initializer(shape, dtype=dtype)


def _dtype(run: Run, name: str) -> Any:
    """Keras 2 wants TensorFlow's own object, others the name."""
    return run.api(f"tensorflow.{name}") if run.backend == "tensorflow" else name


def _drawn(run: Run, make: Callable[..., Any], shapes: dict[str, tuple[int, ...]]) -> None:
    """Record what `make` draws in every shape, with own seeds and with global ones; relations.

    Every draw has another seed: some versions keep the state of a seeded operation, and a draw
    would shift the next.
    """
    seed = run.seed
    for name, shape in shapes.items():
        run.array(f"own/{name}", _values(make(seed=seed), shape))
        seed += 1
    instance = make(seed=seed)
    for call in ("first_call", "second_call"):
        run.array(f"{call}/matrix", _values(instance, MATRIX))
    for which in ("first_instance", "second_instance"):
        run.array(f"{which}/matrix", _values(make(seed=seed + 1), MATRIX))
    run.relation("first_call", "second_call", **equally_seeded(make, one_instance=True))
    run.relation("first_instance", "second_instance", level="rerun", **equally_seeded(make))
    for name, shape in shapes.items():
        seed_everything(run, run.seed)
        run.array(f"global/{name}", _values(make(), shape))


def _initializer(name: str, path: str) -> None:
    shapes = dict(SHAPES, large=(512, 512)) if name == "orthogonal" else SHAPES

    def draw(run: Run) -> None:
        _drawn(run, run.api(path), shapes)

    draw.__doc__ = f"""`{name}` with its own seeds and with global ones, called twice, made twice.

    Versions draw from stateful or from stateless operations, take the seed of the instance or of
    the call, and invent a missing one differently. Orthogonal ones also decompose a matrix."""
    scenario(f"initializers/{name}", needs=(path,), promise=DETERMINISTIC_INITIALIZER)(draw)


for _name, _api in RANDOM.items():
    _initializer(_name, f"keras.initializers.{_api}")


@scenario(
    "initializers/variance_scaling_untruncated",
    needs=("keras.initializers.VarianceScaling",),
    promise=DETERMINISTIC_INITIALIZER,
)
def variance_scaling_untruncated(run: Run) -> None:
    """`VarianceScaling` from a normal distribution that is not truncated.

    Beside `RandomNormal` the only initializer that takes normal numbers as they are drawn.
    Stand-alone Keras 2.3 knows no such distribution.
    """
    scaling = run.api("keras.initializers.VarianceScaling")

    def make(**seed: Any) -> Any:
        with run.requires("untruncated_normal", ValueError):
            return scaling(distribution="untruncated_normal", **seed)

    make.__doc__ = scaling.__doc__
    _drawn(run, make, SHAPES)


@scenario("initializers/constants", promise=ALWAYS_THE_SAME)
def constants(run: Run) -> None:
    """Zeros, ones, a constant and the identity.

    Nothing is drawn; it may not differ anywhere.
    """
    api = run.api("keras.initializers")
    made = {
        "zeros": api.Zeros(),
        "ones": api.Ones(),
        "constant": api.Constant(0.1),
        "identity": api.Identity(gain=0.5),
    }
    for name, initializer in made.items():
        run.array(f"{name}/matrix", _values(initializer, MATRIX))
        if name != "identity":  # of matrices only
            run.array(f"{name}/kernel", _values(initializer, SHAPES["kernel"]))


@scenario("initializers/stft", needs=("keras.initializers.STFT",))
def stft(run: Run) -> None:
    """The kernels of a short-time Fourier transform, as `STFTSpectrogram` uses them.

    Nothing is drawn, but sines and cosines are computed by the backend.
    """
    make = run.api("keras.initializers.STFT")
    for side in ("real", "imag"):
        # A window would be SciPy's work, which Keras does not install.
        run.array(side, _values(make(side, window=None), (16, 1, 9)))


def _seed(name: str, seed: int, names: tuple[str, ...]) -> None:
    def draw(run: Run) -> None:
        # JAX refuses negative seeds; so does NumPy, with which Keras 2.3 makes orthogonal matrices.
        # Theano's generator refuses 0 and seeds from 2147462579 on.
        picky = seed < 0 or run.backend == "theano"
        refusals = (OverflowError, ValueError) if picky else ()
        for initializer in names:
            make = run.api(f"keras.initializers.{RANDOM[initializer]}")
            with run.requires(f"seed {seed} of {initializer}", *refusals):
                run.array(initializer, _values(make(seed=seed), MATRIX))

    which = "Every random initializer" if len(names) > 1 else "The orthogonal initializer"
    draw.__doc__ = f"""{which} with the seed {seed}.

    Seeds at the ends of 31 and 32 bits, and negative ones, are masked, refused or passed on,
    depending on the version and the backend."""
    needs = tuple(f"keras.initializers.{RANDOM[each]}" for each in names)
    scenario(f"initializers/seed_{name}", needs=needs, promise=DETERMINISTIC_INITIALIZER)(draw)


for _name, _value in SEEDS.items():
    if _value < 0:
        _seed(_name, _value, NOT_ORTHOGONAL)
        _seed(f"{_name}_orthogonal", _value, ("orthogonal",))
    else:
        _seed(_name, _value, tuple(RANDOM))


def _global_seed(name: str, seed: int) -> None:
    def draw(run: Run) -> None:
        for initializer, path in RANDOM.items():
            make = run.api(f"keras.initializers.{path}")
            seed_everything(run, seed)
            run.array(initializer, _values(make(), MATRIX))

    draw.__doc__ = f"""Every random initializer without a seed, after seeding all with {seed}.

    Seeds at the ends of 31 and 32 bits are masked or passed on, depending on the version."""
    needs = tuple(f"keras.initializers.{path}" for path in RANDOM.values())
    scenario(f"initializers/global_seed_{name}", needs=needs)(draw)


for _name in ("0", "2_to_31_less_1", "2_to_32_less_1"):
    _global_seed(_name, SEEDS[_name])


def _of_dtype(dtype: str, name: str, names: tuple[str, ...]) -> None:
    def draw(run: Run) -> None:
        for each in names:
            make = run.api(f"keras.initializers.{RANDOM[each]}")
            with run.requires(f"{dtype} of {each}", *_refusals(run)):
                run.array(each, _values(make(seed=run.seed), MATRIX, _dtype(run, dtype)))

    which = "Every random initializer" if len(names) > 1 else "The orthogonal initializer"
    draw.__doc__ = f"""{which} in {dtype}.

    A version may draw in the type itself, or in float32 and round."""
    needs = tuple(f"keras.initializers.{RANDOM[each]}" for each in names)
    scenario(f"initializers/{name}", needs=needs, promise=DETERMINISTIC_INITIALIZER)(draw)


def _refusals(run: Run) -> tuple[type[Exception], ...]:
    """What backends raise that cannot draw in a type, or decompose a matrix of it."""
    if run.backend == "tensorflow":
        return (run.api("tensorflow.errors.NotFoundError"),)
    if run.backend == "theano":
        return (KeyError,)  # it has no such type
    return (NotImplementedError, TypeError)


for _name in ("float16", "bfloat16", "float64"):
    _of_dtype(_name, _name, NOT_ORTHOGONAL)
for _name in ("float16", "float64"):  # no backend decomposes matrices of bfloat16
    _of_dtype(_name, f"{_name}_orthogonal", ("orthogonal",))


# The name that only V1 has: from TensorFlow 2.16 on, the rest of the module is Keras 3's.
_V1_KERAS = ("tensorflow.compat.v1.keras.initializers.uniform",)
_V1_TENSORFLOW = tuple(f"tensorflow.compat.v1.{path}" for path in V1_TENSORFLOW.values())


def _v1(run: Run, names: dict[str, str], module: str) -> None:
    """Record what V1 initializers draw with a seed of their own."""
    for name, path in names.items():
        run.array(name, _values(run.api(f"{module}.{path}")(seed=run.seed), MATRIX))


def _v1_global(run: Run, names: dict[str, str], module: str) -> None:
    """Record what V1 initializers draw with the global seed, set before each."""
    for name, path in names.items():
        run.api("tensorflow.compat.v1.set_random_seed")(run.seed)
        run.array(name, _values(run.api(f"{module}.{path}")(), MATRIX))


@scenario("initializers/v1_keras", needs=_V1_KERAS)
def v1_keras(run: Run) -> None:
    """The random initializers of `tf.compat.v1.keras.initializers`, with a seed of their own.

    They kept the operations of TensorFlow 1 when those of version 2 changed.
    """
    _v1(run, RANDOM, "tensorflow.compat.v1.keras.initializers")


@scenario("initializers/v1_keras_global_seed", needs=_V1_KERAS)
def v1_keras_global_seed(run: Run) -> None:
    """The random initializers of `tf.compat.v1.keras.initializers`, with the global seed.

    In a graph, the seed of an operation counts the operations before it.
    """
    _v1_global(run, RANDOM, "tensorflow.compat.v1.keras.initializers")


@scenario("initializers/v1_tensorflow", needs=_V1_TENSORFLOW)
def v1_tensorflow(run: Run) -> None:
    """The random initializers of `tf.compat.v1`, with a seed of their own.

    They draw with stateful operations on every version.
    """
    _v1(run, V1_TENSORFLOW, "tensorflow.compat.v1")


@scenario("initializers/v1_tensorflow_global_seed", needs=_V1_TENSORFLOW)
def v1_tensorflow_global_seed(run: Run) -> None:
    """The random initializers of `tf.compat.v1`, with the global seed.

    In a graph, the seed of an operation counts the operations before it.
    """
    _v1_global(run, V1_TENSORFLOW, "tensorflow.compat.v1")


@scenario(
    "initializers/v1_and_v2",
    source="tf-keras#71: GlorotUniform of V1 and V2 give other values for one seed",
    needs=(
        "tensorflow.compat.v1.keras.initializers.uniform",
        "keras.initializers.glorot_uniform",
    ),
)
def v1_and_v2(run: Run) -> None:
    """`GlorotUniform` of V1 and of this version's Keras, with one seed.

    The one draws with stateful operations, the other with what its version uses.
    """
    for side, module in (
        ("v1", "tensorflow.compat.v1.keras.initializers"),
        ("keras", "keras.initializers"),
    ):
        make = run.api(f"{module}.glorot_uniform")
        run.array(f"{side}/glorot_uniform", _values(make(seed=run.seed), MATRIX))
    run.relation("v1", "keras")
