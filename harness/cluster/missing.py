"""Cells that no worker measured, as records with the reason: rows of the report, not gaps in it.

They lie under a machine of their own, `cluster`, which never measured anything; they go when the
cells are measured.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from harness.assignments import assignments
from harness.launch import header, write_failure
from harness.machine import Machine

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from harness.plan import Plan

NOWHERE = Machine(
    id="cluster",
    label="no worker",
    cpu="",
    isa="",
    arch="",
    cores=0,
    os="",
    libc="",
    gpu="",
    gpu_driver="",
)


def write_missing(
    plan: Plan, cells: Collection[str], data: Path, status: str, message: str
) -> None:
    """Write the reason once for each cell. data: the folder of records."""
    told = set()
    for environment in plan.environments:
        for entry in assignments(plan, environment, "", data / NOWHERE.id):
            if entry.cell.id in cells and entry.cell not in told:
                write_failure(entry, header(plan, entry, NOWHERE, ""), status, message)
                told.add(entry.cell)


def forget_missing(cells: Collection[str], data: Path) -> None:
    """Remove what was written about these cells."""
    for cell in cells:
        shutil.rmtree(data / NOWHERE.id / cell, ignore_errors=True)
    place = data / NOWHERE.id
    if place.is_dir() and not any(place.iterdir()):
        place.rmdir()
