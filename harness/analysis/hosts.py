"""What machines are called where they are compared: by their label, where that tells enough.

Jobs of a CI service find another machine every time. Where people gave those that stand for each
other one label (`SAMESEED_MACHINE`), and no cell counts on two of them, they are one host:
environments that were measured on its machines are compared as if on one, and what is recorded of
the machines and differs is named as a confounder. Of several that measured a cell one after the
other, the last one counts (`selection`); where they did at the same time the label tells nothing,
and these are hosts of their own.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from harness.labels import is_label

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.records import Header


def labels_of(headers: Iterable[Header]) -> dict[str, str]:
    """Machine → its label, empty where it has none that can be shown.

    Several labels of one machine are taken for a change of mind: the newest counts. The id of
    another machine is no label.
    """
    newest = {
        header.machine.id: header.machine.label
        for header in sorted(headers, key=lambda header: header.started)
    }
    return {
        machine: label if is_label(label) and label not in newest else ""
        for machine, label in newest.items()
    }


def hosts(headers: Iterable[Header]) -> dict[str, str]:
    """Machine → the host that it is, by name; the host with most launches first."""
    headers = list(headers)
    labels = labels_of(headers)
    users: dict[tuple[str, str], set[str]] = defaultdict(set)
    for header in headers:
        users[labels[header.machine.id], header.cell].add(header.machine.id)
    shared = {label for (label, _), machines in users.items() if len(machines) > 1}
    found = {
        machine: label if label and label not in shared else machine
        for machine, label in labels.items()
    }
    launches = Counter(found[header.machine.id] for header in headers)
    return dict(sorted(found.items(), key=lambda each: (-launches[each[1]], each[1], each[0])))
