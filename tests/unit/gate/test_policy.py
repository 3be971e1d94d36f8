from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from harness.errors import MatrixError
from harness.gate.baseline import load
from harness.gate.policy import Override, Policy
from harness.matrix import load_matrix
from harness.plan import load_plan
from harness.probe import schema
from tests.project import ROOT
from tests.unit.gate.audits import MATRIX


def test_every_level_has_an_action_by_default() -> None:
    policy = Policy()
    actions = {each: policy.action("s/x", each, violation=False) for each in schema.LEVELS}
    assert [each for each, action in actions.items() if action == "error"] == ["rerun", "process"]
    assert set(actions.values()) == {"error", "warn"}


def test_a_broken_promise_is_an_error_on_every_level() -> None:
    for level in schema.LEVELS:
        assert Policy().action("s/x", level, violation=True) == "error"


def test_a_broken_promise_counts_as_no_less_than_any_break_of_its_level() -> None:
    policy = Policy(violation="ignore", packages="error")
    assert policy.action("s/x", "packages", violation=True) == "error"
    assert policy.action("s/x", "setting", violation=True) == "warn"


def test_the_last_override_that_speaks_of_scenario_and_level_counts() -> None:
    policy = Policy(
        overrides=(
            Override(scenarios=("training/*",), process="warn", setting="ignore"),
            Override(scenarios=("training/adam",), process="ignore"),
            Override(scenarios=("training/adam",), violation="warn"),
        )
    )
    assert policy.action("training/sgd", "process", violation=False) == "warn"
    assert policy.action("training/adam", "process", violation=False) == "ignore"
    assert policy.action("training/adam", "setting", violation=False) == "ignore"
    assert policy.action("training/adam", "setting", violation=True) == "warn"
    assert policy.action("recipes/x", "process", violation=False) == "error"


def problems(folder: Path, text: str) -> list[tuple[int, int, str, str]]:
    path = folder / "matrix.yaml"
    path.write_text(MATRIX + text, encoding="utf-8")
    with pytest.raises(MatrixError) as caught:
        load_plan(path)
    return [(each.line, each.column, each.message, each.hint) for each in caught.value.problems]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "policy: {proces: warn}\n",
            (6, 10, "unknown key proces", "did you mean process?"),
        ),
        (
            "policy: {process: warning}\n",
            (6, 19, "unknown in process: warning", "did you mean warn?"),
        ),
        (
            "policy:\n  overrides:\n    - {scenarios: recipes/*}\n",
            (
                8,
                7,
                "this override says nothing",
                "add a level with error, warn or ignore, such as process: warn",
            ),
        ),
        (
            "policy: {overrides: [{scenarios: nothing/here, process: warn}]}\n",
            (6, 34, "no scenario matches nothing/here", ""),
        ),
    ],
)
def test_a_mistake_is_shown_where_it_stands(
    tmp_path: Path, text: str, problem: tuple[int, int, str, str]
) -> None:
    (found,) = problems(tmp_path, text)
    assert found[:3] == problem[:3]
    assert not problem[3] or found[3] == problem[3]


def test_the_policy_is_read_from_the_matrix(tmp_path: Path) -> None:
    path = tmp_path / "matrix.yaml"
    more = "policy: {packages: error, overrides: [{scenarios: recipes/*, packages: ignore}]}\n"
    path.write_text(MATRIX + more, encoding="utf-8")
    policy = load_matrix(path).policy
    assert policy.action("layers/dense", "packages", violation=False) == "error"
    assert policy.action("recipes/none", "packages", violation=False) == "ignore"
    assert load_plan(path) == load_plan(_without(tmp_path))  # it decides nothing that is measured


def _without(folder: Path) -> Path:
    path = folder / "other.yaml"
    path.write_text(MATRIX, encoding="utf-8")
    return path


def examples() -> list[dict[str, object]]:
    page = (ROOT / "docs/gate.md").read_text(encoding="utf-8")
    return [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)]


def test_the_documentation_says_what_is_the_default(tmp_path: Path) -> None:
    policy = examples()[0]["policy"]
    assert isinstance(policy, dict)
    assert policy.pop("overrides")
    assert policy == Policy().model_dump(exclude={"overrides"})


def test_the_example_of_a_baseline_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "baseline.yaml"
    path.write_text(yaml.safe_dump(examples()[1]), encoding="utf-8")
    assert {each.kind for each in load(path).known} == {"redraw"}
