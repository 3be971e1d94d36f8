"""Importing the audited framework once, with everything that forked children would import again."""

from __future__ import annotations

import importlib
import os
import sys
import threading
from typing import Any


class Framework:
    """The imported framework.

    module: the backend's package. keras: the Keras under audit, keras_name: what it is imported as
    (`tensorflow.keras`, stand-alone `keras`, or `tf_keras`).
    """

    def __init__(self, backend: str, threads: int, keras: str = "") -> None:
        """Import "tensorflow", "jax", "torch" or "theano", and pin its pools to `threads`.

        keras: the name of the Keras to audit, or "" for the one that the backend's users import.
        """
        self.backend = backend
        self.threads = threads
        os.environ["KERAS_BACKEND"] = backend
        self.module: Any = importlib.import_module(backend)
        self.keras_name = keras or ("tensorflow.keras" if backend == "tensorflow" else "keras")
        self.keras: Any = (
            self.module.keras
            if self.keras_name == "tensorflow.keras"  # an attribute, and no module everywhere
            else importlib.import_module(self.keras_name)
        )
        # `tensorflow.keras` is a lazy module: touching it spares every child the import.
        self.keras.layers.Dense  # noqa: B018
        self._pin_threads()

    def has(self, path: str) -> bool:
        """Whether `path`, such as "keras.utils.set_random_seed", leads somewhere in the audited
        Keras; "" always does.
        """
        found = self.keras
        for name in path.split(".")[1:]:
            found = getattr(found, name, None)
        return found is not None

    def fork_is_safe(self) -> bool:
        """Whether a child forked now starts like a fresh process that has imported the framework.

        Not where the platform's own libraries forbid it (macOS, Windows), nor once Python threads
        run or the framework's runtime has started: its thread pools do not survive a fork.
        """
        if not hasattr(os, "fork") or sys.platform == "darwin":
            return False
        return threading.active_count() == 1 and not self.runtime_started()

    def runtime_started(self) -> bool:
        """Whether TensorFlow's eager runtime or a JAX backend, with its threads, runs here."""
        eager: Any = sys.modules.get("tensorflow.python.eager.context")
        bridge = sys.modules.get("jax._src.xla_bridge")
        return bool(
            (eager and getattr(eager.context(), "_initialized", False))
            or getattr(bridge, "_backends", None)
        )

    def gpus(self) -> list[str]:
        """Names of the GPUs that the framework sees. Starts its runtime: call it in a child."""
        if self.backend == "tensorflow":
            config = self.module.config
            if not hasattr(config, "list_physical_devices"):  # before 2.1
                config = config.experimental
            return [device.name for device in config.list_physical_devices("GPU")]
        if self.backend == "torch":
            cuda = self.module.cuda
            return [cuda.get_device_name(index) for index in range(cuda.device_count())]
        if self.backend == "jax":
            try:
                return [str(device) for device in self.module.devices("gpu")]
            except (RuntimeError, AssertionError):  # no such platform, or none of those asked for
                return []
        return []

    def _pin_threads(self) -> None:
        """Pin the pools that environment variables alone do not reach; starts no runtime."""
        if self.backend == "torch":
            self.module.set_num_threads(self.threads)
        threading_config = getattr(getattr(self.module, "config", None), "threading", None)
        if threading_config is not None:
            threading_config.set_intra_op_parallelism_threads(self.threads)
            threading_config.set_inter_op_parallelism_threads(self.threads)
