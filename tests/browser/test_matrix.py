"""The matrix: what it shows is what the files say, however it is filtered; and the keyboard."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.test_looking import state, table

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page

    from tests.browser.watching import Visitor

    Report = Callable[[str], Path]

# Every mark in the document: scenario, the cells of its column, and what it says.
MARKS = """() => {
    const heads = new Map([...document.querySelectorAll(".grid .head")].map(head =>
        [head.ariaColIndex, head.title.split("\\n").map(line => line.split(": ").at(-1))]));
    return [...document.querySelectorAll(".grid .line")].flatMap(line =>
        [...line.querySelectorAll("[role=gridcell]")].map(mark => [
            line.querySelector("[role=rowheader]").textContent, heads.get(mark.ariaColIndex),
            mark.firstChild.textContent]));
}"""


def marks(page: Page) -> dict[tuple[str, str], str]:
    """What the matrix shows, for each scenario and cell."""
    found: dict[tuple[str, str], str] = {}
    for scenario, cells, text in page.evaluate(MARKS):
        for cell in cells:
            assert (scenario, cell) not in found
            found[scenario, cell] = text
    return found


def variants(path: Path) -> dict[tuple[str, str], str]:
    """What the file says: a letter, or that the launches differ."""
    return {
        (row["scenario"], f"{row['environment']}.{row['setting']}.{row['device']}"): row["variant"]
        or "≠"
        for row in table(path, "variants")
        if row["variant"] or row["reproducible"] == "false"
    }


@pytest.mark.parametrize("name", ["sample", "generated"])
@pytest.mark.parametrize("grouped", [True, False])
def test_every_letter_is_that_of_the_file(
    visitor: Visitor, report: Report, name: str, grouped: bool
) -> None:
    path = report(name)
    page = visitor.open(path)
    page.locator("#matrix").get_by_label("Rows").select_option("")
    page.get_by_label("group neighbours").set_checked(grouped)
    shown = marks(page)
    expected = variants(path)
    assert len(expected) > 50
    assert {key: text for key, text in shown.items() if text.isalpha() or text == "≠"} == expected


@pytest.mark.parametrize("name", ["sample", "generated"])
def test_the_table_without_the_script_has_the_same_letters(
    visitor: Visitor, report: Report, name: str
) -> None:
    page = visitor.open(report(name), javascript=False)
    letters = page.locator(".static tbody td:not(.note)").all_text_contents()
    scripted = visitor.open(report(name))
    scripted.locator("#matrix").get_by_label("Rows").select_option("")
    scripted.get_by_label("group neighbours").set_checked(False)
    scripted.get_by_label("Columns in order of").select_option("")
    assert letters == scripted.locator("[role=gridcell]").all_text_contents()
    assert len(letters) > 100


def test_filters_leave_what_they_say(visitor: Visitor, report: Report) -> None:
    path = report("generated")
    page = visitor.open(path)
    section = page.locator("#matrix")
    section.get_by_label("Rows").select_option("")
    section.get_by_label("group neighbours").uncheck()
    section.get_by_label("Scenario").first.fill("family_1/ 3")
    section.locator("select[name=setting]").select_option("onednn_off")
    shown = marks(page)
    assert {scenario for scenario, _ in shown} == {"family_1/scenario_13"}
    places = {cell for _, cell in shown}
    cells = [row for row in table(path, "cells") if row["setting"] == "onednn_off"]
    assert places == {f"{row['environment']}.{row['setting']}.{row['device']}" for row in cells}
    expect(section.get_by_role("status").first).to_contain_text(f"1 of 30 scenarios, {len(places)}")
    assert state(page)["search"] == "family_1/ 3"

    event = table(path, "events")[3]
    page.goto(f"{path.as_uri()}#matrix?event={event['id']}&rows=all")
    expected = set(event["scenarios"].split("; "))
    assert {scenario for scenario, _ in marks(page)} == expected


def test_columns_can_be_put_in_order_of_an_axis(visitor: Visitor, report: Report) -> None:
    path = report("generated")
    page = visitor.open(path)
    section = page.locator("#matrix")
    section.get_by_label("group neighbours").uncheck()
    before = marks(page)
    places = list(dict.fromkeys(cell for _, cell in before))
    section.get_by_label("Columns in order of").select_option("setting")
    assert marks(page) == before
    after = list(dict.fromkeys(cell for _, cell in marks(page)))
    assert after != places
    assert "order" not in state(visitor.open(path))
    # By setting, and within one as in the matrix.
    assert after == sorted(places, key=lambda cell: (cell.split(".")[1], places.index(cell)))
    assert state(page)["order"] == "setting"


def test_groups_hide_nobody_who_failed_or_differs(visitor: Visitor, report: Report) -> None:
    page = visitor.open(report("sample"))
    page.locator("#matrix").get_by_label("Rows").select_option("")
    grouped = marks(page)
    assert {"!", "≠", "·"} <= set(grouped.values())
    page.get_by_label("group neighbours").uncheck()
    assert marks(page) == grouped


def test_the_matrix_is_one_stop_of_the_tab_key_and_arrows_move_inside(
    visitor: Visitor, report: Report
) -> None:
    page = visitor.open(report("generated"))
    grid = page.get_by_role("grid")
    grid.focus()

    def active() -> str | None:
        return grid.get_attribute("aria-activedescendant")

    assert active() == "field-0-0"
    for key, expected in (
        ("ArrowDown", "field-1-0"),
        ("ArrowRight", "field-1-1"),
        ("ArrowUp", "field-0-1"),
        ("ArrowUp", "field-0-1"),
        ("ArrowLeft", "field-0-0"),
        ("ArrowLeft", "field-0-0"),
    ):
        page.keyboard.press(key)
        assert active() == expected, key
    columns = int(grid.get_attribute("aria-colcount") or 0) - 1
    page.keyboard.press("End")
    assert active() == f"field-0-{columns - 1}"
    expect(page.locator(f"#field-0-{columns - 1}")).to_be_in_viewport()
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="Comparison")).not_to_contain_text("Choose a mark")
    expect(grid).to_be_focused()
    assert state(page)["section"] == "matrix"
    page.keyboard.press("Tab")
    expect(grid).not_to_be_focused()


def test_of_a_large_matrix_only_what_is_in_sight_is_in_the_document(
    visitor: Visitor, report: Report
) -> None:
    path = report("large")
    page = visitor.open(path)
    section = page.locator("#matrix")
    section.get_by_label("Rows").select_option("")
    section.get_by_label("group neighbours").uncheck()
    grid = page.get_by_role("grid")
    assert 0 < page.locator("[role=gridcell]").count() < 4000
    expected = variants(path)
    assert len(expected) > 9_000
    rows = int(grid.get_attribute("aria-rowcount") or 0) - 1
    columns = int(grid.get_attribute("aria-colcount") or 0) - 1
    seen: dict[tuple[str, str], str] = {}
    for down in range(0, 26 * rows, 600):
        for right in range(0, 30 * columns, 600):
            grid.evaluate("(grid, [top, left]) => grid.scrollTo(left, top)", [down, right])
            page.evaluate("new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
            found = marks(page)
            assert {key: expected[key] for key in found if key in expected} == {
                key: text for key, text in found.items() if key in expected
            }
            seen |= found
    assert len(seen) == rows * columns
