from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import MatrixError
from harness.gate.baseline import Baseline, Known, Terms, load, text, write
from harness.gate.findings import Spot

FULL = """\
version: 1
accepted:
  - event: process
    cells: [tf2_10_1_py3_10.default.cpu, "tf2_1*.default.cpu"]
    reason: not seeded
    link: https://example.org/1
    expires: "2027-06-30"
    breaks:
      redraw: [recipes/a, recipes/b]
      rounding: recipes/c
  - event: tensorflow:2.9.3..2.10.1
    reason: another generator
    expires: 2027-06-30
    breaks: {unknown: "recipes/*"}
"""


def read(folder: Path, content: str) -> Baseline:
    path = folder / "baseline.yaml"
    path.write_text(content, encoding="utf-8")
    return load(path)


def test_an_entry_stands_for_every_cell_kind_and_scenario_it_lists(tmp_path: Path) -> None:
    known = read(tmp_path, FULL).known
    terms = Terms("not seeded", "https://example.org/1", date(2027, 6, 30))
    assert len(known) == 2 * 3 + 1
    assert known[0] == Known(
        Spot("process", "tf2_10_1_py3_10.default.cpu", "recipes/a"), "redraw", terms
    )
    assert known[-1] == Known(
        Spot("tensorflow:2.9.3..2.10.1", "*", "recipes/*"),
        "unknown",
        Terms("another generator", "", date(2027, 6, 30)),
    )


@pytest.mark.parametrize("content", ["version: 1\n", "version: 1\naccepted: []\n"])
def test_a_baseline_may_be_empty(tmp_path: Path, content: str) -> None:
    assert read(tmp_path, content) == Baseline()


@pytest.mark.parametrize(
    ("old", "new", "line", "said", "hint"),
    [
        ("reason: not seeded", "resaon: not seeded", 5, "unknown key resaon", "reason"),
        ("    reason: not seeded\n", "", 3, "reason is missing", "add reason:"),
        ("reason: not seeded", 'reason: " "', 5, "the reason is empty", "write why"),
        ("https://example.org/1", "javascript:alert(1)", 6, "is not a link", "https://"),
        ('"2027-06-30"', '"in June"', 7, "is not a day", "2026-11-20"),
        ("redraw:", "redrawn:", 9, "unknown in breaks: redrawn", "did you mean redraw?"),
        ("[recipes/a, recipes/b]", "[]", 9, "redraw is empty", "at least one"),
        ("recipes/b]", "recipes/a]", 9, "listed twice", "keep one"),
        ("version: 1", "version: 2", 1, "unknown format", "version: 1"),
    ],
)
def test_a_mistake_is_shown_where_it_stands(
    tmp_path: Path, old: str, new: str, line: int, said: str, hint: str
) -> None:
    assert old in FULL
    with pytest.raises(MatrixError) as caught:
        read(tmp_path, FULL.replace(old, new, 1))
    problems = [each for each in caught.value.problems if said in each.message]
    assert [each.line for each in problems] == [line]
    assert hint in problems[0].hint
    assert problems[0].file.endswith("baseline.yaml")


@pytest.mark.parametrize("content", ["[]", "words", "- event: x"])
def test_a_baseline_that_is_no_mapping_is_refused(tmp_path: Path, content: str) -> None:
    with pytest.raises(MatrixError, match="a baseline must be a mapping"):
        read(tmp_path, content)


words = st.text(alphabet="ab[1*?: #'\"→\n\x85\\", min_size=1, max_size=6)
terms = st.builds(
    Terms,
    words.filter(str.strip),
    st.sampled_from(["", "https://example.org/a?b=c#d"]),
    st.none() | st.dates(date(2000, 1, 1)),
)
known = st.builds(
    Known,
    st.builds(Spot, words, words, words),
    st.sampled_from(["rounding", "redraw", "unknown"]),
    terms,
)


@given(st.lists(known, max_size=8))
def test_what_is_written_reads_back_and_writes_the_same(
    tmp_path_factory: pytest.TempPathFactory, several: list[Known]
) -> None:
    path = tmp_path_factory.mktemp("baseline") / "baseline.yaml"
    write(Baseline(tuple(several)), path)
    once = load(path)
    # A pattern for every cell says all that a cell beside it would.
    everywhere = {each for each in several if each.spot.cell == "*"}
    assert {each for each in once.known if each.spot.cell == "*"} == everywhere
    assert set(once.known) <= set(several)
    assert text(once) == path.read_text(encoding="utf-8")
    assert text(Baseline(tuple(reversed(several)))) == text(once)


def test_the_file_is_short_sorted_and_in_blocks() -> None:
    cells = [f"tf{version}.default.cpu" for version in ("2_10_1", "2_9_3")]
    again = Terms("why", "", date(2027, 1, 1))
    baseline = Baseline(
        tuple(
            Known(Spot(event, cell, scenario), "redraw", again)
            for event in ("tensorflow:2.10.1..2.11.1", "tensorflow:2.9.3..2.10.1")
            for cell in cells
            for scenario in ("s/b", "s/a")
        )
    )
    body = text(baseline).partition("accepted:\n")[2]
    assert body == (
        """\
  - event: tensorflow:2.9.3..2.10.1
    cells:
      - tf2_9_3.default.cpu
      - tf2_10_1.default.cpu
    reason: why
    expires: '2027-01-01'
    breaks:
      redraw:
        - s/a
        - s/b
  - event: tensorflow:2.10.1..2.11.1
    cells:
      - tf2_9_3.default.cpu
      - tf2_10_1.default.cpu
    reason: why
    expires: '2027-01-01'
    breaks:
      redraw:
        - s/a
        - s/b
"""
    )


def test_one_more_scenario_is_one_more_line() -> None:
    spots = [Spot("process", "env.default.cpu", f"s/{name}") for name in "acb"]
    before, after = (
        text(Baseline(tuple(Known(spot, "redraw", Terms("why")) for spot in chosen))).splitlines()
        for chosen in (spots[:2], spots)
    )
    assert [line for line in after if line not in before] == ["        - s/b"]
    assert [line for line in after if "s/b" not in line] == before


def test_the_file_is_plain_yaml_without_aliases() -> None:
    baseline = Baseline(
        tuple(
            Known(
                Spot(event, "env.default.cpu", "s/a"), "redraw", Terms("why", "", date(2027, 1, 1))
            )
            for event in ("a", "b")
        )
    )
    assert "&" not in text(baseline)
    assert yaml.safe_load(text(baseline))["version"] == 1
