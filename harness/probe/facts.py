"""What is recorded about the environment: the interpreter, packages, and *effective* configuration.

"Unset" is a value: oneDNN's default depends on the release and the CPU, so the state that the
framework settled on is recorded, beside the variables that were set.
"""

from __future__ import annotations

import os
import platform
import re
import sys
from functools import partial
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from . import libraries, schema

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
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


def framework(audited: Framework, log: str, output: Path | None = None) -> Facts:
    """Effective configuration of the framework, flat: strings, integers and booleans.

    audited: a `Framework`. log: what importing it wrote to standard error; TensorFlow announces
    there whether oneDNN is on (`tensorflow/core/util/util.cc`). output: the file that this process
    prints to, if it is one; what libraries announce when they are first used is read there. Starts
    the runtime: call it in a child.
    """
    gpus = audited.gpus()
    heard = libraries.told(output, lambda: _exercise(audited)) if output else ""
    facts: Facts = {
        "backend": audited.backend,
        audited.backend: str(audited.module.__version__),
        "keras": _keras_version(audited.keras),
        "numpy": np.__version__,
        "floatx": str(audited.keras.backend.floatx()),
        "gpus": len(gpus),
        "glibc_simd": libraries.glibc_simd(),
        "numpy_simd": libraries.numpy_simd(),
        "onednn_isa": libraries.UNKNOWN,
        **libraries.openblas(),
        **libraries.announced(heard),
    }
    of_backend = {
        "tensorflow": lambda: _tensorflow(audited.module, log, heard),
        "torch": lambda: _torch(audited.module),
        "jax": lambda: _jax(audited.module),
        "theano": lambda: _theano(audited.module),
    }
    facts.update(of_backend[audited.backend]())
    if gpus:
        facts.update(_gpu(audited))
    return facts


def _tensorflow(tensorflow: Any, log: str, heard: str) -> Facts:
    build: Any = getattr(tensorflow.sysconfig, "get_build_info", dict)()  # 2.3 on
    threads = tensorflow.config.threading
    return {
        "onednn": _onednn(log),
        "intra_threads": threads.get_intra_op_parallelism_threads(),
        "inter_threads": threads.get_inter_op_parallelism_threads(),
        "xla_auto_jit": _auto_jit(tensorflow, heard),
        "op_determinism": _op_determinism(),
        "cuda_build": bool(tensorflow.test.is_built_with_cuda()),
        "cuda": str(build.get("cuda_version", "")),
        "cudnn": str(build.get("cudnn_version", "")),
        "git": str(tensorflow.version.GIT_VERSION),
        "compiler": str(tensorflow.version.COMPILER_VERSION),
    }


def _torch(torch: Any) -> Facts:
    """Torch chooses its own kernels by `cpu_capability`, beside what oneDNN and MKL choose."""
    return {
        "intra_threads": torch.get_num_threads(),
        "inter_threads": torch.get_num_interop_threads(),
        "cpu_capability": _asked(torch.backends.cpu.get_cpu_capability),  # 2.0 on
        "op_determinism": "on" if torch.are_deterministic_algorithms_enabled() else "off",
        "matmul_precision": _asked(torch.get_float32_matmul_precision),  # 1.12 on
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
        "xla_isa": _asked(lambda: _xla_isa(jax)),
    }


def _theano(theano: Any) -> Facts:
    """Without a C++ compiler Theano computes with NumPy alone, and it optimises by `mode`."""
    names = ("device", "floatX", "mode", "optimizer", "cxx", "gcc.cxxflags", "blas.ldflags")

    return {f"theano_{name}": _asked(partial(attrgetter(name), theano.config)) for name in names}


def _gpu(audited: Framework) -> Facts:
    """What a GPU's results depend on, beside its model and driver, which the machine names.

    Written after the documentation of the frameworks and of CUDA.
    """
    module = audited.module
    found: Facts = {
        "cuda_runtime": libraries.cuda_runtime(),
        "cudnn_runtime": libraries.cudnn(),
    }
    if audited.backend == "tensorflow":
        experimental = module.config.experimental
        found["compute_capability"] = _asked(
            lambda: _dotted(
                experimental.get_device_details(  # 2.3 on
                    experimental.list_physical_devices("GPU")[0]
                )["compute_capability"]
            )
        )
        found["tf32"] = _asked(experimental.tensor_float_32_execution_enabled)  # 2.4 on
    elif audited.backend == "torch":
        found["cuda"] = str(module.version.cuda)
        found["compute_capability"] = _dotted(module.cuda.get_device_capability(0))
        found["tf32"] = _asked(lambda: module.backends.cuda.matmul.allow_tf32)
        found["cudnn_tf32"] = _asked(lambda: module.backends.cudnn.allow_tf32)
        found["cudnn_benchmark"] = bool(module.backends.cudnn.benchmark)
        found["cudnn_deterministic"] = bool(module.backends.cudnn.deterministic)
        if found["cudnn_runtime"] == libraries.UNKNOWN and module.backends.cudnn.is_available():
            found["cudnn_runtime"] = libraries.cudnn_version(module.backends.cudnn.version())
    elif audited.backend == "jax":
        device = module.devices("gpu")[0]
        found["compute_capability"] = str(getattr(device, "compute_capability", libraries.UNKNOWN))
    return found


def _exercise(audited: Framework) -> None:
    """Have the libraries underneath do a little work on the CPU, so that they announce themselves.

    On a GPU cell, have cuDNN loaded as well.
    """
    module = audited.module
    if audited.backend == "tensorflow":
        if not module.executing_eagerly():  # 1.15: its oneDNN is built in without announcements
            return
        with module.device("/CPU:0"):
            _tensorflow_work(module)
            square = module.ones((64, 64))
            program = module.function(
                lambda a: module.reduce_sum(
                    module.sin(module.exp(a) * module.tanh(a) + module.matmul(a, a))
                )
            )
            program(square)
        if audited.gpus():
            _tensorflow_work(module)
    elif audited.backend == "torch":
        module.ones(8, 8).to_mkldnn()
        module.ones(64, 64) @ module.ones(64, 64)
        if audited.gpus():
            image = module.ones(1, 3, 8, 8, device="cuda:0")
            module.nn.functional.conv2d(image, module.ones(3, 3, 3, 3, device="cuda:0"))
    elif audited.backend == "jax":
        for device in {module.devices("cpu")[0], module.devices()[0]}:
            with module.default_device(device):
                image, kernel = module.numpy.ones((1, 16, 8, 8)), module.numpy.ones((16, 16, 3, 3))
                module.lax.conv(image, kernel, (1, 1), "SAME").block_until_ready()


def _tensorflow_work(tensorflow: Any) -> None:
    square = tensorflow.ones((64, 64))
    tensorflow.matmul(square, square)
    image, kernel = tensorflow.ones((1, 8, 8, 16)), tensorflow.ones((3, 3, 16, 16))
    tensorflow.nn.conv2d(image, kernel, 1, "SAME")


def _auto_jit(tensorflow: Any, heard: str) -> str:
    """Whether XLA compiles what nobody asked it to.

    `get_jit` knows what was said in Python, not what `TF_XLA_FLAGS` says; a cluster that was
    compiled is announced once (`device_compiler.h`, before 2.12 `xla_compilation_cache.cc`).
    """
    said = str(tensorflow.config.optimizer.get_jit() or "off")
    if said != "off":
        return said
    if "Compiled cluster using XLA" in heard:
        return "on"
    # 2.0 clusters in silence, 1.15 was not asked to compute.
    return libraries.UNKNOWN if "auto_jit" in os.environ.get("TF_XLA_FLAGS", "") else "off"


def _op_determinism() -> str:
    """What `tf.config.experimental.enable_op_determinism` or `TF_DETERMINISTIC_OPS` came to."""
    try:
        from tensorflow.python.util import _pywrap_determinism
    except ImportError:  # before 2.7 the variable reached single kernels for GPUs
        return libraries.UNKNOWN
    return "on" if _pywrap_determinism.is_enabled() else "off"


def _xla_isa(jax: Any) -> str:
    """The instruction sets that XLA compiles for, from the target that a compiled program names."""
    compiled = jax.jit(lambda a: a + 1).lower(np.ones(8, np.float32)).compile()
    executable = compiled.runtime_executable()
    if hasattr(executable, "serialize"):
        stored = executable.serialize()
    else:
        stored = executable.client.serialize_executable(executable)
    features = dict.fromkeys(re.findall(rb"\+(sse4\.2|avx|fma|avx2|avx512f)\b", stored))
    order = (b"sse4.2", b"avx", b"fma", b"avx2", b"avx512f")
    found = " ".join(name.decode() for name in order if name in features)
    return found or libraries.UNKNOWN


def _dotted(version: Any) -> str:
    """(9, 0) is 9.0."""
    return ".".join(map(str, version))


def _asked(question: Callable[[], Any]) -> str:
    """The answer as text; unknown where this version cannot be asked."""
    try:
        return str(question())
    except Exception:
        return libraries.UNKNOWN


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
