"""Units of work: what is committed together, what is undone together, and the walls between tenants."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, ClassVar
from uuid import UUID

import psycopg
import pytest
import pytest_asyncio

from tenantry.domain.tenants.opening import OpenTenant
from tenantry.domain.users import permissions as users
from tenantry.kernel.clock import FrozenClock
from tenantry.kernel.db import ConstraintBroken
from tenantry.kernel.events import Event
from tenantry.kernel.permissions import Actor, ActorKind, MissingPermission
from tenantry.kernel.work import Job, Work, Works, attempt
from tests.support.makers import TEST, Home, make_home
from tests.support.running import committing

pytestmark = pytest.mark.asyncio


class Noted(Event, frozen=True, kw_only=True):
    """Something for these tests to record."""

    type: ClassVar[str] = "test.noted"
    target_type: ClassVar[str] = "test"


def follow(tenant: UUID, event_id: UUID, event: Event, /) -> list[Job]:
    return (
        [Job("test.follow", {"tenant": str(tenant), "event": str(event_id)})]
        if isinstance(event, Noted)
        else []
    )


@pytest_asyncio.fixture
async def committed(own_database: str, clock: FrozenClock) -> AsyncIterator[Works]:
    """Works on pools of the real roles, in a database of this test's own."""
    async with committing(own_database, clock, follow) as works:
        yield works


def counted(conninfo: str, statement: str) -> Any:
    with psycopg.connect(conninfo) as conn:
        row = conn.execute(statement.encode()).fetchone()
        assert row is not None
        return row[0]


async def test_rows_events_and_jobs_are_committed_together(committed: Works, own_database: str) -> None:
    home = await make_home(committed)
    async with committed.write(home.opener()) as work:
        work.record(Noted(data={"n": 1}))
    assert counted(own_database, "select count(*) from events where type = 'test.noted'") == 1
    assert (
        counted(own_database, "select count(*) from procrastinate_jobs where task_name = 'test.follow'") == 1
    )


async def test_an_exception_undoes_rows_events_and_jobs(committed: Works, own_database: str) -> None:
    home = await make_home(committed)
    with pytest.raises(RuntimeError):  # noqa: PT012 - the whole block is the unit of work
        async with committed.write(home.opener()) as work:
            work.record(Noted())
            await work.db.run("update tenants set name = 'Changed'")
            raise RuntimeError
    assert counted(own_database, "select count(*) from events where type = 'test.noted'") == 0
    assert counted(own_database, "select count(*) from procrastinate_jobs") == 0
    assert counted(own_database, "select count(*) from tenants where name = 'Changed'") == 0


async def test_a_cancelled_work_leaves_nothing_and_its_connection_serves_the_next(
    committed: Works, own_database: str
) -> None:
    home = await make_home(committed)

    async def hang() -> None:
        async with committed.write(home.opener()) as work:
            await work.db.run("update tenants set name = 'Changed'")
            await asyncio.sleep(60)

    task = asyncio.create_task(hang())
    await asyncio.sleep(0.2)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    for _ in range(5):
        async with committed.write(home.opener()) as work:
            await work.db.value("select 1")
    assert counted(own_database, "select count(*) from tenants where name = 'Changed'") == 0


async def test_a_read_cannot_write_even_by_hand(committed: Works) -> None:
    home = await make_home(committed)
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        async with committed.read(home.opener()) as work:
            await work.db.run("update tenants set name = 'Changed'")
    assert not hasattr(work, "record")


async def test_a_connection_never_carries_the_last_tenant(committed: Works) -> None:
    home, other = await make_home(committed), await make_home(committed, "other-corp")
    await home.user("ann@example.com")
    for opener, seen in ((home.opener(), 1), (other.opener(), 0), (home.opener(), 1)):
        async with committed.read(opener) as work:
            assert await work.db.value("select count(*) from users") == seen

    class Nowhere(OpenTenant):
        """Opens no tenant at all, as a bug would."""

        async def __call__(self, db: Any, *, for_transaction: bool) -> Any:
            opened = await super().__call__(db, for_transaction=for_transaction)
            await db.run("select set_config('app.tenant', '', false)")
            return opened

    async with committed.read(Nowhere(home.id, TEST)) as work:
        assert await work.db.value("select count(*) from users") == 0
        assert await work.db.value("select count(*) from tenants") == 0


@pytest.mark.parametrize(
    "statement",
    [
        "set role tenantry_definer",
        "set role tenantry_system",
        "set session authorization tenantry_system",
        "alter table users no force row level security",
        "alter table users disable row level security",
        "drop policy own_tenant on users",
        "delete from events",
        "update events set type = 'forged'",
        "truncate users",
        "select * from procrastinate_jobs",
        "select ensure_event_partitions(1)",
        "create table mine (x integer)",
        "create function f() returns integer language sql as 'select 1'",
    ],
)
async def test_the_application_role_cannot_step_over_the_walls(home: Home, statement: str) -> None:
    with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.UndefinedObject)):
        async with home.works.write(home.opener()) as work, work.db.savepoint():
            await work.db.run(statement)


async def test_rows_cannot_be_planted_in_another_tenant(home: Home, neighbour: Home) -> None:
    planted = """
        insert into groups (tenant_id, id, slug, name, created_at, updated_at)
        values (%s, gen_random_uuid(), 'x', 'x', now(), now())
    """
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        async with home.works.write(home.opener()) as work, work.db.savepoint():
            await work.db.run(planted, (neighbour.id,))


async def test_a_foreign_user_cannot_be_linked_by_id(home: Home, neighbour: Home) -> None:
    theirs = await neighbour.user("ann@example.com")
    linked = """
        insert into user_roles (user_id, role_id, added_at)
        select %s, id, now() from roles limit 1
    """
    with pytest.raises(ConstraintBroken):
        async with home.works.write(home.opener()) as work, work.db.savepoint():
            await work.db.run(linked, (theirs.user.id,))


async def test_the_search_function_sees_only_the_tenant_of_the_work(home: Home, neighbour: Home) -> None:
    await neighbour.user("hidden@example.com", name="Hidden Person")
    for function in ("find_user_ids", "find_user_ids_by_prefix"):
        for text in ("hidden", "hi", "%", "", "hidden' or true --", "\\", "h%' escape 'x"):
            async with home.works.read(home.opener()) as work:
                found = await work.db.all(f"select * from {function}(%s, 1000)", (text,))
            assert found == []


async def test_require_refuses_what_the_actor_may_not(home: Home) -> None:
    actor = Actor(ActorKind.API_KEY, permissions=frozenset({"users:read"}))
    async with home.works.write(OpenTenant(home.id, actor)) as work:
        work.require(users.READ)
        with pytest.raises(MissingPermission) as refused:
            work.require(users.DELETE)
    assert refused.value.code == "insufficient_scope"
    assert "users:delete" in refused.value.message


async def test_a_work_offers_eight_names_and_no_more(home: Home) -> None:
    async with home.works.write(home.opener()) as work:
        assert {name for name in dir(work) if not name.startswith("_")} <= {
            "tenant", "actor", "now", "request_id", "db", "require", "record", "defer",
        }  # fmt: skip
        assert isinstance(work, Work)


async def test_an_attempt_that_fails_is_undone_alone_with_its_events_and_jobs(
    committed: Works, own_database: str
) -> None:
    home = await make_home(committed)
    async with committed.write(home.opener()) as work:
        work.record(Noted(data={"n": 1}))
        with pytest.raises(RuntimeError):  # noqa: PT012 - the whole block is the attempt
            async with attempt(work):
                work.record(Noted(data={"n": 2}))
                work.defer(Job("test.given_up", {}))
                await work.db.run("update tenants set name = 'Changed'")
                raise RuntimeError
        async with attempt(work):
            work.record(Noted(data={"n": 3}))
            work.defer(Job("test.done", {}))
    told = "select string_agg(data ->> 'n', ' ' order by id) from events where type = 'test.noted'"
    jobs = "select string_agg(task_name, ' ' order by id) from procrastinate_jobs where task_name <> 'test.follow'"
    assert (counted(own_database, told), counted(own_database, jobs)) == ("1 3", "test.done")
    assert counted(own_database, "select count(*) from tenants where name = 'Changed'") == 0
