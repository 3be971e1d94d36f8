"""The first half of the page, beside what follows from the files: verdict, tiles, breaks."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from tests.unit.report.compared import compared, pictured
from tests.unit.report.files import FAILED, WITHIN, Cell, Files, cell, items, step
from tests.unit.report.reading import Element, fields

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.unit.report.files import Row
    from tests.unit.report.numbers import Page

_NAMED, _IN_SENTENCE, _CONFOUNDERS = 24, 4, 3  # more than these are counted


def top(page: Page, files: Files) -> None:
    """The header, the verdict, its lists and notes."""
    launches = max(int(row["trials"]) for row in files["cells"])
    machines = {row["machine"] for row in files["machines"]}
    header = page.document.one("header").one("p")
    page.say("header", "header", header, launches, *[len(machines)] * bool(machines))
    method = page.document.one("section", id="method").all("p")[0]
    page.say("header", "method", method, launches)
    verdict = page.document.one("h1")
    page.say("verdict", "sentence", verdict, *_sentence(files))
    page.say("verdict", "title", page.document.one("head").one("title"), *_sentence(files))
    for verb, list_ in (("breaks", "breaking"), ("holds", "holding")):
        names = files.standing_as(verb)
        for dd in page.document.all("dd", data_list=list_) or [Element("dd")]:
            told = [each.text for each in dd.all("code")]
            page.hold("list", list_, Element("dd"), told, names)
            for summary in dd.all("summary"):
                families = Counter(name.split("/")[0] for name in names).most_common()
                page.say("list", f"{list_} families", summary, *(each[1] for each in families))
            folded = len(dd.all("summary"))
            page.hold("list", "folded", Element("dd"), [folded], [int(len(names) > _NAMED)])
    page.say("notes", "notes", page.document.one("p", class_="notes"), *_notes(files, page))


def _sentence(files: Files) -> list[int]:
    breaking, holding, untested = map(files.standing_as, ("breaks", "holds", "untested"))
    unclear = [len(untested)] if untested else []
    if not breaking:
        return [len(holding), *unclear] if holding else [len(untested)]
    share = max(len({row["scenario"] for row in rows}) for rows in files.breaks.values())
    most = [share] if share < len(breaking) and len(breaking) > 1 else []
    return [len(holding), len(files.judged), len(breaking), *most, *unclear]


def _notes(files: Files, page: Page) -> list[int]:
    void = bool(page.document.all("ul", class_="doubts"))
    tested = {row["scenario"] for row in files["relations"] if row["expected"]}
    sure = files.controls and not void and tested.issuperset(files.controls)
    gaps = [
        row
        for row in files["cells"]
        if row["status"] != "excluded" and (row["status"] != "ok" or row["message"])
    ]
    failed = {row["scenario"] for row in files["observations"] if row["status"] in FAILED}
    more = len(failed.intersection(files.standing_as("holds"))) - _IN_SENTENCE
    promises = {
        row["scenario"]
        for rows in files.breaks.values()
        for row in rows
        if row["violation"] == "true"
    }
    return [
        *([len(files.controls)] if sure else []),
        *([len(gaps), len(files["cells"])] if gaps else []),
        *([more] if more > 0 else []),
        *([len(promises)] if len(promises) > 1 else []),
    ]


def tiles(page: Page, files: Files) -> None:
    """Each number of the first screen, and those in what it counts."""
    agree = [value for name in files.judged for value in files.agree.get(name, {}).values()]
    refuted = sum(
        any((expected == "false") in held for held in cells.values())
        for (_, _, expected, _), cells in files.claims.items()
    )
    groups = {_marks(files, cell(row)) for row in files.measured}
    others = Counter(row["status"] for row in files["cells"] if row["status"] != "ok")
    measured = len(files.measured)
    numbers: list[tuple[list[int], list[int]]] = [
        ([len(files.standing_as("holds")), len(files.judged)], []),
        ([measured, len(groups)], []),
        ([measured, len(files["cells"])], [*others.values()]),
        ([agree.count(False), len(agree)], []),
        ([refuted, len(files.claims)], []),
    ]
    if files["runs"]:
        numbers.append(_since(files))
    found = page.document.one("dl", class_="tiles").all("div")
    page.hold("tiles", "how many", Element("dl"), [len(found)], [len(numbers)])
    for tile, (value, meaning) in zip(found, numbers, strict=True):
        dt, dd = tile.one("dt"), tile.one("dd")
        # A tile is never a step, though `5 → 4` looks like one.
        page.hold("tiles", dt.text, dd, re.findall(r"\d[\d,]*", dd.text), value)
        page.say("tiles", f"{dt.text} (meaning)", dt, *meaning)


def _since(files: Files) -> tuple[list[int], list[int]]:
    run = {name: int(field) for name, field in files["runs"][-1].items() if field.isdecimal()}
    if len(files["runs"]) == 1 or not run["compared"]:
        return [], []
    return [run["changed"], run["compared"]], [run["new_breaks"], run["gone_breaks"]]


def _marks(files: Files, here: Cell) -> tuple[tuple[str, ...], ...]:
    """What the matrix shows of a cell: letter, and whether launches failed or are too few."""
    variants = {row["scenario"]: row for row in files["variants"] if cell(row) == here}
    failed = {
        row["scenario"]
        for row in files["observations"]
        if cell(row) == here and row["status"] in FAILED
    }
    marks = []
    for name in files.scenarios:
        row = variants.get(name, {"variant": "", "reproducible": ""})
        doubt = "!" if name in failed else "" if row["reproducible"] else "?"
        marks.append((row["variant"], "≠" if row["reproducible"] == "false" else doubt))
    return tuple(marks)


def pictures(page: Page, files: Files) -> None:
    """Every bar of every picture, and what is said of it."""
    wanted = pictured(compared(files))
    figures = page.document.all("figure", class_="steps")
    page.hold("pictures", "how many", Element("div"), [len(figures)], [len(wanted)])
    most = max(
        (sum(each.values()) for steps in wanted.values() for each in steps.values()), default=0
    )
    for figure in figures:
        drawn = [bar.one("text", class_="value").text for bar in figure.all("g")]
        steps = next(
            steps
            for steps in wanted.values()
            if all(f"{a} → {b}" in figure.text for a, b in steps) and len(steps) == len(drawn)
        )
        top = max(steps.values(), key=lambda each: sum(each.values()))
        svg = figure.one("svg")
        said = [len(steps), sum(top.values()), len(top)] if sum(top.values()) else []
        page.say("pictures", "in a sentence", svg, *said, attribute="aria-label")
        for bar, (sides, scenarios) in zip(figure.all("g"), steps.items(), strict=True):
            where, changed = " → ".join(sides), sum(scenarios.values())
            value, label = bar.all("text")
            page.say("pictures", f"{where} (bar)", value, changed)
            page.say("pictures", f"{where} (title)", bar.one("title"), changed, len(scenarios))
            page.hold("pictures", f"{where} (label)", label, [label.text], [sides[1]])
            height = int(bar.one("rect").attributes["height"])
            tall = max(round(90 * changed / most), 2) if changed else 0
            page.hold("pictures", f"{where} (height)", Element("rect"), [height], [tall])


def events(page: Page, files: Files) -> None:
    """The table of steps."""
    rows = page.document.all("tr", data_row="event")
    known = {row["id"]: row for row in files["events"] if step(row) in files.breaks}
    told = [row.attributes["data-event"] for row in rows]
    ordered: list[str] = sorted(known, key=_weight(known, files))
    page.hold("events", "which", Element("table"), told, ordered)
    for row in rows:
        event = known[row.attributes["data-event"]]
        _event(page, files, row, event, files.breaks[step(event)])


def _weight(known: Mapping[str, Row], files: Files) -> Callable[[str], tuple[bool, bool, int]]:
    """Broken promises come first, then launches, then what hits the most scenarios."""

    def weight(id_: str) -> tuple[bool, bool, int]:
        breaks = files.breaks[step(known[id_])]
        promises = [each for each in breaks if each["violation"] == "true"]
        return (
            not promises,
            known[id_]["level"] != "process",
            -len({each["scenario"] for each in breaks}),
        )

    return weight


def _event(page: Page, files: Files, row: Element, event: Row, breaks: list[Row]) -> None:
    where = event["id"]
    title, hit, _, moved, example = fields(row)
    for summary in title.all("summary"):
        page.say("causes", where, summary, len(items(event["known"])))
    names = dict.fromkeys(each["scenario"] for each in breaks)
    broken = {each["scenario"] for each in breaks if each["violation"] == "true"}
    summary, unchanged = hit.all("summary")[0], hit.all("small")
    page.say("scenarios", where, summary, len(names), *([len(broken)] if broken else []))
    same = [name for name in items(event["unchanged"]) if name in files.judged]
    page.hold("unchanged", f"{where} (said)", Element("td"), [len(unchanged)], [int(bool(same))])
    for small in unchanged:
        page.say("unchanged", where, small, len(same))
    for each in hit.one("ul").all("li"):
        alike = [bdi.text for bdi in each.one("span", class_="run").all("bdi")]
        for name in alike if event["level"] in WITHIN else ():
            at = {_cell(found) for found in breaks if found["scenario"] == name}
            ran = {cell(found) for found in files["variants"] if found["scenario"] == name}
            page.span("scenarios", f"{where} {name}", each.one("span", class_="quiet"), at, ran)
    noted = dict.fromkeys(name for each in breaks for name in items(each["confounders"]))
    confounders = [name for name in noted if " → " in name]
    more = len(confounders) - _CONFOUNDERS
    if confounders:
        page.say("confounders", where, moved.all("summary")[0], *([more] if more > 0 else []))
        listed = [bdi.text for bdi in moved.all("ul")[0].all("bdi")]
        page.hold("confounders", f"{where} (list)", Element("ul"), listed, confounders)
    _example(page, example, where, breaks)


def _cell(row: Row) -> Cell:
    return row["environment_from"], row["setting"], row["device"], row["machine"]


def _example(page: Page, td: Element, where: str, breaks: list[Row]) -> None:
    id_ = td.one("code", class_="copy").text.rpartition(" ")[2]
    row = next(each for each in breaks if each["id"] == id_)
    page.hold(
        "example",
        f"{where} (scenario)",
        td.all("code")[0],
        [td.all("code")[0].text],
        [row["scenario"]],
    )
    _, size = td.all("small")
    whole = [int(row[name]) for name in ("arrays", "max_ulp") if row[name]]
    page.say("example", f"{where} (size)", size, *whole)
    page.rounded("example", f"{where} (absolute)", size, row["max_abs"])
    first = [each.text for each in size.all("code")]
    page.hold(
        "example",
        f"{where} (first)",
        Element("code"),
        first,
        [row["first_index"]] * bool(row["first_index"]),
    )
    rests = td.one("ul").all("li")[0]
    page.say("launches behind", where, rests, min(int(each["launches"] or 0) for each in breaks))


def still(page: Page, files: Files) -> None:
    """The steps at which nothing changes, with how much was compared there."""
    nothing = {
        f"{before} → {after}": len(scenarios)
        for (_, _, before, after), scenarios in compared(files).items()
        if not any(scenarios.values())
    }
    counted = {step(row): row for row in files["steps"] if row["level"] not in WITHIN}
    page.hold("still", "steps.csv", Element("p"), sorted(counted), sorted(compared(files)))
    for at, scenarios in compared(files).items():
        numbers = [int(counted[at][name]) for name in ("compared", "changed")]
        page.hold(
            "still", str(at), Element("p"), numbers, [len(scenarios), sum(scenarios.values())]
        )
    for p in page.document.all("p", id="still") or [Element("p")]:
        told = re.findall(r"(\S+ → \S+) \([\d,]+ scenarios? compared\)", p.text)
        page.hold("still", "steps", Element("p"), sorted(told), sorted(nothing))
        page.say("still", "numbers", p, *(nothing.get(each, 0) for each in told))
