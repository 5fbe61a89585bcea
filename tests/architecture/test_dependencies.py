"""What the code imports is declared, and what is declared is locked, so that a fresh installation has it."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OWN = frozenset({"tenantry", "tests", "tools", "bench"})
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", re.split(r"[\[<>=~;! ]", name)[0]).lower()


RUNTIME = {_normal(name) for name in PROJECT["dependencies"]}
# The extra `pool` of psycopg is a package of its own name.
RUNTIME |= {"psycopg-pool"}
DEVELOPMENT = RUNTIME | {_normal(name) for name in PROJECT["optional-dependencies"]["dev"]}


def _imported(folder: str) -> set[str]:
    """The outside packages that the files below a folder import, also by name in a function."""
    names: set[str] = set()
    for path in (ROOT / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                names.add(node.module)
            elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
                names |= {
                    arg.value
                    for arg in node.args
                    if isinstance(arg, ast.Constant) and isinstance(arg.value, str)
                }
    return {name.split(".")[0] for name in names} - OWN - sys.stdlib_module_names


@pytest.mark.parametrize(
    ("folder", "declared"),
    [("src", RUNTIME), ("tests", DEVELOPMENT), ("tools", DEVELOPMENT), ("bench", DEVELOPMENT)],
)
def test_every_package_that_is_imported_is_declared(folder: str, declared: set[str]) -> None:
    distributions = packages_distributions()
    undeclared = {
        name
        for name in _imported(folder)
        if not {_normal(distribution) for distribution in distributions.get(name, [name])} & declared
    }
    assert undeclared == set()


@pytest.mark.parametrize(("lock", "declared"), [("runtime", RUNTIME), ("dev", DEVELOPMENT)])
def test_every_declared_package_is_locked_with_hashes(lock: str, declared: set[str]) -> None:
    text = (ROOT / f"requirements/{lock}.lock").read_text(encoding="utf-8")
    blocks = re.findall(
        r"^([\w.-]+)(?:\[[\w,-]+\])?==\S+.*\\\n((?:    --hash=sha256:[0-9a-f]{64}.*\n?)+)", text, re.MULTILINE
    )
    assert declared - {_normal(name) for name, _ in blocks} == set()
    assert len(blocks) == len(re.findall(r"^[\w.-]+(?:\[[\w,-]+\])?==", text, re.MULTILINE))


def test_the_lock_of_a_server_is_a_part_of_the_lock_of_the_development() -> None:
    def pins(name: str) -> set[str]:
        text = (ROOT / f"requirements/{name}.lock").read_text(encoding="utf-8")
        return set(re.findall(r"^([\w.-]+(?:\[[\w,-]+\])?==\S+)", text, re.MULTILINE))

    assert pins("runtime") - pins("dev") == set()
