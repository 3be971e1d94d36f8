"""`matrix.lock`: what each environment resolved to."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.errors import LockError
from harness.lock import Lock, _nearest, _one_tensorflow, _parse, _reason, _shared, has_gpu, resolve
from harness.matrix import load_matrix
from harness.plan import Environment, load_plan
from harness.platforms import UV_PLATFORMS, on_platform, this_platform
from tests.project import ROOT
from tests.unit.test_assignments import ENVIRONMENT


def content(**platforms: Any) -> dict[str, Any]:
    return {
        "format": 1,
        "environments": {
            ENVIRONMENT.id: {
                "requested": ["python==3.10", "build==cpu", "tensorflow==2.9.3"],
                "platforms": platforms,
            }
        },
        "hashes": {"six==1.17.0": ["sha256:aa", "sha256:bb"]},
    }


def test_requirements_carry_their_hashes() -> None:
    locked = Lock(content(here={"packages": ["six==1.17.0"]})).locked(ENVIRONMENT, "here")

    assert locked.requirements() == "six==1.17.0 --hash=sha256:aa --hash=sha256:bb\n"


def test_the_digest_depends_on_python_packages_and_hashes() -> None:
    locked = Lock(content(here={"packages": ["six==1.17.0"]})).locked(ENVIRONMENT, "here")

    others = [
        replace(locked, python="3.11"),
        replace(locked, packages=("six==1.16.0",)),
        replace(locked, hashes=(("sha256:aa",),)),
    ]

    assert len({locked.digest, *(other.digest for other in others)}) == 4


def test_a_matrix_that_asks_for_something_else_is_told_to_lock_again() -> None:
    lock = Lock(content(here={"packages": []}))

    with pytest.raises(LockError, match=r"has an older .* run `nox -s lock`"):
        lock.locked(replace(ENVIRONMENT, requirements=("tensorflow==2.9.2",)), "here")
    with pytest.raises(LockError, match=r"has no .* run `nox -s lock`"):
        lock.locked(replace(ENVIRONMENT, id="other"), "here")
    with pytest.raises(LockError, match=r"has an older"):
        lock.locked(ENVIRONMENT, "here", gpu=True)  # a GPU cell needs the other build
    with pytest.raises(LockError, match="for here, not for elsewhere"):
        lock.locked(ENVIRONMENT, "elsewhere")


@pytest.mark.parametrize(
    "damage",
    [{"environments": None}, {"environments": []}, {"hashes": {}}],
    ids=["no environments", "a list", "a hash is missing"],
)
def test_a_lock_of_another_shape_is_damaged(damage: dict[str, Any]) -> None:
    lock = Lock({**content(here={"packages": ["six==1.17.0"]}), **damage})

    with pytest.raises(LockError, match=r"is damaged .* run `nox -s lock`"):
        lock.locked(ENVIRONMENT, "here")


def test_what_cannot_be_resolved_keeps_its_reason() -> None:
    locked = Lock(content(here={"unresolvable": "no wheels"})).locked(ENVIRONMENT, "here")

    assert (locked.packages, locked.unresolvable) == ((), "no wheels")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": 2}', '{"format": 1}'])
def test_a_file_that_is_no_lock_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "matrix.lock"
    path.write_text(text)

    with pytest.raises(LockError, match="nox -s lock"):
        Lock.load(path)


def test_a_missing_lock_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LockError, match=r"is missing: run `nox -s lock`"):
        Lock.load(tmp_path / "matrix.lock")


def test_what_uv_writes_is_understood() -> None:
    text = (
        "absl-py==2.5.1 \\\n    --hash=sha256:bb \\\n    --hash=sha256:aa\n"
        "six==1.17.0 \\\n    --hash=sha256:cc\n"
    )

    assert _parse(text) == {
        "absl-py==2.5.1": ["sha256:aa", "sha256:bb"],
        "six==1.17.0": ["sha256:cc"],
    }


def test_uv_s_reason_comes_without_its_drawing() -> None:
    log = (
        "warning: something\n  × No solution found:\n"
        "  ╰─▶ Because x==1 has no wheels\n      and y\n"
    )

    assert _reason(log) == "No solution found: Because x==1 has no wheels and y"


@pytest.mark.parametrize(
    ("requirement", "platform", "gpu", "expected"),
    [
        ("tensorflow==2.9.3", "linux-x86_64", False, "tensorflow-cpu==2.9.3"),
        ("tensorflow==2.9.3", "linux-x86_64", True, "tensorflow==2.9.3"),
        ("tensorflow==2.21.0", "macos-arm64", False, "tensorflow==2.21.0"),
        ("tensorflow==1.15.0", "linux-x86_64", False, "tensorflow-cpu==1.15.0"),
        ("tensorflow==1.15.5", "linux-x86_64", False, "tensorflow==1.15.5"),
        ("tensorflow==2.0.4", "windows-x86_64", False, "tensorflow==2.0.4"),
        ("tensorflow==2.1.4", "linux-x86_64", False, "tensorflow-cpu==2.1.4"),
        ("tensorflow>=2.21", "linux-x86_64", False, "tensorflow-cpu>=2.21"),
        ("tensorflow==2.*", "linux-x86_64", False, "tensorflow-cpu==2.*"),
        ("tensorflow", "linux-x86_64", False, "tensorflow-cpu"),
        ("tensorflow-probability", "linux-x86_64", False, "tensorflow-probability"),
        ("tensorflow[and-cuda]==2.21.0", "linux-x86_64", False, "tensorflow[and-cuda]==2.21.0"),
        ("numpy==1.26.4", "linux-x86_64", False, "numpy==1.26.4"),
    ],
)
def test_tensorflow_is_spelt_as_the_platform_spells_it(
    requirement: str, platform: str, gpu: bool, expected: str
) -> None:
    assert on_platform(requirement, platform, gpu=gpu) == expected


def test_this_platform_has_a_name() -> None:
    system, _, machine = this_platform().partition("-")

    assert system
    assert machine


def test_the_committed_lock_fits_the_committed_matrix() -> None:
    lock = Lock.load(ROOT / "matrix.lock")

    plan = load_plan(ROOT / "matrix.yaml")
    for environment in plan.environments:
        for platform in UV_PLATFORMS:
            locked = lock.locked(environment, platform, gpu=has_gpu(plan, environment))
            assert locked.packages or locked.unresolvable
            assert all(locked.hashes)


def test_of_two_builds_of_tensorflow_one_is_installed() -> None:
    """tf-keras asks for the build that other environments do not have."""
    found = {"tensorflow-cpu==2.18.1": ["a"], "tensorflow==2.18.1": ["b"], "tf-keras==2.18.0": []}

    assert list(_one_tensorflow(found)) == ["tensorflow-cpu==2.18.1", "tf-keras==2.18.0"]
    assert _one_tensorflow({"tensorflow==2.0.4": []}) == {"tensorflow==2.0.4": []}


def test_an_environment_prefers_what_the_one_like_it_got() -> None:
    """Not what the one before it got: packages of Python 3.7 do not suit 3.11."""

    def environment(**axes: str) -> Environment:
        return replace(ENVIRONMENT, axes=axes)

    settled = [
        (environment(tensorflow="2.16.2", python="3.10", numpy="1.26.4"), ["near"]),
        (environment(tensorflow="1.15.5", python="3.7"), ["far"]),
    ]
    wanted = environment(tensorflow="2.16.2", keras="3.0.5", python="3.11", numpy="1.26.4")

    assert _nearest(wanted, settled) == ["near"]
    assert _nearest(wanted, [*settled, (settled[0][0], ["later"])]) == ["later"]
    assert _nearest(wanted, []) == ()


SMALL = """
version: 1
exclude_newer: "2026-11-20"
platforms: [linux-x86_64]
environments:
  - {name: first, keras: "3.0.5", backend: jax, python: "3.11", packages: {jax: "0.4.30"}}
  - {name: newest, keras: ">=3.15", backend: jax, python: "3.12", prereleases: true}
profiles:
  nightly: {environments: newest}
"""


def test_a_profile_is_resolved_anew_and_the_rest_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "matrix.yaml"
    path.write_text(SMALL, encoding="utf-8")
    matrix, plan = load_matrix(path), load_plan(path, "nightly")
    kept = {"requested": ["something"], "platforms": {"linux-x86_64": {"packages": ["six==1.0"]}}}
    gone = {"requested": ["something"], "platforms": {"linux-x86_64": {"packages": ["old==1.0"]}}}
    before = Lock(
        {
            "format": 1,
            "exclude_newer": "2026-11-20",
            "environments": {"first": kept, "gone": gone},
            "hashes": {"six==1.0": ["a"], "old==1.0": ["b"]},
        }
    )
    said: list[str] = []

    after = resolve(matrix, plan, said.append, before=before, profile="nightly")._content

    assert said == ["1/1 newest on linux-x86_64"]
    assert list(after["environments"]) == ["first", "newest"]
    assert after["environments"]["first"] == kept
    assert after["environments"]["newest"]["requested"][2] == "prereleases"
    packages = after["environments"]["newest"]["platforms"]["linux-x86_64"]["packages"]
    assert any(package.startswith("jax==") for package in packages)
    assert set(after["hashes"]) == {"six==1.0", *packages}


def test_a_profile_is_not_resolved_into_a_lock_of_another_day(tmp_path: Path) -> None:
    """The day stands once in the file: the environments that are kept would be said to be of it."""
    path = tmp_path / "matrix.yaml"
    path.write_text(SMALL, encoding="utf-8")
    before = Lock({"format": 1, "exclude_newer": "2026-01-01", "environments": {}, "hashes": {}})

    with pytest.raises(LockError, match=r"exclude_newer .* without a profile"):
        resolve(
            load_matrix(path),
            load_plan(path, "nightly"),
            lambda line: None,
            before=before,
            profile="nightly",
        )


def test_files_uploaded_since_change_nothing_for_what_is_kept() -> None:
    """Hashes are part of the digest that decides whether a virtualenv and its records are good."""
    six, wheel = ["sha256:aa"], ["sha256:aa", "sha256:cc"]
    kept = {"requested": [], "platforms": {"here": {"packages": ["six==1.17.0"]}}}
    found = {
        "packages": ["jax==0.10.2", "six==1.17.0"],
        "hashes": {"jax==0.10.2": ["sha256:dd"], "six==1.17.0": wheel},
    }
    newest = {"requested": [], "platforms": {"here": found}}
    environments = {"kept": kept, "newest": newest}

    shared = _shared(environments, {"six==1.17.0": six, "gone==1.0": []})

    assert shared == {"jax==0.10.2": ["sha256:dd"], "six==1.17.0": six}
    assert found["hashes"] == {"six==1.17.0": wheel}
    entry = {**newest, "requested": ["python==3.10", "build==cpu", *ENVIRONMENT.requirements]}
    locked = Lock({"format": 1, "environments": {ENVIRONMENT.id: entry}, "hashes": shared}).locked(
        ENVIRONMENT, "here"
    )
    assert locked.hashes == (("sha256:dd",), tuple(wheel))

    kept_again = _shared(environments, shared)  # a lock read back, with nothing resolved anew

    assert kept_again == shared
    assert found["hashes"] == {"six==1.17.0": wheel}


def test_numpy_is_the_same_in_every_environment_that_the_default_profile_compares() -> None:
    """A confounder kept out of the shipped matrix on purpose."""
    lock = Lock.load(ROOT / "matrix.lock")
    plan = load_plan(ROOT / "matrix.yaml")

    versions = {
        package
        for environment in plan.environments
        if "default" in environment.profiles
        for package in lock.locked(environment, "linux-x86_64").packages
        if package.startswith("numpy==")
    }

    assert len(versions) == 1


def test_the_lock_names_no_registry() -> None:
    text = json.dumps(json.loads((ROOT / "matrix.lock").read_text()))

    assert "http" not in text
