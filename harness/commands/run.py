"""`run`: the audit on the workers of a Dask cluster."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from harness.cluster.units import Spread
from harness.commands import (
    MATRIX,
    REPORTS,
    MatrixOption,
    ProfileOption,
    ReportsOption,
    app,
    lock_path,
)
from harness.commands.audit import report
from harness.errors import ExitCode
from harness.plan import DEFAULT


@app.command()
def run(
    dask: Annotated[
        str,
        typer.Option(
            "--dask",
            metavar="ADDRESS",
            help="The scheduler, as tcp://host:8786, or a scheduler file (.json).",
        ),
    ] = "",
    matrix: MatrixOption = MATRIX,
    profile: ProfileOption = DEFAULT,
    reports: ReportsOption = REPORTS,
    fresh: Annotated[bool, typer.Option("--fresh", help="Measure again what is measured.")] = False,
    spread: Annotated[
        Spread,
        typer.Option(
            "--spread",
            help="`environment`: each goes to one worker. `machine`: each machine measures them "
            "all, so that they are compared with each other.",
        ),
    ] = "environment",
    wait: Annotated[
        float,
        typer.Option("--wait", metavar="SECONDS", min=0, help="For workers that can measure."),
    ] = 30.0,
) -> None:
    """Measure on the workers of a Dask cluster, then write the report as `report` does.

    Each worker runs the nox session of an environment, in a folder of its own; records come back as
    trials finish. What is measured already, on any machine, is not sent. A worker that dies has its
    environment measured elsewhere; interrupted, what came is kept and the same command goes on.

    Exit codes: 0 and 4 as of `report`; 2 no scheduler, no workers, or workers with another
    sameseed; 3 something planned was not measured.
    """
    if not dask:
        print(
            "sameseed: run sends environments to a cluster: name its scheduler with --dask ADDRESS "
            "(docs/cluster.md). On this machine alone, type `nox`",
            file=sys.stderr,
        )
        raise typer.Exit(ExitCode.USAGE)
    try:
        from harness.cluster.audit import audit
    except ModuleNotFoundError as error:
        print(f"sameseed: {error}: pip install 'sameseed[dask]'", file=sys.stderr)
        raise typer.Exit(ExitCode.USAGE) from None

    audit(
        dask,
        matrix,
        lock_path(matrix),
        profile,
        reports,
        fresh=fresh,
        spread=spread,
        wait=wait,
        say=_say,
    )
    report(matrix, profile, reports, as_json=False, layout="single")


def _say(line: str) -> None:
    print(line, flush=True)
