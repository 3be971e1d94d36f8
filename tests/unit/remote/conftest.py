"""Stores to send to: a folder, and a bucket on a server that the tests start."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import pytest
import s3fs

from tests.unit.remote.server import BUCKET, serving, use

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("server") / "log"


@pytest.fixture(scope="session")
def server(log: Path) -> Iterator[str]:
    with serving(log) as address:
        yield address


@pytest.fixture
def s3(server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A prefix of a bucket, with nothing below it."""
    use(server, monkeypatch)
    files = s3fs.S3FileSystem()
    if not files.exists(BUCKET):
        files.mkdir(BUCKET)
    return f"s3://{BUCKET}/{uuid.uuid4().hex}"


@pytest.fixture
def local(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.delenv("SAMESEED_STORE", raising=False)
    folder = tmp_path / "a store"
    folder.mkdir()
    return str(folder)


@pytest.fixture(params=["folder", "file", "fsspec", "s3"])
def url(request: pytest.FixtureRequest) -> str:
    """A store of each kind: a path, a file: URL, a folder through fsspec, and S3."""
    if request.param == "s3":
        return str(request.getfixturevalue("s3"))
    folder = str(request.getfixturevalue("local"))
    schemes = {"folder": "", "file": "file://", "fsspec": "local://"}
    return schemes[request.param] + (
        folder.replace(" ", "%20") if request.param == "file" else folder
    )
