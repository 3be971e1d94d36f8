"""A real S3-compatible server on loopback, in a process of its own: requests go over HTTP."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import s3fs

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

BUCKET = "bucket"
_LISTENING = re.compile(r"Running on (http://127\.0\.0\.1:\d+)")


@contextmanager
def serving(log: Path, **variables: str) -> Iterator[str]:
    """The server's address, on a port that was free; its log has a line for each request."""
    command = [str(Path(sys.executable).with_name("moto_server")), "--port", "0"]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", **variables}
    server = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    assert server.stderr is not None
    try:
        address = ""
        for line in server.stderr:
            if found := _LISTENING.search(line):
                address = found[1]
                break
        assert address, "the server ended before it listened"
        follow = threading.Thread(target=_follow, args=(server.stderr, log))
        follow.start()
        yield address
    finally:
        server.kill()
        server.wait(30)
        if address:
            follow.join(30)
        server.stderr.close()


def use(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have s3fs, here and in processes that are started, ask this server, with made-up keys."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "FSSPEC_", "SAMESEED_")):
            monkeypatch.delenv(name)
    for name, value in {
        "AWS_ENDPOINT_URL": address,
        "AWS_ACCESS_KEY_ID": "made-up",
        "AWS_SECRET_ACCESS_KEY": "made-up-secret",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)
    s3fs.S3FileSystem.clear_instance_cache()  # kept by the URL, whatever the environment says


def _follow(stream: Iterator[str], log: Path) -> None:
    with log.open("w", encoding="utf-8") as file:
        for line in stream:
            file.write(line)
            file.flush()
