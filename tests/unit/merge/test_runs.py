from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.history.read import read_runs
from tests.unit.history.project import Project, X, Y
from tests.unit.merge.folders import all_orders, merged, refused, same, tree

if TYPE_CHECKING:
    from pathlib import Path


def history(found: dict[str, bytes]) -> dict[str, bytes]:
    return {name: each for name, each in found.items() if name.startswith("history/")}


def test_runs_are_merged_in_any_order(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in "abc"]
    for day, folder in enumerate(folders, 1):
        Project(folder).run(day, {X: day})
    found = same(all_orders(tmp_path / "into", folders))
    expected: dict[str, bytes] = {}
    for folder in folders:
        expected |= history(tree(folder))
    assert history(found) == expected
    assert len(expected) == 6
    outcome = merged(tmp_path / "into" / "now", *folders)
    assert [each.runs_new for each in outcome.sources] == [1, 1, 1]
    runs = read_runs(tmp_path / "into" / "now" / "history")
    assert [len(runs.runs), runs.refused] == [3, ()]


def test_a_history_alone_is_enough(tmp_path: Path) -> None:
    project = Project(tmp_path / "a")
    project.run(1, {X: 1})
    (tmp_path / "a" / "data").rename(tmp_path / "data")
    outcome = merged(tmp_path / "into", tmp_path / "a")
    assert (outcome.code, outcome.sources[0].runs_new) == (0, 1)
    assert tree(tmp_path / "into") == tree(tmp_path / "a")


def test_of_two_reports_with_one_newest_launch_the_fuller_has_the_name(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in "abc"]
    run = Project(folders[0]).run(1, {X: 1})
    assert Project(folders[1]).run(1, {X: 1, Y: 1}) == run
    assert Project(folders[2]).run(1, {X: 2}) == run
    found = history(same(all_orders(tmp_path / "into", folders)))
    fuller = f"history/{run}.csv.gz"
    assert found[fuller] == tree(folders[1])[fuller]
    assert len(found) == 6
    for folder in (folders[0], folders[2]):
        assert tree(folder)[fuller] in found.values()

    merged(tmp_path / "now", *folders)
    runs = read_runs(tmp_path / "now" / "history")
    assert ([each.id for each in runs.runs], runs.refused) == ([run], ())
    merged(tmp_path / "again", tmp_path / "now")
    assert history(tree(tmp_path / "again")) == found


@pytest.mark.parametrize("files", range(1, 5))
def test_a_run_whose_replacement_was_interrupted_is_continued(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: int
) -> None:
    Project(tmp_path / "a").run(1, {X: 1})
    Project(tmp_path / "b").run(1, {X: 1, Y: 1})
    merged(tmp_path / "whole", tmp_path / "a", tmp_path / "b")
    merged(tmp_path / "into", tmp_path / "a")
    replace = type(tmp_path).replace
    left = files

    def cut_off(path: Path, target: Path) -> Path:
        nonlocal left
        if target.parent == tmp_path / "into" / "history":
            left -= 1
            if not left:
                raise KeyboardInterrupt
        return replace(path, target)

    with monkeypatch.context() as patched:
        patched.setattr(type(tmp_path), "replace", cut_off)
        with pytest.raises(KeyboardInterrupt):
            merged(tmp_path / "into", tmp_path / "b")
    merged(tmp_path / "into", tmp_path / "b")
    assert tree(tmp_path / "into") == tree(tmp_path / "whole")


def test_runs_that_are_none_are_refused_and_the_rest_merged(tmp_path: Path) -> None:
    project = Project(tmp_path / "a")
    for day in range(1, 6):
        project.run(day, {X: day})
    kept = project.kept
    names = sorted(path.name.removesuffix(".json.gz") for path in kept.glob("*.json.gz"))
    (kept / f"{names[0]}.csv.gz").unlink()
    (kept / f"{names[1]}.json.gz").unlink()
    for suffix in (".csv.gz", ".json.gz"):
        (kept / f"{names[2]}{suffix}").rename(kept / f"last{suffix}")
    about = kept / f"{names[3]}.json.gz"
    about.symlink_to(about.rename(tmp_path / "elsewhere"))
    (kept / f"{names[4]}.0123456789abcdef.json.gz").write_bytes(b"")
    (kept / f"{names[4]}.0123456789abcdef.csv.gz").write_bytes(b"")
    (kept / "notes.txt").write_text("")

    outcome = merged(tmp_path / "into", tmp_path / "a")
    assert set(refused(outcome)) == {
        f"history/{names[0]}.json.gz",
        f"history/{names[1]}.csv.gz",
        "history/last.json.gz",
        f"history/{names[3]}.json.gz",
        f"history/{names[4]}.0123456789abcdef.json.gz",
    }
    assert (outcome.sources[0].runs_new, outcome.sources[0].others) == (1, 1)
    assert history(tree(tmp_path / "into")).keys() == {
        f"history/{names[4]}.csv.gz",
        f"history/{names[4]}.json.gz",
    }


@pytest.mark.parametrize("suffix", [".csv.gz", ".json.gz"])
def test_a_spoilt_run_is_refused(tmp_path: Path, suffix: str) -> None:
    project = Project(tmp_path / "a")
    run = project.run(1, {X: 1})
    path = project.kept / f"{run}{suffix}"
    path.write_bytes(path.read_bytes()[:-5])
    outcome = merged(tmp_path / "into", tmp_path / "a")
    assert "cut short" in refused(outcome)[f"history/{run}.json.gz"]
    assert history(tree(tmp_path / "into")) == {}
