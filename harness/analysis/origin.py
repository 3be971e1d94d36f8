"""Where the results of a cell come from: when they were measured, and what they rest on."""

from __future__ import annotations

import hashlib
import json
from datetime import timezone
from typing import TYPE_CHECKING, NamedTuple

from harness.analysis.facts import NEVER

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from harness.records import Header, Trial

_DIGITS = 16


class Origin(NamedTuple):
    """The machine's label, when the newest launch started, and digests.

    Of the basis, and of two of its parts: the suite's source, and the lock.
    """

    label: str
    started: str
    basis: str
    suite: str
    lock: str


def origin(trials: Sequence[Trial]) -> Origin:
    """Of the trials of one cell on one machine that count, none of which may be there."""
    if not trials:
        return Origin("", "", "", "", "")
    newest = max((trial.header for trial in trials), key=lambda header: header.started)
    measured = [trial.header for trial in trials if trial.observations]
    digests = ("", "", "")
    if measured:
        header = measured[0]
        digests = basis(header), header.suite[:_DIGITS], header.lock[:_DIGITS]
    return Origin(newest.machine.label, moment(newest.started), *digests)


def basis(header: Header) -> str:
    """Digest of what decides a result, as far as it is on record and chosen by somebody.

    The suite's source; the lock, or without one Python and the packages; the variables; the kind of
    hardware, for machines that share a label. What gives something else on an equal basis broke
    determinism over time. System, C library and GPU driver are not in it: they are updated behind
    people's backs, and a result that changes with them is what an audit over time looks for.
    """
    machine = header.machine
    parts = (
        header.suite,
        header.lock or [header.python.version, sorted(header.packages.items())],
        sorted(item for item in header.variables.items() if item[0] not in NEVER),
        [machine.cpu, machine.isa, machine.arch, machine.gpu],
    )
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:_DIGITS]


def moment(when: datetime) -> str:
    """A time in UTC to the second, as in `2026-11-22T10:44:12Z`."""
    try:
        when = when.astimezone(timezone.utc)
    except OverflowError:  # at the ends of the calendar, where no clock stands
        when = when.replace(tzinfo=timezone.utc)
    return f"{when.replace(microsecond=0, tzinfo=None).isoformat()}Z"
