"""Text that Markdown shows as it is, whoever wrote it, as GitHub and CommonMark read Markdown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


def plain(text: str) -> str:
    """Text that Markdown and HTML take as it is, on one line."""
    escaped = _line(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*_{}\[\]#|~!@])", r"\\\1", escaped)


def code(text: str) -> str:
    """Text as code, for a table: there even code must not hold a bare pipe.

    Nothing within is a link or calls on somebody, as `@name` does elsewhere.
    """
    line = _line(text)
    if not line:
        return ""
    fence = "`" * (max(map(len, re.findall(r"`+", line)), default=0) + 1)
    room = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{room}{line}{room}{fence}".replace("|", r"\|")


def prose(text: str) -> str:
    """A sentence in which what stands between backticks is code."""
    parts = re.split(r"`([^`]+)`", text)
    return " ".join(
        "".join(
            code(part) if position % 2 else _kept(part) for position, part in enumerate(parts)
        ).split()
    )


def link(text: str, url: str) -> str:
    """Text that leads to a web address; what is no such address leads nowhere."""
    return f"[{plain(text)}]({address(url)})" if re.match("https?://", url) else plain(text)


def address(url: str) -> str:
    """An address as it may stand between the round brackets of a link."""
    return re.sub(r"[()<>|\s\\]", lambda sign: f"%{ord(sign.group()):02X}", url)


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """The lines of a table, whose fields are Markdown already."""
    yield f"| {' | '.join(heads)} |"
    yield f"| {' | '.join('---' for _ in heads)} |"
    yield from (f"| {' | '.join(row)} |" for row in rows)


def _kept(part: str) -> str:
    """Plain, with the blanks at its ends."""
    return f"{' ' * part[:1].isspace()}{plain(part)}{' ' * part[-1:].isspace()}"


def _line(text: str) -> str:
    """Text on one line, without what cannot be seen but turns the direction of writing."""
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())
