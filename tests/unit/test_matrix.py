import json
from datetime import date
from pathlib import Path
from textwrap import dedent

import jsonschema
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.errors import ExitCode, MatrixError, Problem
from harness.matrix import Matrix, json_schema, load_matrix, schema_text
from harness.matrix_types import Single

ROOT = Path(__file__).parents[2]
HEAD = "version: 1\nenvironments:\n"  # what a test writes below begins on line 3
ENTRY = '  - {tensorflow: "2.9.3", python: "3.10"}\n'
WHOLE = HEAD + ENTRY  # what a test writes below begins on line 4


def load(tmp_path: Path, text: str) -> Matrix:
    path = tmp_path / "matrix.yaml"
    path.write_text(dedent(text), encoding="utf-8")
    return load_matrix(path)


def problems(tmp_path: Path, text: str) -> tuple[Problem, ...]:
    with pytest.raises(MatrixError) as caught:
        load(tmp_path, text)
    assert caught.value.exit_code is ExitCode.USAGE
    assert all(problem.file == str(tmp_path / "matrix.yaml") for problem in caught.value.problems)
    return caught.value.problems


def test_the_shipped_matrix_is_valid() -> None:
    matrix = load_matrix(ROOT / "matrix.yaml")
    assert matrix.exclude_newer == date(2026, 11, 20)
    assert matrix.platforms == ("linux-x86_64", "linux-aarch64", "macos-arm64", "windows-x86_64")


def test_a_short_matrix_has_documented_defaults(tmp_path: Path) -> None:
    matrix = load(tmp_path, WHOLE)
    assert (matrix.trials, matrix.threads, matrix.scenario_seconds) == (2, 2, 120)
    assert matrix.max_cells == 500
    assert matrix.exclude_newer is None
    assert matrix.devices == ("cpu",)
    assert list(matrix.settings) == ["default"]
    assert matrix.scenarios.include == ("*",)


def test_a_scalar_and_a_list_of_one_hold_the_same_and_are_told_apart(tmp_path: Path) -> None:
    matrix = load(tmp_path, HEAD + '  - {tensorflow: ["2.9.3"], python: "3.10"}\n')
    entry = matrix.environments[0]
    assert entry.tensorflow == ("2.9.3",)
    assert not isinstance(entry.tensorflow, Single)
    assert entry.python == ("3.10",)
    assert isinstance(entry.python, Single)


@pytest.mark.parametrize("written", ['"2026-11-20"', "2026-11-20"])
def test_a_day_may_be_quoted_or_not(tmp_path: Path, written: str) -> None:
    assert load(tmp_path, f"{WHOLE}exclude_newer: {written}\n").exclude_newer == date(2026, 11, 20)


@pytest.mark.parametrize("version", ["2.22.0rc1", "2.9.3", "2.10", "2.9.0.dev20220101"])
def test_any_quoted_exact_version_is_accepted(tmp_path: Path, version: str) -> None:
    text = f'{HEAD}  - {{tensorflow: "{version}", python: "3.10.13"}}\n'
    assert load(tmp_path, text).environments[0].tensorflow == (version,)


def test_the_model_is_frozen(tmp_path: Path) -> None:
    matrix = load(tmp_path, WHOLE)
    with pytest.raises(ValueError, match="frozen"):
        matrix.trials = 3


@pytest.mark.parametrize(
    ("raw", "read_as"),
    [
        ("3.10", "the number 3.1"),
        ("2.10", "the number 2.1"),
        ("2.20", "the number 2.2"),
        ("2", "the number 2"),
        ("1e3", 'the text "1e3"'),
        ("1.0e+3", "the number 1000.0"),
        ("off", "the truth value false"),
        ("2.9.3", 'the text "2.9.3"'),
        ("2026-11-20", "the date 2026-11-20"),
    ],
)
def test_an_unquoted_version_is_shown_as_written_as_read_and_as_it_should_be(
    tmp_path: Path, raw: str, read_as: str
) -> None:
    [problem] = problems(tmp_path, f'{HEAD}  - {{python: "3.10", tensorflow: ["2.9.3", {raw}]}}\n')
    assert problem.message == f"{raw} is not quoted: YAML reads it as {read_as}"
    assert problem.hint == f'write "{raw}"'
    assert (problem.line, problem.column) == (3, 44)


BAD_ENTRIES = [
    ('{pyton: "3.10", tensorflow: "2.9.3", python: "3.10"}', 6, "unknown key pyton", "python?"),
    ('{tensorflow: "2.9.3", python: []}', 35, "python is empty", "at least one"),
    ('{tensorflow: "2.9.3", python: }', 34, "python must be a text, and is nothing", "in quotes"),
    ('{tensorflow: {a: 1}, python: "3.10"}', 18, "is a mapping", "in quotes"),
    ('{tensorflow: ">=2.9", python: "3.10"}', 18, '">=2.9" is not an exact', '"2.21.0"'),
    (f'{{tensorflow: "{"9" * 200}", python: "3.10"}}', 18, "too long for a version", '"2.21.0"'),
    (f'{{keras: "<{"9" * 200}", python: "3.10"}}', 13, "too long for a version", '"2.21.0"'),
    ('{tensorflow: "newest", python: "3.10"}', 18, '"newest" is not an exact', '"2.21.0"'),
    ('{tensorflow: "2.9.3", python: "3"}', 35, '"3" is not a Python version', '"3.10"'),
    ('{tensorflow: "1.15.5", python: "3.6"}', 36, "Python 3.6 is too old", '"3.7"'),
    ('{tensorflow: ["2.9.3", "2.9.3"], python: "3.8"}', 28, "2.9.3 is listed twice", "keep one"),
    ('{keras: "3.0.5", backend: jaxx, python: "3.10"}', 31, "unknown in backend: jaxx", "jax?"),
    ('{keras: "3.0.5"}', 5, "this entry has no python", 'add python: "3.10"'),
    ('{python: "3.10"}', 5, "neither tensorflow nor keras", "add tensorflow: or keras:"),
    ("tensorflow", 5, "item 1 of environments must be a mapping", ""),
    ('{interpreter: /usr/bin/python3}', 6, "interpreter needs a name", "add name:"),
    ('{interpreter: "", name: x}', 19, "interpreter is empty", "leave the key out"),
    ('{interpreter: /p, name: x, python: "3.10"}', 32, "cannot stand together", "remove python:"),
    ('{name: X, keras: "3.0.5", python: "3.10"}', 12, '"X" is not a name', "letter: x"),
    ('{name: x, keras: ["2.9.0", "3.0.5"], python: "3.10"}', 12, "cannot stand for 2", "leave"),
    ('{keras: "3.0.5", python: "3.10", packages: {A_b: "1"}}', 49, "normalised", "like a-b"),
    ('{keras: "3.0.5", python: "3.10", packages: {numpy: "1"}}', 49, "an axis", "write numpy:"),
    ('{keras: "3.0.5", python: "3.10", packages: {device: "1"}}', 49, "word device", "leave"),
    ('{keras: "3.0.5", python: "3.10", packages: {a: "<x"}}', 52, "not a version spec", '"<3.20"'),
    ('{keras: "3.0.5", python: "3.10", packages: {a: <3}}', 52, "<3 is not quoted", '"<3"'),
    ('{keras: "3.0.5", python: "3.10", packages_on: {tpu: {}}}', 52, "in packages_on: tpu", "gpu?"),
    ('{keras: "3.0.5", python: "3.8", packages_on: {gpu: {jax: same}}}', 62, "same as", "add jax:"),
    ('{keras: "3.0.5", python: "3.8", packages_on: {gpu: {keras: "3"}}}', 64, "another", "same"),
    ('{keras: "3.0.5", python: "3.8", packages_on: {gpu: {"k[": "3"}}}', 57, '"k["', "ml-dtypes"),
]  # fmt: skip


@pytest.mark.parametrize(("entry", "column", "message", "hint"), BAD_ENTRIES)
def test_a_mistake_in_an_entry_is_told_where_it_stands(
    tmp_path: Path, entry: str, column: int, message: str, hint: str
) -> None:
    [problem] = problems(tmp_path, f"{HEAD}  - {entry}\n")
    assert message in problem.message
    assert hint in problem.hint
    assert (problem.line, problem.column) == (3, column)


BAD_KEYS = [
    ("trails: 2", 1, "unknown key trails", "trials?"),
    ("zzz: 2", 1, "unknown key zzz", "known here: version, trials"),
    ("trials: 0", 9, "trials must be at least 1, and is 0", "write at least 1"),
    ('trials: "2"', 9, 'trials must be a whole number, and is the text "2"', "2 without quotes"),
    ("trials: 2.5", 9, "trials must be a whole number, and is the number 2.5", ""),
    ("trials: true", 9, "trials must be a whole number, and is the truth value true", ""),
    ("scenario_seconds: 0", 19, "scenario_seconds must be more than 0", ""),
    ("scenario_seconds: .nan", 19, "scenario_seconds must be a finite number", ""),
    ("exclude_newer: yesterday", 16, '"yesterday" is not a day', '"2026-11-20"'),
    ("exclude_newer: 2026-11-20 10:00:00", 16, "a day has no time", '"2026-11-20"'),
    ("exclude_newer: 5", 16, "exclude_newer must be a day, and is the number 5", '"2026-11-20"'),
    ("platforms: [linux]", 13, "unknown in platforms: linux", "linux-x86_64"),
    ("devices: []", 10, "devices is empty", "leave the key out"),
    ("devices: [cpu, tpu]", 16, "unknown in devices: tpu", "gpu?"),
    ("devices: [cpu, cpu]", 16, "cpu is listed twice", "keep one"),
    ("settings: {}", 11, "settings is empty", "leave the key out"),
    ("settings: {default: }", 20, "default must be a mapping, and is nothing", "write {}"),
    ("settings: {One DNN: {}}", 12, '"One DNN" is not a name', "with a letter: one_dnn"),
    ("settings: {1: {}}", 12, "the key 1 is not quoted", 'write "1"'),
    ("settings: {a: {env: {TF_X: 0}}}", 28, "0 is not quoted", 'write "0"'),
    ("settings: {a: {env: {TF_X: on}}}", 28, "the truth value true", 'write "on"'),
    ("settings: {a: {env: {TF-X: a}}}", 22, '"TF-X" cannot name', "TF_ENABLE_ONEDNN_OPTS"),
    ("settings: {a: {thread: 1}}", 16, "unknown key thread", "threads?"),
    ("scenarios: {includes: a}", 13, "unknown key includes", "include?"),
    ("include: 4", 10, "include must be a list, and is the number 4", "begin each item with -"),
    ("include: [{when: {python: \"3.10\"}}]", 11, "this rule includes nothing", "add packages:"),
    ("include: [{when: {device: gpu}, devices: cpu}]", 19, "not a device", "write devices:"),
    ("include: [{when: {keras: 3.10}, devices: cpu}]", 26, "3.10 is not quoted", '"3.10"'),
    ("include: [{when: {keras: '>a'}, devices: cpu}]", 26, "not a version specifier", '"<3.20"'),
    ("include: [{when: {keras: x}, settings: defalt}]", 40, "defalt is not among", "default?"),
    ("exclude: [{when: {device: cpu}}]", 11, "reason is missing", "add reason:"),
    ('exclude: [{when: {device: cpu}, reason: " "}]', 41, "reason is empty", ""),
    ("exclude: [{when: {}, reason: x}]", 18, "when is empty", ""),
    ("profiles: {all: {}}", 12, "the profile all is built in", "another name"),
    ("profiles: {a: {settings: x}}", 26, "x is not among the settings", "default"),
    ("profiles: {a: {devices: gpu}}", 25, "gpu is not among the devices", "cpu"),
    ("profiles: {a: {trials: 0}}", 24, "trials must be at least 1", ""),
]  # fmt: skip


@pytest.mark.parametrize(("line", "column", "message", "hint"), BAD_KEYS)
def test_a_mistake_beside_the_environments_is_told_where_it_stands(
    tmp_path: Path, line: str, column: int, message: str, hint: str
) -> None:
    found = problems(tmp_path, f"{WHOLE}{line}\n")
    [problem] = [problem for problem in found if message in problem.message]
    assert len(found) == 1
    assert hint in problem.hint
    assert (problem.line, problem.column) == (4, column)


@pytest.mark.parametrize(
    ("text", "line", "column", "message", "hint"),
    [
        ("- a\n", 1, 1, "a matrix must be a mapping, and is a list", ""),
        ("just words\n", 1, 1, "a matrix must be a mapping", ""),
        (
            "version: 2\nenvironments:\n" + ENTRY,
            1,
            10,
            "unknown format: the number 2",
            "version: 1",
        ),
        ('version: "1"\nenvironments:\n' + ENTRY, 1, 10, "unknown format", "version: 1"),
        ("environments:\n" + ENTRY, 1, 1, "version is missing", "add version:"),
        ("version: 1\n", 1, 1, "environments is missing", "add environments:"),
        ("version: 1\nenvironments: []\n", 2, 15, "environments is empty", "at least one"),
        ("version: 1\nversion: 1\nenvironments:\n" + ENTRY, 2, 1, "is here twice", "keep one"),
    ],
)
def test_a_mistake_in_the_frame_is_told_where_it_stands(
    tmp_path: Path, text: str, line: int, column: int, message: str, hint: str
) -> None:
    [problem] = problems(tmp_path, text)
    assert message in problem.message
    assert hint in problem.hint
    assert (problem.line, problem.column) == (line, column)


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = """\
        version: 1
        trails: 3
        environments:
          - {tensorflow: [2.10, off], python: 3.10}
        settings: {Off: {}, off: {}}
        """
    found = problems(tmp_path, text)
    assert [(problem.line, problem.column) for problem in found] == [
        (2, 1),
        (4, 19),
        (4, 25),
        (4, 39),
        (5, 12),
        (5, 21),
    ]


def test_an_error_reads_like_a_compilers(tmp_path: Path) -> None:
    with pytest.raises(MatrixError) as caught:
        load(tmp_path, WHOLE + "trails: 2\n")
    path = tmp_path / "matrix.yaml"
    assert str(caught.value) == f"{path}:4:1: unknown key trails\n    did you mean trials?"


def test_the_schema_file_is_what_the_model_gives() -> None:
    written = (ROOT / "docs" / "matrix.schema.json").read_text(encoding="utf-8")
    assert written == schema_text(), (
        "write it again: python -c 'import harness.matrix as m; print(m.schema_text(), end=\"\")'"
        " > docs/matrix.schema.json"
    )


def test_the_schema_is_valid_and_accepts_the_shipped_matrix() -> None:
    schema = json.loads(schema_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    text = (ROOT / "matrix.yaml").read_text(encoding="utf-8")
    assert text.startswith("# yaml-language-server: $schema=docs/matrix.schema.json\n")
    jsonschema.Draft202012Validator(schema).validate(yaml.safe_load(text))


@pytest.mark.parametrize(
    "wrong",
    [
        {"trails": 2},
        {"devices": ["tpu"]},
        {"devices": []},
        {"environments": [{"python": 3.10, "tensorflow": "2.9.3"}]},
        {"settings": {"Big": {}}},
        {"exclude": [{"when": {"device": "gpu"}}]},
        {"version": 2},
    ],
)
def test_the_schema_refuses_what_the_model_refuses(wrong: dict[str, object]) -> None:
    right = {"version": 1, "environments": [{"tensorflow": "2.9.3", "python": "3.10"}]}
    validator = jsonschema.Draft202012Validator(json_schema())
    assert validator.is_valid(right)
    assert not validator.is_valid({**right, **wrong})


def test_the_schema_describes_every_key() -> None:
    for model in [json_schema(), *json_schema()["$defs"].values()]:
        for key, part in model["properties"].items():
            assert part.get("description"), f"{key} has no description"


KEYS = [
    *("version", "trials", "environments", "include", "exclude", "settings", "devices", "profiles"),
    *("python", "tensorflow", "keras", "backend", "packages", "packages_on", "interpreter", "when"),
    *("name", "env", "threads", "scenarios", "exclude_newer", "default", "gpu", "tensorflow[x]"),
]
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-1, 3),
    st.floats(),
    st.dates(),
    st.text(max_size=3),
    st.sampled_from(["2.9.3", "3.10", ">=2", "<x", "jax", "cpu", "same", "*", "default"]),
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(KEYS), inner, max_size=5)
    ),
    max_leaves=12,
)


@settings(deadline=None)  # it writes files, and a busy disk is no mistake
@given(st.dictionaries(st.sampled_from(KEYS), ANYTHING, max_size=6), st.booleans())
def test_whatever_the_file_says_it_is_a_matrix_or_a_list_of_problems(
    tmp_path_factory: pytest.TempPathFactory, data: dict[str, object], plausible: bool
) -> None:
    if plausible:
        data = {**data, "version": 1, "environments": [data]}
    path = tmp_path_factory.mktemp("fuzz") / "matrix.yaml"
    path.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
    found: tuple[Problem, ...] = ()
    try:
        load_matrix(path)
    except MatrixError as error:
        found = error.problems
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert all(1 <= problem.line <= lines and problem.message for problem in found)
    assert found or data["version"] == 1


@pytest.mark.parametrize(
    ("name", "instead"),
    [
        ("KERAS_BACKEND", "backend:"),
        ("TF_NUM_INTRAOP_THREADS", "threads:"),
        ("CUDA_VISIBLE_DEVICES", "devices:"),
    ],
)
def test_a_variable_that_would_be_overridden_is_refused(
    tmp_path: Path, name: str, instead: str
) -> None:
    """Else a setting without any effect would be reported as one that changes nothing."""
    text = f"""\
version: 1
environments: [{{tensorflow: "2.9.3", python: "3.10"}}]
settings:
  other: {{env: {{{name}: "1"}}}}
"""
    (found,) = problems(tmp_path, text)
    assert (found.line, found.message) == (4, f"sameseed sets {name} itself")
    assert instead in found.hint


def test_the_newest_is_audited_only_where_the_entry_says_so(tmp_path: Path) -> None:
    entry = '  - {tensorflow: ">=2.21", python: "3.12"'
    with pytest.raises(MatrixError) as caught:
        load(tmp_path, f"version: 1\nenvironments:\n{entry}}}\n")
    [problem] = caught.value.problems
    assert problem.message == '">=2.21" is not an exact version'
    assert "prereleases: true" in problem.hint
    assert (problem.line, problem.column) == (3, 18)

    matrix = load(tmp_path, f"version: 1\nenvironments:\n{entry}, prereleases: true}}\n")
    assert matrix.environments[0].tensorflow == (">=2.21",)
