"""The connection to a Dask cluster that is already there, and what its workers are."""

from __future__ import annotations

import asyncio
import json
import time
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from distributed import Client
from distributed.comm.addressing import get_address_host, parse_address, parse_host_port
from distributed.comm.core import CommClosedError
from distributed.comm.registry import backends
from distributed.scheduler import KilledWorker

from harness.cluster import ClusterError, worker
from harness.report.words import count

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from distributed import Future

GPU = "GPU"  # the resource that workers announce

# What Dask raises without a connection. The second is another error until Python 3.11.
LOST = (CommClosedError, TimeoutError, asyncio.TimeoutError, ConnectionError)

_CONNECT = 15.0  # seconds


@dataclass(frozen=True)
class Worker:
    """A worker that may measure: it has our sameseed."""

    address: str
    name: str
    machine: str
    gpu: bool


@contextmanager
def connected(address: str, say: Callable[[str], None]) -> Iterator[Client]:
    """A client of the scheduler at an address, or of the one that a scheduler file names.

    Raises `ClusterError` where it cannot be reached.
    """
    try:
        where = _where(address)
        with warnings.catch_warnings():
            # Dask shows a table of every package that differs; `_versions` says what matters.
            warnings.simplefilter("ignore")
            client = Client(**where, timeout=_CONNECT, set_as_default=False)
    except (OSError, ValueError) as error:
        why = " ".join(str(error).split()) or type(error).__name__
        raise ClusterError(
            f"no Dask scheduler answers at {address}: {why}. Start one with `dask scheduler`, and "
            "name the address that it prints"
        ) from None
    try:
        if why := _versions(cast("dict[str, Any]", client.get_versions(check=False))):
            say(why)
        yield client
    finally:
        client.close(timeout=5)


def _where(address: str) -> dict[str, Any]:
    """Raises `ValueError` or `OSError` for what Dask would wait for, or fail on, for long."""
    if address.endswith(".json"):
        with Path(address).open(encoding="utf-8") as file:
            if not isinstance(json.load(file), dict):
                raise ValueError("it is no scheduler file")
        return {"scheduler_file": address}
    scheme, place = parse_address(address)
    if scheme not in backends:
        raise ValueError(f"{scheme}:// is none of {', '.join(sorted(backends))}")
    parse_host_port(place)
    return {"address": address}


def addresses(client: Client, *, gpu: bool = False) -> dict[str, str]:
    """Address → name of the workers there are now; gpu: of those that announce one."""
    found: dict[str, Any] = client.scheduler_info(n_workers=-1)["workers"]
    return {
        address: str(about["name"])
        for address, about in found.items()
        if not gpu or about["resources"].get(GPU, 0) >= 1
    }


def host(address: str) -> str:
    """The host of a worker: what a task can be bound to, though workers come and go there."""
    return str(get_address_host(address))


def reason(future: Future[Any]) -> str:
    """Why a task gave no result."""
    if future.status in ("cancelled", "lost"):
        return "the scheduler forgot it: it was started again, or somebody cancelled the task"
    error = future.exception()
    if isinstance(error, KilledWorker):
        return (
            f"{count(error.allowed_failures + 1, 'worker')} died with it; the last was "
            f"{error.last_worker.address}, whose log may say why"
        )
    return f"{type(error).__name__}: {error}"[:2_000]


def workers(client: Client, task: dict[str, Any], seconds: float) -> tuple[list[Worker], list[str]]:
    """The workers that have our sameseed, and a sentence for each that has not.

    seconds: how long to wait for the first one. Raises `ClusterError` where there is none at all.
    """
    deadline = time.monotonic() + seconds
    while not (names := addresses(client)):
        if time.monotonic() > deadline:
            scheduler = client.scheduler_info(n_workers=0)["address"]
            raise ClusterError(
                f"no worker at {scheduler} after {seconds:g} s: start some with "
                f"`dask worker {scheduler} --nthreads 1`, or wait longer with --wait"
            )
        time.sleep(0.2)
    announced = addresses(client, gpu=True)
    answers = client.run(worker.about, workers=list(names), on_error="return")
    fit, unfit = [], []
    for address, answer in answers.items():
        name = f"worker {names.get(address, address)} at {address}"
        if not isinstance(answer, dict):
            unfit.append(
                f"{name} cannot measure ({answer!s:.200}): install 'sameseed[dask]' "
                f"{task['version']} there and start it again"
            )
        elif answer["suite"] != task["suite"]:
            why = worker.another(answer["version"], answer["suite"], task["version"], task["suite"])
            unfit.append(f"{name} {why}")
        else:
            fit.append(
                Worker(address, names.get(address, ""), answer["machine"], address in announced)
            )
    return fit, unfit


def _versions(found: dict[str, Any]) -> str:
    """A sentence where client, scheduler and workers have different releases of distributed."""

    def of(about: dict[str, Any] | None) -> str:
        return str((about or {}).get("packages", {}).get("distributed") or "unknown")

    client, scheduler = of(found["client"]), of(found["scheduler"])
    there = sorted({of(each) for each in found["workers"].values()})
    if {client, scheduler, *there} == {client}:
        return ""
    return (
        f"distributed is {client} here, {scheduler} on the scheduler"
        f"{', ' + ' and '.join(there) + ' on workers' if there else ''}: if it fails, install the "
        "same release everywhere"
    )
