"""A plan as jobs of a CI service: which environments are measured on which runner, in how many.

Pure, like the plan it is made from: the same matrix, lock and options give the same jobs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from harness.lock import has_gpu

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from harness.lock import Lock
    from harness.plan import Cell, Plan

MAX_JOBS = 256  # that GitHub makes of one matrix

# What a job may take, in minutes: a limit, generous, for it ends one that hangs. A job on a hosted
# runner is ended after 360 by GitHub, and then leaves no records.
_MINUTES = 30
_MINUTES_ENVIRONMENT = 10
_MINUTES_LAUNCH = 5
_MAX_MINUTES = 345

Spread: TypeAlias = Literal["environment", "runner"]


@dataclass(frozen=True)
class Runner:
    """A kind of machine that jobs run on.

    labels: what GitHub finds it by. platform: as the lock names it. devices: what it measures.
    """

    labels: tuple[str, ...]
    platform: str
    devices: tuple[str, ...] = ("cpu",)


RUNNERS = {
    "linux-x64": Runner(("ubuntu-24.04",), "linux-x86_64"),
    "linux-arm64": Runner(("ubuntu-24.04-arm",), "linux-aarch64"),
    "macos": Runner(("macos-15",), "macos-arm64"),
    "windows": Runner(("windows-2025",), "windows-x86_64"),
    "gpu": Runner(("self-hosted", "linux", "x64", "gpu"), "linux-x86_64", ("cpu", "gpu")),
}


@dataclass(frozen=True)
class Job:
    """What one job measures. Its fields are what the workflows read."""

    name: str  # fit for an artefact
    runner: str  # a key of `RUNNERS`
    runs_on: tuple[str, ...]
    platform: str
    environments: str  # ids, separated by spaces
    devices: str  # separated by commas, as `sameseed probe --devices` takes them
    minutes: int  # the time-out


@dataclass(frozen=True)
class LeftOut:
    """An environment that is not measured on a runner, and why."""

    runner: str
    environment: str
    reason: str


@dataclass(frozen=True)
class _Share:
    """One environment on one runner."""

    environment: str
    launches: int


def jobs(
    plan: Plan,
    lock: Lock,
    platforms: Sequence[str],
    runners: Sequence[str],
    *,
    spread: Spread = "environment",
    limit: int = MAX_JOBS,
) -> tuple[tuple[Job, ...], tuple[LeftOut, ...]]:
    """The jobs that measure a plan on some runners, and what is not measured there.

    platforms: those of the matrix, which its lock was made for. spread: `environment`, a job for
    each environment on each runner, or several environments to a job where that would exceed the
    limit; `runner`, one job per runner.

    Raises `LockError` where the lock does not fit the matrix, `ValueError` where there are more
    runners than jobs.
    """
    if len(runners) > limit:
        raise ValueError(f"{len(runners)} runners need {len(runners)} jobs or more, not {limit}")
    shares: dict[str, list[_Share]] = {}
    left: list[LeftOut] = []
    cells = _cells(plan)
    environments = {each.id: each for each in plan.environments}
    # What a GPU is compared with is measured on the same machine.
    beside = [environments[id_].axes for id_, own in cells.items() if _count(own, "gpu")]
    for runner in runners:
        place = RUNNERS[runner]
        for id_, own in cells.items():
            environment = environments[id_]
            launches = plan.trials * _count(own, *place.devices)
            if environment.interpreter:
                reason = "`interpreter:` names a file of one machine: measure it there"
            elif "gpu" in place.devices and environment.axes not in beside:
                reason = "neither a GPU cell nor what one is compared with"
            elif not launches:
                reason = "GPU cells alone, which are measured on the runner gpu"
            elif place.platform not in platforms:
                reason = f"`platforms` in matrix.yaml lacks {place.platform}"
            else:
                gpu = has_gpu(plan, environment)
                reason = lock.locked(environment, place.platform, gpu=gpu).unresolvable
            if reason:
                left.append(LeftOut(runner, id_, reason))
            else:
                shares.setdefault(runner, []).append(_Share(id_, launches))
    found = [
        _job(runner, part, position, spread)
        for runner, number in _numbers(shares, spread, limit).items()
        for position, part in enumerate(_parts(shares[runner], number), start=1)
    ]
    return tuple(found), tuple(left)


def _cells(plan: Plan) -> dict[str, list[Cell]]:
    """Environment → its cells in the plan's profile, less those that are excluded."""
    found: dict[str, list[Cell]] = {}
    for cell in plan.cells:
        if not cell.excluded:
            found.setdefault(cell.environment, []).append(cell)
    return found


def _count(cells: Sequence[Cell], *devices: str) -> int:
    return sum(cell.device in devices for cell in cells)


def _numbers(shares: dict[str, list[_Share]], spread: Spread, limit: int) -> dict[str, int]:
    """How many jobs each runner gets."""
    if spread == "runner":
        return dict.fromkeys(shares, 1)
    numbers = {runner: len(parts) for runner, parts in shares.items()}
    if sum(numbers.values()) <= limit:
        return numbers
    # One each; then whoever's jobs are the longest gets one more.
    totals = {runner: sum(map(_weight, parts)) for runner, parts in shares.items()}
    given = dict.fromkeys(shares, 1)
    for _ in range(limit - len(shares)):
        longest = max(
            (runner for runner in shares if given[runner] < numbers[runner]),
            key=lambda runner: totals[runner] / given[runner],
        )
        given[longest] += 1
    return given


def _parts(shares: Sequence[_Share], number: int) -> list[list[_Share]]:
    """Shares in `number` parts of about equal length, each in matrix order."""
    if number == len(shares):
        return [[share] for share in shares]
    parts: list[list[_Share]] = [[] for _ in range(number)]
    loads = [0] * number
    for share in sorted(shares, key=_weight, reverse=True):
        lightest = loads.index(min(loads))
        parts[lightest].append(share)
        loads[lightest] += _weight(share)
    return [[share for share in shares if share in part] for part in parts]


def _weight(share: _Share) -> int:
    """How long it takes, roughly, in minutes: to install, then to launch."""
    return 2 + share.launches


def _job(runner: str, shares: Sequence[_Share], position: int, spread: Spread) -> Job:
    place = RUNNERS[runner]
    what = (
        shares[0].environment if len(shares) == 1 else f"part-{position:03}"
    )  # no id has a hyphen
    return Job(
        name=runner if spread == "runner" else f"{runner}-{what}",
        runner=runner,
        runs_on=place.labels,
        platform=place.platform,
        environments=" ".join(share.environment for share in shares),
        devices=",".join(place.devices),
        minutes=min(_MAX_MINUTES, _minutes(shares)),
    )


def _minutes(shares: Iterable[_Share]) -> int:
    return _MINUTES + sum(
        _MINUTES_ENVIRONMENT + _MINUTES_LAUNCH * share.launches for share in shares
    )
