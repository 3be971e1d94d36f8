"""`plan` and `lock`: what would be measured, and with which packages. Nothing is installed."""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from harness.commands import MATRIX, JsonOption, MatrixOption, ProfileOption, app, lock_path, named
from harness.plan import DEFAULT, WHOLE, Plan, load_plan
from harness.shards import MAX_JOBS, RUNNERS, Job, LeftOut, Spread


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
        found = _jobs(planned, matrix, named(runners, RUNNERS, "runners"), spread, max_jobs)
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


def _say(line: str) -> None:
    print(line, flush=True)
