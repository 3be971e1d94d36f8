"""Which trials are still to be measured: the plan against the record files, nothing else.

A trial counts as done while its record was made from the same inputs (`inputs_digest`) and ended
well. So a killed run loses only the trials in flight, and an unchanged matrix measures nothing.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from harness import records
from harness.errors import RecordError
from harness.probe import schema

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.plan import Cell, Environment, Plan, Setting

_PACKAGE = Path(__file__).parent


@dataclass(frozen=True)
class Assignment:
    """One trial to measure, and the file its record belongs in."""

    cell: Cell
    setting: Setting
    trial: int  # from 1
    inputs: str
    record: Path


def assignments(
    plan: Plan, environment: Environment, content: str, folder: Path
) -> tuple[Assignment, ...]:
    """All trials of an environment's planned cells, excluded ones left out.

    content: digest of what is installed. folder: `reports/data/<machine>`.
    """
    return tuple(
        Assignment(
            cell=cell,
            setting=setting,
            trial=trial,
            inputs=inputs_digest(plan, environment, setting, cell.device, content),
            record=folder / cell.id / f"{trial}.jsonl",
        )
        for cell in plan.cells
        if cell.environment == environment.id and not cell.excluded
        for setting in (plan.setting(cell.setting),)
        for trial in range(1, plan.trials + 1)
    )


def pending(planned: tuple[Assignment, ...], *, fresh: bool) -> tuple[Assignment, ...]:
    """The assignments without a good record; all of them when `fresh`."""
    return tuple(entry for entry in planned if fresh or not is_done(entry))


def is_done(assignment: Assignment) -> bool:
    """Whether the record file holds a whole, good trial made from the same inputs.

    A scenario that crashed or ran out of time is worth another try; one that raised is not.
    """
    try:
        trial = records.read(assignment.record)
    except (OSError, RecordError):
        return False
    again = {schema.CRASH, schema.TIMEOUT}
    return (
        trial.header.inputs == assignment.inputs
        and trial.end.status == schema.OK
        and not any(observation.status in again for observation in trial.observations)
    )


def inputs_digest(
    plan: Plan, environment: Environment, setting: Setting, device: str, content: str
) -> str:
    """SHA-256 over everything that decides what a trial measures.

    The number of trials is not in it: one more trial leaves the others valid.
    """
    parts = {
        "format": schema.FORMAT,
        "suite": suite_digest(plan.scenario_files),
        "keras": environment.keras,
        "content": content,
        "backend": environment.backend,
        "env": dict(sorted(setting.env.items())),
        "threads": setting.threads,
        "device": device,
        "scenarios": plan.scenarios,
        "seconds": plan.scenario_seconds,
    }
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


@cache
def suite_digest(files: tuple[str, ...] = ()) -> str:
    """SHA-256 over the source of the probe and the scenarios: change one, and all is measured.

    files: the user's own scenario files, whose content counts, not their place.
    """
    total = hashlib.sha256()
    sources = [(path.relative_to(_PACKAGE).as_posix(), path) for path in sorted(_sources())]
    for name, path in (*sources, *((Path(file).name, Path(file)) for file in files)):
        total.update(name.encode() + b"\0")
        total.update(path.read_bytes().replace(b"\r\n", b"\n") + b"\0")
    return total.hexdigest()


def edited(files: tuple[str, ...] = ()) -> bool:
    """Whether the suite's source is no longer what `suite_digest` saw when it was first asked."""
    try:
        return suite_digest.__wrapped__(files) != suite_digest(files)
    except OSError:  # a file is gone
        return True


def _sources() -> Iterator[Path]:
    for folder in ("probe", "scenarios"):
        yield from (_PACKAGE / folder).rglob("*.py")
