"""What the rules share: a finding, and which files belong to the project."""

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

SOURCES = "src/tenantry"


class Finding(NamedTuple):
    """A place where a rule is broken. `line` counts from 1; 0 means the file as a whole."""

    path: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"


def project_files(root: Path) -> list[Path]:
    """Every file that is or would be committed, relative to `root`; outside a repository every file there is."""
    if (root / ".git").exists():
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=root,
            capture_output=True,
            check=True,
        ).stdout.decode()
        paths = [Path(name) for name in listed.split("\0") if name]
    else:
        paths = [path.relative_to(root) for path in root.rglob("*")]
    return sorted(path for path in set(paths) if (root / path).is_file())


def python_trees(root: Path, *folders: str) -> Iterator[tuple[Path, ast.Module]]:
    """The syntax trees of the Python files below `folders`, by path relative to `root`."""
    for path in project_files(root):
        if path.suffix == ".py" and any(path.is_relative_to(folder) for folder in folders):
            yield path, ast.parse((root / path).read_text(encoding="utf-8"), str(path))
