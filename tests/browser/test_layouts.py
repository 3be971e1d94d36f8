"""Where the page lies: a folder, or a server that allows little."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from harness.report import write_report
from tests.unit.report import sample

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from harness.report.html import Layout
    from tests.browser.watching import Visitor


@contextmanager
def served(folder: Path, policy: str) -> Iterator[str]:
    """A server of the folder on loopback that sends this Content-Security-Policy; its address."""

    class Handler(SimpleHTTPRequestHandler):
        def end_headers(self) -> None:
            self.send_header("Content-Security-Policy", policy)
            super().end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def opened(browser: Browser, address: str) -> tuple[Page, list[str], list[str]]:
    """The page, what it requested, and what it said on the console."""
    page = browser.new_page()
    requested: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: requested.append(request.url.removeprefix(address)))
    page.on("console", lambda message: said.append(message.text))
    page.goto(f"{address}index.html", wait_until="load")
    return page, requested, said


def test_the_layout_dir_works_from_a_folder(visitor: Visitor, tmp_path: Path) -> None:
    path = write_report(sample.results(), tmp_path, layout="dir")
    visitor.allowed |= {
        (tmp_path / name).as_uri() for name in ("report.css", "report.js", "report.svg")
    }
    page = visitor.open(path)
    expect(page.get_by_role("grid")).to_be_attached()
    assert page.locator("body").evaluate("each => getComputedStyle(each).maxWidth") != "none"


def test_the_layout_dir_works_where_nothing_inside_a_page_is_allowed(
    browser: Browser, tmp_path: Path
) -> None:
    write_report(sample.results(), tmp_path, layout="dir")
    with served(tmp_path, "default-src 'self'") as address:
        page, requested, said = opened(browser, address)
        expect(page.locator("html[data-ready=true]")).to_be_attached()
        expect(page.get_by_role("grid")).to_be_attached()
        page.close()
    assert {*requested} - {"report.svg"} == {"index.html", "report.css", "report.js"}
    assert said == []


@pytest.mark.parametrize("layout", ["single", "dir"])
@pytest.mark.parametrize(
    "policy",
    ["sandbox; style-src 'self' 'unsafe-inline'", "script-src 'none'", "default-src 'none'"],
)
def test_where_no_script_may_run_the_answers_are_there(
    browser: Browser, tmp_path: Path, layout: Layout, policy: str
) -> None:
    write_report(sample.results(), tmp_path, layout=layout)
    with served(tmp_path, policy) as address:
        page, _, _ = opened(browser, address)
        expect(page.locator("h1")).to_be_visible()
        expect(page.locator("[data-row=event]").first).to_be_visible()
        expect(page.locator("table.matrix").first).to_be_visible()
        expect(page.locator("#arrays .without")).to_be_visible()
        expect(page.get_by_role("grid")).to_have_count(0)
        page.close()
