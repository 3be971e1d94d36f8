"""`check` and `baseline update`: results against the policy and the baseline."""

from __future__ import annotations

import json
import os
import secrets
import sys
from datetime import date, datetime, timezone
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

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
)
from harness.errors import ExitCode
from harness.plan import DEFAULT, load_plan

if TYPE_CHECKING:
    from harness.analysis import Results
    from harness.gate.baseline import Baseline
    from harness.gate.check import Outcome
    from harness.gate.places import Places

BASELINE = Path("reports/baseline.yaml")

BaselineOption = Annotated[
    Path | None,
    typer.Option(
        "--baseline", help=f"The file of known breaks.  [default: {BASELINE}]", show_default=False
    ),
]

baselines = typer.Typer(
    no_args_is_help=True, help="Keep the file of known breaks.", rich_markup_mode=None
)
app.add_typer(baselines, name="baseline")


@app.command()
def check(
    matrix: MatrixOption = MATRIX,
    profile: ProfileOption = DEFAULT,
    reports: ReportsOption = REPORTS,
    baseline: BaselineOption = None,
    junit: Annotated[Path | None, typer.Option("--junit", help="Write JUnit XML here.")] = None,
    markdown: Annotated[
        Path | None, typer.Option("--markdown", help="Write a summary in Markdown here.")
    ] = None,
    sarif: Annotated[Path | None, typer.Option("--sarif", help="Write SARIF 2.1.0 here.")] = None,
    github: Annotated[
        bool | None,
        typer.Option(
            "--github/--no-github",
            help="Print annotations for GitHub.  [default: where GITHUB_ACTIONS=true]",
            show_default=False,
        ),
    ] = None,
    since: Annotated[
        str | None,
        typer.Option(
            "--since",
            metavar="RUN",
            help="Only what changed since this run counts: as in reports/history, or `last`.",
        ),
    ] = None,
    as_json: JsonOption = False,
    store: StoreOption = "",
) -> None:
    """Hold what was measured against matrix.yaml's policy and the known breaks.

    Exit codes: 0 nothing breaks against the policy, 1 something does, 3 something planned was not
    measured, 4 a negative control failed. 1 goes before 3. With --store, what is new there is
    fetched first; 3 also where not all of it can be used.
    """
    from harness.commands.stores import fetched
    from harness.gate.check import check as judge
    from harness.gate.places import Places
    from harness.gate.since import since as held_since
    from harness.matrix import load_matrix

    known = _load(baseline or BASELINE, expected=baseline is not None)
    loaded = load_matrix(matrix)
    complete = fetched(store, reports)
    results = _analyse(matrix, profile, reports)
    earlier = held_since(results, reports / "history", since) if since else None
    outcome = judge(results, loaded.policy, known, _today(), earlier)
    places = Places.within(loaded)
    _write(outcome, places, junit, markdown, sarif)
    on_github = os.environ.get("GITHUB_ACTIONS") == "true" if github is None else github
    _show(outcome, places, as_json=as_json, on_github=on_github)
    if outcome.code != ExitCode.HOLDS:
        raise typer.Exit(outcome.code)
    if not complete:
        raise typer.Exit(ExitCode.NOT_MEASURED)


@baselines.callback()
def _baseline() -> None:
    """Keep the file of known breaks."""


@baselines.command("update")
def update(
    matrix: MatrixOption = MATRIX,
    profile: ProfileOption = DEFAULT,
    reports: ReportsOption = REPORTS,
    baseline: BaselineOption = None,
    reason: Annotated[
        str,
        typer.Option("--reason", help="Why what is new, and has no documented cause, is accepted."),
    ] = "",
    link: Annotated[str, typer.Option("--link", help="Where that reason can be read.")] = "",
    expires: Annotated[
        str,
        typer.Option(
            "--expires",
            metavar="YYYY-MM-DD",
            help="Last day on which what is new counts; renews what has expired.",
        ),
    ] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Write without asking.")] = False,
) -> None:
    """Accept the new breaks and drop those that are gone: shows what changes, asks, writes.

    What was not measured this time stays as it is.
    """
    from rich.console import Console

    from harness.gate.baseline import write
    from harness.gate.update import rows
    from harness.gate.update import update as updated
    from harness.matrix import load_matrix
    from harness.report.printer import Printer
    from harness.report.words import count

    path = baseline or BASELINE
    last_day = _options(link, expires)
    known = _load(path, expected=False)
    policy = load_matrix(matrix).policy
    results = _analyse(matrix, profile, reports)
    if results.void:
        print("This audit cannot be trusted: nothing is taken from it.", *results.void, sep="\n")
        raise typer.Exit(ExitCode.INTERNAL)
    change = updated(
        results, policy, known, _today(), reason=reason.strip(), link=link, expires=last_day
    )
    out = Printer(Console())
    for event, changes in rows(change).items():
        out.table(event, changes, ("change", "in", "scenarios"), len(changes))
    if not results.complete:
        print("Not everything was measured: what was not stays as it is.")
    if not change.changes:
        print(f"{path} stays as it is")
        return
    if change.without_reason:
        number = count(len(change.without_reason), "break")
        print(f'nothing written: say why {number} would be accepted: --reason "why"')
        raise typer.Exit(ExitCode.USAGE)
    if not yes:
        if not sys.stdin.isatty():
            print(f"nothing written: add --yes to write {path}")
            raise typer.Exit(ExitCode.USAGE)
        if not typer.confirm(f"Write {path}?"):
            print("nothing written")
            return
    write(change.baseline, path)
    print(f"wrote {path}: {count(len(change.baseline.known), 'known break')}")


def _analyse(matrix: Path, profile: str, reports: Path) -> Results:
    from harness.analysis import analyse
    from harness.collect import collect

    planned = load_plan(matrix, profile)
    return analyse(collect(reports / "data"), planned)


def _load(path: Path, *, expected: bool) -> Baseline:
    """The baseline; nothing is known where there is no file, unless one was named."""
    from harness.gate.baseline import Baseline, load

    if path.exists():
        return load(path)
    if expected:
        hint = f"sameseed baseline update --baseline {path}"
        raise typer.BadParameter(f"there is no {path}: make it with {hint}")
    return Baseline()


def _today() -> date:
    return datetime.now(timezone.utc).date()


def _options(link: str, expires: str) -> date | None:
    """The last day, if one is given. Refuses what could not be read back, or would do nothing."""
    from harness.gate.baseline import is_link

    if link and not is_link(link):
        raise typer.BadParameter(f"{link!r} is not a link: write one that begins with https://")
    if not expires:
        return None
    try:
        day = date.fromisoformat(expires)
    except ValueError:
        raise typer.BadParameter(f'{expires!r} is not a day: write one like "2027-06-30"') from None
    if day < _today():
        raise typer.BadParameter(f"{day} is over: write a day to come")
    return day


def _write(
    outcome: Outcome,
    places: Places,
    junit_path: Path | None,
    markdown_path: Path | None,
    sarif_path: Path | None,
) -> None:
    from harness.gate.junit import junit
    from harness.gate.markdown import LIMIT, markdown
    from harness.gate.sarif import sarif

    if markdown_path and str(markdown_path) == os.environ.get("GITHUB_STEP_SUMMARY"):
        # The file is the step's: what is there stays, and counts towards what it may hold.
        with markdown_path.open("ab") as file:
            file.write(markdown(outcome, LIMIT - file.tell()).encode())
        markdown_path = None
    if junit_path:
        _replace(junit_path, junit(outcome))
    if markdown_path:
        _replace(markdown_path, markdown(outcome))
    if sarif_path:
        _replace(sarif_path, sarif(outcome, places))


def _replace(path: Path, text: str) -> None:
    from harness.report.files import replacing

    with replacing(path) as file:
        file.write(text)


def _show(outcome: Outcome, places: Places, *, as_json: bool, on_github: bool) -> None:
    from rich.console import Console

    from harness.gate.annotations import muted, workflow_commands
    from harness.gate.plain import plain
    from harness.gate.terminal import print_outcome

    if as_json:
        print(json.dumps(plain(outcome), indent=2))
    elif on_github:
        words = StringIO()
        print_outcome(outcome, Console(file=words, width=100))
        print(muted(words.getvalue(), secrets.token_hex(16)), end="")
    else:
        print_outcome(outcome, Console())
    if on_github:
        for line in workflow_commands(outcome, places):
            print(line, file=sys.stderr if as_json else sys.stdout)
