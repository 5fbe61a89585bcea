"""A tenant that is filled with people: all of them, in several transactions at once, and nobody next door."""

import pytest

from tenantry.app import generate
from tenantry.app.generate import generate_users
from tenantry.domain.users.queries import count_users
from tenantry.kernel.clock import SystemClock
from tests.support.makers import Home, make_home
from tests.support.running import committing


async def counted(home: Home) -> int:
    async with home.works.read(home.opener()) as work:
        return await count_users(work)


@pytest.mark.asyncio
async def test_every_chunk_is_stored_and_counted_once(
    own_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(generate, "CHUNK", 40)
    async with committing(own_database, SystemClock()) as works:
        home, neighbour = await make_home(works), await make_home(works, "other-corp", "Other")
        for total in (210, 420):
            told: list[int] = []
            await generate_users(works, home.slug, 210, told.append)
            assert sorted(told) == [10, 40, 40, 40, 40, 40]
            async with works.read(home.opener()) as work:
                stored = await work.db.one("select count(*), count(distinct email_key) from users")
            assert stored == (total, total)
        # Those who are deleted are not counted among the users.
        assert 400 <= await counted(home) <= 420
        assert await counted(neighbour) == 0
