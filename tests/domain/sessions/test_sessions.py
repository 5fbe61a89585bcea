"""A session lives while nothing has ended it, and ends at the very next check."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from tenantry.domain.credentials.actions import store_password
from tenantry.domain.directory.model import Person
from tenantry.domain.sessions.actions import end_all_sessions, end_session, start_session
from tenantry.domain.sessions.errors import SessionEnded, SessionNotFound, SignInRefused
from tenantry.domain.sessions.model import Caller, Sessions, StartedSession
from tenantry.domain.sessions.opening import OpenBySession
from tenantry.domain.sessions.permissions import OWN
from tenantry.domain.sessions.queries import find_session, list_sessions
from tenantry.domain.tenants.errors import TenantNotFound, TenantSuspended
from tenantry.domain.users.deletion import remove_user
from tenantry.domain.users.model import User
from tenantry.domain.users.queries import get_user_for_change
from tenantry.domain.users.references import UserRef
from tenantry.domain.users.state_actions import DISABLED, LOCKED, SUSPENDED, change_state
from tenantry.kernel.clock import FrozenClock
from tenantry.kernel.criteria import Page
from tenantry.kernel.crypto import token_hash
from tenantry.kernel.ids import new_id
from tenantry.kernel.permissions import Actor, ActorKind
from tenantry.kernel.work import Work
from tests.support.makers import Home
from tests.support.settings import change

pytestmark = pytest.mark.asyncio


async def start(home: Home, person: Person, *, remember: bool = False) -> str:
    return (await started(home, person, remember=remember)).token


async def started(home: Home, person: Person, *, remember: bool = False) -> StartedSession:
    caller = Caller(None, "192.0.2.7", "a browser")
    async with home.works.write(home.opener()) as work:
        return await start_session(work, person.user, caller, remember=remember, method="password")


async def act(home: Home, person: Person, action: Callable[[Work, User], Awaitable[Any]]) -> None:
    async with home.works.write(home.opener()) as work:
        await action(work, await get_user_for_change(work, UserRef(person.user.id, None)))


async def opens(home: Home, token: str, slug: str | None = None) -> bool:
    """Whether the token opens a unit of work, which must agree with what the query says."""
    opener = OpenBySession(slug or home.slug, Caller(token_hash(token)), home.works.clock.now())
    try:
        async with home.works.read(opener) as work:
            opened = work.tenant.slug == home.slug
    except SessionEnded:
        opened = False
    async with home.works.read(home.opener()) as work:
        found = await find_session(work, token_hash(token))
    assert slug is not None or (found is not None) == opened
    return opened


async def shown(home: Home, person: Person, page: Page = Page(20)) -> Sessions:  # noqa: B008 - frozen
    async with home.works.read(home.opener()) as work:
        return await list_sessions(work, page, person.user.id)


def switched(switch: Any) -> Callable[[Work, User], Awaitable[Any]]:
    return lambda work, user: change_state(work, user, switch, on=True)


def password_set(work: Work, user: User) -> Awaitable[None]:
    return store_password(work, user, "hash", temporary=False, by_admin=True)


def deleted_for_a_while(work: Work, user: User) -> Awaitable[None]:
    return remove_user(work, user, permanently=False)


def deleted_for_good(work: Work, user: User) -> Awaitable[None]:
    return remove_user(work, user, permanently=True)


@pytest.mark.parametrize(
    "ending",
    [
        pytest.param(switched(SUSPENDED), id="block"),
        pytest.param(switched(LOCKED), id="lock"),
        pytest.param(switched(DISABLED), id="disable"),
        pytest.param(deleted_for_a_while, id="delete"),
        pytest.param(deleted_for_good, id="purge"),
        pytest.param(password_set, id="new password"),
        pytest.param(end_all_sessions, id="end all"),
    ],
)
async def test_sessions_end_at_the_very_next_check(
    home: Home, ending: Callable[[Work, User], Awaitable[Any]]
) -> None:
    await change(home, "accounts", disablingEnabled=True)
    ann, bob = await home.user(), await home.user("bob@example.com")
    tokens = [await start(home, ann) for _ in range(3)]
    other = await start(home, bob)
    assert [await opens(home, token) for token in tokens] == [True, True, True]
    await act(home, ann, ending)
    assert [await opens(home, token) for token in tokens] == [False, False, False]
    assert await opens(home, other)
    assert (await shown(home, ann)).sessions == []


async def test_a_lock_that_ends_by_itself_leaves_its_sessions_dead(home: Home, clock: FrozenClock) -> None:
    ann = await home.user()
    token = await start(home, ann, remember=True)
    until = clock.now() + timedelta(minutes=15)
    await act(home, ann, lambda work, user: change_state(work, user, LOCKED, on=True, until=until))
    clock.advance(timedelta(minutes=16))
    assert not await opens(home, token)
    assert await opens(home, await start(home, ann))


async def test_the_state_is_looked_at_even_where_the_epoch_stood_still(home: Home) -> None:
    ann = await home.user()
    token = await start(home, ann)
    for fact in ("blocked = true", "locked = true", "disabled = true", "deleted_at = now()"):
        async with home.works.write(home.opener()) as work:
            await work.db.run(f"update users set {fact} where id = %s", (ann.user.id,))  # type: ignore[arg-type, unused-ignore]
        assert not await opens(home, token), fact
        async with home.works.write(home.opener()) as work:
            await work.db.run(
                "update users set blocked = false, locked = false, disabled = false, deleted_at = null"
            )
        assert await opens(home, token), fact


async def test_a_session_expires(home: Home, clock: FrozenClock) -> None:
    await change(home, "sessions", absoluteMinutes=60, idleMinutes=0)
    token = await start(home, await home.user())
    clock.advance(timedelta(minutes=59))
    assert await opens(home, token)
    clock.advance(timedelta(minutes=1))
    assert not await opens(home, token)


async def test_one_session_ends_alone(home: Home) -> None:
    ann, bob = await home.user(), await home.user("bob@example.com")
    first, second = await start(home, ann), await start(home, ann)
    newest = (await shown(home, ann)).sessions[0]
    with pytest.raises(SessionNotFound):
        await act(home, bob, lambda work, user: end_session(work, newest.id, user))
    await act(home, ann, lambda work, user: end_session(work, newest.id, user))
    assert (await opens(home, first), await opens(home, second)) == (True, False)
    with pytest.raises(SessionNotFound):
        await act(home, ann, lambda work, user: end_session(work, newest.id, user))


async def test_nobody_is_signed_in_whom_a_state_keeps_out(home: Home) -> None:
    ann = await home.user(blocked=True)
    with pytest.raises(SignInRefused):
        await start(home, ann)


async def test_ending_all_costs_the_same_however_many_there_are(home: Home) -> None:
    ann, bob = await home.user(), await home.user("bob@example.com")
    for _ in range(300):
        await start(home, ann)
    await start(home, bob)
    statements, touched = [], []
    for person in (ann, bob):
        async with home.works.write(home.opener()) as work:
            user = await get_user_for_change(work, UserRef(person.user.id, None))
            before = await work.db.all("select xmin, xmax from sessions order by id")
            started = work.db.statements
            await end_all_sessions(work, user)
            statements.append(work.db.statements - started)
            touched.append(before != await work.db.all("select xmin, xmax from sessions order by id"))
    assert statements == [1, 1]
    assert touched == [False, False]


async def test_opening_is_one_statement_and_reaches_the_session_by_its_index(home: Home) -> None:
    ann = await home.user()
    token = await start(home, ann)
    async with home.works.read(
        OpenBySession(home.slug, Caller(token_hash(token)), home.works.clock.now())
    ) as work:
        assert work.db.statements == 1
    async with home.works.write(home.opener()) as work:
        await work.db.run("set local enable_seqscan = off")
        plan = str(
            await work.db.all(
                "explain select s.id from sessions s join users u on u.id = s.user_id where s.token_hash = %s",
                (token_hash(token),),
            )
        )
    assert "sessions_token" in plan


async def allow(home: Home, slug: str, *, is_system: bool) -> None:
    """Gives the role `auditor` one more permission: one of ours, or one that the tenant made up."""
    async with home.works.write(home.opener()) as work:
        await work.db.run(
            """
            with made as (
                insert into permissions (id, slug, name, is_system, created_at, updated_at)
                values (gen_random_uuid(), %s, 'x', %s, now(), now())
                returning id
            )
            insert into role_permissions (role_id, permission_id)
            select r.id, made.id
            from roles r, made
            where r.slug = 'auditor'
            """,
            (slug, is_system),
        )


async def actor_of(home: Home, token: str) -> Actor:
    caller = Caller(token_hash(token), "192.0.2.9", "agent")
    async with home.works.read(OpenBySession(home.slug, caller, home.works.clock.now())) as work:
        return work.actor


async def test_a_session_acts_as_its_user_with_the_permissions_of_their_roles(home: Home) -> None:
    ann, bob = await home.user(roles=["auditor"]), await home.user("bob@example.com")
    await allow(home, "probes:read", is_system=True)
    actor = await actor_of(home, await start(home, ann))
    assert (actor.kind, actor.id, actor.label) == (ActorKind.USER, ann.user.id, "ann@example.com")
    assert (actor.ip, actor.user_agent) == ("192.0.2.9", "agent")
    assert "probes:read" in actor.permissions
    assert (await actor_of(home, await start(home, bob))).permissions == {OWN.name}


async def test_whoever_may_do_everything_acts_so_when_signed_in(home: Home) -> None:
    for email, role in (("ann@example.com", "admin"), ("bob@example.com", "tenant_admin")):
        person = await home.user(email, roles=[role])
        assert "*" in (await actor_of(home, await start(home, person))).permissions
    eve = await home.user("eve@example.com", roles=["user_manager"])
    assert "*" not in (await actor_of(home, await start(home, eve))).permissions


async def test_permissions_come_through_groups_as_well_and_go_at_once(home: Home) -> None:
    ann = await home.user()
    token = await start(home, ann)
    await allow(home, "probes:read", is_system=True)
    async with home.works.write(home.opener()) as work:
        await work.db.run(
            """
            with made as (
                insert into groups (id, slug, name, created_at, updated_at)
                values (%(group)s, 'readers', 'Readers', now(), now())
            ), member as (
                insert into group_members (group_id, user_id, added_at)
                values (%(group)s, %(user)s, now())
            )
            insert into group_roles (group_id, role_id, added_at)
            select %(group)s, id, now()
            from roles
            where slug = 'auditor'
            """,
            {"group": new_id(), "user": ann.user.id},
        )
    assert "probes:read" in (await actor_of(home, token)).permissions
    async with home.works.write(home.opener()) as work:
        await work.db.run("delete from group_members")
    assert (await actor_of(home, token)).permissions == {OWN.name}


async def test_a_permission_that_the_tenant_made_up_opens_nothing_of_ours(home: Home) -> None:
    token = await start(home, await home.user(roles=["auditor"]))
    await allow(home, "tenants:create", is_system=False)
    assert "tenants:create" not in (await actor_of(home, token)).permissions


async def test_a_session_of_one_tenant_is_nothing_in_another(home: Home, neighbour: Home) -> None:
    ann, theirs = await home.user(), await neighbour.user()
    ours, other = await start(home, ann), await start(neighbour, theirs)
    assert not await opens(home, ours, neighbour.slug)
    assert not await opens(home, other)
    await act(home, ann, end_all_sessions)
    assert await opens(neighbour, other)
    assert (await shown(home, theirs)).total == 0
    foreign = (await shown(neighbour, theirs)).sessions[0].id
    with pytest.raises(SessionNotFound):
        await act(home, ann, lambda work, user: end_session(work, foreign, user))


async def test_after_a_refusal_the_connection_has_no_tenant(home: Home) -> None:
    await home.user()
    async with home.works.read(home.opener()) as work:
        db = work.db
    with pytest.raises(SessionEnded):
        await OpenBySession(home.slug, Caller(b"?" * 32), home.works.clock.now())(db, for_transaction=False)
    assert await db.all("select id from users") == []
    with pytest.raises(TenantNotFound):
        await OpenBySession("nobody", Caller(None), home.works.clock.now())(db, for_transaction=False)
    assert await db.all("select id from users") == []


async def test_a_suspended_tenant_opens_for_nobody(home: Home) -> None:
    token = await start(home, await home.user())
    async with home.works.write(home.opener()) as work:
        await work.db.run("update tenants set status = 'suspended'")
    with pytest.raises(TenantSuspended):
        await opens(home, token)


async def test_sessions_are_paged_newest_first(home: Home) -> None:
    ann = await home.user()
    for _ in range(5):
        await start(home, ann)
    first = await shown(home, ann, Page(2))
    second = await shown(home, ann, Page(2, cursor=first.next_cursor))
    third = await shown(home, ann, Page(2, offset=4))
    ids = [session.id for part in (first, second, third) for session in part.sessions]
    assert ids == sorted(ids, reverse=True)
    assert (len(ids), first.total, third.next_cursor) == (5, 5, None)
    assert (await shown(home, ann, Page(2, offset=10**30))).sessions == []
    assert first.sessions[0].user_label == "ann@example.com"
    assert first.sessions[0].ip == "192.0.2.7"
