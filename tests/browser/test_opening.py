"""A report opens anywhere: offline, without a script, whatever names are in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.test_looking import named, state
from tests.browser.watching import THEMES
from tests.unit.report.sample import HOSTILE

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.browser.watching import Theme, Visitor


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", ["sample", "generated"])
def test_it_opens_quietly_in_both_themes(
    visitor: Visitor, report: Callable[[str], Path], name: str, theme: Theme
) -> None:
    page = visitor.open(report(name), theme)
    assert page.locator("h1").is_visible()
    ground = page.locator("body").evaluate("each => getComputedStyle(each).backgroundColor")
    shade = sum(map(int, ground.removeprefix("rgb(").removesuffix(")").split(",")))
    assert (shade > 3 * 128) is (theme == "light")


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_is_shown_and_does_nothing(
    visitor: Visitor, report: Callable[[str], Path], name: str
) -> None:
    plain, page = visitor.open(report("sample")), visitor.open(report(name))
    assert page.locator("script").count() == plain.locator("script").count()
    seen = page.locator("body").inner_text()
    assert " ".join(name.split()) in " ".join(seen.split())


def test_without_scripts_the_verdict_the_events_and_the_matrix_are_there(
    visitor: Visitor, report: Callable[[str], Path]
) -> None:
    page = visitor.open(report("sample"), javascript=False)
    assert page.locator("h1").is_visible()
    for row in ("event", "scenario"):
        rows = page.locator(f"[data-row={row}]")
        assert rows.count() > 0
        assert all(each.is_visible() for each in rows.all())
    letter = page.locator("#matrix td.v2").first
    letter.scroll_into_view_if_needed()
    expect(letter).to_have_text("B", use_inner_text=True)


def test_links_within_the_page_arrive(visitor: Visitor, report: Callable[[str], Path]) -> None:
    page = visitor.open(report("sample"))
    # Their addresses, for following one may close what another one is in.
    targets = page.locator("a[href^='#']").evaluate_all("all => all.map(each => each.hash)")
    assert len(targets) > 20
    for target in dict.fromkeys(targets):
        link = page.locator("a[href^='#']").and_(page.locator(f'[href="{target}"]')).first
        link.focus()  # the skip link is out of sight until then
        page.keyboard.press("Enter")
        page.evaluate("new Promise(done => setTimeout(done, 20))")  # what follows the address
        # What the target names is what the address names; it may also say which filters are set.
        assert state(page).items() >= named(target.removeprefix("#")).items()
        box = page.locator(target.partition("?")[0]).bounding_box()
        assert box is not None
        assert box["y"] < 800
        assert box["y"] + box["height"] > 0


def test_files_that_the_page_links_are_beside_it(
    visitor: Visitor, report: Callable[[str], Path]
) -> None:
    path = report("sample")
    targets = {
        str(link.get_attribute("href"))
        for link in visitor.open(path).locator("a:not([href^='#'])").all()
    }
    files = {target for target in targets if "://" not in target}
    assert files >= {"csv/breaks.csv", "csv/differences.csv"}
    assert all((path.parent / file).stat().st_size for file in files)
