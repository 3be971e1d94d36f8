"""The files of known causes and claims: what they may say, and that what they name is there."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from harness import scenarios
from harness.errors import MatrixError
from harness.known import load_causes, load_claims

RELATIONS: dict[str, list[str]] = json.loads(
    Path(__file__).with_name("known_relations.json").read_text(encoding="utf-8")
)

CAUSE = """
version: 1
causes:
  - id: one
    title: It changed
    url: https://example.org/notes
    step: {level: packages, package: tensorflow, changed_in: "2.10"}
    scenarios: recipes/*
"""
CLAIM = """
version: 1
claims:
  - id: one
    text: It holds
    source: a text
    tests: [{scenarios: recipes/all_three, relation: first == second, holds: true}]
"""


def refused(tmp_path: Path, text: str) -> str:
    """What is said of a file, from its line on."""
    path = tmp_path / "known.yaml"
    path.write_text(text, encoding="utf-8")
    load = load_causes if "causes:" in text else load_claims
    with pytest.raises(MatrixError) as caught:
        load(path)
    return str(caught.value).replace(f"{path}:", "")


def test_the_files_are_valid() -> None:
    assert len(load_causes()) >= 20
    assert len(load_claims()) >= 20


def test_the_examples_here_are_valid(tmp_path: Path) -> None:
    path = tmp_path / "known.yaml"
    path.write_text(CAUSE)
    assert [cause.id for cause in load_causes(path)] == ["one"]
    path.write_text(CLAIM)
    assert [claim.id for claim in load_claims(path)] == ["one"]


@pytest.mark.parametrize(
    "glob", sorted({each for cause in load_causes() for each in cause.scenarios})
)
def test_every_pattern_of_a_cause_matches_a_scenario(glob: str) -> None:
    assert any(fnmatchcase(name, glob) for name in scenarios.names())


def test_every_pattern_of_a_claim_matches_a_scenario() -> None:
    names = scenarios.names()
    tests = [test for claim in load_claims() for test in claim.tests]
    idle = {
        glob
        for test in tests
        for glob in test.scenarios
        if not any(fnmatchcase(name, glob) for name in names)
    }
    assert idle == set()


def test_every_relation_of_a_claim_is_one_that_was_recorded() -> None:
    """`known_relations.json` comes from records: scenario → its relations."""
    unknown = {
        (name, test.relation)
        for claim in load_claims()
        for test in claim.tests
        if test.relation is not None
        for name in test.names(scenarios.names())
        if not any(fnmatchcase(each, test.relation) for each in RELATIONS[name])
    }
    assert unknown == set()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"2.10"', "2.10", "7:62: 2.10 is not quoted"),
        ('"2.10"', '">=2.10"', '7:62: ">=2.10" is not an exact version'),
        ("id: one", "id: One", '4:9: "One" is not a name'),
        ("https://example.org/notes", "the notes", '6:10: "the notes" is no address'),
        ("It changed", "It changed; much", "5:12: a semicolon or a line break inside"),
        ("title: It changed", "titel: It changed", "did you mean title?"),
        ("packages, package: tensorflow,", "packages,", "changed_in without a package"),
        ("level: packages", "level: process", "package and level do not go together"),
        ("level: packages", "level: setting", "do not go together"),
        ("level: packages", "level: release", "unknown in level: release"),
        ("    scenarios: recipes/*\n", "", "scenarios is missing"),
        ("scenarios: recipes/*", "scenarios: []", "empty"),
        ("version: 1", "version: 2", "2:10: "),
    ],
)
def test_a_mistake_in_the_causes_is_told_with_its_place(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    assert old in CAUSE
    assert said in refused(tmp_path, CAUSE.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (", holds: true", "", "6:13: a test is a relation or a step"),
        ("holds: true", "differs: true", "a test is a relation or a step"),
        ("source: a text", "source: ''", "6:13: "),
        ("[{scenarios", "[] #", "tests is empty"),
    ],
)
def test_a_mistake_in_the_claims_is_told_with_its_place(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    assert old in CLAIM
    assert said.split(": ", 1)[-1] in refused(tmp_path, CLAIM.replace(old, new))


def test_an_id_is_taken_once(tmp_path: Path) -> None:
    twice = CAUSE + CAUSE.partition("causes:")[2]
    assert "10:9: the id one is here twice: first on line 4" in refused(tmp_path, twice)
