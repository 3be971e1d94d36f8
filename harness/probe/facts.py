"""What is recorded about the environment: the interpreter, packages, and *effective* configuration.

"Unset" is a value: oneDNN's default depends on the release and the CPU, so the state that the
framework settled on is recorded, beside the variables that were set.
"""

from __future__ import annotations

import os
import platform
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from . import schema

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TypeAlias

    from .framework import Framework

    Facts: TypeAlias = dict[str, str | int | bool]

# What Python 3.7 tells of an installed distribution: the name of its folder.
_INSTALLED = re.compile(r"(?P<name>[^-]+)-(?P<version>[^-]+)(-.*)?\.(dist|egg)-info")


def python() -> dict[str, str]:
    """The interpreter actually used."""
    return {
        "version": platform.python_version(),
        "implementation": platform.python_implementation(),
        "hash_seed": os.environ.get("PYTHONHASHSEED", ""),
        "executable": sys.executable,
    }


def packages() -> dict[str, str]:
    """Version of every installed distribution by normalised name (PEP 503).

    Where two are found, it is that of the first on `sys.path`: the one that is imported.
    """
    found: dict[str, str] = {}
    for name, version in _distributions():
        if name and version:
            found.setdefault(re.sub(r"[-_.]+", "-", name).lower(), version)
    return dict(sorted(found.items()))


def _distributions() -> Iterator[tuple[str | None, str | None]]:
    try:
        from importlib import metadata
    except ImportError:  # Python 3.7
        folders = (info.name for entry in sys.path for info in Path(entry).glob("*-info"))
        matches = filter(None, map(_INSTALLED.match, folders))
        yield from ((match["name"], match["version"]) for match in matches)
    else:
        yield from ((entry.metadata["Name"], entry.version) for entry in metadata.distributions())


def variables() -> dict[str, str]:
    """The set environment variables that can change what a framework computes."""
    return {
        name: value
        for name, value in sorted(os.environ.items())
        if name.startswith(schema.RECORDED_VARIABLES)
    }


def framework(audited: Framework, log: str) -> Facts:
    """Effective configuration of the framework, flat: strings, integers and booleans.

    audited: a `Framework`. log: what importing it wrote to standard error; TensorFlow announces
    there whether oneDNN is on (`tensorflow/core/util/util.cc`). Starts the runtime: call it in a
    child.
    """
    facts: Facts = {
        "backend": audited.backend,
        audited.backend: str(audited.module.__version__),
        "keras": _keras_version(audited.keras),
        "numpy": np.__version__,
        "floatx": str(audited.keras.backend.floatx()),
        "gpus": len(audited.gpus()),
    }
    if audited.backend == "tensorflow":
        facts.update(_tensorflow(audited.module, log))
    elif audited.backend == "torch":
        facts["intra_threads"] = audited.module.get_num_threads()
    elif audited.backend == "jax":
        facts.update(_jax(audited.module))
    return facts


def _tensorflow(tensorflow: Any, log: str) -> Facts:
    build: Any = getattr(tensorflow.sysconfig, "get_build_info", dict)()  # 2.3 on
    threads = tensorflow.config.threading
    return {
        "onednn": _onednn(log),
        "intra_threads": threads.get_intra_op_parallelism_threads(),
        "inter_threads": threads.get_inter_op_parallelism_threads(),
        "xla_auto_jit": str(tensorflow.config.optimizer.get_jit() or "off"),
        "cuda_build": bool(tensorflow.test.is_built_with_cuda()),
        "cuda": str(build.get("cuda_version", "")),
        "cudnn": str(build.get("cudnn_version", "")),
        "git": str(tensorflow.version.GIT_VERSION),
        "compiler": str(tensorflow.version.COMPILER_VERSION),
    }


def _jax(jax: Any) -> Facts:
    """What decides JAX's random streams and the precision of its arithmetic."""
    names = (
        *("jax_enable_x64", "jax_default_prng_impl", "jax_threefry_partitionable"),
        *("jax_default_matmul_precision", "jax_numpy_dtype_promotion"),
    )
    settings = {name: getattr(jax.config, name, "absent") for name in names}
    return {
        **{name: str(value) for name, value in settings.items()},
        "platform": str(jax.default_backend()),
    }


def _onednn(log: str) -> str:
    if "oneDNN custom operations are on" in log:
        return "on"
    try:
        # True only when it is on. Before 2.11 it tells the build, not the state, hence the log.
        from tensorflow.python.util import _pywrap_util_port

        if _pywrap_util_port.IsMklEnabled():
            return "on"
    except (ImportError, AttributeError):
        return "unknown"
    silenced = os.environ.get("TF_CPP_MIN_LOG_LEVEL", "0") != "0"
    return "unknown" if silenced else "off"


def _keras_version(keras: Any) -> str:
    """`tensorflow.keras` of some releases hides its version; the `keras` it is made of has it."""
    if isinstance(getattr(keras, "__version__", None), str):
        return str(keras.__version__)
    return str(getattr(sys.modules.get("keras"), "__version__", "unknown"))
