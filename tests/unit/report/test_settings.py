"""What the report tells of settings."""

from __future__ import annotations

import dataclasses
import io
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from harness.report import print_summary
from harness.report.html import render
from harness.report.view import build
from harness.tables import table
from tests.unit.report import sample
from tests.unit.report.reading import read

if TYPE_CHECKING:
    from harness.analysis import Results

ROWS = [
    *(
        (sample.environment(each), "hash_seed_0", "no effect", "", 12, 0)
        for each in sample.VERSIONS
    ),
    (sample.VERSIONS[0], "onednn_off", "changed results", "onednn on → off; x <b>1 → 2", 12, 3),
    *(
        (each, "onednn_off", "took effect, same results", "onednn on → off", 12, 0)
        for each in sample.VERSIONS[1:]
    ),
    (sample.VERSIONS[0], "cpu_avx2", "not measured", "", 0, 0),
]


def results() -> Results:
    frame = table(
        "settings",
        (
            (name if "tf" in name else sample.environment(name), setting, "cpu", "m1", *rest)
            for name, setting, *rest in ROWS
        ),
    )
    return dataclasses.replace(sample.results(), settings=frame)


def test_stacks_on_which_a_setting_came_to_the_same_share_a_row_the_most_first() -> None:
    told = build(results()).settings
    assert [(each.name, each.effect, each.differing, each.compared) for each in told] == [
        ("onednn_off", "changed results", 3, 12),
        ("onednn_off", "took effect, same results", 0, 12 * (len(sample.VERSIONS) - 1)),
        ("hash_seed_0", "no effect", 0, 12 * len(sample.VERSIONS)),
        ("cpu_avx2", "not measured", 0, 0),
    ]
    assert told[0].where == f"TensorFlow {sample.VERSIONS[0]}"
    assert told[1].where == f"TensorFlow {sample.VERSIONS[1]} on"
    assert told[2].where == f"TensorFlow {sample.VERSIONS[0]} to {sample.VERSIONS[-1]}"


def test_a_cell_that_did_not_run_is_no_other_machine() -> None:
    found = results()
    machines = found.settings["machine"].where(found.settings["effect"] != "not measured", "")
    changed = dataclasses.replace(found, settings=found.settings.assign(machine=machines))
    assert build(changed).settings == build(found).settings


def test_the_page_has_the_rows_with_what_is_in_force() -> None:
    page = render(build(results()))
    document = read(page)
    lines = [each for each in document.all("tr") if each.attributes.get("data-row") == "setting"]
    assert [line.text.split()[0] for line in lines] == [
        *("onednn_off", "onednn_off", "hash_seed_0", "cpu_avx2")
    ]
    assert "x <b>1 → 2" in lines[0].text
    assert "nothing on record" in lines[2].text
    assert any(each.attributes.get("href") == "#settings" for each in document.all("a"))


def test_without_settings_there_is_no_such_section() -> None:
    assert "settings-title" not in render(build(sample.results()))


def test_the_terminal_says_it_in_one_line() -> None:
    stream = io.StringIO()
    print_summary(results(), Path("index.html"), Console(file=stream, width=200))
    assert (
        "Settings: changed results (onednn_off); no effect (hash_seed_0); not measured (cpu_avx2)."
        in stream.getvalue().splitlines()
    )
