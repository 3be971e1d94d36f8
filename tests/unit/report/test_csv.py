from __future__ import annotations

import csv
import dataclasses
import io
import re
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.report.csv import FORMAT, original, write_csv
from harness.report.lines import lines
from harness.tables import TABLES, typed
from tests.unit.report import sample

# The public format, spelled out: people script against these lines.
HEADERS = {
    "fingerprints": "environment,setting,device,machine,trial,scenario,array,dtype,shape,sha256,"
    "size,min,max,mean,std,nonfinite",
    "observations": "environment,setting,device,machine,trial,scenario,status,seconds,message",
    "relations": "environment,setting,device,machine,trial,scenario,relation,expected,holds,source",
    "environments": "environment,machine,package,version",
    "cells": "environment,setting,device,machine,status,python,tensorflow,keras,backend,numpy,"
    "trials,seconds,message,label,started,basis,suite,lock",
    "variants": "scenario,environment,setting,device,machine,variant,reproducible,launches,result",
    "breaks": "level,axis,from,to,scenario,kind,arrays,max_ulp,max_abs,first_index,confounders,"
    "known,environment_from,environment_to,setting,device,machine,id,launches,unchanged,"
    "last_unchanged,violation,url,machine_to",
    "events": "level,axis,from,to,scenarios,kinds,confounders,known,url,id,families,violations,"
    "unchanged,separate",
    "verdicts": "scenario,level,verdict,compared,differing,launches,asked",
    "settings": "environment,setting,device,machine,effect,changed,compared,differing",
    "differences": "break,scenario,array,kind,dtype,shape,size,differing,share,max_abs,mean_abs,"
    "max_rel,mean_rel,max_ulp,ulp_p50,ulp_p90,ulp_p99,ulp_histogram,first_index,correlation,"
    "machine",
    "spans": "level,axis,scenario,line,variant,from,to,environment_from,environment_to,returns,"
    "setting,device,machine",
    "claims": "claim,text,source,verdict,confirmed_in,refuted_in,scenarios,url",
    "causes": "cause,title,status,events,breaks,url",
    "recipes": "recipe,level,verdict,compared,differing,breaks_at,launches",
    "steps": "level,axis,from,to,compared,changed",
    "machines": "machine,name,label,cpu,isa,arch,cores,os,libc,gpu,gpu_driver,cells,differs,apart",
    "facts": "environment,setting,device,machine,group,fact,value",
    "runs": "run,started,profile,cells,scenarios,holding,breaks,new_breaks,gone_breaks,"
    "first_breaks,compared,changed,redefined,first,new,gone",
    "history": "scenario,run,state,compared,changed,redefined,first",
}


def written(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def field(column: str, value: object, directory: Path, dtype: str = "object") -> str:
    """What a value of the observations' `column` becomes."""
    results = sample.results()
    frame = results.observations.head(1).copy()
    frame[column] = pd.Series([value], dtype=dtype)
    changed = dataclasses.replace(results, observations=frame)
    write_csv(changed, directory)
    return written(directory / "observations.csv")[0][column]


def test_every_table_is_a_file_with_its_header_line(tmp_path: Path) -> None:
    paths = write_csv(sample.results(), tmp_path)
    assert sorted(tmp_path.iterdir()) == sorted(paths)
    headers = {path.stem: path.read_bytes().split(b"\n")[0].decode() for path in paths}
    assert headers == HEADERS
    assert list(HEADERS) == list(TABLES)


def test_rows_and_values_are_those_of_the_frames(tmp_path: Path) -> None:
    results = sample.results()
    write_csv(results, tmp_path)
    for name in TABLES:
        frame = getattr(results, name)
        rows = written(tmp_path / f"{name}.csv")
        assert len(rows) == len(frame), name
        for column in TABLES[name].columns:
            fields = [row[column.name] for row in rows]
            for found, value in zip(fields, frame[column.name], strict=True):
                if pd.isna(value):
                    assert found == ""
                elif column.type == "flag":
                    assert found == ("true" if value else "false")
                elif column.type == "text":
                    assert found == value
                else:
                    assert float(found) == value


def test_the_same_results_give_the_same_bytes(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    write_csv(sample.results(), first)
    write_csv(sample.results(), second)
    for path in first.iterdir():
        assert path.read_bytes() == (second / path.name).read_bytes()


def test_nothing_absent_is_spelled_out(tmp_path: Path) -> None:
    results = sample.results()
    absent = [name for name in TABLES if getattr(results, name).isna().to_numpy().any()]
    assert {"breaks", "relations", "cells", "variants"} <= set(absent)
    write_csv(results, tmp_path)
    for path in tmp_path.iterdir():
        fields = {value for row in written(path) for value in row.values()}
        assert not fields & {"nan", "NaN", "None", "<NA>", "NaT", "null"}, path.name


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0.1 + 0.2, "0.30000000000000004"),
        (5.960464477539063e-08, "5.960464477539063e-08"),
        (-0.0, "-0.0"),
        (float("inf"), "inf"),
        (float("nan"), ""),
        (None, ""),
    ],
)
def test_numbers_are_the_shortest_text_that_reads_back(
    value: float | None, expected: str, tmp_path: Path
) -> None:
    assert field("seconds", value, tmp_path) == expected


@pytest.mark.parametrize("value", [2**53 + 1, 2**64 + 1, 16_777_217])
def test_whole_numbers_are_exact(value: int, tmp_path: Path) -> None:
    assert field("trial", value, tmp_path) == str(value)


def test_a_whole_number_in_a_column_with_gaps_has_no_fraction(tmp_path: Path) -> None:
    assert field("trial", 2.0, tmp_path, dtype="float64") == "2"


def test_a_fraction_where_a_whole_number_belongs_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"not a whole number: 2\.5"):
        field("trial", 2.5, tmp_path)


def test_a_bare_carriage_return_does_not_end_the_line(tmp_path: Path) -> None:
    assert field("message", "50 %\r100 %", tmp_path) == "50 %\r100 %"


TEXTS = st.sampled_from(["", "a", "a,b", 'say "no"', "two\nlines", "=1", "'=1", " ", "é×", "first"])
NUMBERS = st.none() | st.sampled_from([0.0, -0.0, 1.0]) | st.floats(allow_nan=False)
COUNTS = st.none() | st.integers(0, 3) | st.integers(0, 2**63 - 1)
RUNS = st.tuples(TEXTS, TEXTS, TEXTS, TEXTS, st.integers(1, 2), TEXTS)
SEEN = st.tuples(TEXTS, TEXTS, TEXTS, TEXTS, COUNTS, NUMBERS, NUMBERS, NUMBERS, NUMBERS, COUNTS)


@given(data=st.data(), rows_at_a_time=st.integers(1, 50))
def test_lines_are_those_of_the_csv_module(data: st.DataObject, rows_at_a_time: int) -> None:
    """Runs and arrays that come again, as they do, are written once; nobody can tell."""
    table = TABLES["fingerprints"]
    runs = data.draw(st.lists(RUNS, min_size=1, max_size=3))
    seen = data.draw(st.lists(SEEN, min_size=1, max_size=5))
    pairs = st.tuples(st.sampled_from(runs), st.sampled_from(seen))
    rows = [(*run, *array) for run, array in data.draw(st.lists(pairs, min_size=1, max_size=40))]
    frame = typed(table.columns, rows)

    expected = io.StringIO()
    writer = csv.writer(expected, lineterminator="\n")
    for row in rows:
        values = zip(row, table.columns, strict=True)
        writer.writerow(_plain(value, column.type) for value, column in values)
    written = (
        lines(table, frame.iloc[start : start + rows_at_a_time], FORMAT)
        for start in range(0, len(frame), rows_at_a_time)
    )
    assert "".join(written) == expected.getvalue()


def _plain(value: object, type_: str) -> str:
    if value is None:
        return ""
    if type_ == "text":
        return f"'{value}" if re.match("'*=", str(value)) else str(value)
    return repr(value)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "'=1", "''=1"])
def test_text_that_a_spreadsheet_would_run_gets_an_apostrophe(text: str, tmp_path: Path) -> None:
    assert field("message", text, tmp_path) == f"'{text}"


@pytest.mark.parametrize("text", ["first == second", "a,b", 'say "no"', "two\nlines", "'tis", "é×"])
def test_other_text_stays_as_it_is(text: str, tmp_path: Path) -> None:
    assert field("message", text, tmp_path) == text


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_the_apostrophe_can_be_taken_back(text: str) -> None:
    from harness.report.csv import _text

    assert original(_text(text)) == text


def test_a_nul_does_not_reach_the_file(tmp_path: Path) -> None:
    assert field("message", "a\0b", tmp_path) == "a�b"


def test_a_failed_write_keeps_the_old_file(tmp_path: Path) -> None:
    write_csv(sample.results(), tmp_path)
    before = (tmp_path / "observations.csv").read_bytes()
    with pytest.raises(ValueError, match="not a whole number"):
        field("trial", 0.5, tmp_path)
    assert (tmp_path / "observations.csv").read_bytes() == before


def test_the_documentation_lists_every_column() -> None:
    document = (Path(__file__).parents[3] / "docs" / "report.md").read_text(encoding="utf-8")
    for table in TABLES.values():
        section = document.split(f"### `{table.file}`: one row per {table.row}\n")[1]
        section = section.split("\n### ")[0]
        listed = [line for line in section.splitlines() if line.startswith("| `")]
        assert listed == [
            f"| `{column.name}` | {column.type} | {column.meaning} |" for column in table.columns
        ]
