"""The measured part of docs/planted-truth.md."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from tests.planted.cases import INNOCENT
from tests.planted.scoring import LEVELS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.planted.cases import Case
    from tests.planted.scoring import Score


def figure(score: Score) -> str:
    """The measured part of docs/planted-truth.md."""
    innocent = sum(case.what == INNOCENT for case in score.cases.values())
    total = len(score.planted)
    compared = Counter(key.level for one in score.truth.values() for key in one.comparisons)
    nothing = compared.total() - total
    lines = [
        f"**{len(score.cases)} cases, {innocent} of them innocent; {total} planted breaks in "
        f"{compared.total()} comparisons. Found as planted: {len(score.found)} of {total} (recall "
        f"{_share(len(score.found), total)}). Of {nothing} comparisons in which nothing was "
        f"planted, {len(score.false)} were reported as breaks.**",
        "",
        *_table(score, "what values depend on", lambda case: case.what),
        "",
        *_table(score, "how they change", lambda case: case.effect.replace("_", " ") or "not"),
        "",
        "| level | comparisons | planted | found | false alarms |",
        "| --- | --- | --- | --- | --- |",
    ]
    for level in LEVELS:
        counts = (
            compared[level],
            sum(key.level == level for key in score.planted),
            sum(key.level == level for key in score.found),
            sum(key.level == level for key in score.false),
        )
        lines.append(f"| `{level}` | " + " | ".join(map(str, counts)) + " |")
    return "\n".join(lines) + "\n"


def _table(score: Score, heading: str, group: Callable[[Case], str]) -> list[str]:
    rows: dict[str, list[Case]] = defaultdict(list)
    for case in score.cases.values():
        rows[group(case)].append(case)
    lines = [
        f"| {heading} | cases | planted breaks | found | recall | false alarms |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for label, cases in rows.items():
        names = {case.name for case in cases}
        planted = sum(key.scenario in names for key in score.planted)
        found = sum(key.scenario in names for key in score.found)
        false = sum(key.scenario in names for key in score.false)
        cells = (len(cases), planted, found, _share(found, planted), false)
        lines.append(f"| {label} | " + " | ".join(map(str, cells)) + " |")
    return lines


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.1%}" if whole else "–"
