"""The second half of the page, beside what follows from the files: recipes to files."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from harness.report.words import LEVELS, STATUSES
from tests.unit.report.files import Cell, Files, cell, items
from tests.unit.report.reading import Element, fields

if TYPE_CHECKING:
    from tests.unit.report.files import Row
    from tests.unit.report.numbers import Page

_FACTS = ("cpu", "isa", "arch", "cores", "os", "libc", "gpu", "gpu_driver")
_VERSIONS = ("python", "tensorflow", "keras", "backend", "numpy")


def recipes(page: Page, files: Files) -> None:
    """The table of recipes: its words, how many pairs agree, and where the rest differ."""
    section = page.document.one("section", id="recipes")
    heads = {words: level for level, (_, words) in LEVELS.items()}
    levels = [heads[head.text] for head in section.all("th", scope="col")[1:]]
    known = {(row["recipe"], row["level"]): row for row in files["recipes"]}
    rows = section.all("tr", data_row="recipe")
    names = {row["recipe"] for row in files["recipes"]}
    page.hold("recipes", "how many", Element("tr"), [len(rows)], [len(names)])
    for row in rows:
        name, *rest = fields(row)
        for level, field in zip(levels, rest, strict=True):
            found = known[name.all("code")[0].text, level]
            where = f"{found['recipe']} {level}"
            compared, differing = int(found["compared"]), int(found["differing"])
            ratio = [compared - differing, compared] if compared else []
            page.say("recipes", where, field, *ratio)
            pairs = [differing, compared] if compared else []
            page.say("recipes", f"{where} (title)", field, *pairs, attribute="title")
            word = field.one("span").text.replace("–", "untested")
            page.hold("recipes", f"{where} (word)", Element("span"), [word], [found["verdict"]])


def launches(page: Page, files: Files) -> None:
    """The scenarios whose launches differ somewhere: in how many cells they do, and do not."""
    rows = page.document.all("tr", data_row="launches")
    names = [name for name in files.judged if not all(files.agree.get(name, {}).values())]
    told = [row.all("code")[0].text for row in rows]
    page.hold("launches", "which", Element("table"), told, names)
    for name, row in zip(told, rows, strict=True):
        found = files.agree[name]
        for value, field in zip((True, False), fields(row)[1:3], strict=True):
            some = {each for each, agrees in found.items() if agrees is value}
            page.span("launches", f"{name} {value}", field, some, found)


def claims(page: Page, files: Files) -> None:
    """Claims about scenarios, and published ones."""
    listed = Counter[tuple[str, ...]]()
    confirmed = 0
    for row in page.document.all("tr", data_row="claim"):
        names, said, outcome, holds, fails = fields(row)
        relation, source = said.one("code").text, said.one("small").text[len("says ") :]
        expected = "false" if re.search(r"does not hold\s*says", said.text) else "true"
        scenarios = [each.text for each in (names.all("bdi"))]
        for summary in names.all("summary"):
            page.say("claims", f"{relation} of several", summary, len(scenarios))
        for name in scenarios:
            key = (name, relation, expected, source)
            cells = files.claims[key]
            held = {each for each, values in cells.items() if True in values}
            failed = {each for each, values in cells.items() if False in values}
            against = failed if expected == "true" else held
            badge = "confirmed" if not against else "refuted in part"
            badge = "refuted" if against and against == {*cells} else badge
            page.hold("claims", str(key), outcome, [outcome.text], [badge])
            page.span("claims", f"{key} holds", holds, held, cells)
            page.span("claims", f"{key} fails", fails, failed, cells)
            listed[key] += 1
            confirmed += badge == "confirmed"
    every = sorted(map(str, files.claims))
    page.hold("claims", "which", Element("table"), sorted(map(str, listed.elements())), every)
    for fold in page.document.one("section", id="claims").all("details", class_="fold"):
        page.say("claims", "confirmed", fold.all("summary")[0], confirmed)
    tested = {row["text"]: row for row in files["claims"] if row["verdict"] != "untested"}
    rows = page.document.all("tr", data_row="published")
    page.hold("published", "how many", Element("table"), [len(rows)], [len(tested)])
    for row in rows:
        text, *rest = fields(row)
        found = tested[text.all("bdi")[0].text]
        wanted = [found[name] or "–" for name in ("verdict", "confirmed_in", "refuted_in")]
        for field, want in zip(rest, wanted, strict=True):
            page.hold("published", found["claim"], field, [field.text], [want])


def settings(page: Page, files: Files) -> None:
    """What each setting came to, over all the stacks where it came to the same."""
    rows = page.document.all("tr", data_row="setting")
    grouped: dict[tuple[str, str, str], list[Row]] = {}
    for found in files["settings"]:
        grouped.setdefault((found["setting"], found["effect"], found["changed"]), []).append(found)
    told = []
    for row in rows:
        name, effect, number, where, changed = fields(row)
        key = (name.text, effect.text, "; ".join(each.text for each in changed.all("bdi")))
        told.append(key)
        group = grouped[key]
        compared, differing = (
            sum(int(each[column] or 0) for each in group) for column in ("compared", "differing")
        )
        page.say("settings", str(key), number, *([differing, compared] if compared else []))
        among = {cell(each) for each in files["settings"] if each["setting"] == name.text}
        page.span("settings", f"{key} on", where, {cell(each) for each in group}, among)
        for summary in changed.all("summary"):
            page.say("settings", f"{key} facts", summary, len(items(key[2])))
    page.hold(
        "settings", "which", Element("table"), sorted(map(str, told)), sorted(map(str, grouped))
    )


def bands(page: Page, files: Files) -> None:
    """How many scenarios each part of the matrix has."""
    section = page.document.one("section", id="matrix")
    differ = [name for name in files.scenarios if name not in {*files.judged, *files.controls}]
    wanted = {
        "Break": files.standing_as("breaks"),
        "Hold at every level tested": files.standing_as("holds"),
        "Not compared": files.standing_as("untested"),
        "Meant to differ between launches": differ,
        "Negative controls": files.controls,
    }
    found = section.all("tr", class_="band")
    titles = [re.sub(r" [\d,]+$", "", each.text) for each in found]
    page.hold(
        "matrix", "parts", Element("table"), titles, [t for t, each in wanted.items() if each]
    )
    for title, band in zip(titles, found, strict=True):
        page.say("matrix", title, band, len(wanted[title]))


def machines(page: Page, files: Files) -> None:
    """What each machine is, how many cells it measured, and what it gave beside others."""
    alike: dict[tuple[str, ...], list[Row]] = {}
    for row in files["machines"]:
        alike.setdefault(tuple(row[each] for each in ("name", *_FACTS, "apart")), []).append(row)
    told_before: set[str] = set()
    rows = page.document.all("tr", data_row="machine")
    for shown, (found, *others) in zip(rows, alike.values(), strict=True):
        name, processor, *_, measured = fields(shown)[:5]
        where = found["name"]
        ids = [each["machine"] for each in (found, *others)]
        told = [name.all("code")[0].text, *name.attributes["title"].split(", ")]
        short = where if where != found["machine"] else where[:8]
        page.hold("machines", f"{where} name", name, told, [short, *ids])
        page.say("machines", f"{where} alike", name, *([len(ids)] if others else []))
        cells = sum(int(each["cells"]) for each in (found, *others))
        page.say("machines", f"{where} cells", measured, cells)
        texts = [found[column] for column in ("cpu", "isa", "cores") if found[column]]
        held = [each for each in texts if each in processor.text]
        page.hold("machines", f"{where} processor", processor, held, texts)
        if len(files["machines"]) > 1:
            steps = [
                each
                for each in files["steps"]
                if each["level"] == "machine" and each["to"] == where and where not in told_before
            ]
            beside = fields(shown)[5].all("div")
            page.hold("machines", f"{where} steps", Element("td"), [len(beside)], [len(steps)])
            for each, div in zip(steps, beside, strict=False):
                changed, compared = int(each["changed"]), int(each["compared"])
                counts = [changed, compared] if changed else [compared]
                page.say("machines", f"{where} beside {each['from']}", div, *counts)
        told_before.add(where)


def cells(page: Page, files: Files) -> None:
    """Every cell with its versions, launches and seconds."""
    wanted = sorted(files["cells"], key=lambda row: row["status"] == "ok" and not row["message"])
    rows = page.document.all("tr", data_row="cell")
    for row, found in zip(rows, wanted, strict=True):
        name, setting, device, _, *rest = fields(row)
        where = " ".join(cell(found))
        told = [name.one("code").text, setting.text, device.text]
        page.hold("cells", where, Element("tr"), told, cell(found)[:3])
        if found["status"] == "ok":
            *versions, launched, seconds = rest
            for field, column in zip(versions, _VERSIONS, strict=True):
                page.hold("cells", f"{where} {column}", field, [field.text], [found[column]])
            page.say("cells", f"{where} launches", launched, int(found["trials"]))
            page.rounded("cells", f"{where} seconds", seconds, found["seconds"])


def troubles(page: Page, files: Files) -> None:
    """Which scenarios did not end well, and in how many cells."""
    measured = {cell(row) for row in files.measured}
    ended: dict[tuple[str, str, str], set[Cell]] = {}
    for found in files["observations"]:
        if found["status"] != "ok":
            message = " ".join(found["message"].split())
            key = (found["scenario"], STATUSES[found["status"]], message)
            ended.setdefault(key, set()).add(cell(found))
    told = []
    for row in page.document.all("tr", data_row="trouble"):
        names, status, where, why = fields(row)
        scenarios = [each.text for each in names.all("bdi")]
        for summary in names.all("summary"):
            page.say("troubles", "several", summary, len(scenarios))
        for name in scenarios:
            key = (name, status.text, why.text)
            told.append(key)
            page.span("troubles", name, where, ended[key], measured | ended[key])
    page.hold("troubles", "which", Element("table"), sorted(told), sorted(ended))


def downloads(page: Page, files: Files) -> None:
    """How many rows each file has."""
    rows = page.document.all("tr", data_row="file")
    told = sorted(row.one("a").text for row in rows)
    page.hold(
        "files", "which", Element("table"), told, sorted(f"{name}.csv" for name in files.tables)
    )
    for row in rows:
        name, number, _ = fields(row)
        page.say("files", name.text, number, len(files[name.text.removesuffix(".csv")]))
