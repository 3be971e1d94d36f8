"""Negative controls: things that must differ. Where one does not, the whole audit is void.

They guard against a harness that compares a thing with itself: a forked child that inherits
entropy, a fingerprint of the wrong bytes, a record read twice.
"""

from . import scenario
from .models import dense_pair
from .seeding import seed_all_three
from .sources import NEGATIVE_CONTROL


@scenario(
    "controls/unseeded",
    source=NEGATIVE_CONTROL,
    launches="differ",
    launches_source=NEGATIVE_CONTROL,
    control=True,
)
def unseeded(run):
    """A model built without any seed must differ between two launches."""
    run.weights("unseeded", dense_pair(run))


@scenario("controls/another_seed", source=NEGATIVE_CONTROL, control=True)
def another_seed(run):
    """Another seed must give other weights."""
    seed_all_three(run, run.seed)
    run.weights("seed_42", dense_pair(run))
    seed_all_three(run, run.seed + 1)
    run.weights("seed_43", dense_pair(run))
    run.relation("seed_42", "seed_43", expected=False, source=NEGATIVE_CONTROL)
