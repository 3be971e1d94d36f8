"""The client's side of a run: units go out, records come in, and each unit ends in one way.

A unit is *complete* when its task returned and every message of that attempt was heard; the cluster
runs a task again elsewhere when its worker dies. One that nobody can run, or that killed too many
workers, becomes rows that say so. Nothing is merged of a unit before it is complete, so that this
process can end at any time: what came is staged, and the next run takes it up.
"""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from distributed import Event, Queue
from distributed.comm.core import CommClosedError
from distributed.scheduler import KilledWorker

from harness import records
from harness.assignments import suite_digest
from harness.cluster import LINE, ClusterError, worker
from harness.cluster.bundle import digest
from harness.cluster.connection import GPU, addresses, workers
from harness.cluster.missing import forget_missing, write_missing
from harness.cluster.units import without_gpu
from harness.errors import RecordError
from harness.probe import schema
from harness.report.words import count

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from distributed import Client, Future

    from harness.cluster.connection import Worker
    from harness.cluster.incoming import Attempt, Incoming
    from harness.cluster.outbox import Message
    from harness.cluster.units import Unit
    from harness.merge import Outcome
    from harness.plan import Plan

LOST = (CommClosedError, TimeoutError, ConnectionError)  # what Dask raises without a connection

_POLL = 0.2  # seconds
_LOOK = 2.0  # seconds between two looks at who is there
_LATE = 60.0  # seconds for the last messages of a task that ended
_GOODBYE = 30.0  # seconds for workers to end what they run, when we are interrupted


@dataclass
class _Open:
    """A unit that was sent and has not ended."""

    unit: Unit
    future: Future[dict[str, Any]]
    since: float | None = None  # when we last saw that no worker can run it
    ended: float | None = None  # when its task did


@dataclass
class Run:
    """One run of `sameseed run`."""

    client: Client
    plan: Plan
    bundle: bytes
    incoming: Incoming
    data: Path
    known: Mapping[str, bytes]  # path below data → record; a worker need not measure it again
    wait: float  # seconds that a unit waits for a worker that can run it
    say: Callable[[str], None]
    _units: list[Unit] = field(default_factory=list)
    _open: dict[int, _Open] = field(default_factory=dict)
    _fit: list[Worker] = field(default_factory=list)
    _launches: set[tuple[str, str, str]] = field(default_factory=set)  # machine or "", cell, trial
    _planned: int = 0
    _told: set[str] = field(default_factory=set)
    _looked: float = 0.0

    def __post_init__(self) -> None:
        self._name = f"sameseed-{uuid.uuid4().hex}"
        self._queue = Queue(self._name, client=self.client, maxsize=worker.MESSAGES)
        self._stop = Event(f"{self._name}-stop", client=self.client)

    def measure(self, units: Sequence[Unit], fit: Sequence[Worker]) -> set[str]:
        """Measure units on workers that were found fit; returns the cells that were completed.

        Interrupted, it has the workers end what they run, and takes what they still send.
        """
        self._fit = list(fit)
        self._planned = sum(len(unit.cells) for unit in units) * self.plan.trials
        done: set[str] = set()
        try:
            for unit in units:
                self._submit(unit)
            while self._open:
                heard = self._hear()
                for number in list(self._open):
                    done.update(self._look_at(number))
                self._look_for_workers()
                if not heard:
                    time.sleep(_POLL)
            return done
        except LOST as error:
            raise ClusterError(
                f"the connection to the scheduler was lost ({error}): what came is kept, and the "
                "same command goes on"
            ) from error
        finally:
            self._end()

    def _submit(self, unit: Unit, only: Sequence[str] = ()) -> None:
        number = len(self._units)
        self._units.append(unit)
        task = {
            "unit": number,
            "environments": unit.environments,
            "devices": ",".join(unit.devices),
            "profile": self.plan.profile,
            "bundle": self.bundle,
            "digest": digest(self.bundle),
            "known": {
                path: content
                for path, content in self.known.items()
                if path.split("/")[1] in unit.cells
            },
            "queue": self._name,
            "stop": f"{self._name}-stop",
            **about_us(),
        }
        there = [each.address for each in self._fit if each.machine == unit.machine]
        future = self.client.submit(
            worker.measure,
            task,
            key=f"{self._name}-{number}",
            pure=False,
            resources={GPU: 1} if unit.gpu else None,
            workers=there if unit.machine else list(only) or None,
        )
        self._open[number] = _Open(unit, future)

    def _hear(self) -> bool:
        messages: list[Message] = self._queue.get(batch=True)
        for message in messages:
            try:
                attempt, record = self.incoming.receive(message, self._units)
            except RecordError as error:
                self.say(f"REFUSED: {error}")
                continue
            unit = self._units[attempt.unit]
            if message["kind"] == LINE and message["text"]:
                self.say(f"{unit.name}  {attempt.worker}: {str(message['text'])[:500]}")
            if message["number"] == 0:
                self.say(f"{unit.name}  {attempt.worker} on machine {attempt.machine}: begun")
            if record:
                self._tell(attempt, unit, record)
        return bool(messages)

    def _tell(self, attempt: Attempt, unit: Unit, path: Path) -> None:
        cell = path.parent.name
        self._launches.add((unit.machine, cell, path.stem))
        try:
            end = records.read(path).end
        except RecordError as error:
            self.say(f"{unit.name}  REFUSED: {error}")
            return
        status = end.status if end.status == schema.OK else f"{end.status.upper()}: {end.message}"
        self.say(
            f"{unit.name}  {attempt.worker}: {cell.partition('.')[2]} trial {path.stem} {status:.300}"
            f" ({count(end.observations, 'scenario')}, {end.seconds:.0f} s), "
            f"{len(self._launches)} of {self._planned} trials"
        )

    def _look_at(self, number: int) -> tuple[str, ...]:
        """End a unit whose task ended; returns its cells if it was completed."""
        entry = self._open[number]
        if not entry.future.done():
            return ()
        if entry.future.status != "finished":
            self._failed(number, _reason(entry.future))
            return ()
        result: dict[str, Any] = entry.future.result()
        if why := result.get("refused"):
            self._refused(number, why)
            return ()
        attempt = self.incoming.attempts.get(result["attempt"])
        if attempt is None or not (attempt.ended or attempt.refused):
            entry.ended = entry.ended or time.monotonic()
            if time.monotonic() - entry.ended > _LATE:
                self._failed(number, "the last messages of the worker did not arrive")
            return ()
        if attempt.refused:
            self._failed(
                number, f"what worker {attempt.worker} sent is not whole: {attempt.refused}"
            )
            return ()
        self._completed(number, attempt)
        return entry.unit.cells

    def _completed(self, number: int, attempt: Attempt) -> None:
        unit = self._open.pop(number).unit
        there = {path.parent.name for path in attempt.folder.glob("data/*/*/*.jsonl")}
        there |= {path.split("/")[1] for path in self.known if path.startswith(attempt.machine)}
        forget_missing(unit.cells, self.data)
        self.tell(self.incoming.complete(attempt, unit, _silent))
        if lost := [cell for cell in unit.cells if cell not in there]:
            why = (
                f"the session on worker {attempt.worker} left no record (exit code {attempt.code})"
            )
            self.say(f"{unit.name}  ERROR: {why}\n{attempt.log}")
            self._missing(lost, schema.ERROR, f"{why}: {attempt.log[-1500:]}")
        self.say(f"{unit.name}  {attempt.worker}: done; {count(len(self._open), 'unit')} to go")

    def _failed(self, number: int, why: str) -> None:
        unit = self._open.pop(number).unit
        self.say(f"{unit.name}  CRASH: {why}")
        self._missing(unit.cells, schema.CRASH, why)

    def _refused(self, number: int, why: str) -> None:
        """A worker that came later is not fit: send the unit to those that are."""
        if why not in self._told:
            self._told.add(why)
            self.say(why)
        unit = self._open.pop(number).unit
        self._fit, _ = workers(self.client, about_us(), self.wait)
        able = [each for each in self._fit if each.gpu or not unit.gpu]
        if unit.machine:
            able = [each for each in able if each.machine == unit.machine]
        if able:
            self._submit(unit, [each.address for each in able])
        else:
            self._missing(unit.cells, schema.CRASH, f"no worker is fit to measure it: {why}")

    def _look_for_workers(self) -> None:
        """Give up what no worker can run for too long; nothing waits for ever."""
        now = time.monotonic()
        if now - self._looked < _LOOK:
            return
        self._looked = now
        everybody, with_gpu = addresses(self.client), addresses(self.client, gpu=True)
        machines = {each.address: each.machine for each in self._fit}
        for number, entry in list(self._open.items()):
            unit = entry.unit
            able = set(with_gpu if unit.gpu else everybody)
            if unit.machine:
                able = {each for each in able if machines.get(each) == unit.machine}
            if able or entry.future.done():
                entry.since = None
                continue
            entry.since = entry.since or now
            if now - entry.since >= self.wait:
                self._give_up(number, anybody=bool(everybody))

    def _give_up(self, number: int, *, anybody: bool) -> None:
        entry = self._open[number]
        if not (entry.unit.gpu and anybody):
            entry.future.cancel()
            self._failed(number, f"no worker that can measure it for {self.wait:g} s")
            return
        del self._open[number]
        entry.future.cancel()
        rest, cells = without_gpu(self.plan, entry.unit)
        why = f"no worker announces the resource {GPU} (`dask worker … --resources {GPU}=1`)"
        if why not in self._told:
            self._told.add(why)
            self.say(f"{why}: GPU cells are not measured")
        self._missing(cells, schema.DEVICE_MISSING, why)
        for unit in rest:
            self._submit(unit)

    def _missing(self, cells: Sequence[str], status: str, why: str) -> None:
        write_missing(self.plan, cells, self.data, status, why)

    def tell(self, outcomes: Sequence[Outcome]) -> None:
        """What a merge refused, or found in conflict."""
        for outcome in outcomes:
            for source in outcome.sources:
                for place, why in source.refused:
                    self.say(f"REFUSED: {place}: {why}")
            for conflict in outcome.conflicts:
                self.say(f"CONFLICT: {conflict}")

    def _end(self) -> None:
        """Have the workers end what they still run, hear them out, and leave nothing behind."""
        try:
            self._stop.set()
            deadline = time.monotonic() + _GOODBYE
            while self._running() and time.monotonic() < deadline:
                if not self._hear():
                    time.sleep(_POLL)
            for entry in self._open.values():
                entry.future.cancel()
            self._queue.close()
        except LOST:
            pass  # the scheduler is gone, and workers end without it

    def _running(self) -> bool:
        """Whether a worker that is there still runs an attempt of ours."""
        for entry in self._open.values():
            if entry.future.status == "pending" and not self._begun(entry):
                entry.future.cancel()
        there, now = addresses(self.client), time.monotonic()
        return any(
            not attempt.ended
            and not attempt.refused
            and attempt.address in there
            and now - attempt.heard_at < _GOODBYE
            for attempt in self.incoming.attempts.values()
        )

    def _begun(self, entry: _Open) -> bool:
        return any(
            self._units[attempt.unit] is entry.unit for attempt in self.incoming.attempts.values()
        )


def about_us() -> dict[str, str]:
    """What a worker must have, too."""
    return {"version": worker.version(), "suite": suite_digest()}


def _reason(future: Future[Any]) -> str:
    """Why a task gave no result."""
    if future.status == "cancelled" or future.status == "lost":
        return "the scheduler forgot it: it was started again, or somebody cancelled it"
    error = future.exception()
    if isinstance(error, KilledWorker):
        return (
            f"{error.allowed_failures + 1} workers died while they measured it; the last was "
            f"{error.last_worker.address}. Their logs say more"
        )
    return f"{type(error).__name__}: {error}"[:2_000]


def _silent(_: str) -> None:
    """Staged folders are small: a merge of one needs no progress."""
