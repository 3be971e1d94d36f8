"""Claims against what was measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from harness import analysis
from harness.known import load_claims
from tests.unit.analysis.builder import Recorder, environment, plan, relation
from tests.unit.analysis.reading import rows

if TYPE_CHECKING:
    from pathlib import Path

    from harness.plan import Plan

PLAN = plan(
    *(environment(f"tf{minor}", tensorflow=f"2.{minor}.0") for minor in (8, 9, 10, 11)),
    scenarios=("s/a", "s/b"),
)


def claimed(
    tmp_path: Path, recorder: Recorder, test: str, plan: Plan = PLAN
) -> tuple[str, str, str, str]:
    """Verdict, where confirmed, where refuted, and the scenarios of one claim with one test."""
    path = tmp_path / "claims.yaml"
    path.write_text(
        f"version: 1\nclaims: [{{id: one, text: It is so, source: a text, tests: [{{{test}}}]}}]\n",
        encoding="utf-8",
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(analysis, "load_claims", lambda: load_claims(path))
        results = recorder.analyse(plan)
    (row,) = rows(results.claims, "verdict", "confirmed_in", "refuted_in", "scenarios")
    verdict, confirmed, refuted, scenarios = row
    return verdict, confirmed, refuted, scenarios


def audit(data: Path, holds: dict[str, bool], changed: tuple[str, ...] = ()) -> Recorder:
    """One relation of `s/a` per environment; the values differ in the environments `changed`."""
    recorder = Recorder(data)
    for name, held in holds.items():
        values = np.arange(5.0) + (name in changed)
        for trial in (1, 2):
            recorder.trial(
                name,
                trial,
                {"s/a": {"w": values}},
                relations={"s/a": [relation("a == b", None, held)]},
                packages={"tensorflow": f"2.{name[2:]}.0"},
                framework={"backend": "tensorflow", "tensorflow": f"2.{name[2:]}.0"},
            )
    return recorder


def names(*held: int, failed: tuple[int, ...] = ()) -> dict[str, bool]:
    return {f"tf{minor}": minor not in failed for minor in (*held, *failed)}


SAYS = 'scenarios: "s/*", relation: a == b, holds: true'
DENIES = 'scenarios: "s/*", relation: a == b, holds: false'


@pytest.mark.parametrize(
    ("test", "holds", "expected"),
    [
        (SAYS, names(8, 9, 10), ("confirmed", "TensorFlow 2.8.0 to 2.10.0", "")),
        (DENIES, names(8, 9, 10), ("refuted", "", "TensorFlow 2.8.0 to 2.10.0")),
        (
            SAYS,
            names(8, 9, 11, failed=(10,)),
            ("in part", "TensorFlow 2.8.0 to 2.9.0, 2.11.0", "TensorFlow 2.10.0"),
        ),
        (SAYS + ', versions: {tensorflow: ">=2.10"}', names(8, 9), ("untested", "", "")),
        (
            SAYS + ', versions: {tensorflow: ">=2.10"}',
            names(8, 9, failed=(10,)),
            ("refuted", "", "TensorFlow 2.10.0"),
        ),
        (SAYS + ", backends: jax", names(8), ("untested", "", "")),
        (SAYS + ", settings: other", names(8), ("untested", "", "")),
        (SAYS.replace("a == b", "c == d"), names(8), ("untested", "", "")),
        (SAYS.replace("s/*", "s/b"), names(8), ("untested", "", "")),
    ],
)
def test_a_relation_is_held_against_what_is_claimed(
    tmp_path: Path, test: str, holds: dict[str, bool], expected: tuple[str, str, str]
) -> None:
    *found, scenarios = claimed(tmp_path, audit(tmp_path / "data", holds), test)
    assert tuple(found) == expected
    assert scenarios == ("" if expected[0] == "untested" else "s/a")


def test_one_launch_against_it_is_enough_in_a_version(tmp_path: Path) -> None:
    recorder = audit(tmp_path / "data", names(8))
    recorder.trial(
        "tf8",
        2,
        {"s/a": {"w": np.arange(5.0)}},
        relations={"s/a": [relation("a == b", None, False)]},
        framework={"backend": "tensorflow", "tensorflow": "2.8.0"},
    )
    assert claimed(tmp_path, recorder, SAYS)[:3] == ("refuted", "", "TensorFlow 2.8.0")


def test_whether_launches_agree_is_a_relation_too(tmp_path: Path) -> None:
    recorder = audit(tmp_path / "data", names(8, 9))
    test = "scenarios: s/a, relation: launches agree, holds: false"
    assert claimed(tmp_path, recorder, test)[:3] == ("refuted", "", "TensorFlow 2.8.0 to 2.9.0")


@pytest.mark.parametrize(
    ("differs", "verdict", "confirmed", "refuted"),
    [
        ("true", "in part", "TensorFlow 2.9.0 → 2.10.0", "TensorFlow 2.8.0 → 2.9.0"),
        ("false", "in part", "TensorFlow 2.8.0 → 2.9.0", "TensorFlow 2.9.0 → 2.10.0"),
    ],
)
def test_a_step_is_held_against_what_is_claimed(
    tmp_path: Path, differs: str, verdict: str, confirmed: str, refuted: str
) -> None:
    recorder = audit(tmp_path / "data", names(8, 9, 10), changed=("tf10",))
    step = "scenarios: s/a, step: {level: packages, package: tensorflow}, differs: " + differs
    assert claimed(tmp_path, recorder, step) == (verdict, confirmed, refuted, "s/a")


def test_a_keras_that_is_declared_leads_and_a_backend_is_named(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "data")
    found = {
        "tf": {"backend": "tensorflow", "tensorflow": "2.16.2", "keras": "3.0.5"},
        "tf5": {"backend": "tensorflow", "tensorflow": "2.16.2", "keras": "3.5.0"},
        "jax": {"backend": "jax", "jax": "0.5.0", "keras": "3.5.0"},
    }
    for name, framework in found.items():
        for trial in (1, 2):
            recorder.trial(
                name,
                trial,
                {"s/a": {"w": np.arange(5.0)}},
                relations={"s/a": [relation("a == b", None, True)]},
                packages={"jax": "0.5.0"} if name == "jax" else {},
                framework=framework,
            )
    declared = plan(
        environment("tf", tensorflow="2.16.2", keras="3.0.5"),
        environment("tf5", tensorflow="2.16.2", keras="3.5.0"),
        environment("jax", keras="3.5.0", backend="jax"),
    )
    assert claimed(tmp_path, recorder, SAYS, declared)[:2] == (
        "confirmed",
        "Keras 3.0.5 to 3.5.0 on TensorFlow 2.16.2; Keras 3.5.0 on JAX 0.5.0",
    )


def test_every_claim_is_in_the_table(tmp_path: Path) -> None:
    results = Recorder(tmp_path).analyse(PLAN)
    assert rows(results.claims, "claim") == [claim.id for claim in load_claims()]
    assert set(rows(results.claims, "verdict")) == {"untested"}


def test_a_claim_that_something_fails_is_right_where_anything_fails(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "data")
    for trial in (1, 2):
        recorder.trial(
            "tf8",
            trial,
            {"s/a": {"w": np.arange(5.0)}, "s/b": {"w": np.arange(5.0)}},
            relations={
                "s/a": [relation("a == b", None, True)],
                "s/b": [relation("a == b", None, False)],
            },
            packages={"tensorflow": "2.8.0"},
            framework={"backend": "tensorflow", "tensorflow": "2.8.0"},
        )
    test = "scenarios: [s/*], relation: a == b, holds: false"
    verdict, *_ = claimed(tmp_path, recorder, test)
    assert verdict == "refuted"
    verdict, *_ = claimed(tmp_path, recorder, f"{test}, anywhere: true")
    assert verdict == "confirmed"
