"""A store behind a URL, through fsspec: S3, Google Cloud Storage, and what else fsspec writes to.

Endpoint, region and credentials come the way the backend documents: environment variables and
configuration files, its own and fsspec's. None of them is read, shown or recorded here.
"""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from harness.merge.folders import RefusedError
from harness.progress import NOX
from harness.remote.stores import StoreError, UnreachableError, without_secrets

if TYPE_CHECKING:
    from collections.abc import Iterator

# Where an object is there when all of it is, and not before. Elsewhere it is renamed into place.
_WHOLE = frozenset({"s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "adl", "oss", "oci", "memory"})
_PACKAGES = {"s3": "s3fs", "s3a": "s3fs", "gs": "gcsfs", "gcs": "gcsfs"}  # by scheme
_SECONDS = 60.0  # for the first answer; after it, the backend's own limits count
_SHOWN = 300  # characters of a backend's message


class ObjectStore:
    """See `RemoteStore`."""

    def __init__(self, url: str) -> None:
        """Raises StoreError for a scheme that is unknown, or whose package is not installed."""
        self._url = url
        self.shown = without_secrets(url)
        scheme = re.split(r"::|://", url)[0]
        try:
            from fsspec.core import url_to_fs

            self._fs, root = url_to_fs(url)
        except ImportError as error:
            self._missing(scheme, error)
        except Exception as error:
            raise StoreError(
                f"{self.shown} is no store: {self._message(error)}. Write a folder, "
                "s3://bucket/prefix, gs://bucket/prefix, or another URL that fsspec knows"
            ) from None
        self._root = root.rstrip("/")
        self._whole = scheme in _WHOLE
        self.workers = 16 if self._fs.async_impl else 1  # others may not take calls from threads
        self._answered = False

    def listing(self, folder: str) -> dict[str, int]:
        """As `RemoteStore` says: one request per thousand objects on S3."""
        wait: dict[str, Any] = {}
        if self._fs.async_impl and not self._answered:
            wait["timeout"] = _SECONDS
        path = f"{self._root}/{folder}"
        with self._told("listed"):
            self._fs.invalidate_cache()
            try:
                found = self._fs.find(path, detail=True, **wait)
            except FileNotFoundError as error:
                if self._whole:
                    self._no_bucket(error)
                if not self._fs.isdir(self._root):
                    raise
                found = {}
            self._fs.invalidate_cache()  # the backend keeps a copy of the listing otherwise
        self._answered = True
        start = f"{self._root}/".lstrip("/")
        sizes = {
            name.lstrip("/").removeprefix(start): info["size"]
            for name, info in found.items()
            if info["type"] == "file" and name.lstrip("/").startswith(start)
        }
        return {name: size for name, size in sizes.items() if isinstance(size, int)}

    def put(self, name: str, content: Path | bytes) -> None:
        """As `RemoteStore` says."""
        path = f"{self._root}/{name}"
        with self._told("written"):
            if self._whole:
                self._write(path, content)
                return
            folder, _, file = path.rpartition("/")
            self._fs.makedirs(folder, exist_ok=True)
            temporary = f"{folder}/.{file}.{os.urandom(8).hex()}"
            self._write(temporary, content)
            self._fs.mv(temporary, path)

    def get(self, name: str, target: Path, size: int) -> None:
        """As `RemoteStore` says."""
        with self._told("read"):
            self._fs.get_file(f"{self._root}/{name}", str(target), callback=_limit(size))
        if (found := target.stat().st_size) != size:
            raise RefusedError(f"{found:,} bytes long, and {size:,} in the listing")

    def _write(self, path: str, content: Path | bytes) -> None:
        if isinstance(content, Path):
            self._fs.put_file(str(content), path)
        else:
            self._fs.pipe_file(path, content)

    @contextmanager
    def _told(self, done: str) -> Iterator[None]:
        """Whatever a backend raises, as a sentence: each has errors of its own."""
        try:
            yield
        except (StoreError, RefusedError):
            raise
        except FileNotFoundError as error:
            raise UnreachableError(
                f"{self.shown} cannot be {done}: {self._message(error)}. Somebody may have deleted "
                "it just now: run the same command again"
            ) from None
        except PermissionError as error:
            raise UnreachableError(
                f"{self.shown} cannot be {done}: no permission: {self._message(error)}. "
                "docs/stores.md says which rights are needed"
            ) from None
        except Exception as error:
            text = self._message(error)
            hint = "Look at its address, the endpoint and the network, then run it again"
            if "credential" in text.lower():
                hint = "Give credentials the way the backend documents, such as AWS_PROFILE"
            elif isinstance(error, TimeoutError):
                text = f"no answer within {_SECONDS:.0f} seconds"
            raise UnreachableError(f"{self.shown} cannot be {done}: {text}. {hint}") from None

    def _no_bucket(self, error: Exception) -> NoReturn:
        raise StoreError(
            f"{self.shown}: {self._message(error)}. Make the bucket, or name another"
        ) from None

    def _missing(self, scheme: str, error: ImportError) -> NoReturn:
        package = _PACKAGES.get(scheme) or (
            "fsspec" if (error.name or "").startswith("fsspec") else ""
        )
        how = f"pip install {package}" if package else self._message(error)
        if NOX in os.environ:  # its own environment has the core dependencies alone
            how += ". Have nox and sameseed in the same environment, and run nox --script-mode none"
        raise StoreError(f"{self.shown} needs a package that is not installed: {how}") from None

    def _message(self, error: Exception) -> str:
        text = " ".join(without_secrets(str(error), self._url).split()) or type(error).__name__
        return text[:_SHOWN].rstrip(". ")


def _limit(size: int) -> Any:
    """What ends a download that brings more than was listed."""
    from fsspec.callbacks import Callback

    class Limit(Callback):  # type: ignore[misc]
        def set_size(self, found: int | None) -> None:
            if found is not None and found > size:
                raise RefusedError(f"{found:,} bytes long, and {size:,} in the listing")

        def relative_update(self, inc: int = 1) -> None:
            super().relative_update(inc)
            self.set_size(self.value)

    return Limit()
