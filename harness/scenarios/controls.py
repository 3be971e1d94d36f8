"""Negative controls: things that must differ. Where one does not, the whole audit is void.

They guard against a harness that compares a thing with itself: a forked child that inherits
entropy, a fingerprint of the wrong bytes, a record read twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import scenario
from .building import dense_pair
from .sources import NEGATIVE_CONTROL

if TYPE_CHECKING:
    from ..probe.context import Run


@scenario(
    "controls/unseeded",
    source=NEGATIVE_CONTROL,
    launches="differ",
    launches_source=NEGATIVE_CONTROL,
    control=True,
)
def unseeded(run: Run) -> None:
    """A model built without any seed must differ between two launches."""
    run.weights("unseeded", dense_pair(run))


@scenario("controls/another_seed", source=NEGATIVE_CONTROL, control=True)
def another_seed(run: Run) -> None:
    """Another seed must give other weights."""
    # Given to the initializers, the one way to seed that every backend has, under the one name that
    # every release has: without a control, nothing that a cell measures counts.
    glorot = run.api("keras.initializers.glorot_uniform")
    for seed in (42, 43):
        run.weights(f"seed_{seed}", dense_pair(run, glorot(seed=seed), glorot(seed=seed)))
    run.relation("seed_42", "seed_43", expected=False, source=NEGATIVE_CONTROL)
