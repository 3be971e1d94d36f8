"""What tells the confounders of an event apart: what is on record, or what to add to the matrix.

A confounder is a package (or oneDNN) that moves at the step of the event. Of each that computes
numbers, the strongest of three answers:

* it is apart on record already: at the same step elsewhere it does not move, or a line of its own
  moves it alone (`harness.analysis.apart`);
* it cannot be told apart, because one package comes with the other;
* an entry for `matrix.yaml` in which it does not move.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from harness.analysis.apart import Evidence, version
from harness.analysis.entries import entry
from harness.analysis.facts import package
from harness.analysis.lines import COMPUTING, LEGACY_KERAS, declared

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from harness.analysis.apart import Compared, Sides, Step
    from harness.analysis.breaks import Outcome
    from harness.analysis.facts import Fact
    from harness.analysis.frames import Where
    from harness.analysis.lines import Recorded
    from harness.plan import Plan

LEVELS = ("packages", "python", "backend")  # where packages move along

# Axis → what is no confounder of it: the axis itself by another name, or what makes it up.
_SAME = {
    "keras": {LEGACY_KERAS},
    LEGACY_KERAS: {"keras"},
    "backend": {"tensorflow", "jax", "jaxlib", "torch"},
}
_KERAS_APART = version("2.16")  # the first TensorFlow that has `tf-keras`, and takes any Keras 3


def separations(
    outcomes: Iterable[Outcome],
    recorded: Recorded,
    known: Mapping[Where, Mapping[Fact, str]],
    plan: Plan,
) -> dict[Step, str]:
    """Per step at which anything breaks: what separates its confounders, a "; "-joined list.

    recorded, known: as `harness.analysis.lines.versions` and `harness.analysis.facts.by_place` give
    them. Each item begins with what it is about, as in `numpy: 1.23.5 → 1.26.4 alone …`; the last
    one counts the confounders for which nothing is proposed.
    """
    steps: dict[Step, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        start, to = outcome.values
        steps[outcome.level, outcome.axis, start, to].append(outcome)
    evidence = Evidence(steps, recorded, known, plan)
    return {
        step: "; ".join(_items(step, evidence))
        for step, found in steps.items()
        if step[0] in LEVELS and any(outcome.differs for outcome in found)
    }


def _items(step: Step, evidence: Evidence) -> Iterator[str]:
    compared: dict[Sides, list[Outcome]] = defaultdict(list)
    for outcome in evidence.steps[step]:
        compared[outcome.left, outcome.right].append(outcome)
    broken = {both: each for both, each in compared.items() if any(one.differs for one in each)}
    told = {package(step[1]), *_SAME.get(step[1], ())}
    pins: dict[str, str] = {}
    for name in COMPUTING:
        moves = [(both, evidence.moved(name, both)) for both in broken]
        both, values = max(
            moves,
            key=lambda each: (each[1] is not None, sum(one.differs for one in broken[each[0]])),
        )
        if name in told or values is None:
            continue
        told |= {name, *_SAME.get(name, ())}
        if answer := evidence.packages(name, values, compared) or _tied(name, step, both, evidence):
            yield f"{name}: {answer}"
        else:
            pins[name] = values[1]  # the lock keeps the other one as long as it can
    yield from _proposals(step, broken, pins, evidence)
    if answer := evidence.onednn(broken):
        told.add("onednn")
        yield f"onednn: {answer}"
    names = {
        item.split()[0] for each in broken.values() for one in each for item in one.confounders
    }
    if others := len(names - told):
        yield f"{others} {'other' if others == 1 else 'others'}: no cell proposed"


def _tied(name: str, step: Step, both: Sides, evidence: Evidence) -> str:
    """Why no cell can tell the two apart, as far as releases say what they require.

    TensorFlow requires the Keras of its own minor up to 2.15, and contains it before 2.6 (the
    requirements of its wheels); JAX requires the jaxlib of its own version.
    """
    left, right = (evidence.recorded[side] for side in both)
    axis = package(step[1])
    if {name, axis} == {"jax", "jaxlib"}:
        return f"comes with {axis} {step[3]}, cannot be told apart"
    releases = [version(each.get("tensorflow", "0")) for each in (left, right)]
    if name == "keras" and axis == "tensorflow" and max(releases) < _KERAS_APART:
        return f"{right[name]} comes with TensorFlow {step[3]}, cannot be told apart"
    return ""


def _proposals(
    step: Step, broken: Compared, pins: Mapping[str, str], evidence: Evidence
) -> Iterator[str]:
    """Entries in which what is to be pinned does not move: one for Keras 2 to 3, one for the rest.

    Whether an old release of one works with a new one of another, only an attempt can tell.
    """
    both, _ = max(broken.items(), key=lambda each: len(each[1]))
    sides = [declared(evidence.plan.environment(side.environment)) for side in both]
    left = dict(pins)
    if "keras" in pins and _crosses_keras_3(step, both, evidence):
        del left["keras"]
        yield f"keras: add {entry({**sides[1], LEGACY_KERAS: '>=2.15'}, {LEGACY_KERAS})}"
    if left:
        axis, *ends = step[1:]
        values = [side.get(axis, end) for side, end in zip(sides, ends, strict=True)]
        proposed = entry({**sides[1], axis: values, **left}, left)
        yield f"{', '.join(left)}: add, if it installs, {proposed}"


def _crosses_keras_3(step: Step, both: Sides, evidence: Evidence) -> bool:
    """Whether Keras 2 becomes 3 at a TensorFlow that has the former as `tf-keras` as well."""
    if package(step[1]) != "tensorflow":
        return False
    majors = [version(evidence.recorded[side]["keras"]).major for side in both]
    newer = version(evidence.recorded[both[1]].get("tensorflow", "0"))
    return min(majors) < 3 <= max(majors) and newer >= _KERAS_APART
