"""Scenario files of the user's own: how they join the suite, and what is said about mistakes."""

from __future__ import annotations

import gc
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from harness import scenarios
from harness.assignments import assignments, edited, suite_digest
from harness.errors import MatrixError, Problem
from harness.launch import Launcher, header, write_failure
from harness.machine import this_machine
from harness.plan import load_plan
from harness.probe import schema
from harness.probe.trial import Trial
from harness.records import read
from tests.unit.test_assignments import ENVIRONMENT, PLAN

HEAD = """\
version: 1
environments: [{name: env, tensorflow: "2.10.1", python: "3.10"}]
scenarios:
"""
OWN = '''\
from harness.scenarios import scenario


@scenario("{name}")
def measured(run):
    """One array."""
    run.array("x", run.numpy.ones(3))
'''


@pytest.fixture(autouse=True)
def registry() -> Iterator[None]:
    """The suite as it was, once a test is over."""
    scenarios.suite()
    known, loaded = dict(scenarios._registry), set(scenarios._loaded)
    yield
    scenarios._registry.clear()
    scenarios._registry.update(known)
    scenarios._loaded.clear()
    scenarios._loaded.update(loaded)


def matrix(folder: Path, rest: str) -> Path:
    path = folder / "matrix.yaml"
    path.write_text(HEAD + rest, encoding="utf-8")
    return path


def own(folder: Path, name: str, file: str = "mine.py") -> Path:
    path = folder / file
    path.parent.mkdir(exist_ok=True)
    path.write_text(OWN.format(name=name), encoding="utf-8")
    return path


def problem(folder: Path, rest: str = "  files: [mine.py]\n") -> Problem:
    """The one mistake that loading the plan tells of."""
    with pytest.raises(MatrixError) as refused:
        load_plan(matrix(folder, rest))
    (found,) = refused.value.problems
    return found


def test_own_scenarios_join_the_suite_at_its_end(tmp_path: Path) -> None:
    standard = scenarios.names()
    file = own(tmp_path, "own/first")

    plan = load_plan(matrix(tmp_path, "  files: [mine.py]\n"))

    assert plan.scenarios == (*standard, "own/first")
    assert plan.scenario_files == (str(file),)


def test_a_path_is_seen_from_the_folder_of_the_matrix(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = own(tmp_path, "own/below", "below/mine.py")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    matrix(tmp_path, "  files: below/mine.py\n")
    monkeypatch.chdir(elsewhere)

    assert load_plan(Path("../matrix.yaml")).scenario_files == (str(file),)


def test_a_pattern_can_name_an_own_scenario(tmp_path: Path) -> None:
    own(tmp_path, "own/first")
    path = matrix(tmp_path, '  files: [mine.py]\n  include: ["own/*", "controls/*"]\n')

    assert load_plan(path).scenarios == (
        "controls/unseeded",
        "controls/another_seed",
        "own/first",
    )


def test_a_missing_file_is_told_where_it_is_named(tmp_path: Path) -> None:
    found = problem(tmp_path, "  files: [nowhere.py]\n")

    assert (found.file, found.line, found.column) == (str(tmp_path / "matrix.yaml"), 4, 11)
    assert found.message == f"there is no file {tmp_path / 'nowhere.py'}"
    assert "folder of this file" in found.hint


@pytest.mark.parametrize("name", ["loop.py", "a" * 300], ids=["a link to itself", "too long"])
def test_a_path_that_cannot_be_a_file_is_told_like_a_missing_one(tmp_path: Path, name: str) -> None:
    (tmp_path / "loop.py").symlink_to(tmp_path / "loop.py")

    assert "there is no file" in problem(tmp_path, f"  files: [{name}]\n").message


def test_a_file_named_twice_is_refused(tmp_path: Path) -> None:
    own(tmp_path, "own/first")

    found = problem(tmp_path, "  files: [mine.py, ./mine.py]\n")

    assert (found.line, found.column, found.message) == (4, 20, "./mine.py is named twice")


def test_a_syntax_error_is_told_at_its_place(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text("import os\nx = = 1\n")

    found = problem(tmp_path)

    assert (found.file, found.line, found.column) == (str(file), 2, 5)
    assert found.message.startswith("this is not Python: ")
    assert "3.7" in found.hint


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("first", "write family/name in lower-case letters"),
        ("own/First", "write family/name in lower-case letters"),
        ("own/a b", "write family/name in lower-case letters"),
        ("recipes/mine", "choose another, such as own/mine"),
        ("recipes/none", "two scenarios are called 'recipes/none': rename one"),
    ],
)
def test_a_bad_name_is_told_at_its_line_with_what_to_write(
    tmp_path: Path, name: str, said: str
) -> None:
    file = own(tmp_path, name)

    found = problem(tmp_path)

    assert (found.file, found.column) == (str(file), 1)
    assert found.line == file.read_text().splitlines().index(f'@scenario("{name}")') + 1
    assert said in found.message


def test_two_files_cannot_define_the_same_name(tmp_path: Path) -> None:
    own(tmp_path, "own/same", "one.py")
    second = own(tmp_path, "own/same", "two.py")

    found = problem(tmp_path, "  files: [one.py, two.py]\n")

    assert found.file == str(second)
    assert "two scenarios are called 'own/same'" in found.message


def test_a_file_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    before = scenarios.names()
    file = own(tmp_path, "own/half")
    file.write_text(file.read_text() + "\n1 / 0\n")

    found = problem(tmp_path)

    assert found.message == "this cannot be loaded: ZeroDivisionError: division by zero"
    assert scenarios.names() == before


def test_an_import_of_what_is_not_installed_says_where_it_belongs(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("import os\nimport no_such_framework\n")

    found = problem(tmp_path)

    assert (found.line, found.column) == (2, 1)
    assert "inside the function" in found.hint


def test_a_file_that_defines_nothing_is_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("x = 1\n")

    found = problem(tmp_path)

    assert (found.line, found.column) == (4, 11)
    assert found.message == "mine.py defines no scenario"
    assert "@scenario(" in found.hint


def test_a_file_that_ends_python_is_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("import sys\nif True:\n    sys.exit(3)\n")

    found = problem(tmp_path)

    assert (found.line, found.column) == (3, 5)
    assert "SystemExit" in found.message


def test_every_bad_file_is_told(tmp_path: Path) -> None:
    own(tmp_path, "wrong", "one.py")
    own(tmp_path, "own/good", "two.py")
    own(tmp_path, "recipes/three", "three.py")

    with pytest.raises(MatrixError) as refused:
        load_plan(matrix(tmp_path, "  files: [one.py, two.py, three.py]\n"))

    assert [Path(found.file).name for found in refused.value.problems] == ["one.py", "three.py"]


def test_what_a_file_prints_stays_out_of_what_machines_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = own(tmp_path, "own/loud")
    file.write_text("print('hello')\n" + file.read_text())

    load_plan(matrix(tmp_path, "  files: [mine.py]\n"))

    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", "hello\n")


def test_the_digest_follows_content_and_not_the_place(tmp_path: Path) -> None:
    file = own(tmp_path, "own/first")
    copy = own(tmp_path, "own/first", "copy/mine.py")
    changed = own(tmp_path, "own/second", "changed/mine.py")
    alone = suite_digest()

    assert suite_digest((str(file),)) == suite_digest((str(copy),)) != alone
    assert suite_digest((str(file),)) != suite_digest((str(changed),))


def test_an_edit_after_the_plan_was_made_is_noticed(tmp_path: Path) -> None:
    file = own(tmp_path, "own/first")
    files = (str(file),)
    suite_digest(files)
    assert not edited(files)

    file.write_text(file.read_text() + "# later\n")
    assert edited(files)

    file.unlink()
    assert edited(files)


@pytest.mark.skipif(os.name != "posix", reason="a shell script")
@pytest.mark.parametrize(("edit", "ends"), [("", schema.OK), ("echo '#' >> {file}", schema.ERROR)])
def test_a_trial_during_which_a_file_was_edited_does_not_count(
    tmp_path: Path, edit: str, ends: str
) -> None:
    """The interpreter is a script that leaves a good record, and may edit the file."""
    file = own(tmp_path, "own/first")
    plan = replace(PLAN, scenario_files=(str(file),))
    machine = this_machine()
    (todo, *_) = assignments(plan, ENVIRONMENT, "content", tmp_path / machine.id)
    good = replace(todo, record=tmp_path / "good.jsonl")
    write_failure(good, header(plan, good, machine, ""), schema.OK, "")
    python = tmp_path / "python"
    lines = ["#!/bin/sh", f"mkdir -p {todo.record.parent}", f"cp {good.record} {todo.record}"]
    python.write_text("\n".join([*lines, edit.format(file=file)]) + "\n")
    python.chmod(0o755)

    launcher = Launcher(
        plan, ENVIRONMENT, python, machine, tmp_path / "objects", "", lambda line: None
    )
    statuses = launcher.measure([todo], jobs=1)

    assert list(statuses.values()) == [ends]
    assert read(todo.record).end.status == ends


@pytest.fixture
def framework(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The name of a module that imports as a framework does."""
    (tmp_path / "standin_framework.py").write_text("class layers:\n    Dense = None\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("KERAS_BACKEND", "")
    yield "standin_framework"
    sys.modules.pop("standin_framework", None)
    gc.enable()


def trial(tmp_path: Path, framework: str, file: Path, *names: str) -> tuple[str, str]:
    """What a trial of own scenarios comes to: its status and the lines of its record."""
    output = tmp_path / "1.jsonl"
    log = tmp_path / "probe.log"
    log.touch()
    status = Trial(
        output=str(output),
        objects=str(tmp_path / "objects"),
        scratch=str(tmp_path / "scratch"),
        backend=framework,
        keras=framework,
        device="cpu",
        threads=1,
        seconds=10,
        scenarios=list(names),
        header={},
        files=(str(file),),
    ).run(lambda line: None, log, [])
    return status, output.read_text()


def test_a_scenario_that_is_gone_when_the_probe_starts_is_an_error_with_its_name(
    tmp_path: Path, framework: str
) -> None:
    status, record = trial(tmp_path, framework, own(tmp_path, "own/here"), "own/here", "own/gone")

    assert status == schema.ERROR
    assert "own/gone: was a file edited since the plan was made?" in record


def test_a_file_that_the_audited_python_cannot_read_is_an_error_with_its_line(
    tmp_path: Path, framework: str
) -> None:
    file = own(tmp_path, "own/new")
    file.write_text(file.read_text() + "x = = 1\n")

    status, record = trial(tmp_path, framework, file, "own/new")

    assert status == schema.ERROR
    assert re.search(r"SyntaxError: .*mine\.py, line 8", record)


def test_the_example_of_the_documentation_has_ten_lines_and_is_understood(tmp_path: Path) -> None:
    document = Path(__file__).parents[2] / "docs" / "own-scenarios.md"
    text = document.read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    (tmp_path / "my_scenarios.py").write_text(code)
    first, only = re.findall(r"```yaml\nscenarios:\n(.*?)```", text, re.DOTALL)

    assert sum(bool(line.strip()) for line in code.splitlines()) == 10
    assert "own/two_dense_layers" in load_plan(matrix(tmp_path, first)).scenarios
    assert load_plan(matrix(tmp_path, only)).scenarios[-1] == "own/two_dense_layers"
