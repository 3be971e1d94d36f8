"""Seeding practice, kept apart from models: what a user does before building one."""

import hashlib


def seed_python(run, seed):
    """`random.seed`."""
    run.random.seed(seed)


def seed_numpy(run, seed):
    """`numpy.random.seed`."""
    run.numpy.random.seed(seed)


def seed_framework(run, seed):
    """The global seed of the framework under Keras: TensorFlow or Torch. JAX has none."""
    if run.backend == "tensorflow":
        run.api("tensorflow.random.set_seed")(seed)
    else:
        run.api(run.backend + ".manual_seed")(seed)


def seed_all_three(run, seed):
    """TensorFlow, Python and NumPy, in the order of text 000."""
    seed_framework(run, seed)
    seed_python(run, seed)
    seed_numpy(run, seed)


def seed_of_layer(seed, path):
    """A seed for one layer: the first 31 bits of SHA-256 over `seed` and the layer's path.

    Adding or removing another layer leaves it as it was. Returns an int in [0, 2**31).
    """
    digest = hashlib.sha256("{}:{}".format(seed, path).encode()).digest()
    return int.from_bytes(digest[:4], "big") >> 1
