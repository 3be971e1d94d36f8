"""A real end-to-end audit of two TensorFlow releases, with nox, uv and the probe as users run them.

The two are the last release on which Keras drew unseeded initializers from TensorFlow's own
generator, and the first on which it did not.
"""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from harness.install import python_of
from harness.platforms import this_platform
from tests.project import Done, Project, kill_tree, wait_for

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(
        this_platform() not in ("linux-x86_64", "windows-x86_64"),
        reason="these releases have no wheels for this platform",
    ),
]

OLD, NEW = "tf2_9_3_py3_10", "tf2_10_1_py3_10"

MATRIX = """
    version: 1
    exclude_newer: "2026-11-20"
    platforms: [linux-x86_64, linux-aarch64, macos-arm64, windows-x86_64]
    environments:
      - tensorflow: ["2.9.3", "2.10.1"]
        python: "3.10"
        numpy: "1.26.4"
    settings:
      default: {}
      other: {env: {TF_ENABLE_ONEDNN_OPTS: "0"}, threads: 1}
    profiles:
      default: {settings: [default]}
    scenarios: {include: ["texts/*", "recipes/*", "controls/*"]}
"""

# What a caller's shell may hold, and a trial must never see.
POISON = {
    "TF_ENABLE_ONEDNN_OPTS": "0",
    "TF_NUM_INTRAOP_THREADS": "7",
    "KERAS_BACKEND": "torch",
    "PYTHONHASHSEED": "0",
}


@pytest.fixture(scope="module")
def audited(make_project: Callable[[], Project], tmp_path_factory: Any) -> tuple[Project, Done]:
    """Both releases measured by `nox`, from a shell full of traps."""
    project = make_project()
    project.matrix(MATRIX)
    shadow = tmp_path_factory.mktemp("shadow")
    shadow.joinpath("keras.py").write_text("raise ImportError('the shell leaked')\n")
    return project, project.nox(**POISON, PYTHONPATH=str(shadow))


def header(project: Project, trial: str) -> dict[str, Any]:
    return project.records()[trial][0]


def by_scenario(project: Project, trial: str) -> dict[str, dict[str, Any]]:
    lines = project.records()[trial]
    return {line["scenario"]: line for line in lines if line["record"] == "observation"}


def test_nox_measures_everything_and_ends_with_the_report(audited: tuple[Project, Done]) -> None:
    project, done = audited

    assert done.code == 0, done.output
    assert set(project.records()) == {
        f"{environment}.default.cpu/{trial}" for environment in (OLD, NEW) for trial in (1, 2)
    }
    assert done.output.rstrip().splitlines()[-1].endswith("reports/index.html")
    assert (project.folder / "reports/index.html").stat().st_size > 10_000


def test_every_scenario_ran_or_says_what_the_version_lacks(audited: tuple[Project, Done]) -> None:
    observations = audited[0].csv("observations")
    lacking = observations[observations["status"] != "ok"]

    assert len(observations) == 2 * 2 * observations["scenario"].nunique()
    assert set(lacking["status"]) <= {"unsupported"}
    assert lacking["message"].str.startswith("this version has no ").all()
    assert not lacking["scenario"].str.startswith(("texts/", "controls/")).any()


def test_a_plain_log_shows_progress_while_it_runs(audited: tuple[Project, Done]) -> None:
    output = audited[1].output

    assert f"{OLD}  installing" in output or f"{OLD}  default/cpu trial 1: " in output
    assert f"{NEW}  default/cpu trial 2: " in output


def test_sound_recipes_agree_between_launches(audited: tuple[Project, Done]) -> None:
    variants = audited[0].csv("variants").set_index(["scenario", "environment"])

    for recipe in ("all_three", "set_random_seed", "seed_per_initializer", "weights_from_file"):
        for environment in (OLD, NEW):
            assert variants.loc[(f"recipes/{recipe}", environment), "reproducible"] == "true"


def test_seeding_numpy_and_tensorflow_is_not_enough_from_2_10(
    audited: tuple[Project, Done],
) -> None:
    variants = audited[0].csv("variants").set_index(["scenario", "environment"])

    assert variants.loc[("recipes/numpy_and_framework", OLD), "reproducible"] == "true"
    assert variants.loc[("recipes/numpy_and_framework", NEW), "reproducible"] == "false"


def test_seeded_initial_weights_change_at_the_step(audited: tuple[Project, Done]) -> None:
    breaks = audited[0].csv("breaks")
    step = breaks[(breaks["level"] == "packages") & (breaks["scenario"] == "recipes/all_three")]

    assert step[["axis", "from", "to", "kind"]].values.tolist() == [
        ["tensorflow", "2.9.3", "2.10.1", "redraw"]
    ]
    assert "keras 2.9.0 → 2.10.0" in step["confounders"].item()
    assert "numpy" not in step["confounders"].item()


def test_what_is_loaded_from_a_file_does_not_change(audited: tuple[Project, Done]) -> None:
    breaks = audited[0].csv("breaks")

    assert "recipes/weights_from_file" not in set(breaks["scenario"])


def test_the_claim_about_clones_is_refuted_by_measurement(audited: tuple[Project, Done]) -> None:
    relations = audited[0].csv("relations")
    claim = relations[relations["relation"] == "original == clone"]

    assert set(claim["expected"]) == {"true"}
    assert set(claim["holds"]) == {"false"}


def test_the_negative_controls_come_out(audited: tuple[Project, Done]) -> None:
    relations = audited[0].csv("relations")
    promised = relations["expected"] != ""
    controls = relations[relations["scenario"].str.startswith("controls/") & promised]

    assert set(controls["scenario"]) == {"controls/unseeded", "controls/another_seed"}
    assert (controls["expected"] == controls["holds"]).all()


def test_the_outer_shell_does_not_leak(audited: tuple[Project, Done]) -> None:
    seen = header(audited[0], f"{OLD}.default.cpu/1")

    assert "TF_ENABLE_ONEDNN_OPTS" not in seen["variables"]
    assert "PYTHONPATH" not in seen["variables"]
    assert seen["variables"]["TF_NUM_INTRAOP_THREADS"] == "2"
    assert seen["variables"]["KERAS_BACKEND"] == "tensorflow"
    assert seen["python"]["hash_seed"] != "0"


def test_every_trial_has_a_hash_seed_of_its_own(audited: tuple[Project, Done]) -> None:
    project = audited[0]
    seeds = {header(project, trial)["python"]["hash_seed"] for trial in project.records()}

    assert len(seeds) == len(project.records())


def test_a_second_run_measures_nothing(audited: tuple[Project, Done]) -> None:
    project, _ = audited
    before = {path: path.stat().st_mtime_ns for path in project.folder.rglob("*.jsonl")}

    assert project.nox().code == 0

    assert {path: path.stat().st_mtime_ns for path in project.folder.rglob("*.jsonl")} == before


def test_a_setting_changes_the_effective_state_that_is_recorded(
    audited: tuple[Project, Done],
) -> None:
    project, _ = audited
    done = project.sameseed("probe", NEW, "--profile", "all")

    assert done.code == 0, done.output
    other = header(project, f"{NEW}.other.cpu/1")["framework"]
    assert other["onednn"] == "off"
    assert other["intra_threads"] == other["inter_threads"] == 1
    default = header(project, f"{NEW}.default.cpu/1")
    assert default["framework"]["intra_threads"] == 2
    assert "TF_ENABLE_ONEDNN_OPTS" not in default["variables"]
    assert default["framework"]["onednn"] in ("on", "off")  # what unset came to, on this CPU


def test_a_scenario_does_not_leak_into_the_next(audited: tuple[Project, Done]) -> None:
    """On 2.10, `set_random_seed` in the same process would make the next recipe look sound."""
    project, _ = audited
    lines = {
        trial: by_scenario(project, f"{NEW}.default.cpu/{trial}")["texts/two_instances"]["arrays"]
        for trial in (1, 2)
    }
    assert lines[1] == lines[2]

    drawn = [_after_set_random_seed(project, number) for number in (1, 2)]
    assert drawn[0]["recipes/set_random_seed"] == drawn[1]["recipes/set_random_seed"]
    assert drawn[0]["recipes/numpy_and_framework"] != drawn[1]["recipes/numpy_and_framework"]


def _after_set_random_seed(project: Project, number: int) -> dict[str, list[dict[str, Any]]]:
    """One launch of the probe itself, with the leaking scenario first."""
    scratch = project.folder / f"scratch{number}"
    scratch.mkdir()
    output = scratch / "1.jsonl"
    specification = {
        "output": str(output),
        "objects": str(scratch / "objects"),
        "scratch": str(scratch),
        "backend": "tensorflow",
        "device": "cpu",
        "threads": 2,
        "seconds": 60,
        "scenarios": ["recipes/set_random_seed", "recipes/numpy_and_framework"],
        "header": {},
    }
    path = scratch / "trial.json"
    path.write_text(json.dumps(specification))
    python = python_of(project.folder / ".nox/audited" / NEW)
    probe = project.folder / "harness/probe/__main__.py"
    subprocess.run([str(python), str(probe), str(path)], check=True, stdout=subprocess.DEVNULL)
    lines = [json.loads(line) for line in output.read_text().splitlines()]
    return {line["scenario"]: line["arrays"] for line in lines if line["record"] == "observation"}


@pytest.mark.skipif(os.name != "posix", reason="process groups")
def test_a_killed_run_loses_only_the_trials_in_flight(
    make_project: Callable[[], Project],
    audited: tuple[Project, Done],
    ended: list[subprocess.Popen[bytes]],
) -> None:
    project = make_project()
    for name in ("matrix.yaml", "matrix.lock"):
        project.folder.joinpath(name).write_bytes(audited[0].folder.joinpath(name).read_bytes())
    process = project.start("-j", "1")
    ended.append(process)

    def finished() -> list[Path]:
        return sorted(project.folder.glob("reports/data/*/*/*.jsonl"))

    wait_for(lambda: len(finished()) >= 2 and list(project.folder.rglob("*.jsonl.part")), 300)
    kill_tree(process.pid)
    process.wait(30)
    kept = {path: path.stat().st_mtime_ns for path in finished()}
    assert 2 <= len(kept) < 4

    done = project.nox()

    assert done.code == 0, done.output
    assert len(finished()) == 4
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    assert not list(project.folder.rglob("*.jsonl.part"))


def test_what_cannot_be_measured_is_a_row_with_its_reason(
    make_project: Callable[[], Project],
) -> None:
    project = make_project()
    project.matrix("""
        version: 1
        exclude_newer: "2026-11-20"
        environments:
          - {name: numpy_too_new, tensorflow: "2.9.3", python: "3.10", numpy: "2.0.2"}
          - {name: nowhere, interpreter: /no/such/python}
        exclude:
          - {when: {environment: nowhere, setting: other}, reason: "only as an example"}
        settings: {default: {}, other: {threads: 1}}
    """)

    done = project.nox()

    assert done.code == 1
    assert done.output.rstrip().splitlines()[-1].endswith("reports/index.html")
    cells = project.csv("cells").set_index(["environment", "setting"])
    assert dict(cells["status"]) == {
        ("numpy_too_new", "default"): "install_failed",
        ("numpy_too_new", "other"): "install_failed",
        ("nowhere", "default"): "interpreter_missing",
        ("nowhere", "other"): "excluded",
    }
    assert "importing tensorflow failed" in cells["message"]["numpy_too_new", "default"]
    assert "/no/such/python" in cells["message"]["nowhere", "default"]
    assert cells["message"]["nowhere", "other"] == "only as an example"
