from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.history.read import read_runs
from harness.merge import runs
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
    assert len(expected) == 3
    outcome = merged(tmp_path / "into" / "now", *folders)
    assert [each.runs_new for each in outcome.sources] == [1, 1, 1]
    known = read_runs(tmp_path / "into" / "now" / "history")
    assert [len(known.runs), known.refused] == [3, ()]


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
    fuller = f"history/{run}.parquet"
    assert found[fuller] == tree(folders[1])[fuller]
    assert len(found) == 3
    for folder in (folders[0], folders[2]):
        assert tree(folder)[fuller] in found.values()

    merged(tmp_path / "now", *folders)
    known = read_runs(tmp_path / "now" / "history")
    assert ([each.id for each in known.runs], known.refused) == ([run], ())
    merged(tmp_path / "again", tmp_path / "now")
    assert history(tree(tmp_path / "again")) == found


@pytest.mark.parametrize("files", range(1, 3))
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


def test_what_is_kept_beside_is_merged_on(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in "abc"]
    for number, folder in enumerate(folders, 1):
        Project(folder).run(1, {X: number})
    merged(tmp_path / "two", *folders[:2])
    found = same(all_orders(tmp_path / "into", [tmp_path / "two", folders[2]]))
    merged(tmp_path / "three", *folders)
    assert history(found) == history(tree(tmp_path / "three"))


def test_runs_that_are_none_are_refused_and_the_rest_merged(tmp_path: Path) -> None:
    project = Project(tmp_path / "a")
    for day in range(1, 5):
        project.run(day, {X: day})
    kept = project.kept
    paths = sorted(kept.iterdir())
    paths[0].write_bytes(paths[0].read_bytes()[:-20])
    paths[1].rename(kept / "last.parquet")
    paths[2].symlink_to(paths[2].rename(tmp_path / "elsewhere"))
    aside = f"{paths[3].stem}.0123456789abcdef.aside"
    (kept / aside).write_bytes(paths[3].read_bytes())
    (kept / f"{paths[3].stem}.parquet.aside").write_bytes(b"")
    (kept / "notes.txt").write_text("")

    outcome = merged(tmp_path / "into", tmp_path / "a")
    assert refused(outcome) == {
        f"history/{paths[0].name}": "cut short, or not Parquet",
        "history/last.parquet": "its name is not that of a run",
        f"history/{paths[2].name}": "a symbolic link, which is never followed",
        f"history/{aside}": "its content is not the one that its name says",
    }
    assert (outcome.sources[0].runs_new, outcome.sources[0].others) == (1, 2)
    assert history(tree(tmp_path / "into")).keys() == {f"history/{paths[3].name}"}


def test_a_run_that_cannot_be_read_is_not_replaced(tmp_path: Path) -> None:
    run = Project(tmp_path / "a").run(1, {X: 1, Y: 1})
    there = tmp_path / "into" / "history" / f"{run}.parquet"
    there.parent.mkdir(parents=True)
    there.write_bytes(b"of a newer sameseed")
    merged(tmp_path / "into", tmp_path / "a")
    assert there.read_bytes() == b"of a newer sameseed"
    (aside,) = there.parent.glob("*.aside")
    assert aside.read_bytes() == (tmp_path / "a" / "history" / there.name).read_bytes()


def test_a_file_that_is_too_long_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Project(tmp_path / "a").run(1, {X: 1})
    monkeypatch.setattr(runs, "MAX_FILE_BYTES", 1000)
    (why,) = refused(merged(tmp_path / "into", tmp_path / "a")).values()
    assert "no more than 1,000 are read" in why
