from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.report.files import replacing

if TYPE_CHECKING:
    from pathlib import Path


def test_a_block_that_ends_well_replaces_the_file(tmp_path: Path) -> None:
    path = tmp_path / "new" / "page.html"
    for text in ("old\r\n", "new\n"):
        with replacing(path) as file:
            file.write(text)
        assert path.read_bytes() == text.encode()
    assert list(path.parent.iterdir()) == [path]


def test_a_block_that_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text("old")
    with pytest.raises(ZeroDivisionError), replacing(path) as file:
        file.write(f"half of the ne{1 // 0}")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_text_that_utf8_cannot_hold_is_spelled_out(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    with replacing(path) as file:
        file.write("lone \ud800")
    assert path.read_text(encoding="utf-8") == "lone \\ud800"
