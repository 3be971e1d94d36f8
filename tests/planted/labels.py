"""What each case gives in each cell, as labels: one stands for the bytes of an array."""

from __future__ import annotations

from collections.abc import Hashable
from typing import NamedTuple, TypeAlias

from tests.planted.cases import APIS, CONDITIONS, Case, Fault
from tests.planted.layout import Cell

_EVERY_CALL = ("clock", "entropy", "unseeded_python", "unseeded_numpy")
_HASHED = ("hash_seed", "set_order")

Label: TypeAlias = Hashable
PLAIN = "plain"


class Chance(NamedTuple):
    """The label of what differs between launches; every_call: and within one as well."""

    source: str
    every_call: bool


Result: TypeAlias = dict[str, Label]  # array → its label, in creation order


def result(case: Case, cell: Cell) -> Result:
    """The arrays that a case gives in a cell, each with its label; empty without the API."""
    if case.api != "build" and cell.stack.framework not in APIS[case.api]:
        return {}
    found: Result = {}
    for side in ("first", "second")[: case.rebuilds]:
        labels: Result = {spec.name: PLAIN for spec in case.arrays}
        for fault in case.faults:
            if _shows(fault, cell, side):
                labels = _spoilt(labels, fault, cell, side)
        found |= {f"{side}/{name}": label for name, label in labels.items()}
    return found


def _shows(fault: Fault, cell: Cell, side: str) -> bool:
    condition = CONDITIONS[fault.condition]
    stack = cell.stack
    now = {
        "python": stack.python,
        "threads": 1 if cell.setting == "one_thread" else 2,
        "flag": "1" if cell.setting == "flag" else "",
    }
    released = (
        stack.second in condition.second
        if condition.second
        else stack.framework in condition.framework
    )
    met = all(now[name] == value for name, value in condition.when.items())
    return released and met and (fault.source != "call_count" or side == "second")


def _spoilt(labels: Result, fault: Fault, cell: Cell, side: str) -> Result:
    names = list(labels)
    at = names.index(fault.array)
    wrong = _label(fault, cell)
    if fault.effect == "extra_draw":
        return labels | dict.fromkeys(names[at:], wrong)
    if fault.effect == "call_order":
        return {name: (fault.effect, side, name) for name in names}
    if fault.effect == "creation_order":
        return dict(reversed(labels.items()))
    if fault.effect == "array_added":
        return labels | {"added": PLAIN}
    if fault.effect in ("array_gone", "array_renamed"):
        new = ["renamed"] if fault.effect == "array_renamed" else []
        return dict.fromkeys([*names[:at], *new, *names[at + 1 :]], PLAIN)
    return labels | {fault.array: wrong}


def _label(fault: Fault, cell: Cell) -> Label:
    if fault.source in _HASHED and cell.setting == "fixed_hash":
        # Python 3.11 computes the hash of a text otherwise (SipHash 1-3 in place of 2-4).
        return fault.effect, cell.stack.python
    if fault.source and fault.source != "call_count":
        return Chance(fault.source, fault.source in _EVERY_CALL)
    return fault.effect
