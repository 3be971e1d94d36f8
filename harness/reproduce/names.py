"""Which names a piece of code binds, and which it uses."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def bound(node: ast.stmt) -> Iterator[str]:
    """The global names that a top-level statement binds."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
        return
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Name) and isinstance(child.ctx, ast.Store):
            yield child.id
        elif isinstance(child, ast.stmt):
            yield from bound(child)
        elif isinstance(child, ast.Tuple | ast.List | ast.Starred):
            yield from (
                each.id
                for each in ast.walk(child)
                if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)
            )


class Names(ast.NodeVisitor):
    """The names that code loads and the attributes it takes from names, annotations left out."""

    def __init__(self) -> None:
        self.loaded: set[str] = set()
        self.attributes: set[tuple[str, str]] = set()

    def visit_Name(self, node: ast.Name) -> None:
        """A name."""
        if isinstance(node.ctx, ast.Load):
            self.loaded.add(node.id)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        """`owner.attribute`."""
        if isinstance(node.value, ast.Name):
            self.attributes.add((node.value.id, node.attr))
        self.generic_visit(node)

    def visit_arg(self, node: ast.arg) -> None:
        """A parameter: its annotation is left out."""

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        """An assignment: likewise."""
        self.visit(node.target)
        if node.value:
            self.visit(node.value)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        """A function: what it returns is left out."""
        for each in (*node.decorator_list, node.args, *node.body):
            self.visit(each)
