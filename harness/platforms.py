"""The platforms a lock is made for, and which one this is."""

from __future__ import annotations

import platform
import sys

# Our name → what uv calls it. glibc 2.28 is what today's TensorFlow wheels ask for.
UV_PLATFORMS = {
    "linux-x86_64": "x86_64-manylinux_2_28",
    "linux-aarch64": "aarch64-manylinux_2_28",
    "macos-arm64": "aarch64-apple-darwin",
    "windows-x86_64": "x86_64-pc-windows-msvc",
}

# Where the CPU-only build is a distribution of its own; elsewhere `tensorflow` is that build.
_TENSORFLOW_CPU = ("linux-x86_64", "windows-x86_64")

_SYSTEMS = {"linux": "linux", "darwin": "macos", "win32": "windows"}
_MACHINES = {"amd64": "x86_64", "x86_64": "x86_64", "aarch64": "aarch64", "arm64": "arm64"}


def this_platform() -> str:
    """This machine's platform, such as `linux-x86_64`; not necessarily one that is locked."""
    system = _SYSTEMS.get(sys.platform, sys.platform)
    machine = platform.machine().lower()
    return f"{system}-{_MACHINES.get(machine, machine)}"


def on_platform(requirement: str, platform_name: str, *, gpu: bool) -> str:
    """A requirement as it is spelt on a platform: `tensorflow` is `tensorflow-cpu` where that
    exists and no GPU cell needs the other build. Requirements with extras stay as they are.
    """
    name, separator, version = requirement.partition("==")
    if name == "tensorflow" and not gpu and platform_name in _TENSORFLOW_CPU:
        return f"tensorflow-cpu{separator}{version}"
    return requirement
