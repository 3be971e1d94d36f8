"""One launch of the probe, as the launcher starts it, beside a stand-in for TensorFlow.

The stand-in has what the probe asks any TensorFlow for, and brings scenarios that fail in their
various ways.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from harness import records
from tests.project import ROOT

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals")

STAND_IN = """
import os, threading
import numpy.random  # as TensorFlow does: the generator is there, and seeded, before any fork
from types import SimpleNamespace as Space
from . import odd

if "STAND_IN_THREAD" in os.environ:  # forking is unsafe beside it
    threading.Thread(target=threading.Event().wait, daemon=True).start()

__version__ = "0.1"
version = Space(GIT_VERSION="", COMPILER_VERSION="")
sysconfig = Space()
test = Space(is_built_with_cuda=lambda: False)
keras = Space(
    __version__="0.2",
    layers=Space(Dense=None),
    backend=Space(floatx=lambda: "float32"),
    utils=Space(),
)
pinned = []
config = Space(
    list_physical_devices=lambda kind: [],
    optimizer=Space(get_jit=lambda: ""),
    threading=Space(
        set_intra_op_parallelism_threads=pinned.append,
        set_inter_op_parallelism_threads=pinned.append,
        get_intra_op_parallelism_threads=lambda: pinned[0],
        get_inter_op_parallelism_threads=lambda: pinned[1],
    ),
)
"""

SCENARIOS = '''
import os, signal, tempfile, time
from harness.scenarios import scenario

@scenario("odd/fine")
def fine(run):
    """Two arrays that agree, and a temporary file that nobody removes, as AutoGraph's."""
    tempfile.mkstemp()
    for name in ("first", "second"):
        run.array(name + "/w", run.numpy.arange(3.0))
    run.relation("first", "second", expected=True, source="arithmetic", level="rerun")

@scenario("odd/drawn")
def drawn(run):
    """A draw from NumPy's generator, which nobody seeded."""
    run.array("w", run.numpy.random.rand(4))

@scenario("odd/drawn_again")
def drawn_again(run):
    """The same again, in another child of the same launch."""
    run.array("w", run.numpy.random.rand(4))

@scenario("odd/wrong")
def wrong(run):
    """A mistake in a scenario, seen by the probe."""
    run.relation("first", "second")

@scenario("odd/missing")
def missing(run):
    """An API that this version lacks."""
    run.api("keras.utils.set_random_seed")

@scenario("odd/slow")
def slow(run):
    """Never ends."""
    time.sleep(60)

@scenario("odd/deadly")
def deadly(run):
    """Takes its process along."""
    os.write(2, b"Check failed:  it is dead\\n")
    os.kill(os.getpid(), signal.SIGKILL)

@scenario("odd/parricide")
def parricide(run):
    """Takes the whole trial along."""
    os.kill(os.getppid(), signal.SIGKILL)
'''

ALL_BUT_THE_LAST = [f"odd/{name}" for name in ("wrong", "missing", "slow", "deadly", "fine")]
MISTAKE = SCENARIOS.splitlines().index('    run.relation("first", "second")') + 1


@dataclass(frozen=True)
class Launched:
    """A probe that ended."""

    code: int
    said: list[str]
    record: Path

    def observations(self) -> dict[str, records.Observation]:
        return {each.scenario: each for each in records.read(self.record).observations}


def launch(
    folder: Path,
    scenarios: list[str],
    device: str = "cpu",
    python: str = sys.executable,
    **variables: str,
) -> Launched:
    """Run the probe in a process of its own, in `folder`."""
    package = folder / "tensorflow"
    package.mkdir()
    package.joinpath("__init__.py").write_text(STAND_IN, encoding="utf-8")
    package.joinpath("odd.py").write_text(SCENARIOS, encoding="utf-8")
    folder.joinpath("tmp").mkdir()
    record = folder / "m1" / f"env.default.{device}" / "1.jsonl"
    header: dict[str, Any] = {"environment": "env", "setting": "default", "device": device}
    specification = {
        "output": str(record),
        "objects": str(folder / "objects"),
        "scratch": str(folder),
        "backend": "tensorflow",
        "device": device,
        "threads": 3,
        "seconds": 5,
        "scenarios": scenarios,
        "header": {
            **header,
            "trial": 1,
            "inputs": "",
            "suite": "",
            "lock": "",
            "machine": {"id": "m1"},
        },
    }
    path = folder / "trial.json"
    path.write_text(json.dumps(specification), encoding="utf-8")
    done = subprocess.run(
        [python, str(ROOT / "harness/probe/__main__.py"), str(path)],
        env={
            **os.environ,
            "PYTHONPATH": str(folder),
            "TMPDIR": str(folder / "tmp"),
            **variables,
        },
        stdout=subprocess.PIPE,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    return Launched(done.returncode, done.stdout.splitlines(), record)


NEVER_FORKS = pytest.mark.skipif(sys.platform == "darwin", reason="its libraries forbid it")


@pytest.fixture(scope="module", params=[pytest.param("fork", marks=NEVER_FORKS), "spawn"])
def launched(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Launched:
    folder = tmp_path_factory.mktemp(request.param)
    variables = {"STAND_IN_THREAD": "1"} if request.param == "spawn" else {}
    done = launch(folder, ALL_BUT_THE_LAST, **variables)
    assert records.read(done.record).header.framework["start_method"] == request.param
    return done


def test_the_record_is_whole_whatever_becomes_of_a_scenario(launched: Launched) -> None:
    trial = records.read(launched.record)

    assert (launched.code, trial.end.status) == (0, "ok")
    assert [each.scenario for each in trial.observations] == ALL_BUT_THE_LAST
    assert trial.header.framework["intra_threads"] == 3
    assert not list(launched.record.parent.glob("*.part"))


def test_a_mistake_in_a_scenario_is_an_error_with_its_line(launched: Launched) -> None:
    wrong = launched.observations()["odd/wrong"]

    assert wrong.status == "error"
    assert wrong.message == f"ValueError: no arrays under 'first' or 'second' (odd.py:{MISTAKE})"
    assert f"ERROR odd/wrong: {wrong.message}" in launched.said


def test_a_missing_api_is_unsupported_and_no_failure(launched: Launched) -> None:
    missing = launched.observations()["odd/missing"]

    assert missing.status == "unsupported"
    assert missing.message == "this version has no keras.utils.set_random_seed"
    assert not [line for line in launched.said if line.startswith("UNSUPPORTED")]


def test_an_endless_scenario_is_a_timeout(launched: Launched) -> None:
    slow = launched.observations()["odd/slow"]

    assert (slow.status, slow.message, slow.seconds) == ("timeout", "stopped after 5 s", 5)


def test_a_dead_process_is_a_crash_with_its_signal(launched: Launched) -> None:
    deadly = launched.observations()["odd/deadly"]

    assert deadly.status == "crash"
    assert deadly.message == "the process died of SIGKILL. Check failed: it is dead"


def test_what_follows_a_crash_is_measured(launched: Launched) -> None:
    fine = launched.observations()["odd/fine"]

    assert [array.array for array in fine.arrays] == ["first/w", "second/w"]
    assert [relation.holds for relation in fine.relations] == [True]
    (stored,) = launched.record.parents[2].glob("objects/*/*.npy")
    assert stored.stem == fine.arrays[0].sha256


def test_temporary_files_go_with_the_child_that_made_them(launched: Launched) -> None:
    assert not list(launched.record.parents[2].joinpath("tmp").iterdir())


def test_two_scenarios_of_one_launch_draw_from_entropy_of_their_own(tmp_path: Path) -> None:
    """NumPy's generator is copied by a fork; unseeded code would look reproducible."""
    drawn = launch(tmp_path, ["odd/drawn", "odd/drawn_again"]).observations()

    assert drawn["odd/drawn"].arrays[0].sha256 != drawn["odd/drawn_again"].arrays[0].sha256


def test_a_trial_that_dies_leaves_its_part_and_no_record(tmp_path: Path) -> None:
    done = launch(tmp_path, ["odd/fine", "odd/parricide"])

    assert done.code == -9
    assert not done.record.exists()
    part = done.record.with_name("1.jsonl.part").read_text(encoding="utf-8")
    kinds = [json.loads(line)["record"] for line in part.splitlines()]
    assert kinds == ["header", "observation"]


def test_a_gpu_trial_without_a_gpu_says_so(tmp_path: Path) -> None:
    done = launch(tmp_path, ["odd/fine"], device="gpu")

    end = records.read(done.record).end
    assert (end.status, end.message) == ("device_missing", "tensorflow sees no GPU")


def test_a_framework_that_fails_to_import_is_install_failed(tmp_path: Path) -> None:
    done = launch(tmp_path, ["recipes/none"], PYTHONPATH=str(tmp_path / "tensorflow"))

    end = records.read(done.record).end
    assert end.status == "install_failed"
    assert end.message.startswith("importing tensorflow failed: ModuleNotFoundError")
