"""The benchmark's records: in the public format, and different only where they are made to be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.generated import Size, generate, plan
from harness.analysis import analyse
from harness.collect import collect
from tests.unit.analysis.reading import rows

if TYPE_CHECKING:
    from pathlib import Path

SIZE = Size(cells=45, scenarios=51, arrays=8, launches=2)


def test_generated_records_are_whole_and_all_count(tmp_path: Path) -> None:
    generate(SIZE, tmp_path)
    collection = collect(tmp_path)
    assert collection.refused == ()
    assert len(collection.trials) == SIZE.cells * SIZE.launches

    results = analyse(collection, plan(SIZE))
    assert results.ignored == ()
    assert results.complete
    assert len(results.fingerprints) == SIZE.rows == 36_720
    unseeded = {"family_0/scenario_0", "family_5/scenario_50"}
    assert set(rows(results.breaks, "scenario", level="process")) == unseeded
    stepped = results.breaks[results.breaks["level"] != "process"]
    compared = results.comparisons[results.comparisons["level"].isin(stepped["level"])]
    assert set(stepped["level"]) == {"packages", "python", "setting"}
    assert set(stepped["kind"]) == {"redraw"}
    assert not unseeded & set(stepped["scenario"])
    assert 0.01 < len(stepped) / len(compared) < 0.03


def test_equal_sizes_give_equal_files(tmp_path: Path) -> None:
    small = Size(cells=2, scenarios=3, arrays=4, launches=1)
    for folder in ("one", "two"):
        generate(small, tmp_path / folder)
    one, two = (
        {
            path.relative_to(folder): path.read_bytes()
            for path in folder.rglob("*.*")
            if path.is_file()
        }
        for folder in (tmp_path / "one", tmp_path / "two")
    )
    assert one == two
    assert len(one) > 2
