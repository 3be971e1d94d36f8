"""What is documented elsewhere: causes of differences, and claims that people publish.

`causes.yaml` and `claims.yaml` beside this file are written by hand; `entries` says what may stand
there. They only say what to look for: `harness.analysis.causes` and `harness.analysis.claims` hold
it against what was measured. How to add one: docs/known-causes.md
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from pydantic import ValidationError

from harness.errors import MatrixError
from harness.known.entries import Cause, Causes, Claim, Claims
from harness.matrix_problems import explanations
from harness.yaml_positions import read

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.errors import Problem
    from harness.yaml_positions import Source

__all__ = ["CAUSES", "CLAIMS", "load_causes", "load_claims"]

CAUSES = Path(__file__).with_name("causes.yaml")
CLAIMS = Path(__file__).with_name("claims.yaml")

F = TypeVar("F", Causes, Claims)


def load_causes(path: Path = CAUSES) -> tuple[Cause, ...]:
    """The known causes. Raises `MatrixError` with every mistake in the file, and its line."""
    causes, source = _load(path, Causes)
    _refuse(_twice(causes.causes, source, "causes"))
    return causes.causes


def load_claims(path: Path = CLAIMS) -> tuple[Claim, ...]:
    """The claims. Raises `MatrixError` with every mistake in the file, and its line."""
    claims, source = _load(path, Claims)
    _refuse(_twice(claims.claims, source, "claims"))
    return claims.claims


def _load(path: Path, model: type[F]) -> tuple[F, Source]:
    document = read(path)
    problems = list(document.problems)
    try:
        loaded = model.model_validate(document.data)
    except ValidationError as error:
        problems += explanations(error, document.source, model)
    _refuse(problems)
    return loaded, document.source


def _twice(entries: Sequence[Cause | Claim], source: Source, key: str) -> list[Problem]:
    """Ids that are taken: tables and people refer to an entry by its id."""
    seen: dict[str, int] = {}
    problems = []
    for index, entry in enumerate(entries):
        first = seen.setdefault(entry.id, index)
        if first != index:
            line = source.value((key, first, "id")).line
            message = f"the id {entry.id} is here twice: first on line {line}"
            problems.append(source.problem((key, index, "id"), message, "choose another"))
    return problems


def _refuse(problems: Sequence[Problem]) -> None:
    if problems:
        raise MatrixError(tuple(sorted(problems, key=lambda found: (found.line, found.column))))
