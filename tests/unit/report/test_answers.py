"""What the page answers beyond where it breaks: why, whether that is allowed, and what to do."""

from __future__ import annotations

import dataclasses
import io
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
from rich.console import Console

from harness.analysis.advice import Advice
from harness.report import print_summary, write_report
from harness.report.html import render
from harness.report.view import build
from harness.report.view.published import published, stale
from harness.report.view.recipes import recipes
from harness.tables import TABLES, table
from tests.unit.report import sample
from tests.unit.report.reading import read

if TYPE_CHECKING:
    from harness.analysis import Results

CLAIM = {
    "text": "The clone has identical weights",
    "source": "text 000",
    "verdict": "refuted",
    "refuted_in": "TensorFlow 2.9.3 to 2.21.0",
    "url": "https://example.org/claim",
}


def filled(name: str, *rows: dict[str, Any]) -> pd.DataFrame:
    columns = list(TABLES[name].dtypes)
    absent = {column.name: "" if column.type == "text" else None for column in TABLES[name].columns}
    return table(name, [[row.get(column, absent[column]) for column in columns] for row in rows])


def with_recipes(*rows: tuple[str, str, str, int, int, str]) -> Results:
    heads = ("recipe", "level", "verdict", "compared", "differing", "breaks_at")
    frame = filled(
        "recipes", *({**dict(zip(heads, row, strict=True)), "launches": 2} for row in rows)
    )
    return dataclasses.replace(sample.results(), recipes=frame)


def test_recipes_that_repeat_come_first_and_say_where_they_break() -> None:
    results = with_recipes(
        ("recipes/global_seed_minus_1", "process", "untested", 0, 0, ""),
        ("recipes/numpy_and_framework", "process", "breaks", 5, 4, "process"),
        ("recipes/numpy_and_framework", "packages", "untested", 0, 0, ""),
        ("recipes/set_random_seed", "process", "holds", 5, 0, ""),
        ("recipes/set_random_seed", "packages", "breaks", 4, 1, "tensorflow:2.9.3..2.10.1"),
    )
    found = recipes(results)
    assert [row.scenario for row in found.rows] == [
        "recipes/set_random_seed",
        "recipes/numpy_and_framework",
        "recipes/global_seed_minus_1",
    ]
    assert found.heads == ("launches", "package versions")
    assert [(mark.word, mark.ratio) for mark in found.rows[0].marks] == [
        ("holds", "5 of 5"),
        ("breaks", "3 of 4"),
    ]
    assert "tensorflow:2.9.3..2.10.1" in found.rows[0].marks[1].title
    assert found.rows[1].marks[1].title == "not compared"
    assert "backends" in found.untested


def test_claims_that_were_tested_are_shown_refuted_ones_first() -> None:
    claims = filled(
        "claims",
        {"claim": "a", **CLAIM, "verdict": "confirmed", "text": "It agrees"},
        {"claim": "b", **CLAIM},
        {"claim": "c", **CLAIM, "verdict": "untested"},
    )
    found = published(dataclasses.replace(sample.results(), claims=claims))
    assert [claim.verdict for claim in found] == ["refuted", "confirmed"]


def test_a_cause_that_explains_nothing_is_told() -> None:
    causes = filled(
        "causes",
        {
            "cause": "a",
            "title": "Matched",
            "status": "matched",
            "breaks": 3,
            "url": "https://e.org",
        },
        {"cause": "b", "title": "Gone", "status": "stale", "breaks": 0, "url": "https://e.org/b"},
    )
    results = dataclasses.replace(sample.results(), causes=causes)
    assert [cause.title for cause in stale(results)] == ["Gone"]
    assert "Gone" in read(render(build(results))).text


def test_the_page_shows_advice_claims_and_what_separates_confounders() -> None:
    results = sample.results()
    events = results.events.assign(
        known="first cause; second cause",
        url="https://example.org/1; https://example.org/2",
        separate="add numpy 1.26.4 on both sides",
        unchanged="recipes/stateless; recipes/weights_from_file",
    )
    advice = (Advice("Keras 3", "Call `keras.utils.set_random_seed`.", "5 of 5 cells"),)
    results = dataclasses.replace(
        results, events=events, advice=advice, claims=filled("claims", {"claim": "b", **CLAIM})
    )
    document = read(render(build(results)))
    links = {each.text: each.attributes["href"] for each in document.all("a")}
    assert links["first cause"] == "https://example.org/1"
    assert links["second cause"] == "https://example.org/2"
    assert links["text 000"] == "https://example.org/claim"
    row = document.all("tr", data_row="event")[0].text
    assert "add numpy 1.26.4 on both sides" in row
    assert "2 do not change" in row
    assert "keras.utils.set_random_seed" in [each.text for each in document.all("code")]
    assert "TensorFlow 2.9.3 to 2.21.0" in document.all("tr", data_row="published")[0].text


def test_scripts_lie_beside_the_page_and_old_ones_go(tmp_path: Path) -> None:
    left = tmp_path / "reproducers" / "0123456789_a_1.py"
    left.parent.mkdir()
    left.write_text("")
    path = write_report(sample.results(), tmp_path)
    document = read(path.read_text(encoding="utf-8"))
    hrefs = {each.attributes.get("href", "") for each in document.all("a")}
    linked = {each for each in hrefs if each.startswith("reproducers/")}
    assert linked
    assert linked == {f"reproducers/{each.name}" for each in left.parent.iterdir()}
    assert not left.exists()


def test_the_terminal_says_what_to_do_and_what_is_refuted() -> None:
    advice = (Advice("Keras 3", "Call `f(seed)`: the same weights. Not enough: x.", "5 of 5"),)
    results = dataclasses.replace(
        sample.results(), advice=advice, claims=filled("claims", {"claim": "b", **CLAIM})
    )
    console = Console(file=io.StringIO(), width=100)
    print_summary(results, Path("reports/index.html"), console)
    words = console.file.getvalue()  # type: ignore[attr-defined]
    assert re.search(r"Keras 3 +Call f\(seed\) *\n", words)
    assert re.search(r"The clone has identical weights +refuted +TensorFlow 2.9.3 to 2.21.0", words)
