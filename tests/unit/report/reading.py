"""Reads a page as a test needs it, with the standard library alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID = frozenset({"meta", "link", "br", "wbr"})


@dataclass
class Element:
    """One element with its attributes and what is inside it."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    inside: list[Element | str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All text inside that a reader sees, white space collapsed."""
        return " ".join(self._raw().split())

    def _raw(self) -> str:
        return "".join(
            each if isinstance(each, str) else each._raw()
            for each in self.inside
            if isinstance(each, str) or each.tag != "script"
        )

    def all(self, tag: str = "", **attributes: str) -> list[Element]:
        """The elements below with this tag and these attributes.

        `data_row` is `data-row`, `class_` is `class`.
        """
        wanted = {
            name.removesuffix("_").replace("_", "-"): value for name, value in attributes.items()
        }
        found: list[Element] = []
        for each in self.inside:
            if isinstance(each, Element):
                if tag in ("", each.tag) and wanted.items() <= each.attributes.items():
                    found.append(each)
                found += each.all(tag, **attributes)
        return found

    def one(self, tag: str = "", **attributes: str) -> Element:
        """The only such element."""
        (found,) = self.all(tag, **attributes)
        return found


def fields(row: Element) -> list[Element]:
    """What is directly inside: of a table's row, its fields."""
    return [each for each in row.inside if isinstance(each, Element)]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open = [Element("document")]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].inside.append(element)
        if tag not in _VOID:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        opened = self.open.pop()
        assert opened.tag == tag, f"</{tag}> closes <{opened.tag}>"

    def handle_data(self, data: str) -> None:
        self.open[-1].inside.append(data)


def read(page: str) -> Element:
    """The page as a tree. Fails where elements are not closed in order."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    (document,) = reader.open
    return document
