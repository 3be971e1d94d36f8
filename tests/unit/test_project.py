"""The repository as a whole: what must agree between files, and what may import what."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import nox.project
import pytest

from tests.project import ROOT

PROJECT = nox.project.load_toml(ROOT / "pyproject.toml")


def nox_list(*arguments: str) -> list[dict[str, Any]]:
    command = [sys.executable, "-m", "nox", "--script-mode", "none", "-l", "--json", *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    sessions: list[dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    return sessions


def test_the_noxfile_asks_for_what_the_package_needs() -> None:
    script = nox.project.load_toml(ROOT / "noxfile.py")

    wanted = [entry for entry in script["dependencies"] if not entry.startswith("nox")]
    assert wanted == PROJECT["project"]["dependencies"]
    assert script["requires-python"] == PROJECT["project"]["requires-python"]


def test_nox_alone_runs_the_default_profile_and_the_report_last() -> None:
    names = [session["session"] for session in nox_list()]

    assert names == [
        "audit-tf2_9_3_py3_10",
        "audit-tf2_10_1_py3_10",
        "audit-tf2_15_1_py3_10",
        "audit-tf2_16_2_py3_10",
        "audit-tf2_21_0_py3_10",
        "report",
    ]


@pytest.mark.parametrize("name", ["audit-tf2_10_1_py3_10", "audit-tf2_21_0_py3_10"])
def test_a_session_name_selects_one_session(name: str) -> None:
    assert [session["session"] for session in nox_list("-s", name)] == [name]


def test_the_report_requires_no_audit_that_could_fail() -> None:
    tree = ast.parse((ROOT / "noxfile.py").read_text(encoding="utf-8"))
    keywords = {
        word.arg for call in ast.walk(tree) if isinstance(call, ast.Call) for word in call.keywords
    }

    assert "requires" not in keywords


def test_imports_keep_to_the_architecture() -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout


def test_the_probe_is_written_for_its_oldest_python() -> None:
    for folder in ("probe", "scenarios"):
        for path in (ROOT / "harness" / folder).rglob("*.py"):
            ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 7))


def test_the_probe_imports_only_the_standard_library_numpy_and_itself() -> None:
    allowed = {*sys.stdlib_module_names, "numpy", "harness", "tensorflow", "pkg_resources"}
    for folder in ("probe", "scenarios"):
        for path in (ROOT / "harness" / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Import):
                    assert {name.name.split(".")[0] for name in node.names} <= allowed, path
                elif isinstance(node, ast.ImportFrom) and not node.level:
                    assert str(node.module).split(".")[0] in allowed, path


def test_every_dependency_has_its_reason_in_the_docs() -> None:
    documented = (ROOT / "docs/dependencies.md").read_text(encoding="utf-8")

    for requirement in PROJECT["project"]["dependencies"]:
        name = re.split(r"[><=\[]", requirement)[0]
        assert f"`{name}`" in documented
