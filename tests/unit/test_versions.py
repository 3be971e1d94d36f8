from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from harness.collect import collect
from harness.records import Trial, read
from harness.versions import Version, aside, conflict, versions
from tests.unit.analysis.builder import Recorder, environment, plan
from tests.unit.analysis.reading import rows

if TYPE_CHECKING:
    from pathlib import Path

DAY = "2026-11-22T03:{}+00:00"


def record(folder: Path, start: str, end: str, value: float = 0.0, inputs: str = "same") -> Version:
    """A launch that ran from minute to minute."""
    path = Recorder(folder).trial(
        arrays={"recipes/x": {"w": np.full(2, value)}}, inputs=inputs, started=DAY.format(start)
    )
    first, finished = DAY.format(start), DAY.format(end)
    path.write_text(path.read_text().replace(f'"finished": "{first}', f'"finished": "{finished}'))
    return Version.of(read(path))


@pytest.mark.parametrize(
    ("older", "newer", "inputs", "contradict"),
    [
        (("00:00", "01:00"), ("02:00", "03:00"), "same", False),
        (("00:00", "01:00"), ("01:00", "02:00"), "same", False),
        (("00:00", "01:01"), ("01:00", "02:00"), "same", True),
        (("00:00", "09:00"), ("01:00", "02:00"), "same", True),
        (("00:00", "00:00"), ("00:00", "00:00"), "same", True),
        (("00:00", "09:00"), ("01:00", "02:00"), "other", False),
    ],
)
def test_what_was_measured_at_the_same_time_from_the_same_inputs_contradicts(
    tmp_path: Path,
    older: tuple[str, str],
    newer: tuple[str, str],
    inputs: str,
    contradict: bool,
) -> None:
    one = record(tmp_path / "a", *older, value=1.0, inputs=inputs)
    other = record(tmp_path / "b", *newer, value=2.0)
    for order in ((one, other), (other, one)):
        found = versions(order)
        rest = found.conflicting if contradict else found.superseded
        assert len(found.conflicting) + len(found.superseded) == 1
        assert {found.newest.digest, rest[0].digest} == {one.digest, other.digest}
        assert older == newer or found.newest is other


def test_equal_files_are_one(tmp_path: Path) -> None:
    one = record(tmp_path / "a", "00:00", "01:00")
    other = record(tmp_path / "b", "00:00", "01:00")
    found = versions((one, other))
    assert found.newest is one
    assert (found.superseded, found.conflicting) == ((), ())


def test_only_the_newest_can_be_contradicted(tmp_path: Path) -> None:
    """Two that contradict each other were both measured again since."""
    found = versions(
        record(tmp_path / str(number), start, "05:00", value=number)
        for number, start in enumerate(("00:00", "01:00", "06:00"))
    )
    assert (len(found.superseded), found.conflicting) == (2, ())


def put(trial: Trial, beside: Path, digest: str) -> Path:
    return trial.path.rename(beside.with_name(aside(1, digest)))


def test_a_record_beside_a_newer_one_is_read_and_not_counted(tmp_path: Path) -> None:
    older = record(tmp_path / "a", "00:00", "01:00", value=1.0)
    newer = record(tmp_path / "b", "02:00", "03:00", value=2.0)
    kept = put(older.trial, newer.trial.path, older.digest)
    collection = collect(tmp_path / "b")
    assert [each.header for each in collection.trials] == [newer.trial.header]
    assert (collection.superseded, collection.refused, collection.conflicts) == ((kept,), (), ())


def test_a_record_left_alone_counts_whatever_its_name(tmp_path: Path) -> None:
    """Somebody deleted the other one, as the report proposed."""
    one = record(tmp_path / "a", "00:00", "01:00")
    put(one.trial, one.trial.path, one.digest)
    assert [each.header for each in collect(tmp_path / "a").trials] == [one.trial.header]


def test_contradicting_records_are_refused_with_one_sentence_and_the_cell_is_not_ok(
    tmp_path: Path,
) -> None:
    one = record(tmp_path / "a", "00:00", "05:00", value=1.0)
    other = record(tmp_path / "b", "01:00", "05:00", value=2.0)
    kept = put(one.trial, other.trial.path, one.digest)
    collection = collect(tmp_path / "b")
    assert collection.trials == ()
    ((path, why),) = collection.refused
    assert path == other.trial.path
    assert collection.conflicts == (why,)
    assert why.startswith(f"m1/tf1.default.cpu/1.jsonl: contradicts {kept.name}, ")
    assert "delete what is wrong, or measure this cell again with --fresh" in why
    results = Recorder(tmp_path / "b").analyse(plan(environment("tf1", tensorflow="2.9.3")))
    assert rows(results.cells, "status", "trials") == [("error", 0)]
    assert conflict(versions((one, other))).split(":")[0] == "m1/tf1.default.cpu/1.jsonl"


def test_a_refused_record_beside_a_good_one_is_a_trial_that_failed(tmp_path: Path) -> None:
    one = record(tmp_path / "a", "00:00", "05:00")
    one.trial.path.with_name(aside(1, "0" * 16)).write_text("{}\n")
    results = Recorder(tmp_path / "a").analyse(plan(environment("tf1", tensorflow="2.9.3")))
    ((status, message),) = rows(results.cells, "status", "message")
    assert status == "error"
    assert "its record was refused: m1/tf1.default.cpu/1.0000000000000000.jsonl:1: " in message
