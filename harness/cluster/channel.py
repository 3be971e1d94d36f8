"""The client's end of what its workers say: one queue on the scheduler, and the word to stop."""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING

from distributed import Event, Queue

from harness.cluster import LINE, worker
from harness.cluster.connection import addresses
from harness.errors import RecordError

if TYPE_CHECKING:
    from distributed import Client

    from harness.cluster.events import Events
    from harness.cluster.incoming import Incoming
    from harness.cluster.outbox import Message
    from harness.cluster.units import Unit

_POLL = 0.2  # seconds
_GOODBYE = 30.0  # seconds for workers to end what they run, when we are interrupted


class Channel:
    """What comes from the workers, into the staging folder and onto the screen."""

    def __init__(self, client: Client, incoming: Incoming, events: Events) -> None:
        self.name = f"sameseed-{uuid.uuid4().hex}"
        self.stop_name = f"{self.name}-stop"
        self.units: list[Unit] = []  # by the numbers that workers know them by
        self._client = client
        self._incoming = incoming
        self._events = events
        self._queue = Queue(self.name, client=client, maxsize=worker.MESSAGES)
        self._stop = Event(self.stop_name, client=client)
        if before := incoming.take_over(self.stop_name):
            # Killed, it could not tell its workers, who may measure for it still.
            Event(before, client=client).set()

    def hear(self) -> bool:
        """Take what is there; returns whether there was something, and waits a little if not."""
        messages: list[Message] = self._queue.get(batch=True)
        for message in messages:
            self._take(message)
        if not messages:
            time.sleep(_POLL)
        return bool(messages)

    def end(self) -> None:
        """Have the workers end what they still run, and hear them out."""
        self._stop.set()
        deadline = time.monotonic() + _GOODBYE
        while self._somebody_measures() and time.monotonic() < deadline:
            self.hear()
        while self.hear():
            pass
        self._queue.close()

    def _take(self, message: Message) -> None:
        try:
            attempt, record = self._incoming.receive(message, self.units)
        except RecordError as error:
            self._events.say(f"REFUSED: {error}")
            return
        unit = self.units[attempt.unit]
        if message["number"] == 0:
            self._events.begun(unit, attempt)
        elif message["kind"] == LINE and message["text"]:
            self._events.line(unit, attempt, str(message["text"]))
        elif record:
            self._events.trial(unit, attempt, record)

    def _somebody_measures(self) -> bool:
        """Whether a worker that is still there has not ended an attempt of ours."""
        there, now = addresses(self._client), time.monotonic()
        return any(
            not attempt.ended
            and not attempt.refused
            and attempt.address in there
            and now - attempt.heard_at < _GOODBYE
            for attempt in self._incoming.attempts.values()
        )
