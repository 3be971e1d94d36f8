"""Every member of Keras and `tf.random` that draws random numbers: a scenario, or a reason.

What counts as random and as exercised is in `coverage_walk.py`, which runs the whole suite.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness import interpreters, processes
from harness.install import python_of
from harness.platforms import on_platform, this_platform
from tests.project import ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(
        not sys.platform.startswith("linux"), reason="the suite runs in forked processes here"
    ),
]

PYTHON = "3.13"
# The newest releases. The figure in docs/ is theirs; nothing uploaded later can change it.
NEWEST = ("tensorflow==2.21.0", "keras==3.15.1")
BEFORE = "2026-11-20"
NAMESPACES = (
    "keras.initializers",
    "keras.layers",
    "keras.random",
    "keras.applications",
    "tensorflow.random",
)

_APPLICATION = (
    "its initial weights are drawn by layers with scenarios of their own; MobileNetV2, ResNet50 "
    "and EfficientNetB0 stand for how a large model combines them"
)
_FOREIGN = "the user's own JAX or Flax function draws; `generators/jax_*` cover JAX's generators"

# Random members without a scenario, and why.
REASONS = {
    **{
        f"keras.applications.{name}": _APPLICATION
        for name in (
            *("ConvNeXtBase", "ConvNeXtLarge", "ConvNeXtSmall", "ConvNeXtTiny", "ConvNeXtXLarge"),
            *("DenseNet121", "DenseNet169", "DenseNet201"),
            *(f"EfficientNetB{size}" for size in range(1, 8)),
            *(f"EfficientNetV2{size}" for size in ("B0", "B1", "B2", "B3", "L", "M", "S")),
            *("InceptionResNetV2", "InceptionV3"),
            *("MobileNet", "MobileNetV3Large", "MobileNetV3Small"),
            *("NASNetLarge", "NASNetMobile"),
            *("ResNet101", "ResNet101V2", "ResNet152", "ResNet152V2", "ResNet50V2"),
            *("VGG16", "VGG19", "Xception"),
        )
    },
    "keras.layers.JaxLayer": _FOREIGN,
    "keras.layers.FlaxLayer": _FOREIGN,
    "tensorflow.random.create_rng_state": (
        "makes the state that `tf.random.Generator.from_seed` starts from; exercised through it"
    ),
    "tensorflow.random.get_global_generator": (
        "draws nothing; the generator it returns is a `tf.random.Generator`, seeded from the "
        "operating system until the user replaces it"
    ),
}


def walk(python: Path, folder: Path, scenarios: Sequence[str] = ()) -> dict[str, Any]:
    """What coverage_walk.py finds out about the suite, or about some scenarios."""
    script = Path(__file__).with_name("coverage_walk.py")
    output = folder / "coverage.json"
    code, log = processes.run(
        [str(python), "-P", str(script), str(ROOT), str(output), *scenarios],
        environment={"TF_CPP_MIN_LOG_LEVEL": "2", "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert code == 0, log[-3000:]
    found: dict[str, Any] = json.loads(output.read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="module")
def newest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter with the newest TensorFlow and Keras."""
    interpreter = interpreters.find(PYTHON)
    if interpreter is None:
        pytest.skip(f"no Python {PYTHON} on this machine")
    home = tmp_path_factory.mktemp("newest")
    packages = [on_platform(each, this_platform(), gpu=False) for each in NEWEST]
    for command in (
        ["venv", "--python", interpreter, str(home)],
        ["pip", "install", "--exclude-newer", BEFORE, "--python", str(python_of(home)), *packages],
    ):
        code, log = processes.run([interpreters.uv(), *command])
        assert code == 0, log
    return python_of(home)


@pytest.fixture(scope="module")
def measured(newest: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return walk(newest, tmp_path_factory.mktemp("measured"))


def exercised(found: dict[str, Any]) -> set[str]:
    return {name for name, member in found["members"].items() if member["scenarios"]}


def test_every_random_member_has_a_scenario_or_a_reason(measured: dict[str, Any]) -> None:
    uncovered = set(measured["members"]) - exercised(measured) - set(REASONS)

    assert {name: measured["members"][name]["why"] for name in sorted(uncovered)} == {}


def test_no_reason_outlives_its_member_or_what_it_excuses(measured: dict[str, Any]) -> None:
    assert sorted(set(REASONS) - set(measured["members"])) == []
    assert sorted(set(REASONS) & exercised(measured)) == []


def test_nothing_draws_that_does_not_look_random(measured: dict[str, Any]) -> None:
    assert measured["unforeseen"] == []


def test_no_scenario_fails_while_watched(measured: dict[str, Any]) -> None:
    statuses = measured["statuses"]
    failed = {name: why for name, why in statuses.items() if not why.startswith(("ok", "unsup"))}

    assert failed == {}


def test_only_what_drew_counts_as_exercised(newest: Path, tmp_path: Path) -> None:
    found = walk(newest, tmp_path, ["layers/dense", "layers/prelu", "initializers/constants"])

    assert set(found["statuses"].values()) == {"ok"}
    assert exercised(found) == {
        "keras.initializers.GlorotUniform",
        "keras.layers.Dense",
        "tensorflow.random.set_seed",
    }


def test_the_documented_figure_is_the_measured_one(measured: dict[str, Any]) -> None:
    documented = ROOT.joinpath("docs", "coverage.md").read_text(encoding="utf-8")

    assert figure(measured) in documented


def figure(measured: dict[str, Any]) -> str:
    """The paragraph and the two tables of docs/coverage.md that hold measured facts."""
    random, seen = set(measured["members"]), exercised(measured)
    versions = measured["versions"]
    lines = [
        f"Of {len(measured['public'])} public classes and functions (Keras {versions['keras']}, "
        f"TensorFlow {versions['tensorflow']}), **{len(random)} draw random numbers: "
        f"{len(seen)} are exercised by scenarios, {len(random - seen)} have a reason not to be.**",
        "",
        "| | public | random | exercised | with a reason |",
        "| --- | --- | --- | --- | --- |",
    ]
    for space in NAMESPACES:
        counts = [
            sum(name.startswith(f"{space}.") for name in names)
            for names in (measured["public"], random, seen, random - seen)
        ]
        lines.append(f"| `{space}` | " + " | ".join(map(str, counts)) + " |")
    lines += ["", "| reason | members |", "| --- | --- |"]
    for reason in dict.fromkeys(REASONS.values()):
        members = sorted(name for name, each in REASONS.items() if each == reason)
        lines.append(f"| {reason} | {', '.join(f'`{name}`' for name in members)} |")
    return "\n".join(lines) + "\n"
