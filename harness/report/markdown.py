"""The report as a short page of Markdown: for a CI's summary, a pull request, a chat.

It shows the page's answers in the terminal's words, never more than a hundred lines of it, however
large the audit, and says of whatever it leaves out how much that is.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from harness.report import brief
from harness.report.brief import shortened
from harness.report.marked import code, link, plain, prose, table
from harness.report.words import count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.report.view import View
    from harness.report.view.events import Event

NAME = "summary.md"

_SIGNS = {"holds": "✅", "breaks": "❌", "unknown": "❓", "void": "❗"}
# How many rows of each table, how many items of a list, and how many causes of an event.
_ROWS, _FEW, _CAUSES = 10, 3, 2
# How many characters of a name, of a list, and of a sentence.
_NAME, _LIST, _SENTENCE = 140, 240, 600


def markdown(view: View) -> str:
    """The page. The same view gives the same text."""
    parts = (_answer, _tiles, _events, _advice, _unmeasured, _rest)
    return "\n".join(chain.from_iterable((*part(view), "") for part in parts if any(part(view))))


def _answer(view: View) -> Iterator[str]:
    """The verdict, why to doubt it, what it is about, and how far it reaches."""
    verdict = view.verdict
    yield f"{_SIGNS[verdict.tone]} **{plain(shortened(verdict.sentence, _SENTENCE))}**"
    if verdict.doubts:
        yield ""
        yield from (f"* {plain(shortened(each, _SENTENCE))}" for each in verdict.doubts[:_ROWS])
        yield from _more(len(verdict.doubts) - _ROWS)
    about = [
        "sameseed",
        f"profile {code(shortened(view.profile, _NAME))}",
        f"{count(view.trials, 'launch', 'launches')} per cell",
    ]
    if view.machines:
        about.append(count(view.number_of_machines, "machine"))
    notes = (plain(shortened(each, _SENTENCE)) for each in verdict.notes)
    yield from ("", " ".join((f"{' · '.join(about)}.", *notes)))


def _tiles(view: View) -> Iterator[str]:
    for tile in view.tiles[:_ROWS]:
        yield f"* **{plain(tile.value)}** {plain(shortened(tile.meaning, _LIST))}"


def _events(view: View) -> Iterator[str]:
    """The events to look at first; and the steps at which nothing changes."""
    if not (view.verdict.breaking or view.verdict.holding):
        return
    yield from ("### Where it breaks", "")
    if not view.events:
        yield "No break was found in what was compared."
    else:
        yield from table(
            ("step", "scenarios", "what differs", "also moved", "documented cause"),
            [_event(event) for event in view.events[:_ROWS]],
        )
        yield from _more(len(view.events) - _ROWS)
    if view.still:
        few = [
            f"{plain(shortened(each.step, _NAME))} ({count(each.scenarios, 'scenario')} compared)"
            for each in view.still[:_FEW]
        ]
        more = len(view.still) - _FEW
        rest = f" and at {more:,} more" if more > 0 else ""
        yield from ("", f"Nothing changes at {', '.join(few)}{rest}.")


def _event(event: Event) -> tuple[str, ...]:
    causes = [link(shortened(title, _NAME), url) for title, url in event.causes[:_CAUSES]]
    more = len(event.causes) - _CAUSES
    causes += [f"and {more} more"] if more > 0 else []
    moved = "; ".join((event.moved or "nothing else on record", *event.doubts))
    return (
        plain(shortened(brief.step(event), _LIST)),
        brief.hits(event),
        plain(brief.kinds(event.kinds)),
        plain(shortened(moved, _LIST)),
        "; ".join(causes),
    )


def _advice(view: View) -> Iterator[str]:
    """What to do, each thing once, and where. None where a control failed: it rests on nothing."""
    found: dict[str, list[str]] = {}
    for about, told in brief.instructions(view):
        places = found.setdefault(told, [])
        if about.lower() not in told:
            places.append(about)
    if not found or view.verdict.tone == "void":
        return
    yield from ("### What to do", "")
    yield "To have the same initial weights in a new process; the report says what else each gives."
    yield ""
    for told, places in list(found.items())[:_ROWS]:
        where = f": {plain(shortened('; '.join(places), _LIST))}" if places else ""
        yield f"* {prose(shortened(told, _LIST))}{where}."
    yield from _more(len(found) - _ROWS)


def _unmeasured(view: View) -> Iterator[str]:
    rows = brief.unmeasured(view)
    if rows:
        yield from ("### Not measured", "")
        yield from table(
            ("what", "why", "message"),
            [
                (plain(shortened(what, _NAME)), plain(why), code(message))
                for what, why, message in rows[:_ROWS]
            ],
        )
        yield from _more(len(rows) - _ROWS)
    if view.ignored:
        if rows:
            yield ""
        yield f"{count(len(view.ignored), 'record')} left out; the report says why."


def _rest(view: View) -> Iterator[str]:
    rows = sum(each.rows for each in view.downloads)
    yield "The whole report is `index.html`, beside this file; its tables are in `csv/`"
    yield f"({count(len(view.downloads), 'file')}, {count(rows, 'row')})."


def _more(number: int) -> Iterator[str]:
    """How many rows are left out, if any."""
    if number > 0:
        yield from ("", f"and {number:,} more: see the report")
