"""Reproducers: a break as scripts that anybody can run, with nothing of this program's installed.

`Reproducers.of` makes, from results alone, one script per side: PEP 723 metadata that pins the
side's packages as they are on record, the scenario's own code cut out of the suite, and what must
come out. Reading order: this module, `recorded` (what is known
of each side), `script` and `metadata` (the text), `cut`, `modules` and `names` (the code).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from harness.analysis.standing import JUDGED, standings
from harness.errors import ExitCode, SameseedError
from harness.launch import trial_environment
from harness.report.words import KINDS, count, on_axis, step
from harness.reproduce.cut import UncutError
from harness.reproduce.metadata import python_of
from harness.reproduce.recorded import Recorded, places
from harness.reproduce.script import Side, script

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from harness.analysis import Results
    from harness.analysis.frames import Where
    from harness.reproduce.recorded import Row

__all__ = ["NoBreakError", "Reproducer", "Reproducers", "Script", "UncutError"]

_STEP = ["level", "axis", "from", "to"]
_LISTED = 8
_OWN = (
    "HOME",
    "USERPROFILE",
    "APPDATA",
    "LOCALAPPDATA",
)  # the script's own folder takes their place
# Levels at which both sides are of one environment in one setting: one script shows them.
_ONE_SCRIPT = ("rerun", "process", "machine")


class NoBreakError(SameseedError):
    """What was asked for is no break or event on record."""

    exit_code = ExitCode.USAGE


@dataclass(frozen=True)
class Script:
    """name: of the file; harmless in a shell. side: what it shows. command: runs it."""

    name: str
    side: str
    text: str
    command: str


@dataclass(frozen=True)
class Reproducer:
    """What to paste into a bug report.

    id: of the break. commands: all that is to be run, in order; two, but for a rebuild in one
    process. note: what to know about them.
    """

    id: str
    title: str
    scripts: tuple[Script, ...]
    commands: tuple[str, ...]
    note: str = ""


class Reproducers:
    """Makes reproducers of the breaks of `results`; what several need is looked up once."""

    def __init__(self, results: Results) -> None:
        """Reads nothing yet."""
        self._results = results
        self._recorded = Recorded(results)

    def find(self, wanted: str) -> tuple[pd.Series[Any], str]:
        """The row of the break that `wanted` means, and a sentence that says which one it is.

        wanted: a break's id or the beginning of one, or an event's id: then its first break of a
        documented promise, else its first of a scenario that is asked to hold. Raises NoBreakError.
        """
        breaks = self._results.breaks
        events = self._results.events
        for _, event in events[events["id"] == wanted].iterrows():
            at_step = breaks[(breaks[_STEP] == event[_STEP]).all(axis=1)]
            return self._first_of(at_step, wanted)
        found = breaks[breaks["id"].str.startswith(wanted)] if wanted else breaks[:0]
        ids = list(dict.fromkeys(found["id"]))
        if len(ids) == 1:
            return found.iloc[0], f"break {ids[0]}"
        if ids:
            raise NoBreakError(f"{wanted!r} begins {count(len(ids), 'id')}: {_brief(ids)}")
        raise NoBreakError(
            f"no break or event is called {wanted!r}. Events: {_brief(events['id']) or 'none'}; "
            "the ids of breaks are in csv/breaks.csv"
        )

    def first_of(self, event: str) -> pd.Series[Any]:
        """The break to show for an event, by its id. Raises NoBreakError."""
        return self.find(event)[0]

    def of(self, row: Row) -> Reproducer:
        """The reproducer of one row of the breaks.

        Raises UncutError where the suite that is here no longer has the scenario.
        """
        level, id_ = str(row["level"]), _word(str(row["id"]))
        scenario, array = str(row["scenario"]), self._array(row)
        left, right = places(row)
        title = (
            f"{scenario}: {step(str(row['axis']), str(row['from']), str(row['to']))}, "
            f"{KINDS.get(str(row['kind']), KINDS[''])}"
        )
        about = self._about(row)
        if level in _ONE_SCRIPT:
            text = self._script(row, title, about, left, self._recorded_once(row, left, right))
            name = f"{id_}.py"
            command = self._command(left, name)
            commands = (command,) if level == "rerun" else (command, command)
            note = {
                "rerun": "One run shows both: two arrays of one process that should be equal.",
                "process": "Run it twice: the difference is between two launches.",
                "machine": "Run it on both machines: nothing differs but where it runs.",
            }[level]
            script_ = Script(name, "both sides", text, command)
            return Reproducer(id_, title, (script_,), commands, note)
        scripts = []
        for letter, place, value in (("a", left, row["from"]), ("b", right, row["to"])):
            name = f"{id_}_{letter}_{_word(str(value))}.py"
            recorded = {array: self._recorded.labelled(place, scenario, array)}
            text = self._script(row, title, about, place, recorded)
            side = on_axis(str(row["axis"]), str(value))
            scripts.append(Script(name, side, text, self._command(place, name)))
        return Reproducer(id_, title, tuple(scripts), tuple(each.command for each in scripts))

    def _first_of(self, breaks: pd.DataFrame, event: str) -> tuple[pd.Series[Any], str]:
        judged = {name for name, value in self._standing.items() if value in JUDGED}
        chosen, why = breaks, "the first"
        of_judged = breaks[breaks["scenario"].isin(judged)]
        violating = breaks[breaks["violation"].fillna(False).astype(bool)]
        if len(violating):
            chosen, why = violating, "the first that breaks a promise"
        elif len(of_judged):
            chosen, why = of_judged, "the first of a scenario asked to hold"
        if not len(chosen):
            raise NoBreakError(f"{event} has no breaks")
        row = chosen.iloc[0]
        total = count(len(breaks), "break")
        return row, f"break {row['id']} ({row['scenario']}): of {total} at {event}, {why}"

    @cached_property
    def _standing(self) -> Mapping[str, str]:
        return standings(self._results)

    def _array(self, row: Row) -> str:
        """The name of the first array that differs; the first of all where none is named."""
        name = re.sub(r"\[[\d,]*\]$", "", str(row["first_index"]))
        seen = self._recorded.seen(str(row["scenario"]), places(row)[0])
        return name or next((array for _, array, _ in seen), "")

    def _recorded_once(self, row: Row, left: Where, right: Where) -> dict[str, dict[str, str]]:
        """What one script shows of both sides."""
        scenario, array = str(row["scenario"]), self._array(row)
        if row["level"] == "rerun":  # from and to are the beginnings of two names
            start, to = (str(row[side]) for side in ("from", "to"))
            names = [array]
            if array.startswith(start):
                names.append(to + array[len(start) :])
            elif array.startswith(to):
                names.insert(0, start + array[len(to) :])
            return {name: self._recorded.labelled(left, scenario, name) for name in names}
        if row["level"] == "process":
            return {array: self._recorded.labelled(left, scenario, array)}
        both = [
            self._recorded.labelled(place, scenario, array, f" on {place.machine}")
            for place in (left, right)
        ]
        return {array: both[0] | both[1]}

    def _script(
        self,
        row: Row,
        title: str,
        about: tuple[str, ...],
        place: Where,
        recorded: Mapping[str, Mapping[str, str]],
    ) -> str:
        plan = self._results.plan
        environment = plan.environment(place.environment)
        setting = plan.setting(place.setting)
        variables = trial_environment(
            {}, setting.env, threads=setting.threads, device=place.device, home=Path()
        )
        drawn = () if "PYTHONHASHSEED" in setting.env else ("PYTHONHASHSEED",)
        side = Side(
            title=title,
            about=(f"This side: {place}.", *about),
            scenario=str(row["scenario"]),
            python=self._recorded.pythons.get(place, ""),
            packages=self._recorded.packages.get((place.environment, place.machine), {}),
            installed=environment.interpreter is None,
            backend=environment.backend,
            keras=environment.keras,
            threads=setting.threads,
            device=place.device,
            variables={
                name: value
                for name, value in variables.items()
                if name not in (*_OWN, *drawn) or name in setting.env
            },
            recorded=recorded,
        )
        return script(side)

    def _command(self, place: Where, name: str) -> str:
        if self._results.plan.environment(place.environment).interpreter is not None:
            return f"python {name}"
        python = python_of(self._recorded.pythons.get(place, ""))
        return f"uv run --python {python} {name}" if python else f"uv run {name}"

    def _about(self, row: Row) -> tuple[str, ...]:
        """What is known about the break, for the head of the scripts."""
        scenario = self._results.scenarios.get(str(row["scenario"]))
        lines = []
        if row["violation"] is not pd.NA and row["violation"]:
            promise = scenario.promise if scenario else ""
            source = scenario.promise_source if scenario else ""
            lines.append(f"Documented otherwise: {promise} ({source})")
        if row["known"]:
            lines.append(f"Known cause: {row['known']} {row['url']}".strip())
        if row["confounders"]:
            lines.append(f"What else differs between the sides: {row['confounders']}.")
        return tuple(lines)


def _brief(ids: Iterable[str]) -> str:
    ids = list(ids)
    return ", ".join(ids[:_LISTED]) + (", …" if len(ids) > _LISTED else "")


def _word(text: str) -> str:
    """Text as a part of a file's name: nothing that a shell or a file system gives a meaning."""
    return re.sub(r"[^A-Za-z0-9.]+", "_", text).strip("._")[:40] or "x"
