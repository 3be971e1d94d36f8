"""Results made by hand, consistent across the frames: what the report's tests look at.

`SUITE` says of each scenario what came out in each measured environment, one character each: a
letter is a variant, `≠` launches that differ, `!` an error, `-` an API that is not there.
"""

from __future__ import annotations

import dataclasses
import hashlib
from itertools import pairwise
from typing import Any, Literal, NamedTuple

import pandas as pd

from harness.analysis import Results, Scenario
from harness.plan import Cell, Environment, Plan, Setting
from harness.tables import COMPARISONS, TABLES

MACHINE = "3f2a9c1d5e7b"
MEASURED = ("2.9.3", "2.10.1", "2.15.1", "2.16.2", "2.21.0")
STARTED = "2026-11-22T10:31:50Z"
INSTALL_FAILED, NOT_RUN = "2.8.4", "2.20.0"
VERSIONS = ("2.8.4", *MEASURED[:4], "2.20.0", "2.21.0")
LEVELS = ("rerun", "process", "setting", "python", "packages", "backend", "device", "machine")
MOVED = (
    "keras {} → {}",
    "h5py 3.8.0 → 3.11.0",
    "protobuf 3.19.6 → 4.25.3",
    "absl-py 1.4.0 → 2.1.0",
    "wrapt 1.14.1 → 1.16.0",
)
TEXT_000 = "text 000, 'Why does the Keras Sequential model exhibit discontinuous initialization?'"
TEXT_001 = "text 001, 'How can I achieve reproducible weight initialization in Keras?'"
KERAS = "https://keras.io/api/utils/python_utils/"
HOSTILE = (
    "<script>alert('x')</script>",
    "\"quoted\" & 'quoted' `quoted`",
    "emoji 🧪 ≠ 🎲",
    "a" * 300,
    "\u202egnirts detrever\u202c שלום",
    "{{ 7 * 7 }}{% raw %}",
    "]]> --> </style> </title>",
)


class Entry(NamedTuple):
    """What came out of one scenario, and what was expected of its launches."""

    outcomes: str
    launches: Literal["same", "differ", ""] = ""
    source: str = ""
    control: bool = False
    kind: str = "redraw"


SUITE = {
    "texts/two_instances": Entry("ABBBB"),
    "texts/weights_copied": Entry("ABBBB"),
    "texts/cloned_model": Entry("ABBBB"),
    "texts/global_seeds_training": Entry("A≠≠≠≠", "same", TEXT_001),
    "texts/seeded_initializer_shared": Entry("ABBBB", "same", TEXT_001),
    "texts/seeded_initializer_separate": Entry("ABBBB", "same", TEXT_001),
    "texts/custom_seeded_layer": Entry("ABBBB", "same", TEXT_001),
    "recipes/none": Entry("≠≠≠≠≠", "differ", "nothing is seeded"),
    "recipes/python_only": Entry("≠BBBB"),
    "recipes/numpy_only": Entry("≠≠≠≠≠"),
    "recipes/framework_only": Entry("A≠≠≠≠"),
    "recipes/numpy_and_framework": Entry("A≠≠≠≠", "same", TEXT_001),
    "recipes/all_three": Entry("ABBBB", "same", KERAS),
    "recipes/set_random_seed": Entry("AAAAA", "same", KERAS),
    "recipes/seed_per_initializer": Entry("AABBB", "same", KERAS, kind="rounding"),
    "recipes/seed_per_layer_path": Entry("AAAAA", "same", KERAS),
    "recipes/weights_from_file": Entry("AAAAA", "same", KERAS),
    "recipes/stateless": Entry("-AAAA", "same"),
    "recipes/legacy_format": Entry("AAA!!"),
    "controls/unseeded": Entry("≠≠≠≠≠", "differ", "negative control", control=True),
    "controls/another_seed": Entry("AAAAA", "", "negative control", control=True),
}
CLAIMS = {
    "texts/two_instances": ("first == second", False, "FFFFF", TEXT_000),
    "texts/weights_copied": ("original/dense_0 == copied/dense_0", True, "TTTTT", TEXT_000),
    "texts/cloned_model": ("original == clone", True, "FFFFF", TEXT_000),
    "texts/seeded_initializer_shared": ("first == second", True, "FTTTT", TEXT_001),
    "recipes/all_three": ("first == second", None, "TTTTT", ""),
    "controls/another_seed": ("seed_42 == seed_43", False, "FFFFF", "negative control"),
}


def environment(version: str) -> str:
    return f"tf{version.replace('.', '_')}_py3_10"


def results(
    suite: dict[str, Entry] | None = None,
    void: tuple[str, ...] = (),
    ignored: tuple[str, ...] = (),
    moved: tuple[str, ...] = MOVED,
) -> Results:
    """The sample audit; with another `suite`, the same environments with other scenarios."""
    suite = SUITE if suite is None else suite
    breaks = [*_process_breaks(suite), *_version_breaks(suite, moved)]
    plan = _plan(tuple(suite))
    return Results(
        plan=plan,
        fingerprints=_frame("fingerprints", _fingerprints(suite)),
        observations=_frame("observations", _observations(suite)),
        relations=_frame("relations", _relations(suite)),
        environments=_frame("environments", _environments()),
        cells=_frame("cells", _cells()),
        variants=_frame("variants", _variants(suite)),
        breaks=_frame("breaks", breaks),
        events=_frame("events", _events(breaks, _comparisons(suite))),
        comparisons=pd.DataFrame(
            _comparisons(suite), columns=list(COMPARISONS.dtypes), dtype=object
        ),
        verdicts=_frame("verdicts", _verdicts(suite)),
        settings=_frame("settings", []),
        differences=_frame("differences", _differences(breaks)),
        spans=_frame("spans", []),
        steps=_frame("steps", _steps(suite)),
        claims=_frame("claims", []),
        causes=_frame("causes", []),
        recipes=_frame("recipes", []),
        facts=_frame("facts", _facts()),
        machines=_frame("machines", _machines()),
        scenarios={
            name: Scenario(
                name,
                f"What {name} does.",
                entry.source,
                entry.launches,
                entry.source,
                entry.control,
            )
            for name, entry in suite.items()
        },
        void=void,
        ignored=ignored,
    )


def _facts() -> list[dict[str, Any]]:
    """What is on record of each measured environment: the framework and a few packages."""
    return [
        _where(version) | {"group": group, "fact": fact, "value": value}
        for index, version in enumerate(MEASURED)
        for group, fact, value in (
            ("package", "tensorflow", version),
            ("package", "numpy", "1.26.4"),
            ("package", "h5py", f"3.{8 + index}.0"),
            ("machine", "cpu", "an imagined CPU"),
        )
    ]


def _machines() -> list[dict[str, Any]]:
    """The one on which all was measured."""
    facts = {"cpu": "an imagined CPU", "isa": "zen3", "arch": "x86_64", "cores": "4"}
    facts |= {"os": "Linux 6.8.0", "libc": "glibc 2.39"}
    cells = len(MEASURED)
    return [{"machine": MACHINE, "name": MACHINE, **facts, "cells": cells}]


def hostile(name: str) -> Results:
    """Results in which every piece of foreign text is `name`."""
    audit = results({name: Entry("A≠B!-", "same", name), "c/u": Entry("≠≠≠≠≠", control=True)})
    text = {"message": name, "relation": name, "source": name, "first_index": name}
    text |= {"confounders": f"{name} 1 → 2; {name}", "known": name, "url": name}
    text |= dict.fromkeys(("cpu", "isa", "os", "libc", "gpu", "gpu_driver", "apart"), name)
    frames = {
        table: (frame := getattr(audit, table)).assign(
            **{column: value for column, value in text.items() if column in frame}
        )
        for table in ("observations", "relations", "cells", "breaks", "events", "machines")
    }
    return dataclasses.replace(audit, **frames, void=(name,), ignored=(name,))


def _plan(scenarios: tuple[str, ...]) -> Plan:
    cells = tuple(Cell(environment(version), "default", "cpu") for version in VERSIONS)
    return Plan(
        profile="default",
        environments=tuple(
            Environment(
                id=environment(version),
                axes={"tensorflow": version, "numpy": "1.26.4", "python": "3.10"},
                python="3.10",
                interpreter=None,
                backend="tensorflow",
                requirements=(f"tensorflow=={version}", "numpy==1.26.4"),
                profiles=("default",),
            )
            for version in VERSIONS
        ),
        settings=(Setting("default", {}, 2),),
        cells=cells,
        all_cells=cells,
        trials=2,
        scenarios=scenarios,
        scenario_seconds=120.0,
    )


_DTYPES = {"text": "str", "whole number": "Int64", "number": "Float64", "flag": "boolean"}


def _frame(table: str, rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Rows as a frame of the table's columns; what a row leaves out is absent."""
    columns = TABLES[table].columns
    frame = pd.DataFrame(rows, columns=[column.name for column in columns])
    typed: pd.DataFrame = frame.astype({column.name: _DTYPES[column.type] for column in columns})
    return typed


def _where(version: str) -> dict[str, Any]:
    return {
        "environment": environment(version),
        "setting": "default",
        "device": "cpu",
        "machine": MACHINE,
    }


def _runs(suite: dict[str, Entry]) -> list[tuple[str, str, str, int]]:
    """Scenario, outcome, version and trial of everything that ran."""
    return [
        (name, outcome, version, trial)
        for index, version in enumerate(MEASURED)
        for trial in (1, 2)
        for name, entry in suite.items()
        for outcome in (entry.outcomes[index],)
    ]


def _fingerprints(suite: dict[str, Entry]) -> list[dict[str, Any]]:
    rows = []
    for name, outcome, version, trial in _runs(suite):
        if outcome in "!-":
            continue
        result = f"{name} {version} {trial}" if outcome == "≠" else f"{name} {outcome}"
        for array, shape, size in (
            ("first/dense/kernel", "5x10", 50),
            ("first/dense/bias", "10", 10),
        ):
            rows.append(
                _where(version)
                | {"trial": trial, "scenario": name, "array": array, "dtype": "float32"}
                | {"shape": shape, "size": size, "min": -0.5975078, "max": 0.1 + 0.2}
                | {"mean": 5.960464477539063e-08, "std": 0.31, "nonfinite": 0}
                | {"sha256": hashlib.sha256(f"{result} {array}".encode()).hexdigest()}
            )
    return rows


def _observations(suite: dict[str, Entry]) -> list[dict[str, Any]]:
    said = {
        "!": ("error", "ValueError: the legacy format is gone\n  use .keras instead"),
        "-": ("unsupported", "keras.random is not in Keras 2.9.0"),
    }
    rows = []
    for name, outcome, version, trial in _runs(suite):
        status, message = said.get(outcome, ("ok", ""))
        rows.append(
            _where(version)
            | {"trial": trial, "scenario": name, "status": status, "message": message}
            | {"seconds": 0.25 * trial}
        )
    return rows


def _relations(suite: dict[str, Entry]) -> list[dict[str, Any]]:
    rows = [
        _where(version)
        | {"trial": trial, "scenario": name, "relation": relation, "expected": expected}
        | {"holds": held[index] == "T", "source": source}
        for name, (relation, expected, held, source) in CLAIMS.items()
        if name in suite
        for index, version in enumerate(MEASURED)
        for trial in (1, 2)
    ]
    rows += [
        _where(version)
        | {"scenario": name, "relation": "launches agree", "source": entry.source}
        | {"expected": entry.launches == "same", "holds": entry.outcomes[index] != "≠"}
        for name, entry in suite.items()
        for index, version in enumerate(MEASURED)
        if entry.launches and entry.outcomes[index] not in "!-"
    ]
    return rows


def _environments() -> list[dict[str, Any]]:
    return [
        {
            "environment": environment(version),
            "machine": MACHINE,
            "package": name,
            "version": number,
        }
        for version in MEASURED
        for name, number in (("numpy", "1.26.4"), ("tensorflow-cpu", version))
    ]


def _cells() -> list[dict[str, Any]]:
    rows = []
    for version in VERSIONS:
        row = _where(version) | {"label": "", "started": "", "basis": "", "suite": "", "lock": ""}
        if version == INSTALL_FAILED:
            row |= {"status": "install_failed", "trials": 0}
            row |= {"message": "numpy 1.26.4: TypeError: Descriptors cannot be created directly"}
        elif version == NOT_RUN:
            row |= {"machine": "", "status": "not_run", "trials": 0}
            row |= {"message": f"run `nox -s audit-{environment(version)}`"}
        else:
            keras = version if version < "2.16" or version == "2.9.3" else "3.12.0"
            row |= {"status": "ok", "python": "3.10.13", "tensorflow": version, "keras": keras}
            row |= {"backend": "tensorflow", "numpy": "1.26.4", "trials": 2, "seconds": 19.62500001}
            row |= {"started": STARTED, "basis": "0123456789abcdef"}
            row |= {"suite": "0" * 16, "lock": "1" * 16}
        rows.append(row)
    return rows


def _variants(suite: dict[str, Entry]) -> list[dict[str, Any]]:
    return [
        {"scenario": name}
        | _where(version)
        | {"variant": outcome if outcome.isalpha() else ""}
        | {"reproducible": None if outcome in "!-" else outcome != "≠"}
        | {"result": _result(name, outcome) if outcome.isalpha() else ""}
        | {"launches": 0 if outcome in "!-" else 2}
        for name, entry in suite.items()
        for version, outcome in zip(MEASURED, entry.outcomes, strict=True)
    ]


def _result(name: str, outcome: str) -> str:
    return hashlib.sha256(f"{name} {outcome}".encode()).hexdigest()[:16]


def _break(name: str, entry: Entry, before: str, after: str) -> dict[str, Any]:
    rounding = entry.kind == "rounding"
    return {
        "scenario": name,
        "kind": entry.kind,
        "arrays": 2,
        "max_ulp": 3 if rounding else 16_777_217,
        "max_abs": 5.960464477539063e-08 if rounding else 0.6123456789012345,
        "first_index": "first/kernel[0,0]",
        "environment_from": environment(before),
        "environment_to": environment(after),
        "setting": "default",
        "device": "cpu",
        "machine": MACHINE,
        "machine_to": MACHINE,
        "id": hashlib.sha256(f"{name} {before} {after}".encode()).hexdigest()[:10],
        "launches": 2,
    }


def _differences(breaks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Two arrays of each break, the first with its largest distances."""
    return [
        {"break": row["id"], "scenario": row["scenario"], "array": array, "kind": row["kind"]}
        | {"dtype": "float32", "shape": shape, "size": size, "differing": differing}
        | {"share": differing / size, "max_abs": row["max_abs"] / part, "mean_abs": 0.1 / part}
        | {"max_rel": 1.9999998807907104, "mean_rel": 1e-07, "max_ulp": row["max_ulp"] // part}
        | {"ulp_p50": 1, "ulp_p90": 2, "ulp_p99": 3, "ulp_histogram": f"1:1; 2:{differing - 1}"}
        | {"first_index": "0,0", "correlation": -0.03125 / part, "machine": MACHINE}
        for row in breaks
        for array, shape, size, differing, part in (
            ("first/dense/kernel", "5x10", 50, 49, 1),
            ("first/dense/bias", "10", 10, 2, 3),
        )
    ]


def _process_breaks(suite: dict[str, Entry]) -> list[dict[str, Any]]:
    return [
        {"level": "process", "axis": "trial", "from": "1", "to": "2"}
        | _break(name, entry, version, version)
        for name, entry in suite.items()
        for version, outcome in zip(MEASURED, entry.outcomes, strict=True)
        if outcome == "≠"
    ]


def _version_breaks(suite: dict[str, Entry], moved: tuple[str, ...]) -> list[dict[str, Any]]:
    return [
        {"level": "packages", "axis": "tensorflow", "from": before, "to": after}
        | {"confounders": "; ".join(moved).format(before, after)}
        | _break(name, entry, before, after)
        for name, entry in suite.items()
        for (before, left), (after, right) in pairwise(zip(MEASURED, entry.outcomes, strict=True))
        if left.isalpha() and right.isalpha() and left != right
    ]


def _comparisons(suite: dict[str, Entry]) -> list[dict[str, Any]]:
    return [
        {"level": "packages", "axis": "tensorflow", "from": before, "to": after}
        | {"scenario": name, "differs": left != right}
        for index, (before, after) in enumerate(pairwise(MEASURED))
        for name, entry in suite.items()
        for left, right in [tuple(entry.outcomes[index : index + 2])]
        if left.isalpha() and right.isalpha()
    ]


def _events(
    breaks: list[dict[str, Any]], comparisons: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    step = ("level", "axis", "from", "to")
    same: dict[tuple[str, ...], list[str]] = {}
    for row in comparisons:
        if not row["differs"]:
            same.setdefault(tuple(row[name] for name in step), []).append(row["scenario"])
    grouped: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row in breaks:
        grouped.setdefault(tuple(row[name] for name in step), []).append(row)
    return [
        dict(zip(step, key, strict=True))
        | {
            "id": f"{key[1]}:{key[2]}..{key[3]}",
            "scenarios": "; ".join(dict.fromkeys(row["scenario"] for row in rows)),
            "kinds": "; ".join(dict.fromkeys(row["kind"] for row in rows)),
            "confounders": rows[0].get("confounders", ""),
            "known": "",
            "url": "",
            "unchanged": "; ".join(same.get(key, ())),
            "separate": "",
        }
        for key, rows in grouped.items()
    ]


def _verdicts(suite: dict[str, Entry]) -> list[dict[str, Any]]:
    rows = []
    for name, entry in suite.items():
        ran = [outcome for outcome in entry.outcomes if outcome not in "!-"]
        pairs = [(a, b) for a, b in pairwise(ran) if "≠" not in (a, b)]
        counts = {
            "rerun": (len(ran), 0),
            "process": (len(ran), ran.count("≠")),
            "packages": (len(pairs), sum(a != b for a, b in pairs)),
        }
        for level in LEVELS:
            compared, differing = counts.get(level, (0, 0))
            verdict = "breaks" if differing else "holds" if compared else "untested"
            rows.append(
                {"scenario": name, "level": level, "verdict": verdict}
                | {"compared": compared, "differing": differing}
                | {"asked": not entry.control and entry.launches != "differ"}
            )
    return rows


def _steps(suite: dict[str, Entry]) -> list[dict[str, Any]]:
    """The comparisons of scenarios that should hold, counted by step."""
    found: dict[tuple[str, ...], list[bool]] = {}
    for row in _comparisons(suite):
        entry = suite[row["scenario"]]
        if not entry.control and entry.launches != "differ":
            step = tuple(row[name] for name in ("level", "axis", "from", "to"))
            found.setdefault(step, []).append(row["differs"])
    return [
        dict(zip(("level", "axis", "from", "to"), step, strict=True))
        | {"compared": len(differs), "changed": sum(differs)}
        for step, differs in found.items()
    ]
