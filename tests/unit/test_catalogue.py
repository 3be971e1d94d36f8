"""The list of the suite: complete, and right about where scenarios were seen."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from harness import scenarios
from harness.catalogue import Entry, Span, entries, markdown, print_catalogue, seen
from harness.cli import app
from harness.errors import ExitCode
from harness.tables import TABLES
from tests.project import ROOT


def write(folder: Path, table: str, *rows: dict[str, str]) -> None:
    columns = [column.name for column in TABLES[table].columns]
    with (folder / f"{table}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="")
        writer.writeheader()
        writer.writerows(rows)


def cell(environment: str) -> dict[str, str]:
    return {"environment": environment, "setting": "default", "device": "cpu", "machine": "m"}


@pytest.fixture
def report(tmp_path: Path) -> Path:
    """TensorFlow 1.15, 2.9 and 2.10, where it is unsupported, and Keras on two Torch versions."""
    versions = {
        "tf1": ("1.15.5", "2.2.4-tf", "tensorflow"),
        "tf29": ("2.9.3", "2.9.0", "tensorflow"),
        "tf210": ("2.10.1", "2.10.0", "tensorflow"),
        "torch_a": ("", "3.0.5", "torch"),
        "torch_b": ("", "3.15.1", "torch"),
    }
    write(
        tmp_path,
        "cells",
        *(
            cell(name) | {"tensorflow": tensorflow, "keras": keras, "backend": backend}
            for name, (tensorflow, keras, backend) in versions.items()
        ),
    )
    write(
        tmp_path,
        "environments",
        *(
            {"environment": name, "machine": "m", "package": "torch", "version": version}
            for name, version in (("torch_a", "2.9.1"), ("torch_b", "2.13.0+cpu"), ("tf29", "2.0"))
        ),
    )
    write(
        tmp_path,
        "observations",
        *(
            cell(name)
            | {"scenario": "recipes/none", "status": "unsupported" if name == "tf210" else "ok"}
            for name in versions
        ),
        cell("tf210") | {"scenario": "recipes/all_three", "status": "ok"},
        cell("tf210") | {"scenario": "recipes/numpy_only", "status": "error"},
        cell("gone") | {"scenario": "recipes/numpy_only", "status": "ok"},
    )
    return tmp_path


def test_the_page_names_every_scenario_once() -> None:
    named = re.findall(r"^\| `([^`]+)` \|", markdown(entries()), re.MULTILINE)

    assert named == list(scenarios.names())


def test_every_line_of_a_table_has_as_many_fields_as_its_head() -> None:
    rows = [line for line in markdown(entries(), {}).splitlines() if line.startswith("|")]

    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {6}


def test_versions_are_in_their_own_order_and_only_where_it_was_ok(report: Path) -> None:
    met = seen(report)

    assert met["recipes/none"] == {
        "tensorflow": Span("1.15.5", "2.9.3"),
        "keras": Span("2.2.4-tf", "3.15.1"),
        "torch": Span("2.9.1", "2.13.0+cpu"),
    }
    assert met["recipes/all_three"]["tensorflow"] == Span("2.10.1", "2.10.1")
    assert met.get("recipes/numpy_only", {}) == {}


def test_the_page_says_where_each_was_seen(report: Path) -> None:
    page = markdown(entries(patterns=["recipes/*"]), seen(report))
    rows = {line.split("`")[1]: line for line in page.splitlines() if line.startswith("| `")}

    assert rows["recipes/none"].endswith(
        "| TensorFlow 1.15.5 to 2.9.3; Keras 2.2.4-tf to 3.15.1; Torch 2.9.1 to 2.13.0+cpu |"
    )
    assert rows["recipes/all_three"].endswith("| TensorFlow 2.10.1; Keras 2.10.0 |")
    assert rows["recipes/numpy_only"].endswith("| nowhere yet |")


def test_text_cannot_become_markup() -> None:
    entry = Entry(
        name="own/x",
        summary="A <b>bold</b> *claim* | with `x_y` in it.",
        why="",
        source="",
        needs=("a.b|c.d",),
        promise="",
        promise_source="",
        promise_levels=(),
        launches="",
        launches_source="",
        control=False,
    )

    row = markdown([entry]).splitlines()[-1]

    assert row == (
        r"| `own/x` | **A \<b\>bold\</b\> \*claim\* \| with `x_y` in it.** | nothing "
        r"| `a.b or c.d` |"
    )


@pytest.mark.parametrize("width", [60, 100])
def test_the_terminal_shows_every_name_and_sentence(width: int) -> None:
    file = io.StringIO()
    listed = entries(patterns=["recipes/*", "controls/*"])

    print_catalogue(listed, None, Console(file=file, width=width))

    shown = "".join(file.getvalue().split())
    for entry in listed:
        assert entry.name.split("/")[1] in shown
        assert "".join(entry.summary.split()) in shown or width < 100


def scenarios_command(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["scenarios", *arguments])
    return done.exit_code, done.output


def test_json_has_the_fields_of_a_record_and_where_it_was_seen(
    report: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(report)  # no matrix.yaml here
    code, output = scenarios_command("--json", "--seen", ".", "recipes/none")

    (found,) = json.loads(output)
    assert code == ExitCode.HOLDS
    declared = scenarios.suite()["recipes/none"].described()
    assert {name: found[name] for name in declared} == declared
    assert found["seen"]["tensorflow"] == {"oldest": "1.15.5", "newest": "2.9.3"}


def test_a_pattern_that_matches_nothing_is_a_mistake() -> None:
    code, output = scenarios_command("nothing/*")

    assert code == ExitCode.USAGE
    assert "no scenario matches nothing/*" in output


def test_a_folder_that_is_no_report_is_a_mistake(report: Path) -> None:
    (report / "cells.csv").write_text("something\nelse\n")

    code, output = scenarios_command("--json", "--seen", str(report))

    assert code == ExitCode.USAGE
    assert "have no column" in output


def test_the_documentation_leads_to_the_catalogue() -> None:
    assert "(catalogue.md)" in (ROOT / "docs" / "scenarios.md").read_text(encoding="utf-8")
