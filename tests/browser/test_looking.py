"""From an event to its scenarios, to two cells, to an array; and the address that leads there."""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from tests.unit.report import sample

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from tests.browser.watching import Visitor

    Report = Callable[[str], Path]


def table(page: Path, name: str) -> list[dict[str, str]]:
    with (page.parent / "csv" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def state(page: Page) -> dict[str, str]:
    """What the address says is looked at."""
    return named(urlsplit(page.url).fragment)


def named(fragment: str) -> dict[str, str]:
    """What a fragment of an address names: the section, and what in it."""
    section, _, query = fragment.partition("?")
    return {"section": section} | {name: value for name, (value,) in parse_qs(query).items()}


def test_from_an_event_down_to_an_array(visitor: Visitor, report: Report) -> None:
    path = report("sample")
    page = visitor.open(path)
    (event,) = [each for each in table(path, "events") if each["to"] == "2.10.1"]
    row = page.locator(f'[data-event="{event["id"]}"]')
    row.get_by_role("link", name="Look closer").click()
    assert state(page) == {"section": "breaks", "event": event["id"]}
    inside = page.get_by_role("region", name=re.compile("^Breaks at TensorFlow 2.9.3"))
    expect(inside).to_be_focused()
    breaks = {each["id"]: each for each in table(path, "breaks") if each["to"] == "2.10.1"}
    shown = inside.locator("[data-break]").evaluate_all(
        "all => all.map(each => each.dataset.break)"
    )
    assert sorted(shown) == sorted(breaks)

    wanted = next(each for each in breaks.values() if each["scenario"] == "texts/two_instances")
    inside.get_by_role("link", name="texts/two_instances").click()
    assert state(page) == {
        "section": "matrix",
        "scenario": "texts/two_instances",
        "a": f"{sample.environment('2.9.3')}.default.cpu",
        "b": f"{sample.environment('2.10.1')}.default.cpu",
    }
    answer = page.get_by_role("region", name="Comparison")
    expect(answer).to_contain_text("Different Variant A against variant B")
    expect(answer).to_contain_text(f"up to {int(wanted['max_ulp']):,} ULP")
    expect(answer).to_contain_text(f"sameseed reproduce {wanted['id']}")
    expect(answer).to_contain_text("keras 2.9.3 → 2.10.1")
    facts = answer.locator(".environments tbody tr").all()
    assert [" ".join(each.locator("bdi, small").all_text_contents()) for each in facts] == [
        "tensorflow package 2.9.3 2.10.1",
        "h5py package 3.8.0 3.9.0",
    ]

    answer.get_by_role("link", name="first/dense/bias").click()
    assert state(page)["array"] == "first/dense/bias"
    expect(answer).to_contain_text("This array")
    (found,) = [
        each
        for each in table(path, "differences")
        if (each["break"], each["array"]) == (wanted["id"], "first/dense/bias")
    ]
    exact = answer.locator("data").evaluate_all("all => all.map(each => each.value)")
    assert {found["max_abs"], found["correlation"], found["share"]} <= set(exact)


def test_an_address_opens_what_it_names_and_back_goes_back(
    visitor: Visitor, report: Report
) -> None:
    path = report("sample")
    page = visitor.open(path)
    page.locator("[role=gridcell]", has_text="B").first.click()
    first = page.get_by_role("region", name="Comparison").inner_text()
    address = page.url
    page.locator("[role=gridcell]", has_text="≠").last.click()
    assert page.get_by_role("region", name="Comparison").inner_text() != first
    page.go_back()
    expect(page.get_by_role("region", name="Comparison")).to_have_text(first, use_inner_text=True)
    again = visitor.open(path, fragment=urlsplit(address).fragment)
    expect(again.get_by_role("region", name="Comparison")).to_have_text(first, use_inner_text=True)
    expect(again.locator("#compare")).to_be_in_viewport()


@pytest.mark.parametrize(
    "fragment",
    [
        "matrix?scenario=no/such&a=b&b=c",
        "arrays?pair=99999&sort=nothing&from=-7&kind=none",
        "breaks?event=%3Cscript%3E",
        "matrix?tensorflow=0.0.0&rows=all",
        "nothing?x=1",
        "matrix?%E0%A4%A",
    ],
)
def test_an_address_that_names_nothing_does_no_harm(
    visitor: Visitor, report: Report, fragment: str
) -> None:
    page = visitor.open(report("sample"), fragment=fragment)
    expect(page.locator("h1")).to_be_visible()
    expect(page.locator("[role=grid]")).to_be_attached()
    expect(page.locator("#arrays tbody tr").first).to_be_attached()


def test_choosing_a_mark_finds_where_its_result_came_from(visitor: Visitor, report: Report) -> None:
    page = visitor.open(report("sample"))
    page.get_by_label("Rows").select_option("")
    row = page.locator(".line", has_text="recipes/seed_per_initializer")
    row.locator("[role=gridcell]", has_text="B").first.click()
    shown = state(page)
    assert shown["scenario"] == "recipes/seed_per_initializer"
    assert shown["a"].startswith(sample.environment("2.10.1"))
    assert shown["b"].startswith(sample.environment("2.15.1"))
    answer = page.get_by_role("region", name="Comparison")
    expect(answer).to_contain_text("other last bits (rounding)")
    expect(answer.locator("svg")).to_be_visible()
    # Far apart: the same two results, but nobody can say which of many changes it was.
    page.get_by_label("Cell 2").select_option(f"{sample.environment('2.21.0')}.default.cpu")
    expect(answer).to_contain_text("did not compare these two cells as neighbours")
    expect(answer.get_by_role("link", name="TensorFlow 2.10.1 → 2.15.1")).to_be_visible()
    page.get_by_label("Cell 1").select_option(f"{sample.environment('2.15.1')}.default.cpu")
    expect(answer).to_contain_text("Identical Both give variant B")


def test_cells_without_a_result_are_not_compared(visitor: Visitor, report: Report) -> None:
    page = visitor.open(report("sample"))
    page.locator(".beside").get_by_label("Scenario").select_option("recipes/legacy_format")
    page.get_by_label("Cell 2").select_option(f"{sample.environment('2.21.0')}.default.cpu")
    answer = page.get_by_role("region", name="Comparison")
    expect(answer).to_contain_text("Not compared TensorFlow 2.8.4: could not be installed")
    expect(answer).to_contain_text("the legacy format is gone")


def test_launches_that_differ_can_be_looked_into(visitor: Visitor, report: Report) -> None:
    page = visitor.open(report("sample"))
    cell = f"{sample.environment('2.10.1')}.default.cpu"
    page = visitor.open(
        report("sample"), fragment=f"matrix?scenario=recipes/numpy_and_framework&a={cell}&b={cell}"
    )
    answer = page.get_by_role("region", name="Comparison")
    expect(answer).to_contain_text("Different Between two launches: launch 1 → 2")


def test_the_reproducer_can_be_copied(visitor: Visitor, report: Report) -> None:
    page = visitor.open(report("sample"))
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator("[role=gridcell]", has_text="B").first.click()
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_text("copied", exact=True)).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    ids = {each["id"] for each in table(report("sample"), "breaks")}
    assert re.fullmatch("sameseed reproduce ([0-9a-f]{10})", copied)
    assert copied.split()[-1] in ids


def test_going_back_closes_what_was_opened(visitor: Visitor, report: Report) -> None:
    page = visitor.open(report("sample"))
    page.get_by_role("link", name="Look closer").first.click()
    expect(page.locator("tr.opened")).to_have_count(1)
    page.go_back()
    expect(page.locator("tr.opened")).to_have_count(0)
    page.locator("[role=gridcell]", has_text="B").first.click()
    page.go_back()
    expect(page.get_by_role("region", name="Comparison")).to_contain_text("Choose a mark")
    expect(page.locator("[data-side]")).to_have_count(0)


def test_an_address_says_what_this_audit_does_not_have(visitor: Visitor, report: Report) -> None:
    for fragment, missing in (
        ("breaks?event=tensorflow:1.0..2.0", "tensorflow:1.0..2.0"),
        ("matrix?scenario=no/such&a=b&b=c", "no/such, b, c"),
        ("matrix?tensorflow=0.0.0", "0.0.0"),
        ("arrays?kind=none&pair=length&sort=-nothing", "none, pair length, column nothing"),
    ):
        page = visitor.open(report("sample"), fragment=fragment)
        expect(page.locator(".notice")).to_have_text(
            f"The address names what this audit does not have: {missing}."
        )


def test_a_mark_without_a_result_explains_itself(visitor: Visitor, report: Report) -> None:
    page = visitor.open(report("sample"))
    page.locator("#matrix").get_by_label("Rows").select_option("")
    answer = page.get_by_role("region", name="Comparison")
    for row, mark, meaning in (
        ("recipes/legacy_format", "!", "the legacy format is gone"),
        ("recipes/stateless", "·", "not run"),
        ("recipes/numpy_only", "≠", "Between two launches: launch 1 → 2"),
    ):
        line = page.locator(".line", has_text=row)
        line.locator("[role=gridcell]", has_text=mark).last.click()
        expect(answer).to_contain_text(row)
        expect(answer).to_contain_text(meaning)
        shown = state(page)
        assert shown["a"] == shown["b"]


def test_nothing_that_is_no_text_is_shown(visitor: Visitor, report: Report) -> None:
    page = visitor.open(report("sample"))
    for link in page.get_by_role("link", name="Look closer").all():
        link.click()
        assert "[object" not in page.locator("tr.opened").inner_text()
    for mark in page.locator("[role=gridcell]").all()[::7]:
        mark.click()
        shown = page.get_by_role("region", name="Comparison").inner_text()
        for word in ("[object", "undefined", "null", "NaN"):
            assert word not in shown


def test_a_page_that_is_cut_off_keeps_what_needs_no_script(
    browser: Browser, report: Report, tmp_path: Path
) -> None:
    text = report("sample").read_text(encoding="utf-8")
    at = text.index('id="data">') + 10
    for name, broken in (
        ("cut", text[: at + 2000]),
        ("changed", text[:at] + "AAAA" + text[at + 400 :]),
    ):
        path = tmp_path / f"{name}.html"
        path.write_text(broken, encoding="utf-8")
        page = browser.new_page()
        page.goto(path.as_uri())
        expect(page.locator("[data-row=event]").first).to_be_visible()
        expect(page.locator("table.matrix").first).to_be_visible()
        expect(page.locator("#arrays .without")).to_be_visible()
        page.close()


def test_from_a_machine_to_what_it_breaks(visitor: Visitor, report: Report) -> None:
    path = report("machines")
    page = visitor.open(path)
    machines = page.get_by_role("region", name="Table of machines")
    assert machines.locator("tbody tr").count() == len(table(path, "machines")) == 3
    (event,) = [each for each in table(path, "events") if each["level"] == "machine"]
    machines.locator("tbody").get_by_role("link").click()
    assert state(page) == {"section": "breaks", "event": event["id"]}
    inside = page.get_by_role("region", name=re.compile("^Breaks at machine"))
    expect(inside).to_be_focused()
    inside.get_by_role("link", name=event["scenarios"]).first.click()
    looked_at = state(page)
    assert [looked_at[side].rpartition("@")[2] for side in "ab"] == [
        "a1b2c3d4e5f6",
        "f6e5d4c3b2a1",
    ]
    answer = page.get_by_role("region", name="Comparison")
    expect(answer).to_contain_text("cpu EPYC 7763 → Xeon 8370C")
