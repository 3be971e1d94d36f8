"""The page: one self-contained HTML file, which loads nothing and runs anywhere.

The template prints what the view holds and computes nothing. An undefined name, a missing value or
a not-a-number is an error while rendering, never a word on the page; everything is escaped. What a
reader looks at more closely is in the page as packed tables, which its script unpacks: the files of
`script/`, one behind the other. Without the script the page still says everything but that.

Some servers allow no style or script inside a page. For these there is the layout `dir`, in which
both are files beside it.
"""

from __future__ import annotations

import math
import re
from base64 import b64encode
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING, Literal, TypeAlias
from urllib.parse import quote

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from harness.report.packed import packed
from harness.report.words import DEFINITIONS, count

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from harness.report.view import View

_LINK = re.compile(r"https?://[^\s\"'<>]+")

# Control characters that HTML does not allow; tab, line feed and carriage return stay.
_CONTROL = {code: "\ufffd" for code in (*range(32), *range(127, 160)) if chr(code) not in "\t\n\r"}

ICON = (
    "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'>"
    "<rect width='16' height='16' rx='3' fill='#16191d'/>"
    "<path d='M3 6h10M3 10h10M10.500 2.500l-5 11' stroke='#fff' stroke-width='1.600'/></svg>"
)
_READABLE = "/:=' "  # what an address of data may hold as it is

Layout: TypeAlias = Literal["single", "dir"]

# The parts of the script, in reading order. They share one scope.
_PARTS = (
    *("columns", "text", "dom", "address", "audit", "histogram"),
    *("events", "matrix", "compare", "arrays", "main"),
)


def render(
    view: View,
    scripts: Mapping[str, tuple[str, ...]] | None = None,
    layout: Layout = "single",
) -> str:
    """The page for a view. The same view gives the same bytes.

    scripts: break id → names of the files beside the page that reproduce it.
    """
    reproducers = pd.DataFrame(
        [(id_, file) for id_, names in (scripts or {}).items() for file in names],
        columns=["break", "file"],
        dtype="str",
    )
    return page(
        "report.html.j2",
        layout=layout,
        script=Markup(_script()),
        data=Markup(packed({**view.detail, "scripts": reproducers})),
        view=view,
        definitions=DEFINITIONS,
        scripts=scripts or {},
    )


def page(template: str, *, layout: Layout = "single", script: str = "", **values: object) -> str:
    """A page of its own in the report's look, from a template beside the report's."""
    style = _style()
    text = (
        _environment()
        .get_template(template)
        .render(
            layout=layout,
            icon=f"data:image/svg+xml,{quote(ICON, safe=_READABLE)}",
            policy=_policy(layout, style, script),
            style=Markup(style),
            script=script,
            **values,
        )
    )
    return f"{text}\n"


def _policy(layout: Layout, style: str, script: str) -> str:
    """What the browser may load and run: what is in the page, by its digest, and nothing else.

    Files beside the page cannot be told apart from others of the same server in every browser, so
    that in the layout `dir` the server's own policy has the last word.
    """
    if layout == "dir":
        allowed = "; ".join(f"{what}-src 'self' file:" for what in ("style", "script", "img"))
    else:
        digests = [f"style-src '{_digest(style)}'"]
        digests += [f"script-src '{_digest(script)}'"] if script else []
        allowed = "; ".join([*digests, "img-src data:"])
    return f"default-src 'none'; {allowed}; base-uri 'none'; form-action 'none'"


def _digest(text: str) -> str:
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"


def _style() -> str:
    return _environment().get_template("report.css").render()


def _script() -> str:
    """The whole script. Nothing of it is seen from outside."""
    folder = files("harness.report") / "script"
    parts = [(folder / f"{part}.js").read_text(encoding="utf-8") for part in _PARTS]
    return "\n".join(['"use strict";', "{", *parts, "}", ""])


# What a page in the layout `dir` needs beside it: the files' names, and what makes their text.
BESIDE: Mapping[str, Callable[[], str]] = {
    "report.css": _style,
    "report.js": _script,
    "report.svg": lambda: ICON,
}


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("harness.report"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "breakable": _breakable,
        "count": count,
        "exact": _exact,
        "integer": _integer,
        "prose": _prose,
    }
    environment.tests["link"] = _is_link
    return environment


def _shown(value: object) -> object:
    """What goes onto the page in place of a value; refuses what no reader should meet."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        raise ValueError(
            f"{value!r} must not reach the page: the template has to say what is absent"
        )
    return value.translate(_CONTROL) if isinstance(value, str) else value


def _breakable(name: str) -> Markup:
    """A name that may be broken across lines after a slash or an underscore."""
    return Markup(re.sub(r"([/_])", r"\1<wbr>", str(escape(_shown(name)))))


def _prose(text: str) -> Markup:
    """A sentence in which what stands between backticks is code."""
    parts = re.split(r"`([^`]+)`", str(_shown(text)))
    return Markup("").join(
        Markup("<code>{}</code>").format(part)
        if position % 2
        else Markup("<bdi>{}</bdi>").format(part)
        for position, part in enumerate(parts)
        if part
    )


def _integer(value: int) -> str:
    """A whole number, exact, with its thousands apart."""
    return f"{value:,}"


def _exact(value: float) -> Markup:
    """A number rounded for reading, which carries its exact value in the markup."""
    rounded = f"{value:.3g}"
    return Markup('<data value="{}">{}</data>').format(repr(value), rounded)


def _is_link(text: str) -> bool:
    """Whether text is a web address and nothing else, so that it may be linked."""
    return _LINK.fullmatch(text) is not None
