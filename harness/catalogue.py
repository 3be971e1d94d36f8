"""The suite as a list to read: what each scenario measures, what is promised, where it was seen.

`entries` makes the list, `seen` reads from a report's CSV files on which versions each scenario was
`ok`, and `markdown` and `print_catalogue` write it. `docs/catalogue.md` is made by this.
"""

from __future__ import annotations

import csv
import importlib
import re
from collections import defaultdict
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from packaging.version import InvalidVersion, Version
from rich import box
from rich.table import Table
from rich.text import Text

from harness import scenarios
from harness.probe import schema
from harness.report.csv import original
from harness.report.words import AXES
from harness.rules import matching

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path
    from typing import TypeAlias

    from rich.console import Console

    Seen: TypeAlias = Mapping[str, "Span"]  # by package

_BACKENDS = ("jax", "torch", "theano")
_PACKAGES = ("tensorflow", "keras", *_BACKENDS)
_NOWHERE = "nowhere yet"


@dataclass(frozen=True)
class Span:
    """The oldest and the newest version of a package."""

    oldest: str
    newest: str

    def __str__(self) -> str:
        return self.oldest if self.oldest == self.newest else f"{self.oldest} to {self.newest}"


@dataclass(frozen=True)
class Entry:
    """One scenario of the catalogue. The fields are those of a record's header."""

    name: str
    summary: str
    why: str
    source: str
    needs: tuple[str, ...]
    promise: str
    promise_source: str
    promise_levels: tuple[str, ...]
    launches: str  # what two launches must give: "same", "differ", or ""
    launches_source: str
    control: bool

    @property
    def family(self) -> str:
        """The part of the name before the slash."""
        return self.name.split("/")[0]

    @property
    def needed(self) -> str:
        """The APIs it needs, alternatives joined with "or"."""
        return ", ".join(path.replace("|", " or ") for path in self.needs)

    @property
    def promised(self) -> str:
        """What is promised, in whose words, and on which levels; or what launches must give."""
        if self.promise:
            levels = ", ".join(self.promise_levels)
            return f"“{self.promise}” ({self.promise_source}; covers: {levels})"
        if self.launches:
            gives = "agree" if self.launches == "same" else "differ"
            return f"two launches {gives} ({self.launches_source})"
        return ""


def entries(files: Iterable[str] = (), patterns: Sequence[str] = ("*",)) -> tuple[Entry, ...]:
    """The scenarios whose names match a pattern, in suite order. files: the user's own."""
    suite = scenarios.suite(files)
    return tuple(_entry(suite[name]) for name in matching(patterns, suite))


def _entry(scenario: scenarios.Scenario) -> Entry:
    described: dict[str, Any] = scenario.described()
    for name in ("needs", "promise_levels"):
        described[name] = tuple(described[name])
    return Entry(name=scenario.name, **described)


def seen(directory: Path) -> dict[str, dict[str, Span]]:
    """Per scenario and package, the oldest and newest version on which a trial of it was `ok`.

    directory: `reports/csv`. The packages are TensorFlow, Keras and the backends. Raises `OSError`
    where a file is missing, `KeyError` where one has not the documented columns.
    """
    installed: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for row in _rows(directory / "environments.csv"):
        installed[row["environment"], row["machine"]][row["package"]] = row["version"]
    versions: dict[tuple[str, ...], dict[str, str]] = {}
    for row in _rows(directory / "cells.csv"):
        found = {name: row[name] for name in ("tensorflow", "keras") if row[name]}
        if row["backend"] in _BACKENDS:
            backend = installed[row["environment"], row["machine"]].get(row["backend"], "")
            found |= {row["backend"]: backend} if backend else {}
        versions[_cell(row)] = found
    met: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for row in _rows(directory / "observations.csv"):
        if row["status"] == schema.OK:
            for package, version in versions.get(_cell(row), {}).items():
                met[row["scenario"]][package].add(version)
    return {
        scenario: {
            package: Span(min(packages[package], key=_order), max(packages[package], key=_order))
            for package in _PACKAGES
            if package in packages
        }
        for scenario, packages in met.items()
    }


def markdown(listed: Sequence[Entry], met: Mapping[str, Seen] | None = None) -> str:
    """The catalogue as a Markdown page. met: as `seen` gives it, for one more column."""
    head = ["scenario", "what it measures, and why it may differ", "promised", "needs"]
    lines = [
        "# Catalogue of scenarios",
        "",
        f"{len(listed)} scenarios. What they are, and how expectations work: "
        "[scenarios](scenarios.md). Made by `sameseed scenarios --markdown`; do not edit.",
    ]
    if met is not None:
        head.append("seen on")
        lines[-1] += " *Seen on* names the oldest and the newest version with the status `ok`."
    for family, members in _families(listed):
        lines += ["", f"## {family}", ""]
        if about := _about(family):
            lines += [about, ""]
        lines += [_line(head), _line(["---"] * len(head))]
        lines += [_line(_fields(entry, met)) for entry in members]
    return "\n".join(lines) + "\n"


def plain(listed: Sequence[Entry], met: Mapping[str, Seen] | None = None) -> list[dict[str, Any]]:
    """The catalogue as data for JSON; `seen` is there only where `met` is."""
    return [
        asdict(entry)
        | (
            {}
            if met is None
            else {"seen": {name: asdict(span) for name, span in met.get(entry.name, {}).items()}}
        )
        for entry in listed
    ]


def print_catalogue(
    listed: Sequence[Entry], met: Mapping[str, Seen] | None, console: Console
) -> None:
    """Print a table per family: the name, and what there is to know about it."""
    for family, members in _families(listed):
        table = Table(box=box.SIMPLE_HEAD, show_header=False, title_justify="left", pad_edge=False)
        table.title = Text(f"{family}: {_about(family) or 'your own'}", style="bold")
        table.add_column(style="bold cyan", overflow="fold", ratio=2)
        table.add_column(ratio=5)
        for entry in members:
            table.add_row(Text(entry.name.partition("/")[2]), _words(entry, met))
            table.add_row("", "")
        console.print(table)
    console.print(Text(f"{len(listed)} scenarios", style="bold"))


def _families(listed: Sequence[Entry]) -> Iterator[tuple[str, list[Entry]]]:
    for family, members in groupby(listed, lambda entry: entry.family):
        yield family, list(members)


def _about(family: str) -> str:
    """What the family's module says it is about; "" for one of the user's own."""
    if family not in scenarios.FAMILIES:
        return ""
    said = importlib.import_module(f"{scenarios.__name__}.{family}").__doc__ or ""
    return " ".join(said.strip().split("\n\n")[0].split())


def _words(entry: Entry, met: Mapping[str, Seen] | None) -> Text:
    words = Text(entry.summary)
    for name, text in (
        ("", entry.why),
        ("promised: ", entry.promised),
        ("needs: ", entry.needed),
        ("source: ", entry.source),
        ("seen on: ", "" if met is None else _where(entry, met)),
        ("", "negative control" if entry.control else ""),
    ):
        if text:
            words.append(f"\n{name}{text}", style="dim")
    return words


def _fields(entry: Entry, met: Mapping[str, Seen] | None) -> list[str]:
    fields = [
        f"`{entry.name}`",
        f"**{_plain(entry.summary)}** {_plain(entry.why)}".strip(),
        _plain(entry.promised) or "nothing",
        ", ".join(f"`{part}`" for part in entry.needed.split(", ") if part),
    ]
    if met is not None:
        fields.append(_plain(_where(entry, met)))
    return fields


def _where(entry: Entry, met: Mapping[str, Seen]) -> str:
    spans = met.get(entry.name, {})
    words = (f"{AXES.get(package, package)} {span}" for package, span in spans.items())
    return "; ".join(words) or _NOWHERE


def _line(fields: Iterable[str]) -> str:
    return f"| {' | '.join(field.replace('|', chr(92) + '|') for field in fields)} |"


def _plain(text: str) -> str:
    """Text in which only back-quotes are markup: they are how docstrings write code."""
    parts = text.split("`")
    if len(parts) % 2 == 0:  # an odd back-quote is none
        return _escaped(text.replace("`", "'"))
    return "`".join(part if position % 2 else _escaped(part) for position, part in enumerate(parts))


def _escaped(text: str) -> str:
    return re.sub(r"([\\*_<>\[\]#])", r"\\\1", text)


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield {name: original(value or "") for name, value in row.items() if name}


def _cell(row: Mapping[str, str]) -> tuple[str, ...]:
    return row["environment"], row["setting"], row["device"], row["machine"]


def _order(version: str) -> tuple[Version, str]:
    """Sorts versions; TensorFlow 1.15 calls its Keras 2.2.4-tf, which PEP 440 does not know."""
    try:
        return Version(version), version
    except InvalidVersion:
        number = re.match(r"\d+(\.\d+)*", version)
        return Version(number[0] if number else "0"), version
