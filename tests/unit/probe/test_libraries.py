"""What the numerical libraries say of themselves, read from what they were seen to print."""

from __future__ import annotations

import os
import platform
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest

from harness.probe import libraries

if TYPE_CHECKING:
    from pathlib import Path

X86_LINUX = sys.platform == "linux" and platform.machine() == "x86_64"


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        (  # TensorFlow 2.9
            "onednn_verbose,info,oneDNN v2.6.3 (commit N/A)\n"
            "onednn_verbose,info,cpu,isa:Intel AVX-512 with Intel DL Boost\n",
            {"onednn_version": "2.6.3", "onednn_isa": "AVX-512 with DL Boost"},
        ),
        (  # TensorFlow 2.21
            "onednn_verbose,v1,info,oneDNN v3.7.3 (commit N/A)\n"
            "onednn_verbose,v1,info,cpu,isa:Intel AVX2\n",
            {"onednn_version": "3.7.3", "onednn_isa": "AVX2"},
        ),
        (
            "dnnl_verbose,info,DNNL v1.4.0 (commit N/A)\ndnnl_verbose,info,cpu,isa:Intel AVX2\n",
            {"onednn_version": "1.4.0", "onednn_isa": "AVX2"},
        ),
        (  # Torch 2.13
            "MKL_VERBOSE oneMKL 2024.0 Update 2 Product build 20240605 for Intel(R) 64 "
            "architecture Intel(R) Streaming SIMD Extensions 4.2 (Intel(R) SSE4.2) enabled "
            "processors, Lnx 2.60GHz lp64 gnu_thread\nMKL_VERBOSE SGEMM(N,N,64)\n",
            {"mkl": "2024.0 Update 2", "mkl_isa": "Streaming SIMD Extensions 4.2 (SSE4.2)"},
        ),
        ("nothing of the sort\n", {}),
    ],
)
def test_what_is_announced(text: str, facts: dict[str, str]) -> None:
    assert libraries.announced(text) == facts


@pytest.mark.parametrize(
    ("number", "version"), [(8907, "8.9.7"), (7605, "7.6.5"), (90100, "9.1.0"), (91002, "9.10.2")]
)
def test_versions_of_cudnn(number: int, version: str) -> None:
    assert libraries.cudnn_version(number) == version


@pytest.mark.parametrize(("number", "version"), [(12040, "12.4"), (9000, "9.0"), (0, "unknown")])
def test_versions_of_cuda(number: int, version: str) -> None:
    assert libraries.cuda_version(number) == version


@pytest.mark.skipif(not X86_LINUX, reason="what NumPy's wheels for x86-64 Linux bring along")
def test_this_numpy_tells() -> None:
    np.ones((2, 2)) @ np.ones((2, 2))
    found = libraries.openblas()
    assert found["openblas"] != libraries.UNKNOWN
    assert found["openblas_core"] != libraries.UNKNOWN
    assert int(found["openblas_threads"]) >= 1
    assert libraries.numpy_simd() != libraries.UNKNOWN


@pytest.mark.skipif(not X86_LINUX, reason="a function of glibc on x86")
def test_this_glibc_tells() -> None:
    with open("/proc/cpuinfo", encoding="utf-8") as file:  # noqa: PTH123
        flags = next(line.split() for line in file if line.startswith("flags"))
    found = libraries.glibc_simd().split()
    if found == [libraries.UNKNOWN]:
        pytest.skip("glibc before 2.33")
    assert ("AVX2" in found) == ("avx2" in flags)


def test_only_what_an_exercise_prints_is_told(tmp_path: Path) -> None:
    log = tmp_path / "log.txt"
    log.write_text("before\n", encoding="utf-8")
    with log.open("ab") as file:

        def exercise() -> None:
            file.write(b"during\n")
            file.flush()
            raise RuntimeError("and then it fails")

        before = dict(os.environ)
        try:
            assert libraries.told(log, exercise) == "during\n"
            assert {os.environ[name] for name in libraries.VERBOSE} == {"1"}
        finally:
            os.environ.clear()
            os.environ.update(before)
