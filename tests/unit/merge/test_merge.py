from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.collect import collect
from harness.merge.folders import FolderError
from harness.report.csv import write_csv
from tests.unit.analysis.builder import Recorder, environment, plan, sha
from tests.unit.analysis.reading import rows
from tests.unit.merge.folders import X, all_orders, merged, reports, same, tree

if TYPE_CHECKING:
    from pathlib import Path

PLAN = plan(environment("tf1", tensorflow="2.9.3"))
EARLY, LATE = "2026-11-22T03:00:00+00:00", "2026-11-23T03:00:00+00:00"


def test_three_machines_give_the_same_files_in_every_order(tmp_path: Path) -> None:
    folders = [
        reports(tmp_path / "a", "m1"),
        reports(tmp_path / "b", "m2", value=2.0),
        reports(tmp_path / "c", "m3", "m1"),
    ]
    found = same(all_orders(tmp_path / "into", folders))
    assert found == tree(tmp_path / "a") | tree(tmp_path / "b") | tree(tmp_path / "c")


def test_it_is_said_what_came_from_where(tmp_path: Path) -> None:
    a, b = reports(tmp_path / "a", "m1"), reports(tmp_path / "b", "m1", "m2")
    Recorder(b / "data").array("unnamed", np.ones(9))
    outcome = merged(tmp_path / "into", a, b)
    first, second = outcome.sources
    assert (first.new, first.known, first.arrays_new) == (2, 0, 2)
    assert (second.new, second.known, second.arrays_new, second.arrays_known) == (2, 2, 0, 2)
    assert (second.arrays_left_out, outcome.code) == (1, 0)
    assert list(outcome.lines())[-1].endswith(
        "into: 4 new records, 2 known, 0 in conflict, 0 refused, 2 new arrays, 0 new runs"
    )


def test_a_data_folder_is_as_good_as_the_folder_it_lies_in(tmp_path: Path) -> None:
    whole = reports(tmp_path / "a", "m1")
    merged(tmp_path / "one", whole)
    merged(tmp_path / "two", whole / "data")
    bare = (whole / "data").rename(tmp_path / "artefact")
    merged(tmp_path / "three", bare)
    assert tree(tmp_path / "one") == tree(tmp_path / "two") == tree(tmp_path / "three") != {}


def test_the_report_is_the_one_of_records_that_were_there_from_the_start(tmp_path: Path) -> None:
    apart = [
        reports(tmp_path / "a", "m1"),
        reports(tmp_path / "b", "m2", value=2.0),
    ]
    reports(reports(tmp_path / "whole", "m1"), "m2", value=2.0)
    merged(tmp_path / "into", *reversed(apart))
    for name in ("whole", "into"):
        results = Recorder(tmp_path / name / "data").analyse(PLAN)
        assert set(rows(results.cells, "machine", "trials")) == {("m1", 2), ("m2", 2)}
        write_csv(results, tmp_path / name / "csv")
    assert tree(tmp_path / "into") == tree(tmp_path / "whole")


def test_a_launch_measured_again_replaces_the_older_and_both_are_kept(tmp_path: Path) -> None:
    older = reports(tmp_path / "a", "m1", started=EARLY)
    newer = reports(tmp_path / "b", "m1", started=LATE, value=2.0)
    found = same(all_orders(tmp_path / "into", [older, newer]))
    for trial in (1, 2):
        place = f"data/m1/tf1.default.cpu/{trial}"
        digest = sha((older / f"{place}.jsonl").read_text())
        assert found[f"{place}.jsonl"] == (newer / f"{place}.jsonl").read_bytes()
        assert found[f"{place}.{digest[:16]}.jsonl"] == (older / f"{place}.jsonl").read_bytes()

    outcome = merged(tmp_path / "now", newer, older)
    assert (outcome.conflicts, outcome.code, outcome.sources[1].older) == ((), 0, 2)
    results = Recorder(tmp_path / "now" / "data").analyse(PLAN)
    assert rows(results.cells, "status", "trials", "started") == [("ok", 2, "2026-11-23T03:00:00Z")]
    assert results.ignored == (
        "m1/tf1.default.cpu: older records of launches measured again, kept beside the newer: 2",
    )


def test_a_record_from_other_inputs_is_superseded_even_if_it_was_made_meanwhile(
    tmp_path: Path,
) -> None:
    one = reports(tmp_path / "a", "m1", inputs="old")
    other = reports(tmp_path / "b", "m1", inputs="new", started=LATE)
    assert merged(tmp_path / "into", one, other).conflicts == ()
    (header,) = {each.header.inputs for each in collect(tmp_path / "into" / "data").trials}
    assert header == sha("new")


def test_records_of_one_launch_that_contradict_each_other_are_kept_and_neither_counts(
    tmp_path: Path,
) -> None:
    folders = [
        reports(tmp_path / "a", "m1"),
        reports(tmp_path / "b", "m1", value=2.0),
        reports(tmp_path / "c", "m1", value=3.0),
    ]
    found = same(all_orders(tmp_path / "into", folders))
    assert len([name for name in found if name.endswith(".jsonl")]) == 6
    records = {(folder / "data/m1/tf1.default.cpu/1.jsonl").read_bytes() for folder in folders}
    assert records <= set(found.values())

    for _ in range(2):
        outcome = merged(tmp_path / "now", *folders)
        assert len(outcome.conflicts) == 2
        assert outcome.conflicts[0].startswith("m1/tf1.default.cpu/1.jsonl: contradicts 1.")
        assert outcome.code == 3
    results = Recorder(tmp_path / "now" / "data").analyse(PLAN)
    assert results.observations.empty
    assert not results.complete
    ((status, message),) = rows(results.cells, "status", "message")
    assert (status, "trial 1: its record was refused: m1/" in message) == ("error", True)
    assert results.ignored == outcome.conflicts


def test_measuring_again_settles_a_conflict(tmp_path: Path) -> None:
    merged(tmp_path / "into", reports(tmp_path / "a", "m1"), reports(tmp_path / "b", "m1", value=2))
    outcome = merged(tmp_path / "into", reports(tmp_path / "c", "m1", started=LATE))
    assert (outcome.conflicts, outcome.code) == ((), 0)
    collection = collect(tmp_path / "into" / "data")
    assert [each.header.started.day for each in collection.trials] == [23, 23]
    assert len(collection.superseded) == 4


def test_a_merged_folder_is_merged_with_what_lies_beside_its_records(tmp_path: Path) -> None:
    folders = [
        reports(tmp_path / "a", "m1", started=EARLY),
        reports(tmp_path / "b", "m1", value=2.0, started=LATE),
        reports(tmp_path / "c", "m1", value=3.0, started=LATE),
    ]
    merged(tmp_path / "some", *folders[:2])
    merged(tmp_path / "others", *folders[1:])
    merged(tmp_path / "all", *folders)
    merged(tmp_path / "into", tmp_path / "others", tmp_path / "some")
    assert tree(tmp_path / "into") == tree(tmp_path / "all")


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_records_in_any_order_and_grouping_give_the_same_files(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    tmp_path = tmp_path_factory.mktemp("union")
    launches = data.draw(
        st.lists(
            st.tuples(st.integers(1, 2), st.integers(0, 2), st.sampled_from("pq"), st.booleans()),
            min_size=2,
            max_size=4,
        )
    )
    folders = []
    for number, (trial, day, inputs, value) in enumerate(launches):
        folders.append(tmp_path / str(number))
        Recorder(folders[-1] / "data").trial(
            "tf1",
            trial,
            {"recipes/x": {"w": np.full(2, float(value))}},
            inputs=inputs,
            started=(datetime(2026, 11, 22, tzinfo=timezone.utc) + timedelta(day)).isoformat(),
        )
    order = data.draw(st.permutations(folders))
    cut = data.draw(st.integers(1, len(folders) - 1))
    merged(tmp_path / "once", *folders)
    merged(tmp_path / "left", *order[:cut])
    merged(tmp_path / "right", *order[cut:])
    merged(tmp_path / "both", tmp_path / "right", tmp_path / "left")
    assert tree(tmp_path / "both") == tree(tmp_path / "once")


def test_equal_bytes_in_another_shape_are_one_file_whoever_came_first(tmp_path: Path) -> None:
    shapes = ((4,), (2, 2), (4, 1))
    folders = [tmp_path / name for name in "abc"]
    for machine, (folder, shape) in enumerate(zip(folders, shapes, strict=True)):
        arrays = {"recipes/x": {"w": np.zeros(shape)}}
        Recorder(folder / "data").trial(arrays=arrays, machine=f"m{machine}")
    found = same(all_orders(tmp_path / "into", folders))
    assert len([name for name in found if name.endswith(".npy")]) == 1


def test_an_array_comes_from_where_it_is(tmp_path: Path) -> None:
    """Two folders have the same record, and one of them its array."""
    whole, bare = (reports(tmp_path / name, "m1") for name in ("whole", "bare"))
    for path in (bare / "data" / "objects").glob("*/*"):
        path.unlink()
    outcome = merged(tmp_path / "other", bare)
    assert (outcome.sources[0].new, outcome.sources[0].arrays_missing) == (2, 2)
    assert same(all_orders(tmp_path / "into", [whole, bare])) == tree(whole)


@pytest.mark.parametrize("files", range(1, 7))
def test_an_interrupted_merge_is_continued(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: int
) -> None:
    """Cut off before each of its files gets its name, among them those of a replaced record."""
    older = reports(tmp_path / "a", "m1", started=EARLY)
    newer = reports(tmp_path / "b", "m1", started=LATE, value=2.0)
    merged(tmp_path / "whole", older, newer)
    merged(tmp_path / "into", older)

    left = files
    replace = type(tmp_path).replace

    def cut_off(path: Path, target: Path) -> Path:
        nonlocal left
        left -= 1
        if not left:
            raise KeyboardInterrupt
        return replace(path, target)

    with monkeypatch.context() as patched:
        patched.setattr(type(tmp_path), "replace", cut_off)
        if files <= 5:  # an array, and for each launch the older record and the newer
            with pytest.raises(KeyboardInterrupt):
                merged(tmp_path / "into", newer)
            half = collect(tmp_path / "into" / "data")
            assert (len(half.trials), half.refused) == (2, ())
            named = [array for each in half.trials for array in each.observations[0].arrays]
            assert all(Recorder(half.data).object(each.sha256).exists() for each in named)
        else:
            merged(tmp_path / "into", newer)
            assert left == 1
    merged(tmp_path / "into", newer)
    assert tree(tmp_path / "into") == tree(tmp_path / "whole")


def test_a_file_that_a_power_cut_emptied_is_written_anew(tmp_path: Path) -> None:
    source = reports(tmp_path / "a", "m1")
    merged(tmp_path / "into", source)
    for path in (tmp_path / "into" / "data").rglob("*.*"):
        if path.is_file():
            path.write_bytes(b"")
    assert merged(tmp_path / "into", source).code == 0
    assert tree(tmp_path / "into") == tree(source)


def test_what_is_there_and_cannot_be_read_is_never_overwritten(tmp_path: Path) -> None:
    source = reports(tmp_path / "a", "m1")
    merged(tmp_path / "into", source)
    there = tmp_path / "into" / "data/m1/tf1.default.cpu/1.jsonl"
    there.write_text(json.dumps({"record": "header", "format": 99}) + "\n")
    before = there.read_bytes()
    merged(tmp_path / "into", source)
    assert there.read_bytes() == before
    digest = sha((source / "data/m1/tf1.default.cpu/1.jsonl").read_text())
    assert there.with_name(f"1.{digest[:16]}.jsonl").exists()


def test_folders_that_make_no_sense_are_told_apart_before_anything_is_written(
    tmp_path: Path,
) -> None:
    good = reports(tmp_path / "artefacts" / "a", "m1")
    into = tmp_path / "into"
    (tmp_path / "file").write_text("")
    (tmp_path / "other" / "src").mkdir(parents=True)
    for folders, target, words in (
        ((good, tmp_path / "gone"), into, "gone: there is no such folder"),
        ((good, tmp_path / "artefacts"), into, "write .*artefacts/\\*"),
        ((tmp_path / "other",), into, "neither data/ nor .* it has src: name a reports/ folder"),
        ((good,), good, "overlap"),
        ((good,), good / "data", "is the data/ folder of a report"),
        ((good / "data",), good, "overlap"),
        ((good,), good / "data" / "m1", "overlap"),
        ((good,), tmp_path / "file", "is a file"),
    ):
        before = tree(tmp_path)
        with pytest.raises(FolderError, match=words):
            merged(target, *folders)
        assert tree(tmp_path) == before
        assert not into.exists()


def test_an_empty_folder_is_refused_and_the_rest_merged(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    outcome = merged(tmp_path / "into", tmp_path / "empty", reports(tmp_path / "a", "m1"))
    assert "nothing in it" in outcome.sources[0].refused[0][1]
    assert (outcome.sources[1].new, outcome.code) == (2, 3)


def test_known_records_are_not_written_again(tmp_path: Path) -> None:
    source = reports(tmp_path / "a", "m1")
    Recorder(source / "data").trial(trial=3, arrays=X)
    merged(tmp_path / "into", source)
    before = {path: path.stat().st_ino for path in (tmp_path / "into" / "data").rglob("*.*")}
    outcome = merged(tmp_path / "into", source)
    assert (outcome.sources[0].new, outcome.sources[0].known) == (0, 3)
    after = {path: path.stat().st_ino for path in (tmp_path / "into" / "data").rglob("*.*")}
    assert after == before
