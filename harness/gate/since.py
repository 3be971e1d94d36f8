"""`check --since RUN`: what an earlier run knew, so that only what changed since then counts.

A break that was there is no change. One at a comparison that the run did not make counts: nobody
has seen it yet, but it is listed apart. And a result that became another one in the same cell on an
equal basis (`harness.analysis.again`) counts as a difference between two launches, which is what it
is, even where no break shows it. Launches that cease to agree are a break of their own; ones that
begin to agree are no failure.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING

from harness.analysis.changes import changes
from harness.analysis.standing import JUDGED
from harness.errors import ExitCode, SameseedError
from harness.gate.findings import SINCE, UNKNOWN, UNNAMED, Finding, Spot, compared
from harness.history.keep import make
from harness.history.read import as_run, read_runs
from harness.history.runs import SUFFIX, run_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from harness.analysis import Results
    from harness.analysis.changes import Change
    from harness.gate.policy import Policy
    from harness.history.runs import Run, Runs

LAST = "last"
_NEWEST = 3  # named in an error


class RunError(SameseedError):
    """A run that nothing can be held against."""

    exit_code = ExitCode.USAGE


@dataclass(frozen=True)
class Since:
    """An earlier run, beside the results that are judged; `run` is empty where there is none yet.

    compared, broken: where it looked, and where it found a break. changed: results that are others
    since then. lacking: how many of `made` comparisons it did not make.
    """

    run: str
    profile: str = ""
    compared: frozenset[Spot] = frozenset()
    broken: frozenset[Spot] = frozenset()
    changed: tuple[Change, ...] = ()
    lacking: int = 0
    made: int = 0

    @property
    def sentence(self) -> str:
        """What there is to know before anything else; empty if nothing."""
        if not self.run:
            return "No earlier run is on file: everything counts."
        if not self.lacking:
            return ""
        return (
            f"{self.lacking:,} of {self.made:,} comparisons were not made in {self.run} "
            f"(profile {self.profile}): a break there counts."
        )


def since(results: Results, folder: Path, wanted: str) -> Since:
    """The run `wanted` of those in `folder`, or the last one before `results`.

    Raises RunError.
    """
    made = make(results)
    own = made.run if made else "9"
    base = _chosen(read_runs(folder), wanted, own, results.plan.profile)
    if base is None or made is None:
        return Since("")
    now = as_run(made.content, made.run)
    looked = compared(results)
    searched = frozenset(_spots(base, broken=False))
    return Since(
        run=base.id,
        profile=base.about.profile,
        compared=searched,
        broken=frozenset(_spots(base, broken=True)),
        changed=tuple(
            each
            for each in changes((base, now), [name for name, _ in now.about.scenarios])
            if each.equal and each.before and each.after
        ),
        lacking=len(looked - searched),
        made=len(looked),
    )


def _chosen(known: Runs, wanted: str, own: str, profile: str) -> Run | None:
    """The run; none where the last one is wanted, and there is none yet.

    The last one is that of the same profile, if there is any: where nights and Sundays measure
    different ones, the run before made few of the comparisons.
    """
    earlier = [run for run in known.runs if run.id < own]
    if wanted == LAST:
        alike = [run for run in earlier if run.about.profile == profile]
        return next(reversed(alike or earlier), None)
    wanted = run_id(wanted).removesuffix(SUFFIX)
    if wanted == own:
        raise RunError(f"--since {wanted} is the run of these very records: name an earlier one")
    for run in known.runs:
        if run.id == wanted:
            if run.id > own:
                raise RunError(f"--since {wanted} is newer than these records: name an earlier one")
            return run
    raise RunError(_unknown(known, wanted, [run.id for run in earlier]))


def _unknown(known: Runs, wanted: str, earlier: Sequence[str]) -> str:
    for sentence in known.refused:
        if sentence.startswith(f"history/{wanted}{SUFFIX}: "):
            return f"--since {wanted} cannot be used: {sentence}"
    said = f"--since {wanted}: there is no such run on file"
    if not earlier:
        return f"{said}, nor any other before these records: sameseed report keeps one"
    close = get_close_matches(wanted, earlier, n=1)
    hint = f"did you mean {close[0]}? " if close else ""
    newest = ", ".join(list(reversed(earlier))[:_NEWEST])
    return f"{said}: {hint}the newest are {newest}; or write {LAST}"


def _spots(run: Run, *, broken: bool) -> Iterator[Spot]:
    """Where the run compared scenarios that are asked to hold, or where these broke."""
    scenarios = run.about.scenarios
    for step in run.about.steps:
        event, cell = _event(step.step), f"{step.environment}.{step.setting}.{step.device}"
        for position in step.broken if broken else step.compared:
            name, standing = scenarios[position]
            if standing in JUDGED:
                yield Spot(event, cell, name)


def _event(step: str) -> str:
    """A step as the gate names it: machines come and go."""
    axis = step.partition(":")[0]
    return axis if axis in UNNAMED else step


def changed(earlier: Since, results: Results, policy: Policy) -> tuple[Finding, ...]:
    """The results that are others now, once per cell on however many machines."""
    found: dict[Spot, Finding] = {}
    for each in earlier.changed:
        scenario = results.scenarios.get(each.scenario)
        environment = each.cell.partition(".")[0]
        promised = (
            scenario is not None
            and "process" in scenario.promise_levels
            and environment in scenario.promised_in
        )
        spot = Spot(SINCE, each.cell, each.scenario)
        found[spot] = Finding(
            spot=spot,
            level="process",
            axis=SINCE,
            values=(earlier.run, each.run),
            kind=UNKNOWN,
            violation=promised,
            action=policy.action(each.scenario, "process", violation=promised),
            known="",
            url="",
            breaks=(),
        )
    return tuple(found.values())
