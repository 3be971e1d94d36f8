from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import MatrixError, Problem
from harness.expand import expand
from harness.matrix import Matrix, load_matrix
from harness.plan import build_plan
from harness.plan_checks import collisions

SUITE = ("texts/two", "texts/cloned", "recipes/none", "recipes/numpy_only")
HEAD = "version: 1\nenvironments:\n"  # what a test writes below begins on line 3
TWO = '  - {tensorflow: ["2.9.3", "2.10.1"], python: "3.10"}\n'


def problems(tmp_path: Path, text: str, profile: str = "default") -> tuple[Problem, ...]:
    path = tmp_path / "matrix.yaml"
    path.write_text(text, encoding="utf-8")
    matrix = load_matrix(path)
    with pytest.raises(MatrixError) as caught:
        build_plan(matrix, profile, SUITE)
    return caught.value.problems


MISTAKES = [
    # (what follows the two environments, line, column, message, hint)
    ("include: [{when: {tensorflow: '2.9.4'}, devices: cpu}]", 4, 31,
     "nothing here has tensorflow 2.9.4", "did you mean 2.9.3?"),
    ("include: [{when: {tensorflw: '2.9.3'}, devices: cpu}]", 4, 19,
     "nothing here has tensorflw", "did you mean tensorflow?"),
    ("include: [{when: {keras: '>=3'}, devices: cpu}]", 4, 19, "nothing here has keras", "known"),
    ("exclude: [{when: {device: gpu}, reason: r}]", 4, 27, "has device gpu", "cpu?"),
    ("exclude: [{when: {setting: defalt}, reason: r}]", 4, 28, "has setting defalt", "default?"),
    ("exclude: [{when: {tensorflow: '2.9.3', environment: 'tf2_10*'}, reason: r}]", 4, 11,
     "this rule matches no cell", "never the same one"),
    ("exclude: [{when: {environment: 'tf3*'}, reason: r}]", 4, 32, "environment tf3*", "tf2_"),
    ("profiles: {a: {environments: ['tf2*', tf3]}}", 4, 39, "no environment matches tf3", "tf2_"),
    ("scenarios: {include: ['recipes/nmpy_only']}", 4, 23,
     "no scenario matches recipes/nmpy_only", "did you mean recipes/numpy_only?"),
    ("scenarios: {exclude: zzz}", 4, 22, "no scenario matches zzz", "known here: texts/two"),
    ("scenarios: {exclude: '*'}", 4, 12, "every included scenario is excluded", "fewer"),
    ("devices: [cpu, gpu]\ninclude: [{when: {python: '3.10'}, devices: cpu}]\n"
     "profiles: {a: {devices: gpu}}", 6, 12, "the profile a contains no cell", "other settings"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line", "column", "message", "hint"), MISTAKES)
def test_what_matches_nothing_is_told_where_it_stands(
    tmp_path: Path, text: str, line: int, column: int, message: str, hint: str
) -> None:
    [problem] = problems(tmp_path, f"{HEAD}{TWO}{text}\n")
    assert message in problem.message
    assert hint in problem.hint
    assert (problem.line, problem.column) == (line, column)


def test_rules_that_contradict_each_other_are_told_at_the_environment(tmp_path: Path) -> None:
    text = f"""{HEAD}{TWO}devices: [cpu, gpu]
include:
  - {{when: {{tensorflow: "2.9.3"}}, devices: cpu}}
  - {{when: {{tensorflow: "2.9.3"}}, devices: gpu}}
"""
    [problem] = problems(tmp_path, text)
    assert problem.message == "the include rules leave tf2_9_3_py3_10 no setting or no device"
    assert (problem.line, problem.column) == (3, 5)


def test_a_constraint_that_only_an_interpreter_matches_does_nothing(tmp_path: Path) -> None:
    text = f"""{HEAD}  - {{interpreter: /opt/python, name: mine}}
include: [{{when: {{environment: mine}}, packages: {{numpy: "<2"}}}}]
"""
    [problem] = problems(tmp_path, text)
    assert "nothing here has environment" in problem.message


def test_an_unknown_profile_is_told_with_the_nearest_one(tmp_path: Path) -> None:
    text = HEAD + TWO + "profiles: {nightly: {}}\n"
    [problem] = problems(tmp_path, text, "nigthly")
    assert (problem.message, problem.hint) == (
        "there is no profile nigthly",
        "did you mean nightly?",
    )
    assert (problem.line, problem.column) == (4, 1)


@pytest.mark.parametrize(
    ("entry", "column", "message", "hint"),
    [
        (
            '{tensorflow: ["2.7.4", "2.8.4"], python: ["3.9", "3.10"]}',
            54,
            "TensorFlow 2.7.4 has no wheel for Python 3.10",
            'it has them for "3.7", "3.8", "3.9": take one of these',
        ),
        (
            '{tensorflow: "2.21.0", python: "3.9"}',
            36,
            "TensorFlow 2.21.0 has no wheel for Python 3.9",
            '"3.10", "3.11", "3.12", "3.13"',
        ),
        (
            '{keras: ["2.15.0", "3.0.5"], backend: [tensorflow, jax], python: "3.10"}',
            56,
            "keras 2.15.0 cannot compute with jax",
            "so keras from 3.0 on",
        ),
        (
            '{tensorflow: ["2.15.1", "2.16.2"], backend: torch, python: "3.10"}',
            49,
            "tensorflow 2.15.1 cannot compute with torch",
            "so tensorflow from 2.16 on",
        ),
        (
            '{keras: ["2.3.1", "2.4.3"], backend: theano, python: "3.7"}',
            42,
            "keras 2.4.3 cannot compute with theano",
            "Keras before 2.4 can",
        ),
        (
            '{tensorflow: "2.9.3", backend: theano, python: "3.7"}',
            36,
            "TensorFlow's Keras cannot compute with theano",
            "Keras before 2.4 can",
        ),
        (
            '{tensorflow: "2.16.2", backend: jax, python: "3.11", packages: {tf-keras: "2.16.0"}}',
            37,
            "tf-keras cannot compute with jax",
            "write keras: instead",
        ),
    ],
)
def test_what_no_index_can_install_is_told_at_the_value(
    tmp_path: Path, entry: str, column: int, message: str, hint: str
) -> None:
    [problem] = problems(tmp_path, f"{HEAD}  - {entry}\n")
    assert problem.message == message
    assert hint in problem.hint
    assert (problem.line, problem.column) == (3, column)


@pytest.mark.parametrize(
    ("entries", "message", "hint"),
    [
        (
            ['{tensorflow: "2.9.3", python: "3.10"}'] * 2,
            "tf2_9_3_py3_10 is the id of an environment of the entry on line 3",
            "remove one",
        ),
        (
            [
                '{tensorflow: "2.9.3", python: "3.10", numpy: "1.26.4"}',
                '{tensorflow: "2.9.3", python: "3.10", numpy: "1.25.2"}',
            ],
            "tf2_9_3_py3_10 is the id of an environment of the entry on line 3",
            'or write numpy: ["1.25.2"]',
        ),
        (
            [
                '{tensorflow: "2.9.3", python: "3.10", name: a_b}',
                '{tensorflow: "2.9.3", python: "3.9", name: ab}',
            ],
            "ab is too much like a_b of an environment of the entry on line 3",
            "give one of them a name:",
        ),
    ],
)
def test_ids_that_nox_could_confuse_are_refused_with_both_lines(
    tmp_path: Path, entries: list[str], message: str, hint: str
) -> None:
    text = HEAD + "".join(f"  - {entry}\n" for entry in entries)
    [problem] = problems(tmp_path, text)
    assert problem.message == message
    assert hint in problem.hint
    assert (problem.line, problem.column) == (4, 5)


def test_cells_that_include_rules_leave_out_do_not_count(tmp_path: Path) -> None:
    text = f"""{HEAD}{TWO}settings: {{default: {{}}, one: {{threads: 1}}, four: {{threads: 4}}}}
include: [{{when: {{tensorflow: "2.9.3"}}, settings: default}}]
max_cells: """
    path = tmp_path / "matrix.yaml"
    path.write_text(f"{text}4\n", encoding="utf-8")
    assert len(build_plan(load_matrix(path), "all", SUITE).cells) == 4

    [problem] = problems(tmp_path, f"{text}3\n")
    assert problem.message == "4 cells are more than max_cells: 3"
    [problem] = problems(tmp_path, f"{text}1\n")  # not even one cell per environment
    assert "cells are more than max_cells: 1" in problem.message


def test_a_matrix_that_is_too_large_is_refused_before_it_is_multiplied(tmp_path: Path) -> None:
    versions = ", ".join(f'"2.9.{patch}"' for patch in range(90))
    numbers = ", ".join(f'"1.{minor}.0"' for minor in range(90))
    packages = ", ".join(f"p{index}: [{numbers}]" for index in range(5))
    entry = f'  - {{tensorflow: [{versions}], python: "3.10", packages: {{{packages}}}}}\n'
    [problem] = problems(tmp_path, f"{HEAD}{entry}max_cells: 700\n")
    assert problem.message == (
        "531,441,000,000 cells (531,441,000,000 environments × 1 setting × 1 device)"
        " are more than max_cells: 700"
    )
    assert (
        "the entry on line 3 makes 531,441,000,000 environments (90 tensorflow × 90 p0"
        in problem.hint
    )
    assert "shorten a list or raise max_cells" in problem.hint
    assert (problem.line, problem.column) == (4, 1)


def test_one_cell_too_many_is_refused(tmp_path: Path) -> None:
    [problem] = problems(tmp_path, f"{HEAD}{TWO}max_cells: 1\n")
    assert "2 cells (2 environments × 1 setting × 1 device)" in problem.message


WORDS = st.text(st.sampled_from("ab_1"), min_size=1, max_size=5).map("n".__add__)


@given(st.lists(WORDS, min_size=2, max_size=6))
def test_two_names_collide_exactly_when_letters_and_digits_agree(names: list[str]) -> None:
    entries = [
        {"name": name, "tensorflow": "2.9.3", "python": "3.10", "numpy": f"1.26.{index}"}
        for index, name in enumerate(names)
    ]
    matrix = Matrix.model_validate({"version": 1, "environments": entries})
    found = list(collisions(matrix, expand(matrix)))
    assert len(found) == len(names) - len({name.replace("_", "") for name in names})
