"""What every store can do, and how one is opened."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import unquote, urlsplit

from harness.errors import ExitCode, SameseedError

if TYPE_CHECKING:
    from collections.abc import Callable

FOLDERS = ("", "file")


class StoreError(SameseedError):
    """A store that makes no sense as it is named: an unknown scheme, no such bucket or folder."""

    exit_code = ExitCode.USAGE


class UnreachableError(StoreError):
    """A store that does not answer, or does not allow what was asked."""

    exit_code = ExitCode.NOT_MEASURED


class RemoteStore(Protocol):
    """Objects by name, `a/b/c`. Each method raises StoreError, a sentence with what to do.

    shown: the store in a sentence, without user and password. workers: how many calls it takes at
    once, from as many threads.
    """

    shown: str
    workers: int

    def listing(self, folder: str) -> dict[str, int]:
        """Names, with `folder/`, and sizes in bytes of all that lies below; {} for nothing."""

    def put(self, name: str, content: Path | bytes) -> None:
        """Write an object; it is there when it is whole, not before."""

    def get(self, name: str, target: Path, size: int) -> None:
        """Download an object to a file. Raises RefusedError where it is longer than `size`."""


def open_store(url: str) -> RemoteStore:
    """The store at a URL or in a folder. Nothing is asked of it yet but whether a folder is there.

    Raises StoreError for what is no store, or needs a package that is not installed.
    """
    scheme = url.partition("://")[0] if "://" in url else ""
    if not url.strip():
        raise StoreError("--store names nothing: write a folder, s3://bucket/prefix or gs://…")
    if scheme in FOLDERS:
        from harness.remote.folder import FolderStore

        return FolderStore(_local(url))
    from harness.remote.objects import ObjectStore

    return ObjectStore(url)


def without_secrets(text: str, url: str = "") -> str:
    """A text in which no user, password or query of a URL stands, nor those of `url`."""
    for secret in re.findall(r"://([^/\s]*)@", url):
        for part in (secret, secret.partition(":")[2]):
            text = text.replace(part, "…") if part else text
    text = re.sub(r"(?<=://)[^/\s]*@", "", text)
    return re.sub(r"(://[^\s?\"']*)\?[^\s\"']*", r"\1", text)


def _local(url: str) -> Path:
    """The folder that a path or a file: URL names."""
    if not url.startswith("file://"):
        return Path(url).expanduser()
    parts = urlsplit(url)
    if parts.netloc not in ("", "localhost"):
        raise StoreError(
            f"{without_secrets(url)}: write a folder as file:///path, with three slashes, "
            "or as a plain path"
        )
    path = unquote(parts.path)
    return Path(path[1:] if re.match(r"/[A-Za-z]:", path) else path)


def in_parallel(store: RemoteStore, calls: list[Callable[[], None]]) -> None:
    """Make all calls, as many at a time as the store takes; the first failure ends the rest."""
    from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait

    if len(calls) < 2 or store.workers < 2:
        for call in calls:
            call()
        return
    with ThreadPoolExecutor(store.workers) as pool:
        waiting = [pool.submit(call) for call in calls]
        try:
            for each in wait(waiting, return_when=FIRST_EXCEPTION).done:
                each.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
