"""The report: `reports/index.html`, `csv/`, `json/`, `reproducers/` and the summaries.

Results in, files out. `view` decides what is shown; `html` shows it, `terminal` and `markdown` show
it in short (`brief`), `document` as plain values. `csv` and `json` write the frames as they are,
`scripts` what reproduces the breaks that the page shows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.report.csv import write_csv
from harness.report.files import replacing
from harness.report.html import BESIDE, Layout, render
from harness.report.json import FOLDER as JSON
from harness.report.json import remove_json, write_json
from harness.report.markdown import NAME as SUMMARY
from harness.report.markdown import markdown
from harness.report.scripts import FOLDER, write_scripts
from harness.report.terminal import print_summary
from harness.report.view import build

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from harness.analysis import Results

__all__ = ["print_summary", "write_csv", "write_report"]


def write_report(
    results: Results,
    directory: Path,
    *,
    as_json: bool = False,
    layout: Layout = "single",
    parts: Mapping[str, Sequence[Path]] | None = None,
) -> Path:
    """Write `index.html`, `summary.md`, `csv/` and `reproducers/` into `directory`.

    as_json: `json/` as well. layout: `dir` puts the page's style and script into files of their own
    beside it. What an earlier report left there of either goes away. parts: as of `write_csv`.

    Returns the page's path. The page is written last, so that it never speaks of files that are not
    there yet.
    """
    view = build(results)
    examples = [event.example_id for event in view.events]
    page = render(view, write_scripts(results, examples, directory / FOLDER), layout)
    write_csv(results, directory / "csv", parts)
    if as_json:
        write_json(results, view, directory / JSON)
    else:
        remove_json(directory / JSON)
    with replacing(directory / SUMMARY) as file:
        file.write(markdown(view))
    for name, text in BESIDE.items():
        if layout == "dir":
            with replacing(directory / name) as file:
                file.write(text())
        else:
            (directory / name).unlink(missing_ok=True)
    path = directory / "index.html"
    with replacing(path) as file:
        file.write(page)
    return path
