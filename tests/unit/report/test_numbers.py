"""Every number on the page equals the CSV files beside it.

The page is read as HTML and the files as CSV: what the page must say is worked out from the files
alone (`told`), and a number that nothing was worked out for fails (`numbers`).
"""

from __future__ import annotations

import math
import re
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

import pytest

from harness.report import write_report
from tests.unit.report.audits import ABSENT, AUDITS, CALL, FILE, SETTING
from tests.unit.report.files import Files, Row
from tests.unit.report.numbers import Names, Page
from tests.unit.report.reading import Element, read
from tests.unit.report.told import held

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.unit.report.numbers import Said

    Held = Callable[[str], tuple[Page, Files]]

KINDS = (
    *("header", "verdict", "list", "notes", "tiles", "pictures", "scenarios", "unchanged"),
    *("causes", "confounders", "example", "launches behind", "still", "advice", "recipes"),
    *("launches", "claims", "published", "settings", "matrix", "history", "strip", "cells"),
    *("machines", "troubles", "files"),
)
# Which break to change: one that is an event's example.
SHOWN: Row = {}
# A result that is the same as in the cell beside it.
SAME = {"scenario": CALL, "environment": "tf2_15_1", "machine": "0123456789ab"}
COUNTED = (
    *("cells", "scenarios", "holding", "breaks", "new_breaks", "gone_breaks"),
    *("compared", "changed"),
)


@pytest.fixture(scope="module")
def page_of(tmp_path_factory: pytest.TempPathFactory) -> Held:
    """The page of an audit beside its files; every number of it looked at."""

    @cache
    def written(audit: str) -> tuple[Page, Files]:
        folder = tmp_path_factory.mktemp("numbers")
        path = write_report(AUDITS[audit](folder / "records"), folder / "report")
        files = Files.read(folder / "report" / "csv")
        names = Names(files, folder / "report")
        return held(read(path.read_text(encoding="utf-8")), files, names), files

    return written


@pytest.mark.parametrize("audit", AUDITS)
def test_every_number_on_the_page_follows_from_the_files(page_of: Held, audit: str) -> None:
    page, _ = page_of(audit)
    assert page.differences == []
    assert page.unaccounted() == []


def test_every_kind_of_number_is_in_one_of_the_audits(page_of: Held) -> None:
    kinds = {each.kind for audit in AUDITS for each in page_of(audit)[0].said if each.page}
    assert kinds == {*KINDS, "events"}


@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_a_false_number_on_the_page_is_noticed(page_of: Held, kind: str, last: bool) -> None:
    for audit in ("recorded", "by hand", "generated"):
        page, files = page_of(audit)
        inside = {id(each) for each in page.document.all()}
        said = [each for each in page.said if each.kind == kind and id(each.element) in inside]
        if told := [each for each in said if each.page]:
            break
    with _falsified(told[-1 if last else 0], page.names):
        again = held(page.document, files, page.names)
    assert any(each.startswith(f"{kind},") for each in again.differences)


@contextmanager
def _falsified(said: Said, names: Names) -> Iterator[None]:
    """One number of what was said is another while this is open."""
    put = next(_places(said, names))
    back = put(None)
    try:
        yield
    finally:
        put(back)


def _places(said: Said, names: Names) -> Iterator[Callable[[str | None], str]]:
    """Where a number is said, the likeliest place first: what puts another text there."""
    if said.attribute:
        yield _attribute(said.element, said.attribute, names)
        return
    if said.element.tag == "data":
        yield _attribute(said.element, "value", names)
    texts = [
        (names.whole(element), not names.numbers(each), element, index)
        for element in (said.element, *said.element.all())
        for index, each in enumerate(element.inside)
        if isinstance(each, str) and each.strip()
    ]
    for _, _, element, index in sorted(texts, key=lambda at: at[:2]):
        yield _text(element, index, names)


def _attribute(element: Element, name: str, names: Names) -> Callable[[str | None], str]:
    def put(text: str | None) -> str:
        before = element.attributes[name]
        element.attributes[name] = _other(before, names) if text is None else text
        return before

    return put


def _text(element: Element, index: int, names: Names) -> Callable[[str | None], str]:
    def put(text: str | None) -> str:
        before = str(element.inside[index])
        element.inside[index] = _other(before, names) if text is None else text
        return before

    return put


def _other(text: str, names: Names) -> str:
    """The text with its first number one higher; where it has none, another text."""
    for number in names.numbers(text):
        higher = f"{int(number.replace(',', '').partition('.')[0]) + 1:,}"
        return re.sub(rf"(?<![\w.-]){re.escape(number)}(?![\w.])", higher, text, count=1)
    return f"{text}0"


def _one_more(field: str) -> str:
    return str(int(field) + 1)


def _least_more(field: str) -> str:
    return repr(math.nextafter(float(field), math.inf))


def _not(field: str) -> str:
    return {"true": "false", "false": "true"}[field]


def _without_one(field: str) -> str:
    return "; ".join(field.split("; ")[1:])


@pytest.mark.parametrize(
    ("table", "meant", "column", "change", "kind"),
    [
        ("verdicts", {"scenario": FILE}, "verdict", lambda _: "breaks", "list"),
        ("variants", SAME, "variant", lambda _: "Z", "tiles"),
        ("variants", {"reproducible": "true"}, "reproducible", _not, "tiles"),
        ("variants", {"reproducible": "false"}, "reproducible", _not, "launches"),
        ("variants", {"launches": "2"}, "launches", _one_more, "advice"),
        ("observations", {"status": "error"}, "message", lambda _: "other", "troubles"),
        ("relations", {"holds": "true"}, "holds", _not, "claims"),
        ("relations", {"expected": "true"}, "expected", _not, "claims"),
        ("breaks", SHOWN, "arrays", _one_more, "example"),
        ("breaks", SHOWN, "max_ulp", _one_more, "example"),
        ("breaks", SHOWN, "max_abs", _least_more, "example"),
        ("breaks", SHOWN, "first_index", lambda field: f"{field}0", "example"),
        ("breaks", SHOWN, "launches", lambda _: "1", "launches behind"),
        ("breaks", SHOWN, "scenario", lambda _: ABSENT, "scenarios"),
        ("breaks", SHOWN, "confounders", lambda field: f"{field}; a 1 → 2", "confounders"),
        ("breaks", {"violation": "false"}, "violation", _not, "scenarios"),
        ("events", {}, "unchanged", _without_one, "unchanged"),
        ("events", {}, "known", lambda field: f"{field}; another cause", "causes"),
        ("recipes", {}, "compared", _one_more, "recipes"),
        ("recipes", {}, "differing", _one_more, "recipes"),
        ("recipes", {"verdict": "holds"}, "verdict", lambda _: "breaks", "recipes"),
        ("claims", {"verdict": "refuted"}, "verdict", lambda _: "confirmed", "published"),
        ("settings", {}, "compared", _one_more, "settings"),
        ("settings", {}, "differing", _one_more, "settings"),
        ("cells", {"status": "ok"}, "trials", _one_more, "cells"),
        ("cells", {"status": "ok"}, "seconds", _least_more, "cells"),
        ("cells", {"status": "ok"}, "keras", lambda field: f"{field}1", "cells"),
        ("machines", {"name": "lab-2"}, "cells", _one_more, "machines"),
        ("machines", {"name": "lab-2"}, "isa", lambda _: "zen9", "machines"),
        ("steps", {"level": "machine"}, "changed", _one_more, "machines"),
        ("history", {"state": "changed"}, "changed", _one_more, "strip"),
        ("history", {"scenario": SETTING, "state": "same"}, "compared", _one_more, "strip"),
        *(("runs", {}, column, _one_more, "history") for column in COUNTED),
        ("runs", {}, "started", lambda field: field.replace("-11-", "-12-"), "history"),
    ],
)
def test_a_false_field_of_a_file_is_noticed(
    page_of: Held,
    table: str,
    meant: Row,
    column: str,
    change: Callable[[str], str],
    kind: str,
) -> None:
    page, files = page_of("recorded")
    shown = {each.text.split()[-1] for each in page.document.all("code", class_="copy")}
    row = next(
        row
        for row in files[table]
        if row[column] and (row["id"] in shown if meant is SHOWN else meant.items() <= row.items())
    )
    changed = {**row, column: change(row[column])}
    other = [changed if each is row else each for each in files[table]]
    again = held(page.document, Files({**files.tables, table: other}), page.names)
    assert any(each.startswith(f"{kind},") for each in again.differences)


@pytest.mark.parametrize("audit", AUDITS)
def test_a_row_that_is_left_out_of_a_file_is_noticed(page_of: Held, audit: str) -> None:
    page, files = page_of(audit)
    less = Files({**files.tables, "fingerprints": files["fingerprints"][1:]})
    again = held(page.document, less, page.names)
    assert [each.split(":")[0] for each in again.differences] == ["files, fingerprints.csv"]


@pytest.mark.parametrize(
    "added",
    [
        Element("p", {}, ["There are 12 more."]),
        Element("p", {"title": "12 in all"}, ["There are more."]),
        Element("p", {}, ["About ", Element("data", {"value": "0.5"}, ["0.5"]), "."]),
        Element("p", {}, [Element("bdi", {}, ["12 of 13"])]),
        Element("p", {}, [Element("code", {}, ["12 cells"])]),
    ],
)
@pytest.mark.parametrize("section", ["breaks", "cells"])
def test_a_number_that_is_not_held_against_a_file_is_noticed(
    page_of: Held, section: str, added: Element
) -> None:
    page, _ = page_of("recorded")
    inside = page.document.one("section", id=section).inside
    inside.append(added)
    found = page.unaccounted()
    inside.remove(added)
    assert found
    assert page.unaccounted() == []
