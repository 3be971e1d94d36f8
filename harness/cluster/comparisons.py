"""How far results are apart that differ, measured by the workers of a cluster.

The client has read the records, knows what will be compared, and sends that: arrays by their
fingerprints, each once. Workers read the stored arrays, from storage that they share with the
client, and check each by its fingerprint; so they cannot compare anything else than the client
would. The numbers are the same, too: it is the same code that measures, which is checked.
"""

from __future__ import annotations

import hashlib
import pickle
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dask
import dask.dataframe as dd
import numpy as np
import pandas as pd

from harness import analysis, store
from harness.analysis.differences import NO_BYTES, Differences
from harness.cluster import ClusterError
from harness.cluster.connection import addresses
from harness.garbage import uncollected
from harness.store import Store

if TYPE_CHECKING:
    from distributed import Client, Future

    from harness.analysis.wanted import Answers, Share, Wanted

_PARTS = 3  # per worker: they end at about the same time, and one that comes late has some
_FIRST = 10  # priority: the analysis waits for these, and the tables, asked for earlier, wait
_META = pd.DataFrame({"part": 0, "difference": pd.Series(dtype=object)}, index=[])


@dataclass(frozen=True)
class Part:
    """Some comparisons, and what they must be made with.

    share: a `Share`, pickled: Dask looks for long at what is made of many objects. code: as
    `code()` gives it.
    """

    number: int
    share: bytes
    objects: str
    code: str


class Comparisons:
    """What the workers were asked to compare."""

    def __init__(self, client: Client, wanted: Wanted, objects: Path) -> None:
        """objects: the folder of stored arrays."""
        self._wanted = wanted
        self._objects = objects.resolve()
        self._future: Future[pd.DataFrame] | None = None
        shares = wanted.shares(_PARTS * max(len(addresses(client)), 1))
        ours = code()
        parts = [
            Part(number, pickle.dumps(share), str(self._objects), ours)
            for number, share in enumerate(shares)
        ]
        if parts:
            # Otherwise Dask takes every object for a text.
            with dask.config.set({"dataframe.convert-string": False}):
                asked = dd.from_map(compare_part, parts, meta=_META)
            self._future = client.compute(asked, priority=_FIRST)

    def wait(self) -> Answers:
        """Comparison → what differs. Raises `ClusterError` for what a worker could not do."""
        if self._future is None:
            return {}
        try:
            found: Any = self._future.result()
        except Exception as error:  # whatever went wrong there
            raise ClusterError(
                f"a worker could not make its part of the comparisons: {error}. Leave --dask out "
                "to do without workers"
            ) from None
        differences = found.sort_values("part", kind="stable")["difference"]
        wanted = self._wanted.comparisons
        if len(differences) != len(wanted):
            raise ClusterError(
                f"workers made {len(differences):,} comparisons of {len(wanted):,}: start them "
                "again, or leave --dask out"
            )
        answers = dict(zip(wanted, differences, strict=True))
        here = Differences(self._wanted.results, Store(self._objects))
        for comparison, difference in answers.items():
            if difference is not None and NO_BYTES in difference.notes:
                answers[comparison] = here.answer(comparison)
                if NO_BYTES not in getattr(answers[comparison], "notes", ()):
                    raise ClusterError(
                        f"a worker does not find stored arrays that are in {self._objects}: "
                        "workers must see the records at the same path as this machine; leave "
                        "--dask out to do without them"
                    )
        return answers


def compare_part(part: Part) -> pd.DataFrame:
    """On a worker: the part, and one difference, or None, for each of its comparisons."""
    if code() != part.code:
        raise ValueError(
            "the worker has another sameseed or NumPy than the client, and would measure "
            "otherwise: install the same there and start it again"
        )
    with uncollected():
        share: Share = pickle.loads(part.share)
        found = share.answers(Store(Path(part.objects)))
    differences = pd.Series(found, dtype=object)
    made: pd.DataFrame = pd.DataFrame({"part": part.number, "difference": differences})
    return made


@cache
def code() -> str:
    """A digest of everything that decides what a comparison gives: the analysis, and NumPy."""
    digest = hashlib.sha256(np.__version__.encode())
    for path in (*sorted(Path(analysis.__file__).parent.glob("*.py")), Path(store.__file__)):
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
