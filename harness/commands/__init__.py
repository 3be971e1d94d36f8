"""The commands: thin edges that read options, call one function, and turn the outcome into a code.

One module per group of commands; `harness.cli` imports them all, and importing one registers what
it has. What a command needs beyond the plan is imported when it runs, so that `--help` is quick.
"""

from __future__ import annotations

import gc
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Iterator

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
StoreOption = Annotated[
    str,
    typer.Option(
        "--store",
        metavar="URL",
        envvar="SAMESEED_STORE",
        help="Where records of many machines come together: a folder, s3://bucket/prefix, gs://…",
        show_default=False,
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="For machines.")]

MATRIX = Path("matrix.yaml")
REPORTS = Path("reports")


@contextmanager
def uncollected() -> Iterator[None]:
    """Python does not look for garbage inside: a large report makes millions of objects that stay.

    Looking through them again and again takes a quarter of the analysis.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
