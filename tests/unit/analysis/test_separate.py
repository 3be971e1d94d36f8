from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from harness.analysis.entries import entry
from harness.plan import load_plan
from tests.unit.analysis.builder import Recorder, environment, plan
from tests.unit.analysis.reading import rows

if TYPE_CHECKING:
    from pathlib import Path

    from harness.plan import Environment, Plan


class Audit:
    """Two launches per place; a letter per scenario `s/0`, `s/1`, … says what it gave."""

    def __init__(self, tmp_path: Path) -> None:
        self.recorder = Recorder(tmp_path)

    def place(self, environment: Environment, letters: str, **packages: str) -> None:
        facts: dict[str, Any] = {"backend": environment.backend}
        if "onednn" in packages:
            facts["onednn"] = packages.pop("onednn")
        if "audited" in packages:
            facts["keras"] = packages.pop("audited")
        names = ("setting", "option", "cpu")
        given = {name: packages.pop(name) for name in names if name in packages}
        arrays = {
            f"s/{number}": {"w": np.full(3, float(ord(letter)))}
            for number, letter in enumerate(letters)
        }
        for trial in (1, 2):
            self.recorder.trial(
                environment.id,
                trial,
                arrays,
                python=f"{environment.python or '3.10'}.1",
                packages=packages,
                framework=facts,
                setting=given.get("setting", "default"),
                machine={"id": given["cpu"], "label": "ci", "cpu": given["cpu"]}
                if "cpu" in given
                else "m1",
                variables={"TF_ENABLE_ONEDNN_OPTS": given["option"]} if "option" in given else {},
            )

    def separate(self, planned: Plan, **step: str) -> list[str]:
        (found,) = rows(self.recorder.analyse(planned).events, "separate", **step)
        return str(found).split("; ") if found else []


def tf(minor: int, **axes: str) -> Environment:
    name = "_".join((f"tf{minor}", *(f"{key}{value}" for key, value in axes.items())))
    id_ = name.replace(".", "_").replace("-", "_").replace(">=", "ge")
    return environment(id_, tensorflow=f"2.{minor}.1", **axes)


def test_what_was_measured_on_another_machine_of_the_label_is_not_told_as_alone(
    tmp_path: Path,
) -> None:
    audit = Audit(tmp_path)
    old, new = (tf(11, numpy=version) for version in ("1.23.5", "1.26.4"))
    audit.place(tf(9), "AA", numpy="1.23.5", cpu="epyc")
    audit.place(tf(10), "BB", numpy="1.26.4", cpu="epyc")
    audit.place(old, "AA", numpy="1.23.5", cpu="epyc")
    audit.place(new, "AB", numpy="1.26.4", cpu="xeon")
    assert audit.separate(plan(tf(9), tf(10), old, new), axis="tensorflow", to="2.10.1") == [
        f"numpy: 1.23.5 → 1.26.4 with cpu changes 1 of the 2 compared ({old.id} → {new.id})"
    ]


def test_a_step_at_which_nothing_else_moves_has_nothing_to_separate(tmp_path: Path) -> None:
    audit = Audit(tmp_path)
    audit.place(tf(9), "AA", numpy="1.26.4")
    audit.place(tf(10), "AB", numpy="1.26.4")
    assert audit.separate(plan(tf(9), tf(10))) == []


def test_a_confounder_that_nothing_tells_apart_is_pinned_in_an_entry(tmp_path: Path) -> None:
    audit = Audit(tmp_path)
    audit.place(tf(9, python="3.10"), "A", numpy="1.23.5", wrapt="1.14")
    audit.place(tf(10, python="3.10"), "B", numpy="1.26.4", wrapt="1.16")
    planned = plan(tf(9, python="3.10"), tf(10, python="3.10"))
    assert audit.separate(planned) == [
        'numpy: add, if it installs, - {tensorflow: ["2.9.1", "2.10.1"], numpy: ["1.26.4"], '
        'python: "3.10"}',
        "1 other: no cell proposed",
    ]


@pytest.mark.parametrize(("pinned", "said"), [("AB", "1 of the 2"), ("AA", "none of the 2")])
def test_a_line_that_moves_the_confounder_alone_answers(
    tmp_path: Path, pinned: str, said: str
) -> None:
    audit = Audit(tmp_path)
    old, new = (tf(11, numpy=version) for version in ("1.23.5", "1.26.4"))
    audit.place(tf(9), "AA", numpy="1.23.5")
    audit.place(tf(10), "BB", numpy="1.26.4")
    audit.place(old, "AA", numpy="1.23.5")
    audit.place(new, pinned, numpy="1.26.4")
    assert audit.separate(plan(tf(9), tf(10), old, new), axis="tensorflow", to="2.10.1") == [
        f"numpy: 1.23.5 → 1.26.4 alone changes {said} compared ({old.id} → {new.id})"
    ]


def test_what_moves_on_that_line_too_is_named(tmp_path: Path) -> None:
    audit = Audit(tmp_path)
    old, new = (tf(11, numpy=version) for version in ("1.23.5", "1.26.4"))
    audit.place(tf(9), "A", numpy="1.23.5")
    audit.place(tf(10), "B", numpy="1.26.4")
    audit.place(old, "A", numpy="1.23.5", scipy="1.10")
    audit.place(new, "B", numpy="1.26.4", scipy="1.14")
    assert audit.separate(plan(tf(9), tf(10), old, new), axis="tensorflow", to="2.10.1") == [
        f"numpy: 1.23.5 → 1.26.4 with scipy changes 1 of the 1 compared ({old.id} → {new.id})"
    ]


def test_a_line_beyond_the_values_of_the_confounder_says_nothing(tmp_path: Path) -> None:
    audit = Audit(tmp_path)
    old, new = (tf(11, numpy=version) for version in ("1.26.4", "2.1.3"))
    audit.place(tf(9), "A", numpy="1.23.5")
    audit.place(tf(10), "B", numpy="1.26.4")
    audit.place(old, "A", numpy="1.26.4")
    audit.place(new, "B", numpy="2.1.3")
    (item,) = audit.separate(plan(tf(9), tf(10), old, new), axis="tensorflow", to="2.10.1")
    assert item.startswith("numpy: add")


def test_the_same_step_without_the_confounder_answers_first(tmp_path: Path) -> None:
    audit = Audit(tmp_path)
    fixed = [tf(minor, numpy="1.26.4") for minor in (9, 10)]
    audit.place(tf(9), "AA", numpy="1.23.5")
    audit.place(tf(10), "BB", numpy="1.26.4")
    audit.place(fixed[0], "AA", numpy="1.26.4")
    audit.place(fixed[1], "AB", numpy="1.26.4")
    assert audit.separate(plan(tf(9), tf(10), *fixed), axis="tensorflow") == [
        f"numpy: does not move in {fixed[0].id} → {fixed[1].id}, "
        "where this step changes 1 of the 2 compared"
    ]


def test_keras_2_cannot_be_told_from_the_tensorflow_it_comes_with(tmp_path: Path) -> None:
    audit = Audit(tmp_path)
    audit.place(tf(9), "A", tensorflow="2.9.1", keras="2.9.0")
    audit.place(tf(10), "B", **{"tensorflow-cpu": "2.10.1"}, keras="2.10.0")
    assert audit.separate(plan(tf(9), tf(10))) == [
        "keras: 2.10.0 comes with TensorFlow 2.10.1, cannot be told apart"
    ]


def test_keras_3_can_be_pinned(tmp_path: Path) -> None:
    audit = Audit(tmp_path)
    audit.place(tf(17), "A", tensorflow="2.17.1", keras="3.5.0")
    audit.place(tf(18), "B", tensorflow="2.18.1", keras="3.6.0")
    assert audit.separate(plan(tf(17), tf(18))) == [
        'keras: add, if it installs, - {tensorflow: ["2.17.1", "2.18.1"], keras: "3.6.0"}'
    ]


def test_keras_2_to_3_is_separated_by_the_legacy_keras(tmp_path: Path) -> None:
    audit = Audit(tmp_path)
    before, after = tf(15), tf(16)
    audit.place(before, "ABC", tensorflow="2.15.1", keras="2.15.0")
    audit.place(after, "DEC", tensorflow="2.16.1", keras="3.12.4")
    assert audit.separate(plan(before, after)) == [
        'keras: add - {tensorflow: "2.16.1", packages: {tf-keras: [">=2.15"]}}'
    ]

    legacy = tf(16, **{"tf-keras": ">=2.15"})
    facts = {"tensorflow": "2.16.1", "keras": "3.12.4", "tf-keras": "2.16.0"}
    audit.place(legacy, "AEC", **facts, audited="2.16.0")
    planned = plan(before, after, legacy)
    assert audit.separate(planned, axis="tensorflow") == [
        f"keras: 2.16.0 → 3.12.4 alone changes 1 of the 2 compared ({legacy.id} → {after.id})"
    ]
    assert audit.separate(planned, axis="keras") == []


def test_the_jaxlib_of_a_jax_cannot_be_told_apart(tmp_path: Path) -> None:
    audit = Audit(tmp_path)
    environments = [
        environment(f"jax{minor}", keras="3.15.1", backend="jax", jax=f"0.{minor}.0")
        for minor in (4, 5)
    ]
    for each, letter in zip(environments, "AB", strict=True):
        audit.place(each, letter, jax=each.axes["jax"], jaxlib=each.axes["jax"])
    assert audit.separate(plan(*environments)) == [
        "jaxlib: comes with jax 0.5.0, cannot be told apart"
    ]


def test_a_backend_is_no_confounder_of_itself(tmp_path: Path) -> None:
    audit = Audit(tmp_path)
    environments = [environment(name, keras="3.15.1", backend=name) for name in ("jax", "torch")]
    for each, letter, version in zip(environments, "AB", ("2.0.2", "2.1.3"), strict=True):
        audit.place(each, letter, **{each.id: "1.0", "numpy": version, "jax": version})
    (item,) = audit.separate(plan(*environments))[:1]
    assert item == (
        'numpy: add, if it installs, - {keras: "3.15.1", backend: [jax, torch], numpy: ["2.1.3"]}'
    )


def test_onednn_is_told_apart_by_a_setting(tmp_path: Path) -> None:
    audit = Audit(tmp_path)
    audit.place(tf(8), "AAA", onednn="off")
    audit.place(tf(9), "BBA", onednn="on")
    planned = plan(tf(8), tf(9), settings=("default", "without"))
    assert audit.separate(planned, level="packages") == [
        f'onednn: run {tf(9).id} in the setting onednn_off: {{env: {{TF_ENABLE_ONEDNN_OPTS: "0"}}}}'
    ]
    audit.place(tf(9), "ABA", onednn="off", setting="without", option="0")
    assert audit.separate(planned, level="packages") == [
        f"onednn: turned off alone changes 1 of the 2 compared ({tf(9).id}, default → without)"
    ]


def test_other_levels_have_nothing_to_separate(tmp_path: Path) -> None:
    audit = Audit(tmp_path)
    audit.place(tf(9), "A", numpy="1.23.5")
    audit.place(tf(9), "B", numpy="1.26.4", setting="off")
    assert audit.separate(plan(tf(9), settings=("default", "off")), level="setting") == []


@pytest.mark.parametrize(
    ("axes", "own", "ids"),
    [
        (
            {"tensorflow": ["2.9.3", "2.10.1"], "python": "3.10", "numpy": "1.23.5"},
            ["numpy"],
            ["tf2_9_3_np1_23_5_py3_10", "tf2_10_1_np1_23_5_py3_10"],
        ),
        (
            {"python": "3.10", "tensorflow": "2.16.2", "backend": "tensorflow"}
            | {"tf-keras": ">=2.15"},
            ["tf-keras"],
            ["tf2_16_2_py3_10_tf_keras"],
        ),
        (
            {"keras": "3.5.0", "backend": ["jax", "torch"], "python": "3.11", "scipy": "1.14.0"},
            ["scipy"],
            ["keras3_5_0_jax_py3_11_scipy1_14_0", "keras3_5_0_torch_py3_11_scipy1_14_0"],
        ),
    ],
)
def test_an_entry_can_be_pasted_into_the_matrix(
    tmp_path: Path, axes: dict[str, Any], own: list[str], ids: list[str]
) -> None:
    matrix = tmp_path / "matrix.yaml"
    matrix.write_text(f"version: 1\nenvironments:\n  {entry(axes, own)}\n", encoding="utf-8")
    found = {each.id: each for each in load_plan(matrix).environments}
    assert list(found) == ids
    for name in axes.keys() - {"backend"}:
        values = {each.axes[name] for each in found.values()}
        assert values == set(axes[name] if isinstance(axes[name], list) else [axes[name]])
