"""An audit of three releases for the gate's tests, small enough to know by heart.

| scenario | 2.9.3 | 2.10.1 | 2.15.1 |
| --- | --- | --- | --- |
| mine/moves | A | B, another stream | B |
| mine/rounds | A | B, last bits | B |
| mine/shaky | A | launches differ | A |
| mine/rebuilt | not there | another when rebuilt | not there |
| mine/holds | A | A | A |
| controls/unseeded | launches differ, as they must, everywhere | | |
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from harness.gate.baseline import Baseline, Known, Terms
from harness.gate.check import Outcome, check
from harness.gate.findings import Spot
from harness.gate.policy import Policy
from tests.unit.analysis.builder import Recorder, declared, environment, plan, rerun
from tests.unit.analysis.values import draw, nudged

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from harness.analysis import Results

TODAY = date(2026, 11, 22)
VERSIONS = ("2.9.3", "2.10.1", "2.15.1")
ENVIRONMENTS = tuple(f"tf{version.replace('.', '_')}_py3_10" for version in VERSIONS)
OLD, MIDDLE, NEW = (f"{each}.default.cpu" for each in ENVIRONMENTS)
STEP = "tensorflow:2.9.3..2.10.1"
MATRIX = """\
version: 1
environments:
  - tensorflow: ["2.9.3",
                 "2.10.1", "2.15.1"]
    python: "3.10"
"""
CONTROL = "controls/unseeded"

MOVES = Spot(STEP, MIDDLE, "mine/moves")
ROUNDS = Spot(STEP, MIDDLE, "mine/rounds")
SHAKY = Spot("process", MIDDLE, "mine/shaky")
REBUILT = Spot("rerun", MIDDLE, "mine/rebuilt")
KINDS = {MOVES: "redraw", ROUNDS: "rounding", SHAKY: "redraw", REBUILT: "redraw"}


def record(data: Path, *, fixed: tuple[str, ...] = (), **more: Any) -> None:
    """Write the records. fixed: scenarios that give A everywhere. more: as `Recorder.trial`."""
    recorder = Recorder(data)
    for position, name in enumerate(ENVIRONMENTS):
        middle, later = position == 1, position > 0
        for trial in (1, 2):
            first = draw(1)
            other = middle and "mine/rebuilt" not in fixed
            arrays: dict[str, Mapping[str, Any]] = {
                "mine/moves": {"w": draw(2 if later else 1)},
                "mine/rounds": {"w": nudged(first) if later else first},
                "mine/shaky": {"w": draw(trial if middle else 1)},
                "mine/holds": {"w": first},
                CONTROL: {"w": draw(100 * trial + position)},
            }
            arrays |= {each: {"w": first} for each in fixed}
            if middle:
                second = draw(9) if other else first
                arrays["mine/rebuilt"] = {"first/w": first, "second/w": second}
            recorder.trial(
                name,
                trial,
                arrays,
                relations={"mine/rebuilt": [rerun(holds=not other)]},
                scenarios={CONTROL: declared("differ", control=True)} | more.get("scenarios", {}),
                **{key: value for key, value in more.items() if key != "scenarios"},
            )


def results(folder: Path, **more: Any) -> Results:
    """The audit, analysed."""
    record(folder, **more)
    return analysed(folder)


def analysed(folder: Path, *versions: str) -> Results:
    """What was recorded, analysed against a plan of these versions; of all three by default."""
    return Recorder(folder).analyse(
        plan(
            *(
                environment(name, tensorflow=version, python="3.10")
                for name, version in zip(ENVIRONMENTS, VERSIONS, strict=True)
                if version in (versions or VERSIONS)
            )
        )
    )


def known(
    *spots: Spot, kind: str = "", reason: str = "a reason", expires: date | None = None
) -> Baseline:
    """A baseline that accepts what breaks at `spots`."""
    terms = Terms(reason, "https://example.org/1", expires)
    return Baseline(tuple(Known(spot, kind or KINDS.get(spot, "redraw"), terms) for spot in spots))


def judged(results: Results, baseline: Baseline | None = None, **policy: Any) -> Outcome:
    """The outcome, by the default policy but for what is given."""
    return check(results, Policy(**policy), baseline or Baseline(), TODAY)
