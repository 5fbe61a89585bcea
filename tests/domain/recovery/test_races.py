"""Links under real concurrency: separate connections, real commits."""

import asyncio

import pytest

from tenantry.domain.codes.errors import CodeRefused
from tenantry.domain.codes.model import CodeKind, CodeState
from tenantry.domain.codes.opening import OpenByLink
from tenantry.domain.recovery.actions import check_link, create_link, use_link
from tenantry.domain.users.queries import get_user_for_change
from tenantry.domain.users.references import UserRef
from tenantry.domain.users.state_actions import SUSPENDED, change_state
from tests.support.database import SEALER
from tests.support.makers import Home

pytestmark = pytest.mark.asyncio


async def test_of_many_who_press_at_once_one_sets_the_password(busy_home: Home) -> None:
    ann = await busy_home.user()
    async with busy_home.works.write(busy_home.opener()) as work:
        token = await create_link(work, ann.user, CodeKind.PASSWORD_RESET, SEALER)

    async def press(number: int) -> str:
        try:
            async with busy_home.works.write(OpenByLink(busy_home.slug, token, None, None)) as work:
                await use_link(work, token, f"hash-{number}")
        except CodeRefused as refused:
            return refused.state.value
        return f"hash-{number}"

    answers = await asyncio.gather(*(press(number) for number in range(8)))
    winners = [answer for answer in answers if answer.startswith("hash")]
    assert len(winners) == 1
    assert answers.count(CodeState.USED.value) == 7
    async with busy_home.works.read(busy_home.opener()) as reading:
        assert await reading.db.all("select hash from password_credentials") == [(winners[0],)]
        done = await reading.db.value(
            "select count(*) from events where type = 'user.password_reset_completed'"
        )
        assert done == 1


async def test_a_link_made_beside_another_one_waits_and_then_kills_it(busy_home: Home) -> None:
    ann = await busy_home.user()

    async def make() -> str:
        async with busy_home.works.write(busy_home.opener()) as work:
            return await create_link(work, ann.user, CodeKind.PASSWORD_RESET, SEALER)

    async with busy_home.works.write(busy_home.opener()) as work:
        first = await create_link(work, ann.user, CodeKind.PASSWORD_RESET, SEALER)
        making = asyncio.create_task(make())
        async with busy_home.works.database.system.connection() as watcher:
            while not making.done() and not await _somebody_waits(watcher):
                await asyncio.sleep(0.005)
    second = await making
    async with busy_home.works.read(busy_home.opener()) as reading:
        states = [(await check_link(reading, token)).state for token in (first, second)]
    assert states == [CodeState.OVERTAKEN, CodeState.VALID]


async def test_of_links_made_at_once_one_stays_alive(busy_home: Home) -> None:
    ann = await busy_home.user()

    async def make() -> str:
        async with busy_home.works.write(busy_home.opener()) as work:
            return await create_link(work, ann.user, CodeKind.PASSWORD_RESET, SEALER)

    tokens = await asyncio.gather(*(make() for _ in range(8)))
    async with busy_home.works.read(busy_home.opener()) as work:
        states = [(await check_link(work, token)).state for token in tokens]
    assert states.count(CodeState.VALID) == 1
    assert states.count(CodeState.OVERTAKEN) == 7


async def test_a_block_that_commits_first_stops_a_press_that_began_before_it(busy_home: Home) -> None:
    ann = await busy_home.user()
    async with busy_home.works.write(busy_home.opener()) as work:
        token = await create_link(work, ann.user, CodeKind.PASSWORD_RESET, SEALER)

    async def press() -> None:
        async with busy_home.works.write(OpenByLink(busy_home.slug, token, None, None)) as work:
            await use_link(work, token, "hash")

    async with busy_home.works.write(busy_home.opener()) as work:
        user = await get_user_for_change(work, UserRef(ann.user.id, None))
        pressing = asyncio.create_task(press())
        async with busy_home.works.database.system.connection() as watcher:
            while not await _somebody_waits(watcher):
                await asyncio.sleep(0.005)
        await change_state(work, user, SUSPENDED, on=True)
    with pytest.raises(CodeRefused) as caught:
        await pressing
    assert caught.value.state is CodeState.REFUSED
    async with busy_home.works.read(busy_home.opener()) as reading:
        assert await reading.db.all("select 1 from password_credentials") == []


async def _somebody_waits(watcher: object) -> bool:
    cursor = await watcher.execute(  # type: ignore[attr-defined]
        "select exists (select from pg_locks where not granted and locktype in ('transactionid', 'tuple'))"
    )
    row = await cursor.fetchone()
    return bool(row[0])
