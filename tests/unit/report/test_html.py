from __future__ import annotations

import csv
import dataclasses
import hashlib
import re
from base64 import b64decode
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pandas as pd
import pytest
from jinja2 import UndefinedError

from harness.report import write_report
from harness.report.html import _environment, render
from harness.report.view import build
from harness.tables import TABLES
from tests.unit.report import sample
from tests.unit.report.reading import Element, read
from tests.unit.report.sample import HOSTILE, Entry, hostile

if TYPE_CHECKING:
    from pathlib import Path

    from harness.analysis import Results


def page(results: Results | None = None) -> Element:
    return read(render(build(results or sample.results())))


def cells(row: Element) -> list[str]:
    return [each.text for each in row.inside if isinstance(each, Element)]


def table(directory: Path, name: str) -> list[dict[str, str]]:
    with (directory / "csv" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_page_is_well_formed_and_says_the_verdict_first() -> None:
    document = page()
    assert document.one("html").attributes["lang"] == "en"
    verdict = build(sample.results()).verdict.sentence
    assert document.one("h1").text == verdict
    assert document.one("head").one("title").text == f"{verdict} · sameseed"
    headings = [each.tag for each in document.all() if re.fullmatch("h[1-6]", each.tag)]
    assert headings[0] == "h1"
    assert headings.count("h1") == 1
    assert len(document.all("meta", charset="utf-8")) == 1


def test_ids_are_unique_and_links_within_the_page_arrive() -> None:
    document = page()
    ids = [each.attributes["id"] for each in document.all() if "id" in each.attributes]
    assert len(ids) == len(set(ids))
    inner = [
        link.attributes["href"][1:] for link in document.all("a") if "#" in link.attributes["href"]
    ]
    assert set(inner) <= set(ids)
    labels = [each.attributes.get("aria-labelledby") for each in document.all()]
    assert set(filter(None, labels)) <= set(ids)


def test_links_to_files_arrive(tmp_path: Path) -> None:
    document = read(write_report(sample.results(), tmp_path).read_text(encoding="utf-8"))
    links = {link.attributes["href"] for link in document.all("a")}
    files = {link for link in links if link.startswith("csv/")}
    assert len(files) == len(TABLES)
    assert all((tmp_path / file).is_file() for file in files)


def test_the_page_loads_nothing() -> None:
    document = page()
    assert not {each.tag for each in document.all()} & {"img", "iframe", "object", "form"}
    data, script = document.all("script")
    assert data.attributes == {"type": "application/octet-stream", "id": "data"}
    assert not script.attributes
    for each in document.all():
        assert not [name for name in each.attributes if name.startswith("on") or name == "style"]
        for name in ("src", "srcset", "action", "data"):
            assert name not in each.attributes
    assert [link.attributes["href"][:5] for link in document.all("link")] == ["data:"]
    assert "url(" not in document.one("style").text
    assert "@import" not in document.one("style").text


def test_the_policy_allows_exactly_the_style_and_the_script_that_are_there() -> None:
    text = render(build(sample.results()))
    policy = read(text).one("meta", http_equiv="Content-Security-Policy").attributes["content"]
    assert policy.startswith("default-src 'none'; ")
    for what, tag in (("style", "style"), ("script", "script")):
        (digest,) = re.findall(rf"{what}-src 'sha256-([^']+)'", policy)
        (inside,) = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        assert b64decode(digest) == hashlib.sha256(inside.encode()).digest()


def test_the_layout_dir_has_neither_style_nor_script_inside(tmp_path: Path) -> None:
    path = write_report(sample.results(), tmp_path, layout="dir")
    document = read(path.read_text(encoding="utf-8"))
    assert not document.all("style")
    (data, script) = document.all("script")
    assert data.attributes["id"] == "data"
    assert not script.inside
    (sheet,) = document.all("link", rel="stylesheet")
    for name in (sheet.attributes["href"], script.attributes["src"]):
        assert (tmp_path / name).read_text(encoding="utf-8") in render(build(sample.results()))


def test_the_layout_single_leaves_no_files_of_the_other(tmp_path: Path) -> None:
    write_report(sample.results(), tmp_path, layout="dir")
    write_report(sample.results(), tmp_path)
    assert not (tmp_path / "report.css").exists()
    assert not (tmp_path / "report.js").exists()


def test_every_table_has_a_caption_and_every_head_a_scope() -> None:
    document = page()
    for each in document.all("table"):
        assert each.one("caption").text
        assert all(head.attributes.get("scope") for head in each.all("th"))


def test_the_same_results_give_the_same_bytes(tmp_path: Path) -> None:
    first = write_report(sample.results(), tmp_path / "first")
    second = write_report(sample.results(), tmp_path / "second")
    assert first == tmp_path / "first" / "index.html"
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize("void", [(), ("a control failed",)])
@pytest.mark.parametrize("suite", [None, {"s/a": Entry("AAAAA")}, {"s/a": Entry("-----")}])
def test_no_missing_value_is_spelled_out(
    suite: dict[str, Entry] | None, void: tuple[str, ...]
) -> None:
    text = page(sample.results(suite, void=void)).one("body").text
    assert not re.search(r"\b(nan|NaN|None|NaT|NA|null|undefined|True|False)\b", text)


def test_an_undefined_name_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        _environment().from_string("{{ view.verdict.nothing }}").render(
            view=build(sample.results())
        )


@pytest.mark.parametrize("value", [None, float("nan")])
def test_a_missing_value_in_the_template_is_an_error(value: float | None) -> None:
    with pytest.raises(ValueError, match="must not reach the page"):
        _environment().from_string("{{ value }}").render(value=value)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_comes_out_as_text(name: str) -> None:
    plain, document = page(), page(hostile(name))
    shown = " ".join(name.split())
    assert document.text.count(shown) >= 10
    assert {each.tag for each in document.all()} <= {each.tag for each in plain.all()} | {"details"}
    known = {attribute for each in plain.all() for attribute in each.attributes}
    assert {attribute for each in document.all() for attribute in each.attributes} <= known
    foreign = [each for each in document.all("bdi") if shown in each.text]
    assert len(foreign) >= 10


def test_control_characters_do_not_reach_the_page() -> None:
    text = render(build(hostile("esc \x1b[31m nul \0 c1 \x85")))
    assert not re.search("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]", text)
    assert "esc �[31m nul � c1 �" in text


@pytest.mark.parametrize(
    ("source", "linked"),
    [
        ("https://keras.io/api/", True),
        ("javascript:alert(1)", False),
        ("https://a.example/ onclick=alert(1)", False),
        ("data:text/html,x", False),
    ],
)
def test_only_web_addresses_are_linked(source: str, linked: bool) -> None:
    document = page(sample.results({"s/a": Entry("A≠≠≠≠", "same", source)}))
    targets = [link.attributes["href"] for link in document.all("a")]
    assert (source in targets) is linked
    schemes = {urlsplit(target).scheme for target in targets}
    assert schemes <= {"", "https"}
    assert source in document.text


def test_a_known_cause_is_named_and_linked() -> None:
    results = sample.results()
    url = "https://github.com/keras-team/keras/issues/18244"
    events = results.events.assign(known="seeds come from Python's random", url=url)
    row = page(dataclasses.replace(results, events=events)).all("tr", data_row="event")[0]
    assert row.one("a").attributes["href"] == url
    assert row.one("a").text == "seeds come from Python's random"


def test_events_on_the_page_are_those_of_the_csv(tmp_path: Path) -> None:
    document = read(write_report(sample.results(), tmp_path).read_text(encoding="utf-8"))
    exempt = {"recipes/none", "controls/unseeded"}
    rows = document.all("tr", data_row="event")
    events = table(tmp_path, "events")
    assert len(rows) == len(events)
    for row, event in zip(rows, events, strict=True):
        scenarios = [name for name in event["scenarios"].split("; ") if name not in exempt]
        listed = [
            name.text
            for each in row.all("ul")[0].all("span", **{"class": "run"})
            for name in each.all("bdi")
        ]
        assert sorted(listed) == sorted(scenarios)
        assert row.all("summary")[0].text == str(len(scenarios))
        assert f"{event['from']} → {event['to']}" in row.text
        also = row.all("td", data_label="Also moved")[0].all("ul")
        moved = [each.text for each in also[0].all("li")] if event["confounders"] else []
        assert "; ".join(moved) == event["confounders"]


def test_scenarios_that_an_event_hits_alike_are_told_once() -> None:
    results = sample.results(
        {"s/a": Entry("ABBBB"), "s/b": Entry("ABBBB", kind="rounding"), "s/c": Entry("ABBBB")}
    )
    (row,) = page(results).all("tr", data_row="event")
    alike = [
        [name.text for name in each.all("bdi")]
        for each in row.all("ul")[0].all("span", **{"class": "run"})
    ]
    assert alike == [["s/a", "s/c"], ["s/b"]]


def test_a_long_list_of_names_is_told_by_family_and_has_them_all() -> None:
    suite = {f"layers/l{index}": Entry("ABBBB") for index in range(20)}
    suite |= {f"models/m{index}": Entry("ABBBB") for index in range(10)}
    suite |= {f"models/h{index}": Entry("AAAAA") for index in range(3)}
    document = page(sample.results(suite))
    breaking, holding = (document.one("dd", data_list=each) for each in ("breaking", "holding"))
    assert breaking.one("summary").text == "layers 20, models 10"
    assert len(breaking.all("code")) == 30
    assert not holding.all("summary")
    assert [each.text for each in holding.all("code")] == ["models/h0", "models/h1", "models/h2"]


def test_equal_claims_share_a_row_with_all_their_scenarios() -> None:
    results = sample.results()
    relations = results.relations
    copies = [
        relations[relations["scenario"] == "texts/cloned_model"].assign(scenario=f"texts/c{index}")
        for index in range(3)
    ]
    changed = dataclasses.replace(results, relations=pd.concat([relations, *copies]))
    rows = [
        row for row in page(changed).all("tr", data_row="claim") if "original == clone" in row.text
    ]
    assert len(rows) == 1
    assert [each.text for each in rows[0].one("th").all("bdi")] == [
        "texts/cloned_model",
        "texts/c0",
        "texts/c1",
        "texts/c2",
    ]


def test_columns_that_differ_in_one_thing_have_a_common_head() -> None:
    document = page(_many_settings())
    table = document.one("table", **{"class": "matrix"})
    upper, lower = table.all("thead")[0].all("tr")
    assert [each.text for each in upper.all("th")] == ["settingTensorFlow 2.8.4", "TensorFlow"]
    heads = [each.text for each in lower.all("th", scope="col")][1:-1]
    assert heads == ["default", "s0", "s1", "s2", *sample.VERSIONS[1:]]
    widths = [
        int(each.attributes.get("colspan", "1")) for each in upper.all() if each.tag != "small"
    ]
    assert sum(widths) == len(heads) + 2


def _many_settings() -> Results:
    """The sample with three more settings, which did not run, on the first version."""
    results = sample.results()
    first = results.cells.iloc[[0]]
    more = [first.assign(setting=f"s{index}") for index in range(3)]
    return dataclasses.replace(
        results, cells=pd.concat([first, *more, results.cells.iloc[1:]], ignore_index=True)
    )


def test_numbers_of_an_example_are_those_of_the_csv(tmp_path: Path) -> None:
    document = read(write_report(sample.results(), tmp_path).read_text(encoding="utf-8"))
    breaks = table(tmp_path, "breaks")
    for row in document.all("tr", data_row="event"):
        example = row.all("td")[-1]
        name, number = example.all("code")[0].text, example.one("data")
        (found, *_) = [
            each
            for each in breaks
            if each["scenario"] == name and f"{each['from']} → {each['to']}" in row.text
        ]
        assert number.attributes["value"] == found["max_abs"]
        assert float(number.text) == pytest.approx(float(found["max_abs"]), rel=5e-3)
        assert f"up to {int(found['max_ulp']):,} ULP" in example.text
        assert f"{found['arrays']} arrays" in example.text
        assert found["first_index"] in example.text


def test_the_matrix_on_the_page_is_that_of_the_csv(tmp_path: Path) -> None:
    document = read(write_report(sample.results(), tmp_path).read_text(encoding="utf-8"))
    heads = [
        each.text for each in document.one("table", **{"class": "matrix"}).all("th", scope="col")
    ]
    found = {
        (cells(row)[0], sample.environment(version)): mark
        for row in document.all("tr", data_row="scenario")
        for version, mark in zip(heads[1:-1], cells(row)[1:-1], strict=True)
    }
    for row in table(tmp_path, "variants"):
        mark = found[row["scenario"], row["environment"]]
        if row["variant"]:
            assert mark == row["variant"]
        elif row["reproducible"] == "false":
            assert mark == "≠"
        else:
            assert mark in "!·"
    assert {mark for (_, where), mark in found.items() if "2_20_0" in where} == {"·"}
    assert len({name for name, _ in found}) == len(sample.SUITE)


def test_cells_and_files_on_the_page_are_those_of_the_csv(tmp_path: Path) -> None:
    document = read(write_report(sample.results(), tmp_path).read_text(encoding="utf-8"))
    rows = {cells(row)[0]: row for row in document.all("tr", data_row="cell")}
    for cell in table(tmp_path, "cells"):
        row = rows[cell["environment"]]
        if cell["status"] != "ok":
            assert cell["message"] in row.text
            continue
        assert cells(row)[4:-1] == [
            cell[name] for name in ("python", "tensorflow", "keras", "backend", "numpy", "trials")
        ]
        assert row.one("data").attributes["value"] == cell["seconds"]
    for row in document.all("tr", data_row="file"):
        name, count, _ = cells(row)
        assert int(count.replace(",", "")) == len(table(tmp_path, name.removesuffix(".csv")))


def test_what_was_left_out_is_listed() -> None:
    document = page(sample.results(ignored=("data/x/1.jsonl: not in the matrix any more",)))
    assert "1 record left out of this report" in document.text
    assert "data/x/1.jsonl: not in the matrix any more" in document.text


def test_a_void_audit_says_so_in_the_headline() -> None:
    document = page(sample.results(void=("controls/unseeded gave equal weights",)))
    assert document.one("h1").text.startswith("This audit cannot be trusted")
    assert "controls/unseeded gave equal weights" in document.one("ul", **{"class": "doubts"}).text


@cache
def _style() -> str:
    return page().one("style").text


def _palette(style: str) -> tuple[dict[str, str], dict[str, str]]:
    """The colours of the light and of the dark theme, by variable."""
    light, dark = (
        dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block))
        for block in re.findall(r":root \{(.*?)\}", style, re.DOTALL)
    )
    return light, {**light, **dark}


def _luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    parts = (int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5))
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("text", "ground"),
    [
        *((text, "page") for text in ("text", "quiet", "link", "breaks", "holds", "unknown")),
        *(
            (text, f"{tone}-panel")
            for tone in ("breaks", "holds", "unknown")
            for text in ("text", "quiet", tone)
        ),
        ("holds", "breaks-panel"),
        ("on-first", "first"),
        ("on-failed", "failed"),
        ("quiet", "hatch"),
        ("text", "panel"),
    ],
)
def test_text_stands_out_from_its_ground(text: str, ground: str, theme: int) -> None:
    palette = _palette(_style())[theme]
    assert _contrast(palette[text], palette[ground]) >= 4.5


def test_letters_stand_out_from_their_colours_and_patterns() -> None:
    grounds = re.findall(r"\.v[2-8] \{[^}]*?(#[0-9a-f]{6});", _style())
    assert len(grounds) == 7
    assert all(_contrast("#14171a", ground) >= 7 for ground in grounds)
