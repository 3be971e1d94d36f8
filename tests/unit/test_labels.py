from __future__ import annotations

import pytest

from harness.labels import VARIABLE, LabelError, is_label, this_label


@pytest.mark.parametrize("label", ["linux-x64", "Lab.3_b", "7", "x" * 50])
def test_a_label_is_what_the_variable_says(monkeypatch: pytest.MonkeyPatch, label: str) -> None:
    monkeypatch.setenv(VARIABLE, label)
    assert this_label() == label


def test_without_the_variable_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    assert this_label() == ""


@pytest.mark.parametrize(
    ("label", "proposed"),
    [("my box", "my-box"), ("a;b", "a-b"), ("-x", "x"), ("é", "my-machine"), ("y" * 60, "y" * 50)],
)
def test_what_is_none_is_refused_with_one_that_is(
    monkeypatch: pytest.MonkeyPatch, label: str, proposed: str
) -> None:
    monkeypatch.setenv(VARIABLE, label)
    with pytest.raises(LabelError, match=f"write {VARIABLE}={proposed}$"):
        this_label()
    assert is_label(proposed)
