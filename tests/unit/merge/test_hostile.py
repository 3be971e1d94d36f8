from __future__ import annotations

import json
import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from harness.merge import folders as limits
from tests.unit.analysis.builder import Recorder, sha
from tests.unit.merge.folders import merged, refused, reports, tree

if TYPE_CHECKING:
    from collections.abc import Callable

CELL = "m1/tf1.default.cpu"
RECORD = f"{CELL}/1.jsonl"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Two launches on each of two machines; tests spoil something of the first one."""
    return reports(tmp_path / "source", "m1", "m2")


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def rewrite(path: Path, changed: list[dict[str, Any]]) -> None:
    path.write_text("".join(json.dumps(line) + "\n" for line in changed))


def refuses(source: Path, place: str, words: str) -> None:
    """That is refused, the rest is merged, and nothing is anywhere else."""
    into = source.with_name("into")
    around = set(source.parent.iterdir()) | {into}
    outcome = merged(into, source)
    assert list(refused(outcome)) == [place]
    assert words in refused(outcome)[place]
    assert outcome.code == 3
    records = {name for name in tree(into) if name.endswith(".jsonl")}
    expected = {
        f"data/{machine}/tf1.default.cpu/{trial}.jsonl"
        for machine in ("m1", "m2")
        for trial in (1, 2)
    }
    gone = {name for name in expected if name.startswith(f"data/{place}")}
    assert records == expected - gone
    assert set(source.parent.iterdir()) == around
    assert not any(path.is_symlink() for path in into.rglob("*"))


SPOILT: dict[str, tuple[Callable[[Path], object], str]] = {
    "cut in a line": (lambda path: path.write_bytes(path.read_bytes()[:-40]), "line 3: "),
    "cut after a line": (
        lambda path: rewrite(path, lines(path)[:-1]),
        "line 3: no end marker: the trial died, or the file was cut",
    ),
    "empty": (lambda path: path.write_bytes(b""), "line 1: the file is empty"),
    "not JSON": (lambda path: path.write_bytes(b"\x00\xff" * 50), "line 1: "),
    "a deep line": (lambda path: path.write_bytes(b"[" * 100_000), "line 1: "),
    "a newer format": (
        lambda path: rewrite(path, [lines(path)[0] | {"format": 99}, *lines(path)[1:]]),
        "line 1: format 99 is newer than this sameseed reads",
    ),
    "unknown keys": (
        lambda path: rewrite(path, [lines(path)[0] | {"extra": 1}, *lines(path)[1:]]),
        "line 1: extra",
    ),
    "another machine": (
        lambda path: rewrite(path, [lines(path)[0] | {"machine": {"id": "m3"}}, *lines(path)[1:]]),
        "the header belongs at m3/tf1.default.cpu/1.jsonl",
    ),
    "a machine that is a path": (
        lambda path: rewrite(
            path, [lines(path)[0] | {"machine": {"id": "../../x"}}, *lines(path)[1:]]
        ),
        "line 1: machine.id",
    ),
    "an array that is a path": (
        lambda path: rewrite(path, with_digest(lines(path), "../../../../etc/passwd")),
        "line 2: ",
    ),
}


def with_digest(record: list[dict[str, Any]], digest: str) -> list[dict[str, Any]]:
    record[1]["arrays"][0]["sha256"] = digest
    return record


@pytest.mark.parametrize("name", SPOILT)
def test_a_spoilt_record_is_refused_by_name(source: Path, name: str) -> None:
    spoil, words = SPOILT[name]
    spoil(source / "data" / RECORD)
    refuses(source, RECORD, words)


def test_a_record_that_is_too_long_is_not_read(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = source / "data" / RECORD
    monkeypatch.setattr("harness.merge.launches.MAX_RECORD_BYTES", path.stat().st_size + 1)
    path.write_bytes(path.read_bytes() + b" \n")
    refuses(source, RECORD, f"bytes long: no more than {path.stat().st_size - 1:,} are read")


def test_a_record_as_long_as_a_disk_takes_no_time(source: Path) -> None:
    with (source / "data" / RECORD).open("r+b") as file:
        file.truncate(limits.MAX_RECORD_BYTES + 1)  # a hole: takes no space
    refuses(source, RECORD, "bytes long: no more than 536,870,912 are read")


def test_a_record_that_is_a_link_is_not_followed(source: Path, tmp_path: Path) -> None:
    path = source / "data" / RECORD
    path.symlink_to(path.rename(tmp_path / "elsewhere.jsonl"))
    refuses(source, RECORD, "a symbolic link, which is never followed")


@pytest.mark.parametrize("place", ["m1", CELL])
def test_a_folder_that_is_a_link_is_not_entered(source: Path, tmp_path: Path, place: str) -> None:
    path = source / "data" / place
    path.symlink_to(path.rename(tmp_path / "elsewhere"))
    refuses(source, place, "a symbolic link, which is never followed")


def test_pipes_and_sockets_are_not_waited_for(source: Path, tmp_path: Path) -> None:
    path = source / "data" / RECORD
    path.unlink()
    os.mkfifo(path)
    refuses(source, RECORD, "not a file")
    path.unlink()
    before = Path.cwd()
    with socket.socket(socket.AF_UNIX) as server:
        os.chdir(path.parent)  # the name of a socket is short
        try:
            server.bind(path.name)
        finally:
            os.chdir(before)
    assert refused(merged(tmp_path / "other", source)) == {RECORD: "not a file"}


def test_a_folder_with_the_name_of_a_record_is_none(source: Path) -> None:
    path = source / "data" / RECORD
    path.unlink()
    path.mkdir()
    refuses(source, RECORD, "not a file")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("01.jsonl", "its name is not that of a trial"),
        ("0.jsonl", "its name is not that of a trial"),
        ("-1.jsonl", "its name is not that of a trial"),
        ("1.0123.jsonl", "its name is not that of a trial"),
        ("..jsonl", "its name is not that of a trial"),
        (f"{'1' * 200}.jsonl", "its name is not that of a trial"),
        ("٣.jsonl", "its name is not that of a trial"),
        ("1.jsonl.part", "not finished"),
        ("3.jsonl", "the header belongs at m1/tf1.default.cpu/1.jsonl"),
        ("1.0123456789abcdef.jsonl", "its SHA-256 begins with"),
    ],
)
def test_another_name_than_its_own_is_refused(source: Path, name: str, words: str) -> None:
    path = source / "data" / RECORD
    path.with_name(name).write_bytes(path.read_bytes())
    outcome = merged(source.with_name("into"), source)
    assert list(refused(outcome)) == [f"{CELL}/{name}"]
    assert words in refused(outcome)[f"{CELL}/{name}"]
    assert tree(source.with_name("into")).keys() == {
        each for each in tree(source) if not each.endswith(f"/{name}")
    }


@pytest.mark.parametrize("name", ["M1", "m 1", "..m1", "nul", "con.x", "x" * 101, "m1\n", "é"])
def test_a_folder_with_a_name_that_no_machine_has_is_refused(source: Path, name: str) -> None:
    other = source / "data" / name
    (source / "data" / "m1").rename(other)
    outcome = merged(source.with_name("into"), source)
    ((place, why),) = refused(outcome).items()
    assert place == (name if name.isprintable() else repr(name))
    assert why == "its name is not that of a machine"
    assert outcome.sources[0].new == 2


def test_a_cell_that_differs_in_case_alone_cannot_collide(source: Path) -> None:
    folder = source / "data" / "m1"
    other = folder / "TF1.default.cpu"
    other.mkdir()
    (other / "1.jsonl").write_bytes((source / "data" / RECORD).read_bytes())
    refuses(source, "m1/TF1.default.cpu", "its name is not that of a cell")


def test_records_elsewhere_are_refused_and_other_files_passed_over(source: Path) -> None:
    data = source / "data"
    for place in ("1.jsonl", "m1/1.jsonl"):
        (data / place).write_bytes((data / RECORD).read_bytes())
    for place in ("README", "m1/notes", f"{CELL}/1.log"):
        (data / place).write_text("")
    outcome = merged(source.with_name("into"), source)
    why = "does not lie at <machine>/<cell>/<trial>.jsonl"
    assert refused(outcome) == {"1.jsonl": why, "m1/1.jsonl": why}
    assert (outcome.sources[0].new, outcome.sources[0].others) == (4, 3)


def test_what_moves_a_cursor_is_spelled_out(source: Path) -> None:
    (source / "data" / CELL / "\x1b[2J\x07.jsonl").write_text("")
    outcome = merged(source.with_name("into"), source)
    text = "\n".join(outcome.lines())
    assert "\\x1b[2J\\x07.jsonl" in text
    assert "\x1b" not in text
    json.dumps(outcome.plain())


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_refused(source: Path) -> None:
    (source / "data" / RECORD).chmod(0)
    refuses(source, RECORD, "cannot be read: Permission denied")


def stored(source: Path) -> Path:
    """The first array that the records name."""
    arrays = lines(source / "data" / RECORD)[1]["arrays"]
    return Recorder(source / "data").object(arrays[0]["sha256"])


class _Pickled:
    """Whoever unpickles it makes a file."""

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.mkdir, ("unpickled",)


ARRAYS: dict[str, Callable[[Path], object]] = {
    "cut": lambda path: path.write_bytes(path.read_bytes()[:-1]),
    "longer": lambda path: path.write_bytes(path.read_bytes() + b"0"),
    "empty": lambda path: path.write_bytes(b""),
    "other values": lambda path: np.save(path, np.full(3, 7.0)),
    "a pickle": lambda path: np.save(path, np.array([_Pickled()]), allow_pickle=True),
    "a zip": lambda path: path.write_bytes(b"PK\x03\x04" + bytes(100)),
    "a header of a terabyte": lambda path: path.write_bytes(
        b"\x93NUMPY\x01\x00\x76\x00"
        + b"{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,), }".ljust(117)
        + b"\n"
        + bytes(24)
    ),
    "a negative shape": lambda path: path.write_bytes(
        b"\x93NUMPY\x01\x00\x76\x00"
        + b"{'descr': '<f8', 'fortran_order': False, 'shape': (-1, -3), }".ljust(117)
        + b"\n"
        + bytes(24)
    ),
    "a long header": lambda path: path.write_bytes(
        b"\x93NUMPY\x02\x00\xff\xff\xff\x7f" + b"{" * 99
    ),
}


@pytest.mark.parametrize("name", ARRAYS)
def test_an_array_that_is_not_what_its_name_says_is_refused(
    source: Path, name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    path = stored(source)
    ARRAYS[name](path)
    refuses(source, path.relative_to(source / "data").as_posix(), f"array {path.stem} ")
    assert not (tmp_path / "unpickled").exists()
    assert not (tmp_path / "into" / path.relative_to(source)).exists()
    assert len(list((tmp_path / "into" / "data").rglob("*.npy"))) == 1


def test_a_damaged_array_is_not_taken_for_the_good_one_that_is_there(source: Path) -> None:
    into = source.with_name("into")
    merged(into, source)
    before = tree(into)
    path = stored(source)
    path.write_bytes(path.read_bytes()[:-8])
    outcome = merged(into, source)
    assert list(refused(outcome)) == [path.relative_to(source / "data").as_posix()]
    assert tree(into) == before


def test_a_good_array_takes_the_place_of_a_damaged_one(source: Path) -> None:
    into = source.with_name("into")
    merged(into, source)
    before = tree(into)
    path = into / stored(source).relative_to(source)
    path.write_bytes(path.read_bytes()[:-8])
    assert merged(into, source).sources[0].arrays_new == 1
    assert tree(into) == before


def test_links_among_the_arrays_are_not_followed(source: Path, tmp_path: Path) -> None:
    path = stored(source)
    path.symlink_to(path.rename(tmp_path / "elsewhere.npy"))
    place = path.relative_to(source / "data").as_posix()
    refuses(source, place, "a symbolic link, which is never followed")


@pytest.mark.parametrize("which", ["objects", "aa"])
def test_folders_of_arrays_that_are_links_are_not_entered(
    source: Path, tmp_path: Path, which: str
) -> None:
    objects = source / "data" / "objects"
    folder = objects if which == "objects" else stored(source).parent
    folder.symlink_to(folder.rename(tmp_path / "elsewhere"))
    outcome = merged(source.with_name("into"), source)
    place = folder.relative_to(source / "data").as_posix()
    assert refused(outcome) == {place: "a symbolic link, which is never followed"}
    assert outcome.sources[0].arrays_missing == (2 if which == "objects" else 1)


def test_a_record_among_the_arrays_is_not_looked_at(source: Path) -> None:
    """`objects` is a valid machine id."""
    Recorder(source / "data").trial(machine="objects")
    assert merged(source.with_name("into"), source).sources[0].new == 4
    assert not (source.with_name("into") / "data/objects/tf1.default.cpu").exists()


def test_an_array_that_is_too_long_is_not_copied(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.merge.arrays.MAX_ARRAY_BYTES", 10)
    outcome = merged(source.with_name("into"), source)
    assert all("no more than 10 are read" in why for why in refused(outcome).values())
    assert len(refused(outcome)) == 2


def test_of_many_refusals_the_first_are_listed_and_the_rest_counted(source: Path) -> None:
    for number in range(10, 40):
        (source / "data" / CELL / f"{number}.jsonl").write_text("{}\n")
    outcome = merged(source.with_name("into"), source)
    listed = [line for line in outcome.lines() if line.startswith("refused: ")]
    assert len(listed) == 21
    assert listed[0].startswith(f"refused: {source}/{CELL}/10.jsonl: line 1: ")
    assert listed[-1] == "refused: 10 more; --json lists all"
    assert len(outcome.plain()["sources"][0]["refused"]) == 30


def test_a_record_whose_name_is_a_digest_of_another_is_refused(source: Path) -> None:
    path = source / "data" / RECORD
    wrong = path.with_name(f"1.{sha('x')[:16]}.jsonl")
    path.rename(wrong)
    refuses_only = refused(merged(source.with_name("into"), source))
    assert list(refuses_only) == [f"{CELL}/{wrong.name}"]
