"""Comparisons that workers make: real workers, in this process."""

from __future__ import annotations

import pickle
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest
from distributed import Client, LocalCluster

from harness import analysis as package
from harness.analysis import Results, analyse
from harness.analysis.wanted import Answers, Wanted
from harness.cluster import ClusterError, comparisons
from harness.cluster.comparisons import Comparisons, Part, compare_part
from harness.collect import collect
from tests.unit.analysis.builder import Recorder
from tests.unit.analysis.test_wanted import PLAN
from tests.unit.analysis.test_wanted import recorder as recorder  # a fixture


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    with (
        LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=False,
            dashboard_address="127.0.0.1:0",  # Dask has one in any case; not on the usual port
        ) as cluster,
        Client(cluster, set_as_default=False) as found,
    ):
        yield found


def compared(
    recorder: Recorder, client: Client, before: Callable[[Comparisons], None] = lambda _: None
) -> Results:
    """before: what happens when the workers are done, and the client has not asked yet."""

    def elsewhere(wanted: Wanted) -> Callable[[], Answers]:
        asked = Comparisons(client, wanted, recorder.data / "objects")
        before(asked)
        return asked.wait

    return analyse(collect(recorder.data), PLAN, elsewhere=elsewhere)


def test_workers_find_what_one_process_finds(recorder: Recorder, client: Client) -> None:
    alone = recorder.analyse(PLAN)
    results = compared(recorder, client)

    for name in ("breaks", "differences", "events", "verdicts", "comparisons", "causes"):
        pd.testing.assert_frame_equal(getattr(alone, name), getattr(results, name))
    assert len(alone.differences) > 10


def test_arrays_that_nobody_has_are_unknown_as_without_workers(
    recorder: Recorder, client: Client
) -> None:
    (recorder.data / "objects").rename(recorder.data.parent / "lost")
    alone = recorder.analyse(PLAN)
    results = compared(recorder, client)

    assert "array bytes missing" in " ".join(alone.breaks["confounders"])
    pd.testing.assert_frame_equal(alone.breaks, results.breaks)
    pd.testing.assert_frame_equal(alone.differences, results.differences)


def test_arrays_that_only_the_client_has_are_noticed(recorder: Recorder, client: Client) -> None:
    objects, hidden = recorder.data / "objects", recorder.data.parent / "hidden"
    objects.rename(hidden)

    def done(asked: Comparisons) -> None:
        assert asked._future is not None
        asked._future.result()
        hidden.rename(objects)

    with pytest.raises(ClusterError, match="does not find stored arrays that are in") as raised:
        compared(recorder, client, done)
    assert raised.value.exit_code == 2


def test_a_worker_with_another_analysis_is_noticed(
    recorder: Recorder, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter(["the client's"])
    monkeypatch.setattr(comparisons, "code", lambda: next(answers, "the worker's"))

    with pytest.raises(ClusterError, match="another sameseed or NumPy than the client"):
        compared(recorder, client)


def test_the_code_is_that_of_the_analysis(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = comparisons.code.__wrapped__()
    copy = tmp_path / "analysis"
    shutil.copytree(Path(package.__file__).parent, copy)
    monkeypatch.setattr(package, "__file__", str(copy / "__init__.py"))
    copied = comparisons.code.__wrapped__()
    with (copy / "ulp.py").open("a", encoding="utf-8") as file:
        file.write("# edited\n")

    assert copied == ours
    assert comparisons.code.__wrapped__() != ours


def test_a_part_has_an_answer_for_each_comparison(recorder: Recorder) -> None:
    parts: list[Part] = []
    asked: list[Wanted] = []

    def elsewhere(wanted: Wanted) -> Callable[[], Answers]:
        (share,) = wanted.shares(1)
        asked.append(wanted)
        parts.append(
            Part(3, pickle.dumps(share), str(recorder.data / "objects"), comparisons.code())
        )
        return dict

    analyse(collect(recorder.data), PLAN, elsewhere=elsewhere)
    made = compare_part(parts[0])

    assert len(made) == len(asked[0].comparisons) > 0
    assert set(made["part"]) == {3}
