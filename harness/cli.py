"""The command line: `sameseed COMMAND`, or `python -m harness COMMAND`.

Every command is a thin edge: it reads options, calls one function of the package and turns the
outcome into an exit code (`harness.errors.ExitCode`).
"""

from __future__ import annotations

import dataclasses
import io
import json
import os
import signal
import sys
import traceback
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer

from harness.errors import ExitCode, SameseedError
from harness.plan import DEFAULT, WHOLE, Environment, Plan, load_plan
from harness.probe import schema

app = typer.Typer(
    name="sameseed",
    help="Same seed, same weights? A determinism audit of TensorFlow and Keras.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

MatrixOption = Annotated[Path, typer.Option("--matrix", help="The file that says what is audited.")]
ProfileOption = Annotated[str, typer.Option("--profile", help="Part of the matrix; `all` is all.")]
ReportsOption = Annotated[Path, typer.Option("--reports", help="Folder of records and reports.")]

_MATRIX = Path("matrix.yaml")
_REPORTS = Path("reports")


@app.command()
def plan(
    matrix: MatrixOption = _MATRIX,
    profile: ProfileOption = DEFAULT,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Show what would be measured: environments, cells, scenarios. Installs nothing."""
    planned = load_plan(matrix, profile)
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
    matrix: MatrixOption = _MATRIX,
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
    matrix: MatrixOption = _MATRIX,
    profile: ProfileOption = DEFAULT,
    reports: ReportsOption = _REPORTS,
    environments: Annotated[
        Path, typer.Option("--environments", help="Folder where virtualenvs are made.")
    ] = Path(".nox/audited"),
    jobs: Annotated[int, typer.Option("--jobs", min=1, help="Trials side by side.")] = 2,
    fresh: Annotated[bool, typer.Option("--fresh", help="Measure again what is measured.")] = False,
    prune: Annotated[
        bool, typer.Option("--prune", help="Remove the virtualenv once all is measured.")
    ] = False,
) -> None:
    """Install one environment and measure its cells. What is measured already is kept."""
    from harness.audit import Audit
    from harness.progress import speaker

    planned = load_plan(matrix, profile)
    found = _environment(planned, environment)
    say = speaker(found.id)
    audit = Audit(
        planned,
        found,
        lock=lock_path(matrix),
        data=reports / "data",
        environments=environments,
        say=say,
    )
    statuses = audit.run(jobs=jobs, fresh=fresh, prune=prune)
    counts = Counter(statuses.values())
    say(", ".join(f"{count} trials {status}" for status, count in counts.items()) or "no trials")
    if set(counts) - {schema.OK, schema.DEVICE_MISSING}:
        raise typer.Exit(ExitCode.NOT_MEASURED)


@app.command()
def report(
    matrix: MatrixOption = _MATRIX,
    profile: ProfileOption = DEFAULT,
    reports: ReportsOption = _REPORTS,
) -> None:
    """Turn the records into reports/index.html and reports/csv, and print the verdict."""
    from rich.console import Console

    from harness.analysis import analyse
    from harness.collect import collect
    from harness.report import print_summary, write_report

    results = analyse(collect(reports / "data"), load_plan(matrix, profile))
    page = write_report(results, reports)
    with (reports / "summary.txt").open("w", encoding="utf-8") as file:
        print_summary(results, page, Console(file=file, width=100, no_color=True))
    print_summary(results, page, Console())
    if results.void:
        raise typer.Exit(ExitCode.INTERNAL)
    if not results.complete:
        raise typer.Exit(ExitCode.NOT_MEASURED)


@app.command("scenarios")
def list_scenarios(
    patterns: Annotated[
        list[str] | None, typer.Argument(help="Which, such as 'recipes/*'.", metavar="PATTERN")
    ] = None,
    matrix: Annotated[
        Path | None, typer.Option("--matrix", help="The file that names scenarios of your own.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
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
    if matrix or _MATRIX.exists():
        loaded = load_matrix(matrix or _MATRIX)
        files = own_files(loaded, (matrix or _MATRIX).parent)
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


def main() -> None:
    """Run the command line; the only place where the program ends itself."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # an ASCII console still gets its answer
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):  # end like Ctrl-C, so that trials in flight are ended too
            signal.signal(getattr(signal, name), _end)
    try:
        app()
    except SameseedError as error:
        print(f"sameseed: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        # Whoever read our output is gone; nothing more can be said, not even at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(ExitCode.INTERNAL)
    except OSError as error:
        print(f"sameseed: {error.filename or 'output'}: {error.strerror}", file=sys.stderr)
        sys.exit(ExitCode.USAGE)
    except Exception:
        traceback.print_exc()
        sys.exit(ExitCode.INTERNAL)


def _environment(planned: Plan, name: str) -> Environment:
    try:
        return planned.environment(name)
    except KeyError:
        known = ", ".join(entry.id for entry in planned.environments)
        raise typer.BadParameter(f"{name!r} is not in the matrix, which has {known}") from None


def _end(number: int, _: object) -> None:
    sys.exit(128 + number)


def lock_path(matrix: Path) -> Path:
    """Where the lock of a matrix lies: beside it."""
    return matrix.with_suffix(".lock")


def _say(line: str) -> None:
    print(line, flush=True)
