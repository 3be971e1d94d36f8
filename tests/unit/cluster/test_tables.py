"""The tables that workers write are those that a report without them writes, byte for byte."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from harness.analysis.selection import select
from harness.cluster import tables
from harness.collect import collect
from harness.errors import RecordError
from harness.report import write_csv
from tests.unit.analysis.builder import Recorder, environment, plan, rerun

PLAN = plan(environment("old", tensorflow="2.9.3"), environment("new", tensorflow="2.10.1"))


@pytest.fixture
def recorder(tmp_path: Path) -> Recorder:
    """Four launches on two releases: strange texts, gaps, numbers of every kind."""
    found = Recorder(tmp_path / "data")
    for value, name in enumerate(("old", "new")):
        for trial in (1, 2):
            found.trial(
                name,
                trial,
                {
                    "recipes/x": {"w": np.full((2, 3), value, np.float32), "empty": np.zeros(0)},
                    "recipes/y": {"w": np.array([np.nan, -0.0, 1e300]), "n": np.arange(trial)},
                },
                statuses={"recipes/z": "error"},
                relations={"recipes/x": [rerun()]},
                message='=1+1, "quoted"\r\n' if trial == 2 else "",
            )
    return found


@pytest.mark.parametrize("size", [1, 10_000, 10**9])
def test_parts_of_any_size_are_the_same_files(
    recorder: Recorder, tmp_path: Path, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "_PART_BYTES", size)
    results = recorder.analyse(PLAN)
    trials = select(collect(recorder.data), PLAN).trials
    parts = tables._split(trials, tmp_path)
    written: dict[str, list[Path]] = {}
    for part in parts:
        for row in tables.write_part(part).itertuples(index=False):
            written.setdefault(str(row.table), []).append(Path(str(row.path)))
    write_csv(results, tmp_path / "alone")
    write_csv(results, tmp_path / "parts", written)

    assert len(parts) == {1: 4, 10**9: 1}.get(size, len(parts))
    assert set(written) == {"fingerprints", "observations"}
    names = sorted(path.name for path in (tmp_path / "alone").iterdir())
    assert names == sorted(path.name for path in (tmp_path / "parts").iterdir())
    for name in names:
        alone, joined = (tmp_path / folder / name for folder in ("alone", "parts"))
        assert alone.read_bytes() == joined.read_bytes(), name


def test_a_record_that_changed_since_is_no_longer_the_one(
    recorder: Recorder, tmp_path: Path
) -> None:
    trials = select(collect(recorder.data), PLAN).trials
    (part,) = tables._split(trials, tmp_path)
    recorder.trial("new", 2, {"recipes/x": {"w": np.zeros(9)}})

    with pytest.raises(ValueError, match=r"2\.jsonl is not the record that the client read"):
        tables.write_part(part)


def test_a_worker_checks_records_too(recorder: Recorder, tmp_path: Path) -> None:
    trials = select(collect(recorder.data), PLAN).trials
    path = trials[0].path
    path.write_bytes(path.read_bytes().replace(b'"size"', b'"sise"'))
    (part,) = tables._split(trials, tmp_path)

    with pytest.raises(RecordError):
        tables.write_part(part)
