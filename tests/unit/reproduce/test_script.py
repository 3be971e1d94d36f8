"""The code of scenarios, cut out of the suite: whole, self-contained, and the same to the bit."""

from __future__ import annotations

import ast
import builtins
import re
import symtable
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from harness import scenarios
from harness.probe.context import Run, UnsupportedError
from harness.reproduce.cut import UncutError, cut
from harness.reproduce.script import Side, script

SUITE = tuple(scenarios.names())
# These draw without any framework.
BARE = [name for name in SUITE if name.startswith(("generators/numpy_", "generators/python_"))]


_DEVICES = ("cpu", "gpu")  # by turns


def side(scenario: str, **changes: Any) -> Side:
    known: dict[str, Any] = {
        "title": "title",
        "about": (),
        "scenario": scenario,
        "python": "3.10.13",
        "packages": {"numpy": "1.26.4"},
        "installed": True,
        "backend": "tensorflow",
        "keras": "",
        "threads": 2,
        "device": "cpu",
        "variables": {"NPROC": "2"},
        "recorded": {},
    }
    return Side(**{**known, **changes})


def undefined(text: str) -> set[str]:
    """Names that functions of a module take from it, or at import, and that it does not have."""
    top = symtable.symtable(text, "script", "exec")
    known = {each.get_name() for each in top.get_symbols() if each.is_assigned()}
    known |= {each.get_name() for each in top.get_symbols() if each.is_imported()}
    known |= {each.get_name() for each in top.get_symbols() if each.is_namespace()}
    known |= set(vars(builtins)) | {"__name__", "__file__"}
    # What only annotations say is never looked up.
    said = {
        inner.id
        for node in ast.walk(ast.parse(text))
        for part in (getattr(node, "annotation", None), getattr(node, "returns", None))
        if part is not None
        for inner in ast.walk(part)
        if isinstance(inner, ast.Name)
    }

    def missing(table: symtable.SymbolTable) -> Iterator[str]:
        for each in table.get_symbols():
            taken = each.is_global() or table is top
            if taken and each.is_referenced() and each.get_name() not in known:
                yield each.get_name()
        for child in table.get_children():
            yield from missing(child)

    return set(missing(top)) - said


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SAMESEED_SCRATCH", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("family", scenarios.FAMILIES)
def test_every_scenario_becomes_a_script_that_has_all_it_uses(family: str) -> None:
    members = [name for name in SUITE if name.startswith(f"{family}/")]

    assert members
    for name in members:
        text = script(side(name, device=_DEVICES[len(name) % 2]))
        ast.parse(text, feature_version=(3, 7))
        assert undefined(text) == set(), name
        imported = re.findall(r"^ *(?:from|import) +([.\w]+)", text, re.MULTILINE)
        assert not [module for module in imported if module.startswith((".", "harness"))], name


def test_a_name_that_is_missing_is_seen() -> None:
    assert undefined("def f():\n    return absent\n") == {"absent"}


@pytest.mark.parametrize("name", BARE)
def test_the_script_draws_what_the_probe_draws(
    name: str, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    framework: Any = SimpleNamespace(backend="tensorflow", keras=None, keras_name="keras")
    probe = Run(framework, scratch / "objects", scratch)
    scenario = scenarios.suite()[name]
    try:
        for path in scenario.needs:
            probe.api(*path.split("|"))
    except UnsupportedError as missing:
        pytest.skip(f"no {missing} here")
    scenario.function(probe)

    monkeypatch.setattr(sys, "path", list(sys.path))
    namespace: dict[str, Any] = {"__name__": "script", "__file__": str(scratch / "script.py")}
    exec(compile(script(side(name)), "script", "exec"), namespace)
    run = namespace["Run"](framework, "cpu")
    function = namespace.get("SCENARIOS", {}).get(name) or namespace[cut(name).call]
    function(run)

    assert probe.arrays
    same = ("array", "dtype", "shape", "sha256")
    assert run.arrays == [{key: each[key] for key in same} for each in probe.arrays]


def test_a_short_scenario_comes_first_and_its_decorator_is_gone() -> None:
    text = script(side("texts/two_instances"))
    functions = [
        node.name
        for node in ast.parse(text).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
    ]

    assert functions[0] == "two_instances"
    assert "@scenario" not in text
    assert "clone_model" not in text


def test_of_scenarios_made_in_a_row_only_the_one_is_made() -> None:
    text = script(side("layers/dense"))

    assert '_initial("dense", "Dense", ((None, 3),), 4)' in text
    assert "conv_1d" not in text


def test_a_scenario_that_is_gone_is_refused() -> None:
    with pytest.raises(UncutError, match="no scenario own/gone"):
        cut("own/gone")


def test_the_environment_is_pinned_and_what_is_no_requirement_is_named() -> None:
    packages = {"numpy": "1.26.4", "Keras": "3.0", "evil\n# ///\nimport os": "1", "x": "1; y"}

    text = script(side("recipes/none", packages=packages))

    assert '#   "keras==3.0",' in text
    assert '# requires-python = "==3.10.*"' in text
    assert '#   "numpy==1.26.4",' in text
    assert r"evil\n# ///\nimport os==1" in text.replace("\n# ", " ")
    assert text.count("\n# ///\n") == 1


@pytest.mark.parametrize(
    ("packages", "overridden"),
    [
        ({"tensorflow-cpu": "2.9.3"}, True),
        ({"tensorflow": "2.9.3"}, False),
        ({"jax": "0.5.0"}, False),
    ],
)
def test_a_second_build_of_tensorflow_is_kept_out(
    packages: dict[str, str], overridden: bool
) -> None:
    text = script(side("recipes/none", packages=packages))

    assert ("override-dependencies" in text) == overridden


def test_an_interpreter_that_nothing_locks_is_said_to_be_one() -> None:
    text = script(side("recipes/none", installed=False))

    assert "# /// script" not in text
    assert "locks nothing" in text
    assert "numpy==1.26.4" in text


HOSTILE = '"""\nimport os; os.abort()\n"""\\'


def test_words_from_records_stay_words() -> None:
    harmless = script(side("generators/numpy_global", about=("words",), recorded={"a": {"b": "c"}}))

    text = script(
        side(
            "generators/numpy_global",
            title=HOSTILE,
            about=(HOSTILE, "\u202e\x00"),
            keras=HOSTILE,
            variables={"NPROC": HOSTILE},
            recorded={HOSTILE: {HOSTILE: HOSTILE}},
        )
    )

    def shape(code: str) -> list[str]:
        kinds = (type(node).__name__ for node in ast.walk(ast.parse(code)))
        return [kind for kind in kinds if kind != "Constant"]

    assert shape(text) == shape(harmless)
    assert "\u202e" not in text
    assert "\x00" not in text


@pytest.fixture
def registry() -> Iterator[None]:
    """The suite as it was, once a test is over."""
    known, loaded = dict(scenarios._registry), set(scenarios._loaded)
    yield
    scenarios._registry.clear()
    scenarios._registry.update(known)
    scenarios._loaded.clear()
    scenarios._loaded.update(loaded)


OWN = '''\
import math

from harness.scenarios import scenario
from harness.scenarios.fixed import fractions

FACTOR = math.pi
TABLE = {}
TABLE.update(power=2)
UNUSED = 1


def scaled(values):
    from harness.scenarios.fixed import filled  # what else it may import

    return values * FACTOR ** TABLE["power"]


for letter in "ab":

    @scenario("own/" + letter)
    def measured(r, letter=letter):
        """One array."""
        r.array(letter, scaled(fractions(r, 3)))
'''


@pytest.mark.usefixtures("registry")
def test_a_scenario_of_the_users_own_is_cut_out_with_what_it_uses(
    scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = scratch / "mine.py"
    file.write_text(OWN, encoding="utf-8")
    scenarios.suite([str(file)])
    text = script(side("own/b"))
    framework: Any = SimpleNamespace(backend="tensorflow", keras=None, keras_name="keras")
    probe = Run(framework, scratch / "objects", scratch)
    scenarios.suite()["own/b"].function(probe)

    monkeypatch.setattr(sys, "path", list(sys.path))
    namespace: dict[str, Any] = {"__name__": "script", "__file__": str(scratch / "script.py")}
    exec(compile(text, "script", "exec"), namespace)
    run = namespace["Run"](framework, "cpu")
    namespace["SCENARIOS"]["own/b"](run)

    assert run.arrays[0]["sha256"] == probe.arrays[0]["sha256"]
    assert "UNUSED" not in text
    assert undefined(text) == set()
