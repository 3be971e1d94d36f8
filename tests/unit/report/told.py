"""All that the page says in numbers, beside what follows from the files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.unit.report import told_first, told_then
from tests.unit.report.numbers import Names, Page
from tests.unit.report.told_advice import advice
from tests.unit.report.told_history import history

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.report.files import Files
    from tests.unit.report.reading import Element

_PARTS: tuple[Callable[[Page, Files], None], ...] = (
    *(told_first.top, told_first.tiles, told_first.pictures, told_first.events, told_first.still),
    *(advice, told_then.recipes, told_then.launches, told_then.claims, told_then.settings),
    *(told_then.bands, history, told_then.machines, told_then.cells, told_then.troubles),
    told_then.downloads,
)


def held(document: Element, files: Files, names: Names) -> Page:
    """The page, every number of it held against the files."""
    page = Page(document, names)
    for part in _PARTS:
        part(page, files)
    return page
