"""`push`, `pull`, and what other commands do with `--store`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from harness.commands import REPORTS, ReportsOption, app
from harness.commands.merge import Progress
from harness.errors import ExitCode

StoreArgument = Annotated[
    str,
    typer.Argument(
        metavar="URL", envvar="SAMESEED_STORE", help="A folder, s3://bucket/prefix, gs://…"
    ),
]


@app.command()
def push(store: StoreArgument, reports: ReportsOption = REPORTS) -> None:
    """Send the records, arrays and runs of reports/ to a store that are not there yet.

    Exit codes: 0 all is there, 2 the store makes no sense, 3 not all could be sent.
    """
    from harness.remote import open_store
    from harness.remote import push as pushed

    to = open_store(store)
    sent = pushed(to, reports, Progress().say)
    print(*sent.lines(to.shown), sep="\n")
    if sent.refused:
        raise typer.Exit(ExitCode.NOT_MEASURED)


@app.command()
def pull(store: StoreArgument, reports: ReportsOption = REPORTS) -> None:
    """Fetch from a store what is not in reports/ yet, and merge it there.

    Exit codes: 0 all is here, 2 the store makes no sense, 3 something was refused, is in conflict,
    or could not be fetched.
    """
    from harness.remote import fetch, open_store

    found = fetch(open_store(store), reports, Progress().say)
    print(*found.lines(), sep="\n")
    if not found.complete:
        raise typer.Exit(ExitCode.NOT_MEASURED)


def fetched(store: str, reports: Path) -> bool:
    """Fetch what is new, if there is a store; whether all of it is here now, and agrees.

    What is said goes to standard error, as the command's own output may be read by a machine.
    """
    if not store:
        return True
    from harness.remote import StoreError, fetch, open_store

    try:
        found = fetch(open_store(store), reports, Progress().say)
    except StoreError as error:
        raise type(error)(f"{error}. Without --store, only what is in {reports} counts") from None
    print(*found.lines(), sep="\n", file=sys.stderr)
    return found.complete


def send_runs(store: str, reports: Path) -> bool:
    """Send the runs that are not in the store yet, if there is one; whether that went well."""
    if not store:
        return True
    from harness.remote import StoreError, open_store, push_runs

    try:
        push_runs(open_store(store), reports / "history")
    except StoreError as error:
        print(f"sameseed: the run was not sent: {error}", file=sys.stderr)
        return False
    return True


@dataclass
class _Sent:
    """ended: called with the path of each record. failure: why not all was sent, or ""."""

    ended: Callable[[Path], None] = lambda _record: None
    failure: str = ""


@contextmanager
def sending(
    store: str, reports: Path, environment: str, say: Callable[[str], None]
) -> Iterator[_Sent]:
    """Send the environment's records of this machine while the block measures it, and after it."""
    sent = _Sent()
    if not store:
        yield sent
        return
    from harness.machine import this_machine
    from harness.remote import Sending, of_environment, open_store

    to = open_store(store)
    work = Sending(to, reports / "data", say)
    sent.ended = work.ended
    try:
        yield sent
        work.finish(of_environment(reports / "data", this_machine().id, environment))
    except BaseException:
        work.stop()
        raise
    sent.failure = work.failure
    if sent.failure:
        where = "" if reports == REPORTS else f" --reports {reports}"
        say(
            f"NOT SENT: the records are in {reports}. To send them: sameseed push{where} {to.shown}"
        )
