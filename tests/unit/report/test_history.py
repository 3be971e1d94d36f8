from __future__ import annotations

import dataclasses
import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from harness.report.terminal import print_summary
from harness.report.view.history import History, Mark, history
from harness.tables import table
from tests.unit.history.project import Project, X, Y
from tests.unit.report import sample

EMPTY = (0,) * 4


def run(day: int, *counts: int, new: str = "", gone: str = "", time: str = "10:00:00") -> Any:
    """A row of `runs`: compared, changed, redefined, first, then new, gone and first breaks."""
    compared, changed, redefined, first, came, went, looked = (*counts, *(0,) * 7)[:7]
    started = f"2026-11-{day:02}T{time}Z"
    return (
        *(started.replace(":", "-"), started, "default", 82, 282, 65, 2239),
        *(came, went, looked, compared, changed, redefined, first, new, gone),
    )


def state(scenario: str, day: int, name: str, compared: int = 0, changed: int = 0) -> Any:
    return scenario, f"2026-11-{day:02}T10-00-00Z", name, compared, changed, 0, 0


def section(runs: list[Any], states: list[Any] | None = None) -> History:
    """The section; what `states` does not say of a scenario and run is `not measured`."""
    states = states or []
    said = {each[:2] for each in states}
    names = dict.fromkeys(each[0] for each in states)
    missing = [
        (name, row[0], "not measured", 0, 0, 0, 0)
        for name in names
        for row in runs
        if (name, row[0]) not in said
    ]
    results = dataclasses.replace(
        sample.results(), runs=table("runs", runs), history=table("history", [*states, *missing])
    )
    return history(results)


@pytest.mark.parametrize(
    ("counts", "steps", "states", "said"),
    [
        ((20145,), {}, [], "Nothing changed since 2026-11-15: 20,145 results compared."),
        (
            (20145, 12, 0, 0, 3, 1),
            {"new": "process 2; python:3.10..3.11 1", "gone": "tensorflow:2.9.3..2.10.1 1"},
            [state(name, 22, "changed", 80, 3) for name in ("a/b", "a/c", "a/d", "a/e")],
            "Since 2026-11-15: 3 new breaks (process and python:3.10..3.11), "
            "1 gone (tensorflow:2.9.3..2.10.1), 12 of 20,145 results changed in 4 scenarios.",
        ),
        (
            (5, 0, 0, 0, 1),
            {"new": "process 1"},
            [],
            "Since 2026-11-15: 1 new break (process), none of 5 results changed.",
        ),
        (
            (1, 1),
            {},
            [state("a/b", 22, "changed", 1, 1)],
            "Since 2026-11-15: 1 of 1 result changed in 1 scenario.",
        ),
        (
            (0, 0, 7, 2),
            {},
            [],
            "Nothing can be compared with 2026-11-15 or any run before. Not compared: "
            "7 results on another suite, lock or hardware and 2 results measured for the first "
            "time.",
        ),
        (
            (9, 0, 0, 4, 0, 0, 3),
            {},
            [],
            "Nothing changed since 2026-11-15: 9 results compared. Not compared: "
            "4 results measured for the first time and 3 breaks where no run had looked.",
        ),
        (EMPTY, {}, [], "Nothing was measured again since 2026-11-15."),
    ],
)
def test_the_sentence_says_what_changed_since_the_last_run(
    counts: tuple[int, ...], steps: dict[str, str], states: list[Any], said: str
) -> None:
    found = section([run(15, 0, 0, 0, 9), run(22, *counts, **steps)], states)
    assert found.sentence == said


def test_steps_beyond_a_few_are_counted() -> None:
    steps = "; ".join(f"keras:{each}..{each + 1} 1" for each in range(9))
    found = section([run(15), run(22, 1, 0, 0, 0, 9, new=steps)])
    assert "9 new breaks (keras:0..1, keras:1..2, keras:2..3 and 6 more)" in found.sentence


def test_without_a_run_there_is_nothing_to_say() -> None:
    found = section([])
    assert (found.sentence, found.tile, found.runs, found.lines) == ("", None, (), ())


def test_one_run_is_the_first() -> None:
    found = section([run(15, 0, 0, 0, 9)])
    assert found.sentence == "This is the first run on record."
    assert found.tile
    assert found.tile.value == "first"


def test_the_tile_counts_changed_results_of_those_compared() -> None:
    steps = {"new": "process 3", "gone": "python:3.10..3.11 1"}
    tile = section([run(15), run(22, 20145, 12, 0, 0, 3, 1, **steps)]).tile
    assert tile
    assert tile.value == "12 / 20,145"
    assert tile.meaning == "results changed since the last run (2026-11-15); 3 new breaks, 1 gone"


def test_the_tile_of_what_cannot_be_compared_has_no_number() -> None:
    tile = section([run(15), run(22, 0, 0, 7)]).tile
    assert tile
    assert tile.value == "–"


def test_runs_of_one_day_are_told_apart_by_the_time() -> None:
    found = section(
        [run(1), run(2, time="10:00:00"), run(2, time="10:00:01"), run(2, time="11:30:00")]
    )
    assert [each.date for each in found.runs] == [
        "2026-11-01",
        "2026-11-02 10:00:00",
        "2026-11-02 10:00:01",
        "2026-11-02 11:30",
    ]


def test_the_strip_has_a_mark_per_run_for_scenarios_that_ever_changed() -> None:
    states = [
        *(state("a/b", 1, "first"), state("a/b", 2, "changed", 80, 3), state("a/b", 3, "same", 9)),
        *(state("a/c", 1, "first"), state("a/c", 2, "same", 80), state("a/c", 3, "same", 80)),
        *(state("a/d", 1, "not measured"), state("a/d", 2, "redefined")),
        state("a/d", 3, "changed", 1, 1),
    ]
    found = section([run(1), run(2), run(3)], states)
    assert found.other == 1
    assert [(line.scenario, line.since, line.changes) for line in found.lines] == [
        ("a/d", "2026-11-03", 1),
        ("a/b", "2026-11-02", 1),
    ]
    assert [mark.text for mark in found.lines[0].marks] == ["·", "↻", "Δ 1"]
    assert found.lines[1].marks == (
        Mark("+", "first", "2026-11-01: measured for the first time"),
        Mark("Δ 3", "changed", "2026-11-02: 3 of 80 results changed"),
        Mark("=", "same", "2026-11-03: 9 results compared, none changed"),
    )
    assert [sign for sign, _ in found.signs] == ["=", "Δ", "↻", "+", "·"]


def test_of_many_runs_the_newest_are_shown_and_the_first_change_is_remembered() -> None:
    runs = [run(1 + each // 24, time=f"{each % 24:02}:00:00") for each in range(100)]
    states = [
        ("a/b", row[0], "changed" if each == 3 else "same", 1, int(each == 3), 0, 0)
        for each, row in enumerate(runs)
    ]
    found = section(runs, states)
    assert (len(found.runs), found.earlier) == (60, 40)
    (line,) = found.lines
    assert line.since == "2026-11-01 03:00"
    assert len(line.marks) == 60
    assert {mark.text for mark in line.marks} == {"="}


def test_numbers_are_those_of_the_table() -> None:
    row = run(22, 1, 2, 3, 4, 5, 6, 7, new="process 5", gone="python:3.10..3.11 6")
    (found,) = section([row]).runs
    columns = [each for each in table("runs", [row]).columns if each not in ("run", "new", "gone")]
    assert tuple(getattr(found, name) for name in columns) == row[1:14]
    assert (found.id, found.new, found.gone) == (row[0], ("process 5",), ("python:3.10..3.11 6",))


def test_the_terminal_says_it_after_the_verdict(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.run(1, {X: 1, Y: 1})
    project.run(2, {X: 2, Y: 1})
    stream = io.StringIO()
    print_summary(project.results, Path("reports/index.html"), Console(file=stream, width=120))
    lines = stream.getvalue().splitlines()
    assert lines[-2:] == [
        "Since 2026-11-01: 1 of 2 results changed in 1 scenario.",
        "reports/index.html",
    ]
