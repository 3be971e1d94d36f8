"""What is recorded about the environment."""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING

import pytest

from harness.probe import facts

if TYPE_CHECKING:
    from pathlib import Path


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
