"""Folders of records as tests of merging need them, and what lies in one afterwards."""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.merge import Outcome, merge
from tests.unit.analysis.builder import Recorder

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

X = {"recipes/x": {"w": np.arange(3.0)}}
LOCK = ".merge.lock"


def reports(folder: Path, *machines: str, value: float = 1.0, **facts: Any) -> Path:
    """A `reports/` folder: two launches of one cell on each machine."""
    for machine in machines:
        for trial in (1, 2):
            arrays = {"recipes/x": {"w": np.full(3, value), "shared": np.arange(4)}}
            Recorder(folder / "data").trial("tf1", trial, arrays, machine=machine, **facts)
    return folder


def merged(into: Path, *folders: Path) -> Outcome:
    return merge(folders, into, lambda _line: None)


def tree(folder: Path) -> dict[str, bytes]:
    """Every file, by its place."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != LOCK
    }


def all_orders(tmp_path: Path, folders: Sequence[Path]) -> list[dict[str, bytes]]:
    """What comes of every order, all at once and one after another, and each of these twice."""
    found = []
    for number, order in enumerate(permutations(folders)):
        at_once, stepwise = tmp_path / f"at_once{number}", tmp_path / f"stepwise{number}"
        for _ in range(2):
            merged(at_once, *order)
            for folder in order:
                merged(stepwise, folder)
            found += [tree(at_once), tree(stepwise)]
    return found


def same(trees: Iterable[dict[str, bytes]]) -> dict[str, bytes]:
    """The one tree that all of these are."""
    first, *others = trees
    for other in others:
        assert other == first
    return first


def refused(outcome: Outcome) -> dict[str, str]:
    return {place: why for each in outcome.sources for place, why in each.refused}
