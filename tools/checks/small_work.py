"""A unit of work is no bag: it has at most eight public names, for ever."""

import ast
from pathlib import Path

from tools.checks.common import SOURCES, Finding, python_trees

MOST_NAMES = 8
CLASSES = ("ReadWork", "Work", "SystemWork")


def find(root: Path) -> list[Finding]:
    """The classes of kernel/work.py that have more public names than MOST_NAMES, inherited ones counted."""
    found = []
    for path, tree in python_trees(root, f"{SOURCES}/kernel"):
        if path.name != "work.py":
            continue
        classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
        for name in CLASSES:
            if name in classes:
                names = _public(classes[name], classes)
                if len(names) > MOST_NAMES:
                    listed = ", ".join(sorted(names))
                    message = f"{name} has {len(names)} public names ({listed}), {MOST_NAMES} are allowed"
                    found.append(Finding(str(path), classes[name].lineno, message))
    return found


def _public(node: ast.ClassDef, classes: dict[str, ast.ClassDef]) -> set[str]:
    names: set[str] = set()
    for base in node.bases:
        if isinstance(base, ast.Name) and base.id in classes:
            names |= _public(classes[base.id], classes)
    for inner in ast.walk(node):
        if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef):
            names.add(inner.name)
        elif isinstance(inner, ast.Attribute) and isinstance(inner.ctx, ast.Store) and _is_self(inner.value):
            names.add(inner.attr)
        elif isinstance(inner, ast.AnnAssign) and isinstance(inner.target, ast.Name) and inner in node.body:
            names.add(inner.target.id)
    return {name for name in names if not name.startswith("_")}


def _is_self(value: ast.expr) -> bool:
    return isinstance(value, ast.Name) and value.id == "self"
