"""The platforms a lock is made for, and which one this is."""

from __future__ import annotations

import platform
import re
import sys

from packaging.version import Version

# Our name → what uv calls it. glibc 2.28 is what today's TensorFlow wheels ask for.
UV_PLATFORMS = {
    "linux-x86_64": "x86_64-manylinux_2_28",
    "linux-aarch64": "aarch64-manylinux_2_28",
    "macos-arm64": "aarch64-apple-darwin",
    "windows-x86_64": "x86_64-pc-windows-msvc",
}

# Where the CPU-only build is a distribution of its own; elsewhere `tensorflow` is that build.
_TENSORFLOW_CPU = ("linux-x86_64", "windows-x86_64")
# The releases from 1.15 on that have none: 1.15.1 to 2.0.x. Read on 2026-11-22, for both platforms:
#     pip index versions tensorflow-cpu --python-version 3.7 --platform win_amd64 \
#         --only-binary :all:
_WITHOUT_CPU = (Version("1.15.0"), Version("2.1.0rc0"))  # after the first, before the second
_TENSORFLOW = re.compile(r"tensorflow(?P<version>$|[<>=!~].*)")

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
    asked = _TENSORFLOW.fullmatch(requirement)
    if asked is None or gpu or platform_name not in _TENSORFLOW_CPU:
        return requirement
    after, before = _WITHOUT_CPU
    exact = re.fullmatch(r"==(?P<version>[^*,]+)", asked["version"])
    if exact and after < Version(exact["version"]) < before:
        return requirement
    return f"tensorflow-cpu{asked['version']}"
