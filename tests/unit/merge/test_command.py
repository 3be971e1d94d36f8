"""`sameseed merge` as people and scripts call it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from typer.testing import CliRunner

from harness.cli import app
from harness.errors import ExitCode
from tests.unit.merge.folders import reports, tree

if TYPE_CHECKING:
    from pathlib import Path


def test_all_merged_is_0_and_ends_with_what_came_of_it(tmp_path: Path) -> None:
    sources = [str(reports(tmp_path / name, machine)) for name, machine in ("am", "bn")]
    done = CliRunner().invoke(app, ["merge", *sources, "--into", str(tmp_path / "into")])
    assert done.exit_code == ExitCode.HOLDS
    assert done.stdout.splitlines()[-1] == (
        f"merged into {tmp_path / 'into'}: 4 new records, 0 known, 0 in conflict, 0 refused, "
        "2 new arrays, 0 new runs"
    )
    assert len(tree(tmp_path / "into")) == 6


def test_a_refusal_is_3_and_a_machine_can_read_which(tmp_path: Path) -> None:
    source = reports(tmp_path / "a", "m1")
    (source / "data/m1/tf1.default.cpu/1.jsonl").write_text("{}\n")
    done = CliRunner().invoke(
        app, ["merge", str(source), "--into", str(tmp_path / "into"), "--json"]
    )
    assert done.exit_code == ExitCode.NOT_MEASURED
    said = json.loads(done.stdout)
    assert (said["code"], said["conflicts"], said["sources"][0]["new"]) == (3, [], 1)
    (refused,) = said["sources"][0]["refused"]
    assert refused["place"] == "m1/tf1.default.cpu/1.jsonl"
    assert refused["why"].startswith("line 1: ")


def test_a_conflict_is_3_and_is_named(tmp_path: Path) -> None:
    sources = [str(reports(tmp_path / str(value), "m1", value=value)) for value in (1, 2)]
    done = CliRunner().invoke(app, ["merge", *sources, "--into", str(tmp_path / "into")])
    assert done.exit_code == ExitCode.NOT_MEASURED
    assert "conflict: m1/tf1.default.cpu/2.jsonl: contradicts 2." in done.stdout
    assert "2 in conflict" in done.stdout.splitlines()[-1]


def test_a_folder_that_is_not_there_is_2_and_nothing_is_written(tmp_path: Path) -> None:
    done = CliRunner().invoke(
        app, ["merge", str(tmp_path / "gone"), "--into", str(tmp_path / "into")]
    )
    assert getattr(done.exception, "exit_code", None) == ExitCode.USAGE
    assert not (tmp_path / "into").exists()
