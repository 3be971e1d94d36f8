"""`reproduce` and `diff`: a closer look at one break, or at any two cells."""

from __future__ import annotations

import dataclasses
import json
import shlex
from pathlib import Path
from typing import Annotated

import typer

from harness.commands import (
    MATRIX,
    REPORTS,
    JsonOption,
    MatrixOption,
    ProfileOption,
    ReportsOption,
    app,
)
from harness.plan import WHOLE, load_plan

_SIDE = (
    "A cell such as tf2_9_3_py3_10.default.cpu (what is left out must agree on both sides), a "
    "machine, or the folder of another run; CELL@MACHINE and run:FOLDER where it must be said."
)


@app.command()
def reproduce(
    wanted: Annotated[
        str,
        typer.Argument(
            help="Id of a break, or its beginning, or of an event: see csv/events.csv.",
            metavar="BREAK",
        ),
    ],
    matrix: MatrixOption = MATRIX,
    profile: ProfileOption = WHOLE,
    reports: ReportsOption = REPORTS,
    into: Annotated[
        Path | None, typer.Option("--into", help="Folder to write the scripts into.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Turn a break into scripts that anybody can run, and the commands that run them."""
    from harness.analysis import analyse
    from harness.assignments import suite_digest
    from harness.collect import collect
    from harness.report.files import replacing
    from harness.reproduce import Reproducers

    plan = load_plan(matrix, profile)
    collection = collect(reports / "data")
    found = Reproducers(analyse(collection, plan))
    row, said = found.find(wanted)
    made = found.of(row)
    suites = {trial.header.suite for trial in collection.trials}
    notes = [f"{said}.", made.note]
    if suite_digest(plan.scenario_files) not in suites:
        notes.append("The suite has changed since these records: the script may do otherwise.")
    if into is not None:
        for script in made.scripts:
            with replacing(into / script.name) as file:
                file.write(script.text)
    if as_json:
        print(json.dumps(dataclasses.asdict(made) | {"chosen": said}, indent=2))
        return
    if into is None:
        for script in made.scripts:
            print(f"# {'=' * 10} {script.name}\n{script.text}")
    for note in filter(None, notes):
        typer.echo(note, err=True)
    typer.echo(made.title, err=True)
    folder = f"cd {shlex.quote(str(into))} && " if into and into != Path() else ""
    for command in made.commands:
        print(f"{'# ' if into is None else ''}{folder}{command}")


@app.command()
def diff(
    a: Annotated[str, typer.Argument(help=_SIDE, metavar="A")],
    b: Annotated[str, typer.Argument(help="Likewise.", metavar="B")],
    reports: ReportsOption = REPORTS,
    scenarios: Annotated[
        list[str] | None, typer.Option("--scenario", help="Which, such as 'recipes/*'.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="What is identical, too.")] = False,
    as_json: JsonOption = False,
    html: Annotated[
        Path | None, typer.Option("--html", help="Write a self-contained page to this file.")
    ] = None,
) -> None:
    """Compare any two cells, machines or runs. They may differ in more than one thing."""
    from rich.console import Console

    from harness.diff.compare import compare
    from harness.diff.page import page
    from harness.diff.sides import pairs, side
    from harness.diff.terminal import print_diff, print_summary
    from harness.report.files import replacing

    paired = pairs(side(a, reports), side(b, reports))
    diffs = [compare(one, other, scenarios or ("*",)) for one, other in paired.pairs]
    if not any(each.scenarios for each in diffs):
        raise typer.BadParameter(f"no scenario on record matches {' '.join(scenarios or ())}")
    only = (paired.only_left, paired.only_right)
    if html is not None:
        with replacing(html) as file:
            file.write(page(diffs, only))
    if as_json:
        plain = [dataclasses.asdict(each) for each in diffs]
        print(json.dumps({"pairs": plain, "only_a": only[0], "only_b": only[1]}, indent=2))
        return
    console = Console()
    if len(diffs) > 1:
        print_summary(diffs, only, console)
    for each in diffs if len(diffs) == 1 or everything else ():
        print_diff(each, console, everything=everything)
    if html is not None:
        print(html)
