"""`plan`, `lock`, `probe`, `report`: from the matrix to the report."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import sys
from collections import Counter
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

import typer

from harness.commands import (
    MATRIX,
    REPORTS,
    JsonOption,
    MatrixOption,
    ProfileOption,
    ReportsOption,
    StoreOption,
    app,
    uncollected,
)
from harness.errors import ExitCode
from harness.plan import DEFAULT, WHOLE, Environment, Plan, load_plan
from harness.probe import schema
from harness.shards import MAX_JOBS, RUNNERS, Job, LeftOut, Spread

if TYPE_CHECKING:
    from harness.cluster.tables import Tables
    from harness.collect import Collection as Collected

# As in `harness.report.html`, which takes a while to import.
Layout: TypeAlias = Literal["single", "dir"]


@app.command()
def plan(
    matrix: MatrixOption = MATRIX,
    profile: ProfileOption = DEFAULT,
    as_json: JsonOption = False,
    shards: Annotated[
        bool, typer.Option("--shards", help="Show the jobs that a CI service would measure it in.")
    ] = False,
    github: Annotated[
        bool, typer.Option("--github", help="The same as one line for $GITHUB_OUTPUT.")
    ] = False,
    runners: Annotated[
        str,
        typer.Option("--runners", help=f"For these jobs: of {', '.join(RUNNERS)}; with commas."),
    ] = "linux-x64",
    spread: Annotated[
        Spread,
        typer.Option("--spread", help="A job for each environment, or one for each runner."),
    ] = "environment",
    max_jobs: Annotated[
        int, typer.Option("--max-jobs", min=1, max=MAX_JOBS, help="With more, jobs are shared.")
    ] = MAX_JOBS,
) -> None:
    """Show what would be measured: environments, cells, scenarios. Installs nothing."""
    planned = load_plan(matrix, profile)
    if shards or github:
        found = _jobs(planned, matrix, _names(runners, RUNNERS, "runners"), spread, max_jobs)
        _show_jobs(*found, as_json=as_json, github=github)
        return
    if as_json:
        print(json.dumps(dataclasses.asdict(planned), indent=2))
        return
    for cell in planned.cells:
        environment = planned.environment(cell.environment)
        axes = ", ".join(f"{axis} {value}" for axis, value in environment.axes.items())
        note = f"  EXCLUDED: {cell.excluded}" if cell.excluded else ""
        print(f"{cell.id}  ({axes or environment.interpreter}){note}")
    measured = sum(not cell.excluded for cell in planned.cells)
    print(
        f"\n{measured} cells × {planned.trials} trials × {len(planned.scenarios)} scenarios"
        f" in profile {planned.profile}"
    )


@app.command()
def lock(
    matrix: MatrixOption = MATRIX,
    profile: Annotated[
        str, typer.Option("--profile", help="Part to resolve; the rest of the lock is kept.")
    ] = WHOLE,
) -> None:
    """Resolve every environment on every platform into matrix.lock, beside the matrix."""
    from harness import lock as locking
    from harness.matrix import load_matrix

    path = lock_path(matrix)
    before = None if profile == WHOLE else locking.Lock.load(path)
    resolved = locking.resolve(
        load_matrix(matrix), load_plan(matrix, profile), _say, before=before, profile=profile
    )
    locking.write(resolved, path)
    print(f"wrote {path}")


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
    wanted = _names(devices, ("cpu", "gpu"), "devices")
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
            help="Workers of this Dask cluster write the large tables; they must see the records.",
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
        results = analyse(collection, planned)
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


def _names(text: str, known: Collection[str], what: str) -> list[str]:
    """The names in `a,b`, each once. Refuses what is not known."""
    names = list(dict.fromkeys(name.strip() for name in text.split(",")))
    if unknown := [name for name in names if name not in known]:
        raise typer.BadParameter(
            f"there are no {what} {unknown[0]!r}: write some of {','.join(known)}"
        )
    return names


def _jobs(
    planned: Plan, matrix: Path, runners: list[str], spread: Spread, limit: int
) -> tuple[tuple[Job, ...], tuple[LeftOut, ...]]:
    from harness.lock import Lock
    from harness.matrix import load_matrix
    from harness.shards import jobs as jobs_of

    if len(runners) > limit:
        raise typer.BadParameter(f"{len(runners)} runners do not fit into --max-jobs {limit}")
    platforms = load_matrix(matrix).platforms
    found, left = jobs_of(
        planned, Lock.load(lock_path(matrix)), platforms, runners, spread=spread, limit=limit
    )
    if not found:
        reasons = "; ".join(dict.fromkeys(f"{each.runner}: {each.reason}" for each in left))
        raise typer.BadParameter(f"nothing can be measured there: {reasons or 'no cells'}")
    return found, left


def _show_jobs(
    jobs: tuple[Job, ...], left: tuple[LeftOut, ...], *, as_json: bool, github: bool
) -> None:
    listed = [dataclasses.asdict(job) for job in jobs]
    if github:
        print("matrix=" + json.dumps({"include": listed}))
    elif as_json:
        left_out = [dataclasses.asdict(each) for each in left]
        print(json.dumps({"jobs": listed, "left_out": left_out}, indent=2))
        return
    else:
        for job in jobs:
            print(f"{job.name}  ({', '.join(job.runs_on)}): {job.environments}")
    for each in left:
        print(f"not on {each.runner}: {each.environment}: {each.reason}", file=sys.stderr)


def lock_path(matrix: Path) -> Path:
    """Where the lock of a matrix lies: beside it."""
    return matrix.with_suffix(".lock")


def _say(line: str) -> None:
    print(line, flush=True)
