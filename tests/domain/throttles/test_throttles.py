"""A throttle lets so many tries through in a window, whoever counts them."""

import asyncio
from datetime import timedelta

import pytest

from tenantry.domain.tenants.opening import OpenTenant
from tenantry.domain.throttles.actions import Throttle, count_tries
from tenantry.domain.throttles.errors import TooOften
from tenantry.domain.throttles.permissions import COUNT
from tenantry.kernel.clock import FrozenClock
from tenantry.kernel.permissions import Actor, ActorKind, MissingPermission
from tests.support.makers import Home

pytestmark = pytest.mark.asyncio
ADDRESS = Throttle("sign-in address", "192.0.2.7", 3)
ACCOUNT = Throttle("sign-in account", "ann@example.com", 5)


async def attempt(home: Home, *throttles: Throttle) -> TooOften | None:
    visitor = OpenTenant(home.slug, Actor(ActorKind.ANONYMOUS, permissions=frozenset({COUNT.name})))
    async with home.works.write(visitor) as work:
        return await count_tries(work, throttles)


async def test_so_many_tries_pass_and_then_none_until_the_window_ends(home: Home, clock: FrozenClock) -> None:
    assert [await attempt(home, ADDRESS) for _ in range(3)] == [None, None, None]
    clock.advance(timedelta(seconds=20))
    refused = await attempt(home, ADDRESS)
    assert refused is not None
    assert refused.retry_after == 41
    clock.advance(timedelta(seconds=40))
    assert await attempt(home, ADDRESS) is None


async def test_each_throttle_counts_for_itself_and_the_first_used_up_refuses(home: Home) -> None:
    for _ in range(3):
        assert await attempt(home, ADDRESS, ACCOUNT) is None
    assert isinstance(await attempt(home, ADDRESS, ACCOUNT), TooOften)
    other = Throttle("sign-in address", "192.0.2.8", 3)
    assert await attempt(home, other, ACCOUNT) is None
    assert isinstance(await attempt(home, other, ACCOUNT), TooOften)


async def test_a_neighbour_has_counters_of_its_own(home: Home, neighbour: Home) -> None:
    for _ in range(4):
        await attempt(home, ADDRESS)
    assert await attempt(neighbour, ADDRESS) is None


async def test_tries_at_once_are_all_counted(busy_home: Home) -> None:
    answers = await asyncio.gather(*(attempt(busy_home, ADDRESS, ACCOUNT) for _ in range(20)))
    assert answers.count(None) == 3


async def test_no_address_and_no_identifier_is_stored(home: Home) -> None:
    await attempt(home, ADDRESS, ACCOUNT)
    async with home.works.read(home.opener()) as work:
        rows = await work.db.all("select throttles::text from throttles")
    assert len(rows) == 2
    assert "192.0.2.7" not in str(rows)
    assert "ann@example.com" not in str(rows)


async def test_counting_takes_the_permission(home: Home) -> None:
    async with home.works.write(OpenTenant(home.slug, Actor(ActorKind.ANONYMOUS))) as work:
        with pytest.raises(MissingPermission):
            await count_tries(work, [ADDRESS])
