"""Numbers in the page's script are written as Python writes them into the files."""

from __future__ import annotations

import math
import random
import struct
from importlib.resources import files
from typing import TYPE_CHECKING

from harness.report.csv import original

if TYPE_CHECKING:
    from playwright.sync_api import Browser

SCRIPT = (files("harness.report") / "script" / "text.js").read_text(encoding="utf-8")


def floats() -> list[float]:
    """Every kind: random bits, random decimals, powers, and the edges of the notation."""
    drawn = random.Random(1)
    bits = (struct.unpack("<d", drawn.randbytes(8))[0] for _ in range(3000))
    decimals = (float(f"{drawn.random():.{drawn.randrange(1, 18)}f}") for _ in range(1000))
    powers = (sign * float(f"1e{power}") for power in range(-30, 30) for sign in (1, -1))
    edges = (0.0, -0.0, 5e-324, 1.7976931348623157e308, 9999999999999998.0, 123456789012345680.0)
    singles = (struct.unpack("<f", drawn.randbytes(4))[0] for _ in range(1000))
    return [each for each in (*bits, *decimals, *powers, *edges, *singles) if math.isfinite(each)]


def test_a_number_is_written_as_in_the_files(browser: Browser) -> None:
    page = browser.new_page()
    page.add_script_tag(content=SCRIPT)
    values = floats()
    assert page.evaluate("values => values.map(exact)", values) == [repr(each) for each in values]
    page.close()


def test_a_rounded_number_is_that_of_the_template(browser: Browser) -> None:
    page = browser.new_page()
    page.add_script_tag(content=SCRIPT)
    # Of two that are equally near Python takes the even one, JavaScript the larger: rare, and the
    # exact value stands beside it.
    values = [each for each in floats() if not _halfway(each)]
    found = page.evaluate("values => values.map(rounded)", values)
    assert found == [f"{each:.3g}" for each in values]
    page.close()


def _halfway(value: float) -> bool:
    digits = f"{value:.30e}".split("e")[0].replace("-", "").replace(".", "")
    return digits[3:].rstrip("0") == "5"


def test_a_field_is_written_as_in_the_files(browser: Browser) -> None:
    page = browser.new_page()
    page.add_script_tag(content=SCRIPT)
    texts = [
        "plain",
        'say "x"',
        "a,b",
        "=1+1",
        "'=1",
        "-1",
        "@x",
        "new\nline",
        "\r",
        "ü 🧪",
        "a\0b",
    ]
    fields = page.evaluate("texts => texts.map(text => field(text, 'text'))", texts)
    for text, field in zip(texts, fields, strict=True):
        inside = field[1:-1].replace('""', '"') if field.startswith('"') else field
        assert original(inside) == text.replace("\0", "\ufffd")
    assert fields[3:7] == ["'=1+1", "''=1", "'-1", "'@x"]
    page.close()
