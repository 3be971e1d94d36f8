from __future__ import annotations

import dataclasses
import io
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from rich.console import Console

from harness.report import print_summary
from tests.unit.report import sample
from tests.unit.report.sample import Entry

if TYPE_CHECKING:
    from harness.analysis import Results

PATH = Path("reports") / "index.html"


class _Stream(io.StringIO):
    """A stream that says which encoding it has, as a terminal does."""

    def __init__(self, encoding: str) -> None:
        super().__init__()
        self._encoding = encoding

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._encoding


def summary(encoding: str = "utf-8", width: int = 80, **changes: object) -> str:
    return printed(sample.results(**changes), encoding, width)  # type: ignore[arg-type]


def printed(results: Results, encoding: str = "utf-8", width: int = 80) -> str:
    stream = _Stream(encoding)
    console = Console(file=stream, width=width, force_terminal=False)
    print_summary(results, PATH, console)
    return stream.getvalue()


def test_the_verdict_and_the_path_are_what_stays_on_the_screen() -> None:
    lines = [line.rstrip() for line in summary().splitlines()]
    assert lines[-1] == str(PATH)
    verdict = next(index for index, line in enumerate(lines) if line.startswith("✗ "))
    assert (
        lines[verdict] == "✗ 5 of 18 scenarios hold at every level tested; 13 break, 7 of them at"
    )
    assert verdict >= len(lines) - 10


def test_events_and_what_was_not_measured_are_listed() -> None:
    text = summary()
    lines = [line.split("  ") for line in text.splitlines()]
    events = [[part.strip() for part in line if part.strip()] for line in lines]
    assert ["TensorFlow 2.9.3 → 2.10.1", "7", "another random stream (redraw)"] in events
    assert "recipes/numpy_and_framework  TensorFlow 2.9.3      TensorFlow 2.10.1 on" in text
    assert "tf2_8_4_py3_10.default.cpu" in text
    assert "could not be installed" in text
    assert "“original == clone” holds  refuted" in text


def test_it_fits_into_80_columns_without_codes_for_colours() -> None:
    text = summary()
    assert max(map(len, text.splitlines())) <= 80
    assert "\x1b" not in text


@pytest.mark.parametrize("width", [40, 60, 80, 81, 82, 83])
def test_no_character_is_lost_at_any_width(width: int) -> None:
    suite = dict(list(sample.SUITE.items())[:8])  # as many rows as are shown: none is cut
    narrow, wide = (summary(width=each, suite=suite).split() for each in (width, 400))
    assert sorted("".join(narrow)) == sorted("".join(wide))


def test_an_ascii_console_gets_ascii() -> None:
    text = summary(encoding="ascii")
    assert text.isascii()
    assert "TensorFlow 2.9.3 -> 2.10.1" in text
    assert "?" not in text


def test_a_name_cannot_send_commands_to_the_terminal() -> None:
    name = "s/\x1b[2J\x07[bold]x[/bold]\u202e"
    text = summary(suite={name: Entry("ABBBB")}, void=(name,), ignored=(name,), width=200)
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "s/�[2J�[bold]x[/bold]�" in text


def test_a_long_path_stays_on_one_line() -> None:
    stream = _Stream("utf-8")
    path = Path("/" + "a" * 120) / "index.html"
    print_summary(sample.results(), path, Console(file=stream, width=80))
    assert stream.getvalue().splitlines()[-1] == str(path)


def test_a_long_table_is_cut_and_says_so() -> None:
    text = summary(suite={f"s/{index}": Entry("A≠≠≠≠") for index in range(30)})
    assert "and 22 more: see the report" in text


def test_cells_and_scenarios_without_a_result_are_told_by_reason() -> None:
    results = sample.results({f"s/{index}": Entry("AAA!-") for index in range(9)})
    cells = results.cells
    cells.loc[cells["status"] == "install_failed", "status"] = "not_run"
    stream = _Stream("utf-8")
    print_summary(results, PATH, Console(file=stream, width=120))
    rows = [" ".join(line.split()) for line in stream.getvalue().splitlines()]
    assert "2 cells not run nox -- --profile default" in rows
    assert any(row.startswith("s/0 and 8 more error ValueError: the legacy") for row in rows)
    assert any(
        row.startswith("9 scenarios not in this version keras.random is not") for row in rows
    )


def test_what_differs_between_launches_comes_first_and_then_what_hits_the_most() -> None:
    suite = {"s/a": Entry("AAABB"), "s/b": Entry("AAAAB"), "s/c": Entry("AAABB")}
    results = sample.results({**suite, "s/d": Entry("≠AAAA")})
    rebuilt = {"level": "rerun", "axis": "rerun", "from": "first", "to": "second"}
    changed = dataclasses.replace(
        results,
        breaks=pd.concat([results.breaks.head(1).assign(**rebuilt, id="r"), results.breaks]),
        events=pd.concat([results.events.head(1).assign(**rebuilt, id="r"), results.events]),
    )
    # The frame begins with the rebuild, which one scenario does not survive.
    assert changed.events["level"].tolist()[0] == "rerun"
    lines = printed(changed, width=100).splitlines()
    assert [line.split("  ")[0] for line in lines[2:5]] == [
        "Between two launches: launch 1 → 2",
        "TensorFlow 2.15.1 → 2.16.2",
        "Rebuilt in the same process: build first → second",
    ]


def test_a_summary_of_a_large_audit_fits_a_screen() -> None:
    suite = {
        f"s/{index}": Entry("A≠B!-"[index % 5 :] + "A≠B!-"[: index % 5]) for index in range(90)
    }
    assert len(summary(suite=suite, width=100).splitlines()) <= 60


@pytest.mark.parametrize(
    ("outcomes", "void", "first"),
    [
        ("AAAAA", (), "✓ 1 scenario holds"),
        ("-----", (), "? Nothing could be compared"),
        ("AAAAA", ("controls/unseeded gave equal weights",), "! This audit cannot be trusted"),
    ],
)
def test_the_verdict_has_a_sign_of_its_own(
    outcomes: str, void: tuple[str, ...], first: str
) -> None:
    text = summary(suite={"s/a": Entry(outcomes)}, void=void)
    assert f"\n{first}" in f"\n{text}"
    assert all(f"! {reason}" in text for reason in void)


def test_an_audit_in_which_everything_holds_prints_no_empty_table() -> None:
    text = summary(suite={"s/a": Entry("AAAAA")})
    assert "Where it breaks" not in text
    assert "launches agree" not in text
