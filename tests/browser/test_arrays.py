"""The table of arrays: filters, order, pages, and the CSV of what is shown."""

from __future__ import annotations

import csv
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

# Columns that the file has and the page does not, and the other way round.
NOT_SHOWN = ("break", "scenario", "machine")


def downloaded(page: Page, into: Path) -> list[dict[str, str]]:
    with page.expect_download() as download:
        page.get_by_role("button", name="Download these rows").click()
    download.value.save_as(into / "rows.csv")
    with (into / "rows.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def of_file(path: Path) -> dict[tuple[str, str], dict[str, str]]:
    """The file's rows by break and array."""
    rows = table(path, "differences")
    found = {(row["break"], row["array"]): row for row in rows}
    assert len(found) == len(rows)
    return found


@pytest.mark.parametrize("name", ["sample", "generated"])
def test_all_rows_as_csv_are_all_rows_of_the_file(
    visitor: Visitor, report: Report, tmp_path: Path, name: str
) -> None:
    path = report(name)
    page = visitor.open(path)
    expected = of_file(path)
    seen = set()
    for row in downloaded(page, tmp_path):
        for each in row["breaks"].split("; "):
            known = expected[each, row["array"]]
            assert row["scenario"] == known["scenario"]
            assert {key: row[key] for key in known if key not in NOT_SHOWN} == {
                key: value for key, value in known.items() if key not in NOT_SHOWN
            }
            seen.add((each, row["array"]))
    assert seen == set(expected)


def test_the_csv_has_just_the_rows_that_the_filters_leave(
    visitor: Visitor, report: Report, tmp_path: Path
) -> None:
    path = report("generated")
    page = visitor.open(path)
    section = page.locator("#arrays")
    event = next(each for each in table(path, "events") if "family_2/" in each["scenarios"])
    section.get_by_label("Filter").fill("family_2 KERNEL")
    section.get_by_label("Seen at").select_option(event["id"])
    breaks = {
        row["id"]
        for row in table(path, "breaks")
        if (row["axis"], row["from"], row["to"]) == (event["axis"], event["from"], event["to"])
    }
    wanted = {
        (row["scenario"], row["array"])
        for row in table(path, "differences")
        if row["break"] in breaks
        and "family_2" in f"{row['scenario']} {row['array']}"
        and "kernel" in row["array"]
    }
    rows = downloaded(page, tmp_path)
    assert {(row["scenario"], row["array"]) for row in rows} == wanted
    assert wanted
    expect(section.get_by_role("status")).to_contain_text(f"of {len(rows)} array")
    assert state(page) == {"section": "arrays", "text": "family_2 KERNEL", "event": event["id"]}
    section.get_by_label("Filter").fill("there is no such array")
    expect(section.get_by_role("status")).to_have_text("No array passes these filters")
    assert downloaded(page, tmp_path) == []


@pytest.mark.parametrize("column", ["Largest ULP", "Largest absolute", "Correlation", "Elements"])
def test_sorting_puts_the_largest_first_then_the_smallest(
    visitor: Visitor, report: Report, tmp_path: Path, column: str
) -> None:
    name = {
        "Largest ULP": "max_ulp",
        "Largest absolute": "max_abs",
        "Correlation": "correlation",
        "Elements": "differing",
    }[column]
    page = visitor.open(report("generated"))
    head = page.locator("#arrays th button", has_text=column)
    for way, sign in (("descending", -1), ("ascending", 1)):
        head.click()
        expect(page.locator(f"#arrays th[aria-sort={way}]")).to_have_text(column)
        found = [row[name] for row in downloaded(page, tmp_path)]
        there = [float(each) for each in found if each]
        assert there == sorted(there, key=lambda each: sign * each)
        assert len(set(there)) > 2 or name == "differing"
        assert all(not each for each in found[len(there) :])  # what was not measured comes last


def test_pages_follow_one_another_and_have_each_row_once(
    visitor: Visitor, report: Report, tmp_path: Path
) -> None:
    page = visitor.open(report("large"))
    section = page.locator("#arrays")
    section.get_by_role("button", name="Largest ULP").click()
    rows = downloaded(page, tmp_path)
    assert len(rows) > 400
    seen: list[tuple[str, ...]] = []
    previous, following = (
        section.get_by_role("button", name=each).first for each in ("Previous", "Next")
    )
    expect(previous).to_be_disabled()
    while True:
        shown = section.locator("[data-row=array]").evaluate_all(
            "all => all.map(row => [...row.cells].slice(0, 2).map(cell => cell.textContent))"
        )
        assert len(shown) <= 200
        seen += [tuple(each) for each in shown]
        if following.is_disabled():
            break
        following.click()
    assert seen == [(row["scenario"], row["array"]) for row in rows]
    assert state(page)["sort"] == "-max_ulp"


def test_numbers_in_the_table_are_those_of_the_file(visitor: Visitor, report: Report) -> None:
    path = report("generated")
    page = visitor.open(path)
    known = {(row["scenario"], row["array"], row["max_abs"]) for row in table(path, "differences")}
    shown = page.locator("[data-row=array]").evaluate_all(
        "all => all.map(row => [row.cells[0].textContent, row.cells[1].textContent,"
        " row.cells[9].querySelector('data')?.value ?? ''])"
    )
    assert shown
    assert {tuple(each) for each in shown} <= known


def test_hostile_names_stay_text_in_the_script_s_parts(visitor: Visitor, report: Report) -> None:
    hostile = "<script>alert('x')</script>"
    page = visitor.open(report(hostile))
    expect(page.get_by_role("rowheader", name=hostile).first).to_be_visible()
    page.locator("[role=gridcell]", has_text="B").first.click()
    expect(page.get_by_role("region", name="Comparison")).to_contain_text(hostile)
    # Not its inner text: what is far from the screen may not be laid out, and has none.
    row = page.locator("#arrays [data-row=array]").first.text_content() or ""
    assert row.startswith(hostile)
