"""Which known causes explain which breaks, and which explain none any more."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from harness import analysis
from harness.known import load_causes
from harness.plan import Plan, Setting
from tests.unit.analysis.builder import Recorder, environment, plan
from tests.unit.analysis.reading import rows

if TYPE_CHECKING:
    from pathlib import Path

    from harness.analysis import Results

ENVIRONMENTS = [environment(f"tf{minor}", tensorflow=f"2.{minor}.0") for minor in (8, 9, 10)]
PLAN = plan(*ENVIRONMENTS, scenarios=("s/a", "s/b", "t/c"))

HEAD = "version: 1\ncauses:\n"


def cause(id: str, step: str, more: str = "scenarios: s/*", title: str = "Why") -> str:  # noqa: A002
    """An entry, with everything on the given lines."""
    return (
        f"  - id: {id}\n    title: {title}\n    url: https://example.org/{id}\n"
        f"    step: {{{step}}}\n    {more}\n"
    )


def packages(changed_in: str, package: str = "tensorflow") -> str:
    return f'level: packages, package: {package}, changed_in: "{changed_in}"'


def draw(seed: int) -> Any:
    return np.random.default_rng(seed).normal(size=50)


@pytest.fixture
def judged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A function that analyses an audit with some causes and no others.

    `s/a` and `t/c` change at 2.9 → 2.10, where keras moves from 2.9 to 3.0; `s/b` never changes.
    """

    def judge(*entries: str, plan: Plan = PLAN, **facts: Any) -> Results:
        path = tmp_path / "causes.yaml"
        path.write_text(HEAD + "".join(entries), encoding="utf-8")
        monkeypatch.setattr(analysis, "load_causes", lambda: load_causes(path))
        recorder = Recorder(tmp_path / "data")
        for each, keras in zip(ENVIRONMENTS, ("2.8.0", "2.9.0", "3.0.0"), strict=True):
            changed = int(each.id == "tf10")
            arrays = {
                "s/a": {"w": draw(changed)},
                "s/b": {"w": draw(5)},
                "t/c": {"w": draw(7) * (1 + 4e-16 * changed)},
            }
            packages = {"tensorflow-cpu": each.axes["tensorflow"], "keras": keras}
            recorder.launches(each.id, arrays, arrays, packages=packages, **facts)
        return recorder.analyse(plan)

    return judge


def status(results: Results) -> dict[str, str]:
    return dict(rows(results.causes, "cause", "status"))


def explained(results: Results) -> list[tuple[str, str, str]]:
    return rows(results.breaks, "scenario", "known", "url")


def test_a_cause_explains_the_breaks_of_its_scenarios_at_its_step(judged: Any) -> None:
    results = judged(cause("one", packages("2.10")))
    assert explained(results) == [
        ("s/a", "Why", "https://example.org/one"),
        ("t/c", "", ""),
    ]
    assert rows(results.events, "known", "url") == [("Why", "https://example.org/one")]
    assert rows(results.causes, "cause", "title", "status", "events", "breaks", "url") == [
        ("one", "Why", "matched", "tensorflow:2.9.0..2.10.0", 1, "https://example.org/one")
    ]


@pytest.mark.parametrize(
    ("changed_in", "expected"),
    [
        ("2.9", "stale"),  # the step 2.8 → 2.9 was measured, and nothing changed there
        ("2.9.0", "stale"),
        ("2.9.1", "matched"),
        ("2.10", "matched"),
        ("2.10.0", "matched"),
        ("2.10.1", "untested"),
        ("2.8", "untested"),  # no step begins before it
        ("2.1", "untested"),
    ],
)
def test_a_step_contains_a_change_after_its_first_version_up_to_its_last(
    judged: Any, changed_in: str, expected: str
) -> None:
    assert status(judged(cause("one", packages(changed_in)))) == {"one": expected}


def test_a_package_that_moves_beside_the_axis_counts_as_well(judged: Any) -> None:
    results = judged(
        cause("moved", packages("3.0", "keras")), cause("other", packages("1.0", "keras"))
    )
    assert status(results) == {"moved": "matched", "other": "untested"}


def test_a_package_without_a_version_covers_every_step_at_which_it_moves(judged: Any) -> None:
    results = judged(
        cause("keras", "level: packages, package: keras"),
        cause("numpy", "level: packages, package: numpy"),
    )
    assert status(results) == {"keras": "matched", "numpy": "untested"}


def test_a_cause_of_another_level_or_another_kind_explains_nothing(judged: Any) -> None:
    results = judged(
        cause("launch", "level: process"),
        cause("kind", packages("2.10"), "scenarios: s/*\n    kinds: rounding"),
        cause("scenario", packages("2.10"), "scenarios: u/*"),
        cause("same", packages("2.10"), "scenarios: s/b"),
    )
    assert {known for _, known, _ in explained(results)} == {""}
    assert status(results) == {
        "launch": "stale",
        "kind": "stale",
        "scenario": "untested",
        "same": "stale",
    }


def test_a_cause_may_name_the_array_that_differs_first(judged: Any) -> None:
    results = judged(
        cause("right", packages("2.10"), "scenarios: s/a\n    first: w"),
        cause("wrong", packages("2.10"), "scenarios: s/a\n    first: [v, w/*]"),
    )
    assert status(results) == {"right": "matched", "wrong": "stale"}


def test_several_causes_stand_in_the_order_of_the_file(judged: Any) -> None:
    results = judged(
        cause("two", packages("3.0", "keras"), title="Second"),
        cause("one", packages("2.10"), title="First"),
        cause("third", packages("2.10"), "scenarios: t/*", title="Third"),
    )
    assert [known for _, known, _ in explained(results)] == ["Second; First", "Third"]
    assert rows(results.events, "known", "url") == [
        (
            "Second; First; Third",
            "https://example.org/two; https://example.org/one; https://example.org/third",
        )
    ]


def test_versions_and_backends_narrow_both_sides(judged: Any) -> None:
    results = judged(
        cause("both", packages("2.10"), 'scenarios: s/a\n    versions: {tensorflow: ">=2.9"}'),
        cause("right", packages("2.10"), 'scenarios: s/a\n    versions: {tensorflow: ">=2.10"}'),
        cause("backend", packages("2.10"), "scenarios: s/a\n    backends: jax"),
        cause("unknown", packages("2.10"), 'scenarios: s/a\n    versions: {scipy: ">=1"}'),
    )
    assert status(results) == {
        "both": "matched",
        "right": "untested",
        "backend": "untested",
        "unknown": "untested",
    }


def test_what_must_be_recorded_is_looked_for_on_both_sides(tmp_path: Path, judged: Any) -> None:
    recorder = Recorder(tmp_path / "data")
    for name, changed in (("tf8", 0), ("tf9", 1)):
        arrays = {"s/a": {"w": draw(changed)}}
        framework = {"backend": "tensorflow", "onednn": ("off", "on")[changed]}
        versions = {"tensorflow": f"2.{name[2:]}.0"}
        recorder.launches(name, arrays, arrays, packages=versions, framework=framework)
    path = tmp_path / "causes.yaml"
    path.write_text(
        HEAD
        + cause("there", packages("2.9") + ', recorded: "onednn off → on"')
        + cause("not_there", packages("2.9") + ', recorded: "onednn on → off"'),
        encoding="utf-8",
    )
    found = analysed(recorder, PLAN, path)
    assert status(found) == {"there": "matched", "not_there": "untested"}


def test_a_setting_must_differ_in_nothing_else(tmp_path: Path) -> None:
    settings = (
        Setting("default", {}, 2),
        Setting("one", {"TF_A": "1"}, 2),
        Setting("two", {"TF_A": "1", "TF_B": "1"}, 2),
        Setting("slow", {}, 1),
    )
    base = plan(ENVIRONMENTS[0], settings=[each.name for each in settings])
    recorder = Recorder(tmp_path / "data")
    for number, each in enumerate(settings):
        arrays = {"s/a": {"w": draw(number)}}
        recorder.launches("tf8", arrays, arrays, setting=each.name, variables=each.env)
    path = tmp_path / "causes.yaml"
    path.write_text(
        HEAD
        + cause("a", "level: setting, variables: TF_A")
        + cause("both", 'level: setting, variables: "TF_*"')
        + cause("threads", "level: setting, variables: threads"),
        encoding="utf-8",
    )
    found = analysed(recorder, _with(base, settings), path)
    assert rows(found.causes, "cause", "events") == [
        ("a", "setting:default..one"),
        ("both", "setting:default..one; setting:default..two"),
        ("threads", "setting:default..slow"),
    ]


def test_an_audit_of_nothing_leaves_every_cause_untested(tmp_path: Path) -> None:
    results = Recorder(tmp_path).analyse(PLAN)
    assert set(rows(results.causes, "status")) == {"untested"}
    assert len(results.causes) == len(load_causes())


def analysed(recorder: Recorder, plan: Plan, path: Path) -> Results:
    """An analysis with the causes of a file."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(analysis, "load_causes", lambda: load_causes(path))
        return recorder.analyse(plan)


def _with(base: Plan, settings: tuple[Setting, ...]) -> Plan:
    return replace(base, settings=settings)
