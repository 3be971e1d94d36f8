"""The code of one scenario, cut out of the suite: itself and all that it needs, nothing else."""

from __future__ import annotations

import ast
import textwrap
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from harness import scenarios
from harness.errors import ExitCode, SameseedError
from harness.reproduce.modules import REGISTER, class_pieces, load

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.reproduce.modules import Module, Piece

CONTEXT, FRAMEWORK = "harness.probe.context", "harness.probe.framework"
FINGERPRINT, PLACEMENT = "harness.probe.fingerprint", "harness.probe.placement"

# What the script has its own, shorter form of.
_OWN_RUN = frozenset({"__init__", "array", "relation", "path", "_check_place", "_under"})
# What the script itself defines.
_RESERVED = frozenset(
    {"Run", "Framework", "KEPT", "VARIABLES", "RECORDED", "SCENARIOS", "reproduce", "scratch"}
)
_CHECK = "self._check_place("


class UncutError(SameseedError):
    """A scenario's code cannot be told apart from the rest of its file."""

    exit_code = ExitCode.USAGE


@dataclass(frozen=True)
class Cut:
    """The pieces of a scenario.

    call: what to call with a run; `SCENARIOS["…"]` where code registers it. scenario: the function
    or the statement that registers it. helpers: what it uses. machinery: what the run needs of the
    probe. run, framework: methods of the two classes. imports: statements. needs: dotted paths.
    """

    call: str
    scenario: str
    helpers: tuple[str, ...]
    machinery: tuple[str, ...]
    run: tuple[str, ...]
    framework: tuple[str, ...]
    imports: tuple[str, ...]
    needs: tuple[str, ...]
    summary: str

    @property
    def direct(self) -> bool:
        """Whether the scenario is a function of the module, and not made by its code."""
        return not self.call.startswith("SCENARIOS")


@cache
def cut(name: str, device: str = "cpu") -> Cut:
    """The code of the scenario `name` on a device.

    Raises UncutError where the suite has none of that name, or its code cannot be cut out.
    """
    known = scenarios.suite().get(name)
    if known is None:
        raise UncutError(f"the suite has no scenario {name} any more: measure again")
    module = _module_of(known)
    line = module.registered.get(name)
    root = next((piece for piece in module.pieces if piece.line == line), None)
    if root is None:
        raise UncutError(
            f"{name} cannot be cut out of {module.path}: decorate a function at the top level, "
            "and import no more than `scenario` and `Promise` from harness.scenarios"
        )
    work = _Closure(module)
    work.add(module, root)
    # The script's own `array` calls `evaluate`, and its end `api` for what is needed.
    asked = {*work.attributes(), "evaluate", *(["api"] if known.needs else [])}
    methods = _methods(CONTEXT, "Run", asked, _OWN_RUN)
    framework = _methods(FRAMEWORK, "Framework", {"__init__"}, frozenset({"has"}))
    for source, pieces in ((CONTEXT, methods), (FRAMEWORK, framework)):
        work.follow(load(source), (name for piece in pieces for name in piece.uses))
    for source, wanted in (
        (CONTEXT, ("UnsupportedError",)),
        (FINGERPRINT, ("canonical", "sha256")),
        (PLACEMENT, ("on",) if device == "gpu" else ()),
    ):
        work.follow(load(source), wanted)
    work.finish()
    direct = bool(root.function)
    return Cut(
        call=root.function if direct else f"SCENARIOS[{name!r}]",
        scenario=root.text,
        helpers=work.texts(machinery=False, but=root),
        machinery=tuple(map(_brief, work.texts(machinery=True, but=root))),
        run=tuple(_brief(_without_check(piece.text)) for piece in methods),
        framework=tuple(_brief(piece.text) for piece in framework),
        imports=tuple(sorted(work.imports.values())),
        needs=known.needs,
        summary=known.summary,
    )


def _module_of(known: scenarios.Scenario) -> Module:
    name = known.function.__module__
    if name.startswith(f"{scenarios.__name__}."):
        return load(name, register=True)
    return load(name, Path(known.file), register=True)


@dataclass
class _Closure:
    """Pieces that were taken, by module, and what is still to be looked up."""

    root: Module
    taken: dict[str, dict[int, Piece]] = field(default_factory=dict)
    modules: dict[str, Module] = field(default_factory=dict)
    imports: dict[str, str] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)

    def add(self, module: Module, piece: Piece) -> None:
        """Take a piece, and all that it uses."""
        pieces = self.taken.setdefault(module.name, {})
        self.modules[module.name] = module
        if piece.line in pieces:
            return
        pieces[piece.line] = piece
        for name in piece.defines:
            self._own(name, module.name)
        self.follow(module, piece.uses)

    def follow(self, module: Module, names: Iterable[str]) -> None:
        """Take what defines these names, seen from a module; what is nowhere global is local."""
        for name in names:
            if name == REGISTER:
                continue
            if name in module.inside:
                other, there = module.inside[name]
                self.follow(load(other), [there])
            elif name in module.outside:
                self.imports[name] = module.outside[name]
                self._own(name, module.outside[name])
            else:
                for piece in module.pieces:
                    if name in piece.defines:
                        self.add(module, piece)

    def _own(self, name: str, owner: str) -> None:
        """In one file, a name can mean one thing only."""
        other = self.owners.setdefault(name, "the script" if name in _RESERVED else owner)
        if other != owner:
            raise UncutError(f"{name} means two things, in {other} and in {owner}: rename one")

    def finish(self) -> None:
        """Take the statements that change what was taken, such as `TABLE.update(…)`."""
        count = 0
        while count < (count := sum(map(len, self.taken.values()))):
            for name, pieces in [*self.taken.items()]:
                module = self.modules[name]
                here = {each for piece in pieces.values() for each in piece.defines}
                for piece in module.pieces:
                    if piece.effect and piece.line not in module.registering and piece.uses & here:
                        self.add(module, piece)

    def texts(self, *, machinery: bool, but: Piece) -> tuple[str, ...]:
        """The pieces, modules that others build on first, each module in its own order."""
        return tuple(
            piece.text
            for name in self._in_order()
            if name.startswith("harness.probe.") == machinery
            for _, piece in sorted(self.taken[name].items())
            if piece is not but
        )

    def attributes(self) -> set[str]:
        """What the pieces take from a run: of what the suite calls `run`, elsewhere of anything."""
        return {
            attribute
            for name, pieces in self.taken.items()
            for piece in pieces.values()
            for owner, attribute in piece.attributes
            if owner == "run" or not self.modules[name].ours
        }

    def _in_order(self) -> list[str]:
        ordered: list[str] = []

        def place(name: str) -> None:
            for other, _ in self.modules[name].inside.values():
                if other in self.taken and other != name and other not in ordered:
                    place(other)
            if name not in ordered:
                ordered.append(name)

        for name in self.taken:
            place(name)
        return ordered


def _methods(module: str, class_name: str, wanted: set[str], but: frozenset[str]) -> list[Piece]:
    """The methods of a class that are wanted, and those that they call, in the class's order."""
    methods = {piece.function: piece for piece in class_pieces(module, class_name)}
    taken: set[str] = set()
    todo = [name for name in wanted if name in methods]
    while todo:
        name = todo.pop()
        if name in taken or name in but:
            continue
        taken.add(name)
        todo += [
            each for owner, each in methods[name].attributes if owner == "self" and each in methods
        ]
    return [piece for name, piece in methods.items() if name in taken]


def _without_check(text: str) -> str:
    """A method without the audit's refusal of what another device computed."""
    return "\n".join(line for line in text.splitlines() if not line.strip().startswith(_CHECK))


def _brief(text: str) -> str:
    """A function with the first line of its docstring alone; anything else as it is."""
    (node,) = ast.parse(textwrap.dedent(text)).body
    if not isinstance(node, ast.FunctionDef) or ast.get_docstring(node) is None:
        return text
    doc = node.body[0]
    assert doc.end_lineno is not None
    lines = text.splitlines()
    if doc.lineno < doc.end_lineno:
        lines[doc.lineno - 1 : doc.end_lineno] = [lines[doc.lineno - 1] + '"""']
    return "\n".join(lines)
