from __future__ import annotations

from harness.analysis.frames import Where
from harness.analysis.hosts import hosts


def at(environment: str, machine: str, label: str = "") -> tuple[Where, str]:
    """A launch."""
    return Where(environment, "default", "cpu", machine), label


def test_a_machine_without_a_label_is_called_by_its_id() -> None:
    assert hosts([at("tf9", "m1")]) == {"m1": "m1"}


def test_machines_of_one_label_are_one_host_where_no_cell_was_measured_on_two() -> None:
    found = hosts([at("tf9", "m1", "ci"), at("tf10", "m2", "ci"), at("tf10", "m3", "mac")])
    assert found == {"m1": "ci", "m2": "ci", "m3": "mac"}


def test_the_label_that_was_given_last_counts() -> None:
    assert hosts([at("tf9", "m1", "old"), at("tf9", "m1", "new")]) == {"m1": "new"}


def test_the_host_with_most_launches_comes_first() -> None:
    found = hosts([at("tf9", "m1", "a"), at("tf9", "m2", "b"), at("tf9", "m2", "b")])
    assert list(found) == ["m2", "m1"]


def test_a_label_cannot_pass_for_another_machine() -> None:
    assert hosts([at("tf9", "m1", "m2"), at("tf9", "m2")]) == {"m1": "m1", "m2": "m2"}


def test_what_is_no_label_is_not_shown() -> None:
    for label in ("a; b", "a\nb", "a → b", "x" * 51, "<b>", " "):
        assert hosts([at("tf9", "m1", label)]) == {"m1": "m1"}
