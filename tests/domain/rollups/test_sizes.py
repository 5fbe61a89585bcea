"""How large each tenant is: tenants of different sizes share no plan."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio

from tenantry.domain.rollups.actions import fold_user_counts
from tenantry.domain.rollups.sizes import TenantSizes
from tenantry.kernel.clock import FrozenClock
from tests.support.makers import Home, make_home
from tests.support.running import committing, task_env

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
QUESTION = "select slug from groups"
pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture
async def homes(own_database: str) -> AsyncIterator[tuple[Home, Home]]:
    async with committing(own_database, FrozenClock(NOW)) as works:
        yield await make_home(works), await make_home(works, "other-corp", "Other")


async def crowd(home: Home, people: int) -> None:
    async with home.works.write(home.opener()) as work:
        await work.db.run(
            """
            insert into users (id, username, username_key, created_at, updated_at)
            select gen_random_uuid(), n, n, now(), now()
            from generate_series(1, %s) n
            """,
            (people,),
        )


async def prepared(home: Home) -> set[str]:
    """The texts under which the question is kept on a connection that this tenant has just asked it on."""
    async with home.works.read(home.opener()) as work:
        for _ in range(3):
            await work.db.all(QUESTION)
        found = await work.db.all("select statement from pg_prepared_statements")
    return {text for (text,) in found if text.endswith(QUESTION)}


async def test_statements_of_a_large_tenant_are_told_apart_from_those_of_a_small_one(
    homes: tuple[Home, Home], tmp_path: Path
) -> None:
    large, small = homes
    await crowd(large, 1000)
    await fold_user_counts(task_env(large.works, tmp_path))
    assert await prepared(large) == {QUESTION}
    await TenantSizes(large.works).look()
    assert await prepared(small) == {QUESTION}
    assert await prepared(large) == {QUESTION, f"/* 10^3 people */ {QUESTION}"}


async def test_the_sizes_are_looked_up_again_now_and_then(homes: tuple[Home, Home], tmp_path: Path) -> None:
    home, _ = homes
    sizes = TenantSizes(home.works, every=0.01)
    await sizes.start()
    assert home.works.marks == {}
    await crowd(home, 10_000)
    await fold_user_counts(task_env(home.works, tmp_path))
    async with asyncio.timeout(20):
        while home.works.marks != {home.id: "/* 10^4 people */ "}:
            await asyncio.sleep(0.01)
    await sizes.stop()


async def test_sizes_that_cannot_be_read_stay_as_they_were(
    homes: tuple[Home, Home], monkeypatch: pytest.MonkeyPatch
) -> None:
    home, _ = homes
    sizes = TenantSizes(home.works, every=0.01)
    home.works.marks = {home.id: "/* 10^6 people */ "}
    looks = 0

    async def fail_later() -> None:
        nonlocal looks
        looks += 1
        if looks > 1:
            raise OSError("away")

    monkeypatch.setattr(sizes, "look", fail_later)
    await sizes.start()
    async with asyncio.timeout(20):
        while looks < 4:
            await asyncio.sleep(0.01)
    await sizes.stop()
    assert home.works.marks == {home.id: "/* 10^6 people */ "}
