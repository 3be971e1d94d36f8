"""Virtualenvs: current only while the lock's digest matches. Real uv, one small package."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from harness import install, interpreters
from harness.errors import InstallError
from harness.lock import Locked

VERSION = ".".join(map(str, sys.version_info[:2]))
SIX = {
    "1.17.0": (
        "sha256:4721f391ed90541fddacab5acf947aa0d3dc7d27b2e1e8eda2be8970586c3274",
        "sha256:ff70335d468e7eb6ec65b95b99d3a2836546063f63acc5171de367e834932a81",
    ),
    "1.16.0": (
        "sha256:1e61c37477a1626458e36f7b1d82aa5c9b094fa4802892072e49de9c60c4c926",
        "sha256:8abb2f1d86890a2dfb989f9a77cfcfd3e47c2a354b01111771326f8aa26e0254",
    ),
}


def locked(version: str) -> Locked:
    return Locked(VERSION, (f"six=={version}",), (SIX[version],))


def version_in(python: Path) -> str:
    code = "import six; print(six.__version__)"
    return subprocess.run(
        [str(python), "-c", code], capture_output=True, text=True, check=True
    ).stdout.strip()


def test_reuse_is_decided_by_the_lock_and_not_by_the_name(tmp_path: Path) -> None:
    folder = tmp_path / "venv"
    said: list[str] = []

    python = install.install(folder, locked("1.16.0"), said.append)
    assert version_in(python) == "1.16.0"
    assert any("installing 1 packages" in line for line in said)

    said.clear()
    install.install(folder, locked("1.16.0"), said.append)
    assert said == []

    install.install(folder, locked("1.17.0"), said.append)
    assert version_in(python) == "1.17.0"


def test_a_virtualenv_that_somebody_changed_is_made_anew(tmp_path: Path) -> None:
    """Else a report would say of one version what was measured on another."""
    folder = tmp_path / "venv"
    python = install.install(folder, locked("1.17.0"), lambda line: None)
    command = [interpreters.uv(), "pip", "install", "--python", str(python), "six==1.16.0"]
    subprocess.run(command, check=True, capture_output=True)

    assert not install.is_current(folder, locked("1.17.0"))
    install.install(folder, locked("1.17.0"), lambda line: None)
    assert version_in(python) == "1.17.0"


def test_a_half_made_virtualenv_is_made_anew(tmp_path: Path) -> None:
    folder = tmp_path / "venv"
    python = install.install(folder, locked("1.16.0"), lambda line: None)
    python.unlink()

    assert not install.is_current(folder, locked("1.16.0"))
    assert version_in(install.install(folder, locked("1.16.0"), lambda line: None)) == "1.16.0"


def test_pruning_tells_what_it_frees(tmp_path: Path) -> None:
    """uv links files from its cache, which keeps them: those free nothing."""
    folder = tmp_path / "venv"
    install.install(folder, locked("1.17.0"), lambda line: None)
    (folder / "own").write_bytes(bytes(5000))
    os.link(folder / "own", tmp_path / "elsewhere")

    size, freed = install.prune(folder)

    assert size >= freed + 5000
    assert not folder.exists()
    assert install.prune(folder) == (0, 0)


def test_what_is_no_finished_virtualenv_is_not_pruned(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("keep")

    assert install.prune(tmp_path) == (0, 0)
    assert (tmp_path / "mine").exists()


def test_a_package_with_other_bytes_than_locked_is_refused(tmp_path: Path) -> None:
    tampered = replace(locked("1.17.0"), hashes=(("sha256:" + "0" * 64,),))

    with pytest.raises(InstallError, match=r"(?i)hash") as refused:
        install.install(tmp_path / "venv", tampered, lambda line: None)

    assert refused.value.status == "install_failed"
    assert not install.is_current(tmp_path / "venv", tampered)


def test_what_the_lock_could_not_resolve_is_install_failed(tmp_path: Path) -> None:
    with pytest.raises(InstallError, match="no wheels for this platform"):
        install.install(
            tmp_path / "venv",
            Locked("3.10", (), (), unresolvable="no wheels for this platform"),
            lambda line: None,
        )


def test_a_python_that_is_nowhere_is_interpreter_missing(tmp_path: Path) -> None:
    with pytest.raises(InstallError, match=r"Python 3\.99 is not on this machine") as missing:
        install.install(tmp_path / "venv", Locked("3.99", (), ()), lambda line: None)

    assert missing.value.status == "interpreter_missing"


def test_a_file_in_the_way_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "venv").write_text("not a folder")

    install.install(tmp_path / "venv", locked("1.16.0"), lambda line: None)

    assert install.is_current(tmp_path / "venv", locked("1.16.0"))


def test_an_existing_interpreter_is_used_as_it_is() -> None:
    assert install.existing(sys.executable) == Path(sys.executable)
    with pytest.raises(InstallError, match="not an executable file") as missing:
        install.existing("/no/such/python")
    assert missing.value.status == "interpreter_missing"


def test_the_interpreter_of_the_tests_is_found() -> None:
    found = interpreters.find(VERSION)

    assert found is not None
    said = subprocess.run([found, "--version"], capture_output=True, text=True, check=True)
    assert VERSION in said.stdout


def test_conda_environments_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    (tmp_path / ".conda").mkdir()
    (tmp_path / ".conda/environments.txt").write_text(f"/gone\n{sys.prefix}\n")

    found = list(interpreters.CondaProvider.create().find_pythons())

    assert [Path(version.executable).parent.parent for version in found] == [Path(sys.prefix)]
