"""The browser, and reports for it to open."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import sync_playwright

from benchmarks.generated import Change, Size, generate, plan
from harness.analysis import analyse
from harness.collect import collect
from harness.report import write_report
from tests.browser.chromium import launch
from tests.browser.watching import Visitor
from tests.unit.report import sample
from tests.unit.report.audits import recorded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

    from harness.analysis import Results

# Generated records: how many, and how much differs.
SIZES = {
    "generated": (Size(cells=45, scenarios=30, arrays=8, launches=2), Change(at_step=0.1)),
    "large": (Size(cells=160, scenarios=60, arrays=4, launches=2), Change(at_step=0.05)),
}


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        started = launch(playwright)
        yield started
        started.close()


@pytest.fixture(scope="session")
def report(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The page of a report: of the sample, of several machines, of generated records, or of hostile
    text.

    Any other name than these and those of `SIZES` is the text that all foreign text is.
    """

    def results(name: str) -> Results:
        if name == "sample":
            return sample.results()
        if name == "machines":
            return recorded(tmp_path_factory.mktemp("data"))
        if name in SIZES:
            size, change = SIZES[name]
            data = tmp_path_factory.mktemp("data")
            generate(size, data, change)
            return analyse(collect(data), plan(size))
        return sample.hostile(name)

    @cache
    def written(name: str) -> Path:
        return write_report(results(name), tmp_path_factory.mktemp("report"))

    return written


@pytest.fixture
def visitor(browser: Browser) -> Iterator[Visitor]:
    """Opens pages; the test fails if one of them did anything that it should not."""
    visiting = Visitor(browser)
    yield visiting
    visiting.close()
    assert visiting.noted == []
