from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from harness.analysis.advice import listed, markdown
from tests.unit.analysis.builder import Recorder, environment, plan, rerun

if TYPE_CHECKING:
    from pathlib import Path

    from harness.analysis.advice import Advice
    from harness.plan import Environment, Plan

CALL = "recipes/set_random_seed"
ALL = "recipes/all_three"
TWO = "recipes/numpy_and_framework"
PYTHON = "recipes/python_only"
NUMPY = "recipes/numpy_only"
FRAMEWORK = "recipes/framework_only"
FILE = "recipes/weights_from_file"

# What each launch gave, a letter per launch.
Given = dict[str, str]


class Audit:
    """Places with what each recipe gave there.

    A space is a version that lacks it, a small letter one where seeding again gives other weights.
    """

    def __init__(self, tmp_path: Path) -> None:
        self.recorder = Recorder(tmp_path)
        self.environments: list[Environment] = []

    def tensorflow(self, tensorflow: str, given: Given, keras: str = "2.9.0", **facts: Any) -> None:
        name = f"tf{tensorflow.replace('.', '_')}"
        if all(each.id != name for each in self.environments):
            self.environments.append(environment(name, tensorflow=tensorflow))
        versions = {"tensorflow": tensorflow, "keras": keras, "backend": "tensorflow"}
        self.place(name, given, versions, **facts)

    def place(self, name: str, given: Given, versions: dict[str, str], **facts: Any) -> None:
        for trial in range(1, max(map(len, given.values())) + 1):
            letters = {scenario: every[trial - 1] for scenario, every in given.items()}
            self.recorder.trial(
                name,
                trial,
                {
                    scenario: {"first/w": np.full(3, float(ord(letter)))}
                    | {"second/w": np.full(3, float(ord(letter) + letter.islower()))}
                    for scenario, letter in letters.items()
                    if letter != " "
                },
                statuses={each: "unsupported" for each, letter in letters.items() if letter == " "},
                relations={
                    each: [rerun(holds=letter.isupper())]
                    for each, letter in letters.items()
                    if letter != " "
                },
                framework=versions,
                packages={"numpy": "1.26.4"},
                **facts,
            )

    def plan(self, **more: Any) -> Plan:
        return plan(*self.environments, **more)

    def advice(self, **more: Any) -> dict[str, Advice]:
        found = self.recorder.analyse(self.plan(**more)).advice
        assert len({each.about for each in found}) == len(found)
        return {each.about: each for each in found}


@pytest.fixture
def audit(tmp_path: Path) -> Audit:
    return Audit(tmp_path)


def test_the_simplest_recipe_that_repeats_is_advised(audit: Audit) -> None:
    audit.tensorflow("2.9.3", {CALL: "AA", ALL: "AA", FILE: "AA"})
    found = audit.advice()["TensorFlow 2.9.3"]
    assert found.text == (
        "Call `keras.utils.set_random_seed(seed)` before you build the model: the same initial "
        "weights in a new process and after seeding and building again in the same process. "
        "Untested there: another setting and another Python."
    )
    assert found.evidence == (
        "recipes/set_random_seed: one release, 2 launches; process same in 1 of 1, "
        "rerun same in 1 of 1, setting untested, python untested"
    )


def test_the_advice_changes_when_a_record_does(audit: Audit) -> None:
    audit.tensorflow("2.9.3", {CALL: "AA", ALL: "AA", FILE: "AA"})
    before = audit.advice()["TensorFlow 2.9.3"]
    audit.tensorflow("2.9.3", {CALL: "AB", ALL: "AA", FILE: "AA"})
    after = audit.advice()["TensorFlow 2.9.3"]
    assert before.text.startswith("Call `keras.utils.set_random_seed(seed)`")
    assert after.text.startswith("Seed Python's `random`, NumPy and the framework")
    assert "With `keras.utils.set_random_seed`, weights change in a new process (1 of 1)." in (
        after.text
    )


def test_what_a_version_lacks_is_not_advised(audit: Audit) -> None:
    audit.tensorflow("2.4.4", {CALL: "  ", ALL: "AA", FILE: "AA"})
    text = audit.advice()["TensorFlow 2.4.4"].text
    assert text.startswith("Seed Python's `random`, NumPy and the framework")
    assert "Not there yet, or not for this backend: `keras.utils.set_random_seed`." in text


def test_a_recipe_that_a_setting_changes_gives_way_to_one_that_it_does_not(audit: Audit) -> None:
    audit.tensorflow("2.9.3", {CALL: "AA", ALL: "AA"})
    audit.tensorflow("2.9.3", {CALL: "BB", ALL: "AA"}, setting="off")
    text = audit.advice(settings=("default", "off"))["TensorFlow 2.9.3"].text
    assert text.startswith("Seed Python's")
    assert "in every setting tried" in text
    assert "With `keras.utils.set_random_seed`, weights change in another setting (1 of 1)." in text


def test_where_every_recipe_changes_in_a_setting_that_is_said(audit: Audit) -> None:
    audit.tensorflow("2.9.3", {CALL: "AA"})
    audit.tensorflow("2.9.3", {CALL: "BB"}, setting="off")
    text = audit.advice(settings=("default", "off"))["TensorFlow 2.9.3"].text
    assert text.startswith("Call `keras.utils.set_random_seed(seed)`")
    assert "Not the same in every setting tried: 1 of 1 differ." in text


def test_one_launch_proves_nothing(audit: Audit) -> None:
    audit.tensorflow("2.9.3", {CALL: "A", ALL: "A", FILE: "A"})
    found = audit.advice()
    assert found["TensorFlow 2.9.3"].text == "Untested: nothing was launched twice."
    assert found["Elsewhere"].text == (
        "Untested: nothing was compared across releases, backends, devices or machines."
    )


def test_where_nothing_repeats_nothing_is_advised(audit: Audit) -> None:
    audit.tensorflow("2.9.3", {CALL: "AB", FILE: "AB"})
    assert audit.advice()["TensorFlow 2.9.3"].text == (
        "Nothing that was tried gives the same initial weights in a new process."
    )


def test_releases_are_told_together_as_long_as_the_same_works(audit: Audit) -> None:
    partial = {FRAMEWORK: "AA", PYTHON: "AB", NUMPY: "AB", TWO: "AA"}
    other = {FRAMEWORK: "AB", PYTHON: "AA", NUMPY: "AB", TWO: "AB"}
    audit.tensorflow("2.8.4", {CALL: "AA", **partial})
    audit.tensorflow("2.9.3", {CALL: "AA", **partial})
    audit.tensorflow("2.10.1", {CALL: "BB", **other}, keras="2.10.0")
    audit.tensorflow("2.15.1", {CALL: "BB", **other}, keras="2.15.0")
    audit.tensorflow("2.16.2", {CALL: "BB", **other}, keras="3.12.4")
    found = audit.advice()
    assert list(found) == [
        "TensorFlow 2.8.4 to 2.9.3",
        "TensorFlow 2.10.1 to 2.15.1",
        "Keras 3.12.4 on TensorFlow",
        "Across releases",
        "Elsewhere",
    ]
    old, middle, new = list(found.values())[:3]
    assert "All of these releases give the same weights." in old.text
    assert "They are also those of" not in old.text
    assert "They are also those of Keras 3.12.4 on TensorFlow." in middle.text
    assert "They are also those of TensorFlow 2.10.1 to 2.15.1." in new.text
    assert "not enough" not in old.text
    assert (
        "It is not enough to seed NumPy and the framework: other weights in a new process, in 2 of "
        "2 cells. What counts is Python's `random`: seeding that alone repeats in a new process."
    ) in middle.text
    assert "What counts is the framework's generator" in old.text


def test_a_release_on_which_seeding_again_fails_is_told_apart(audit: Audit) -> None:
    audit.tensorflow("1.15.5", {ALL: "aa"}, keras="2.2.4-tf")
    audit.tensorflow("2.0.4", {ALL: "BB"}, keras="2.2.4-tf")
    audit.tensorflow("2.1.4", {ALL: "BB"}, keras="2.3.0-tf")
    found = audit.advice()
    assert list(found)[:2] == ["TensorFlow 1.15.5", "TensorFlow 2.0.4 to 2.1.4"]
    said = "Not the same after seeding and building again in the same process: 1 of 1 differ."
    assert said in found["TensorFlow 1.15.5"].text
    assert "Not the same" not in found["TensorFlow 2.0.4 to 2.1.4"].text


def test_a_step_within_a_stretch_is_named(audit: Audit) -> None:
    audit.tensorflow("2.8.4", {CALL: "AA"})
    audit.tensorflow("2.9.3", {CALL: "BB"})
    assert "Not all of these give the same weights: they change at tensorflow 2.8.4 → 2.9.3." in (
        audit.advice()["TensorFlow 2.8.4 to 2.9.3"].text
    )


def test_what_outlasts_a_release_is_the_simplest_that_did(audit: Audit) -> None:
    audit.tensorflow("2.8.4", {CALL: "AA", FILE: "AA"})
    audit.tensorflow("2.9.3", {CALL: "BB", FILE: "AA"})
    found = audit.advice()["Across releases"]
    assert found.text == (
        "To keep the initial weights across releases, draw the weights once with NumPy's "
        "`RandomState`, keep them in a file and load that. With `keras.utils.set_random_seed`, "
        "they change at tensorflow 2.8.4 → 2.9.3. Untested: seeding Python, NumPy and the "
        "framework, a seed for every initializer and a seed hashed for every layer."
    )
    assert "recipes/weights_from_file: same in 1 of 1" in found.evidence

    audit.tensorflow("2.9.3", {CALL: "BB", FILE: "BB"})
    text = audit.advice()["Across releases"].text
    assert text.startswith("Nothing that was tried keeps the initial weights across releases.")


def test_a_simpler_recipe_that_was_compared_less_often_is_told_so(audit: Audit) -> None:
    audit.tensorflow("2.4.4", {CALL: "  ", FILE: "AA"})
    audit.tensorflow("2.8.4", {CALL: "AA", FILE: "AA"})
    audit.tensorflow("2.9.3", {CALL: "AA", FILE: "AA"})
    text = audit.advice()["Across releases"].text
    assert text.startswith("To keep the initial weights across releases, call `keras.utils.")
    assert "Compared more often (2 to 1): loading the weights from a file." in text


def test_backends_and_kinds_of_keras_are_told_apart(audit: Audit) -> None:
    audit.environments += [
        environment("jax", keras="3.5.0", backend="jax"),
        environment("theano", keras="2.3.1", backend="theano"),
        environment("legacy", tensorflow="2.16.2", **{"tf-keras": ">=2.15"}),
    ]
    for name, keras in (("jax", "3.5.0"), ("theano", "2.3.1"), ("legacy", "2.16.0")):
        backend = "tensorflow" if name == "legacy" else name
        versions = {"keras": keras, "backend": backend}
        if name == "legacy":
            versions["tensorflow"] = "2.16.2"
        audit.place(name, {CALL: "AA"}, versions)
    assert list(audit.advice())[:3] == [
        "stand-alone Keras 2.3.1 on Theano",
        "tf-keras 2.16.0",
        "Keras 3.5.0 on JAX",
    ]


def test_without_recipes_there_is_nothing_to_advise_but_that(audit: Audit) -> None:
    audit.tensorflow("2.9.3", {"layers/dense": "AA"})
    assert list(audit.advice()) == ["Elsewhere"]


def test_as_markdown_it_is_a_list(audit: Audit) -> None:
    audit.tensorflow("2.9.3", {CALL: "AA"})
    text = markdown(list(audit.advice().values()))
    first, second = text.splitlines()
    assert first.startswith("* **TensorFlow 2.9.3.** Call `keras.utils.set_random_seed(seed)`")
    assert first.endswith("setting untested, python untested)")
    assert second.startswith("* **Elsewhere.** Untested")


def test_lists_read_as_sentences() -> None:
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert listed(["a", "b"], "or") == "a or b"
