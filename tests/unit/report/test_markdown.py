from __future__ import annotations

import csv
import dataclasses
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt  # rich, which the host needs, brings it

from harness.analysis.advice import Advice
from harness.report import write_report
from harness.report.brief import shortened
from harness.report.markdown import markdown
from harness.report.marked import code, link, plain, prose, table
from harness.report.view import View, build
from harness.report.view.verdict import Tone
from harness.tables import TABLES
from tests.unit.report import sample
from tests.unit.report.sample import Entry

HOSTILE = (
    "<script>alert(1)</script>",
    "<!-- -->&lt;b&gt;",
    "a|b`c`` \\ \\| \"' | e",
    "two\nlines\r\n# title\n\n* item \x1b[2J\x07",
    "[text](https://example.org) ![image](x) *bold* __b__ ~~s~~ $x$",
    "🦜 שלום \u202e rtl",
    "`",
    "x" * 300,
)
# What a summary is made of; a name may add nothing to it.
TAGS = {"p", "strong", "ul", "li", "h3", "a", "code", "table", "thead", "tbody", "tr", "th", "td"}


class Page(HTMLParser):
    """The tags, links, text and table cells of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.rows: list[list[str]] = []
        self.text = ""
        self._in_cell = False
        self.feed(MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(text))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")
            self._in_cell = True

    def handle_endtag(self, tag: str) -> None:
        self._in_cell = self._in_cell and tag not in ("td", "th")

    def handle_data(self, data: str) -> None:
        self.text += data
        if self._in_cell:
            self.rows[-1][-1] += data


def summary(**changes: Any) -> str:
    return markdown(build(sample.results(**changes)))


def seen(text: str) -> str:
    """Text as a reader sees it: on one line, without what cannot be seen."""
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())


def hostile() -> View:
    """The sample's view with names, messages and causes that somebody meant badly."""
    suite = {f"s/{text}": Entry("A≠B!-", "same", text) for text in HOSTILE}
    view = build(sample.results(suite, void=HOSTILE, ignored=HOSTILE, moved=HOSTILE[:1]))
    return dataclasses.replace(
        view,
        profile=HOSTILE[0],
        events=tuple(
            dataclasses.replace(
                event,
                step=text,
                confounders=HOSTILE,
                doubts=HOSTILE,
                causes=((text, "javascript:alert(1)"), (text, "https://example.org/a)b|c d<e")),
            )
            for text in HOSTILE
            for event in view.events[:1]
        ),
        advice=tuple(Advice(text, text, text) for text in HOSTILE),
    )


def tone(view: View, name: Tone) -> View:
    return dataclasses.replace(view, verdict=dataclasses.replace(view.verdict, tone=name))


def test_the_answer_comes_first_with_its_sign() -> None:
    first = summary().splitlines()[0]
    assert first == (
        "❌ **5 of 18 scenarios hold at every level tested; 13 break, "
        "7 of them at TensorFlow 2.9.3 → 2.10.1.**"
    )


@pytest.mark.parametrize(
    ("outcomes", "void", "first"),
    [
        ("AAAAA", (), "✅ **1 scenario holds"),
        ("-----", (), "❓ **Nothing could be compared"),
        ("AAAAA", ("the control gave equal weights",), "❗ **This audit cannot be trusted"),
    ],
)
def test_each_verdict_has_a_sign_of_its_own(
    outcomes: str, void: tuple[str, ...], first: str
) -> None:
    text = summary(suite={"s/a": Entry(outcomes)}, void=void)
    assert text.startswith(first)
    assert all(f"* {reason}" in text for reason in void)


def test_what_breaks_stands_with_its_size_and_what_else_moved() -> None:
    rows = Page(summary()).rows
    assert rows[0] == ["step", "scenarios", "what differs", "also moved", "documented cause"]
    assert ["Between two launches: launch 1 → 2", "5"] in [row[:2] for row in rows]
    assert [
        "TensorFlow 2.9.3 → 2.10.1",
        "7",
        "another random stream (redraw)",
        "keras 2.9.3 → 2.10.1, h5py 3.8.0 → 3.11.0, protobuf 3.19.6 → 4.25.3 and 2 more",
        "",
    ] in rows


def test_a_documented_cause_is_a_link() -> None:
    view = build(sample.results())
    known = ("NumPy | changed", "https://example.org/1")
    events = tuple(dataclasses.replace(each, causes=(known,)) for each in view.events)
    page = Page(markdown(dataclasses.replace(view, events=events)))
    assert page.links == [known[1]] * len(events)
    assert all(row[4] == known[0] for row in page.rows[1 : len(events) + 1])


def test_the_numbers_are_those_of_the_tables_beside_it(tmp_path: Path) -> None:
    write_report(sample.results(), tmp_path)
    page = Page((tmp_path / "summary.md").read_text(encoding="utf-8"))
    with (tmp_path / "csv" / "breaks.csv").open(encoding="utf-8", newline="") as file:
        breaks = list(csv.DictReader(file))
    meant = {"recipes/none", "controls/unseeded"}  # meant to differ, so that they are no finding
    hit = {
        row["to"]: {
            each["scenario"] for each in breaks if (each["axis"], each["to"]) == (axis, row["to"])
        }
        - meant
        for axis in ("tensorflow", "trial")
        for row in breaks
        if row["axis"] == axis
    }
    shown = {row[0].rpartition("→ ")[2]: int(row[1]) for row in page.rows if "→" in row[0]}
    assert shown == {to: len(names) for to, names in hit.items() if names}
    rows = 0
    for name in TABLES:
        with (tmp_path / "csv" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            rows += sum(1 for _ in csv.DictReader(file))
    assert f"({len(TABLES)} files, {rows:,} rows)" in page.text


def test_what_was_not_measured_is_told_with_its_reason() -> None:
    rows = Page(summary(ignored=("a", "b"))).rows
    assert [
        "tf2_8_4_py3_10.default.cpu",
        "could not be installed",
        "numpy 1.26.4: TypeError: Descriptors cannot be created directly",
    ] in rows
    assert "2 records left out; the report says why." in summary(ignored=("a", "b"))


def test_the_same_advice_is_given_once_with_all_its_places() -> None:
    view = build(sample.results())
    advice = tuple(Advice(place, "Call `seed(1)`: same. More.", "") for place in ("TF 1", "TF 2"))
    across = Advice("Across releases", "To keep weights across releases, use a file.", "")
    text = markdown(dataclasses.replace(view, advice=(*advice, across)))
    assert "* Call `seed(1)`: TF 1; TF 2.\n* To keep weights across releases, use a file.\n" in text
    untested = Advice("Elsewhere", "Untested: nothing was compared.", "")
    assert "What to do" not in markdown(dataclasses.replace(view, advice=(untested,)))


def test_an_audit_that_cannot_be_trusted_gives_no_advice() -> None:
    view = dataclasses.replace(build(sample.results()), advice=(Advice("TF 1", "Do it.", ""),))
    assert "Do it" in markdown(view)
    assert "Do it" not in markdown(tone(view, "void"))


@pytest.mark.parametrize("suite", [{}, {"s/a": Entry("-----")}])
def test_an_audit_without_results_claims_nothing(suite: dict[str, Entry]) -> None:
    text = summary(suite=suite)
    assert "❓ **Nothing could be compared" in text
    assert "Where it breaks" not in text
    assert "No break" not in text


def test_an_audit_without_a_break_says_so() -> None:
    assert "No break was found in what was compared." in summary(suite={"s/a": Entry("AAAAA")})


def test_it_has_at_most_a_hundred_lines_however_large_the_audit() -> None:
    suite = {
        f"s/{index}": Entry("A≠B!-"[index % 5 :] + "A≠B!-"[: index % 5]) for index in range(300)
    }
    many = tuple(f"reason {index} {'long ' * 300}" for index in range(300))
    view = build(sample.results(suite, void=many, ignored=many))
    view = dataclasses.replace(
        view,
        events=view.events * 100,
        still=view.still * 100,
        troubles=view.troubles * 100,
        tiles=view.tiles * 100,
        advice=tuple(Advice(each, each, each) for each in many),
    )
    text = markdown(tone(view, "breaks"))
    assert len(text.splitlines()) <= 100
    assert len(text.encode()) < 60_000  # a comment on GitHub holds 65,536 characters
    assert f"and {len(view.events) - 10:,} more" in text
    assert "and 290 more" in text


def test_the_weightiest_events_are_the_ones_that_stay() -> None:
    suite = {f"s/{index}": Entry("AAAAB") for index in range(3)}
    view = build(sample.results({**suite, "t/a": Entry("A≠≠≠≠"), "t/b": Entry("AABBB")}))
    assert [len(each.hits) for each in view.events] == [1, 3, 1]
    assert view.events[0].level == "process"


# --- Hostile text --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["void", "breaks"])
def test_a_hostile_name_adds_nothing_to_the_page(name: Tone) -> None:
    text = markdown(tone(hostile(), name))
    page = Page(text)
    assert set(page.tags) <= TAGS
    assert set(page.links) == {"https://example.org/a%29b%7Cc%20d%3Ce"}
    assert {len(row) for row in page.rows} == {5, 3}
    assert not any(sign in text for sign in "\x1b\x07\u202e\r")
    assert "<script>alert(1)</script>" in page.text


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("write", [plain, code])
def test_hostile_text_is_shown_as_it_is(text: str, write: Any) -> None:
    page = Page("\n".join(table(("a", "b"), [(write(text), "end")])))
    assert [" ".join(cell.split()) for cell in page.rows[1]] == [seen(text), "end"]


@given(st.text(max_size=30))
def test_any_text_is_shown_as_it_is(text: str) -> None:
    for write in (plain, code):
        page = Page("\n".join(table(("a", "b"), [(f".{write(text)}.", "end")])))
        expected = f".{seen(text)}."
        assert ["".join(cell.split()) for cell in page.rows[1]] == [
            "".join(expected.split()),
            "end",
        ]


def test_a_link_leads_to_web_addresses_alone() -> None:
    assert link("a", "https://example.org") == "[a](https://example.org)"
    assert link("a", "javascript:alert(1)") == "a"
    assert link("a", "data:text/html,x") == "a"


def test_prose_keeps_its_code() -> None:
    assert prose("Call `a_b(c)` and *not* x_y") == "Call `a_b(c)` and \\*not\\* x\\_y"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("short", "short"),
        ("two\n words", "two words"),
        ("one two three", "one two …"),
        ("x" * 20, "x" * 8 + " …"),
        ("a " + "x" * 20, "a xxxxxx …"),
    ],
)
def test_a_long_message_keeps_its_beginning(text: str, expected: str) -> None:
    assert shortened(text, 10) == expected
    assert len(expected) <= 10


def test_no_backslash_is_left_over() -> None:
    assert not re.search(r"\\", Page(summary()).text)
