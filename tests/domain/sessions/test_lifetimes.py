"""How long a session lasts, and how many there may be."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from tenantry.domain.directory.model import Person
from tenantry.domain.sessions.actions import start_session
from tenantry.domain.sessions.errors import SessionEnded, TooManySessions
from tenantry.domain.sessions.last_seen import LastSeen
from tenantry.domain.sessions.model import Caller, StartedSession
from tenantry.domain.sessions.opening import OpenBySession
from tenantry.domain.sessions.own_actions import end_own_sessions
from tenantry.domain.sessions.queries import find_session, list_sessions
from tenantry.kernel.clock import FrozenClock
from tenantry.kernel.criteria import Page
from tenantry.kernel.crypto import token_hash
from tenantry.kernel.ids import new_id
from tests.support.makers import Home, make_home
from tests.support.running import committing
from tests.support.settings import change
from tests.support.signing_in import events

pytestmark = pytest.mark.asyncio
MINUTE = timedelta(minutes=1)


async def start(home: Home, person: Person, *, remember: bool = False) -> StartedSession:
    async with home.works.write(home.opener()) as work:
        return await start_session(
            work, person.user, Caller(None, "192.0.2.7", "x"), remember=remember, method="password"
        )


async def is_alive(home: Home, session: StartedSession) -> bool:
    """What a browser's request, the list and the check of one session say, which must be the same."""
    hashed = token_hash(session.token)
    try:
        async with home.works.read(OpenBySession(home.slug, Caller(hashed), home.works.clock.now())):
            opened = True
    except SessionEnded:
        opened = False
    async with home.works.read(home.opener()) as work:
        found = await find_session(work, hashed)
        listed = [one.id for one in (await list_sessions(work, Page(100))).sessions]
    assert (found is not None) == (session.id in listed) == opened
    return opened


async def seen(home: Home, session: StartedSession, at: datetime) -> None:
    async with home.works.write(home.opener()) as work:
        await work.db.run("update sessions set last_seen_at = %s where id = %s", (at, session.id))


async def test_an_unseen_session_ends_after_half_an_hour(home: Home, clock: FrozenClock) -> None:
    session = await start(home, await home.user())
    clock.advance(29 * MINUTE)
    assert await is_alive(home, session)
    await seen(home, session, clock.now())
    clock.advance(29 * MINUTE)
    assert await is_alive(home, session)
    clock.advance(1 * MINUTE)
    assert not await is_alive(home, session)


async def test_a_session_that_is_always_seen_ends_after_a_day(home: Home, clock: FrozenClock) -> None:
    session = await start(home, await home.user())
    for _ in range(71):
        clock.advance(20 * MINUTE)
        await seen(home, session, clock.now())
    assert await is_alive(home, session)
    clock.advance(20 * MINUTE)
    assert not await is_alive(home, session)


async def test_who_is_remembered_comes_back_after_weeks(home: Home, clock: FrozenClock) -> None:
    session = await start(home, await home.user(), remember=True)
    clock.advance(timedelta(days=30) - MINUTE)
    assert await is_alive(home, session)
    clock.advance(MINUTE)
    assert not await is_alive(home, session)


async def test_nobody_is_remembered_where_the_tenant_does_not_want_it(home: Home, clock: FrozenClock) -> None:
    await change(home, "signIn", rememberMe=False)
    session = await start(home, await home.user(), remember=True)
    assert session.expires_at == clock.now() + timedelta(days=1)


async def test_a_session_ends_at_the_second_at_which_its_user_does(home: Home, clock: FrozenClock) -> None:
    ann = await home.user()
    before = await start(home, ann, remember=True)
    async with home.works.write(home.opener()) as work:
        await work.db.run("update users set valid_until = %s", (clock.now() + 5 * MINUTE,))
    after = await start(home, ann, remember=True)
    assert after.expires_at == clock.now() + 5 * MINUTE
    clock.advance(5 * MINUTE - timedelta(seconds=1))
    assert (await is_alive(home, before), await is_alive(home, after)) == (True, True)
    clock.advance(timedelta(seconds=1))
    assert (await is_alive(home, before), await is_alive(home, after)) == (False, False)


async def test_one_session_more_than_allowed_ends_the_oldest(home: Home) -> None:
    await change(home, "sessions", maxConcurrent=2)
    ann, bob = await home.user(), await home.user("bob@example.com")
    made = [await start(home, person) for person in (ann, bob, ann, ann)]
    assert [await is_alive(home, session) for session in made] == [False, True, True, True]
    assert made[3].ended == (made[0].id,)
    [event] = await events(home, "user.session_revoked")
    assert event["data"] == {"all": False, "sessionId": str(made[0].id), "reason": "session_limit"}


async def test_a_tenant_may_refuse_one_more_and_only_living_ones_count(
    home: Home, clock: FrozenClock
) -> None:
    await change(home, "sessions", maxConcurrent=1, atLimit="refuse")
    ann = await home.user()
    first = await start(home, ann)
    with pytest.raises(TooManySessions):
        await start(home, ann)
    assert await is_alive(home, first)
    clock.advance(30 * MINUTE)
    assert await is_alive(home, await start(home, ann))


async def test_ending_all_others_of_ten_thousand_moves_two_rows(home: Home) -> None:
    ann = await home.user()
    mine = await start(home, ann)
    async with home.works.write(home.opener()) as work:
        await work.db.run(
            """
            insert into sessions (id, user_id, token_hash, epoch, created_at, last_seen_at, expires_at)
            select gen_random_uuid(), %(user)s, sha256(n::text::bytea), 0, %(now)s, %(now)s, %(now)s + interval '1 day'
            from generate_series(1, 10000) n
            """,
            {"user": ann.user.id, "now": work.now},
        )
    opener = OpenBySession(home.slug, Caller(token_hash(mine.token)), home.works.clock.now())
    async with home.works.write(opener) as work:
        before = await work.db.all("select id, xmin::text, ctid::text from sessions")
        await end_own_sessions(work, mine.id)
        after = await work.db.all("select id, xmin::text, ctid::text from sessions")
    moved = {row[0] for row in set(after) - set(before)}
    assert moved == {mine.id}
    assert await is_alive(home, mine)
    async with home.works.read(home.opener()) as work:
        assert (await list_sessions(work, Page(20))).total == 1


async def test_two_sign_ins_at_once_keep_to_the_limit(busy_home: Home) -> None:
    await change(busy_home, "sessions", maxConcurrent=1)
    ann = await busy_home.user()
    together = asyncio.Barrier(4)

    async def one() -> StartedSession:
        async with busy_home.works.write(busy_home.opener()) as work:
            await together.wait()
            return await start_session(work, ann.user, Caller(None), remember=False, method="password")

    made = await asyncio.gather(*(one() for _ in range(4)))
    alive = [await is_alive(busy_home, session) for session in made]
    assert alive.count(True) == 1


@pytest_asyncio.fixture
async def lasting(own_database: str, clock: FrozenClock) -> AsyncIterator[tuple[Home, Home]]:
    async with committing(own_database, clock) as works:
        yield await make_home(works), await make_home(works, "other-corp", "Other")


async def row_of(home: Home, query: Any) -> list[Any]:
    async with home.works.read(home.opener()) as work:
        return await work.db.all(query)


async def test_when_sessions_were_seen_is_written_together_and_never_goes_back(
    lasting: tuple[Home, Home], clock: FrozenClock
) -> None:
    home, other = lasting
    began = clock.now()
    sessions = [(one, await start(one, await one.user())) for one in (home, other)]
    gatherer = LastSeen(home.works.database.system, clock)
    clock.advance(MINUTE)
    for one, session in sessions:
        gatherer.seen(one.id, session.id, began + timedelta(seconds=30))
        gatherer.seen(one.id, session.id, clock.now())
    gatherer.seen(home.id, new_id(), clock.now())
    assert await gatherer.flush() == 2
    for one in (home, other):
        assert await row_of(one, "select last_seen_at from sessions") == [(clock.now(),)]
        assert await row_of(one, "select last_seen_at from user_activity") == [(clock.now(),)]
    gatherer.seen(home.id, sessions[0][1].id, began)
    await gatherer.flush()
    assert await row_of(home, "select last_seen_at from sessions") == [(clock.now(),)]
