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
