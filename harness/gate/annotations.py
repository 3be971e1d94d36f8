"""The outcome as GitHub's annotations: lines that its runner takes out of a step's output.

A name from a record could be such a line itself, so that whatever else is printed on GitHub is put
between `muted`'s two lines.
https://docs.github.com/en/actions/writing-workflows/choosing-what-your-workflow-does/workflow-commands-for-github-actions
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from harness.gate.groups import STATES, gone_steps, groups, unmeasured
from harness.report.words import count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.gate.check import Outcome
    from harness.gate.groups import Group
    from harness.gate.places import Places

Command: TypeAlias = Literal["error", "warning"]

MOST = 10  # of each kind, a step: what is printed beyond that is not shown


def workflow_commands(outcome: Outcome, places: Places) -> list[str]:
    """The lines, errors first; where there are more than are shown, the last one says so."""
    found = list(_annotations(outcome, places))
    lines = []
    for command in ("error", "warning"):
        chosen = [(line, title, said) for each, line, title, said in found if each == command]
        if len(chosen) > MOST:
            left = len(chosen) - MOST + 1
            more = f"{left:,} more: see the output of sameseed check"
            chosen = [*chosen[: MOST - 1], (1, "sameseed", more)]
        lines += [_line(command, places.file, *each) for each in chosen]
    return lines


def muted(words: str, token: str) -> str:
    """Output in which the runner looks for no commands. token: what no output can hold."""
    return f"::stop-commands::{token}\n{words.rstrip()}\n::{token}::\n"


def _annotations(outcome: Outcome, places: Places) -> Iterator[tuple[Command, int, str, str]]:
    """Command, line, title and message of each."""
    for sentence in outcome.void:
        yield "error", 1, "This audit cannot be trusted", sentence
    for group in groups(outcome):
        if group.action != "ignore":
            command: Command = "error" if group.action == "error" else "warning"
            yield command, places.of(group)[0], _title(group), group.sentence
    if outcome.unmeasured:
        first = outcome.unmeasured[0]
        example = f"{first.cell} {first.scenario}".strip()
        said = f"{unmeasured(outcome)}. {example}: {first.message or first.status}"
        yield "error", places.cell(first.cell), "Not measured", said
    for event, known in gone_steps(outcome.gone).items():
        command = "error" if outcome.policy.gone == "error" else "warning"
        said = f"{count(len(known), 'accepted break')} gone: run sameseed baseline update"
        yield command, 1, f"Gone: {event}", said


def _title(group: Group) -> str:
    state = "no longer accepted" if group.state == "expired" else STATES[group.state]
    return f"{state.capitalize()}: {group.step}"


def _line(command: str, file: str, line: int, title: str, said: str) -> str:
    place = f"file={_property(file)},line={line},title={_property(title)}"
    return f"::{command} {place}::{_data(said)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
