"""Sending while an environment is measured: a store that fails loses nothing and stops nothing."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

from harness.remote.send import Sender
from harness.remote.stores import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from harness.remote.stores import RemoteStore


class Sending:
    """Sends records in the background, one at a time. After the first failure nothing is tried.

    failure: why not all was sent, or "".
    """

    def __init__(self, store: RemoteStore, data: Path, say: Callable[[str], None]) -> None:
        """Contacts the store at once, so that a mistake is seen before hours of measuring."""
        self._sender = Sender(store, data, lambda _line: None)
        self._store = store
        self._say = say
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sending")
        self._waiting: list[Future[None]] = []
        self.failure = ""
        self._submit(self._sender.contact)

    def ended(self, record: Path) -> None:
        """A trial ended, and this is its record. Returns at once."""
        self._submit(lambda: self._sender.send([record]))

    def finish(self, records: Iterable[Path]) -> None:
        """Send what else is to be there, wait for all, and say what came of it."""
        self._submit(lambda: self._sender.send(records))
        self._pool.shutdown(wait=True)
        for each in self._waiting:
            each.result()
        for line in self._sender.sent.lines(self._store.shown):
            self._say(line)
        if not self.failure and self._sender.sent.refused:
            self.failure = "something here is not as it should be, and was not sent"

    def stop(self) -> None:
        """Interrupted: what is not sent yet is sent the next time."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _submit(self, call: Callable[[], None]) -> None:
        self._waiting.append(self._pool.submit(self._try, call))

    def _try(self, call: Callable[[], None]) -> None:
        if self.failure:
            return
        try:
            call()
        except StoreError as error:
            self.failure = str(error)
            self._say(f"NOT SENT: {error}; measuring goes on")
