import pytest

from harness.wheels import has_wheel, pythons


@pytest.mark.parametrize(
    ("tensorflow", "first", "last"),
    [
        ("1.15.5", "3.7", "3.7"),
        ("2.4.4", "3.7", "3.8"),
        ("2.7.4", "3.7", "3.9"),
        ("2.9.3", "3.7", "3.10"),
        ("2.11.0", "3.7", "3.10"),
        ("2.11.1", "3.8", "3.10"),
        ("2.16.2", "3.9", "3.12"),
        ("2.20.0", "3.9", "3.13"),
        ("2.21.0", "3.10", "3.13"),
        ("2.21.0rc1", "3.10", "3.13"),
    ],
)
def test_a_release_has_wheels_from_its_first_python_to_its_last(
    tensorflow: str, first: str, last: str
) -> None:
    known = pythons(tensorflow)
    assert known is not None
    assert (known[0], known[-1]) == (first, last)


def test_a_patch_release_of_python_counts_as_its_minor() -> None:
    assert has_wheel("2.9.3", "3.10.13")
    assert not has_wheel("2.9.3", "3.11.7")


@pytest.mark.parametrize("tensorflow", ["2.22.0rc0", "3.0", "2.50.1", "1.14.0", "nonsense"])
def test_what_is_not_known_is_not_refused(tensorflow: str) -> None:
    assert pythons(tensorflow) is None
    assert has_wheel(tensorflow, "3.14")
