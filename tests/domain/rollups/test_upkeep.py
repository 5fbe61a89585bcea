"""Upkeep across tenants: exact while others write, only what is past its time, in batches that commit."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, LiteralString

import psycopg
import pytest
import pytest_asyncio

from tenantry.domain.rollups import actions
from tenantry.domain.users.queries import TOTAL, count_users
from tenantry.kernel.clock import FrozenClock
from tenantry.kernel.ids import new_id
from tenantry.kernel.jobs import TaskEnv
from tests.support.makers import Home, make_home
from tests.support.running import as_owner, committing, system_conninfo, task_env
from tests.support.settings import change

NOW = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture
async def homes(own_database: str) -> AsyncIterator[tuple[Home, Home]]:
    async with committing(own_database, FrozenClock(NOW)) as works:
        yield await make_home(works), await make_home(works, "other-corp", "Other")


@pytest.fixture
def env(homes: tuple[Home, Home], tmp_path: Path) -> TaskEnv:
    return task_env(homes[0].works, tmp_path)


async def value(home: Home, query: LiteralString) -> Any:
    async with home.works.read(home.opener()) as work:
        return await work.db.value(query)


async def run(home: Home, query: LiteralString, *params: Any) -> None:
    async with home.works.write(home.opener()) as work:
        await work.db.run(query, params)


async def test_totals_are_exact_at_every_moment_while_many_create_and_several_fold(
    homes: tuple[Home, Home], env: TaskEnv
) -> None:
    home, neighbour = homes
    await neighbour.user("ann@example.com")
    creating = True

    async def create(worker: int) -> None:
        for number in range(15):
            await home.user(f"p{worker}.{number}@example.com")

    async def fold() -> int:
        folded = 0
        while creating:
            folded += await actions.fold_user_counts(env, batch=4)
        return folded

    async def look() -> int:
        looks = 0
        while creating:
            async with home.works.read(home.opener()) as work:
                row = await work.db.one(f"select ({TOTAL}), (select count(*) from users)")
            assert row is not None
            assert row[0] == row[1]
            looks += 1
        return looks

    others = [asyncio.create_task(fold()), asyncio.create_task(fold()), asyncio.create_task(look())]
    await asyncio.gather(*(create(worker) for worker in range(4)))
    creating = False
    folded_a, folded_b, looks = await asyncio.gather(*others)
    last = await actions.fold_user_counts(env)
    assert folded_a + folded_b + last == 61
    assert looks > 10
    assert await value(home, "select total from user_counts") == 60
    assert await value(home, "select count(*) from user_count_deltas") == 0
    async with neighbour.works.read(neighbour.opener()) as work:
        assert await count_users(work) == 1


async def test_answers_to_idempotent_requests_go_after_a_day(homes: tuple[Home, Home], env: TaskEnv) -> None:
    for home in homes:
        for hours in (1, 23, 25, 26, 27, 300):
            await run(
                home,
                "insert into idempotency_keys (owner, key, request_hash, created_at) values (%s, 'k', '', %s)",
                new_id(),
                NOW - timedelta(hours=hours),
            )
    assert await actions.remove_idempotency_keys(env, batch=3) == 8
    for home in homes:
        assert await value(home, "select count(*) from idempotency_keys") == 2
        assert await value(home, "select min(created_at) from idempotency_keys") == NOW - timedelta(hours=23)


async def test_sessions_go_when_they_have_expired(homes: tuple[Home, Home], env: TaskEnv) -> None:
    for home in homes:
        person = await home.user()
        for minutes in (-2, -1, 1):
            await run(
                home,
                """
                insert into sessions (id, user_id, token_hash, epoch, created_at, last_seen_at, expires_at)
                values (%s, %s, %s, 0, %s, %s, %s)
                """,
                new_id(), person.user.id, new_id().bytes, NOW, NOW, NOW + timedelta(minutes=minutes),
            )  # fmt: skip
    assert await actions.remove_dead_sessions(env, batch=3) == 4
    for home in homes:
        assert await value(home, "select min(expires_at) from sessions") == NOW + timedelta(minutes=1)


async def test_sign_ins_under_way_go_a_day_after_their_end(homes: tuple[Home, Home], env: TaskEnv) -> None:
    for home in homes:
        for hours in (-49, -25, -23, 1):
            await run(
                home,
                "insert into sign_in_attempts (id, token_hash, created_at, expires_at) values (%s, %s, %s, %s)",
                new_id(), new_id().bytes, NOW, NOW + timedelta(hours=hours),
            )  # fmt: skip
    assert await actions.remove_old_attempts(env, batch=3) == 4
    for home in homes:
        assert await value(home, "select count(*) from sign_in_attempts") == 2


async def test_counts_go_when_their_window_is_over(homes: tuple[Home, Home], env: TaskEnv) -> None:
    for home in homes:
        for seconds in (-2, -1, 1):
            await run(
                home,
                "insert into throttles (scope, key, hits, window_end) values ('x', %s, 1, %s)",
                new_id().bytes, NOW + timedelta(seconds=seconds),
            )  # fmt: skip
    assert await actions.remove_old_throttles(env, batch=3) == 4
    for home in homes:
        assert await value(home, "select count(*) from throttles") == 1


async def test_old_links_are_known_for_a_while_and_endless_ones_stay(
    homes: tuple[Home, Home], env: TaskEnv
) -> None:
    for home in homes:
        person = await home.user()
        for end in ("infinity", "2026-03-04 11:00Z", "2026-01-01 00:00Z"):
            await run(
                home,
                """
                insert into codes (id, user_id, kind, form, channel, secret_hash, created_at, expires_at)
                values (%s, %s, 'password_reset', 'link', 'email', %s, %s, %s)
                """,
                new_id(), person.user.id, new_id().bytes, NOW, end,
            )  # fmt: skip
    assert await actions.remove_dead_codes(env) == 2
    for home in homes:
        assert await value(home, "select count(*) from codes") == 2


async def test_the_audit_log_ages_only_where_the_tenant_wants_it(
    homes: tuple[Home, Home], env: TaskEnv
) -> None:
    home, neighbour = homes
    await change(home, "audit", autoDelete=True, retentionDays=30)
    await change(neighbour, "audit", retentionDays=30)
    before = {h.slug: await value(h, "select count(*) from events") for h in homes}
    for each in homes:
        for days in (29, 31, 32, 33, 34, 400):
            await run(
                each,
                "insert into events (id, occurred_at, type, actor_kind) values (%s, %s, 'test.old', 'system')",
                new_id(),
                NOW - timedelta(days=days),
            )
    assert await actions.age_audit_log(env, batch=2) == 5
    assert await value(home, "select count(*) from events") == before[home.slug] + 1
    assert await value(neighbour, "select count(*) from events") == before[neighbour.slug] + 6


async def test_the_partitions_of_the_coming_months_are_made_once(own_database: str, env: TaskEnv) -> None:
    assert await actions.make_event_partitions(env) == 0
    assert await actions.make_event_partitions(env, months=5) == 2
    forced = await as_owner(
        own_database,
        """
        select bool_and(c.relrowsecurity and c.relforcerowsecurity)
        from pg_inherits i
        join pg_class c on c.oid = i.inhrelid
        where i.inhparent = 'events'::regclass
        """,
    )
    assert forced == [(True,)]


async def test_sweeps_go_by_the_index_of_each_tenant(own_database: str, homes: tuple[Home, Home]) -> None:
    """With a million rows a sweep must not read the table from end to end."""
    query = """
        explain
        select old.*
        from tenants t
        cross join lateral (
            select i.tenant_id, i.owner, i.key
            from idempotency_keys i
            where i.tenant_id = t.id
              and i.created_at < now()
            order by i.created_at
            limit 5000) old
        limit 5000
    """
    async with await psycopg.AsyncConnection.connect(system_conninfo(own_database), autocommit=True) as conn:
        await conn.execute("set enable_seqscan = off")
        cursor = await conn.execute(query)
        plan = "\n".join(row[0] for row in await cursor.fetchall())
    assert "idempotency_keys_by_age" in plan
    assert "Sort" not in plan


async def test_messages_are_kept_for_90_days(homes: tuple[Home, Home], env: TaskEnv) -> None:
    home, neighbour = homes
    for house, age in ((home, 91), (home, 91), (home, 90), (neighbour, 91)):
        await run(
            house,
            "insert into mail_messages (id, kind, created_at) values (%s, 'notices.welcome', %s)",
            new_id(),
            NOW - timedelta(days=age),
        )
    assert await actions.remove_old_messages(env, batch=2) == 3
    assert await value(home, "select count(*) from mail_messages") == 1
    assert await value(neighbour, "select count(*) from mail_messages") == 0


async def test_bulk_jobs_and_their_results_are_kept_for_30_days(
    homes: tuple[Home, Home], env: TaskEnv
) -> None:
    home, neighbour = homes
    for house, age in ((home, 32), (home, 30), (neighbour, 32)):
        created, job_id = NOW - timedelta(days=age), new_id()
        await run(
            house,
            """
            insert into bulk_jobs (
                id, action, criteria, snapshot_at, total, total_is_exact, actor_kind, created_at)
            values (%s, 'suspend', '{}', %s, 2, true, 'system', %s)
            """,
            job_id,
            created,
            created,
        )
        for _ in range(2):
            await run(
                house,
                """
                insert into bulk_job_results (job_id, user_id, outcome, created_at)
                values (%s, %s, 'done', %s)
                """,
                job_id,
                new_id(),
                created,
            )
    assert await actions.remove_old_bulk_results(env, batch=3) == 4
    assert await actions.remove_old_bulk_jobs(env, batch=3) == 2
    for table in ("bulk_job_results", "bulk_jobs"):
        assert await value(neighbour, f"select count(*) from {table}") == 0
    assert await value(home, "select count(*) from bulk_job_results") == 2
    assert await value(home, "select count(*) from bulk_jobs") == 1
