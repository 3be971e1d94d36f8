"""The benchmark's records: in the public format, and different only where they are made to be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.generated import Change, Size, generate, plan
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


def test_as_many_arrays_differ_as_are_made_to_and_each_in_its_own_way(tmp_path: Path) -> None:
    size = Size(cells=40, scenarios=30, arrays=8, launches=2)
    generate(size, tmp_path, Change(at_step=0, own=0.5, pool=2048))
    collection = collect(tmp_path)
    assert collection.refused == ()

    results = analyse(collection, plan(size))
    assert results.ignored == ()
    seeded = results.breaks[results.breaks["level"] != "process"]
    own = set(seeded["scenario"])
    assert 8 <= len(own) <= 22  # half of them
    pairs = {"packages": 20, "python": 2 * 3 * 5, "setting": 4 * 2 * 4}
    assert seeded["level"].value_counts().to_dict() == {
        level: count * len(own) for level, count in pairs.items()
    }
    kernels = 4 * len(seeded)  # biases are zero everywhere; two draws may fall on one kernel
    assert 0.99 * kernels < seeded["arrays"].sum() <= kernels
    numbers = results.differences[["max_abs", "mean_abs", "max_ulp", "correlation"]]
    assert len(numbers) == results.breaks["arrays"].sum()
    assert len(numbers.drop_duplicates()) > 0.95 * len(numbers)


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
