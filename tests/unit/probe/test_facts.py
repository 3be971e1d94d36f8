"""What is recorded about the environment."""

from __future__ import annotations

import importlib
import sys
from types import ModuleType, SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from harness.probe import facts

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("log", "enabled", "state"),
    [
        ("I util.cc:169] oneDNN custom operations are on. You may", False, "on"),  # up to 2.10
        ("", True, "on"),  # from 2.11, with the log silenced
        ("", False, "off"),
        ("", None, "unknown"),  # before 2.1
    ],
)
def test_onednn_is_what_the_framework_settled_on_not_what_the_variable_says(
    monkeypatch: pytest.MonkeyPatch, log: str, enabled: bool | None, state: str
) -> None:
    monkeypatch.delenv("TF_ENABLE_ONEDNN_OPTS", raising=False)
    port = SimpleNamespace() if enabled is None else SimpleNamespace(IsMklEnabled=lambda: enabled)
    module = "tensorflow.python.util"
    for name in ("tensorflow", "tensorflow.python", module):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    monkeypatch.setattr(sys.modules[module], "_pywrap_util_port", port, raising=False)

    assert facts._onednn(log) == state


def test_onednn_is_unknown_where_the_log_was_silenced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "2")
    port = SimpleNamespace(IsMklEnabled=lambda: False)
    module = "tensorflow.python.util"
    for name in ("tensorflow", "tensorflow.python", module):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    monkeypatch.setattr(sys.modules[module], "_pywrap_util_port", port, raising=False)

    assert facts._onednn("") == "unknown"


@pytest.fixture
def two_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two entries of `sys.path`, both with a distribution that the other has in another version."""
    for folder, version in (("first", "1.0"), ("second", "2.0")):
        info = tmp_path / folder / f"Some_Package-{version}.dist-info"
        info.mkdir(parents=True)
        info.joinpath("METADATA").write_text(f"Name: Some.Package\nVersion: {version}\n")
    monkeypatch.setattr(sys, "path", [str(tmp_path / name) for name in ("first", "second")])


@pytest.mark.usefixtures("two_folders")
def test_of_two_versions_the_imported_one_is_recorded() -> None:
    assert facts.packages() == {"some-package": "1.0"}


@pytest.mark.usefixtures("two_folders")
def test_packages_are_known_without_importlib_metadata(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on Python 3.7, where setuptools need not be installed either."""
    monkeypatch.delattr(importlib, "metadata", raising=False)
    monkeypatch.setitem(sys.modules, "importlib.metadata", None)

    assert facts.packages() == {"some-package": "1.0"}
