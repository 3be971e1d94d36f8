"""From a break on record to scripts and commands."""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.analysis import Results
from harness.analysis.events import event_id
from harness.plan import Setting
from harness.reproduce import NoBreakError, Reproducers, Script
from tests.unit.analysis.builder import Recorder, environment, plan, rerun

NAME = "recipes/all_three"
OLD = environment("old", tensorflow="2.9.3", python="3.10")
NEW = environment("new", tensorflow="2.10.1", python="3.10")


def kernel(value: float) -> dict[str, dict[str, Any]]:
    return {NAME: {"first/w": np.zeros(2), "second/w": np.full(2, value)}}


def twice(recorder: Recorder, name: str, value: float, **facts: Any) -> None:
    recorder.launches(name, kernel(value), kernel(value), **facts)


@pytest.fixture
def recorder(tmp_path: Path) -> Recorder:
    return Recorder(tmp_path)


def versions(recorder: Recorder) -> Results:
    twice(recorder, "old", 1.0, packages={"tensorflow-cpu": "2.9.3", "numpy": "1.26.4"})
    twice(recorder, "new", 2.0, packages={"tensorflow-cpu": "2.10.1", "numpy": "1.26.4"})
    return recorder.analyse(plan(OLD, NEW))


def recorded(script: Script) -> dict[str, dict[str, str]]:
    (found,) = re.findall(r"^RECORDED = (\{.*?^\})", script.text, re.MULTILINE | re.DOTALL)
    literal: dict[str, dict[str, str]] = ast.literal_eval(found)
    return literal


def test_a_step_between_versions_is_two_scripts_each_with_its_packages(recorder: Recorder) -> None:
    results = versions(recorder)
    made = Reproducers(results).of(results.breaks.iloc[0])
    old, new = made.scripts

    assert made.title.startswith(f"{NAME}: TensorFlow 2.9.3 → 2.10.1, ")
    assert (old.name, new.name) == (f"{made.id}_a_2.9.3.py", f"{made.id}_b_2.10.1.py")
    assert made.commands == tuple(f"uv run --python 3.10 {each.name}" for each in made.scripts)
    assert '"tensorflow-cpu==2.9.3"' in old.text
    assert '"tensorflow-cpu==2.10.1"' in new.text
    assert (old.side, new.side) == ("TensorFlow 2.9.3", "TensorFlow 2.10.1")


def test_each_side_holds_what_is_on_record_of_the_first_array_that_differs(
    recorder: Recorder,
) -> None:
    results = versions(recorder)
    made = Reproducers(results).of(results.breaks.iloc[0])
    seen = results.fingerprints

    for script, name in zip(made.scripts, ("old", "new"), strict=True):
        here = seen[(seen["environment"] == name) & (seen["array"] == "second/w")]
        (sha256,) = set(here["sha256"])
        assert recorded(script) == {"second/w": {sha256: "in launches 1 and 2"}}


def test_a_difference_between_launches_is_one_script_run_twice(recorder: Recorder) -> None:
    recorder.launches("old", kernel(1.0), kernel(2.0))
    results = recorder.analyse(plan(OLD))
    made = Reproducers(results).of(Reproducers(results).first_of("process"))

    assert made.commands == (f"uv run --python 3.10 {made.id}.py",) * 2
    (script,) = made.scripts
    assert sorted(recorded(script)["second/w"].values()) == ["in launch 1", "in launch 2"]


def test_a_rebuild_is_one_script_run_once_that_shows_both_arrays(recorder: Recorder) -> None:
    twice(recorder, "old", 1.0, relations={NAME: [rerun(holds=False)]})
    results = recorder.analyse(plan(OLD))
    (made,) = map(Reproducers(results).of, [row for _, row in results.breaks.iterrows()])

    assert len(made.commands) == 1
    assert list(recorded(made.scripts[0])) == ["first/w", "second/w"]


def test_a_setting_is_in_the_environment_of_its_side_alone(recorder: Recorder) -> None:
    twice(recorder, "old", 1.0)
    twice(recorder, "old", 2.0, setting="other", variables={"TF_X": "0", "PYTHONHASHSEED": "0"})
    settings = Setting("default", {}, 2), Setting("other", {"TF_X": "0", "PYTHONHASHSEED": "0"}, 1)
    results = recorder.analyse(replace(plan(OLD, settings=("default", "other")), settings=settings))
    made = Reproducers(results).of(results.breaks.iloc[0])
    usual, other = made.scripts

    assert "'TF_X'" not in usual.text
    assert "PYTHONHASHSEED" not in usual.text
    assert "'TF_X': '0'" in other.text
    assert "'PYTHONHASHSEED': '0'" in other.text
    assert ("'NPROC': '2'" in usual.text, "'NPROC': '1'" in other.text) == (True, True)
    assert "Framework('tensorflow', 1, '')" in other.text


def test_two_machines_run_one_script(recorder: Recorder) -> None:
    twice(recorder, "old", 1.0, machine="m1")
    twice(recorder, "old", 2.0, machine="m2")
    results = recorder.analyse(plan(OLD))
    made = Reproducers(results).of(results.breaks.iloc[0])

    assert len(made.scripts) == 1
    assert sorted(recorded(made.scripts[0])["second/w"].values()) == [
        "in launches 1 and 2 on m1",
        "in launches 1 and 2 on m2",
    ]


def test_a_break_is_found_by_the_beginning_of_its_id(recorder: Recorder) -> None:
    results = versions(recorder)
    id_ = results.breaks["id"].iloc[0]
    row, said = Reproducers(results).find(id_[:4])

    assert (row["id"], said) == (id_, f"break {id_}")


def test_an_event_stands_for_its_first_break_of_a_scenario_that_is_asked_to_hold(
    recorder: Recorder,
) -> None:
    unjudged = {"recipes/none": {"w": np.zeros(1)}}, {"recipes/none": {"w": np.ones(1)}}
    scenario = {"launches": "differ", "summary": "", "source": "", "launches_source": "x"}
    known = {"recipes/none": {**scenario, "control": False}}
    for name, value, other in (("old", 1.0, unjudged[0]), ("new", 2.0, unjudged[1])):
        arrays = {**other, **kernel(value)}
        recorder.launches(name, arrays, arrays, scenarios=known)
    results = recorder.analyse(plan(OLD, NEW, scenarios=("recipes/none", NAME)))

    step = event_id("packages", "tensorflow", "2.9.3", "2.10.1")
    row, said = Reproducers(results).find(step)

    assert row["scenario"] == NAME
    assert "of 2 breaks" in said


@pytest.mark.parametrize("wanted", ["", "nothing", "tensorflow:1..2"])
def test_what_is_no_break_is_refused_with_what_there_is(recorder: Recorder, wanted: str) -> None:
    with pytest.raises(NoBreakError, match=re.escape("tensorflow:2.9.3..2.10.1")):
        Reproducers(versions(recorder)).find(wanted)


def test_an_ambiguous_beginning_is_refused_with_the_ids(recorder: Recorder) -> None:
    results = versions(recorder)
    both = results.breaks.loc[results.breaks.index.repeat(2)].reset_index(drop=True)
    both["id"] = ["abc1", "abc2"]

    with pytest.raises(NoBreakError, match="abc1, abc2"):
        Reproducers(replace(results, breaks=both)).find("abc")


def test_hostile_words_on_record_become_neither_names_nor_code(recorder: Recorder) -> None:
    results = versions(recorder)
    evil = 'x"""; import os; os.abort() #\n$(rm -rf /)/../'
    hostile = results.breaks.assign(confounders=evil, known=evil, to=evil, id="../../" + evil)
    made = Reproducers(replace(results, breaks=hostile)).of(hostile.iloc[0])

    for script in made.scripts:
        assert re.fullmatch(r"[A-Za-z0-9._]+\.py", script.name)
        nodes = ast.walk(ast.parse(script.text))
        assert not any(isinstance(each, ast.Attribute) and each.attr == "abort" for each in nodes)
