"""What `sameseed run` does: what is to be measured, on which workers, and what is left of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from harness.cluster import INCOMING, ClusterError
from harness.cluster.bundle import pack
from harness.cluster.connection import connected, workers
from harness.cluster.events import Events
from harness.cluster.incoming import Incoming
from harness.cluster.missing import forget_missing
from harness.cluster.project import Project, about_us
from harness.cluster.run import Run
from harness.cluster.units import Measured, on_each, units
from harness.lock import Lock
from harness.matrix import load_matrix
from harness.plan import load_plan
from harness.report.words import count

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from harness.cluster.connection import Worker
    from harness.cluster.units import Spread, Unit
    from harness.plan import Plan

_KNOWN_BYTES = 64 * 2**20  # of records that go out with a unit, so that they need not be measured


def audit(
    address: str,
    matrix: Path,
    lock: Path,
    profile: str,
    reports: Path,
    *,
    fresh: bool,
    spread: Spread,
    wait: float,
    say: Callable[[str], None],
) -> None:
    """Measure a profile on a cluster, into `reports/data`.

    Raises `ClusterError` where nothing can be measured; `LockError`, `MatrixError`.
    """
    plan = load_plan(matrix, profile)
    bundle = pack(matrix, lock, plan.scenario_files)
    platforms = load_matrix(matrix).platforms
    reports.mkdir(parents=True, exist_ok=True)
    guard = FileLock(reports / f".{INCOMING}.lock")
    try:
        guard.acquire(timeout=0)
    except Timeout:
        raise ClusterError(
            f"another `sameseed run` writes to {reports}: wait for it, or name another folder with "
            "--reports"
        ) from None
    with guard, connected(address, say) as client:
        fit, unfit = workers(client, about_us(), wait)
        if unfit:
            raise ClusterError("\n".join(unfit))
        incoming = Incoming(reports / INCOMING, reports)
        measured = Measured(plan, Lock.load(lock), platforms, reports / "data")
        staged = [
            Measured(plan, Lock.load(lock), platforms, folder / "data")
            for folder in incoming.folders()
        ]
        planned = units(plan)
        if spread == "machine":
            planned = on_each(planned, sorted({each.machine for each in fit}))
        todo = [unit for unit in planned if fresh or not measured.is_done(unit)]
        forget_missing([cell for unit in todo for cell in unit.cells], measured.data)
        _begin(plan, planned, todo, fit, say)
        known = {} if fresh else dict(_known(todo, [measured, *staged]))
        run = Run(
            client, Project(plan, bundle, known), incoming, measured, fresh, wait, Events(say)
        )
        if staged:
            say(f"{count(len(staged), 'attempt')} of an earlier run that did not end: going on")
        try:
            done = run.measure(todo, fit)
        except BaseException:
            incoming.tidy()
            if kept := incoming.records():
                say(f"{count(kept, 'finished trial')} kept in {incoming.folder}: go on with --dask")
            raise
        before = {cell for unit in planned if unit not in todo for cell in unit.cells}
        run.events.merged(incoming.rest(done | before))
        incoming.tidy()
        _end(planned, measured, say)


def _known(todo: list[Unit], places: list[Measured]) -> Iterator[tuple[str, bytes]]:
    """Records of units that are measured in part: a worker of that machine goes on from there."""
    size = 0
    for unit in todo:
        for place in places:
            for record in place.records(unit):
                content = record.read_bytes()
                size += len(content)
                if size > _KNOWN_BYTES:
                    return
                yield record.relative_to(place.data).as_posix(), content


def _begin(
    plan: Plan,
    planned: tuple[Unit, ...],
    todo: list[Unit],
    fit: list[Worker],
    say: Callable[[str], None],
) -> None:
    machines = {each.machine for each in fit}
    trials = sum(len(unit.cells) for unit in todo) * plan.trials
    there = len(planned) - len(todo)
    say(
        f"{count(len(fit), 'worker')} on {count(len(machines), 'machine')}, "
        f"{sum(each.gpu for each in fit)} with a GPU; {count(len(todo), 'unit')} to measure, "
        f"{count(trials, 'trial')}" + (f"; {there} measured already" if there else "")
    )


def _end(planned: tuple[Unit, ...], measured: Measured, say: Callable[[str], None]) -> None:
    """Say so where the report will compare less than somebody may think."""
    where = [frozenset(measured.machines(unit)) for unit in planned]
    if len(where) > 1 and not frozenset.intersection(*where) and any(where):
        machines = frozenset().union(*where)
        if len(machines) > 1:
            say(
                f"The environments were measured on {len(machines)} machines. They are compared "
                "with each other only where one machine measured both, or where the machines share "
                "a label (SAMESEED_MACHINE; docs/machines.md); --spread machine has each measure "
                "all"
            )
