"""The suite's source as pieces: what each module's top-level statements define and use.

Source is read as text and never imported; only the modules of scenarios are run once more, beside
the real ones, to see which statement registers which scenario.
"""

from __future__ import annotations

import ast
import builtins
import sys
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from harness.reproduce.names import Names, bound

PACKAGE = Path(__file__).resolve().parent.parent  # `harness`
_PREFIX = "harness."
REGISTER = "scenario"  # the decorator


@dataclass(frozen=True)
class Piece:
    """One top-level statement, as it stands in its file, with the comments right above it.

    defines, uses: global names; what only annotations say is not used. attributes: what is taken
    from a name, as in `run.layer`. effect: whether it neither defines a function or class nor
    assigns to a plain name: then it matters for what it does.
    """

    line: int
    text: str
    defines: frozenset[str]
    uses: frozenset[str]
    attributes: frozenset[tuple[str, str]]
    function: str = ""
    effect: bool = False


@dataclass(frozen=True)
class Module:
    """A source file: its pieces in order, and where the other names that it uses come from.

    inside: name → (module of this package, name there). outside: name → the import statement.
    registered: scenario → line of the top-level statement that registers it.
    """

    name: str
    path: Path
    text: str
    pieces: tuple[Piece, ...]
    inside: dict[str, tuple[str, str]]
    outside: dict[str, str]
    registered: dict[str, int] = field(default_factory=dict)

    @property
    def ours(self) -> bool:
        """Whether it is of this package, and no file of the user's."""
        return self.name.startswith(_PREFIX)

    @property
    def registering(self) -> frozenset[int]:
        """The lines of the statements that register scenarios."""
        return frozenset(self.registered.values())


@cache
def load(name: str, path: Path | None = None, *, register: bool = False) -> Module:
    """The module `harness.…`, or the user's file at `path`.

    register: whether it has scenarios; then its code is run, for what it registers.
    """
    path = path or _path(name)
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text, str(path))
    lines = text.splitlines()
    inside: dict[str, tuple[str, str]] = {}
    outside: dict[str, str] = {}
    pieces: list[Piece] = []
    for node in tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            _note_import(node, name, inside, outside)
        elif not _is_quiet(node):
            pieces.append(_piece(node, lines, name, inside))
    registered = _registrations(ast.parse(text), name, path) if register else {}
    return Module(name, path, text, tuple(pieces), inside, outside, registered)


@cache
def class_pieces(name: str, class_name: str) -> tuple[Piece, ...]:
    """The methods of a class of the module `name`; `attributes` has what they take from `self`."""
    path = _path(name)
    text = path.read_text(encoding="utf-8")
    (found,) = (
        node
        for node in ast.parse(text).body
        if isinstance(node, ast.ClassDef) and node.name == class_name
    )
    lines = text.splitlines()
    methods = [node for node in found.body if isinstance(node, ast.FunctionDef)]
    return tuple(_piece(node, lines, name, {}) for node in methods)


def _path(name: str) -> Path:
    path = PACKAGE.joinpath(*name.split(".")[1:])
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def _note_import(
    node: ast.Import | ast.ImportFrom,
    module: str,
    inside: dict[str, tuple[str, str]],
    outside: dict[str, str],
) -> None:
    origin = _origin(node, module)
    for alias in node.names:
        bound = alias.asname or alias.name.split(".")[0]
        if origin is not None:
            inside[bound] = (origin, alias.name)
        elif isinstance(node, ast.ImportFrom):
            renamed = f" as {alias.asname}" if alias.asname else ""
            outside[bound] = f"from {node.module} import {alias.name}{renamed}"
        else:
            outside[bound] = ast.unparse(ast.Import([alias]))


def _origin(node: ast.stmt, module: str) -> str | None:
    """The module of this package that something is imported from, if it is one."""
    if not isinstance(node, ast.ImportFrom):
        return None
    if not node.level:
        known = node.module or ""
        return known if f"{known}.".startswith(_PREFIX) else None
    parts = module.split(".")
    package = parts if _path(module).name == "__init__.py" else parts[:-1]
    base = package[: len(package) - node.level + 1]
    return ".".join((*base, *([node.module] if node.module else [])))


def _is_quiet(node: ast.stmt) -> bool:
    """A docstring, or what only a type checker runs."""
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    if not isinstance(node, ast.If):
        return False
    return isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def _piece(
    node: ast.stmt, lines: list[str], module: str, inside: dict[str, tuple[str, str]]
) -> Piece:
    """The statement as a piece. `@scenario(…)` goes: what it decorates is called by its name.

    An import from this package inside a function goes too: in one file, the name is simply there.
    """
    decorators = list(getattr(node, "decorator_list", ()))
    kept = [each for each in decorators if not _is_registration(each)]
    first = min((each.lineno for each in kept), default=node.lineno)
    start = first
    while start > 1 and lines[start - 2].startswith("#") and first == node.lineno:
        start -= 1
    if len(kept) < len(decorators):
        start = first
    assert node.end_lineno is not None
    dropped = set[int]()
    names = Names()
    for inner in ast.walk(node):
        if isinstance(inner, ast.ImportFrom) and _origin(inner, module) is not None:
            assert inner.end_lineno is not None
            dropped.update(range(inner.lineno, inner.end_lineno + 1))
            for alias in inner.names:
                inside[alias.asname or alias.name] = (_origin(inner, module) or "", alias.name)
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        node.decorator_list = kept
    names.visit(node)
    body = [
        lines[number - 1] for number in range(start, node.end_lineno + 1) if number not in dropped
    ]
    while dropped and len(body) > 1 and not body[1].strip():  # the gap that an import leaves
        del body[1]
    defines = frozenset(bound(node))
    return Piece(
        line=node.lineno,
        text="\n".join(body),
        defines=defines,
        uses=frozenset(names.loaded - set(vars(builtins))),
        attributes=frozenset(names.attributes),
        function=node.name if isinstance(node, ast.FunctionDef) else "",
        effect=not isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Assign | ast.AnnAssign)
        or not defines,
    )


def _is_registration(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == REGISTER
    )


def _registrations(tree: ast.Module, name: str, path: Path) -> dict[str, int]:
    """Scenario → line of the top-level statement that registers it.

    The code runs with another decorator in place of the suite's, which looks at who called it.
    """
    spans = [(_first_line(node), node.end_lineno or node.lineno, node.lineno) for node in tree.body]
    for node in tree.body:
        if isinstance(node, ast.ImportFrom):
            node.names = [each for each in node.names if each.name != REGISTER]
    tree.body = [node for node in tree.body if getattr(node, "names", True)]
    found: dict[str, int] = {}

    def register(scenario: str, *_: Any, **__: Any) -> Any:
        frame = sys._getframe(1)
        while frame.f_back and (
            frame.f_code.co_name != "<module>" or frame.f_code.co_filename != str(path)
        ):
            frame = frame.f_back
        found[scenario] = frame.f_lineno
        return lambda function: function

    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    namespace = {"__name__": name, "__package__": package, REGISTER: register}
    exec(compile(tree, str(path), "exec", dont_inherit=True), namespace)
    return {
        scenario: line
        for scenario, called in found.items()
        for first, last, line in spans
        if first <= called <= last
    }


def _first_line(node: ast.stmt) -> int:
    """Decorators included."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(each.lineno for each in decorators)])
