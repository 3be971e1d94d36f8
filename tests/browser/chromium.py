"""The Chromium that the browser tests and the page benchmark drive.

    python tests/browser/chromium.py        make sure that there is one, and say which

One that is installed is preferred: Debian's comes with what it needs of the system and is updated
with it. Playwright's own is the last resort, for it needs libraries that may not be there.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")

NONE = f"""\
No Chromium: {", ".join(NAMES)} are not on PATH or do not start, and neither apt-get nor
`playwright install chromium` could install one. Install your system's package (Debian:
`sudo apt-get install chromium`) and run the session again."""


def installed() -> str | None:
    """The first Chromium on PATH that starts.

    The name alone says little: Ubuntu's `chromium-browser` is a script that asks for a snap.
    """
    for name in NAMES:
        path = shutil.which(name)
        if path and _runs(path, "--version"):
            return path
    return None


def provide() -> str:
    """Which Chromium there is, after installing one where there was none."""
    found = installed()
    if not found and _from_debian():
        found = installed()
    if found:
        return found
    if _runs(sys.executable, "-m", "playwright", "install", "chromium", shown=True):
        return "Playwright's own Chromium"
    sys.exit(NONE)


def launch(playwright: Playwright) -> Browser:
    """Start it without a window; Playwright's own where none is installed.

    It runs without its sandbox, which Chromium refuses to set up as root, as in most containers of
    CI. What it opens are pages that the tests wrote themselves, and nothing from the network.
    """
    return playwright.chromium.launch(executable_path=installed(), chromium_sandbox=False)


def _from_debian() -> bool:
    """Install Debian's package, where this is Debian and the session may."""
    if not shutil.which("apt-get") or platform.freedesktop_os_release().get("ID") != "debian":
        return False
    root = [] if os.geteuid() == 0 else ["sudo", "--non-interactive"]
    if root and not (shutil.which("sudo") and _runs(*root, "true")):
        return False
    install = (*root, "apt-get", "install", "--yes", "--no-install-recommends", "chromium")
    return _runs(*root, "apt-get", "update", shown=True) and _runs(*install, shown=True)


def _runs(*command: str, shown: bool = False) -> bool:
    """Whether the command ends well; what it prints is shown or dropped."""
    output = None if shown else subprocess.DEVNULL
    try:
        return subprocess.run(command, check=False, stdout=output, stderr=output).returncode == 0
    except OSError:
        return False


if __name__ == "__main__":
    print(provide())
