"""The project as it travels."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from harness.cluster import ClusterError
from harness.cluster.bundle import pack, unpack

FILES = ("matrix.yaml", "matrix.lock", "noxfile.py", "pyproject.toml", "own/mine.py")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    for name in FILES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(f"this is {name}\r\n".encode())
    return folder


def packed(project: Path, *own: Path, matrix: str = "matrix.yaml") -> bytes:
    path = project / matrix
    return pack(path, path.with_suffix(".lock"), [str(file) for file in own])


def test_what_goes_in_comes_out(project: Path, tmp_path: Path) -> None:
    unpack(packed(project, project / "own/mine.py"), tmp_path / "there")

    for name in FILES:
        assert (tmp_path / "there" / name).read_bytes() == (project / name).read_bytes()


def test_the_same_files_are_the_same_bytes(project: Path) -> None:
    before = packed(project)
    (project / "noxfile.py").touch()

    assert packed(project) == before


def test_nox_finds_the_matrix_whatever_it_is_called_here(project: Path, tmp_path: Path) -> None:
    for suffix in (".yaml", ".lock"):
        (project / f"matrix{suffix}").rename(project / f"other{suffix}")
    unpack(packed(project, matrix="other.yaml"), tmp_path / "there")

    assert (tmp_path / "there/matrix.lock").read_bytes() == b"this is matrix.lock\r\n"


def test_scenarios_outside_of_the_project_are_refused(project: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside.py"
    outside.touch()

    with pytest.raises(ClusterError, match=r"outside of .*project, which is all that workers get"):
        packed(project, outside)


def test_without_a_noxfile_there_is_nothing_to_run(project: Path) -> None:
    (project / "noxfile.py").unlink()

    with pytest.raises(ClusterError, match=r"there is no noxfile\.py in "):
        packed(project)


@pytest.mark.parametrize("name", ["../out", "/out", "a/../../out", "a\\..\\out", "c:out", "a/"])
def test_nothing_is_unpacked_outside(name: str, tmp_path: Path) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr(zipfile.ZipInfo(name), b"x")

    with pytest.raises(ClusterError, match="does not lie in the project's folder"):
        unpack(archive.getvalue(), tmp_path / "deep" / "there")
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
