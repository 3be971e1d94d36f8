"""What becomes of an environment before anything is installed."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest

from harness import install, lock, machine, records
from harness.audit import Audit
from harness.plan import Cell
from tests.unit.test_assignments import ENVIRONMENT, PLAN, record
from tests.unit.test_install import locked

if TYPE_CHECKING:
    from pathlib import Path

SIX = locked("1.17.0")
GPU = Cell(ENVIRONMENT.id, "default", "gpu")
NOTHING = lock.Locked("3.10", (), (), unresolvable="no such version")


@pytest.fixture
def uninstallable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Audit:
    """The audit of an environment that the lock could not resolve."""
    monkeypatch.setattr(lock.Lock, "load", lambda path: _Lock(NOTHING))
    return Audit(
        PLAN,
        ENVIRONMENT,
        lock=tmp_path / "matrix.lock",
        data=tmp_path / "data",
        environments=tmp_path / "environments",
        say=lambda line: None,
    )


@pytest.mark.skipif(machine.may_have_gpu(), reason="this machine may have a GPU")
def test_nothing_is_installed_for_gpu_cells_where_there_is_no_gpu(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked = lock.Locked("3.10", ("tensorflow==2.9.3",), ((),))
    monkeypatch.setattr(lock.Lock, "load", lambda path: _Lock(locked))
    monkeypatch.setattr(install, "install", lambda *_: pytest.fail("it was installed"))
    said: list[str] = []
    audit = Audit(
        dataclasses.replace(PLAN, cells=(GPU,), all_cells=(GPU,)),
        ENVIRONMENT,
        lock=tmp_path / "matrix.lock",
        data=tmp_path / "data",
        environments=tmp_path / "environments",
        say=said.append,
    )

    statuses = audit.run(jobs=1, fresh=False)

    assert set(statuses.values()) == {"device_missing"}
    (record,) = (tmp_path / "data").glob("*/*/*.jsonl")
    assert records.read(record).end.message == "this machine has no GPU"
    assert said == ["DEVICE_MISSING: this machine has no GPU"]


def test_what_was_to_be_measured_again_and_could_not_is_no_success(
    uninstallable: Audit,
) -> None:
    """The good records stay, and nobody is told that they are new."""
    audit = uninstallable
    planned = audit._assignments(NOTHING.digest)
    for entry in planned:
        record(entry)

    assert set(audit.run(jobs=1, fresh=False).values()) == {"ok"}
    assert set(audit.run(jobs=1, fresh=True).values()) == {"install_failed"}
    assert {records.read(entry.record).end.status for entry in planned} == {"ok"}


def test_the_reason_is_recorded_where_only_a_later_launch_is_missing(
    uninstallable: Audit,
) -> None:
    first, second = uninstallable._assignments(NOTHING.digest)
    record(first)

    uninstallable.run(jobs=1, fresh=False)

    assert records.read(first.record).end.status == "ok"
    assert records.read(second.record).end.message == "no such version"


@pytest.mark.parametrize(
    ("measured", "kept"), [((1, 2), False), ((1,), True)], ids=["all measured", "one is not"]
)
def test_a_virtualenv_is_pruned_only_when_nothing_is_left_to_measure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, measured: tuple[int, ...], kept: bool
) -> None:
    """What failed stays to be looked at, and to be tried again."""
    monkeypatch.setattr(lock.Lock, "load", lambda path: _Lock(SIX))
    home = tmp_path / "environments" / ENVIRONMENT.id
    install.install(home, SIX, lambda line: None)  # without TensorFlow: measuring it fails
    audit = Audit(
        PLAN,
        ENVIRONMENT,
        lock=tmp_path / "matrix.lock",
        data=tmp_path / "data",
        environments=tmp_path / "environments",
        say=lambda line: None,
    )
    for entry in audit._assignments(SIX.digest):
        if entry.trial in measured:
            record(entry)

    statuses = audit.run(jobs=1, fresh=False, prune=True)

    assert home.exists() is kept
    assert (set(statuses.values()) != {"ok"}) is kept


class _Lock:
    """A lock file's content that knows one environment."""

    def __init__(self, locked: lock.Locked) -> None:
        self._locked = locked

    def locked(self, *_: object, **__: object) -> lock.Locked:
        return self._locked
