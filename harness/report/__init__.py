"""The report: `reports/index.html`, `csv/`, `reproducers/` and the summary in the terminal.

Results in, files out. `view` decides what is shown, `html` and `terminal` show it, `csv` writes the
frames as they are, `scripts` what reproduces the breaks that the page shows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.report.csv import write_csv
from harness.report.files import replacing
from harness.report.html import render
from harness.report.scripts import FOLDER, write_scripts
from harness.report.terminal import print_summary
from harness.report.view import build

if TYPE_CHECKING:
    from pathlib import Path

    from harness.analysis import Results

__all__ = ["print_summary", "write_csv", "write_report"]


def write_report(results: Results, directory: Path) -> Path:
    """Write `index.html`, `csv/` and `reproducers/` into `directory`; returns the page's path.

    The page is written last, so that a page never speaks of files that are not there yet.
    """
    view = build(results)
    examples = [event.example_id for event in view.events]
    page = render(view, write_scripts(results, examples, directory / FOLDER))
    write_csv(results, directory / "csv")
    path = directory / "index.html"
    with replacing(path) as file:
        file.write(page)
    return path
