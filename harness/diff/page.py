"""A diff as a page: self-contained, in the report's look."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.diff.compare import GROUPS
from harness.report import html

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.diff.compare import Diff


def page(diffs: Sequence[Diff], only: tuple[Sequence[str], ...] = ((), ())) -> str:
    """The page of one diff or several. only: the cells of either side that have no partner."""
    return html.page("diff.html.j2", diffs=diffs, only=only, groups=GROUPS)
