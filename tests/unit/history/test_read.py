from __future__ import annotations

import base64
import json
import random
import shutil
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from harness.history import file, read
from harness.history.file import KEY, encoded
from harness.history.read import read_runs
from tests.unit.analysis.reading import rows
from tests.unit.history.project import Project, X, Y

BAD, GOOD = "2026-11-01T10-00-02Z", "2026-11-02T10-00-02Z"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project(tmp_path_factory.mktemp("made"))
    assert project.run(1, {X: 1, Y: 1}) == BAD
    assert project.run(2, {X: 1, Y: 1}) == GOOD
    return project


@pytest.fixture
def project(made: Project, tmp_path: Path) -> Project:
    """Two runs, of which the tests damage the first."""
    shutil.copytree(made.folder, tmp_path, dirs_exist_ok=True)
    project = Project(tmp_path)
    project.results = made.results
    return project


def bad(project: Project) -> Path:
    return project.kept / f"{BAD}.parquet"


def about_of(path: Path) -> dict[str, Any]:
    """As docs/history.md says how to read it."""
    packed = pq.read_metadata(path).metadata[KEY]
    about: dict[str, Any] = json.loads(zlib.decompress(base64.b64decode(packed)))
    return about


def table(project: Project, change: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
    """Write the damaged run with other rows."""
    path = bad(project)
    about = json.dumps(about_of(path)).encode()
    path.write_bytes(encoded(about, change(pd.read_parquet(path))))


def about(project: Project, **changes: Any) -> None:
    """Write it with something else in its metadata."""
    path = bad(project)
    content = {**about_of(path), **changes}
    path.write_bytes(encoded(json.dumps(content).encode(), pd.read_parquet(path)))


def written(
    project: Project,
    change: Callable[[pa.Table], pa.Table] = lambda table: table,
    metadata: dict[bytes, bytes] | None = None,
    **options: Any,
) -> None:
    """Write it as somebody else's program might."""
    path = bad(project)
    kept = pq.read_table(path)
    if metadata is None:
        metadata = {KEY: pq.read_metadata(path).metadata[KEY]}
    rows = change(kept.replace_schema_metadata(None))
    options = {"store_schema": False, "compression": "none"} | options
    with pq.ParquetWriter(path, rows.schema, **options) as writer:
        writer.write_table(rows)
        writer.add_key_value_metadata(metadata)


def refused(project: Project) -> str:
    """Why the damaged run was refused; the other one is there."""
    found = read_runs(project.kept)
    assert [run.id for run in found.runs] == [GOOD]
    (why,) = found.refused
    assert why.startswith(f"history/{BAD}.")
    return why


def test_a_folder_that_is_not_there_has_no_runs(tmp_path: Path) -> None:
    assert read_runs(tmp_path / "history").runs == ()


def test_runs_come_back_as_they_were_kept_oldest_first(project: Project) -> None:
    found = project.read()
    assert found.refused == ()
    assert [run.id for run in found.runs] == [BAD, GOOD]
    names = rows(project.results.variants, "result")
    for run in found.runs:
        assert [f"{each:016x}" for each in run.result.tolist()] == names
        assert run.stable.all()
        assert [run.about.scenarios[each][0] for each in run.scenario] == [X, Y]


@pytest.mark.parametrize("keep", [0, 5, 12, 40, 1000, -1])
def test_a_file_that_was_cut_short_is_refused(project: Project, keep: int) -> None:
    bad(project).write_bytes(bad(project).read_bytes()[:keep])
    assert "cut short, or not Parquet" in refused(project)


@pytest.mark.parametrize("content", [b"PAR1", b"PAR1PAR1", b"PAR1\xff\xff\xff\x7fPAR1"])
def test_a_file_without_a_footer_is_refused(project: Project, content: bytes) -> None:
    bad(project).write_bytes(content)
    refused(project)


def test_any_damage_is_refused_or_does_no_harm(project: Project) -> None:
    """A bit here and there: values are there as they were, or the file is refused."""
    whole = bad(project).read_bytes()
    (sound, _) = project.read().runs
    chance = random.Random(0)
    outcomes = set()
    for position in range(0, len(whole), 5):
        damaged = bytearray(whole)
        damaged[position] ^= 1 << chance.randrange(8)
        bad(project).write_bytes(damaged)
        found = read_runs(project.kept)
        assert len(found.runs) + len(found.refused) == 2
        outcomes.add(len(found.runs))
        if len(found.runs) == 2:
            run = found.runs[0]
            assert run.about == sound.about
            for name in ("scenario", "cell", "result", "stable"):
                assert getattr(run, name).tolist() == getattr(sound, name).tolist()
    assert outcomes == {1, 2}


def test_a_page_that_was_damaged_on_the_way_is_refused(project: Project) -> None:
    """A name that reads well, and is another: only the page's checksum tells."""
    content = bad(project).read_bytes()
    name = f"{project.read().runs[0].result[0]:016x}".encode()
    assert content.count(name) == 1
    bad(project).write_bytes(content.replace(name, b"0123456789abcdef"))
    assert "not sound Parquet" in refused(project)
    assert "CRC" in refused(project)


def test_a_newer_version_is_refused_with_what_to_do(project: Project) -> None:
    about(project, format=2, something="new")
    assert "format 2 is newer than this sameseed reads (1): upgrade sameseed" in refused(project)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"format": 0}, "there is no format 0"),
        ({"format": "1"}, "Expected `int`"),
        ({"unknown": 1}, "unknown"),
        ({"run": GOOD}, "another run than its name says"),
        ({"cells": []}, "did not start when its name says"),
        ({"scenarios": [["<script>", "holds"]]}, "scenarios"),
        ({"scenarios": [[X, "splendid"]]}, "scenarios"),
        ({"scenarios": [[X, "holds"], [X, "holds"]]}, "there twice"),
        ({"scenarios": [[X, "holds"]]}, "not among the run's"),
        ({"results": 3}, "3 results were written, 2 are here"),
        ({"profile": "x" * 201}, "profile"),
        ({"facts": []}, "a fact of a cell is not among the run's"),
        ({"facts": [["package", "numpy", "x" * 2001]]}, "facts"),
        ({"steps": [{}]}, "steps"),
    ],
)
def test_what_contradicts_itself_or_the_format_is_refused(
    project: Project, changes: dict[str, Any], why: str
) -> None:
    about(project, **changes)
    assert why in refused(project)


@pytest.mark.parametrize(
    ("step", "why"),
    [
        ({"compared": [7]}, "not among the run's"),
        ({"broken": [1], "breaks": ["ab"]}, "not what was compared"),
        ({"broken": [0], "breaks": []}, "not what was compared"),
        ({"compared": [-1]}, "compared"),
        ({"broken": [0], "breaks": ["<b>"]}, "breaks"),
        ({"step": "a; b"}, "step"),
        ({"step": "a\nb"}, "step"),
    ],
)
def test_steps_that_make_no_sense_are_refused(
    project: Project, step: dict[str, Any], why: str
) -> None:
    sound = {"step": "process", "environment": "tf1", "setting": "default", "device": "cpu"}
    about(project, steps=[{**sound, "compared": [0], "broken": [], "breaks": [], **step}])
    assert why in refused(project)


Change = Callable[[pd.DataFrame], pd.DataFrame]


def to(column: str, value: Any) -> Any:
    """The second row with another value."""

    def change(rows: pd.DataFrame) -> pd.DataFrame:
        rows[column] = rows[column].astype(object)
        rows.loc[rows.index[1], column] = value
        return rows

    return change


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda rows: rows.iloc[:1], "2 results were written, 1 are here"),
        (lambda rows: pd.concat([rows, rows]), "4 are here"),
        (to("scenario", X), "there twice"),
        (to("scenario", "recipes/z"), "not among the run's"),
        (to("environment", "tf2"), "not among the run's"),
        (to("machine", "m2"), "not among the run's"),
        (to("label", "ci"), "not among the run's"),
        (to("started", "2026-11-01T10:00:01Z"), "not among the run's"),
        (to("basis", "0" * 16), "not among the run's"),
        (to("run", GOOD), "a result is of another run"),
        (to("reproducible", False), "agree on no result, or disagree on one"),
        (to("result", ""), "agree on no result, or disagree on one"),
        (to("result", "0123456789ABCDEF"), "'0123456789ABCDEF' is no result"),
        (to("result", "0123456789abcdef\n"), "is no result"),
        (to("device", "tpu"), "'tpu' is no device"),
        (to("scenario", "<script>alert(1)</script>"), "is no scenario"),
        (to("scenario", "=cmd|' /C calc'!A0"), "is no scenario"),
        (to("scenario", "\u202erecipes/x"), "is no scenario"),
        (to("scenario", "recipes/y\n"), "is no scenario"),
        (to("environment", "../../etc"), "is no environment"),
        (to("setting", "c\0pu"), "is no setting"),
    ],
)
def test_rows_that_make_no_sense_are_refused(project: Project, change: Change, why: str) -> None:
    table(project, change)
    assert why in refused(project)


def replaced(name: str, values: Any, kind: Any) -> Callable[[pa.Table], pa.Table]:
    """A column of another type."""
    return lambda rows: rows.set_column(
        rows.schema.get_field_index(name), pa.field(name, kind), pa.array(values, kind)
    )


@pytest.mark.parametrize(
    "change",
    [
        lambda rows: rows.drop_columns(["basis"]),
        lambda rows: rows.append_column("more", pa.array(["x", "y"])),
        lambda rows: rows.select(list(reversed(rows.column_names))),
        lambda rows: rows.rename_columns(["X", *rows.column_names[1:]]),
        replaced("result", [1, 2], pa.int64()),
        replaced("result", [b"1", b"2"], pa.binary()),
        replaced("result", [["1"], ["2"]], pa.list_(pa.string())),
        replaced("result", [{"a": "1"}, {"a": "2"}], pa.struct([("a", pa.string())])),
        replaced("result", ["0123456789abcdef", None], pa.string()),
        replaced("reproducible", ["true", "true"], pa.string()),
        replaced("reproducible", [1, 1], pa.int8()),
        lambda rows: rows.select([]),
        lambda rows: pa.table({f"c{each}": ["x"] for each in range(500)}),
    ],
)
def test_other_columns_or_types_are_refused(
    project: Project, change: Callable[[pa.Table], pa.Table]
) -> None:
    written(project, change)
    assert "its columns are not run, scenario" in refused(project)


def test_types_of_arrows_own_are_refused_before_anything_is_made_of_them(project: Project) -> None:
    made = []

    class Bomb(pa.ExtensionType):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__(pa.string(), "sameseed.test")

        def __arrow_ext_serialize__(self) -> bytes:
            return b""

        @classmethod
        def __arrow_ext_deserialize__(cls, storage: Any, serialized: bytes) -> Any:
            made.append(serialized)
            return cls()

    pa.register_extension_type(Bomb())
    try:
        written(project, replaced("label", ["", ""], Bomb()), store_schema=True)
        made.clear()  # writing looks at them, too
        assert "its metadata is not sameseed alone" in refused(project)
        assert made == []
        pq.read_schema(bad(project))
        assert made  # else the test would test nothing
    finally:
        pa.unregister_extension_type("sameseed.test")


@pytest.mark.parametrize("codec", ["zstd", "gzip", "snappy"])
def test_columns_that_are_compressed_are_refused(project: Project, codec: str) -> None:
    written(project, compression=codec)
    assert "its columns are compressed" in refused(project)


def test_a_small_file_that_would_unpack_to_much_is_not_unpacked(project: Project) -> None:
    much = pa.array(["x" * 100_000_000, ""])
    plain = pq.read_table(bad(project)).schema.field("label")
    written(
        project,
        lambda rows: rows.set_column(rows.schema.get_field_index("label"), plain, much),
        compression="zstd",
    )
    assert bad(project).stat().st_size < 100_000
    before = pa.default_memory_pool().max_memory()
    pa.default_memory_pool().release_unused()
    assert "its columns are compressed" in refused(project)
    assert pa.default_memory_pool().max_memory() == before


@pytest.mark.parametrize(
    ("metadata", "why"),
    [
        ({}, "its metadata is not sameseed alone"),
        ({KEY: b"", b"pandas": b"{}"}, "its metadata is not sameseed alone"),
        ({KEY: b""}, "its metadata is damaged"),
        ({KEY: b"<script>"}, "its metadata is damaged"),
        ({KEY: base64.b64encode(b"{}")}, "its metadata is damaged"),
        ({KEY: base64.b64encode(zlib.compress(b"{}")[:-3])}, "its metadata is damaged"),
        ({KEY: base64.b64encode(zlib.compress(b"{}") + b"more")}, "its metadata is damaged"),
        ({KEY: base64.b64encode(zlib.compress(b"{}"))}, "format"),
        ({KEY: base64.b64encode(zlib.compress(b"[" * 100_000))}, ""),
        ({KEY: base64.b64encode(zlib.compress(b'{"format": 1, "run": "\xff"}'))}, ""),
        ({KEY: base64.b64encode(zlib.compress(b" " * (file.MAX_ABOUT_BYTES + 1)))}, "unpacked"),
    ],
)
def test_hostile_metadata_is_refused(
    project: Project, metadata: dict[bytes, bytes], why: str
) -> None:
    written(project, metadata=metadata)
    assert why in refused(project)


def test_rows_in_several_groups_are_refused(project: Project) -> None:
    path = bad(project)
    kept, metadata = pq.read_table(path), pq.read_metadata(path).metadata[KEY]
    with pq.ParquetWriter(path, kept.schema, store_schema=False, compression="none") as writer:
        writer.write_table(kept, row_group_size=1)
        writer.add_key_value_metadata({KEY: metadata})
    assert "several groups" in refused(project)


def test_values_that_are_kept_one_by_one_are_read_all_the_same(project: Project) -> None:
    """Without dictionaries, as other programs may write the same."""
    written(project, use_dictionary=False)
    found = read_runs(project.kept)
    assert found.refused == ()
    assert found.runs[0].result.tolist() == found.runs[1].result.tolist()


def test_names_that_look_like_numbers_are_names(project: Project) -> None:
    names = ["0000000000000012", "00000000000001e5"]
    table(project, lambda rows: rows.assign(result=names))
    runs = read_runs(project.kept)
    assert runs.refused == ()
    assert runs.runs[0].result.tolist() == [0x12, 0x1E5]


def test_too_long_a_file_is_refused(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    size = bad(project).stat().st_size
    bad(project).write_bytes(b"\0" * (size + 4000))
    monkeypatch.setattr(read, "MAX_FILE_BYTES", size + 2000)
    assert "longer than" in refused(project)


def test_too_many_results_are_refused(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    table(project, lambda rows: pd.concat([rows, rows]))
    monkeypatch.setattr(file, "MAX_RESULTS", 2)
    assert "more than 2 results" in refused(project)


def test_other_files_are_passed_over_and_misnamed_runs_told(project: Project) -> None:
    (project.kept / "README.md").write_text("mine", encoding="utf-8")
    (project.kept / f".{BAD}.parquet.123").write_text("half", encoding="utf-8")
    (project.kept / f"{BAD}.0123456789abcdef.aside").write_text("beside", encoding="utf-8")
    (project.kept / "latest.parquet").write_bytes(b"")
    found = read_runs(project.kept)
    assert len(found.runs) == 2
    assert found.refused == ("history/latest.parquet: its name is not that of a run",)


def test_what_is_no_file_is_refused(project: Project) -> None:
    bad(project).unlink()
    bad(project).mkdir()
    assert f"{BAD}.parquet: not a file" in refused(project)


def test_the_report_says_what_was_refused_and_uses_the_rest(project: Project) -> None:
    bad(project).write_bytes(b"")
    project.report()
    assert rows(project.runs, "run") == [GOOD]
    assert any(f"history/{BAD}" in each for each in project.results.ignored)
