"""How soon a page in Chromium is ready, and how soon it answers.

A page with a script says that it is ready by `document.documentElement.dataset.ready = "true"`,
with `performance.mark("sameseed:ready")` for people who look at a profile. A page without one is
ready when it is parsed.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from itertools import cycle, islice
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

from tests.browser.chromium import launch

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from playwright.sync_api import Browser, Page

LOADS, INPUTS = 5, 9
PATIENCE = 60_000  # ms

# Runs before the page: marks when the frame is drawn after the page was parsed, and after it was
# ready. A page that says so and then computes on is not ready yet.
WATCH = """
const mark = name => requestAnimationFrame(() => setTimeout(() => performance.mark(name)));
addEventListener("DOMContentLoaded", () => mark("drawn"));
new MutationObserver(() => mark("ready and drawn")).observe(
    document, {attributes: true, attributeFilter: ["data-ready"], subtree: true});
"""

# Types into an input or clicks a button: milliseconds until the section has changed (it may take
# its time to begin) and two frames have passed since the last change. Null: nothing changed.
ANSWER = """async ({section, control, text}) => {
    const frame = () => new Promise(resolve => requestAnimationFrame(resolve));
    let changes = 0, seen;
    const observer = new MutationObserver(() => { changes += 1; });
    observer.observe(document.querySelector(section),
        {subtree: true, childList: true, attributes: true, characterData: true});
    const start = performance.now();
    if (text === null) {
        control.click();
    } else {
        control.value = text;
        control.dispatchEvent(new Event("input", {bubbles: true}));
    }
    do {
        await null;  // lets the observer hear of what the page did at once
        seen = changes;
        await frame(); await frame();
    } while ((changes === 0 || changes !== seen) && performance.now() - start < 5000);
    observer.disconnect();
    return changes ? performance.now() - start : null;
}"""


@dataclass(frozen=True)
class Answers:
    """ready: seconds, of each load. inputs: what was done → milliseconds, of each time."""

    ready: list[float]
    inputs: Mapping[str, list[float]]


def answers(path: Path, texts: tuple[list[str], list[str]]) -> Answers:
    """Open the page at `path` several times, and use it.

    texts: what to type into the filter of the matrix and into that of the arrays; in between, each
    filter is emptied, which is the most there is to show.
    """
    scenarios, arrays = texts
    with sync_playwright() as playwright:
        browser = launch(playwright)
        ready = [_load(browser, path)[1] for _ in range(LOADS)]
        page, _ = _load(browser, path, keep=True)
        found = Answers(
            ready,
            {
                "filter the matrix": _typed(page, "#matrix", "input[name=scenario]", scenarios),
                "filter the arrays": _typed(page, "#arrays", "input[name=text]", arrays),
                "sort the arrays": _sorted(page),
            },
        )
        browser.close()
    return found


def _load(browser: Browser, path: Path, *, keep: bool = False) -> tuple[Page, float]:
    """The page, opened in a new window, and the seconds until it was ready."""
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.set_default_timeout(PATIENCE)
    page.add_init_script(WATCH)
    page.goto(path.as_uri())
    scripted = "script:not([type]), script[type=module], script[type='text/javascript']"
    mark = "ready and drawn" if page.locator(scripted).count() else "drawn"
    milliseconds: float = page.evaluate(
        """([name, patience]) => new Promise((resolve, reject) => {
            const look = () => {
                const [mark] = performance.getEntriesByName(name);
                if (mark) resolve(mark.startTime);
                else if (performance.now() > patience) reject(Error("the page was never ready"));
                else setTimeout(look, 10);
            };
            look();
        })""",
        [mark, PATIENCE],
    )
    if not keep:
        page.close()
    return page, milliseconds / 1000


def _typed(page: Page, section: str, control: str, texts: Iterable[str]) -> list[float]:
    """Milliseconds of each text in turn, and of emptying the filter after it."""
    each = (part for text in cycle(texts) for part in (text, ""))
    return [_answer(page, section, control, text) for text in islice(each, INPUTS)]


def _sorted(page: Page) -> list[float]:
    """Milliseconds of each click on the heads of the arrays, one after another."""
    heads = max(page.locator("#arrays th button").count(), 1)
    return [
        _answer(page, "#arrays", f"th button >> nth={number % heads}", None)
        for number in range(INPUTS)
    ]


def _answer(page: Page, section: str, control: str, text: str | None) -> float:
    found = page.locator(section).locator(control)
    if not found.count():
        sys.exit(f"the page has no {section} {control}")
    milliseconds: float | None = found.first.evaluate(
        "(control, rest) => (" + ANSWER + ")({control, ...rest})",
        {"section": section, "text": text},
    )
    if milliseconds is None:
        sys.exit(f"nothing changed in {section} when {control} was used: {text!r}")
    return milliseconds
