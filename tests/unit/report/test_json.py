from __future__ import annotations

import csv
import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.report import write_report
from harness.report.csv import original, write_csv
from harness.report.document import FORMAT as VERSION
from harness.report.document import document
from harness.report.json import FORMAT, safe, write_json
from harness.report.lines import lines
from harness.report.view import build
from harness.tables import TABLES, Column, typed
from tests.unit.report import sample
from tests.unit.report.sample import Entry

HOSTILE = (
    "<script>alert(1)</script>",
    "a|b`c`\\ \"'",
    "two\nlines\r\n\x1b[2J\x07",
    "=1+1",
    "🦜 שלום \u202e",
    "nul \0",
    "lone \ud800",
    "null",
    "x" * 300,
)


def write(results: Any, directory: Path) -> Path:
    write_json(results, build(results), directory)
    return directory


def rows(path: Path) -> Any:
    """What is in a file, read as strictly as JSON can be."""

    def refused(name: str) -> None:
        raise AssertionError(f"{name} is not JSON")

    return json.loads(path.read_text(encoding="utf-8"), parse_constant=refused)


def field(value: Any, column: Column) -> str:
    """A value of a JSON file as the CSV file has it, but for apostrophes."""
    if value is None:
        return ""
    if column.is_list:
        return "; ".join(value)
    if column.type == "flag":
        return {True: "true", False: "false"}[value]
    return value if isinstance(value, str) else repr(value)


def member(column: str, value: object, directory: Path, dtype: str = "object") -> Any:
    """What a value of the observations' `column` becomes."""
    results = sample.results()
    frame = results.observations.head(1).copy()
    frame[column] = pd.Series([value], dtype=dtype)
    changed = dataclasses.replace(results, observations=frame)
    return rows(write(changed, directory) / "observations.json")[0][column]


def hostile() -> Any:
    """The sample with names and messages that somebody meant badly."""
    results = sample.results(
        {f"s/{text}": Entry("A≠B!-", "same", text) for text in HOSTILE if "\ud800" not in text},
        void=HOSTILE,
    )
    messages = [HOSTILE[index % len(HOSTILE)] for index in range(len(results.observations))]
    return dataclasses.replace(
        results, observations=results.observations.assign(message=pd.Series(messages, dtype="str"))
    )


AUDITS: dict[str, Callable[[], Any]] = {
    "sample": sample.results,
    "empty": lambda: sample.results({}),
    "hostile": hostile,
}


@pytest.mark.parametrize("audit", AUDITS)
def test_every_value_of_every_table_is_that_of_the_csv_file(audit: str, tmp_path: Path) -> None:
    results = AUDITS[audit]()
    write(results, tmp_path / "json")
    write_csv(results, tmp_path / "csv")
    for table in TABLES.values():
        with (tmp_path / "csv" / table.file).open(encoding="utf-8", newline="") as file:
            expected = list(csv.DictReader(file))
        found = rows(tmp_path / "json" / f"{table.name}.json")
        assert len(found) == len(expected), table.name
        for values, fields in zip(found, expected, strict=True):
            assert list(values) == list(fields) == list(table.dtypes)
            for column in table.columns:
                written = fields[column.name]
                if column.type == "text":
                    written = original(written)
                assert field(values[column.name], column) == written, (table.name, column.name)


def test_a_column_has_values_of_its_type_alone(tmp_path: Path) -> None:
    results = sample.results()
    write(results, tmp_path)
    types: dict[str, tuple[type, ...]] = {
        "text": (str,),
        "whole number": (int, str, type(None)),
        "number": (float, str, type(None)),
        "flag": (bool, type(None)),
    }
    for table in TABLES.values():
        for values in rows(tmp_path / f"{table.name}.json"):
            for column in table.columns:
                expected = (list,) if column.is_list else types[column.type]
                assert type(values[column.name]) in expected, (table.name, column.name)


def test_each_row_has_a_line_of_its_own(tmp_path: Path) -> None:
    write(hostile(), tmp_path)
    for name in TABLES:
        first, *between, last = (tmp_path / f"{name}.json").read_text("utf-8").split("\n")[:-1]
        assert (first, last) == ("[", "]")
        assert [json.loads(line.removesuffix(",")) for line in between] == rows(
            tmp_path / f"{name}.json"
        )


def test_an_array_of_no_rows_is_empty(tmp_path: Path) -> None:
    assert rows(write(sample.results({}), tmp_path) / "breaks.json") == []


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.1 + 0.2, 0.30000000000000004),
        (5.960464477539063e-08, 5.960464477539063e-08),
        (float("inf"), "inf"),
        (float("-inf"), "-inf"),
        (float("nan"), None),
        (None, None),
    ],
)
def test_numbers_read_back_the_same(
    value: float | None, expected: float | str | None, tmp_path: Path
) -> None:
    assert member("seconds", value, tmp_path) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [(2**53, 2**53), (2**53 + 1, "9007199254740993"), (-(2**53) - 1, "-9007199254740993")],
)
def test_whole_numbers_that_javascript_would_round_are_strings(
    value: int, expected: int | str, tmp_path: Path
) -> None:
    assert member("trial", value, tmp_path) == expected
    assert safe({"max_ulp": value})["max_ulp"] == expected


def test_a_fraction_where_a_whole_number_belongs_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"not a whole number: 2\.5"):
        member("trial", 2.5, tmp_path)


def test_text_that_a_spreadsheet_would_run_gets_no_apostrophe(tmp_path: Path) -> None:
    assert member("message", "=1+1", tmp_path) == "=1+1"


def test_a_list_is_an_array(tmp_path: Path) -> None:
    events = rows(write(sample.results(), tmp_path) / "events.json")
    frame = sample.results().events
    assert [event["scenarios"] for event in events] == [
        names.split("; ") for names in frame["scenarios"]
    ]
    assert [] in [event["confounders"] for event in events]


def test_large_whole_numbers_stand_in_the_columns_that_the_documentation_names() -> None:
    large = {
        (table.name, column.name)
        for table in TABLES.values()
        for column in table.columns
        if column.dtype == "UInt64"
    }
    assert large == {
        ("breaks", "max_ulp"),
        *(("differences", name) for name in ("max_ulp", "ulp_p50", "ulp_p90", "ulp_p99")),
    }


TEXTS = st.text(max_size=5) | st.sampled_from(["", '"', "\\", "a; b", "\u2028", "é×"])
NUMBERS = st.none() | st.floats(allow_nan=False)
COUNTS = st.none() | st.integers(0, 3) | st.integers(0, 2**63 - 1)
SEEN = st.tuples(*[TEXTS] * 4, COUNTS, *[TEXTS] * 5, COUNTS, *[NUMBERS] * 4, COUNTS)


@given(table=st.lists(SEEN, min_size=1, max_size=20), rows_at_a_time=st.integers(1, 20))
def test_lines_are_those_of_the_json_module(
    table: list[tuple[object, ...]], rows_at_a_time: int
) -> None:
    """However many rows are written at a time, and however few values they have."""
    fingerprints = TABLES["fingerprints"]
    frame = typed(fingerprints.columns, table * 3)
    written = "".join(
        lines(fingerprints, frame.iloc[start : start + rows_at_a_time], FORMAT)
        for start in range(0, len(frame), rows_at_a_time)
    )
    read = [json.loads(line.removesuffix(",")) for line in written.split("\n")[:-1]]
    names = fingerprints.dtypes
    expected = [safe(dict(zip(names, row, strict=True))) for row in table * 3]
    assert repr(read) == repr(expected)


# --- report.json ---------------------------------------------------------------------------------


def test_the_report_says_what_the_page_says(tmp_path: Path) -> None:
    results = sample.results(ignored=("left out",))
    view = build(results)
    report = rows(write(results, tmp_path) / "report.json")
    assert report["format"] == VERSION
    assert report["verdict"]["sentence"] == view.verdict.sentence
    assert report["verdict"]["tone"] == "breaks"
    assert [(tile["value"], tile["meaning"]) for tile in report["tiles"]] == [
        (tile.value, tile.meaning) for tile in view.tiles
    ]
    assert [event["title"] for event in report["events"]] == [each.title for each in view.events]
    assert [len(event["hits"]) for event in report["events"]] == [
        len(each.hits) for each in view.events
    ]
    assert {kind for event in report["events"] for kind in event["kinds"]} == {"redraw", "rounding"}
    assert [each["step"] for each in report["unchanged"]] == [each.step for each in view.still]
    assert report["not_measured"]["records"] == ["left out"]
    assert {cell["status"] for cell in report["not_measured"]["cells"]} == {
        "install_failed",
        "not_run",
    }


def test_the_report_agrees_with_the_tables_beside_it(tmp_path: Path) -> None:
    write(sample.results(), tmp_path)
    report = rows(tmp_path / "report.json")
    breaks = {each["id"]: each for each in rows(tmp_path / "breaks.json")}
    events = {(each["level"], each["id"]) for each in rows(tmp_path / "events.json")}
    for event in report["events"]:
        assert (event["level"], event["id"]) in events
        example = breaks[event["example"]]
        assert example["scenario"] == event["hits"][0]["scenario"]
        assert {hit["scenario"] for hit in event["hits"]} <= {
            each["scenario"] for each in breaks.values() if each["level"] == event["level"]
        }
    broken = {each["scenario"] for each in rows(tmp_path / "verdicts.json") if each["differing"]}
    assert set(report["verdict"]["breaking"]) <= broken
    for file in report["files"]:
        assert len(rows(tmp_path.parent / tmp_path.name / Path(file["json"]).name)) == file["rows"]


@pytest.mark.parametrize("audit", AUDITS)
def test_any_audit_has_a_report(audit: str, tmp_path: Path) -> None:
    results = AUDITS[audit]()
    report = rows(write(results, tmp_path) / "report.json")
    assert (
        report["verdict"]["tone"]
        == {
            "sample": "breaks",
            "empty": "unknown",
            "hostile": "void",
        }[audit]
    )
    assert len(report["verdict"]["doubts"]) == len(results.void)


def test_the_documentation_names_whatever_the_report_holds() -> None:
    text = (Path(__file__).parents[3] / "docs" / "report.md").read_text(encoding="utf-8")
    section = text.split("\n## JSON\n")[1].split("\n## ")[0]
    assert [name for name in document(build(sample.results())) if f"`{name}`" not in section] == []


def test_json_is_written_when_asked_for_and_never_left_from_another_report(tmp_path: Path) -> None:
    results = sample.results()
    write_report(results, tmp_path, as_json=True)
    assert len(list((tmp_path / "json").iterdir())) == len(TABLES) + 1
    (tmp_path / "json" / "mine.txt").write_text("kept")
    write_report(results, tmp_path)
    assert [path.name for path in (tmp_path / "json").iterdir()] == ["mine.txt"]
