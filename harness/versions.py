"""Several records of one launch, as merging brings them together, and which of them counts.

Records of the same machine, cell and trial that say different things are all kept: the newest as
`<trial>.jsonl`, the others beside it as `<trial>.<start of its SHA-256>.jsonl`. Which one is the
newest follows from the records alone, so that it does not matter in what order they came.

A machine measures a trial again when the matrix or the lock changed, or when it is told to: then
the older record ended before the newer began, or was made from other inputs. It is superseded, and
the newer one counts, as if it had been measured again here. Two records that were made from the
same inputs in the same minutes cannot both be this trial on this machine: two machines have one id,
or a record was changed. They contradict each other, and neither counts.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from harness.records import Trial

DIGITS = 16  # of the digest, in the name of a file


@dataclass(frozen=True)
class Version:
    """One record of a launch, and the SHA-256 of its file."""

    trial: Trial
    digest: str

    @classmethod
    def of(cls, trial: Trial) -> Version:
        """That of a record on file."""
        return cls(trial, hashlib.sha256(trial.path.read_bytes()).hexdigest())

    @property
    def age(self) -> tuple[datetime, str]:
        """What decides which record is the newest: the start, then the content."""
        return self.trial.header.started, self.digest


@dataclass(frozen=True)
class Versions:
    """All records of one launch. conflicting: those that contradict the newest."""

    newest: Version
    superseded: tuple[Version, ...]
    conflicting: tuple[Version, ...]


def aside(trial: int, digest: str) -> str:
    """The name of the file of a record that is not the newest."""
    return f"{trial}.{digest[:DIGITS]}.jsonl"


def versions(found: Iterable[Version]) -> Versions:
    """Sort out one record or more of one launch; equal files count once."""
    # The first of equal files is the one with the plain name, as files are sorted.
    distinct: dict[str, Version] = {}
    for each in found:
        distinct.setdefault(each.digest, each)
    *older, newest = sorted(distinct.values(), key=lambda each: each.age)
    conflicting = tuple(each for each in older if _contradict(each.trial, newest.trial))
    superseded = tuple(each for each in older if each not in conflicting)
    return Versions(newest, superseded, conflicting)


def conflict(found: Versions) -> str:
    """Why none of the records of a launch counts, beginning with the place of the newest."""
    path = found.newest.trial.path
    others = ", ".join(each.trial.path.name for each in found.conflicting)
    return (
        f"{'/'.join(path.parts[-3:])}: contradicts {others}, made from the same inputs at the same "
        "time. Two machines may have one id, or a record was changed. None of them counts: delete "
        "what is wrong, or measure this cell again with --fresh"
    )


def _contradict(older: Trial, newer: Trial) -> bool:
    same_inputs = older.header.inputs == newer.header.inputs
    starts = older.header.started, newer.header.started
    return same_inputs and (starts[0] == starts[1] or older.end.finished > starts[1])
