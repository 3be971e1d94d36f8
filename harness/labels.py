"""What people call a machine, where they give it a name: `SAMESEED_MACHINE`."""

from __future__ import annotations

import os
import re

from harness.errors import ExitCode, SameseedError

VARIABLE = "SAMESEED_MACHINE"
_LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,49}")


class LabelError(SameseedError):
    """A label that is none."""

    exit_code = ExitCode.USAGE


def is_label(text: str) -> bool:
    """Whether a machine may be called so: fit for addresses, names of files and ids of events."""
    return _LABEL.fullmatch(text) is not None


def this_label() -> str:
    """That of this machine, empty where it has none. Raises LabelError where it is unfit."""
    label = os.environ.get(VARIABLE, "").strip()
    if label and not is_label(label):
        proposed = re.sub(r"[^A-Za-z0-9_.-]+", "-", label).strip("_.-")[:50] or "my-machine"
        raise LabelError(
            f"{VARIABLE}={label!r}: a label has letters, digits, `_`, `.` and `-`, begins with a "
            f"letter or digit, and is no longer than 50: write {VARIABLE}={proposed}"
        )
    return label
