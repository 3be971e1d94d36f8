"""`history`: what became of a scenario from run to run."""

from __future__ import annotations

import dataclasses
import json
import sys
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Annotated

import typer

from harness.commands import REPORTS, JsonOption, ReportsOption, app

if TYPE_CHECKING:
    from collections.abc import Sequence


@app.command()
def history(
    scenario: Annotated[
        str | None,
        typer.Argument(
            help="Which, such as recipes/all_three, or a pattern: 'recipes/*'.", metavar="SCENARIO"
        ),
    ] = None,
    reports: ReportsOption = REPORTS,
    as_json: JsonOption = False,
) -> None:
    """Print when a scenario's result first changed, in which cells, and what else moved.

    Without a scenario: those that ever changed, and the runs on file.
    """
    from rich.console import Console

    from harness.analysis.again import names
    from harness.history.read import read_runs
    from harness.history.terminal import print_overview, print_story
    from harness.history.told import overview, stories

    known = read_runs(reports / "history")
    for sentence in known.refused:
        print(f"left out: {sentence}", file=sys.stderr)
    if scenario is None:
        everything = overview(known.runs)
        if as_json:
            print(json.dumps(dataclasses.asdict(everything), indent=2))
        else:
            print_overview(everything, Console())
        return
    found = stories(known.runs, _chosen(scenario, names(known.runs)))
    if as_json:
        print(json.dumps({"scenarios": [dataclasses.asdict(each) for each in found]}, indent=2))
        return
    for each in found:
        print_story(each, Console())


def _chosen(wanted: str, scenarios: Sequence[str]) -> list[str]:
    """The scenarios that are asked for. Refuses what none of the runs has."""
    chosen = [name for name in scenarios if name == wanted or fnmatchcase(name, wanted)]
    if chosen:
        return chosen
    if not scenarios:
        raise typer.BadParameter("no run is on file: sameseed report keeps one")
    close = get_close_matches(wanted, scenarios, n=3, cutoff=0.4)
    hint = f"did you mean {', '.join(close)}?" if close else "sameseed scenarios lists them"
    raise typer.BadParameter(f"no run has a scenario {wanted!r} that is asked to hold: {hint}")
