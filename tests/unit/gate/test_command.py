from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner, Result

from harness.cli import app
from harness.errors import ExitCode
from tests.unit.gate.audits import MATRIX, record

ACCEPT = ("--reason", "not seeded", "--yes")
FEWER = "\nscenarios: {include: [recipes/none]}\n"  # what is on record counts besides


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "matrix.yaml").write_text(MATRIX + FEWER, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    return tmp_path


@pytest.fixture
def measured(folder: Path) -> Path:
    record(folder / "reports" / "data")
    return folder


def call(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def test_exit_codes(measured: Path) -> None:
    broken = call("check")
    assert broken.exit_code == ExitCode.BROKE
    assert broken.output.splitlines()[-1].startswith("✗ Determinism breaks against the policy: 2")
    assert call("baseline", "update", *ACCEPT).exit_code == ExitCode.HOLDS
    passed = call("check")
    assert passed.exit_code == ExitCode.HOLDS
    assert passed.output.splitlines()[-1] == "✓ Nothing breaks against the policy."
    assert "not seeded" in passed.output


def test_nothing_measured_is_3(folder: Path) -> None:
    assert call("check").exit_code == ExitCode.NOT_MEASURED


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "--baseline", "nowhere.yaml"),
        ("baseline", "update", "--expires", "next year"),
        ("baseline", "update", "--expires", "2020-01-01"),
        ("baseline", "update", "--link", "javascript:x"),
    ],
)
def test_a_wrong_option_is_2(measured: Path, arguments: tuple[str, ...]) -> None:
    assert call(*arguments).exit_code == ExitCode.USAGE
    assert not (measured / "reports/baseline.yaml").exists()


def test_update_shows_and_writes_nothing_without_an_answer(measured: Path) -> None:
    asked = call("baseline", "update", "--reason", "why")
    assert asked.exit_code == ExitCode.USAGE
    assert "mine/shaky" in asked.output
    assert "nothing written: add --yes to write reports/baseline.yaml" in asked.output
    unexplained = call("baseline", "update", "--yes")
    assert unexplained.exit_code == ExitCode.USAGE
    assert 'say why 4 breaks would be accepted: --reason "why"' in unexplained.output
    assert not (measured / "reports/baseline.yaml").exists()


def test_update_writes_what_it_showed_and_then_has_nothing_to_do(measured: Path) -> None:
    assert call("baseline", "update", *ACCEPT, "--expires", "2999-01-01").exit_code == 0
    written = (measured / "reports/baseline.yaml").read_text(encoding="utf-8")
    assert "expires: '2999-01-01'" in written
    again = call("baseline", "update")
    assert (again.exit_code, again.output) == (0, "reports/baseline.yaml stays as it is\n")


def test_an_own_baseline_and_all_files_at_once(measured: Path) -> None:
    assert call("baseline", "update", "--baseline", "own.yaml", *ACCEPT).exit_code == 0
    files = ("--junit", "out/j.xml", "--markdown", "out/m.md", "--sarif", "out/s.sarif")
    done = call("check", "--baseline", "own.yaml", *files, "--json")
    assert done.exit_code == ExitCode.HOLDS
    assert json.loads(done.stdout)["verdict"] == "Nothing breaks against the policy."
    assert ElementTree.parse(measured / "out/j.xml").getroot().get("failures") == "0"
    assert json.loads((measured / "out/s.sarif").read_text())["version"] == "2.1.0"
    assert "### Known" in (measured / "out/m.md").read_text(encoding="utf-8")


def test_on_github_annotations_are_printed_and_the_summary_is_added_to(
    measured: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    summary = measured / "summary.md"
    summary.write_text("before\n", encoding="utf-8")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    lines = call("check", "--markdown", str(summary)).output.splitlines()
    token = lines[0].removeprefix("::stop-commands::")
    assert len(token) == 32
    after = lines[lines.index(f"::{token}::") + 1 :]
    assert after
    assert all(line.startswith(("::error file=matrix.yaml", "::warning file=")) for line in after)
    assert summary.read_text(encoding="utf-8").startswith("before\n## sameseed")
    assert "::" not in call("check", "--no-github").output
    assert "::error" in call("check", "--json").stderr


def test_a_broken_baseline_says_where(measured: Path) -> None:
    (measured / "reports/baseline.yaml").write_text("version: 1\nacepted: []\n")
    failed = call("check")
    assert "reports/baseline.yaml:2:1: unknown key acepted" in str(failed.exception)
