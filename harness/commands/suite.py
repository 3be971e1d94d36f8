"""`scenarios`: what the suite has."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from harness.commands import MATRIX, JsonOption, app


@app.command("scenarios")
def list_scenarios(
    patterns: Annotated[
        list[str] | None, typer.Argument(help="Which, such as 'recipes/*'.", metavar="PATTERN")
    ] = None,
    matrix: Annotated[
        Path | None, typer.Option("--matrix", help="The file that names scenarios of your own.")
    ] = None,
    as_json: JsonOption = False,
    as_markdown: Annotated[bool, typer.Option("--markdown", help="As a page to keep.")] = False,
    seen: Annotated[
        Path | None, typer.Option("--seen", help="reports/csv: adds where each was seen to run.")
    ] = None,
) -> None:
    """List the suite: what each scenario measures, why it may differ, what is promised."""
    from rich.console import Console

    from harness import catalogue
    from harness.matrix import load_matrix
    from harness.own_scenarios import own_files, scenario_names

    files: tuple[str, ...] = ()
    if matrix or MATRIX.exists():
        loaded = load_matrix(matrix or MATRIX)
        files = own_files(loaded, (matrix or MATRIX).parent)
        scenario_names(loaded, files)
    listed = catalogue.entries(files, patterns or ("*",))
    if not listed:
        raise typer.BadParameter(f"no scenario matches {' '.join(patterns or ())}")
    try:
        met = None if seen is None else catalogue.seen(seen)
    except KeyError as missing:
        raise typer.BadParameter(f"the files in {seen} have no column {missing}") from None
    if as_json:
        print(json.dumps(catalogue.plain(listed, met), indent=2))
    elif as_markdown:
        print(catalogue.markdown(listed, met), end="")
    else:
        catalogue.print_catalogue(listed, met, Console())
