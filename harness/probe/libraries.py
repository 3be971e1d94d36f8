"""What the numerical libraries underneath settled on: which instructions they use on this CPU.

Several libraries pick their code by the CPU they find, each by its own rules and each with its own
variable to cap it. What they picked is read from the libraries themselves, never from a variable.
Where a library does not tell, or is not there, the answer is "unknown".
"""

from __future__ import annotations

import ctypes
import os
import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

UNKNOWN = "unknown"

# Builds of OpenBLAS add to the names of its functions, before and behind.
_OPENBLAS_PREFIXES = ("", "scipy_")
_OPENBLAS_SUFFIXES = ("", "64_", "_64")

# Where glibc's `sys/platform/x86.h` has the bit of a feature: leaf, register, bit. These are the
# features by which its mathematical functions (`sysdeps/x86_64/fpu/multiarch`) are chosen.
_GLIBC_FEATURES = {
    "SSE4_1": (0, 2, 19),
    "AVX": (0, 2, 28),
    "FMA": (0, 2, 12),
    "AVX2": (1, 1, 5),
    "AVX512F": (1, 1, 16),
}

# Printed on first use: by oneDNN (once called DNNL) under ONEDNN_VERBOSE=1, by MKL under
# MKL_VERBOSE=1.
_ANNOUNCED = {
    "onednn_version": re.compile(r"dnnl?_verbose,(?:v\d+,)?info,(?:oneDNN|DNNL) v(?P<it>[\d.]+)"),
    "onednn_isa": re.compile(r"dnnl?_verbose,(?:v\d+,)?info,cpu,isa:(?P<it>[^\n]+)"),
    "mkl": re.compile(r"MKL_VERBOSE (?:oneMKL|Intel\(R\) MKL) (?P<it>[^\n]+?) Product build"),
    "mkl_isa": re.compile(
        r"MKL_VERBOSE [^\n]*? architecture (?P<it>[^\n]+?)(?: enabled processors|, Lnx)"
    ),
}

VERBOSE = ("ONEDNN_VERBOSE", "DNNL_VERBOSE", "MKLDNN_VERBOSE", "MKL_VERBOSE")


def numpy_simd() -> str:
    """The instruction sets that NumPy chooses code by and that are in force: a list of words.

    From NumPy 1.20 on. What a build takes for granted (its baseline) is not among them: it cannot
    be switched off.
    """
    core: Any = getattr(np, "_core", None) or np.core  # type: ignore[attr-defined,unused-ignore]
    module = core._multiarray_umath
    enabled = getattr(module, "__cpu_features__", None)
    dispatched = getattr(module, "__cpu_dispatch__", None)
    if enabled is None or dispatched is None:
        return UNKNOWN
    return " ".join(name for name in dispatched if enabled.get(name)) or "baseline"


def openblas() -> dict[str, str | int]:
    """NumPy's OpenBLAS: its version, the CPU it computes for, and how many threads it uses."""
    for library in _loaded("openblas"):
        core = _openblas_function(library, "openblas_get_corename", ctypes.c_char_p)
        configuration = _openblas_function(library, "openblas_get_config", ctypes.c_char_p)
        threads = _openblas_function(library, "openblas_get_num_threads", ctypes.c_int)
        if core and configuration and threads:
            words = configuration().decode("ascii", "replace").split()
            version = words[1] if len(words) > 1 and words[0] == "OpenBLAS" else UNKNOWN
            return {
                "openblas": version,
                "openblas_core": core().decode("ascii", "replace"),
                "openblas_threads": int(threads()),
            }
    return {"openblas": UNKNOWN, "openblas_core": UNKNOWN, "openblas_threads": UNKNOWN}


def glibc_simd() -> str:
    """The instruction sets by which glibc, from 2.33 on, chooses its mathematical functions."""
    try:
        leaf_of = ctypes.CDLL(None)["__x86_get_cpuid_feature_leaf"]
    except (OSError, AttributeError, TypeError):  # TypeError: Windows
        return UNKNOWN
    leaf_of.restype = ctypes.POINTER(_Leaf)
    return (
        " ".join(
            name
            for name, (leaf, register, bit) in _GLIBC_FEATURES.items()
            if leaf_of(leaf).contents.active[register] >> bit & 1
        )
        or "none"
    )


def cudnn() -> str:
    """Version of the cuDNN that is loaded, as 8.9.7 or 9.1.0."""
    for library in _loaded("cudnn"):
        if hasattr(library, "cudnnGetVersion"):
            library.cudnnGetVersion.restype = ctypes.c_size_t
            return cudnn_version(int(library.cudnnGetVersion()))
    return UNKNOWN


def cudnn_version(number: int) -> str:
    """8907 is 8.9.7, and 90100 is 9.1.0: cuDNN's header has a factor more from 9 on."""
    major, rest = divmod(number, 10_000) if number >= 90_000 else divmod(number, 1000)
    return f"{major}.{rest // 100}.{rest % 100}"


def cuda_runtime() -> str:
    """Version of the CUDA runtime that is loaded, as 12.4; some frameworks link it in unseen."""
    version = ctypes.c_int(0)
    for library in _loaded("cudart"):
        if hasattr(library, "cudaRuntimeGetVersion"):
            library.cudaRuntimeGetVersion(ctypes.byref(version))
    return cuda_version(version.value)


def cuda_version(number: int) -> str:
    """12040 is 12.4, as `cudaRuntimeGetVersion` documents it; 0 is unknown."""
    return f"{number // 1000}.{number % 1000 // 10}" if number else UNKNOWN


def announced(text: str) -> dict[str, str]:
    """What oneDNN and MKL say of themselves when asked to be verbose, without trade marks."""
    matches = {name: pattern.search(text) for name, pattern in _ANNOUNCED.items()}
    return {
        name: re.sub(r"Intel(\(R\))? ", "", match["it"]).strip()
        for name, match in matches.items()
        if match
    }


def told(log: Path, exercise: Callable[[], None]) -> str:
    """What the process prints into the file `log` while it does the exercise; C code's words too.

    The libraries are asked to announce themselves. For a child only, whose output goes to `log`:
    they read their variables once and print ever after. An exercise that fails has said enough.
    """
    os.environ.update(dict.fromkeys(VERBOSE, "1"))
    _flush()
    start = log.stat().st_size
    with suppress(Exception):
        exercise()
    _flush()
    with log.open("rb") as file:
        file.seek(start)
        return file.read().decode("utf-8", "replace")


class _Leaf(ctypes.Structure):
    """`struct cpuid_feature`: what the CPU has, and what glibc makes use of."""

    _fields_ = [("cpuid", ctypes.c_uint32 * 4), ("active", ctypes.c_uint32 * 4)]


def _flush() -> None:
    """Empty the buffers of C's standard streams."""
    try:
        ctypes.CDLL(None).fflush(None)
    except (OSError, AttributeError, TypeError):
        return


def _loaded(part: str) -> Iterator[Any]:
    """The libraries of this process with `part` in their file's name; NumPy's own come first.

    Nothing is loaded that was not there: elsewhere than on Linux, only what NumPy brings along.
    """
    try:
        lines = Path("/proc/self/maps").read_text(encoding="utf-8", errors="replace").splitlines()
        paths = {fields[5] for fields in (line.split(maxsplit=5) for line in lines) if fields[5:]}
    except OSError:
        home = Path(np.__file__).parent
        folders = (home / ".dylibs", home / ".libs", home.parent / "numpy.libs")
        paths = {str(path) for folder in folders for path in folder.glob(f"*{part}*")}
    names = [path for path in paths if part in os.path.basename(path).lower()]  # noqa: PTH119
    for path in sorted(names, key=lambda path: ("numpy" not in path, path)):
        with suppress(OSError):
            yield ctypes.CDLL(path)


def _openblas_function(library: Any, name: str, result: Any) -> Any:
    for prefix in _OPENBLAS_PREFIXES:
        for suffix in _OPENBLAS_SUFFIXES:
            function = getattr(library, f"{prefix}{name}{suffix}", None)
            if function is not None:
                function.restype = result
                return function
    return None
