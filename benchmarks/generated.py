"""Records of an audit that never ran, in the public format, as large as wanted.

Cells are TensorFlow releases × Pythons × settings. Every scenario builds two models of some layers
and says that they agree. At each step of each axis some scenarios draw anew from some layer on, and
some scenarios are not seeded, so that no two launches agree. If wanted, some give every cell a
result of its own. Kernels come from a pool of stored arrays, which keeps the disk small; equal
seeds give equal files.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from itertools import islice, product
from random import Random
from typing import TYPE_CHECKING, Any

import numpy as np

from harness.collect import OBJECTS
from harness.plan import Cell, Environment, Plan, Setting
from harness.probe import fingerprint, schema

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

UNSEEDED = 50  # one scenario in so many
PYTHONS = ("3.10", "3.11", "3.12", "3.13")
SETTINGS = {
    "default": {},
    "onednn_off": {"TF_ENABLE_ONEDNN_OPTS": "0"},
    "deterministic": {"TF_DETERMINISTIC_OPS": "1"},
    "xla": {"TF_XLA_FLAGS": "--tf_xla_auto_jit=2"},
    "one_thread": {"OMP_NUM_THREADS": "1"},
}
MACHINE = "5ca1ab1e0000"
STARTED = "2026-01-01T00:00:00+00:00"


@dataclass(frozen=True)
class Size:
    """How large an audit is. `rows` are those of `fingerprints.csv`."""

    cells: int
    scenarios: int
    arrays: int  # of one scenario in one launch
    launches: int

    @property
    def rows(self) -> int:
        return self.cells * self.scenarios * self.arrays * self.launches


@dataclass(frozen=True)
class Change:
    """How much differs.

    at_step: share of the scenarios that change at each step of each axis. own: share of the
    scenarios that give every cell a result of its own; these build one model and claim nothing.
    pool: kernels that are stored: two that differ are one of `pool * (pool - 1) / 2` pairs.
    """

    at_step: float = 0.02
    own: float = 0.0
    pool: int = 512


USUAL = Change()


@dataclass(frozen=True)
class Place:
    """One cell: the position of its value on each axis."""

    release: int
    python: int
    setting: int

    @property
    def version(self) -> str:
        return f"2.{self.release}.0"

    @property
    def environment(self) -> str:
        return f"tf2_{self.release}_0_py{PYTHONS[self.python].replace('.', '_')}"

    @property
    def cell(self) -> Cell:
        return Cell(self.environment, list(SETTINGS)[self.setting], "cpu")


def places(size: Size) -> list[Place]:
    """The first cells of releases × Pythons × settings, release by release."""
    beside = len(PYTHONS) * len(SETTINGS)
    releases = range(-(-size.cells // beside))
    every = product(releases, range(len(PYTHONS)), range(len(SETTINGS)))
    return [Place(*place) for place in islice(every, size.cells)]


def names(size: Size) -> tuple[str, ...]:
    """The scenarios, ten to a family."""
    return tuple(f"family_{number // 10}/scenario_{number}" for number in range(size.scenarios))


def plan(size: Size) -> Plan:
    """What is said to be planned: every cell that is generated."""
    found = places(size)
    environments = {place.environment: place for place in found}
    return Plan(
        profile="all",
        environments=tuple(
            Environment(
                id=id_,
                axes={"tensorflow": place.version, "python": PYTHONS[place.python]},
                python=PYTHONS[place.python],
                interpreter=None,
                backend="tensorflow",
                requirements=(f"tensorflow=={place.version}",),
                profiles=("all",),
            )
            for id_, place in environments.items()
        ),
        settings=tuple(Setting(name, env, 2) for name, env in SETTINGS.items()),
        cells=tuple(place.cell for place in found),
        all_cells=tuple(place.cell for place in found),
        trials=size.launches,
        scenarios=names(size),
        scenario_seconds=60.0,
    )


def generate(size: Size, data: Path, change: Change = USUAL) -> None:
    """Write the records and the stored arrays below `data`."""
    writer = _Writer(size, data, change)
    for place in places(size):
        folder = data / MACHINE / place.cell.id
        folder.mkdir(parents=True)
        for launch in range(1, size.launches + 1):
            with (folder / f"{launch}.jsonl").open("w", encoding="ascii") as file:
                file.writelines(f"{line}\n" for line in writer.lines(place, launch))


class _Writer:
    """Lines of records; what several launches share is made once."""

    def __init__(self, size: Size, data: Path, change: Change) -> None:
        self._size = size
        self._change = change
        self._names = names(size)
        self._objects = data / OBJECTS
        draw = np.random.Generator(np.random.PCG64(schema.SEED))
        self._pool = [
            self._stored(draw.standard_normal((4, 8), np.float32)) for _ in range(change.pool)
        ]
        self._zeros = self._stored(np.zeros(8, np.float32))
        self._arrays = cache(self._arrays_of)
        self._declared = {
            name: {
                "summary": f"What {name} builds and compares.",
                "source": "generated",
                "launches": "" if _unseeded(number) else "same",
                "launches_source": "" if _unseeded(number) else "generated",
                "control": False,
                "why": "",
                "needs": ["keras.layers.Dense"],
                "promise": "" if _unseeded(number) else "The same on every launch.",
                "promise_source": "" if _unseeded(number) else "generated",
                "promise_levels": [] if _unseeded(number) else ["rerun", "process"],
            }
            for number, name in enumerate(self._names)
        }

    def lines(self, place: Place, launch: int) -> Iterator[str]:
        """The lines of one record."""
        yield json.dumps(self._header(place, launch))
        for number, name in enumerate(self._names):
            arrays, relations = self._result(number, place, launch)
            yield (
                f'{{"record": "observation", "scenario": "{name}", "seconds": 0.{launch}25, '
                f'"status": "ok", "message": "", "arrays": {arrays}, '
                f'"relations": {relations}}}'
            )
        yield json.dumps(
            {
                "record": "end",
                "status": "ok",
                "message": "",
                "observations": len(self._names),
                "seconds": 60.5,
                "finished": STARTED,
            }
        )

    def _header(self, place: Place, launch: int) -> dict[str, Any]:
        cell = place.cell
        packages = {f"package-{number}": f"1.{number}.0" for number in range(40)}
        packages |= {"tensorflow": place.version, "numpy": "1.26.4"}
        return {
            "record": "header",
            "environment": cell.environment,
            "setting": cell.setting,
            "device": cell.device,
            "trial": launch,
            "inputs": _digest(cell.id),
            "suite": _digest("suite"),
            "lock": _digest(cell.environment),
            "machine": {"id": MACHINE, "cpu": "a CPU", "arch": "x86_64", "cores": 2},
            "format": schema.FORMAT,
            "python": {
                "version": f"{PYTHONS[place.python]}.1",
                "implementation": "CPython",
                "hash_seed": str(launch),
                "executable": "python",
            },
            "packages": packages,
            "framework": {"backend": "tensorflow", "tensorflow": place.version, "onednn": True},
            "variables": SETTINGS[cell.setting],
            "scenarios": self._declared,
            "started": STARTED,
        }

    def _result(self, number: int, place: Place, launch: int) -> tuple[str, str]:
        """The arrays and the relations of one scenario in one launch, as JSON."""
        if _unseeded(number):
            return self._arrays_of(number, f"{place.cell.id} {launch}"), _RELATIONS
        if _chance(f"{number} own", self._change.own):
            return self._arrays_of(number, place.cell.id, ("only",)), "[]"
        return self._arrays(number, _variant(number, place, self._change.at_step)), _RELATIONS

    def _arrays_of(
        self, number: int, variant: str, models: tuple[str, ...] = ("first", "second")
    ) -> str:
        """The arrays of one result as JSON: kernel and bias of the layers of equal models.

        All layers before the first that changed are those of the scenario's first variant; where
        there is one model only, all are the variant's own.
        """
        each = self._size.arrays // len(models)
        layers = Random(f"{number} {variant}").randrange(each // 2 + 1)
        first = layers if variant and len(models) > 1 else 0
        model = []
        for layer in range(-(-each // 2)):
            drawn = Random(f"{number} {layer} {variant if layer >= first else ''}")
            model += [
                (f"layer_{layer}/kernel", self._pool[drawn.randrange(self._change.pool)]),
                (f"layer_{layer}/bias", self._zeros),
            ]
        return json.dumps(
            [
                {"array": f"{side}/{name}", **described}
                for side in models
                for name, described in model[:each]
            ]
        )

    def _stored(self, array: np.ndarray[Any, Any]) -> dict[str, Any]:
        fingerprint.store(array, self._objects)
        return fingerprint.described(array)


_RELATIONS = json.dumps(
    [
        {
            "relation": "first == second",
            "expected": True,
            "holds": True,
            "source": "generated",
            "level": schema.RERUN,
            "left": "first",
            "right": "second",
        }
    ]
)


def _unseeded(number: int) -> bool:
    return number % UNSEEDED == 0


def _variant(number: int, place: Place, at_step: float) -> str:
    """What this scenario gives there; empty for what it gives at the start of every axis.

    Along releases and Pythons every step may change it; a setting is held against the first one.
    """
    at_setting = range(place.setting, place.setting + 1)
    steps = {
        "release": range(1, place.release + 1),
        "python": range(1, place.python + 1),
        "setting": at_setting if place.setting else (),
    }
    moved = [f"{axis} {step}" for axis, which in steps.items() for step in which]
    return ", ".join(each for each in moved if _chance(f"{number} {each}", at_step))


@cache
def _chance(what: str, share: float) -> bool:
    """Whether it falls into that share; the same answer every time."""
    return Random(what).random() < share


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
