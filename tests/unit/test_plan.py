import re
import subprocess
import sys
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import MatrixError
from harness.matrix import Matrix, load_matrix
from harness.plan import Plan, build_plan, load_plan
from harness.plan_checks import guard_size

ROOT = Path(__file__).parents[2]
SUITE = ("texts/two", "texts/cloned", "recipes/none", "recipes/numpy_only")
HEAD = "version: 1\nenvironments:\n"  # what a test writes below begins on line 3
TWO = '  - {tensorflow: ["2.9.3", "2.10.1"], python: "3.10"}\n'


def plan(tmp_path: Path, text: str, profile: str = "default") -> Plan:
    path = tmp_path / "matrix.yaml"
    path.write_text(text, encoding="utf-8")
    return build_plan(load_matrix(path), profile, SUITE)


def cells(found: Plan) -> list[str]:
    return [cell.id for cell in found.cells]


def test_the_default_profile_crosses_the_borders_with_one_python_and_one_numpy() -> None:
    found = build_plan(load_matrix(ROOT / "matrix.yaml"), "default", SUITE)
    environments = [each for each in found.environments if "default" in each.profiles]
    assert [environment.axes["tensorflow"] for environment in environments] == [
        "2.9.3",
        "2.10.1",
        "2.15.1",
        "2.16.2",
        "2.21.0",
    ]
    assert {environment.python for environment in environments} == {"3.10"}
    assert {environment.axes["numpy"] for environment in environments} == {"1.26.4"}
    assert cells(found)[0] == "tf2_9_3_py3_10.default.cpu"
    assert (len(found.cells), found.trials, found.scenarios) == (5, 2, SUITE)


def test_cells_are_environments_times_settings_times_devices_in_order(tmp_path: Path) -> None:
    text = HEAD + TWO + "settings: {default: {}, 'off': {env: {A: '0'}, threads: 8}}\n"
    found = plan(tmp_path, text + "devices: [cpu, gpu]\n")
    assert cells(found) == [
        f"{environment}.{setting}.{device}"
        for environment in ("tf2_9_3_py3_10", "tf2_10_1_py3_10")
        for setting in ("default", "off")
        for device in ("cpu", "gpu")
    ]
    assert found.setting("default").threads == 2
    assert (found.setting("off").threads, found.setting("off").env) == (8, {"A": "0"})
    assert found.environment("tf2_9_3_py3_10").requirements == ("tensorflow==2.9.3",)
    with pytest.raises(KeyError):
        found.environment("tf")


def test_an_excluded_cell_stays_with_the_first_reason_that_applies(tmp_path: Path) -> None:
    text = f"""{HEAD}{TWO}exclude:
  - {{when: {{tensorflow: "<2.10"}}, reason: too old}}
  - {{when: {{device: cpu}}, reason: everything}}
"""
    found = plan(tmp_path, text)
    assert [cell.excluded for cell in found.cells] == ["too old", "everything"]


def test_include_adds_constraints_and_limits_settings_and_devices(tmp_path: Path) -> None:
    text = f"""{HEAD}{TWO}devices: [cpu, gpu]
include:
  - {{when: {{tensorflow: "2.9.3"}}, packages: {{numpy: "<2", protobuf: "3.19.6"}}, devices: cpu}}
  - {{when: {{environment: "tf2_10*"}}, devices: gpu}}
"""
    found = plan(tmp_path, text)
    assert cells(found) == ["tf2_9_3_py3_10.default.cpu", "tf2_10_1_py3_10.default.gpu"]
    assert found.environment("tf2_9_3_py3_10").requirements == (
        "tensorflow==2.9.3",
        "numpy<2",
        "protobuf==3.19.6",
    )
    assert found.environment("tf2_10_1_py3_10").requirements == ("tensorflow==2.10.1",)


def test_a_rule_says_which_version_of_the_backend_is_installed(tmp_path: Path) -> None:
    """One requirement with a version, not another without one beside it."""
    text = f"""{HEAD}  - {{keras: "2.3.1", backend: [tensorflow, theano], python: "3.7"}}
include:
  - {{when: {{backend: tensorflow}}, packages: {{tensorflow: "1.15.5"}}}}
"""
    found = plan(tmp_path, text)
    assert found.environment("keras2_3_1_py3_7").requirements == (
        "keras==2.3.1",
        "tensorflow==1.15.5",
    )
    assert found.environment("keras2_3_1_theano_py3_7").requirements == ("keras==2.3.1", "theano")


def test_a_constraint_never_reaches_an_existing_interpreter(tmp_path: Path) -> None:
    text = f"""{HEAD}{TWO}  - {{interpreter: /opt/python, name: mine}}
include:
  - {{when: {{environment: "*"}}, packages: {{numpy: "<2"}}}}
"""
    found = plan(tmp_path, text)
    assert found.environment("mine").requirements == ()
    assert found.environment("tf2_9_3_py3_10").requirements[-1] == "numpy<2"


def test_a_profile_is_a_part_and_all_is_always_the_whole(tmp_path: Path) -> None:
    text = f"""{HEAD}{TWO}settings: {{default: {{}}, one: {{threads: 1}}}}
profiles:
  default: {{environments: ["tf2_9*"], settings: [default]}}
  slow: {{settings: one, trials: 5}}
"""
    assert cells(plan(tmp_path, text)) == ["tf2_9_3_py3_10.default.cpu"]
    slow = plan(tmp_path, text, "slow")
    assert (len(slow.cells), slow.trials) == (2, 5)
    whole = plan(tmp_path, text, "all")
    assert whole.cells == whole.all_cells == slow.all_cells
    assert len(whole.cells) == 4
    assert whole.environments == slow.environments
    assert whole.environment("tf2_9_3_py3_10").profiles == ("all", "default", "slow")
    assert whole.environment("tf2_10_1_py3_10").profiles == ("all", "slow")


def test_without_a_default_profile_the_whole_matrix_is_the_default(tmp_path: Path) -> None:
    found = plan(tmp_path, HEAD + TWO)
    assert found.cells == found.all_cells
    assert found.environments[0].profiles == ("all", "default")


def test_scenarios_are_chosen_by_patterns_in_suite_order(tmp_path: Path) -> None:
    text = HEAD + TWO + 'scenarios: {include: ["recipes/*", "texts/*"], exclude: "*/cloned"}\n'
    assert plan(tmp_path, text).scenarios == ("texts/two", "recipes/none", "recipes/numpy_only")


def test_a_combination_without_a_wheel_may_stay_as_an_excluded_cell(tmp_path: Path) -> None:
    text = f"""{HEAD}  - {{tensorflow: ["2.9.3", "2.16.2"], python: ["3.10", "3.12"]}}
exclude:
  - {{when: {{tensorflow: "2.9.3", python: "3.12"}}, reason: no wheel}}
"""
    found = plan(tmp_path, text)
    assert [cell.id for cell in found.cells if cell.excluded] == ["tf2_9_3_py3_12.default.cpu"]


def test_a_plan_loads_without_pandas_or_numpy() -> None:
    code = (
        "import sys, harness.plan; print(sorted({'pandas', 'numpy', 'jinja2'} & set(sys.modules)))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "[]"


def test_every_example_of_the_documentation_is_valid() -> None:
    """The examples are parts; together with a head and an entry each is a whole matrix."""
    text = (ROOT / "docs" / "matrix.md").read_text(encoding="utf-8")
    parts = [yaml.safe_load(block) for block in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)]
    assert len(parts) == 8
    entries: list[object] = []
    whole: dict[str, Any] = {"version": 1}
    for part in parts:
        if isinstance(part, list):
            entries += part
        else:
            entries += part.pop("environments", [])
            whole |= part
    entries.append({"tensorflow": "2.9.3", "python": "3.11"})
    whole |= {"environments": entries, "devices": ["cpu", "gpu"]}
    found = build_plan(Matrix.model_validate(whole), "nightly", SUITE)
    assert {"keras3_15_1_torch_py3_11", "tf2_21_0_np2_0_2_py3_12", "cluster"} <= {
        environment.id for environment in found.environments
    }
    assert found.trials == 5


def test_load_plan_runs_the_whole_suite() -> None:
    found = load_plan(ROOT / "matrix.yaml")
    assert found.scenarios
    assert all(re.fullmatch(r"[a-z_]+/[a-z0-9_]+", name) for name in found.scenarios)


# Properties over generated matrices. TensorFlow from 2.22 on is newer than the table of wheels, so
# no combination is refused for that.

VERSIONS = st.lists(
    st.sampled_from(["2.22.0", "2.22.1", "2.23.0rc1", "2.23.0", "3.0"]),
    min_size=1, max_size=3, unique=True,
)  # fmt: skip
PYTHONS = st.lists(
    st.sampled_from(["3.9", "3.10", "3.11", "3.12.4"]), min_size=1, max_size=3, unique=True
)
NUMBERS = st.lists(st.sampled_from(["1.26.4", "2.0.2", "2.1.0"]), max_size=2, unique=True)
PROTOBUF = st.lists(st.sampled_from(["<3.20", "4.25.3", "5.28.0"]), max_size=2, unique=True)


@st.composite
def matrices(draw: st.DrawFn) -> dict[str, Any]:
    entry: dict[str, Any] = {"tensorflow": draw(VERSIONS), "python": draw(PYTHONS)}
    if numbers := draw(NUMBERS):
        entry["numpy"] = numbers
    if protobuf := draw(PROTOBUF):
        entry["packages"] = {"protobuf": protobuf}
    settings = draw(st.lists(st.sampled_from(["default", "one", "two"]), min_size=1, unique=True))
    devices = draw(st.lists(st.sampled_from(["cpu", "gpu"]), min_size=1, unique=True))
    return {
        "version": 1,
        "environments": [entry],
        "settings": {name: {} for name in settings},
        "devices": devices,
    }


@given(matrices())
def test_there_is_one_cell_for_each_combination(data: dict[str, Any]) -> None:
    matrix = Matrix.model_validate(data)
    found = build_plan(matrix, "all", SUITE)
    lists = matrix.environments[0].lists()
    seen = [
        (*found.environment(cell.environment).axes.values(), cell.setting, cell.device)
        for cell in found.cells
    ]
    assert seen == [
        (*values, setting, device)
        for values in product(*lists.values())
        for setting in matrix.settings
        for device in matrix.devices
    ]


@given(matrices())
def test_ids_are_well_formed_and_differ_in_letters_and_digits(data: dict[str, Any]) -> None:
    found = build_plan(Matrix.model_validate(data), "all", SUITE)
    ids = [environment.id for environment in found.environments]
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", id_) for id_ in ids)
    assert len({re.sub("[^a-z0-9]", "", id_) for id_ in ids}) == len(ids)
    assert len({cell.id for cell in found.cells}) == len(found.cells)


@given(matrices(), st.data())
def test_exclude_takes_out_exactly_what_it_matches_and_keeps_it_in_sight(
    data: dict[str, Any], choose: st.DataObject
) -> None:
    before = build_plan(Matrix.model_validate(data), "all", SUITE)
    target = choose.draw(st.sampled_from(before.cells))
    axes = {**before.environment(target.environment).axes, "device": target.device}
    axis = choose.draw(st.sampled_from(sorted(axes)))
    rule = {"when": {axis: axes[axis]}, "reason": "because"}
    after = build_plan(Matrix.model_validate({**data, "exclude": [rule]}), "all", SUITE)
    assert [replace(cell, excluded="") for cell in after.cells] == list(before.cells)
    for cell in after.cells:
        facts = {**after.environment(cell.environment).axes, "device": cell.device}
        assert cell.excluded == ("because" if facts[axis] == axes[axis] else "")


@given(matrices())
def test_the_same_matrix_gives_the_same_plan(data: dict[str, Any]) -> None:
    plans = [build_plan(Matrix.model_validate(data), "default", SUITE) for _ in range(2)]
    assert plans[0] == plans[1]


@given(matrices(), st.integers(1, 60))
def test_the_guard_counts_what_the_plan_makes(data: dict[str, Any], limit: int) -> None:
    size = len(build_plan(Matrix.model_validate(data), "all", SUITE).cells)
    matrix = Matrix.model_validate({**data, "max_cells": limit})
    if size <= limit:
        guard_size(matrix)
    else:
        with pytest.raises(MatrixError, match=f"{size} cells"):
            guard_size(matrix)
