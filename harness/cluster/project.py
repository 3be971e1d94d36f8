"""What is measured, as workers get it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from harness.assignments import suite_digest
from harness.cluster.bundle import digest
from harness.cluster.worker import version

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.cluster.channel import Channel
    from harness.cluster.units import Unit
    from harness.plan import Plan


@dataclass(frozen=True)
class Project:
    """A plan, and the files that it was made from.

    known: records that a worker of that machine need not measure again, by
    `<machine>/<cell>/<trial>.jsonl`.
    """

    plan: Plan
    bundle: bytes
    known: Mapping[str, bytes] = field(default_factory=dict)

    def task(self, unit: Unit, channel: Channel) -> dict[str, Any]:
        """What `harness.cluster.worker.measure` takes: plain values alone."""
        channel.units.append(unit)
        return {
            "unit": len(channel.units) - 1,
            "environments": list(unit.environments),
            "devices": ",".join(unit.devices),
            "profile": self.plan.profile,
            "bundle": self.bundle,
            "digest": digest(self.bundle),
            "known": self.known_of(unit),
            "queue": channel.name,
            "stop": channel.stop_name,
            **about_us(),
        }

    def known_of(self, unit: Unit) -> dict[str, bytes]:
        """The records of a unit's cells among those known."""
        return {
            path: content
            for path, content in self.known.items()
            if path.split("/")[1] in unit.cells
        }


def about_us() -> dict[str, str]:
    """What a worker must have, too."""
    return {"version": version(), "suite": suite_digest()}
