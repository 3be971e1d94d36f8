"""What is recorded about the environment: the interpreter, packages, and *effective* configuration.

"Unset" is a value: oneDNN's default depends on the release and the CPU, so the state that the
framework settled on is recorded, beside the variables that were set.
"""

import os
import platform
import re
import sys

from . import schema


def python():
    """The interpreter actually used."""
    return {
        "version": platform.python_version(),
        "implementation": platform.python_implementation(),
        "hash_seed": os.environ.get("PYTHONHASHSEED", ""),
        "executable": sys.executable,
    }


def packages():
    """Version of every installed distribution by normalised name (PEP 503)."""
    try:
        from importlib import metadata
    except ImportError:  # Python 3.7
        import pkg_resources

        found = ((entry.project_name, entry.version) for entry in pkg_resources.working_set)
    else:
        found = ((entry.metadata["Name"], entry.version) for entry in metadata.distributions())
    normalised = {re.sub(r"[-_.]+", "-", name).lower(): version for name, version in found if name}
    return dict(sorted(normalised.items()))


def variables():
    """The set environment variables that can change what a framework computes."""
    return {
        name: value
        for name, value in sorted(os.environ.items())
        if name.startswith(schema.RECORDED_VARIABLES)
    }


def framework(audited, log):
    """Effective configuration of the framework, flat: strings, integers and booleans.

    audited: a `Framework`. log: what importing it wrote to standard error; TensorFlow announces
    there whether oneDNN is on (`tensorflow/core/util/util.cc`). Starts the runtime: call it in a
    child.
    """
    import numpy

    facts = {
        "backend": audited.backend,
        audited.backend: str(audited.module.__version__),
        "keras": _keras_version(audited.keras),
        "numpy": numpy.__version__,
        "floatx": str(audited.keras.backend.floatx()),
        "gpus": len(audited.gpus()),
    }
    if audited.backend == "tensorflow":
        facts.update(_tensorflow(audited.module, log))
    elif audited.backend == "torch":
        facts["intra_threads"] = audited.module.get_num_threads()
    return facts


def _tensorflow(tensorflow, log):
    build = tensorflow.sysconfig.get_build_info()
    threads = tensorflow.config.threading
    return {
        "onednn": _onednn(log),
        "intra_threads": threads.get_intra_op_parallelism_threads(),
        "inter_threads": threads.get_inter_op_parallelism_threads(),
        "xla_auto_jit": str(tensorflow.config.optimizer.get_jit() or "off"),
        "cuda_build": bool(build.get("is_cuda_build", False)),
        "cuda": str(build.get("cuda_version", "")),
        "cudnn": str(build.get("cudnn_version", "")),
        "git": str(tensorflow.version.GIT_VERSION),
        "compiler": str(tensorflow.version.COMPILER_VERSION),
    }


def _onednn(log):
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


def _keras_version(keras):
    """`tensorflow.keras` of some releases hides its version; the `keras` it is made of has it."""
    if isinstance(getattr(keras, "__version__", None), str):
        return keras.__version__
    return sys.modules["keras"].__version__ if "keras" in sys.modules else "unknown"
