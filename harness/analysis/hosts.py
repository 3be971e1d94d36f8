"""What machines are called where they are compared: by their label, where that tells enough.

Jobs of a CI service find another machine every time. Where people gave those that stand for each
other one label (`SAMESEED_MACHINE`), and no cell was measured on two of them, they are one host:
environments that were measured on its machines are compared as if on one, and what is recorded of
the machines and differs is named as a confounder. A label that two machines of one cell share tells
nothing; these are hosts of their own.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from harness.labels import is_label

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.analysis.frames import Where


def hosts(measured: Iterable[tuple[Where, str]]) -> dict[str, str]:
    """Machine → the host that it is, by name; the host with most launches first.

    measured: for each launch its place and its machine's label, the newest last. Several labels of
    one machine are taken for a change of mind: the newest counts.
    """
    measured = list(measured)
    labels = {here.machine: label for here, label in measured}
    users: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for here, _ in measured:
        users[labels[here.machine], here.environment, here.setting, here.device].add(here.machine)
    shared = {label for (label, *_), machines in users.items() if len(machines) > 1}
    found = {
        machine: label
        if is_label(label) and label not in shared and label not in labels
        else machine
        for machine, label in labels.items()
    }
    launches = Counter(found[here.machine] for here, _ in measured)
    return dict(sorted(found.items(), key=lambda each: (-launches[each[1]], each[1], each[0])))
