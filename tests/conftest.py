"""Fixtures that several folders share."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests.project import Project, kill_tree

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator
    from pathlib import Path

os.environ.pop("SAMESEED_STORE", None)  # the caller's store is not the tests'

# A busy machine is no reason to fail a property.
settings.register_profile("sameseed", deadline=None)
settings.load_profile("sameseed")


@pytest.fixture(scope="session")
def virtualenvs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("audited")
    yield folder
    shutil.rmtree(folder, ignore_errors=True)  # some GB


@pytest.fixture(scope="session")
def make_project(
    tmp_path_factory: pytest.TempPathFactory, virtualenvs: Path
) -> Callable[[], Project]:
    return lambda: Project(tmp_path_factory.mktemp("project"), virtualenvs)


@pytest.fixture
def project(make_project: Callable[[], Project]) -> Project:
    return make_project()


@pytest.fixture
def ended() -> Iterator[list[subprocess.Popen[bytes]]]:
    """Processes to end, with all that they started, when the test is over."""
    processes: list[subprocess.Popen[bytes]] = []
    yield processes
    for process in processes:
        kill_tree(process.pid)
        process.wait(30)
