"""Each rule of tools/checks finds what it is for, and leaves alone what is right."""

from pathlib import Path
from types import ModuleType

import pytest

from tools.checks import authorised, empty_packages, file_length, forbidden_text, late_imports, small_work

USERS = "src/tenantry/domain/users"
NINE_NAMES = "".join(f"    def name{number}(self): ...\n" for number in range(9))
WRONG = [
    pytest.param(file_length, "docs/long.md", "line\n" * 401, id="a file of 401 lines"),
    pytest.param(
        late_imports, f"{USERS}/rules.py", "def f():\n    import json\n", id="an import in a function"
    ),
    pytest.param(
        late_imports,
        "tools/x.py",
        "import importlib\nimportlib.import_module('json')\n",
        id="an import by name",
    ),
    pytest.param(
        authorised,
        f"{USERS}/actions.py",
        'async def create(work: Work) -> None:\n    """Creates."""\n    await work.db.run("")\n',
        id="an action that never asks",
    ),
    pytest.param(
        authorised,
        f"{USERS}/state_actions.py",
        "async def change(work: Work) -> None:\n    await work.db.run('')\n    work.require(UPDATE)\n",
        id="an action that asks too late",
    ),
    pytest.param(
        authorised,
        f"{USERS}/queries.py",
        "async def list_all(db: Handle) -> None:\n    await db.all('')\n",
        id="a query on a bare connection",
    ),
    pytest.param(
        authorised,
        f"{USERS}/queries.py",
        "async def get(work: ReadWork, other: Thing) -> None:\n    other.require(READ)\n",
        id="a query that asks somebody else",
    ),
    pytest.param(forbidden_text, "setup.md", "see https://" + "pypi" + ".org/project/x\n", id="a registry"),
    pytest.param(forbidden_text, "run.sh", "cd /" + "work/main\n", id="a path of one machine"),
    pytest.param(forbidden_text, "a.py", "open('.." + "/shared/x')\n", id="a path out of the project"),
    pytest.param(small_work, "src/tenantry/kernel/work.py", f"class Work:\n{NINE_NAMES}", id="nine names"),
    pytest.param(
        small_work,
        "src/tenantry/kernel/work.py",
        f"class ReadWork:\n{NINE_NAMES[:150]}\nclass Work(ReadWork):\n    def __init__(self):\n"
        + "".join(f"        self.own{number} = 1\n" for number in range(5)),
        id="nine names, some inherited",
    ),
    pytest.param(empty_packages, f"{USERS}/__init__.py", "", id="a package without a word"),
    pytest.param(
        empty_packages,
        f"{USERS}/__init__.py",
        '"""Users."""\nfrom x import y\n',
        id="a package that re-exports",
    ),
]
RIGHT = [
    pytest.param(file_length, "docs/long.md", "line\n" * 400, id="a file of 400 lines"),
    pytest.param(file_length, "requirements/dev.lock", "line\n" * 900, id="a file that nobody writes"),
    pytest.param(
        late_imports,
        f"{USERS}/rules.py",
        "import json\n\ndef f():\n    return json\n",
        id="an import at the top",
    ),
    pytest.param(
        authorised,
        f"{USERS}/actions.py",
        'async def create(work: Work) -> None:\n    """Creates."""\n    work.require(CREATE)\n    await work.db.run("")\n',
        id="an action that asks first",
    ),
    pytest.param(
        authorised,
        f"{USERS}/actions.py",
        "async def purge(work: SystemWork) -> None:\n    await work.db.run('')\n",
        id="system",
    ),
    pytest.param(
        authorised,
        f"{USERS}/actions.py",
        "async def _step(work: Work) -> None:\n    ...\n",
        id="a private step",
    ),
    pytest.param(
        authorised,
        f"{USERS}/queries.py",
        "def statement(page: Page) -> str:\n    return ''\n",
        id="no work at all",
    ),
    pytest.param(
        forbidden_text, "README.md", "pip install tenantry; see docs/work/x and /var/lib\n", id="plain text"
    ),
    pytest.param(
        small_work,
        "src/tenantry/kernel/work.py",
        f"class Work:\n{NINE_NAMES[:200]}    def _own(self): ...\n",
        id="eight",
    ),
    pytest.param(
        empty_packages, f"{USERS}/__init__.py", '"""Users: who they are."""\n', id="a docstring alone"
    ),
]


def _written(root: Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


@pytest.mark.parametrize(("rule", "name", "text"), WRONG)
def test_a_rule_finds_what_breaks_it(tmp_path: Path, rule: ModuleType, name: str, text: str) -> None:
    _written(tmp_path / "project", name, text)
    found = rule.find(tmp_path / "project")
    assert [finding.path for finding in found] == [name]
    assert found[0].message


@pytest.mark.parametrize(("rule", "name", "text"), RIGHT)
def test_a_rule_leaves_alone_what_keeps_it(tmp_path: Path, rule: ModuleType, name: str, text: str) -> None:
    _written(tmp_path / "project", name, text)
    assert rule.find(tmp_path / "project") == []


def test_every_exception_from_the_rule_on_imports_is_still_needed() -> None:
    root = Path(__file__).resolve().parents[2]
    unneeded = [name for name in late_imports.ALLOWED if (root / name).is_file() is False]
    assert unneeded == []
