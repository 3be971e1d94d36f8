"""The probe on the oldest and the newest Python that are here, with NumPy and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness import interpreters, processes, records
from harness.install import python_of
from tests.unit.probe.test_trial import launch

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("version", ["3.7", "3.8", "3.9", "3.13", "3.14"])
def test_the_probe_runs(tmp_path: Path, version: str) -> None:
    interpreter = interpreters.find(version)
    if interpreter is None:
        pytest.skip(f"no Python {version} on this machine")
    home = tmp_path / "venv"
    for command in (
        ["venv", "--python", interpreter, str(home)],
        ["pip", "install", "--python", str(python_of(home)), "numpy"],
    ):
        code, log = processes.run([interpreters.uv(), *command])
        assert code == 0, log

    done = launch(tmp_path, ["odd/fine", "odd/missing"], python=str(python_of(home)))

    trial = records.read(done.record)
    assert trial.header.python.version.startswith(f"{version}.")
    assert "numpy" in trial.header.packages
    assert [each.status for each in trial.observations] == ["ok", "unsupported"]
    assert [relation.holds for relation in trial.observations[0].relations] == [True]
