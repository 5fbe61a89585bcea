"""When a key was last used is written later, together, and moves nothing else."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from structlog.testing import capture_logs

from tenantry.domain.apikeys.last_used import LastUsed
from tenantry.kernel.clock import FrozenClock
from tests.support.makers import Home, make_home
from tests.support.running import as_owner, committing, until

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
LATER = NOW + timedelta(seconds=30)
pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture
async def homes(own_database: str) -> AsyncIterator[tuple[Home, Home]]:
    async with committing(own_database, FrozenClock(NOW)) as works:
        yield await make_home(works), await make_home(works, "other-corp", "Other")


@pytest.fixture
def last_used(homes: tuple[Home, Home]) -> LastUsed:
    works = homes[0].works
    return LastUsed(works.database.system, works.clock, every=0.05)


async def keys(home: Home) -> list[dict[str, Any]]:
    async with home.works.read(home.opener()) as work:
        return [row[0] for row in await work.db.all("select to_jsonb(k) from api_keys k order by id")]


async def used_at(home: Home) -> datetime | None:
    async with home.works.read(home.opener()) as work:
        at: datetime | None = await work.db.value("select last_used_at from api_keys order by id limit 1")
    return at


async def key_id(home: Home) -> UUID:
    return UUID((await keys(home))[0]["id"])


async def test_many_uses_are_one_write_of_the_latest(homes: tuple[Home, Home], last_used: LastUsed) -> None:
    home, _ = homes
    key = await key_id(home)
    [before] = await keys(home)
    for second in range(31):
        last_used.seen(home.id, key, NOW + timedelta(seconds=second))
    assert await last_used.flush() == 1
    assert await used_at(home) == LATER
    [after] = await keys(home)
    assert {**after, "last_used_at": None} == before
    assert await last_used.flush() == 0


async def test_a_later_use_that_another_process_wrote_stays(
    homes: tuple[Home, Home], last_used: LastUsed
) -> None:
    home, _ = homes
    key = await key_id(home)
    last_used.seen(home.id, key, LATER)
    await last_used.flush()
    last_used.seen(home.id, key, NOW)
    assert await last_used.flush() == 0
    assert await used_at(home) == LATER


async def test_a_key_is_found_in_its_own_tenant_alone(homes: tuple[Home, Home], last_used: LastUsed) -> None:
    home, neighbour = homes
    last_used.seen(neighbour.id, await key_id(home), NOW)
    assert await last_used.flush() == 0
    assert (await used_at(home), await used_at(neighbour)) == (None, None)


async def test_uses_are_written_now_and_then_and_when_it_stops(
    homes: tuple[Home, Home], last_used: LastUsed
) -> None:
    home, neighbour = homes
    await last_used.start()
    last_used.seen(home.id, await key_id(home), NOW)
    await until(lambda: used_at(home))
    last_used.seen(neighbour.id, await key_id(neighbour), LATER)
    await last_used.stop()
    assert await used_at(neighbour) == LATER


async def test_what_could_not_be_written_is_written_the_next_time(
    homes: tuple[Home, Home], last_used: LastUsed, own_database: str
) -> None:
    home, _ = homes
    last_used.seen(home.id, await key_id(home), NOW)
    await as_owner(own_database, "revoke update (last_used_at) on api_keys from tenantry_system")
    with pytest.raises(Exception, match="permission denied"):
        await last_used.flush()
    await as_owner(own_database, "grant update (last_used_at) on api_keys to tenantry_system")
    assert await last_used.flush() == 1


async def test_a_database_that_is_away_for_a_while_does_not_end_it(
    homes: tuple[Home, Home], last_used: LastUsed, own_database: str
) -> None:
    home, _ = homes
    key = await key_id(home)
    await last_used.start()
    await as_owner(own_database, "revoke update (last_used_at) on api_keys from tenantry_system")
    last_used.seen(home.id, key, NOW)
    with capture_logs() as told:

        async def tried() -> bool:
            return any("permission denied" in entry.get("error", "") for entry in told)

        await until(tried)
    await as_owner(own_database, "grant update (last_used_at) on api_keys to tenantry_system")
    await until(lambda: used_at(home))
    await last_used.stop()
