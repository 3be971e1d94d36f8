"""Which browser the browser tests take."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.browser import chromium

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def _script(folder: Path, name: str, status: int) -> str:
    path = folder / name
    path.write_text(f"#!/bin/sh\nexit {status}\n", encoding="utf-8")
    path.chmod(0o755)
    return str(path)


def test_the_first_one_that_starts_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert chromium.installed() is None
    _script(tmp_path, "chromium-browser", 1)
    assert chromium.installed() is None
    chrome = _script(tmp_path, "google-chrome", 0)
    assert chromium.installed() == chrome
    debian = _script(tmp_path, "chromium", 0)
    assert chromium.installed() == debian
