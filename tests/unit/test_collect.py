from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np
import pytest

from harness.collect import collect
from tests.unit.analysis.builder import Recorder

if TYPE_CHECKING:
    from pathlib import Path


def test_a_folder_that_is_not_there_is_an_empty_collection(tmp_path: Path) -> None:
    collection = collect(tmp_path / "data")
    assert (collection.trials, collection.unfinished, collection.refused) == ((), (), ())
    assert collection.data == tmp_path / "data"


def test_trials_come_by_machine_cell_and_number(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    for machine, environment, trial in (
        ("m2", "tf1", 1),
        ("m1", "tf2", 1),
        ("m1", "tf1", 10),
        ("m1", "tf1", 2),
        ("m1", "tf1", 1),
    ):
        recorder.trial(environment, trial, machine=machine)
    places = [
        (each.header.machine.id, each.header.environment, each.header.trial)
        for each in collect(tmp_path).trials
    ]
    assert places == [
        ("m1", "tf1", 1),
        ("m1", "tf1", 2),
        ("m1", "tf1", 10),
        ("m1", "tf2", 1),
        ("m2", "tf1", 1),
    ]


def test_what_several_trials_gave_is_one_object(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    for environment, trial in (("tf1", 1), ("tf1", 2), ("tf2", 1)):
        recorder.trial(environment, trial, {"recipes/x": {"w": np.zeros(3)}})
    recorder.trial("tf2", 2, {"recipes/x": {"w": np.ones(3)}})
    first, *others, last = (trial.observations[0].arrays for trial in collect(tmp_path).trials)
    assert all(other is first for other in others)
    assert last != first


def test_a_refused_file_stops_nothing_and_says_why(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    recorder.trial("tf1", 1)
    bad = recorder.trial("tf1", 2)
    bad.write_text("{}\n")
    recorder.trial("tf1", 3)
    collection = collect(tmp_path)
    assert [each.header.trial for each in collection.trials] == [1, 3]
    ((path, why),) = collection.refused
    assert path == bad
    assert why.startswith("m1/tf1.default.cpu/2.jsonl:1: ")


def test_a_file_called_otherwise_than_its_trial_is_refused(tmp_path: Path) -> None:
    path = Recorder(tmp_path).trial()
    path.rename(path.with_name("copy.jsonl"))
    ((_, why),) = collect(tmp_path).refused
    assert "the header belongs at m1/tf1.default.cpu/1.jsonl" in why


def test_trials_in_flight_are_unfinished_and_never_read(tmp_path: Path) -> None:
    path = Recorder(tmp_path).trial()
    part = path.rename(path.with_name("1.jsonl.part"))
    collection = collect(tmp_path)
    assert (collection.trials, collection.refused) == ((), ())
    assert collection.unfinished == (part,)


def test_objects_and_other_files_are_not_records(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path)
    path = recorder.trial(arrays={"recipes/x": {"w": np.zeros(3)}})
    path.with_name("1.log").write_text("")
    (tmp_path / "objects" / "aa").mkdir(exist_ok=True)
    (tmp_path / "objects" / "aa" / "1.jsonl").write_text("")
    (tmp_path / "stray.jsonl").write_text("")
    (path.parent / "2.jsonl").mkdir()
    collection = collect(tmp_path)
    assert len(collection.trials) == 1
    assert (collection.unfinished, collection.refused) == ((), ())


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_named_pipe_is_not_waited_for(tmp_path: Path) -> None:
    path = Recorder(tmp_path).trial()
    os.mkfifo(path.with_name("2.jsonl"))
    assert len(collect(tmp_path).trials) == 1


def test_a_file_that_cannot_be_opened_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = Recorder(tmp_path).trial()

    def denied(path: Path, known: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("harness.collect.read", denied)
    assert collect(tmp_path).refused == (
        (path, "m1/tf1.default.cpu/1.jsonl: cannot be read: Permission denied"),
    )
