"""What the page says of earlier runs, beside what follows from the files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.unit.report.files import WITHIN, Files, items, step
from tests.unit.report.reading import Element, fields

if TYPE_CHECKING:
    from tests.unit.report.files import Row
    from tests.unit.report.numbers import Page

_NEW, _RUNS = 3, 60  # events named in the sentence, runs shown


def history(page: Page, files: Files) -> None:
    """The runs, the newest first, and what each came to for the scenarios that ever changed."""
    sections = page.document.all("section", id="history")
    page.hold("history", "there", Element("section"), [len(sections)], [int(bool(files["runs"]))])
    for section in sections:
        page.say("history", "sentence", section.all("p")[0], *_sentence(files))
        dates = _dates([row["started"] for row in files["runs"]])
        shown = list(zip(dates, files["runs"], strict=True))[-_RUNS:]
        caption = section.one("table", class_="wide runs").one("caption")
        earlier = len(files["runs"]) - len(shown)
        page.say("history", "earlier", caption, *([earlier] if earlier else []))
        rows = section.all("tr", data_row="run")
        for row, (date, run) in zip(rows, reversed(shown), strict=True):
            _run(page, row, date, run)
        _strip(page, files, section, shown)
    if files["runs"]:
        _newest(page, files)


def _run(page: Page, row: Element, date: str, run: Row) -> None:
    when, profile, *rest, at = fields(row)
    page.hold("history", f"{date} (date)", when, [when.text], [date])
    page.hold(
        "history", f"{date} (started)", when, [when.attributes["title"]], [run["started"]], "title"
    )
    page.hold("history", f"{date} (profile)", profile, [profile.text], [run["profile"]])
    columns = (["cells"], ["holding", "scenarios"], ["breaks"], ["new_breaks"], ["gone_breaks"])
    for field, names in zip(rest, (*columns, ["changed", "compared"]), strict=True):
        page.say("history", f"{date} {names[0]}", field, *(int(run[name]) for name in names))
    steps = [f"{which}: {each}" for which in ("new", "gone") for each in items(run[which])]
    page.hold("history", f"{date} (at)", at, [each.text for each in at.all("div")], steps)


def _newest(page: Page, files: Files) -> None:
    """The newest run is this report: what it says of itself is in the other files."""
    run = files["runs"][-1]
    broken = {
        (
            step(row)[:1] if row["level"] in WITHIN else step(row),
            *(row[name] for name in ("environment_to", "setting", "device", "scenario")),
        )
        for rows in files.breaks.values()
        for row in rows
    }
    wanted = [len(files.measured), len(files.judged), len(files.standing_as("holds")), len(broken)]
    told = [int(run[name]) for name in ("cells", "scenarios", "holding", "breaks")]
    page.hold("history", "this report", Element("tr"), told, wanted)


def _dates(started: list[str]) -> list[str]:
    """The day; the time as well, as exact as need be, where there are several runs on one."""
    found = []
    for each in started:
        alike = [sum(other[:length] == each[:length] for other in started) for length in (10, 16)]
        length = 10 if alike[0] == 1 else 16 if alike[1] == 1 else 19
        found.append(each[:length].replace("T", " "))
    return found


def _sentence(files: Files) -> list[int]:
    if len(files["runs"]) == 1:
        return []
    run = files["runs"][-1]
    number = {name: int(field) for name, field in run.items() if field.isdecimal()}
    told = []
    for name, steps in (("new_breaks", items(run["new"])), ("gone_breaks", items(run["gone"]))):
        if number[name]:
            told += [number[name], *([len(steps) - _NEW] if len(steps) > _NEW else [])]
    if number["changed"]:
        now = [r for r in files["history"] if (r["run"], r["state"]) == (run["run"], "changed")]
        told += [number["changed"], number["compared"], len(now)]
    elif number["compared"]:
        told.append(number["compared"])
    return [*told, *(number[n] for n in ("redefined", "first", "first_breaks") if number[n])]


def _strip(page: Page, files: Files, section: Element, shown: list[tuple[str, Row]]) -> None:
    states = {(row["scenario"], row["run"]): row for row in files["history"]}
    ever: dict[str, list[str]] = {}
    for state in files["history"]:
        if state["state"] == "changed":
            ever.setdefault(state["scenario"], []).append(state["run"])
    dates = dict(
        zip(
            [r["run"] for r in files["runs"]],
            _dates([r["started"] for r in files["runs"]]),
            strict=True,
        )
    )
    rows = section.all("tr", data_row="history")
    told = sorted(row.one("code").text for row in rows)
    page.hold("strip", "which", Element("table"), told, sorted(ever))
    others = len({row["scenario"] for row in files["history"]}) - len(ever)
    for table in section.all("table", class_="matrix upright strip"):
        page.say("strip", "others", table.one("caption"), *([others] if others else []))
    for row in rows:
        head, *marks = fields(row)
        scenario, note = head.one("code").text, head.one("small")
        for mark, (date, run) in zip(marks, reversed(shown), strict=True):
            found = states[scenario, run["run"]]
            changed, compared = int(found["changed"]), int(found["compared"])
            where = f"{scenario} {date}"
            said = {"changed": [changed, compared], "same": [compared]}.get(found["state"], [])
            page.say("strip", where, mark, *([changed] if found["state"] == "changed" else []))
            page.say("strip", f"{where} (title)", mark, *said, attribute="title")
        times = len(ever[scenario])
        page.say("strip", f"{scenario} times", note, *([times] if times > 1 else []))
        since = dates[min(ever[scenario])]
        page.hold("strip", f"{scenario} since", Element("td"), [note.text[: len(since)]], [since])
