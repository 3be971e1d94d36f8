from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, get_args

import numpy as np
import pytest

from harness import records
from harness.errors import RecordError
from harness.probe import schema
from harness.records import read
from tests.unit.analysis.builder import Recorder, rerun

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Line = dict[str, Any]

KNOWN: records.Known = {}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A good record: header, two observations, end. Its arrays are known from then on."""
    path = Recorder(tmp_path).trial(
        arrays={
            "recipes/x": {"first/w": np.zeros((2, 3), "f4"), "second/w": np.zeros((2, 3), "f4")}
        },
        statuses={"recipes/y": "error"},
        relations={"recipes/x": [rerun()]},
    )
    KNOWN.clear()
    read(path, KNOWN)
    return path


def change(path: Path, number: int, edit: Callable[[Line], object]) -> None:
    """Edit line `number`, from 0, of a record."""
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    edit(lines[number])
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))


def refusal(path: Path) -> str:
    """Why a record is refused: the same, whether its arrays were seen before or not."""
    with pytest.raises(RecordError) as error:
        read(path)
    with pytest.raises(RecordError) as again:
        read(path, dict(KNOWN))
    assert str(again.value) == str(error.value)
    return str(error.value)


def test_a_record_is_read_whole(path: Path) -> None:
    trial = read(path)
    assert trial.path == path
    assert trial.header.cell == "tf1.default.cpu"
    assert trial.header.machine.id == "m1"
    assert [each.scenario for each in trial.observations] == ["recipes/x", "recipes/y"]
    first, second = trial.observations[0].arrays
    assert (first.array, first.dtype, first.shape, first.size) == ("first/w", "float32", (2, 3), 6)
    assert first.sha256 == second.sha256
    assert trial.observations[0].relations[0].level == schema.RERUN
    assert trial.observations[1].status == "error"
    assert trial.end.status == "ok"


def test_arrays_seen_before_are_the_same_object_and_the_rest_is_read_anew(path: Path) -> None:
    known: records.Known = {}
    first = read(path, known)
    change(path, 1, lambda line: line.update(seconds=7.5, message="another"))
    second = read(path, known)

    assert second.observations[0].arrays is first.observations[0].arrays
    assert len(first.observations[0].arrays) == 2
    assert (second.observations[0].seconds, second.observations[0].message) == (7.5, "another")
    assert second.observations[0].relations == first.observations[0].relations
    assert read(path) == second


def test_arrays_in_other_words_are_equal(path: Path) -> None:
    known: records.Known = {}
    first = read(path, known)
    path.write_text(path.read_text().replace(", ", ",  "))
    assert read(path, known) == first


def test_arrays_of_what_has_none_are_refused(path: Path) -> None:
    known: records.Known = {}
    arrays = read(path, known).observations[0].arrays
    assert arrays in known.values()
    lines = path.read_text().splitlines()
    text = lines[1].partition('"arrays": ')[2].partition(', "relations"')[0]
    lines[3] = lines[3].replace("{", f'{{"arrays": {text}, ', 1)
    path.write_text("".join(f"{line}\n" for line in lines))
    assert refusal(path).endswith(":4: end.arrays: Unexpected keyword argument")


def test_statuses_are_those_the_probe_writes() -> None:
    assert set(get_args(records.ObservationStatus)) == set(schema.OBSERVATION_STATUSES)
    assert set(get_args(records.TrialStatus)) == set(schema.TRIAL_STATUSES)
    assert records.FORMAT == schema.FORMAT


def test_a_trial_that_gave_nothing_needs_no_facts(path: Path) -> None:
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    for name in ("python", "packages", "framework", "variables", "scenarios"):
        del lines[0][name]
    lines[-1] |= {"status": "install_failed", "observations": 0}
    path.write_text(json.dumps(lines[0]) + "\n" + json.dumps(lines[-1]) + "\n")
    trial = read(path)
    assert trial.observations == ()
    assert trial.header.python.version == ""
    assert trial.end.status == "install_failed"


def test_a_newer_format_says_to_upgrade_even_where_its_keys_are_unknown(path: Path) -> None:
    change(path, 0, lambda line: line.update(format=records.FORMAT + 1, novelty=True))
    assert refusal(path) == (
        "m1/tf1.default.cpu/1.jsonl:1: "
        f"format {records.FORMAT + 1} is newer than this sameseed reads ({records.FORMAT}): "
        "upgrade sameseed"
    )


def test_a_format_that_never_was_is_refused(path: Path) -> None:
    change(path, 0, lambda line: line.update(format=0))
    assert "there is no format 0" in refusal(path)


@pytest.mark.parametrize(
    ("key", "value", "belongs"),
    [
        ("environment", "tf2", "m1/tf2.default.cpu/1.jsonl"),
        ("setting", "other", "m1/tf1.other.cpu/1.jsonl"),
        ("device", "gpu", "m1/tf1.default.gpu/1.jsonl"),
        ("trial", 2, "m1/tf1.default.cpu/2.jsonl"),
        ("machine", {"id": "m2"}, "m2/tf1.default.cpu/1.jsonl"),
    ],
)
def test_a_header_must_belong_where_it_lies(
    path: Path, key: str, value: object, belongs: str
) -> None:
    change(path, 0, lambda line: line.update({key: value}))
    assert refusal(path) == f"m1/tf1.default.cpu/1.jsonl:1: the header belongs at {belongs}"


@pytest.mark.parametrize(
    ("number", "edit", "told"),
    [
        (0, lambda line: line.update(unknown=1), "1: unknown: Unexpected keyword argument"),
        (0, lambda line: line.update(environment="../x"), "1: environment: String should match"),
        (0, lambda line: line.update(device="tpu"), "1: device: Input should be 'cpu' or 'gpu'"),
        (0, lambda line: line.update(trial="1"), "1: trial: Input should be a valid integer"),
        (0, lambda line: line.update(trial=True), "1: trial: Input should be a valid integer"),
        (0, lambda line: line.update(started="yesterday"), "1: started: Input should be a valid"),
        (
            0,
            lambda line: line.update(started="2026-11-22T03:00:00"),
            "1: started: Input should have",
        ),
        (0, lambda line: line["machine"].update(id=".."), "1: machine.id: String should match"),
        (0, lambda line: line.update(framework={"x": {}}), "1: framework.x"),
        (0, lambda line: line.pop("inputs"), "1: inputs: Field required"),
        (1, lambda line: line.update(record="header"), "2: Input tag 'header' found"),
        (1, lambda line: line.update(scenario="../../x"), "2: observation.scenario: String should"),
        (1, lambda line: line.update(scenario="recipes/z"), "2: the header does not declare"),
        (1, lambda line: line.update(status="fine"), "2: observation.status: Input should be"),
        (1, lambda line: line.update(seconds=-1), "2: observation.seconds: Input should be"),
        (1, lambda line: line["arrays"][0].update(sha256="A" * 64), "arrays.0.sha256: String"),
        (1, lambda line: line["arrays"][0].update(sha256="a" * 63), "arrays.0.sha256: String"),
        (1, lambda line: line["arrays"][0].update(sha256="a" * 64 + "\n"), "arrays.0.sha256: S"),
        (1, lambda line: line["arrays"][0].update(array="a; b"), "arrays.0.array: String"),
        (1, lambda line: line["arrays"][0].update(shape=[2, -3]), "arrays.0.shape.1: Input"),
        (1, lambda line: line["arrays"][0].update(shape=[7]), "size 6 is not that of shape (7,)"),
        (
            1,
            lambda line: line["arrays"][1].update(array="first/w"),
            "two arrays have the same name",
        ),
        (1, lambda line: line["relations"][0].update(holds=None), "relations.0.holds: Input"),
        (2, lambda line: line.update(scenario="recipes/x"), "3: scenario recipes/x is there twice"),
        (3, lambda line: line.update(observations=3), "4: 3 observations were written, 2 are here"),
        (3, lambda line: line.update(status="excluded"), "4: end.status: Input should be"),
    ],
)
def test_a_malformed_line_is_refused_with_its_number(
    path: Path, number: int, edit: Callable[[Line], object], told: str
) -> None:
    change(path, number, edit)
    assert told in refusal(path)


def test_a_refusal_never_repeats_the_offending_value(path: Path) -> None:
    change(path, 0, lambda line: line.update(environment="SECRET"))
    assert "SECRET" not in refusal(path)


@pytest.mark.parametrize("value", ["NaN", "Infinity", "1e999"])
def test_statistics_that_are_no_numbers_are_refused(path: Path, value: str) -> None:
    text = path.read_text()
    path.write_text(text.replace('"min": null', f'"min": {value}', 1))
    assert path.read_text() != text
    assert "arrays.0.min: Input should be a finite number" in refusal(path)


def test_every_truncation_is_refused(path: Path) -> None:
    whole = path.read_bytes()
    for length in range(len(whole) - 1):  # the last line may lack its line break
        path.write_bytes(whole[:length])
        assert refusal(path)
    path.write_bytes(whole[:-1])
    assert read(path).end.observations == 2


def test_a_file_without_its_end_marker_says_so(path: Path) -> None:
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:-1]))
    assert refusal(path) == (
        "m1/tf1.default.cpu/1.jsonl:4: no end marker: the trial died, or the file was cut"
    )


def test_nothing_may_follow_the_end_marker(path: Path) -> None:
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([*lines, lines[-1]]))
    assert refusal(path).endswith(":5: something follows the end marker")


def test_an_empty_file_is_refused(path: Path) -> None:
    path.write_bytes(b"")
    assert refusal(path).endswith(":1: the file is empty")


@pytest.mark.parametrize(
    "line", [b"\n", b"null\n", b"[]\n", b"\xff\xfe\n", b"[" * 100_000, b'{"record": "\\ud800"}\n']
)
def test_what_is_no_json_object_is_refused(path: Path, line: bytes) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    for position in range(len(lines)):
        path.write_bytes(b"".join([*lines[:position], line, *lines[position + 1 :]]))
        assert f".jsonl:{position + 1}: " in refusal(path)


def test_lines_files_and_lists_have_limits(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    size = path.stat().st_size
    with monkeypatch.context() as patch:
        patch.setattr(records, "MAX_LINE_BYTES", 10)
        assert refusal(path).endswith(":1: longer than 10 bytes")
    with monkeypatch.context() as patch:
        patch.setattr(records, "MAX_FILE_BYTES", size - 1)
        assert refusal(path).endswith(f":4: the file is longer than {size - 1:,} bytes")
    change(path, 1, lambda line: line.update(arrays=line["arrays"] * (records.MAX_ARRAYS // 2 + 1)))
    assert "arrays: Tuple should have at most 20000 items" in refusal(path)


def test_a_missing_file_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "m1" / "tf1.default.cpu" / "1.jsonl")
