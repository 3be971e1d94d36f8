"""An entry of `matrix.yaml` on one line, ready to be pasted below `environments:`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.matrix_types import AXES

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

_UNQUOTED = "backend"  # its values are no versions
_IN_EVERY_ID = frozenset({"tensorflow", "keras", "python"})
_SILENT = ("backend", "tensorflow")


def entry(axes: Mapping[str, str | Sequence[str]], own: Collection[str]) -> str:
    """Axis → value or values, as `- {tensorflow: ["2.9.3", "2.10.1"], python: "3.10"}`.

    own: the axes that tell the entry apart from what is there. Their values become a part of the
    ids, for which some must be written as lists.
    """
    first = [name for name in AXES if name in axes and (name, axes[name]) != _SILENT]
    texts = {name: _value(name, value, name in own) for name, value in axes.items()}
    parts = [f"{name}: {texts[name]}" for name in first]
    packages = [f"{name}: {texts[name]}" for name in axes if name not in AXES]
    if packages:
        parts.append(f"packages: {{{', '.join(packages)}}}")
    return f"- {{{', '.join(parts)}}}"


def _value(name: str, value: str | Sequence[str], own: bool) -> str:
    values = [value] if isinstance(value, str) else list(value)
    quoted = [each if name == _UNQUOTED else f'"{each}"' for each in values]
    if len(quoted) == 1 and not (own and name not in _IN_EVERY_ID):
        return quoted[0]
    return f"[{', '.join(quoted)}]"
