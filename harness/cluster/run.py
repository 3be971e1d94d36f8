"""The client's side of a run: units go out, records come in, and each unit ends in one way.

A unit is *complete* when its task returned and every message of that attempt was heard; the cluster
runs a task again elsewhere when its worker dies. One that nobody can run, or that killed too many
workers, becomes rows that say so. Nothing is merged of a unit before it is complete, so that this
process can end at any time: what came is staged, and the next run takes it up.
"""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from harness.cluster import ClusterError, worker
from harness.cluster.channel import Channel
from harness.cluster.connection import GPU, LOST, addresses, host, reason, workers
from harness.cluster.missing import forget_missing, write_missing
from harness.cluster.project import about_us
from harness.cluster.units import without_gpu
from harness.probe import schema
from harness.report.words import count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from distributed import Client, Future

    from harness.cluster.connection import Worker
    from harness.cluster.events import Events
    from harness.cluster.incoming import Attempt, Incoming
    from harness.cluster.project import Project
    from harness.cluster.units import Measured, Unit

_LOOK = 2.0  # seconds between two looks at who is there
_LATE = 60.0  # seconds for the last messages of a task that ended


@dataclass
class _Open:
    """A unit that was sent and has not ended. only: addresses or hosts; any, where it is empty."""

    unit: Unit
    future: Future[dict[str, Any]]
    only: tuple[str, ...]
    since: float | None = None  # when we first saw that no worker can run it
    ended: float | None = None  # when its task did


@dataclass
class Run:
    """One run. wait: seconds that a unit waits for a worker."""

    client: Client
    project: Project
    incoming: Incoming
    measured: Measured
    fresh: bool
    wait: float
    events: Events
    _open: dict[int, _Open] = field(default_factory=dict)
    _looked: float = 0.0

    def __post_init__(self) -> None:
        self._channel = Channel(self.client, self.incoming, self.events)

    def measure(self, units: Sequence[Unit], fit: Sequence[Worker]) -> set[str]:
        """Measure units on workers that were found fit; returns the cells that were completed.

        Interrupted, it has the workers end what they run, and takes what they still send.
        """
        self.events.plan(units, self.project.plan.trials, self.project.known)
        done: set[str] = set()
        try:
            for unit in units:
                hosts = {host(each.address) for each in fit if each.machine == unit.machine}
                self._submit(unit, sorted(hosts))
            while self._open:
                self._channel.hear()
                for number in list(self._open):
                    done.update(self._look_at(number))
                self._look_for_workers()
            self._end()
            return done
        except LOST as error:  # workers end without us
            raise ClusterError(
                f"the connection to the scheduler was lost ({error}): what came is kept, and the "
                "same command goes on"
            ) from error
        except BaseException:
            with suppress(*LOST):
                self._end()
            raise

    def _submit(self, unit: Unit, only: Sequence[str] = ()) -> None:
        task = self.project.task(unit, self._channel)
        future = self.client.submit(
            worker.measure,
            task,
            key=f"{self._channel.name}-{task['unit']}",
            pure=False,
            resources={GPU: 1} if unit.gpu else None,
            workers=list(only) or None,
        )
        self._open[task["unit"]] = _Open(unit, future, tuple(only))

    def _look_at(self, number: int) -> tuple[str, ...]:
        """End a unit whose task ended; returns its cells if it was completed."""
        entry = self._open[number]
        if not entry.future.done():
            return ()
        if entry.future.status != "finished":
            if self.client.status != "running":  # then all futures are cancelled, in this process
                raise ConnectionError("it does not answer")
            self._failed(number, reason(entry.future))
            return ()
        result: dict[str, Any] = entry.future.result()
        if why := result.get("refused"):
            self._refused(number, why)
            return ()
        attempt = self.incoming.attempts.get(result["attempt"])
        if attempt and attempt.refused:
            self._failed(number, f"worker {attempt.worker} sent too little: {attempt.refused}")
        elif attempt and attempt.ended:
            self._completed(number, attempt)
            return entry.unit.cells
        else:
            entry.ended = entry.ended or time.monotonic()
            if time.monotonic() - entry.ended > _LATE:
                self._failed(number, "the last messages of its worker did not arrive")
        return ()

    def _completed(self, number: int, attempt: Attempt) -> None:
        unit = self._open.pop(number).unit
        there = {path.parent.name for path in attempt.folder.glob("data/*/*/*.jsonl")}
        for path in self.project.known_of(unit):
            machine, cell, _ = path.split("/")
            there |= {cell} if machine == attempt.machine else set()
        forget_missing(unit.cells, self.measured.data)
        self.events.merged(self.incoming.complete(attempt, unit))
        if lost := [cell for cell in unit.cells if cell not in there]:
            why = f"the session on {attempt.worker} left no record (exit code {attempt.code})"
            self.events.say(f"{unit.name}  ERROR: {why}\n{attempt.log}")
            self._missing(lost, schema.ERROR, f"{why}: {attempt.log[-1500:]}")
        left = count(len(self._open), "unit")
        self.events.say(f"{unit.name}  {attempt.worker}: done; {left} to go")

    def _failed(self, number: int, why: str) -> None:
        unit = self._open.pop(number).unit
        self.events.say(f"{unit.name}  CRASH: {why}")
        self._missing(unit.cells, schema.CRASH, why)

    def _refused(self, number: int, why: str) -> None:
        """A worker that came later is not fit: send the unit to those that are."""
        self.events.once(why)
        entry = self._open.pop(number)
        fit, _ = workers(self.client, about_us(), self.wait)
        able = [
            each.address
            for each in fit
            if (each.gpu or not entry.unit.gpu) and entry.unit.machine in ("", each.machine)
        ]
        if able:
            self._submit(entry.unit, able)
        else:
            self._missing(entry.unit.cells, schema.CRASH, f"no other worker can measure it: {why}")

    def _look_for_workers(self) -> None:
        """Give up what no worker can run for too long; nothing waits for ever."""
        now = time.monotonic()
        if now - self._looked < _LOOK:
            return
        self._looked = now
        everybody, with_gpu = addresses(self.client), addresses(self.client, gpu=True)
        for number, entry in list(self._open.items()):
            able = [
                address
                for address in (with_gpu if entry.unit.gpu else everybody)
                if not entry.only or {address, host(address)}.intersection(entry.only)
            ]
            if able or entry.future.done():
                entry.since = None
                continue
            entry.since = entry.since or now
            if now - entry.since >= self.wait:
                entry.future.cancel()
                self._give_up(number, anybody=bool(everybody))

    def _give_up(self, number: int, *, anybody: bool) -> None:
        entry = self._open[number]
        if not (entry.unit.gpu and anybody):
            self._failed(number, f"no worker that can measure it for {self.wait:g} s")
            return
        del self._open[number]
        rest, cells = without_gpu(self.project.plan, entry.unit)
        why = f"no worker announces the resource {GPU} (`dask worker … --resources {GPU}=1`)"
        self.events.once(f"{why}: GPU cells are not measured")
        self._missing(cells, schema.DEVICE_MISSING, why)
        for unit in rest:
            if self.fresh or not self.measured.is_done(unit):
                self._submit(unit, entry.only)

    def _missing(self, cells: Sequence[str], status: str, why: str) -> None:
        write_missing(self.project.plan, cells, self.measured.data, status, why)

    def _end(self) -> None:
        """Leave nothing behind: neither tasks that wait, nor sessions that run."""
        begun = {attempt.unit for attempt in self.incoming.attempts.values()}
        for number, entry in self._open.items():
            if number not in begun:
                entry.future.cancel()
        self._channel.end()
        for entry in self._open.values():
            entry.future.cancel()
