"""The numbers in a page's text, and which of them somebody has accounted for.

A number is digits on their own: what has letters, more than one dot or an underscore is a name or a
version. Names are text within `code`, `bdi` and links that stands in the files as it is. What is
left of steps (`1 → 2`), dates and versions such as `3.10` is told by the files as well.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harness.report.words import DEFINITIONS
from tests.unit.report.files import Files, items
from tests.unit.report.reading import Element

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path

    from tests.unit.report.files import Cell

_NUMBER = re.compile(r"(?<![\w.])(?<![A-Za-z]-)\d+(?:,\d{3})*(?:\.\d+)?(?!\w|\.\w)")
_DATE = re.compile(r"\d{4}-\d\d-\d\d(?: \d\d:\d\d(?::\d\d)?)?")
_READ_ALOUD = ("title", "aria-label")


class Names:
    """What is no number though it has digits: everything that the files call something."""

    def __init__(self, files: Files, folder: Path) -> None:
        self._known: dict[str, list[str]] = {}  # pages say the same again and again
        self._texts = files.texts
        self._files = {path.name for path in folder.rglob("*.*")}
        steps = (*files["events"], *files["spans"], *files["breaks"])
        self._steps = {f"{row['from']} → {row['to']}" for row in steps}
        self._steps |= {f"{a} → {b}" for a, b in _neighbours(files)}
        self._dates = {row["started"].replace("T", " ")[:19] for row in files["runs"]}
        values = {row[side] for row in steps for side in ("from", "to")}
        values |= {row["value"] for row in files["facts"] if row["group"] in ("package", "python")}
        values |= {row["version"] for row in files["environments"]}
        values |= {".".join(row["python"].split(".")[:2]) for row in files["cells"]}
        self._versions = {each for each in values if "." in each}
        told = {each for each in self._texts if re.search(r"\d", each) and " " in each}
        told |= {row["machine"][:8] for row in files["cells"] if row["machine"]}
        told |= {each for row in files["recipes"] for each in items(row["breaks_at"])}
        self._told = sorted(told | {row["machine"] for row in files["cells"]}, key=len)[::-1]

    def whole(self, element: Element) -> bool:
        """Whether all of an element is a name."""
        text = re.sub(r"^sameseed reproduce (?=\w+$)", "", element.text)
        known = text in self._texts or text in self._files or not re.search(r"\d", text)
        return element.tag in ("code", "bdi", "a") and known

    def numbers(self, text: str) -> list[str]:
        """The numbers in a text, in order."""
        if text not in self._known:
            self._known[text] = self._numbers(text) if re.search(r"\d", text) else []
        return self._known[text]

    def _numbers(self, text: str) -> list[str]:
        for each in self._told:
            if each and each in text:
                text = re.sub(rf"(?<!\w){re.escape(each)}(?!\w)", "…", text)
        text = _DATE.sub(lambda date: "…" if self._is_date(date[0]) else date[0], text)
        for each in self._steps:
            text = re.sub(rf"(?<![\w.,]){re.escape(each)}(?![\w.])", "…", text)
        return [each for each in _NUMBER.findall(text) if each not in self._versions]

    def _is_date(self, text: str) -> bool:
        return any(date.startswith(text) for date in self._dates)


def _neighbours(files: Files) -> Iterator[tuple[str, str]]:
    """Any two machines, settings or versions of a package: a step at which nothing changed."""
    for column in ("setting", "device", "machine", "tensorflow", "keras"):
        values = dict.fromkeys(row[column] for row in files["cells"] if row[column])
        yield from ((a, b) for a in values for b in values if a != b)


@dataclass(frozen=True)
class Said:
    """Numbers that the page says somewhere, beside those that follow from the files.

    kind: what they are about. where: which of these. element, attribute: what says them.
    """

    kind: str
    where: str
    element: Element
    page: Sequence[str]
    files: Sequence[str]
    attribute: str = ""


@dataclass
class Page:
    """A page with its names, and the text in it that has been accounted for."""

    document: Element
    names: Names
    said: list[Said] = field(default_factory=list)

    def numbers(self, element: Element, attribute: str = "") -> list[str]:
        """The numbers in an element, or in one of its attributes."""
        text = element.attributes[attribute] if attribute else "".join(self._texts(element))
        return self.names.numbers(" ".join(text.split()))

    def say(
        self, kind: str, where: str, element: Element, *files: object, attribute: str = ""
    ) -> None:
        """Hold the numbers in an element against those that follow from the files."""
        self.hold(kind, where, element, self.numbers(element, attribute), files, attribute)

    def hold(
        self,
        kind: str,
        where: str,
        element: Element,
        page: Sequence[object],
        files: Sequence[object],
        attribute: str = "",
    ) -> None:
        """Hold what an element says against what follows from the files."""
        told, wanted = ([_written(each) for each in side] for side in (page, files))
        self.said.append(Said(kind, where, element, told, wanted, attribute))

    def rounded(self, kind: str, where: str, inside: Element, value: str) -> None:
        """Hold the number that is rounded for reading there: as it is read, and exactly."""
        found = inside.all("data")
        wanted = [repr(float(value)), f"{float(value):.3g}"] if value else []
        told = [side for each in found for side in (each.attributes["value"], each.text)]
        self.hold(kind, where, found[0] if found else Element("data"), told, wanted)

    def span(
        self,
        kind: str,
        where: str,
        element: Element,
        chosen: Collection[Cell],
        among: Collection[Cell],
    ) -> None:
        """Hold words for some cells against these: where they are counted, the number is right."""
        wanted: list[int] = []
        if re.search(r"\d of [\d,]+ cells?\b", element.text):
            wanted = [len(chosen), len(among)]
        elif re.search(r"\ball [\d,]+ cells? but\b", element.text):
            wanted = [len(among)]
        elif re.search(r"\ball [\d,]+ cells?\b", element.text):
            wanted = [len(chosen)]
        self.say(kind, where, element, *wanted)

    @property
    def differences(self) -> list[str]:
        """Where the page says something else than the files."""
        return [
            f"{each.kind}, {each.where}: page {each.page}, files {each.files}"
            for each in self.said
            if each.page != each.files
        ]

    def unaccounted(self) -> list[str]:
        """Numbers that nothing was held against, with the text around them."""
        done = {(id(each.element), each.attribute) for each in self.said}
        return [
            f"{number} in {text!r}"
            for text in self._left(self.document.one("body"), done)
            for number in self.names.numbers(text)
        ]

    def _left(self, element: Element, done: set[tuple[int, str]]) -> Iterator[str]:
        for name in _READ_ALOUD:
            if name in element.attributes and (id(element), name) not in done:
                yield " ".join(element.attributes[name].split())
        own: list[str] = []
        whole = (id(element), "") in done or _is_fixed(element) or self.names.whole(element)
        for each in element.inside:
            if isinstance(each, Element):
                yield from self._attributes(each, done) if whole else self._left(each, done)
            own.append(each if isinstance(each, str) else " ")
        if not whole:
            yield " ".join("".join(own).split())

    def _attributes(self, element: Element, done: set[tuple[int, str]]) -> Iterator[str]:
        for each in (element, *element.all()):
            if each.tag == "data" and (id(each), "") not in done:
                yield each.text
            for name in _READ_ALOUD:
                if name in each.attributes and (id(each), name) not in done:
                    yield " ".join(each.attributes[name].split())

    def _texts(self, element: Element) -> Iterator[str]:
        for each in element.inside:
            if isinstance(each, str):
                yield each
            elif each.tag in ("script", "data") or self.names.whole(each):
                yield " … "  # rounded numbers are accounted for one by one
            else:
                yield " "
                yield from self._texts(each)
                yield " "


def _is_fixed(element: Element) -> bool:
    """Text that is the same in every report: the definitions, the recipe for a fingerprint."""
    definitions = element.tag == "dd" and element.text in DEFINITIONS.values()
    return definitions or element.tag in ("script", "style", "pre")


def _written(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)
