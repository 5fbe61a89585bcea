"""A tenant with somebody who asks for bulk jobs, and people to do them to."""

from pathlib import Path

import pytest
import pytest_asyncio

from tenantry.domain.directory.model import Person
from tenantry.domain.groups.actions import create_group
from tenantry.domain.groups.model import NewGroup
from tenantry.kernel.jobs import TaskEnv
from tests.support.makers import Home
from tests.support.running import task_env

NAMES = ("ann", "bob", "cid", "dora", "eve")


@pytest.fixture
def env(home: Home, tmp_path: Path) -> TaskEnv:
    return task_env(home.works, tmp_path)


@pytest_asyncio.fixture
async def boss(home: Home) -> Person:
    return await home.user("boss@other.example", roles=["admin"], password_hash="x")


@pytest_asyncio.fixture
async def staff(home: Home, boss: Person) -> list[Person]:
    """Five people in the group `sales`; the one who asks is none of them."""
    async with home.works.write(home.opener()) as work:
        await create_group(work, NewGroup(name="Sales"))
    return [await home.user(f"{name}@example.com", groups=["sales"]) for name in NAMES]
