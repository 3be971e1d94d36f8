"""What workers send, from their folder into the client's, and what becomes of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.cluster import outbox
from harness.cluster.incoming import Attempt, Incoming
from harness.cluster.outbox import Message, Outbox
from harness.cluster.units import Unit
from harness.errors import RecordError
from tests.unit.analysis.builder import Recorder

UNIT = Unit(("tf1",), ("cpu",), ("tf1.default.cpu",))
CELL = "tf1.default.cpu"
ONE, TWO = "1" * 32, "2" * 32


@dataclass
class Worker:
    """An attempt, from the worker's side: real records, real messages."""

    folder: Path
    incoming: Incoming
    attempt: str = ONE
    machine: str = "m1"
    number: int = 0
    units: tuple[Unit, ...] = (UNIT,)
    told: list[Path] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.outbox = Outbox(self.folder)
        self.say(kind="begin", unit=0, worker="w", address="tcp://x:1", machine=self.machine)

    def say(self, **message: Any) -> Attempt:
        content: Message = {"attempt": self.attempt, "number": self.number, **message}
        self.number += 1
        attempt, record = self.incoming.receive(content, self.units)
        if record:
            self.told.append(record)
        return attempt

    def measure(self, trial: int, value: float = 1.0) -> None:
        arrays = {"recipes/x": {"w": np.full(3, value), "b": np.zeros(2)}}
        Recorder(self.folder).trial("tf1", trial, arrays, machine=self.machine)

    def send(self) -> None:
        for message in self.outbox.due():
            self.say(**message)

    def end(self) -> Attempt:
        return self.say(kind="end", code=0, log="")


@pytest.fixture
def incoming(tmp_path: Path) -> Incoming:
    return Incoming(tmp_path / "reports" / "incoming", tmp_path / "reports")


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith(".")
    }


def test_a_unit_arrives_byte_for_byte(
    tmp_path: Path, incoming: Incoming, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "PIECE_BYTES", 100)  # so that everything comes in pieces
    worker = Worker(tmp_path / "worker", incoming)
    for trial in (1, 2):
        worker.measure(trial)
        worker.send()
    (outcome,) = incoming.complete(worker.end(), UNIT)

    assert files(tmp_path / "reports" / "data") == files(tmp_path / "worker")
    assert [path.name for path in worker.told] == ["1.jsonl", "2.jsonl"]
    assert outcome.sources[0].refused == []
    assert not incoming.folders()


def test_arrays_come_before_the_record_that_names_them_and_once(
    tmp_path: Path, incoming: Incoming
) -> None:
    worker = Worker(tmp_path / "worker", incoming)
    worker.measure(1)
    paths = [message["path"] for message in worker.outbox.due()]

    assert [path.startswith("objects/") for path in paths] == [True, True, False]
    worker.measure(2)
    assert [message["path"] for message in worker.outbox.due()] == [f"m1/{CELL}/2.jsonl"]


def test_a_trial_in_flight_is_not_sent(tmp_path: Path, incoming: Incoming) -> None:
    worker = Worker(tmp_path / "worker", incoming)
    worker.measure(1)
    record = tmp_path / "worker" / "m1" / CELL / "1.jsonl"
    record.rename(record.with_suffix(".jsonl.part"))

    assert list(worker.outbox.due()) == []


def test_an_attempt_that_died_is_dropped_when_another_completes(
    tmp_path: Path, incoming: Incoming
) -> None:
    dead = Worker(tmp_path / "dead", incoming)
    dead.measure(1, 7.0)
    dead.send()
    other = Worker(tmp_path / "other", incoming, attempt=TWO, machine="m2")
    for trial in (1, 2):
        other.measure(trial)
    other.send()
    incoming.complete(other.end(), UNIT)

    incoming.rest(UNIT.cells)

    assert files(tmp_path / "reports" / "data") == files(tmp_path / "other")
    assert not incoming.folders()


def test_what_a_worker_did_not_measure_again_is_taken_from_before(
    tmp_path: Path, incoming: Incoming
) -> None:
    before = Worker(tmp_path / "before", incoming)
    before.measure(1, 7.0)
    before.send()
    after = Worker(tmp_path / "after", incoming, attempt=TWO)
    after.measure(2)
    after.send()
    incoming.complete(after.end(), UNIT)

    expected = {**files(tmp_path / "before"), **files(tmp_path / "after")}
    assert files(tmp_path / "reports" / "data") == expected


def test_what_nobody_completed_is_kept_as_far_as_it_came(
    tmp_path: Path, incoming: Incoming
) -> None:
    worker = Worker(tmp_path / "worker", incoming)
    worker.measure(1)
    worker.send()
    worker.measure(2)
    half = next(iter(worker.outbox.due()))
    worker.say(**{**half, "last": False})
    again = Incoming(incoming.folder, tmp_path / "reports")  # another process
    again.rest(())

    assert set(files(tmp_path / "reports" / "data")) == set(files(tmp_path / "worker")) - {
        f"m1/{CELL}/2.jsonl"
    }
    again.tidy()
    assert not incoming.folder.exists()


def test_a_message_that_came_twice_counts_once_and_one_that_is_missing_is_said(
    tmp_path: Path, incoming: Incoming
) -> None:
    worker = Worker(tmp_path / "worker", incoming)
    worker.measure(1)
    messages = list(worker.outbox.due())
    worker.say(**messages[0])
    worker.number -= 1
    worker.say(**messages[0])
    worker.number += 1
    attempt = worker.say(**messages[2])

    assert attempt.refused == "message 2 is missing"
    assert not worker.told


@pytest.mark.parametrize(
    "path",
    [
        "../../etc/1.jsonl",
        "/etc/passwd",
        f"m2/{CELL}/1.jsonl",  # another machine than it said
        "m1/tf2.default.cpu/1.jsonl",  # another cell than it was asked for
        f"m1/{CELL}/x.jsonl",
        f"m1/{CELL}/1.jsonl.part",
        "objects/aa/../../x.npy",
        f"objects/ab/{'a' * 64}.npy",
        f"objects/aa/{'a' * 64}.npy\n",
        "../history/x",
    ],
)
def test_no_name_leads_anywhere_else(path: str, tmp_path: Path, incoming: Incoming) -> None:
    worker = Worker(tmp_path / "worker", incoming)
    before = files(tmp_path)

    with pytest.raises(RecordError, match="what cannot be understood"):
        worker.say(kind="piece", path=path, start=0, last=True, data=b"x")
    assert files(tmp_path) == before
    assert incoming.attempts[ONE].refused


@pytest.mark.parametrize(
    "change",
    [
        {"attempt": "../x"},
        {"attempt": "a" * 31},
        {"unit": 1},
        {"unit": True},
        {"machine": "../m"},
        {"machine": ""},
        {"kind": "piece"},
    ],
)
def test_an_attempt_that_makes_no_sense_is_none(change: dict[str, Any], incoming: Incoming) -> None:
    begin = {"attempt": ONE, "number": 0, "kind": "begin", "unit": 0}
    where = {"worker": "w", "address": "tcp://x:1", "machine": "m1"}

    with pytest.raises(RecordError):
        incoming.receive({**begin, **where, **change}, (UNIT,))
    assert not incoming.attempts


def test_a_damaged_array_is_refused_by_the_merge(tmp_path: Path, incoming: Incoming) -> None:
    worker = Worker(tmp_path / "worker", incoming)
    worker.measure(1)
    first, *rest = worker.outbox.due()
    worker.say(**{**first, "data": first["data"][:-1] + b"!"})
    for message in rest:
        worker.say(**message)
    (outcome,) = incoming.complete(worker.end(), UNIT)

    assert [place for place, _ in outcome.sources[0].refused] == [first["path"]]
    assert not (tmp_path / "reports" / "data" / first["path"]).exists()


def test_the_run_before_is_known_if_it_did_not_end(incoming: Incoming) -> None:
    assert incoming.take_over("a-stop") == ""
    assert incoming.take_over("b-stop") == "a-stop"
    incoming.tidy()
    assert incoming.take_over("c-stop") == ""
