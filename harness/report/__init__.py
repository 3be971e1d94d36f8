"""The report: `reports/index.html`, `reports/csv/*.csv` and the summary in the terminal.

Results in, files out. `view` decides what is shown, `html` and `terminal` show it, `csv` writes the
frames as they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.report.csv import write_csv
from harness.report.files import replacing
from harness.report.html import render
from harness.report.terminal import print_summary
from harness.report.view import build

if TYPE_CHECKING:
    from pathlib import Path

    from harness.analysis import Results

__all__ = ["print_summary", "write_csv", "write_report"]


def write_report(results: Results, directory: Path) -> Path:
    """Write `index.html` and `csv/` into `directory`; returns the page's path.

    The page is written last, so that a page never speaks of CSV files that are not there yet.
    """
    page = render(build(results))
    write_csv(results, directory / "csv")
    path = directory / "index.html"
    with replacing(path) as file:
        file.write(page)
    return path
