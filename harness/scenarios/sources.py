"""Where claims and promises come from. The report quotes each beside what was measured."""

from __future__ import annotations

from . import Promise

TEXT_000 = (
    "text 000, 'Why does the Keras Sequential model exhibit discontinuous initialization "
    "behavior in Python?'"
)
TEXT_001 = "text 001, 'How can I achieve reproducible weight initialization in Keras?'"

SET_RANDOM_SEED = (
    "Keras documentation of keras.utils.set_random_seed: 'Sets all random seeds (Python, NumPy, "
    "and backend framework)', 'to make almost any Keras program fully deterministic'"
)
INITIALIZER_SEED = (
    "Keras documentation of the seed argument of initializers: 'an initializer seeded with an "
    "integer [...] will produce the same random values across multiple calls'"
)
NEP_19 = "NumPy Enhancement Proposal 19: the stream of RandomState is frozen"
UNSEEDED = "by construction: every generator starts from the operating system's entropy"
BY_CONSTRUCTION = "by construction: nothing is drawn at random"
NEGATIVE_CONTROL = "negative control: an audit that finds no difference here sees none anywhere"

DETERMINISTIC_INITIALIZER = Promise(
    "Used to make the behavior of the initializer deterministic.",
    "Keras documentation of the seed argument of initializers, TensorFlow 2.9 to Keras 3",
    ("process",),
    where="keras.layers.UnitNormalization",  # nothing to do with it, but new in that release too
)
ALWAYS_THE_SAME = Promise(
    "nothing is drawn at random",
    BY_CONSTRUCTION,
    ("rerun", "process", "setting", "python", "packages", "backend", "device", "machine"),
)

# Promises about random generators, in their makers' words.
TF_SET_SEED = Promise(
    "the same sequence for every re-run of the program; across different versions, this sequence "
    "might change",
    "TensorFlow documentation of tf.random.set_seed",
    ("rerun", "process"),
)
TF_STATELESS = Promise(
    "The output is consistent across multiple runs on the same hardware (and between CPU and "
    "GPU), but may change between versions of TensorFlow or on non-CPU/GPU hardware.",
    "TensorFlow documentation of tf.random.stateless_normal and its siblings",
    ("rerun", "process"),
)
# Floats are rounded by each device's own arithmetic; "consistent" is taken at its word of integers.
TF_STATELESS_INTEGERS = TF_STATELESS._replace(levels=("rerun", "process", "device"))
TF_STATELESS_POISSON = Promise(
    "The output is consistent across multiple runs on the same hardware, but may change between "
    "versions of TensorFlow or on non-CPU/GPU hardware.",
    "TensorFlow documentation of tf.random.stateless_poisson",
    ("rerun", "process"),
)
TF_STATELESS_GUIDE = Promise(
    "Calling these functions with the same arguments (which include the seed) and on the same "
    "device will always produce the same results.",
    "TensorFlow guide 'Random number generation'",
    ("rerun", "process"),
)
TF_GENERATOR_INTEGERS = Promise(
    "CPU, GPU and TPU with the same algorithm and seed will generate the same integer random "
    "numbers.",
    "TensorFlow documentation of tf.random.Generator",
    ("rerun", "process", "device"),
)
TF_GENERATOR_FLOATS = Promise(
    "the random numbers will be determined by the seed; float-point results may have small "
    "numerical discrepancies between different devices",
    "TensorFlow documentation of tf.random.Generator",
    ("rerun", "process"),
)
TF_XLA_IGNORES_SEEDS = (
    "XLA 'Known issues': 'XLA currently ignores TF seeds to random operations', 'the first run of "
    "the process will always yield the same result'"
)
KERAS_INTEGER_SEED = Promise(
    "passing an integer as the seed value will produce the same random values for each call",
    "Keras documentation of the seed argument of keras.random functions",
    ("rerun", "process"),
)
RANDOM_STATE = Promise(
    "A fixed bit generator using a fixed seed and a fixed series of calls to RandomState methods "
    "using the same parameters will always produce the same results [...]",
    "NumPy documentation of numpy.random.RandomState; NEP 19",
    ("rerun", "process", "python", "packages"),
)
# Bits are promised of integers only: of floats, "the same results up to roundoff error".
RANDOM_STATE_FLOATS = RANDOM_STATE._replace(
    text=RANDOM_STATE.text.replace("[...]", "up to roundoff error"), levels=("rerun", "process")
)
RANDOM_STATE_MULTIVARIATE = Promise(
    "with a different LAPACK, .multivariate_normal() may well return completely different results",
    "NumPy Enhancement Proposal 19",
    ("rerun", "process"),
)
NUMPY_GENERATOR = Promise(
    "on the same build of numpy, in the same environment, on the same machine, you should get the "
    "same stream of numbers",
    "NumPy reference, 'Compatibility policy' of numpy.random",
    ("rerun", "process"),
)
NUMPY_BIT_GENERATOR = Promise(
    "makes a guarantee that a fixed seed will always produce the same random integer stream",
    "NumPy documentation of each bit generator, 'Compatibility Guarantee'",
    ("rerun", "process", "setting", "python", "packages", "machine"),
)
PYTHON_RANDOM = Promise(
    "The generator's random() method will continue to produce the same sequence when the "
    "compatible seeder is given the same seed.",
    "Python documentation of random, 'Notes on Reproducibility'",
    ("rerun", "process", "python"),
)
PYTHON_RANDOM_RUNS = Promise(
    "By reusing a seed value, the same sequence should be reproducible from run to run as long as "
    "multiple threads are not running.",
    "Python documentation of random, 'Notes on Reproducibility'",
    ("rerun", "process"),
)
JAX_THREEFRY = Promise(
    "identical across CPU/GPU/TPU; reproducible, with semantics invariant to @jit compilation "
    "boundaries and device backends",
    "JAX documentation of jax.random (table 'Summary'); JEP 263, JAX PRNG Design",
    ("rerun", "process", "device"),
)
TORCH_MANUAL_SEED = Promise(
    "as long as torch.manual_seed() is set to a constant at the beginning of an application [...] "
    "the same series of random numbers will be generated each time the application is run in the "
    "same environment",
    "PyTorch notes 'Reproducibility', which promise nothing across releases and platforms",
    ("rerun", "process"),
)

# Training, persistence and distribution.
DROPOUT_SEED = "Keras documentation of Dropout: 'seed: A Python integer to use as random seed'"
FIT_SHUFFLE = (
    "Keras documentation of Model.fit: 'shuffle: whether to shuffle the training data before each "
    "epoch'"
)
DATA_RESHUFFLE = (
    "TensorFlow documentation of tf.data.Dataset.shuffle: 'reshuffle_each_iteration: A boolean, "
    "which if true indicates that the dataset should be pseudorandomly reshuffled each time it is "
    "iterated over. (Defaults to True.)'"
)
DATA_ORDER = Promise(
    "Whether the outputs need to be produced in deterministic order. If None, defaults to True.",
    "TensorFlow documentation of tf.data.Options.deterministic",
    ("rerun", "process", "setting"),
)
DATA_RANDOM = Promise(
    "If specified, the dataset produces a deterministic sequence of values.",
    "TensorFlow documentation of tf.data.Dataset.random",
    ("rerun", "process"),
)
SAVED_MODEL_STATE = (
    "Keras documentation of save_model: 'the model's configuration, the model's weights, the "
    "model's optimizer's state', 'models can be reinstantiated in the exact same state'"
)
SAVED_WEIGHTS = "by construction: a file of weights holds their bits"
MIRRORED = (
    "TensorFlow documentation of tf.distribute.MirroredStrategy: 'replicate the variables across "
    "all the replicas and keep them in sync using an all-reduce algorithm'"
)

# Seeding, seeding again, and equal seeds, as the releases document them.
RESEEDING = (
    "TensorFlow documentation of tf.random.set_seed: 'Calling tf.random.set_seed will reset any "
    "such counters'"
)
PROGRAM_SEEDED = Promise(
    "to make almost any Keras program fully deterministic",
    SET_RANDOM_SEED,
    ("process",),
    where="keras.utils.set_random_seed",
)
EQUIVALENT_SEEDS = (
    "Keras documentation of keras.utils.set_random_seed: 'Calling this utility is equivalent to' "
    "random.seed, np.random.seed and tf.random.set_seed"
)
# What a docstring of an initializer may say of its seed, and whether equal values are promised of
# one instance called again, and of another instance with an equal seed. Of GlorotUniform, release
# 2.4 says the first, 2.7 to 2.15 say the second, Keras 3 says the third, 1.15 and 2.0 say nothing.
SEED_SENTENCES = (
    ("will always produce the same random tensor for a given shape and dtype", True, True),
    (
        "same random values across multiple calls, but multiple initializers will produce",
        False,
        True,
    ),
    ("will produce the same random values across multiple calls", True, True),
)
