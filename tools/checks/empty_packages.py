"""A package's `__init__.py` says what the package is for and holds nothing else, so an import names the file it means."""

import ast
from pathlib import Path

from tools.checks.common import SOURCES, Finding, python_trees


def find(root: Path) -> list[Finding]:
    """Packages of the domain and the surfaces without a docstring, or with code beside it."""
    found = []
    for path, tree in python_trees(root, f"{SOURCES}/domain", f"{SOURCES}/surfaces"):
        if path.name != "__init__.py":
            continue
        if ast.get_docstring(tree) is None:
            found.append(Finding(str(path), 1, "say in a docstring what the package is for"))
        elif len(tree.body) > 1:
            found.append(Finding(str(path), tree.body[1].lineno, "move the code to a file with a name"))
    return found
