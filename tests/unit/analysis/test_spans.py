from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tests.unit.analysis.builder import Recorder, environment, plan
from tests.unit.analysis.reading import rows

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from harness.plan import Plan

SCENARIO = "recipes/x"


def audit(tmp_path: Path, planned: Plan, results: dict[str, str], **facts: Any) -> pd.DataFrame:
    """One place per environment; a letter per launch says what it gave."""
    recorder = Recorder(tmp_path)
    for name, launches in results.items():
        for trial, letter in enumerate(launches, 1):
            arrays = {SCENARIO: {"w": np.full(3, float(ord(letter)))}}
            python = planned.environment(name).python or "3.10"
            recorder.trial(name, trial, arrays, python=f"{python}.1", **facts)
    return recorder.analyse(planned).spans


def line(*minors: int) -> Plan:
    return plan(
        *(environment(f"tf{each}", tensorflow=f"2.{each}", python="3.10") for each in minors)
    )


def runs(spans: pd.DataFrame, **where: object) -> list[Any]:
    return rows(spans, "variant", "from", "to", "returns", **where)


def test_a_run_has_the_first_and_the_last_value_of_its_variant(tmp_path: Path) -> None:
    results = {"tf8": "AA", "tf9": "AA", "tf10": "BB", "tf11": "BB"}
    spans = audit(tmp_path, line(11, 8, 10, 9), results)
    columns = ("level", "axis", "scenario", "line", "environment_from", "environment_to")
    assert rows(spans, *columns, variant="B") == [
        ("packages", "tensorflow", SCENARIO, "backend tensorflow; python 3.10", "tf8", "tf9")
    ]
    assert [run[1:] for run in runs(spans)] == [("2.8", "2.9", False), ("2.10", "2.11", False)]


def test_a_variant_that_was_there_before_returns(tmp_path: Path) -> None:
    results = {"tf8": "AA", "tf9": "BB", "tf10": "AA", "tf11": "AA"}
    assert runs(audit(tmp_path, line(8, 9, 10, 11), results)) == [
        ("A", "2.8", "2.8", False),
        ("B", "2.9", "2.9", False),
        ("A", "2.10", "2.11", True),
    ]


def test_launches_that_differ_end_a_run_and_have_no_variant(tmp_path: Path) -> None:
    results = {"tf8": "AA", "tf9": "BC", "tf10": "DE", "tf11": "AA"}
    assert runs(audit(tmp_path, line(8, 9, 10, 11), results)) == [
        ("A", "2.8", "2.8", False),
        ("", "2.9", "2.10", False),
        ("A", "2.11", "2.11", True),
    ]


def test_a_single_launch_ends_a_run_and_proves_no_variant(tmp_path: Path) -> None:
    results = {"tf8": "AA", "tf9": "A", "tf10": "AA", "tf11": "B"}
    assert runs(audit(tmp_path, line(8, 9, 10, 11), results)) == [
        ("A", "2.8", "2.8", False),
        ("A", "2.10", "2.10", False),
    ]


def test_a_version_that_was_not_measured_does_not_end_a_run(tmp_path: Path) -> None:
    results = {"tf8": "AA", "tf10": "AA"}
    assert runs(audit(tmp_path, line(8, 9, 10), results)) == [("A", "2.8", "2.10", False)]


def test_a_setting_that_passes_over_known_values_ends_a_run_there(tmp_path: Path) -> None:
    minors = (8, 9, 10)
    planned = plan(
        *(environment(f"tf{each}", tensorflow=f"2.{each}") for each in minors),
        settings=("default", "off"),
    )
    audit(tmp_path, planned, {"tf8": "AA", "tf9": "BB", "tf10": "AA"})
    spans = audit(tmp_path, planned, {"tf8": "AA", "tf10": "AA"}, setting="off")
    assert len(runs(spans, setting="default")) == 3
    assert runs(spans, setting="off") == [("A", "2.8", "2.8", False), ("A", "2.10", "2.10", False)]


def test_each_line_and_machine_has_its_own_runs(tmp_path: Path) -> None:
    planned = plan(
        *(
            environment(f"tf{tf}_py{python}", tensorflow=f"2.{tf}", python=f"3.{python}")
            for tf in (9, 10)
            for python in (9, 10)
        )
    )
    results = {"tf9_py9": "AA", "tf9_py10": "AA", "tf10_py9": "AA", "tf10_py10": "BB"}
    audit(tmp_path, planned, results)
    spans = audit(tmp_path, planned, results, machine="m2")
    assert rows(spans, "axis", "line", "variant", "from", "to", machine="m2") == [
        ("tensorflow", "backend tensorflow; python 3.10", "A", "2.9", "2.9"),
        ("tensorflow", "backend tensorflow; python 3.10", "B", "2.10", "2.10"),
        ("tensorflow", "backend tensorflow; python 3.9", "A", "2.9", "2.10"),
        ("python", "backend tensorflow; tensorflow 2.10", "A", "3.9", "3.9"),
        ("python", "backend tensorflow; tensorflow 2.10", "B", "3.10", "3.10"),
        ("python", "backend tensorflow; tensorflow 2.9", "A", "3.9", "3.10"),
    ]
    assert rows(spans, "axis", machine="m1") == rows(spans, "axis", machine="m2")


def test_a_place_alone_is_no_line_and_backends_have_no_order(tmp_path: Path) -> None:
    planned = plan(*(environment(name, backend=name, keras="3.0.5") for name in ("jax", "torch")))
    assert runs(audit(tmp_path, planned, {"jax": "AA", "torch": "BB"})) == []


def test_nothing_measured_gives_no_span(tmp_path: Path) -> None:
    assert Recorder(tmp_path).analyse(line(8, 9)).spans.empty
