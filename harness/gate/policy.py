"""`policy:` in matrix.yaml: whether a break is an error, a warning, or nothing, level by level."""

from __future__ import annotations

from typing import Literal, TypeAlias

from pydantic import Field

from harness.matrix_types import Glob, OneOrMore, Strict
from harness.rules import matching

Action: TypeAlias = Literal["error", "warn", "ignore"]

ACTIONS: tuple[Action, ...] = ("ignore", "warn", "error")  # from the mildest


class Override(Strict):
    """What some scenarios' breaks count as, where not what the policy says."""

    scenarios: OneOrMore[Glob] = Field(description="Patterns such as training/*.")
    violation: Action | None = Field(default=None, description="Breaks of a documented promise.")
    rerun: Action | None = Field(default=None, description="Rebuilt in the same process.")
    process: Action | None = Field(default=None, description="Between two launches.")
    setting: Action | None = Field(default=None, description="Between settings.")
    python: Action | None = Field(default=None, description="Between Python versions.")
    packages: Action | None = Field(default=None, description="Between package versions.")
    backend: Action | None = Field(default=None, description="Between Keras backends.")
    device: Action | None = Field(default=None, description="Between CPU and GPU.")
    machine: Action | None = Field(default=None, description="Between machines.")


class Policy(Strict):
    """What breaks count as for `sameseed check`: error fails it, warn is shown, ignore is not."""

    violation: Action = Field(
        default="error", description="Breaks of a documented promise, on whatever level."
    )
    rerun: Action = Field(default="error", description="Rebuilt in the same process.")
    process: Action = Field(default="error", description="Between two launches.")
    setting: Action = Field(default="warn", description="Between settings.")
    python: Action = Field(default="warn", description="Between Python versions.")
    packages: Action = Field(default="warn", description="Between package versions.")
    backend: Action = Field(default="warn", description="Between Keras backends.")
    device: Action = Field(default="warn", description="Between CPU and GPU.")
    machine: Action = Field(default="warn", description="Between machines.")
    gone: Action = Field(
        default="warn", description="Known breaks of the baseline that are there no more."
    )
    overrides: tuple[Override, ...] = Field(
        default=(), strict=False, description="Other words for some scenarios; the last one counts."
    )

    def action(self, scenario: str, level: str, *, violation: bool) -> Action:
        """What a break counts as. One of a documented promise never as less than its level's."""
        keys = (level, "violation") if violation else (level,)
        return max((self._action(scenario, key) for key in keys), key=ACTIONS.index)

    def _action(self, scenario: str, key: str) -> Action:
        found: Action = getattr(self, key)
        for override in self.overrides:
            if getattr(override, key) and matching(override.scenarios, [scenario]):
                found = getattr(override, key)
        return found
