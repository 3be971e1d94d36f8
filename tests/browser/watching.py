"""Opening a report in the browser, writing down all that it does unasked, and looking at it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, BrowserContext, Dialog, Page

Theme: TypeAlias = Literal["light", "dark"]

THEMES: tuple[Theme, ...] = ("light", "dark")
WIDE, NARROW = 1280, 390
# What a page makes of what it holds is no request to anybody.
INSIDE = ("data:", "blob:")

# The element with the focus: what it is, whether the focus shows, and whether it can be seen.
FOCUSED = """() => {
    const focused = document.activeElement;
    if (!focused || focused === document.body) return null;
    const style = getComputedStyle(focused), box = focused.getBoundingClientRect();
    const x = Math.min(Math.max(box.left + 1, 0), innerWidth - 1);
    const y = Math.min(Math.max(box.top + Math.min(box.height, 20) / 2, 0), innerHeight - 1);
    const top = document.elementFromPoint(x, y);
    return {
        what: focused.outerHTML.slice(0, 120),
        ring: focused.matches(":focus-visible")
            && style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
        seen: box.width > 0 && box.right > 0 && box.left < innerWidth
            && box.bottom > 0 && box.top < innerHeight
            && (focused.contains(top) || top.contains(focused)),
    };
}"""

# Opens all that is folded, and lays out what waits until somebody scrolls there.
UNFOLD = """() => {
    document.querySelectorAll("details").forEach(each => { each.open = true; });
    document.querySelectorAll("section").forEach(each => {
        each.style.contentVisibility = "visible";
    });
}"""

# What scrolls sideways.
SIDEWAYS = """() => [...document.querySelectorAll("body, body *")].filter(each =>
    ["auto", "scroll"].includes(getComputedStyle(each).overflowX) && each.checkVisibility()
    && each.scrollWidth > each.clientWidth
).map(each => each.outerHTML.slice(0, 120))"""

# What has more below than it shows.
CUT = """() => [...document.querySelectorAll("body, body *")].filter(each =>
    getComputedStyle(each).overflowY !== "visible" && each.checkVisibility()
    && each.clientHeight > 0 && each.scrollHeight > each.clientHeight + 1
).map(each => each.outerHTML.slice(0, 120))"""


@dataclass
class Visitor:
    """Opens reports offline, each in a context of its own, and notes what must not happen.

    noted: a line for each message on the console, error, dialog, window and request; the only
    requests that count for nothing are those for the page itself and for what `allowed` names.
    """

    browser: Browser
    allowed: set[str] = field(default_factory=set)
    noted: list[str] = field(default_factory=list)
    _contexts: list[BrowserContext] = field(default_factory=list)

    def open(
        self,
        page: Path,
        theme: Theme = "light",
        width: int = WIDE,
        *,
        javascript: bool = True,
        fragment: str = "",
    ) -> Page:
        """The page of a report, set up; `fragment` is what follows the `#` of its address."""
        context = self.browser.new_context(
            color_scheme=theme,
            viewport={"width": width, "height": 800},
            java_script_enabled=javascript,
            offline=True,  # files are still read
            accept_downloads=True,
        )
        context.set_default_timeout(10_000)
        self._contexts.append(context)
        tab = context.new_page()
        self.allowed.add(page.as_uri())
        self._watch(context)
        tab.goto(f"{page.as_uri()}#{fragment}" if fragment else page.as_uri())
        if javascript and tab.locator("script").count():
            tab.locator("html[data-ready=true]").wait_for(state="attached")
        return tab

    def close(self) -> None:
        """Close what was opened."""
        for context in self._contexts:
            context.close()

    def _watch(self, context: BrowserContext) -> None:
        def request(url: str) -> None:
            if url.partition("#")[0] not in self.allowed and not url.startswith(INSIDE):
                self.noted.append(f"requested {url}")

        def dialog(opened: Dialog) -> None:
            self.noted.append(f"{opened.type} says {opened.message!r}")
            opened.dismiss()

        context.on("request", lambda each: request(each.url))
        context.on("console", lambda each: self.noted.append(f"{each.type}: {each.text}"))
        context.on("weberror", lambda each: self.noted.append(f"raised {each.error}"))
        context.on("dialog", dialog)
        context.on("page", lambda each: self.noted.append(f"opened {each.url}"))
