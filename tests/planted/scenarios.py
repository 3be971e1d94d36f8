"""The planted cases as scenarios of one's own. A copy with the cases written in is what is audited.

It knows what a case draws, and nothing of what a release gets wrong in it.
"""

from __future__ import annotations

from typing import Any

from harness.scenarios import Promise, scenario

CASES: list[dict[str, Any]] = []

_SOURCE = "the builder of the planted wheels"


def register(case: dict[str, Any]) -> None:
    """Make a case a scenario."""

    def function(run: Any) -> None:
        build = run.api(f"tensorflow.planted.{case['api']}")
        if case["distraction"]:
            run.api("tensorflow.planted.distract")(case["distraction"])
        for side in ("first", "second")[: case["rebuilds"]]:
            run.api("tensorflow.random.set_seed")(run.seed)
            backwards = case["reversed"] and side == "second"
            built = build(case["name"], case["arrays"][:: -1 if backwards else 1])
            for name, value in built[:: -1 if backwards else 1]:
                run.array(f"{side}/{name}", value)
        if case["rebuilds"] == 2:
            run.relation("first", "second", expected=True, source=_SOURCE, level="rerun")

    function.__doc__ = f"What {case['name'].partition('/')[2]} draws."
    promise = Promise("the same everywhere", _SOURCE, ("process", "packages"))
    scenario(case["name"], promise=promise if case["promised"] else None)(function)


for each in CASES:
    register(each)
