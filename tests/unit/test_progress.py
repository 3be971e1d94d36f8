"""Progress lines in a plain log."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness import progress


def test_steps_of_one_trial_replace_each_other() -> None:
    lines = [
        "tf2_9  default/cpu trial 1: 1/19 texts/two_instances",
        "tf2_9  default/cpu trial 2: 1/19 texts/two_instances",
        "tf2_9  default/cpu trial 1: 2/19 texts/weights_copied",
    ]

    assert progress.digest(lines) == [lines[2], lines[1]]


def test_failures_and_installs_are_never_dropped() -> None:
    lines = [
        "tf2_9  installing 43 packages on Python 3.10",
        "tf2_9  default/cpu trial 1: ERROR texts/two_instances: ValueError",
        "tf2_9  default/cpu trial 1: CRASH texts/cloned_model: SIGSEGV",
        "tf2_9  INSTALL_FAILED: no such version",
        "tf2_9  default/cpu trial 1: 3/19 texts/cloned_model",
    ]

    assert progress.digest(lines) == lines


def test_a_speaker_writes_to_the_journal_where_there_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    journal = tmp_path / "progress.log"
    monkeypatch.setenv(progress.JOURNAL, str(journal))

    progress.speaker("tf2_9")("installing")

    assert journal.read_text() == "tf2_9  installing\n"
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("nox", "printed"),
    [
        (False, "installing\ntrial 1: 1/2 a\ntrial 1: CRASH a: SIGSEGV\n"),
        (True, "\x1b[Kinstalling\n\x1b[Ktrial 1: 1/2 a\r\x1b[Ktrial 1: CRASH a: SIGSEGV\n"),
    ],
    ids=["file", "terminal of nox"],
)
def test_a_speaker_prints_where_there_is_none(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], nox: bool, printed: str
) -> None:
    monkeypatch.delenv(progress.JOURNAL, raising=False)
    monkeypatch.delenv(progress.NOX, raising=False)
    if nox:
        monkeypatch.setenv(progress.NOX, "1")
    say = progress.speaker("tf2_9")

    for line in ("installing", "trial 1: 1/2 a", "trial 1: CRASH a: SIGSEGV"):
        say(line)

    assert capsys.readouterr().out == printed
