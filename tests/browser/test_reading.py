"""Everybody can read it: screen readers, keyboards, narrow screens, paper."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.watching import CUT, FOCUSED, NARROW, SIDEWAYS, THEMES, UNFOLD, WIDE
from tests.unit.report.sample import HOSTILE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.browser.watching import Theme, Visitor

LONG = max(HOSTILE, key=len)


@pytest.mark.parametrize(
    ("name", "theme", "width"),
    [
        *(("sample", theme, width) for theme in THEMES for width in (WIDE, NARROW)),
        ("machines", "light", WIDE),
        ("machines", "dark", NARROW),
        ("generated", "light", WIDE),
        ("generated", "dark", NARROW),
        pytest.param(LONG, "dark", WIDE, id="long-dark-1280"),
        pytest.param(LONG, "light", NARROW, id="long-light-390"),
    ],
)
def test_axe_finds_nothing_serious(
    visitor: Visitor, report: Callable[[str], Path], name: str, theme: Theme, width: int
) -> None:
    page = visitor.open(report(name), theme, width)
    page.evaluate(UNFOLD)
    assert _violations(page) == []


def _violations(page: Page) -> list[str]:
    """What axe-core holds to be serious or critical, a line for each element."""
    found: list[dict[str, Any]] = Axe().run(page).response["violations"]
    return [
        f"{each['id']}: {node['html'][:120]}: {node['failureSummary']}"
        for each in found
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]


@pytest.mark.parametrize("name", ["sample", "generated", LONG], ids=["sample", "generated", "long"])
def test_on_a_narrow_screen_only_the_marked_regions_scroll_sideways(
    visitor: Visitor, report: Callable[[str], Path], name: str
) -> None:
    page = visitor.open(report(name), width=NARROW)
    page.evaluate(UNFOLD)
    assert page.evaluate("document.scrollingElement.scrollWidth") == NARROW
    marked = ('class="scroll', 'class="static scroll', 'role="grid"')
    assert [each for each in page.evaluate(SIDEWAYS) if not any(m in each for m in marked)] == []


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_the_keyboard_reaches_everything_and_shows_where_it_is(
    visitor: Visitor, report: Callable[[str], Path], width: int
) -> None:
    page = visitor.open(report("sample"), width=width)
    stops = []
    for _ in range(1000):
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        if focused is None:
            break
        stops.append(focused)
    assert 'class="skip"' in stops[0]["what"]
    assert [each["what"] for each in stops if not (each["ring"] and each["seen"])] == []
    links = page.locator("a:visible, summary:visible").count()
    assert len(stops) >= links > 20


@pytest.mark.parametrize("name", ["sample", "generated"])
def test_on_paper_nothing_is_cut_and_what_is_open_stays_open(
    visitor: Visitor, report: Callable[[str], Path], name: str
) -> None:
    page = visitor.open(report(name))
    page.locator("#breaks details").first.evaluate("each => { each.open = true; }")
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 1031, "height": 703})  # A4 across, without its margins
    titles = page.locator("section:not(#arrays) > h2").all_inner_texts()
    assert len(titles) > 5
    opened = page.locator("#breaks details").first.locator(":scope > :not(summary)").first
    assert opened.is_visible()
    expect(page.locator("table.matrix").first).to_be_visible()
    assert page.evaluate(CUT) == []
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 1031
    paper = page.pdf(prefer_css_page_size=True, tagged=True, outline=True)
    assert paper.startswith(b"%PDF-")
    for title in titles:
        assert title.encode() in paper
