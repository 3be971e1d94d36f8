"""Records go to a store and come back, from several machines at once, interrupted anywhere."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from harness.records import read
from harness.remote import Fetched, Sent, fetch, open_store, push
from harness.remote.names import array_name
from tests.project import ROOT, wait_for
from tests.unit.analysis.builder import Recorder
from tests.unit.history.project import Project, X
from tests.unit.merge.folders import merged, reports, tree

if TYPE_CHECKING:
    from collections.abc import Iterable

EARLY, LATE = "2026-11-22T03:00:00+00:00", "2026-11-23T03:00:00+00:00"


def send(url: str, folder: Path) -> Sent:
    return push(open_store(url), folder, lambda _line: None)


def receive(url: str, into: Path) -> Fetched:
    return fetch(open_store(url), into, lambda _line: None)


def stored(url: str) -> dict[str, int]:
    """Everything in the store, by its name."""
    store = open_store(url)
    return store.listing("data") | store.listing("history")


def content(folder: Path) -> dict[str, bytes]:
    """What a `reports/` folder has, but for locks."""
    return {name: each for name, each in tree(folder).items() if not name.endswith(".lock")}


def kept(folder: Path, day: int) -> Path:
    """A `reports/` folder with the run of a day."""
    Project(folder).run(day, {X: day})
    return folder


def many(folder: Path, machine: str, cells: int = 10) -> Path:
    """Two launches of each of many cells, each launch with arrays of its own."""
    for cell in range(cells):
        for trial in (1, 2):
            arrays = {"recipes/x": {f"w{n}": np.array([cell, trial, n]) for n in range(10)}}
            Recorder(folder / "data").trial(f"tf{cell}", trial, arrays, machine=machine)
    return folder


def missing(url: str, at: Path) -> set[str]:
    """Arrays that a record in the store names, and that are not there."""
    store, there = open_store(url), stored(url)
    found: set[str] = set()
    for name, size in there.items():
        if name.endswith(".jsonl") and "/." not in name:
            path = at / name
            path.parent.mkdir(parents=True, exist_ok=True)
            store.get(name, path, size)
            found |= {
                array_name(array.sha256)
                for observation in read(path).observations
                for array in observation.arrays
            } - there.keys()
    return found


def pushing(url: str, folder: Path) -> subprocess.Popen[bytes]:
    """The command, in a process of its own."""
    command = [sys.executable, "-m", "harness", "push", url, "--reports", str(folder)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)


def test_a_store_gives_the_same_files_as_merging_the_folders(tmp_path: Path, url: str) -> None:
    folders = [
        reports(tmp_path / "a", "m1", started=EARLY),
        reports(tmp_path / "b", "m1", "m2", started=LATE, value=2.0),
        kept(tmp_path / "c", 22),
    ]
    for folder in folders:
        send(url, folder)
    found = receive(url, tmp_path / "from_store")
    merged(tmp_path / "from_folders", *folders)
    assert content(tmp_path / "from_store") == content(tmp_path / "from_folders")
    assert (found.complete, found.empty, found.refused) == (True, False, [])
    assert found.lines() == [
        f"{open_store(url).shown}: 8 new records, 0 known, 4 new arrays, 1 new run, "
        f"{found.size / 1e6:,.1f} MB"
    ]


def test_a_second_time_nothing_is_sent_or_fetched(tmp_path: Path, url: str) -> None:
    folder = kept(reports(tmp_path / "a", "m2"), 22)
    first = send(url, folder)
    there = stored(url)
    assert (first.records, first.runs, first.known) == (4, 1, 0)
    assert first.size == sum(size for name, size in there.items() if name.startswith("data/"))
    again = send(url, folder)
    assert (again.records, again.arrays, again.runs, again.known, again.size) == (0, 0, 0, 4, 0)
    assert stored(url) == there
    assert receive(url, tmp_path / "into").size == sum(there.values())
    before = content(tmp_path / "into")
    once_more = receive(url, tmp_path / "into")
    assert (once_more.size, once_more.known, once_more.merged) == (0, 4, None)
    assert content(tmp_path / "into") == before == content(folder)


def test_who_has_measured_fetches_only_what_others_sent(tmp_path: Path, url: str) -> None:
    a, b = reports(tmp_path / "a", "m1"), reports(tmp_path / "b", "m2")
    send(url, a)
    sent = send(url, b)
    assert (sent.records, sent.arrays) == (2, 0)  # the arrays were there
    found = receive(url, a)
    assert (found.known, found.merged and found.merged.sources[0].new) == (2, 2)
    assert content(a) == content(tmp_path / "b") | content(a)


def test_nothing_new_costs_a_request_for_each_folder(tmp_path: Path, s3: str, log: Path) -> None:
    folder = kept(reports(tmp_path / "a", "m2"), 22)
    send(s3, folder)
    before = len(log.read_text().splitlines())
    receive(s3, folder)
    asked = log.read_text().splitlines()[before:]
    assert len(asked) == 2
    assert all("list-type=2" in line for line in asked)


def test_a_store_with_nothing_in_it_is_no_mistake(tmp_path: Path, url: str) -> None:
    found = receive(url, tmp_path / "into")
    assert (found.empty, found.complete) == (True, True)
    assert found.lines() == [f"{open_store(url).shown}: nothing in the store yet"]
    assert send(url, tmp_path / "none").lines("x") == [
        "x: 0 records sent, 0 there already, 0 arrays, 0 runs, 0.0 MB"
    ]


@pytest.mark.parametrize("kind", ["local", "s3"])
def test_two_machines_send_at_once(
    tmp_path: Path, kind: str, request: pytest.FixtureRequest
) -> None:
    url = str(request.getfixturevalue(kind))
    folders = [many(tmp_path / machine, machine) for machine in ("m1", "m2")]
    both = many(many(tmp_path / "both", "m1"), "m2")
    senders = [pushing(url, folder) for folder in (*folders, both)]
    assert [sender.wait(120) for sender in senders] == [0, 0, 0]
    assert missing(url, tmp_path / "seen") == set()
    receive(url, tmp_path / "into")
    assert content(tmp_path / "into") == content(both)


@pytest.mark.parametrize("kind", ["local", "s3"])
@pytest.mark.parametrize("objects", [1, 100, 205])
def test_a_sender_that_is_killed_leaves_no_record_without_its_arrays(
    tmp_path: Path, kind: str, objects: int, request: pytest.FixtureRequest
) -> None:
    """Killed among the 200 arrays, and among the 20 records; the next one goes on."""
    url = str(request.getfixturevalue(kind))
    folder = many(tmp_path / "a", "m1")
    sender = pushing(url, folder)
    try:
        wait_for_more(lambda: len(stored(url)) >= objects, sender)
    finally:
        sender.kill()
        sender.wait(30)
    there = stored(url)
    assert objects <= len(there)
    assert missing(url, tmp_path / "seen") == set()
    sent = send(url, folder)
    assert sent.records + sent.known == 20
    assert sent.arrays <= 200 - len(there) + 20
    receive(url, tmp_path / "into")
    assert content(tmp_path / "into") == content(folder)


def wait_for_more(condition: object, sender: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    assert callable(condition)
    while not condition() and sender.poll() is None:
        assert time.monotonic() < deadline


def test_a_fetch_that_was_interrupted_goes_on(tmp_path: Path, s3: str, log: Path) -> None:
    folder = many(tmp_path / "a", "m1")
    send(s3, folder)
    command = [sys.executable, "-m", "harness", "pull", s3, "--reports", str(tmp_path / "into")]
    fetching = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    staged = tmp_path / "into/.store"
    try:
        wait_for(lambda: len(files(staged)) >= 50 or fetching.poll() is not None, 60)
    finally:
        fetching.kill()
        fetching.wait(30)
    whole = {path for path in files(staged) if path.stat().st_size}
    before = len(log.read_text().splitlines())
    receive(s3, tmp_path / "into")
    fetched = [line for line in log.read_text().splitlines()[before:] if "list-type" not in line]
    assert len(fetched) <= 220 - len(whole) + 16  # those that were on their way
    assert content(tmp_path / "into") == content(folder)


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_what_a_power_cut_left_in_the_store_is_sent_again(tmp_path: Path, local: str) -> None:
    folder = reports(tmp_path / "a", "m1")
    send(local, folder)
    before = content(Path(local))
    for name in before:
        (Path(local) / name).write_bytes(before[name][:10])
    sent = send(local, folder)
    assert (sent.records, sent.arrays) == (2, 2)
    assert content(Path(local)) == before


def test_a_damaged_array_here_is_not_sent_and_a_missing_one_is_counted(
    tmp_path: Path, local: str
) -> None:
    folder = reports(tmp_path / "a", "m1")
    one, other = sorted((folder / "data/objects").rglob("*.npy"))
    one.write_bytes(one.read_bytes()[:-1] + b"x")
    other.unlink()
    sent = send(local, folder)
    ((place, why),) = sent.refused
    assert (sent.records, sent.arrays, sent.missing) == (2, 0, 1)
    assert one.name in place
    assert "another fingerprint" in why
    assert one.relative_to(folder).as_posix() not in stored(local)


def test_a_record_that_is_not_whole_is_not_sent(tmp_path: Path, local: str) -> None:
    folder = reports(tmp_path / "a", "m1")
    record = folder / "data/m1/tf1.default.cpu/1.jsonl"
    record.write_bytes(record.read_bytes()[:-40])
    sent = send(local, folder)
    assert (sent.records, [place for place, _ in sent.refused]) == (
        1,
        ["m1/tf1.default.cpu/1.jsonl"],
    )


def test_records_of_one_launch_that_contradict_each_other_are_both_in_the_store(
    tmp_path: Path, url: str
) -> None:
    folders: Iterable[Path] = [reports(tmp_path / str(n), "m1", value=n) for n in (1, 2)]
    for folder in folders:
        send(url, folder)
    found = receive(url, tmp_path / "into")
    assert found.merged is not None
    assert len(found.merged.conflicts) == 2
    assert not found.complete
    assert found.lines()[0].startswith("conflict: m1/tf1.default.cpu/1.jsonl: contradicts 1.")
