"""Rolling events up into days: each counted exactly once, whoever writes, folds or reads meanwhile."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, LiteralString

import pytest
import pytest_asyncio

from tenantry.domain.figures import tasks
from tenantry.domain.figures.actions import LAG, fold_daily_figures
from tenantry.domain.figures.model import Count, Day, Precision
from tenantry.domain.figures.people import LIVE_BOUND
from tenantry.domain.figures.queries import get_figures
from tenantry.domain.login.events import UserSignedIn
from tenantry.domain.rollups.actions import fold_user_counts
from tenantry.domain.tenants.actions import suspend_tenant
from tenantry.kernel.clock import FrozenClock
from tenantry.kernel.ids import new_id
from tenantry.kernel.jobs import TaskEnv
from tests.support.makers import Home, make_home
from tests.support.running import committing, task_env

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
TODAY = NOW.date()
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
pytestmark = pytest.mark.asyncio


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock(NOW)


@pytest_asyncio.fixture
async def homes(own_database: str, clock: FrozenClock) -> AsyncIterator[tuple[Home, Home]]:
    async with committing(own_database, clock) as works:
        yield await make_home(works), await make_home(works, "other-corp", "Other")


@pytest.fixture
def home(homes: tuple[Home, Home]) -> Home:
    return homes[0]


@pytest.fixture
def env(home: Home, tmp_path: Path) -> TaskEnv:
    return task_env(home.works, tmp_path)


async def rows(home: Home, query: LiteralString, *params: Any) -> list[tuple[Any, ...]]:
    async with home.works.write(home.opener()) as work:
        return await work.db.all(query, params)


async def folded(home: Home) -> list[tuple[Any, ...]]:
    """Day, type and count of all that was rolled up."""
    return await rows(home, "select day, type, events from daily_figures order by day, type")


async def mark(home: Home) -> datetime:
    ((found,),) = await rows(home, "select folded_until from figure_marks")
    assert isinstance(found, datetime)
    return found


async def sign_in(home: Home, number: int = 1) -> None:
    async with home.works.write(home.opener()) as work:
        for _ in range(number):
            work.record(UserSignedIn(target_id=new_id()))


async def signed_in_at(home: Home, moment: datetime) -> None:
    await rows(
        home,
        """
        insert into events (id, occurred_at, type, actor_kind)
        values (%s, %s, 'user.signed_in', 'user')
        returning id
        """,
        new_id(), moment,
    )  # fmt: skip


async def shown(home: Home, days: int = 1) -> list[Day]:
    async with home.works.read(home.opener()) as work:
        found = (await get_figures(work, days)).days
    assert found is not None
    return found


async def test_the_figures_are_the_same_before_and_after_a_roll_up(
    homes: tuple[Home, Home], env: TaskEnv, clock: FrozenClock
) -> None:
    home, neighbour = homes
    await sign_in(home, 3)
    await sign_in(neighbour)
    before = await shown(home)
    assert before == [Day(TODAY, sign_ins=3)]
    clock.advance(LAG + MINUTE)
    assert await fold_daily_figures(env) == 4
    assert await folded(home) == [(TODAY, "user.signed_in", 3)]
    assert await folded(neighbour) == [(TODAY, "user.signed_in", 1)]
    assert await shown(home) == before
    assert await fold_daily_figures(env) == 0
    assert await shown(home) == before


async def test_later_events_of_a_day_are_added_to_it(home: Home, env: TaskEnv, clock: FrozenClock) -> None:
    for number in (2, 3):
        await sign_in(home, number)
        clock.advance(LAG + MINUTE)
        await fold_daily_figures(env)
    assert await folded(home) == [(TODAY, "user.signed_in", 5)]


async def test_a_day_ends_at_midnight_in_utc(home: Home, env: TaskEnv, clock: FrozenClock) -> None:
    clock.advance(timedelta(hours=12) - timedelta(microseconds=1))
    await sign_in(home)
    clock.advance(timedelta(microseconds=1))
    await sign_in(home, 2)
    clock.advance(LAG + MINUTE)
    await fold_daily_figures(env)
    assert await folded(home) == [(TODAY, "user.signed_in", 1), (TODAY + DAY, "user.signed_in", 2)]


async def test_an_event_that_is_committed_late_is_counted_once(
    home: Home, env: TaskEnv, clock: FrozenClock
) -> None:
    await sign_in(home)
    async with home.works.write(home.opener()) as late:
        late.record(UserSignedIn(target_id=new_id()))
        clock.advance(LAG - MINUTE)
        await sign_in(home)
        assert await fold_daily_figures(env) == 0
        clock.advance(MINUTE)
        assert await fold_daily_figures(env) == 0, "what is exactly as old as the lag may still be on its way"
    assert await shown(home) == [Day(TODAY, sign_ins=3)]
    clock.advance(MINUTE)
    assert await fold_daily_figures(env) == 2
    clock.advance(LAG)
    assert await fold_daily_figures(env) == 1
    assert await shown(home) == [Day(TODAY, sign_ins=3)]


async def test_the_figures_are_exact_at_every_moment_while_many_sign_in_and_several_fold(
    homes: tuple[Home, Home], env: TaskEnv, clock: FrozenClock
) -> None:
    home, neighbour = homes
    signing_in, looks = True, 0

    async def arrive(where: Home) -> None:
        for number in range(25):
            while looks < number // 5 and not looking.done():  # however slow the machine is, somebody looks
                await asyncio.sleep(0.001)
            await sign_in(where)
            clock.advance(timedelta(seconds=20))

    async def fold() -> int:
        count = 0
        while signing_in:
            count += await fold_daily_figures(env, batch=1)
        return count

    async def look() -> None:
        nonlocal looks
        while signing_in:
            (seen,) = await rows(home, "select count(*) from events where type = 'user.signed_in'")
            (day,) = await shown(home)
            (then,) = await rows(home, "select count(*) from events where type = 'user.signed_in'")
            assert seen[0] <= day.sign_ins <= then[0]
            looks += 1

    looking = asyncio.create_task(look())
    folding = [asyncio.create_task(fold()), asyncio.create_task(fold())]
    await asyncio.gather(arrive(home), arrive(home), arrive(neighbour))
    signing_in = False
    first, second = await asyncio.gather(*folding)
    await looking
    clock.advance(LAG + MINUTE)
    assert first + second + await fold_daily_figures(env) == 75
    assert first + second > 0
    assert await folded(home) == [(TODAY, "user.signed_in", 50)]
    assert await folded(neighbour) == [(TODAY, "user.signed_in", 25)]


async def test_the_events_of_years_are_caught_up_with_whatever_lies_between_them(
    home: Home, env: TaskEnv, clock: FrozenClock
) -> None:
    await rows(home, "update tenants set created_at = '2020-01-01T08:00:00Z' returning id")
    for moment in (
        "2020-01-01T00:00:00Z",
        "2020-01-01T23:59:59Z",
        "2020-01-05T12:00:00Z",
        "2024-02-29T12:00:00Z",
    ):
        await signed_in_at(home, datetime.fromisoformat(moment))
    # Each pass gets as far as a day beyond the next event, so the gap of four years takes no pass of its own.
    assert await fold_daily_figures(env, passes=2) == 3
    assert await mark(home) < datetime(2021, 1, 1, tzinfo=UTC)
    assert await fold_daily_figures(env, passes=2) == 1
    assert await folded(home) == [
        (date(2020, 1, 1), "user.signed_in", 2),
        (date(2020, 1, 5), "user.signed_in", 1),
        (date(2024, 2, 29), "user.signed_in", 1),
    ]
    assert await mark(home) == NOW - LAG


async def test_the_mark_of_an_idle_tenant_moves_once_a_day(
    homes: tuple[Home, Home], env: TaskEnv, clock: FrozenClock
) -> None:
    home, neighbour = homes
    await fold_daily_figures(env)
    start = datetime(2026, 3, 4, tzinfo=UTC)
    clock.advance(timedelta(hours=1))
    await fold_daily_figures(env)
    assert await mark(home) == start
    clock.advance(DAY)
    await sign_in(neighbour)
    await fold_daily_figures(env)
    assert await mark(home) == clock.now() - LAG


async def test_what_the_audit_log_has_forgotten_stays_in_the_figures(
    home: Home, env: TaskEnv, clock: FrozenClock, own_database: str
) -> None:
    await sign_in(home)
    clock.advance(LAG + MINUTE)
    await fold_daily_figures(env)
    async with env.works.database.system.connection() as conn:
        await conn.execute("delete from events")
    assert await shown(home) == [Day(TODAY, sign_ins=1)]


async def test_tenants_beyond_one_batch_are_all_reached(
    homes: tuple[Home, Home], env: TaskEnv, clock: FrozenClock
) -> None:
    third = await make_home(env.works, "third-corp", "Third")
    for home in (*homes, third):
        await sign_in(home)
    clock.advance(LAG + MINUTE)
    assert await fold_daily_figures(env, batch=1) == 3


async def test_the_people_of_large_tenants_are_counted_by_the_clock(
    homes: tuple[Home, Home], env: TaskEnv
) -> None:
    home, neighbour = homes
    await neighbour.user()
    third = await make_home(env.works, "third-corp", "Third")
    for crowded in (home, third):
        await rows(
            crowded,
            """
            insert into users (id, username, username_key, blocked, created_at, updated_at)
            select gen_random_uuid(), n, n, true, now(), now()
            from generate_series(1, %s) n
            returning id
            """,
            LIVE_BOUND + 2,
        )
    async with third.works.write(third.opener()) as work:
        await suspend_tenant(work)
    await tasks.fold(env, {})
    await fold_user_counts(env)
    await tasks.count_people(env, {})
    async with home.works.read(home.opener()) as work:
        people = (await get_figures(work, 1)).people
    assert people is not None
    assert people.states["suspended"] == Count(LIVE_BOUND + 2, Precision.RECENT, NOW)
    assert people.states["active"] == Count(0, Precision.RECENT, NOW)
    assert await rows(neighbour, "select state from people_figures") == [], "few people are counted each time"
