"""One process per scenario: independent, and survivable."""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
import time
from typing import IO, TYPE_CHECKING, Any

import numpy as np
import pytest

from harness.probe import children

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="forks"),
    # Python 3.12 on warns of any fork beside threads; the probe itself forks only without them.
    pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning"),
]


def forked(scratch: Path, work: Any, seconds: float = 20) -> children.Outcome:
    """`work()` in a forked child that became independent, as the probe runs a scenario."""

    def start(log: IO[bytes], result_path: Path) -> children.Forked:
        def target() -> None:
            children.become_independent(seconds)
            children.write_result(result_path, work())

        return children.Forked(target, log)

    return children.call(start, scratch, seconds)


def test_children_do_not_inherit_entropy(tmp_path: Path) -> None:
    """NumPy's generator; CPython reseeds `random` after a fork by itself."""

    def draw() -> int:
        return int(np.random.randint(2**31))

    np.random.seed(1)

    first = forked(tmp_path / "child", draw)
    second = forked(tmp_path / "child", draw)

    assert first.result != second.result


def test_a_result_comes_back_and_the_scratch_folder_goes(tmp_path: Path) -> None:
    status, message, result, seconds = forked(tmp_path / "child", lambda: {"a": [1, 2.5]})

    assert (status, message, result) == ("ok", "", {"a": [1, 2.5]})
    assert 0 < seconds < 20
    assert not (tmp_path / "child").exists()


def test_a_killed_child_is_a_crash_with_its_signal(tmp_path: Path) -> None:
    def die() -> None:
        faulthandler.disable()  # pytest's would print a trace of the child
        os.kill(os.getpid(), signal.SIGSEGV)

    status, message, result, _ = forked(tmp_path / "child", die)

    assert (status, result) == ("crash", None)
    assert "SIGSEGV" in message


def test_a_child_that_exits_without_a_result_is_a_crash(tmp_path: Path) -> None:
    status, message, _, _ = forked(tmp_path / "child", lambda: os._exit(0))

    assert status == "crash"
    assert "exit code 0 and no result" in message


def test_a_hanging_child_is_ended_at_its_limit(tmp_path: Path) -> None:
    started = time.monotonic()

    status, message, _, _ = forked(tmp_path / "child", lambda: time.sleep(60), seconds=0.5)

    assert (status, message) == ("timeout", "stopped after 0.5 s")
    assert time.monotonic() - started < 10


def test_an_exception_outside_a_scenario_is_a_crash_not_a_hang(tmp_path: Path) -> None:
    def fail() -> None:
        raise MemoryError

    status, message, _, _ = forked(tmp_path / "child", fail)

    assert status == "crash"
    assert "exit code 1" in message


def test_a_spawned_child_is_waited_for_in_the_same_way(tmp_path: Path) -> None:
    code = "import sys, json; json.dump(7, open(sys.argv[1], 'w'))"

    def start(log: IO[bytes], result_path: Path) -> subprocess.Popen[bytes]:
        return children.spawned([sys.executable, "-c", code, str(result_path)], log)

    status, _, result, _ = children.call(start, tmp_path / "child", 30)

    assert (status, result) == ("ok", 7)
