import pytest

from harness.rules import applies, holds, matching


@pytest.mark.parametrize(
    ("axis", "wanted", "actual", "expected"),
    [
        ("tensorflow", "2.16", "2.16.0", True),
        ("tensorflow", "2.1", "2.10", False),
        ("tensorflow", ">=2.10", "2.9.3", False),
        ("tensorflow", ">=2.9", "2.10.1", True),
        ("tensorflow", ">=2.22.0rc0", "2.22.0rc1", True),
        ("tensorflow", "<2.22", "2.22.0rc1", False),
        ("python", "3.10", "3.10.13", False),
        ("python", "==3.10.*", "3.10.13", True),
        ("protobuf", "<3.20", "<3.20", True),
        ("protobuf", "<3.21", "<3.20", False),
        ("protobuf", "3.19", "<3.20", False),
        ("backend", "jax", "jax", True),
        ("backend", "jax", "torch", False),
        ("environment", "tf2_*", "tf2_9_3_py3_10", True),
        ("environment", "tf2", "tf2_9_3_py3_10", False),
        ("setting", "def*", "default", False),
    ],
)
def test_a_condition_compares_versions_names_and_patterns(
    axis: str, wanted: str, actual: str, expected: bool
) -> None:
    assert holds(axis, wanted, actual) is expected


def test_every_condition_must_hold_and_one_value_of_a_list_is_enough() -> None:
    facts = {"tensorflow": "2.9.3", "device": "cpu"}
    assert applies({"tensorflow": ("2.10.1", "2.9.3"), "device": ("cpu",)}, facts)
    assert not applies({"tensorflow": ("2.9.3",), "device": ("gpu",)}, facts)


def test_an_absent_axis_never_fulfils_a_condition() -> None:
    assert not applies({"keras": ("!=3.0",)}, {"tensorflow": "2.9.3"})


def test_matching_keeps_the_order_of_the_names() -> None:
    assert matching(["c*", "a"], ["a", "b", "c/d"]) == ("a", "c/d")
