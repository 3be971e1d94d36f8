"""A store: a place outside this machine where the records of many machines come together.

It is laid out as a `reports/` folder (`names` says what may lie where) and is a folder, which
several machines mount (`folder`), or whatever fsspec writes to (`objects`); `stores` opens either.
`send` brings there what is not there yet, `sending` does while an environment is measured. `fetch`
brings what is new into a staging folder, and from there through `harness.merge`: what lies in a
store is as untrusted as any other record from elsewhere.

Every object is written once, whole, under a name made from its content, arrays before the record
that names them. So there are no locks, any number of machines write at once, and whoever is
interrupted at any point simply runs again.
"""

from __future__ import annotations

from harness.remote.fetch import Fetched, fetch
from harness.remote.send import Sender, Sent, of_environment, push, push_runs
from harness.remote.sending import Sending
from harness.remote.stores import RemoteStore, StoreError, open_store

__all__ = [
    "Fetched",
    "RemoteStore",
    "Sender",
    "Sending",
    "Sent",
    "StoreError",
    "fetch",
    "of_environment",
    "open_store",
    "push",
    "push_runs",
]
