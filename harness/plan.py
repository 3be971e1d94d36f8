"""What an audit measures: environments, settings and cells, from `matrix.yaml` alone.

Pure and fast, because noxfile.py loads a plan for every `nox -l` and for every parallel child: no
network, no installs, no pandas. `load_plan` reads the file, `build_plan` does the rest:

    entries ──expand──▶ candidates ──include──▶ environments ──× settings × devices──▶ cells
                                                   cells ──exclude──▶ reasons ──profile──▶ plan
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harness.errors import MatrixError
from harness.expand import Candidate, expand, specifier
from harness.matrix import Profile, load_matrix
from harness.plan_checks import (
    collisions,
    empty_parts,
    guard_cells,
    guard_size,
    idle_patterns,
    idle_rules,
    impossible_environments,
    unknown_profile,
)
from harness.rules import applies, matching

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from harness.matrix import Include, Matrix

DEFAULT = "default"
WHOLE = "all"  # always there: the whole matrix


@dataclass(frozen=True)
class Environment:
    """One Python plus one set of packages: owns one virtualenv."""

    id: str
    axes: Mapping[str, str] = field(hash=False)  # declared values in order, packages last
    python: str | None  # "3.10"; None with interpreter
    interpreter: str | None  # an existing interpreter's path: nothing is installed
    backend: str  # "tensorflow", "jax", "torch" or "theano", declared or not
    requirements: tuple[str, ...]  # PEP 508
    profiles: tuple[str, ...]  # names of the profiles that contain it
    prereleases: bool = False  # whether it is made of the newest, pre-releases included

    @property
    def keras(self) -> str:
        """What the audited Keras is imported as: the one that the matrix names."""
        if "keras" in self.axes:
            return "keras"
        if "tf-keras" in self.axes:
            return "tf_keras"
        return ""  # the one that the backend's users import


@dataclass(frozen=True)
class Setting:
    """A variation at run time, installed once."""

    name: str
    env: Mapping[str, str] = field(hash=False)
    threads: int


@dataclass(frozen=True)
class Cell:
    """Environment × setting × device: the unit that is measured."""

    environment: str
    setting: str
    device: str  # "cpu" or "gpu"
    excluded: str = ""  # the reason, when an exclude rule matched

    @property
    def id(self) -> str:
        """The cell's name in paths and tables."""
        return f"{self.environment}.{self.setting}.{self.device}"


@dataclass(frozen=True)
class Plan:
    """Everything that a profile measures, and the whole matrix around it."""

    profile: str
    environments: tuple[Environment, ...]  # of the whole matrix, in its order
    settings: tuple[Setting, ...]
    cells: tuple[Cell, ...]  # of the profile, in matrix order, excluded ones included
    all_cells: tuple[Cell, ...]  # of the whole matrix
    trials: int
    scenarios: tuple[str, ...]  # ids to run, in suite order
    scenario_seconds: float  # time limit per scenario
    scenario_files: tuple[str, ...] = ()  # the user's own, absolute paths

    def environment(self, id: str) -> Environment:  # noqa: A002 - it is the id
        """The environment with this id. Raises `KeyError` for another."""
        return {environment.id: environment for environment in self.environments}[id]

    def setting(self, name: str) -> Setting:
        """The setting with this name. Raises `KeyError` for another."""
        return {setting.name: setting for setting in self.settings}[name]


def load_plan(matrix: Path, profile: str = DEFAULT) -> Plan:
    """Read a matrix file and plan a profile. Raises `MatrixError` with every mistake in it."""
    from harness.own_scenarios import own_files, scenario_names

    loaded = load_matrix(matrix)
    files = own_files(loaded, matrix.parent)
    names = scenario_names(loaded, files)
    return build_plan(loaded, profile, names, files)


def build_plan(
    matrix: Matrix, profile: str, scenarios: tuple[str, ...], files: tuple[str, ...] = ()
) -> Plan:
    """Plan a profile of a matrix.

    scenarios: all that the suite has, in its order. files: where the user's own among them are.
    """
    guard_size(matrix)
    candidates = expand(matrix)
    all_cells = tuple(cell for candidate in candidates for cell in _cells(matrix, candidate))
    guard_cells(matrix, len(all_cells))
    profiles = {WHOLE: Profile(), DEFAULT: Profile(), **matrix.profiles}
    members = {name: _members(part, all_cells) for name, part in profiles.items()}
    chosen = _chosen_scenarios(matrix, scenarios)
    if problems := [
        *unknown_profile(matrix, profile, members),
        *empty_parts(matrix, candidates, members),
        *collisions(matrix, candidates),
        *idle_rules(matrix, candidates),
        *idle_patterns(matrix, candidates, scenarios, chosen),
        *impossible_environments(matrix, candidates, all_cells),
    ]:
        raise MatrixError(tuple(sorted(problems, key=lambda found: (found.line, found.column))))
    return Plan(
        profile=profile,
        environments=tuple(_environment(matrix, candidate, members) for candidate in candidates),
        settings=tuple(
            Setting(name, setting.env, setting.threads or matrix.threads)
            for name, setting in matrix.settings.items()
        ),
        cells=members[profile],
        all_cells=all_cells,
        trials=profiles[profile].trials or matrix.trials,
        scenarios=chosen,
        scenario_seconds=matrix.scenario_seconds,
        scenario_files=files,
    )


def _chosen_scenarios(matrix: Matrix, scenarios: tuple[str, ...]) -> tuple[str, ...]:
    """The scenarios that the matrix includes and does not exclude, in suite order."""
    dropped = matching(matrix.scenarios.exclude, scenarios)
    included = matching(matrix.scenarios.include, scenarios)
    return tuple(name for name in included if name not in dropped)


def _environment(
    matrix: Matrix, candidate: Candidate, members: Mapping[str, tuple[Cell, ...]]
) -> Environment:
    added = [
        (package, package + specifier(pin))
        for rule in _includes(matrix, candidate)
        for package, pin in rule.packages.items()
    ]
    pinned = {package for package, _ in added}
    requirements = (
        # A rule says which version of a package that was asked for without one.
        *(
            text
            for name, text in candidate.requirements.items()
            if name != text or name not in pinned
        ),
        *(text for _, text in added),
    )
    return Environment(
        id=candidate.id,
        axes=candidate.axes,
        python=candidate.python,
        interpreter=candidate.interpreter,
        backend=candidate.backend,
        requirements=() if candidate.interpreter else requirements,
        prereleases=candidate.prereleases,
        profiles=tuple(
            name
            for name, cells in members.items()
            if any(cell.environment == candidate.id for cell in cells)
        ),
    )


def _cells(matrix: Matrix, candidate: Candidate) -> Iterator[Cell]:
    """The cells of one environment, as far as include rules let it, with reasons to exclude."""
    limits = _includes(matrix, candidate)
    for setting in matrix.settings:
        for device in candidate.devices:
            if all(_lets(rule, setting, device) for rule in limits):
                facts = candidate.facts | {"setting": setting, "device": device}
                reasons = (rule.reason for rule in matrix.exclude if applies(rule.when, facts))
                yield Cell(candidate.id, setting, device, excluded=next(reasons, ""))


def _includes(matrix: Matrix, candidate: Candidate) -> list[Include]:
    return [rule for rule in matrix.include if applies(rule.when, candidate.facts)]


def _lets(rule: Include | Profile, setting: str, device: str) -> bool:
    """Whether a rule's lists of settings and devices, empty for no limit, have room for a cell."""
    return (not rule.settings or setting in rule.settings) and (
        not rule.devices or device in rule.devices
    )


def _members(profile: Profile, cells: tuple[Cell, ...]) -> tuple[Cell, ...]:
    ids = set(matching(profile.environments, {cell.environment for cell in cells}))
    return tuple(
        cell
        for cell in cells
        if cell.environment in ids and _lets(profile, cell.setting, cell.device)
    )
