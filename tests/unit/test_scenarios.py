"""The suite as the host sees it, and seeding that needs no framework."""

from __future__ import annotations

import dataclasses
import re
import subprocess
import sys

import pytest

from harness import scenarios
from harness.scenarios.seeding import equally_seeded, seed_of_layer


def test_names_are_family_and_name_in_suite_order() -> None:
    names = scenarios.names()

    assert all(re.fullmatch(r"[a-z0-9_]+/[a-z0-9_]+", name) for name in names)
    families = [name.split("/")[0] for name in names]
    assert sorted(set(families), key=families.index) == list(scenarios.FAMILIES)


def test_listing_the_suite_imports_no_framework() -> None:
    code = (
        "import sys; from harness import scenarios; scenarios.names();"
        "print({'numpy', 'tensorflow', 'keras', 'pandas'} & set(sys.modules))"
    )
    listed = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert listed.stdout.strip() == "set()"


def test_every_expectation_names_its_source() -> None:
    for entry in scenarios.suite().values():
        assert not entry.launches or entry.launches_source, entry.name


def test_there_are_negative_controls() -> None:
    controls = [entry for entry in scenarios.suite().values() if entry.control]

    assert {entry.name for entry in controls} == {"controls/unseeded", "controls/another_seed"}


def test_a_scenario_without_a_sentence_is_refused() -> None:
    with pytest.raises(ValueError, match="docstring"):
        scenarios.scenario("texts/silent")(lambda run: None)


def test_two_scenarios_of_one_name_are_refused() -> None:
    def again(run: object) -> None:
        """Again."""

    scenarios.suite()
    with pytest.raises(ValueError, match="two scenarios"):
        scenarios.scenario("recipes/none")(again)


def test_a_layer_seed_depends_on_seed_and_path_alone() -> None:
    assert seed_of_layer(42, "model/0/kernel") == seed_of_layer(42, "model/0/kernel")
    seeds = {seed_of_layer(seed, path) for seed in (42, 43) for path in ("a", "b")}
    assert len(seeds) == 4
    assert all(0 <= seed < 2**31 for seed in seeds)


@pytest.mark.parametrize(
    ("documentation", "of_itself", "of_another"),
    [
        pytest.param(
            "An initializer created with a given seed will always produce the same random\n"
            "      tensor for a given shape and dtype.",
            True,
            True,
            id="2.4",
        ),
        pytest.param(
            "Note that seeded initializer will not produce same random values across\n"
            "      multiple calls, but multiple initializers will produce same sequence when\n"
            "      constructed with same seed value.",
            False,
            True,
            id="2.7",
        ),
        pytest.param(
            "Note that a seeded initializer will not produce the same random values across\n"
            "    multiple calls, but multiple initializers will produce the same sequence when\n"
            "    constructed with the same seed value.",
            False,
            True,
            id="2.15",
        ),
        pytest.param(
            "Note that an initializer seeded with an integer or `None` (unseeded) will produce\n"
            "        the same random values across multiple calls.",
            True,
            True,
            id="keras-3",
        ),
    ],
)
def test_a_release_is_held_to_its_own_words_on_equal_seeds(
    documentation: str, of_itself: bool, of_another: bool
) -> None:
    initializer = type("GlorotUniform", (), {"__doc__": documentation})

    again, other = equally_seeded(initializer, one_instance=True), equally_seeded(initializer)

    assert (again["expected"], other["expected"]) == (of_itself, of_another)
    assert "documentation" in again["source"]


@pytest.mark.parametrize("documentation", [None, "seed: A Python integer."])
def test_a_release_that_says_nothing_of_equal_seeds_is_held_to_nothing(
    documentation: str | None,
) -> None:
    assert equally_seeded(type("GlorotUniform", (), {"__doc__": documentation})) == {}


def test_a_version_that_never_made_a_promise_carries_none() -> None:
    promise = scenarios.Promise("frozen", "a page", ("process", "packages"), "keras.utils.x")
    entry = scenarios.Scenario("a/b", lambda run: None, "", (), promise, "same", "a page", False)

    assert entry.described()["launches"] == "same"
    assert entry.described()["promise_levels"] == ["process", "packages"]
    without = entry.described(promised=False)
    assert (without["promise"], without["promise_levels"], without["launches"]) == ("", [], "")
    own = dataclasses.replace(entry, launches_source="a text")  # somebody else's claim stands
    assert own.described(promised=False)["launches"] == "same"
