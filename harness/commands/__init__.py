"""The commands: thin edges that read options, call one function, and turn the outcome into a code.

One module per group of commands; `harness.cli` imports them all, and importing one registers what
it has. What a command needs beyond the plan is imported when it runs, so that `--help` is quick.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer.core import TyperGroup

if TYPE_CHECKING:
    from collections.abc import Collection

# As `--help` lists them: in the order in which people need them. Others would follow.
_ORDER = (
    *("plan", "lock", "probe", "run", "report", "check", "baseline", "history"),
    *("reproduce", "diff", "merge", "push", "pull", "scenarios"),
)


class _InOrder(TyperGroup):
    def list_commands(self, ctx: object) -> list[str]:  # noqa: ARG002, typer gives it
        known = [name for name in _ORDER if name in self.commands]
        return [*known, *(name for name in self.commands if name not in known)]


app = typer.Typer(
    name="sameseed",
    cls=_InOrder,
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


def named(text: str, known: Collection[str], what: str) -> list[str]:
    """The names in `a,b`, each once. Refuses what is not known."""
    names = list(dict.fromkeys(name.strip() for name in text.split(",")))
    if unknown := [name for name in names if name not in known]:
        raise typer.BadParameter(
            f"there are no {what} {unknown[0]!r}: write some of {','.join(known)}"
        )
    return names


def lock_path(matrix: Path) -> Path:
    """Where the lock of a matrix lies: beside it."""
    return matrix.with_suffix(".lock")
