"""How large the page is, and how fast it is made, opened, filtered and sorted.

    nox -s page                         200 scenarios × 500 cells, 500,000 arrays that differ
    nox -s page -- --set distinct       as many, hardly two of them by the same numbers
    nox -s page -- --reports reports --profile full     what was measured

Times of the page are taken inside Chromium, which reads it from its file: from the start of the
navigation until it is ready (its script says so; see `answers.py`) and the next frame is
drawn; from an input until the table has changed and two frames are drawn. Ends with 1 where a
figure is over its bound.
"""

from __future__ import annotations

import argparse
import gzip
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.answers import Answers, answers  # noqa: E402
from benchmarks.generated import Change, Size, generate, plan  # noqa: E402
from harness import report  # noqa: E402
from harness.analysis import analyse  # noqa: E402
from harness.collect import collect  # noqa: E402
from harness.garbage import uncollected  # noqa: E402
from harness.plan import load_plan  # noqa: E402

if TYPE_CHECKING:
    from harness.analysis import Results

SETS = {
    # Results come again along every axis, as in a real audit.
    "shared": (Size(500, 200, 30, 2), Change(at_step=0.16)),
    # Half of the scenarios give another result in each cell; analysing takes minutes.
    "distinct": (Size(500, 200, 8, 2), Change(at_step=0.0, own=0.5, pool=4096)),
}
RENDER = 20.0  # s
ANSWER = 150.0  # ms
# Of a real report and of the generated set: MB, and s until it is ready.
REAL, GENERATED = (2.0, 1.0), (10.0, 3.0)
MB = 1e6


@dataclass(frozen=True)
class Figure:
    """One line of the table; without a bound it is there to be read."""

    what: str
    value: float
    unit: str
    bound: float | None = None

    @property
    def exceeded(self) -> bool:
        return self.bound is not None and self.value >= self.bound

    @property
    def row(self) -> str:
        bound = "" if self.bound is None else f"{self.bound:g} {self.unit}"
        verdict = "" if self.bound is None else "**exceeded**" if self.exceeded else "kept"
        return f"| {self.what} | {self.value:.4g} {self.unit} | {bound} | {verdict} |"


def main() -> None:
    """Make the report, open it, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--set", choices=SETS, default="shared", help="which generated records")
    parser.add_argument("--share", type=Fraction, default=Fraction(1), help="of its cells")
    parser.add_argument("--folder", type=Path, help="keep records and report here, and use them")
    parser.add_argument("--reports", type=Path, help="a reports/ folder instead; is only read")
    parser.add_argument("--profile", default="all", help="of matrix.yaml, with --reports")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        with uncollected():
            if options.reports:
                results = _measured(options.reports, options.profile)
            else:
                results = _generated(options.set, options.share, folder)
            _say_what(results)
            page, seconds, csv_seconds = written(results, folder / "report")
        size, ready = REAL if options.reports else GENERATED
        figures = [
            Figure("view, render and write the page", seconds - csv_seconds, "s", RENDER),
            Figure("the same with the CSV files", seconds, "s"),
            *_sizes(page, size),
            *_times(answers(page, _texts(results)), ready),
        ]
    print("| what | measured | bound | |\n| --- | --- | --- | --- |")
    print("\n".join(figure.row for figure in figures))
    if any(figure.exceeded for figure in figures):
        sys.exit(1)


def written(results: Results, folder: Path) -> tuple[Path, float, float]:
    """The page of a report written into `folder`; the seconds of all of it, and of its CSV files.

    These are the same for every page, so that the two are told apart.
    """
    spent = []
    write_csv = report.write_csv

    def timed(*arguments: object) -> object:
        start = time.perf_counter()
        paths = write_csv(*arguments)  # type: ignore[arg-type]
        spent.append(time.perf_counter() - start)
        return paths

    setattr(report, "write_csv", timed)  # noqa: B010  (mypy holds it to be a function)
    start = time.perf_counter()
    try:
        page = report.write_report(results, folder)
    finally:
        setattr(report, "write_csv", write_csv)  # noqa: B010
    seconds = time.perf_counter() - start
    (csv_seconds,) = spent
    return page, seconds, csv_seconds


def _generated(name: str, share: Fraction, folder: Path) -> Results:
    size, change = SETS[name]
    size = replace(size, cells=max(1, int(size.cells * share)))
    data = folder / f"{name}-{size.cells}"
    if not data.exists():
        generate(size, data.with_suffix(".part"), change)
        data.with_suffix(".part").rename(data)
    return analyse(collect(data), plan(size))


def _measured(reports: Path, profile: str) -> Results:
    return analyse(collect(reports / "data"), load_plan(ROOT / "matrix.yaml", profile))


def _say_what(results: Results) -> None:
    """How much there is on the page, and how much of it is not seen twice."""
    found = results.differences
    numbers = found[["kind", "dtype", "shape", "max_abs", "mean_abs", "max_ulp", "correlation"]]
    print(
        f"{len(results.plan.scenarios):,} scenarios × {len(results.cells):,} cells, "
        f"{len(results.breaks):,} breaks, {len(found):,} arrays that differ, "
        f"by {len(numbers.drop_duplicates()):,} different sets of numbers\n",
        flush=True,
    )


def _texts(results: Results) -> tuple[list[str], list[str]]:
    """What to type into the two filters: parts of names of scenarios, and of arrays."""
    scenarios = list(dict.fromkeys(results.differences["scenario"])) or list(results.plan.scenarios)
    arrays = list(dict.fromkeys(results.differences["array"]))
    return [*scenarios[:2], scenarios[-1].partition("/")[0]], [*arrays[:2], *arrays[-1:]]


def _sizes(page: Path, bound: float) -> list[Figure]:
    content = page.read_bytes()
    return [
        Figure("size of the page", len(content) / MB, "MB", bound),
        Figure("the same, gzipped", len(gzip.compress(content, 6)) / MB, "MB"),
    ]


def _times(found: Answers, bound: float) -> list[Figure]:
    figures = [Figure("ready, median of 5", median(found.ready), "s", bound)]
    for what, milliseconds in found.inputs.items():
        figures += [
            Figure(f"{what}, median of {len(milliseconds)}", median(milliseconds), "ms", ANSWER),
            Figure(f"{what}, the slowest", max(milliseconds), "ms", ANSWER),
        ]
    return figures


if __name__ == "__main__":
    main()
