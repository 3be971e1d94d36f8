"""`probe` and `report`: from the matrix to the report."""

from __future__ import annotations

import contextlib
import dataclasses
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

import typer

from harness.commands import (
    MATRIX,
    REPORTS,
    MatrixOption,
    ProfileOption,
    ReportsOption,
    StoreOption,
    app,
    lock_path,
    named,
)
from harness.errors import ExitCode
from harness.garbage import uncollected
from harness.plan import DEFAULT, Environment, Plan, load_plan
from harness.probe import schema

if TYPE_CHECKING:
    from harness.cluster.tables import Tables
    from harness.collect import Collection as Collected

# As in `harness.report.html`, which takes a while to import.
Layout: TypeAlias = Literal["single", "dir"]


@app.command()
def probe(
    environment: Annotated[str, typer.Argument(help="Id of an environment; see `plan`.")],
    matrix: MatrixOption = MATRIX,
    profile: ProfileOption = DEFAULT,
    reports: ReportsOption = REPORTS,
    environments: Annotated[
        Path, typer.Option("--environments", help="Folder where virtualenvs are made.")
    ] = Path(".nox/audited"),
    jobs: Annotated[int, typer.Option("--jobs", min=1, help="Trials side by side.")] = 2,
    fresh: Annotated[bool, typer.Option("--fresh", help="Measure again what is measured.")] = False,
    prune: Annotated[
        bool, typer.Option("--prune", help="Remove the virtualenv once all is measured.")
    ] = False,
    devices: Annotated[
        str, typer.Option("--devices", help="Measure on these only; cpu,gpu is all there are.")
    ] = "cpu,gpu",
    store: StoreOption = "",
) -> None:
    """Install one environment and measure its cells. What is measured already is kept.

    With --store, each trial is sent there when it has ended, and what was measured before and is
    not there yet. Where that fails the records are here, and the exit code is 3.
    """
    from harness.audit import Audit
    from harness.commands.stores import sending
    from harness.progress import speaker

    planned = load_plan(matrix, profile)
    wanted = named(devices, ("cpu", "gpu"), "devices")
    planned = dataclasses.replace(
        planned, cells=tuple(cell for cell in planned.cells if cell.device in wanted)
    )
    found = _environment(planned, environment)
    say = speaker(found.id)
    with sending(store, reports, found.id, say) as sent:
        audit = Audit(
            planned,
            found,
            lock=lock_path(matrix),
            data=reports / "data",
            environments=environments,
            say=say,
            ended=sent.ended,
        )
        statuses = audit.run(jobs=jobs, fresh=fresh, prune=prune)
    counts = Counter(statuses.values())
    say(", ".join(f"{count} trials {status}" for status, count in counts.items()) or "no trials")
    if sent.failure or set(counts) - {schema.OK, schema.DEVICE_MISSING}:
        raise typer.Exit(ExitCode.NOT_MEASURED)


@app.command()
def report(
    matrix: MatrixOption = MATRIX,
    profile: ProfileOption = DEFAULT,
    reports: ReportsOption = REPORTS,
    as_json: Annotated[
        bool, typer.Option("--json", help="Write reports/json as well: each table, and the page.")
    ] = False,
    layout: Annotated[
        Layout,
        typer.Option(
            "--layout",
            help="`single`: one file. `dir`: style and script beside it, for servers that allow "
            "none inside a page.",
        ),
    ] = "single",
    store: StoreOption = "",
    dask: Annotated[
        str,
        typer.Option(
            "--dask",
            metavar="ADDRESS",
            help="Workers of this Dask cluster measure what differs, and write the large tables; "
            "they must see the records.",
        ),
    ] = "",
) -> None:
    """Turn the records into reports/index.html and reports/csv, and print the verdict.

    With --store, what is new there is fetched first, and the run is sent there afterwards.
    """
    from rich.console import Console

    from harness.analysis import analyse
    from harness.analysis.history import with_history
    from harness.collect import collect
    from harness.commands.stores import fetched, send_runs
    from harness.history.keep import keep
    from harness.history.read import read_runs
    from harness.report import print_summary, write_report

    complete = fetched(store, reports)
    with contextlib.ExitStack() as stack:
        stack.enter_context(uncollected())
        planned, collection = load_plan(matrix, profile), collect(reports / "data")
        tables = stack.enter_context(_tables(dask, collection, planned, reports)) if dask else None
        elsewhere = tables.comparing(reports / "data") if tables else None
        results = analyse(collection, planned, elsewhere=elsewhere)
        run = keep(results, reports / "history")
        results = with_history(results, read_runs(reports / "history", until=run))
        parts = tables.wait(results) if tables else None
        page = write_report(results, reports, as_json=as_json, layout=layout, parts=parts)
    if as_json:
        print(f"{reports / 'json'}: report.json, and a file for each in {reports / 'csv'}\n")
    with (reports / "summary.txt").open("w", encoding="utf-8") as file:
        plain = Console(file=file, width=100, no_color=True)
        print_summary(results, page, plain, Console())
    complete = send_runs(store, reports) and complete
    if results.void:
        raise typer.Exit(ExitCode.INTERNAL)
    if not (results.complete and complete):
        raise typer.Exit(ExitCode.NOT_MEASURED)


def _tables(
    address: str, collection: Collected, planned: Plan, reports: Path
) -> contextlib.AbstractContextManager[Tables]:
    from harness.analysis.selection import select

    try:
        from harness.cluster.tables import tables_on
    except ModuleNotFoundError as error:
        raise typer.BadParameter(f"{error}: pip install 'sameseed[dask]'") from None
    return tables_on(address, select(collection, planned).trials, reports / "csv")


def _environment(planned: Plan, name: str) -> Environment:
    try:
        return planned.environment(name)
    except KeyError:
        known = ", ".join(entry.id for entry in planned.environments)
        raise typer.BadParameter(f"{name!r} is not in the matrix, which has {known}") from None
