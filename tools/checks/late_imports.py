"""Imports stand at the top of a file, so that a file's first lines tell what it depends on."""

import ast
from pathlib import Path

from tools.checks.common import Finding, python_trees

FOLDERS = ("src", "tests", "tools", "bench")
# Where a late import is worth its price, and why.
ALLOWED = {
    "src/tenantry/kernel/lazy.py": "heavy libraries that a server which only answers reads never needs",
    "src/tenantry/app/lazy_group.py": "a command loads what it needs and not what its neighbours need",
    "src/tenantry/surfaces/kit/pages.py": "the library of the templates, 136 ms and 4.7 MB that the API never needs",
    "tests/app/test_reactions.py": "reads the modules that it finds",
    "tools/make_docs.py": "reads the modules that it finds",
    "tests/architecture/test_catalogue.py": "reads the modules that it finds",
}
BY_NAME = frozenset({"import_module", "__import__"})


def find(root: Path) -> list[Finding]:
    """Import statements inside functions, and calls that import by name."""
    found = []
    for path, tree in python_trees(root, *FOLDERS):
        if path.as_posix() in ALLOWED:
            continue
        lines = sorted({node.lineno for node in _late(tree)})
        found += [
            Finding(str(path), line, "import at the top of the file, not in a function") for line in lines
        ]
    return found


def _late(tree: ast.Module) -> list[ast.stmt | ast.expr]:
    found: list[ast.stmt | ast.expr] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            inside = (child for child in ast.walk(node) if child is not node)
            found += [child for child in inside if isinstance(child, ast.Import | ast.ImportFrom)]
        if isinstance(node, ast.Call) and _name(node.func) in BY_NAME:
            found.append(node)
    return found


def _name(called: ast.expr) -> str:
    if isinstance(called, ast.Attribute):
        return called.attr
    return called.id if isinstance(called, ast.Name) else ""
