"""What lies in a store was written by anybody."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.merge.folders import RefusedError
from harness.remote import StoreError, fetch, open_store
from harness.remote.names import sorted_out
from tests.unit.analysis.builder import Recorder
from tests.unit.merge.folders import reports
from tests.unit.remote.test_stores import content, files, receive, send

DIGEST = "0123456789abcdef"
SHA = DIGEST * 4
GOOD = f"data/m1/tf1.default.cpu/1.{DIGEST}.jsonl"
NAMES = (
    f"data/../../etc/cron.d/1.{DIGEST}.jsonl",
    f"data/m1/../1.{DIGEST}.jsonl",
    f"/data/m1/tf1.default.cpu/1.{DIGEST}.jsonl",
    f"data//tf1.default.cpu/1.{DIGEST}.jsonl",
    f"data/m1/tf1.default.cpu/1.{DIGEST}.jsonl\n",
    f"data/m1/tf1.default.cpu/1.{DIGEST}.jsonl\0.txt",
    f"data/m1\0/tf1.default.cpu/1.{DIGEST}.jsonl",
    f"data/m1/tf1.default.cpu/1.{DIGEST.upper()}.jsonl",
    f"data/M1/tf1.default.cpu/1.{DIGEST}.jsonl",
    f"data/con/tf1.default.cpu/1.{DIGEST}.jsonl",
    f"data/m1/con.default.cpu/1.{DIGEST}.jsonl",
    f"data/m1/tf1.default.cpu/x/1.{DIGEST}.jsonl",
    f"data\\m1\\tf1.default.cpu\\1.{DIGEST}.jsonl",
    f"data/m1/tf1.default.cpu/１.{DIGEST}.jsonl",
    "data/m1/tf1.default.cpu/1.jsonl",
    "data/objects/../../x.npy",
    f"data/objects/ff/{SHA}.npy",
    f"data/objects/01/{SHA}.npy/x",
    f"data/objects/01/../01/{SHA}.npy",
    f"history/../2026-11-22T03-00-00Z.{DIGEST}.aside",
    "history/2026-11-22T03-00-00Z.parquet",
)


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_is_not_ours_becomes_no_path(name: str) -> None:
    found = sorted_out({name: 1, GOOD: 1})
    assert (list(found.records), found.arrays, found.runs) == ([GOOD], {}, {})
    assert len(found.refused) + found.others == 1


@given(st.lists(st.sampled_from([*"./\\", "..", "data", "objects", "m1", "1", GOOD, SHA, "\0"])))
def test_no_name_leaves_the_folder(parts: list[str]) -> None:
    found = sorted_out({"".join(parts): 1})
    for name in (*found.records, *found.arrays, *found.runs):
        root = Path("/store")
        assert Path(os.path.normpath(root / name)) == root / name
        assert (root / name).is_relative_to(root)


def test_hostile_names_on_a_server_are_passed_over_and_nothing_is_written_for_them(
    tmp_path: Path, s3: str
) -> None:
    folder = reports(tmp_path / "a", "m1")
    send(s3, folder)
    store = open_store(s3)
    taken = set()
    for name in NAMES:
        with contextlib.suppress(StoreError):  # not every server takes every name
            store.put(name, b"hostile")
            taken.add(name)
    assert {f"data/m1/../1.{DIGEST}.jsonl", f"data\\m1\\tf1.default.cpu\\1.{DIGEST}.jsonl"} <= taken
    found = receive(s3, tmp_path / "x" / "into")
    assert content(tmp_path / "x/into") == content(folder)
    assert {path.name for path in (tmp_path / "x").iterdir()} == {"into"}
    assert any(place == "data/m1/tf1.default.cpu/1.jsonl" for place, _ in found.refused)
    assert found.others
    assert all(line.isprintable() for line in found.lines())


def test_what_is_too_long_is_not_downloaded(tmp_path: Path, local: str) -> None:
    """Files with holes: as long as they say, and of no size on the disk."""
    folder = reports(tmp_path / "a", "m1")
    send(local, folder)
    array = next((Path(local) / "data/objects").rglob("*.npy"))
    for path, size in ((Path(local) / GOOD, 512 * 2**20 + 1), (array, 16 * 2**30 + 1)):
        path.touch()
        os.truncate(path, size)
    found = receive(local, tmp_path / "into")
    refused = dict(found.refused)
    assert refused[GOOD] == "536,870,913 bytes long: no more than 536,870,912 are read"
    assert "no more than 17,179,869,184" in refused[array.relative_to(local).as_posix()]
    assert found.size < 100_000


def test_what_does_not_fit_on_the_disk_is_not_begun(tmp_path: Path, local: str) -> None:
    send(local, reports(tmp_path / "a", "m1"))
    half = shutil.disk_usage(tmp_path).free // 2 + 2**20
    digests = [
        hashlib.sha256(bytes([n])).hexdigest()[:16] for n in range(half // (512 * 2**20) + 1)
    ]
    for digest in digests:
        path = Path(local) / f"data/m1/tf1.default.cpu/7.{digest}.jsonl"
        path.touch()
        os.truncate(path, 512 * 2**20)
    with pytest.raises(Exception, match="GB that are not here") as raised:
        receive(local, tmp_path / "into")
    assert getattr(raised.value, "exit_code", None) == 3
    assert files(tmp_path / "into" / ".store") == []


def test_records_that_are_cut_short_or_not_what_they_are_called_are_refused_and_the_rest_merged(
    tmp_path: Path, url: str
) -> None:
    folder = reports(tmp_path / "a", "m1")
    send(url, folder)
    whole = (folder / "data/m1/tf1.default.cpu/1.jsonl").read_bytes()
    store = open_store(url)
    store.put(GOOD, whole)
    cut = f"data/m1/tf1.default.cpu/3.{hashlib.sha256(whole[:-30]).hexdigest()[:16]}.jsonl"
    store.put(cut, whole[:-30])
    elsewhere = f"data/m2/tf1.default.cpu/1.{hashlib.sha256(whole).hexdigest()[:16]}.jsonl"
    store.put(elsewhere, whole)
    found = receive(url, tmp_path / "into")
    refused = dict(found.refused)
    assert set(refused) == {GOOD, cut, elsewhere}
    assert refused[GOOD].endswith("not as its name says")
    assert content(tmp_path / "into") == content(folder)
    assert not found.complete


def test_an_array_that_is_not_what_its_name_says_is_refused(tmp_path: Path, url: str) -> None:
    folder = reports(tmp_path / "a", "m1")
    one, other = sorted((folder / "data/objects").rglob("*.npy"))
    send(url, folder)
    store = open_store(url)
    name = one.relative_to(folder).as_posix()
    store.put(name, one.read_bytes()[:-1] + b"x")
    found = receive(url, tmp_path / "into")
    ((place, why),) = found.refused
    assert (place, "damaged" in why) == (name, True)
    assert found.merged is not None
    assert found.merged.sources[0].new == 2
    assert [path.name for path in files(tmp_path / "into/data/objects")] == [other.name]


def test_arrays_that_no_record_names_are_not_downloaded(tmp_path: Path, url: str) -> None:
    send(url, reports(tmp_path / "a", "m1"))
    open_store(url).put(f"data/objects/01/{SHA}.npy", b"x" * 1000)
    found = receive(url, tmp_path / "into")
    assert found.refused == []
    assert len(files(tmp_path / "into/data/objects")) == 2


def test_a_hundred_thousand_stray_objects_do_not_hurt(tmp_path: Path, local: str) -> None:
    folder = reports(tmp_path / "a", "m1")
    send(local, folder)
    for place in ("data/m1/tf1.default.cpu", "data/objects/00"):
        (Path(local) / place).mkdir(exist_ok=True)
        for number in range(50_000):
            (Path(local) / place / f"{number}.jsonl").touch()
    begun = time.monotonic()
    found = receive(local, tmp_path / "into")
    assert time.monotonic() - begun < 20
    assert content(tmp_path / "into") == content(folder)
    assert len(found.refused) == 100_000
    assert len(found.lines()) == 22


@pytest.mark.skipif(os.name != "posix", reason="links and pipes")
def test_links_and_pipes_in_a_folder_are_not_followed(tmp_path: Path, local: str) -> None:
    elsewhere = reports(tmp_path / "elsewhere", "m9")
    send(local, reports(tmp_path / "a", "m1"))
    data = Path(local) / "data"
    (data / "m9").symlink_to(elsewhere / "data/m9")
    (data / "loop").symlink_to(data)
    (data / f"m1/tf1.default.cpu/5.{DIGEST}.jsonl").symlink_to("/etc/passwd")
    os.mkfifo(data / f"m1/tf1.default.cpu/6.{DIGEST}.jsonl")
    found = receive(local, tmp_path / "into")
    assert {path.name for path in (tmp_path / "into/data").iterdir()} == {"m1", "objects"}
    assert found.refused == []


@pytest.mark.parametrize("kind", ["local", "s3"])
def test_a_download_ends_at_the_size_that_was_listed(
    tmp_path: Path, kind: str, request: pytest.FixtureRequest
) -> None:
    store = open_store(str(request.getfixturevalue(kind)))
    store.put(GOOD, b"x" * 1_000_000)
    with pytest.raises(RefusedError, match="1,000,000 bytes long"):
        store.get(GOOD, tmp_path / "x", 1000)
    assert not (tmp_path / "x").exists() or (tmp_path / "x").stat().st_size <= 2**20


def test_an_array_that_was_sent_while_the_store_was_listed_is_fetched(tmp_path: Path) -> None:
    """A listing takes as long as its pages: a record may be in it, and its arrays not."""
    folder = tmp_path / "store"
    folder.mkdir()
    Recorder(tmp_path / "a/data").trial("tf1", 1, {"recipes/x": {"w": np.arange(9)}})
    send(str(folder), tmp_path / "a")
    store = open_store(str(folder))
    listing, calls = store.listing, []

    def without_arrays_at_first(folder: str) -> dict[str, int]:
        calls.append(folder)
        found = listing(folder)
        return {n: s for n, s in found.items() if folder != "data" or "objects" not in n}

    store.listing = without_arrays_at_first  # type: ignore[method-assign]
    fetch(store, tmp_path / "into", lambda _line: None)
    assert calls == ["history", "data", "data/objects"]
    assert content(tmp_path / "into") == content(tmp_path / "a")
