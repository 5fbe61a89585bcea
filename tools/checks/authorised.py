"""Every use case of the domain begins by asking whether the actor may, or says that no actor is involved."""

import ast
from pathlib import Path

from tools.checks.common import SOURCES, Finding, python_trees

WORKS = frozenset({"Work", "ReadWork"})
SYSTEM = "SystemWork"
# These reach the database past a unit of work, so nobody would have asked.
BARE = frozenset({"Handle", "Conn", "Pool", "Database"})

Function = ast.FunctionDef | ast.AsyncFunctionDef


def find(root: Path) -> list[Finding]:
    """Public functions of actions.py and queries.py (and *_actions.py, *_queries.py) that do not ask first.

    A function without a unit of work among its parameters cannot reach the database and is left alone.
    """
    found = []
    for path, tree in python_trees(root, f"{SOURCES}/domain"):
        if not path.stem.endswith(("actions", "queries")):
            continue
        for node in tree.body:
            if isinstance(node, Function) and not node.name.startswith("_"):
                fault = _fault(node)
                if fault:
                    found.append(Finding(str(path), node.lineno, f"{node.name}: {fault}"))
    return found


def _fault(function: Function) -> str:
    arguments = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    types = {argument.arg: _types(argument.annotation) for argument in arguments}
    if any(names & BARE for names in types.values()):
        return "take a unit of work, not a bare connection"
    works = {name for name, names in types.items() if names & WORKS}
    if not works or _requires(function, works):
        return ""
    return "begin with `work.require(...)`, or take a SystemWork if no actor is involved"


def _types(annotation: ast.expr | None) -> set[str]:
    if annotation is None:
        return set()
    return {node.id for node in ast.walk(annotation) if isinstance(node, ast.Name)}


def _requires(function: Function, works: set[str]) -> bool:
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    if not body or not isinstance(body[0], ast.Expr) or not isinstance(body[0].value, ast.Call):
        return False
    called = body[0].value.func
    return (
        isinstance(called, ast.Attribute)
        and called.attr == "require"
        and isinstance(called.value, ast.Name)
        and called.value.id in works
    )
