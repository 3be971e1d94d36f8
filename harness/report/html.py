"""The page: one self-contained HTML file without scripts, which loads nothing and runs anywhere.

The template prints what the view holds and computes nothing. An undefined name, a missing value or
a not-a-number is an error while rendering, never a word on the page; everything is escaped.
"""

from __future__ import annotations

import math
import re
from base64 import b64encode
from hashlib import sha256
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from harness.report.words import DEFINITIONS, count

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.report.view import View

_LINK = re.compile(r"https?://[^\s\"'<>]+")

# Control characters that HTML does not allow; tab, line feed and carriage return stay.
_CONTROL = {code: "\ufffd" for code in (*range(32), *range(127, 160)) if chr(code) not in "\t\n\r"}


def render(view: View, scripts: Mapping[str, tuple[str, ...]] | None = None) -> str:
    """The page for a view. The same view gives the same bytes.

    scripts: break id → names of the files beside the page that reproduce it.
    """
    return page("report.html.j2", view=view, definitions=DEFINITIONS, scripts=scripts or {})


def page(template: str, **values: object) -> str:
    """A page of its own in the report's look, from a template beside the report's."""
    environment = _environment()
    style = environment.get_template("report.css").render()
    text = environment.get_template(template).render(
        style=Markup(style),
        style_hash=b64encode(sha256(style.encode()).digest()).decode(),
        **values,
    )
    return f"{text}\n"


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
