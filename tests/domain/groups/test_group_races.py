"""What happens when several works want the same slug in the same moment; these really commit."""

import asyncio

import pytest

from tenantry.domain.groups.actions import create_group
from tenantry.domain.groups.errors import GroupSlugTaken
from tenantry.domain.groups.model import NewGroup
from tenantry.domain.groups.queries import get_group
from tenantry.kernel.clock import SystemClock
from tests.support.access import acting
from tests.support.makers import Home, make_home
from tests.support.running import committing

pytestmark = pytest.mark.asyncio
RACERS = 6


async def make_group(home: Home, slug: str | None) -> str | None:
    try:
        async with acting(home) as work:
            group_id = await create_group(work, NewGroup(name="Sales", slug=slug))
            # The others meet the row while it is not committed yet.
            await asyncio.sleep(0)
            return (await get_group(work, str(group_id))).slug
    except GroupSlugTaken:
        return None


async def test_groups_of_one_name_that_race_all_get_a_slug_of_their_own(own_database: str) -> None:
    async with committing(own_database, SystemClock()) as works:
        home = await make_home(works)
        made = await asyncio.gather(*(make_group(home, None) for _ in range(RACERS)))
    assert None not in made
    assert len(set(made)) == RACERS


async def test_of_groups_with_one_given_slug_that_race_one_wins(own_database: str) -> None:
    async with committing(own_database, SystemClock()) as works:
        home = await make_home(works)
        made = await asyncio.gather(*(make_group(home, "sales") for _ in range(RACERS)))
    assert sorted(made, key=str) == [*[None] * (RACERS - 1), "sales"]
