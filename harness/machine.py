"""This machine, as every record names it: an anonymous stable id and what its results depend on."""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import sys
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import archspec.cpu
import machineid
import psutil

from harness.labels import this_label

_NVIDIA = Path("/proc/driver/nvidia")
_AMD = Path("/dev/kfd")
_WSL = Path("/dev/dxg")  # a GPU of Windows, which has no entry below /proc


@dataclass(frozen=True)
class Machine:
    """Where a trial ran. Empty strings where a fact is unknown."""

    id: str  # 12 hexadecimal digits, from which nothing can be read back
    label: str
    cpu: str  # model name
    isa: str  # microarchitecture as archspec names it, which stands for the instruction set
    arch: str
    cores: int  # physical
    os: str
    libc: str
    gpu: str
    gpu_driver: str


@cache
def this_machine() -> Machine:
    """Facts about the machine this runs on. Raises LabelError where it is given an unfit label."""
    label = this_label()
    gpu, driver = _gpu()
    return Machine(
        id=_id(gpu),
        label=label,
        cpu=_cpu(),
        isa=archspec.cpu.host().name,
        arch=platform.machine(),
        cores=psutil.cpu_count(logical=False) or os.cpu_count() or 1,
        os=f"{platform.system()} {platform.release()}",
        libc=" ".join(platform.libc_ver()).strip(),
        gpu=gpu,
        gpu_driver=driver,
    )


def may_have_gpu() -> bool:
    """Whether a framework could find a GPU here; False only where it is known that none can.

    Several gigabytes need not be installed to be told so.
    """
    if sys.platform != "linux" or _AMD.exists() or _WSL.exists():
        return True
    return bool(this_machine().gpu)


def _id(gpu: str) -> str:
    """A digest of the system's own id and the hardware: a cloned disk image on another CPU is
    another machine. Some containers have no such id; there the host name stands in.
    """
    try:
        system = str(machineid.hashed_id("sameseed"))
    except machineid.MachineIdNotFound:
        system = platform.node()
    parts = ["sameseed", system, _cpu(), archspec.cpu.host().name, platform.machine(), gpu]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]


def _cpu() -> str:
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor()


def _gpu() -> tuple[str, str]:
    """Names of the NVIDIA GPUs and the driver's version, empty where there is none."""
    if sys.platform == "linux" and not shutil.which("nvidia-smi") and not _NVIDIA.exists():
        return "", ""
    import pynvml

    try:
        pynvml.nvmlInit()
    except pynvml.NVMLError:
        return "", ""
    try:
        handles = map(pynvml.nvmlDeviceGetHandleByIndex, range(pynvml.nvmlDeviceGetCount()))
        names = sorted({str(pynvml.nvmlDeviceGetName(handle)) for handle in handles})
        return ", ".join(names), str(pynvml.nvmlSystemGetDriverVersion())
    finally:
        pynvml.nvmlShutdown()
