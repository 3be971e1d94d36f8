"""Runs as tests need them: real records, analysed and kept.

project = Project(tmp_path)
project.run(1, {"recipes/x": 1})
project.runs, project.history
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.analysis.history import with_history
from harness.history.keep import keep
from harness.history.read import read_runs
from tests.unit.analysis.builder import Recorder, environment, plan

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd

    from harness.analysis import Results
    from harness.history.runs import Runs
    from harness.plan import Plan

X, Y = "recipes/x", "recipes/y"
PLAN = plan(
    environment("tf1", tensorflow="2.9.3", python="3.10"),
    environment("tf2", tensorflow="2.10.1", python="3.10"),
)


@dataclass
class Project:
    """A folder of records and one of runs."""

    folder: Path
    plan: Plan = PLAN
    results: Results = field(init=False)

    @property
    def kept(self) -> Path:
        return self.folder / "history"

    def measure(self, day: int, values: Mapping[str, Any], cell: str = "tf1", **facts: Any) -> None:
        """Two launches of a cell. A value is what both give; of a tuple, each gives one."""
        for trial in (1, 2):
            arrays = {
                name: {"w": np.array([each[trial - 1] if isinstance(each, tuple) else each])}
                for name, each in values.items()
            }
            Recorder(self.folder / "data").trial(
                cell, trial, arrays, started=f"2026-11-{day:02}T10:00:0{trial}+00:00", **facts
            )

    def report(self) -> str:
        """What `sameseed report` does; the run's id."""
        self.results = Recorder(self.folder / "data").analyse(self.plan)
        run = keep(self.results, self.kept)
        self.results = with_history(self.results, read_runs(self.kept, until=run))
        return run

    def run(self, day: int, values: Mapping[str, Any], cell: str = "tf1", **facts: Any) -> str:
        """Measure and report."""
        self.measure(day, values, cell, **facts)
        return self.report()

    def read(self) -> Runs:
        return read_runs(self.kept)

    @property
    def runs(self) -> pd.DataFrame:
        return self.results.runs

    @property
    def history(self) -> pd.DataFrame:
        return self.results.history
