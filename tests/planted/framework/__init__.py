"""A framework small enough to know by heart, built into wheels called `tensorflow`.

It has what the probe asks of TensorFlow, and `tensorflow.planted`, which draws the arrays and does
to them what the version's table of faults says.
"""

from __future__ import annotations

from types import SimpleNamespace

from . import keras, planted
from .contents import VERSION

__all__ = ["keras", "planted"]

__version__ = VERSION


class _Threading:
    """`tf.config.threading`: what was set is what it says."""

    def __init__(self) -> None:
        self._threads = {"intra": 0, "inter": 0}

    def set_intra_op_parallelism_threads(self, threads: int) -> None:
        self._threads["intra"] = threads

    def get_intra_op_parallelism_threads(self) -> int:
        return self._threads["intra"]

    def set_inter_op_parallelism_threads(self, threads: int) -> None:
        self._threads["inter"] = threads

    def get_inter_op_parallelism_threads(self) -> int:
        return self._threads["inter"]


config = SimpleNamespace(
    threading=_Threading(),
    list_physical_devices=lambda kind: [],
    optimizer=SimpleNamespace(get_jit=lambda: ""),
)
random = SimpleNamespace(set_seed=planted.set_seed)
sysconfig = SimpleNamespace()
test = SimpleNamespace(is_built_with_cuda=lambda: False)
version = SimpleNamespace(GIT_VERSION=f"v{VERSION}", COMPILER_VERSION="none")


def executing_eagerly() -> bool:
    """No: there is no library underneath that would announce itself."""
    return False
