"""A store that fails: one sentence with what to do, within a bounded time, and no password."""

from __future__ import annotations

import importlib.util
import re
import socket
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import s3fs

from harness.errors import ExitCode
from harness.progress import NOX
from harness.remote import Sending, StoreError, open_store
from harness.remote.stores import without_secrets
from tests.unit.merge.folders import reports
from tests.unit.remote.server import BUCKET, serving, use
from tests.unit.remote.test_stores import receive, send, stored

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SECRET = "tr0ub4dor"


def failure(call: Callable[[], object]) -> StoreError:
    with pytest.raises(StoreError) as raised:
        call()
    text = str(raised.value)
    assert "\n" not in text
    assert SECRET not in text
    return raised.value


@pytest.fixture
def denying(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A server that knows no key, and therefore answers 403."""
    with serving(tmp_path / "log", INITIAL_NO_AUTH_ACTION_COUNT="0") as address:
        use(address, monkeypatch)
        yield f"s3://{BUCKET}/prefix"


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("", "--store names nothing"),
        ("nope://bucket/x", "Protocol not known: nope. Write a folder"),
        (f"nope://me:{SECRET}@host/x", "nope://host/x is no store"),
        (f"file://me:{SECRET}@server/share", "write a folder as file:///path"),
        ("/no/such/folder", "/no/such/folder: there is no such folder. Mount it, or make it"),
        ("file:///no/such%20folder", "/no/such folder: there is no such folder"),
    ],
)
def test_what_is_no_store_is_2_and_says_what_to_write(url: str, says: str) -> None:
    error = failure(lambda: open_store(url))
    assert says in str(error)
    assert error.exit_code == ExitCode.USAGE


@pytest.mark.skipif(importlib.util.find_spec("gcsfs") is not None, reason="gcsfs is installed")
def test_a_package_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(NOX, raising=False)
    error = failure(lambda: open_store("gs://bucket/x"))
    assert str(error) == ("gs://bucket/x needs a package that is not installed: pip install gcsfs")
    assert error.exit_code == ExitCode.USAGE
    monkeypatch.setenv(NOX, "1")
    assert str(failure(lambda: open_store("gs://bucket/x"))).endswith("nox --script-mode none")


def test_a_bucket_that_does_not_exist_is_2(tmp_path: Path, s3: str) -> None:
    url = "s3://no-such-bucket/x"
    for call in (lambda: receive(url, tmp_path / "into"), lambda: send(url, tmp_path / "a")):
        (tmp_path / "a/data").mkdir(parents=True, exist_ok=True)
        error = failure(call)
        assert str(error).endswith("does not exist. Make the bucket, or name another")
        assert error.exit_code == ExitCode.USAGE


def test_no_permission_is_3_and_named(tmp_path: Path, denying: str) -> None:
    folder = reports(tmp_path / "a", "m1")
    for call in (lambda: receive(denying, tmp_path / "into"), lambda: send(denying, folder)):
        error = failure(call)
        assert "cannot be listed: no permission: " in str(error)
        assert error.exit_code == ExitCode.NOT_MEASURED


def test_without_credentials_it_says_how_to_give_them(
    tmp_path: Path, s3: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    s3fs.S3FileSystem.clear_instance_cache()
    error = failure(lambda: receive(s3, tmp_path / "into"))
    assert "Unable to locate credentials. Give credentials" in str(error)
    assert error.exit_code == ExitCode.NOT_MEASURED


def test_an_endpoint_that_is_not_there_is_3_within_a_minute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as taken:  # bound, and never listening
        taken.bind(("127.0.0.1", 0))
        use(f"http://127.0.0.1:{taken.getsockname()[1]}", monkeypatch)
        begun = time.monotonic()
        error = failure(lambda: receive("s3://bucket/x", tmp_path / "into"))
    assert time.monotonic() - begun < 60
    assert "Could not connect to the endpoint" in str(error)
    assert "?" not in str(error)
    assert error.exit_code == ExitCode.NOT_MEASURED


def test_an_endpoint_that_never_answers_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.remote.objects._SECONDS", 2.0)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen(50)
        use(f"http://127.0.0.1:{silent.getsockname()[1]}", monkeypatch)
        error = failure(lambda: receive("s3://bucket/x", tmp_path / "into"))
    assert "no answer within 2 seconds" in str(error)
    assert error.exit_code == ExitCode.NOT_MEASURED


def test_a_folder_that_cannot_be_written_is_3(tmp_path: Path, local: str) -> None:
    (Path(local) / "data").write_text("a file where a folder is needed")
    error = failure(lambda: send(local, reports(tmp_path / "a", "m1")))
    assert "Look at the rights of the folder" in str(error)
    assert error.exit_code == ExitCode.NOT_MEASURED


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("sftp://me:tr0ub4dor@host/x", "sftp://host/x"),
        ("sftp://me:tr0ub@4dor@host/x", "sftp://host/x"),
        ("at https://host/x?sig=tr0ub4dor&y=1 it broke", "at https://host/x it broke"),
        ("simplecache::s3://bucket/x", "simplecache::s3://bucket/x"),
    ],
)
def test_no_password_is_shown(text: str, shown: str) -> None:
    assert without_secrets(text) == shown


def test_no_password_is_shown_that_a_backend_repeats() -> None:
    url = f"s3://key:{SECRET}@bucket/x"
    assert without_secrets(f'Invalid bucket name "key:{SECRET}@bucket"', url) == (
        'Invalid bucket name "…@bucket"'
    )
    assert without_secrets(f"password {SECRET} is wrong", url) == "password … is wrong"


def test_sending_in_the_background_brings_each_trial_as_it_ends(tmp_path: Path, url: str) -> None:
    folder = reports(tmp_path / "a", "m1")
    first, second = sorted((folder / "data/m1/tf1.default.cpu").iterdir())
    said: list[str] = []
    sending = Sending(open_store(url), folder / "data", said.append)
    sending.ended(first)
    deadline = time.monotonic() + 60
    while len([name for name in stored(url) if re.search(r"/1\.[0-9a-f]{16}\.jsonl$", name)]) < 1:
        assert time.monotonic() < deadline
    sending.finish([first, second])
    assert len([name for name in stored(url) if name.endswith(".jsonl")]) == 2
    assert sending.failure == ""
    assert said == [
        f"{open_store(url).shown}: 2 records sent, 0 there already, 2 arrays, 0 runs, 0.0 MB"
    ]


def test_sending_that_fails_is_told_once_and_stops_nothing(tmp_path: Path, local: str) -> None:
    folder = reports(tmp_path / "a", "m1")
    (Path(local) / "data").write_text("a file where a folder is needed")
    records = sorted((folder / "data/m1/tf1.default.cpu").iterdir())
    said: list[str] = []
    sending = Sending(open_store(local), folder / "data", said.append)
    for record in records:
        sending.ended(record)
    sending.finish(records)
    assert "cannot be" in sending.failure
    assert [line for line in said if line.startswith("NOT SENT: ")] == [
        f"NOT SENT: {sending.failure}; measuring goes on"
    ]
