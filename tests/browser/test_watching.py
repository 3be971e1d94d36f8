"""What the other tests look with sees what there is to see."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.browser.watching import CUT, FOCUSED, SIDEWAYS, Visitor

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser

BUSY = """<!doctype html><title>busy</title>
<img src="picture.png"><img src="data:image/gif;base64,">
<script>
console.log("hello"); alert("stop"); fetch("http://example.invalid/").catch(() => {});
document.documentElement.dataset.ready = "true"; throw new Error("broken");
</script>"""

HIDING = """<!doctype html><title>hiding</title>
<style>
a:focus { outline: none } button:focus { outline: 2px solid }
p { height: 1rem; width: 4rem; overflow: hidden }
div { width: 4rem; overflow: auto; white-space: nowrap }
</style>
<a href="#">one</a> <button>two</button> <p>much more than there is room for</p>
<div>one long line</div>"""


def test_all_that_a_page_does_unasked_is_noted(browser: Browser, tmp_path: Path) -> None:
    noted = _visit(browser, tmp_path, BUSY).noted
    for begin, end in (
        ("requested file:", "picture.png"),
        ("requested http:", "example.invalid/"),
        ("log: ", "hello"),
        ("alert says ", "'stop'"),
        ("raised ", "broken"),
    ):
        assert [each for each in noted if each.startswith(begin) and end in each], noted
    assert not [each for each in noted if "data:" in each or "page.html" in each]


def test_a_hidden_focus_a_cut_text_and_what_scrolls_are_found(
    browser: Browser, tmp_path: Path
) -> None:
    visitor = Visitor(browser)
    page = visitor.open(_written(tmp_path, HIDING))
    rings = []
    for _ in range(2):
        page.keyboard.press("Tab")
        rings.append(page.evaluate(FOCUSED)["ring"])
    assert rings == [False, True]
    assert page.evaluate(SIDEWAYS) == ["<div>one long line</div>"]
    assert page.evaluate(CUT) == ["<p>much more than there is room for</p>"]
    visitor.close()


def _visit(browser: Browser, folder: Path, text: str) -> Visitor:
    visitor = Visitor(browser)
    page = visitor.open(_written(folder, text))
    page.wait_for_load_state("networkidle")
    visitor.close()
    return visitor


def _written(folder: Path, text: str) -> Path:
    path = folder / "page.html"
    path.write_text(text, encoding="utf-8")
    return path
