"""What the page and the terminal show, built once, so that they only have to print it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.analysis.standing import standings
from harness.report.view.claims import Claim, Claims, alike, claims
from harness.report.view.coverage import Cell, Trouble, cells, troubles
from harness.report.view.detail import detail
from harness.report.view.events import Event, Launches, Still, events, launches, still
from harness.report.view.frames import place, rows
from harness.report.view.history import History, history
from harness.report.view.labels import Labels, versions
from harness.report.view.machines import Machine, machines, names
from harness.report.view.matrix import Matrix, matrix
from harness.report.view.published import Published, Stale, published, stale
from harness.report.view.recipes import Recipes, recipes
from harness.report.view.settings import Setting, sentence, settings
from harness.report.view.steps import Steps, steps
from harness.report.view.verdict import Tile, Verdict, tiles, verdict
from harness.tables import TABLES, Table

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from harness.analysis import Results
    from harness.analysis.advice import Advice


@dataclass(frozen=True)
class Download:
    """One CSV file beside the page, and how many rows it has."""

    table: Table
    rows: int


@dataclass(frozen=True)
class View:
    """The report, ready to be shown. `detail` is for the page's script: see `view.detail`."""

    profile: str
    trials: int
    machines: tuple[Machine, ...]
    verdict: Verdict
    tiles: tuple[Tile, ...]
    events: tuple[Event, ...]
    steps: tuple[Steps, ...]
    still: tuple[Still, ...]
    launches: tuple[Launches, ...]
    advice: tuple[Advice, ...]
    recipes: Recipes
    published: tuple[Published, ...]
    stale: tuple[Stale, ...]
    claims: tuple[Claim, ...]
    settings: tuple[Setting, ...]
    matrix: Matrix
    cells: tuple[Cell, ...]
    troubles: tuple[Trouble, ...]
    ignored: tuple[str, ...]
    history: History
    downloads: tuple[Download, ...]
    detail: Mapping[str, pd.DataFrame]

    @property
    def refuted(self) -> tuple[Claims, ...]:
        """The claims that do not hold, or do, somewhere where the source says otherwise."""
        return alike(claim for claim in self.claims if claim.outcome != "confirmed")

    @property
    def confirmed(self) -> tuple[Claims, ...]:
        """The claims that came out wherever they were checked."""
        return alike(claim for claim in self.claims if claim.outcome == "confirmed")

    @property
    def number_of_machines(self) -> int:
        """How many machines measured anything."""
        return sum(len(each.ids) for each in self.machines)

    @property
    def setting_sentence(self) -> str:
        """What the settings came to, in one line; empty where there is one setting only."""
        return sentence(self.settings)

    @property
    def unmeasured(self) -> tuple[Cell, ...]:
        """The cells that were not measured, or not in full, with their reasons."""
        return tuple(cell for cell in self.cells if not cell.complete)


def build(results: Results) -> View:
    """The view of the results. Pure: the same results give the same view."""
    places = [place(row) for row in rows(results.cells)]
    labels = Labels(results.plan, places, versions(results.cells), names(results))
    standing = standings(results)
    found = events(results, labels, standing)
    checked = claims(results, labels)
    covered = cells(results)
    grid = matrix(results, labels, standing)
    runs = history(results)
    first = tiles(results, standing, grid, covered, checked)
    return View(
        profile=results.plan.profile,
        trials=results.plan.trials,
        machines=machines(results),
        verdict=verdict(results, standing, found, covered),
        tiles=(*first, runs.tile) if runs.tile else first,
        events=found,
        steps=steps(results),
        still=still(results),
        launches=launches(results, labels, standing),
        advice=results.advice,
        recipes=recipes(results),
        published=published(results),
        stale=stale(results),
        claims=checked,
        settings=settings(results),
        matrix=grid,
        cells=covered,
        troubles=troubles(results, labels),
        ignored=results.ignored,
        history=runs,
        downloads=tuple(
            Download(table, len(getattr(results, table.name))) for table in TABLES.values()
        ),
        detail=detail(results, standing, grid),
    )
