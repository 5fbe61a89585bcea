"""Upkeep across tenants. All of it is system-only: each batch is one transaction of the system role, so no lock is held for long.

Every index begins with the tenant, so a sweep goes from tenant to tenant inside one statement instead of over the whole table.
"""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from uuid import UUID

import msgspec

from tenantry.domain.tenants.model import Audit
from tenantry.kernel.idempotency import HOURS_KEPT
from tenantry.kernel.jobs import TaskEnv
from tenantry.kernel.work import SystemWork, system_work

BATCH = 5000
MONTHS_AHEAD = 3
# An old link is answered with "expired" for a while before nobody knows it any more.
LINKS_KEPT = timedelta(days=30)
MESSAGES_KEPT = timedelta(days=90)
ATTEMPTS_KEPT = timedelta(days=1)

Step = Callable[[SystemWork], Awaitable[int]]


async def fold_user_counts(env: TaskEnv, batch: int = BATCH) -> int:
    """Folds the deltas that creates and deletes left into the totals; gives how many there were. System-only.

    Only rows that the delete itself removed are counted, so a delta that is inserted, or folded by somebody else, meanwhile is
    counted exactly once.
    """

    async def fold(work: SystemWork) -> int:
        folded: int = await work.db.value(
            """
            with gone as (
                delete from user_count_deltas
                where (tenant_id, id) in (
                    select tenant_id, id
                    from user_count_deltas
                    order by tenant_id, id
                    limit %s)
                returning tenant_id, delta
            ), sums as (
                select tenant_id, sum(delta) as delta, count(*) as folded
                from gone
                group by tenant_id
                order by tenant_id
            ), kept as (
                insert into user_counts as c (tenant_id, total)
                select tenant_id, delta
                from sums
                on conflict (tenant_id) do update
                set total = c.total + excluded.total
            )
            select coalesce(sum(folded), 0)::bigint
            from sums
            """,
            (batch,),
        )
        return folded

    return await _until_done(env, fold, batch)


async def remove_idempotency_keys(env: TaskEnv, batch: int = BATCH) -> int:
    """Deletes answers that are older than a day; gives how many. System-only."""

    async def step(work: SystemWork) -> int:
        cutoff = work.now - timedelta(hours=HOURS_KEPT)
        return await work.db.run(
            """
            delete from idempotency_keys k
            using (
                select old.*
                from tenants t
                cross join lateral (
                    select i.tenant_id, i.owner, i.key
                    from idempotency_keys i
                    where i.tenant_id = t.id
                      and i.created_at < %(cutoff)s
                    order by i.created_at
                    limit %(batch)s) old
                limit %(batch)s) gone
            where k.tenant_id = gone.tenant_id
              and k.owner = gone.owner
              and k.key = gone.key
              and k.created_at < %(cutoff)s
            """,
            {"cutoff": cutoff, "batch": batch},
        )

    return await _until_done(env, step, batch)


async def remove_dead_sessions(env: TaskEnv, batch: int = BATCH) -> int:
    """Deletes sessions that have expired; gives how many. System-only."""

    async def step(work: SystemWork) -> int:
        return await work.db.run(
            """
            delete from sessions s
            using (
                select old.*
                from tenants t
                cross join lateral (
                    select x.tenant_id, x.id
                    from sessions x
                    where x.tenant_id = t.id
                      and x.expires_at < %(cutoff)s
                    order by x.expires_at
                    limit %(batch)s) old
                limit %(batch)s) gone
            where s.tenant_id = gone.tenant_id
              and s.id = gone.id
              and s.expires_at < %(cutoff)s
            """,
            {"cutoff": work.now, "batch": batch},
        )

    return await _until_done(env, step, batch)


async def remove_dead_codes(env: TaskEnv, batch: int = BATCH) -> int:
    """Deletes codes that expired more than `LINKS_KEPT` ago; gives how many. System-only."""

    async def step(work: SystemWork) -> int:
        return await work.db.run(
            """
            delete from codes c
            using (
                select old.*
                from tenants t
                cross join lateral (
                    select x.tenant_id, x.id
                    from codes x
                    where x.tenant_id = t.id
                      and x.expires_at < %(cutoff)s
                    order by x.expires_at
                    limit %(batch)s) old
                limit %(batch)s) gone
            where c.tenant_id = gone.tenant_id
              and c.id = gone.id
            """,
            {"cutoff": work.now - LINKS_KEPT, "batch": batch},
        )

    return await _until_done(env, step, batch)


async def remove_old_attempts(env: TaskEnv, batch: int = BATCH) -> int:
    """Deletes sign-ins that were under way and are over; gives how many. System-only."""

    async def step(work: SystemWork) -> int:
        return await work.db.run(
            """
            delete from sign_in_attempts a
            using (
                select old.*
                from tenants t
                cross join lateral (
                    select x.tenant_id, x.id
                    from sign_in_attempts x
                    where x.tenant_id = t.id
                      and x.expires_at < %(cutoff)s
                    order by x.expires_at
                    limit %(batch)s) old
                limit %(batch)s) gone
            where a.tenant_id = gone.tenant_id
              and a.id = gone.id
            """,
            {"cutoff": work.now - ATTEMPTS_KEPT, "batch": batch},
        )

    return await _until_done(env, step, batch)


async def remove_old_throttles(env: TaskEnv, batch: int = BATCH) -> int:
    """Deletes counts whose window is over; gives how many. System-only."""

    async def step(work: SystemWork) -> int:
        return await work.db.run(
            """
            delete from throttles h
            using (
                select old.*
                from tenants t
                cross join lateral (
                    select x.tenant_id, x.scope, x.key
                    from throttles x
                    where x.tenant_id = t.id
                      and x.window_end < %(cutoff)s
                    order by x.window_end
                    limit %(batch)s) old
                limit %(batch)s) gone
            where h.tenant_id = gone.tenant_id
              and h.scope = gone.scope
              and h.key = gone.key
              and h.window_end < %(cutoff)s
            """,
            {"cutoff": work.now, "batch": batch},
        )

    return await _until_done(env, step, batch)


async def remove_old_messages(env: TaskEnv, batch: int = BATCH) -> int:
    """Deletes messages that were written more than `MESSAGES_KEPT` ago; gives how many. System-only."""

    async def step(work: SystemWork) -> int:
        return await work.db.run(
            """
            delete from mail_messages m
            using (
                select old.*
                from tenants t
                cross join lateral (
                    select x.tenant_id, x.id
                    from mail_messages x
                    where x.tenant_id = t.id
                      and x.created_at < %(cutoff)s
                    order by x.created_at
                    limit %(batch)s) old
                limit %(batch)s) gone
            where m.tenant_id = gone.tenant_id
              and m.id = gone.id
            """,
            {"cutoff": work.now - MESSAGES_KEPT, "batch": batch},
        )

    return await _until_done(env, step, batch)


async def make_event_partitions(env: TaskEnv, months: int = MONTHS_AHEAD) -> int:
    """Makes the partitions of the audit log for this month and the next ones; gives how many are new. System-only."""
    async with _open(env) as work:
        made: int = await work.db.value("select ensure_event_partitions(%s)", (months,))
    return made


async def age_audit_log(env: TaskEnv, batch: int = BATCH) -> int:
    """Deletes the events of tenants that want them deleted after some days; gives how many. System-only."""
    async with _open(env) as work:
        rows = await work.db.all(
            """
            select id, settings -> 'audit'
            from tenants
            where settings -> 'audit' ->> 'autoDelete' = 'true'
            order by id
            """
        )
    removed = 0
    for tenant_id, settings in rows:
        days = msgspec.convert(settings, Audit).retention_days
        removed += await _remove_events(env, tenant_id, timedelta(days=days), batch)
    return removed


async def _remove_events(env: TaskEnv, tenant_id: UUID, kept: timedelta, batch: int) -> int:
    async def step(work: SystemWork) -> int:
        return await work.db.run(
            """
            delete from events
            where tenant_id = %(tenant)s
              and occurred_at < %(cutoff)s
              and (occurred_at, id) in (
                select occurred_at, id
                from events
                where tenant_id = %(tenant)s
                  and occurred_at < %(cutoff)s
                order by occurred_at
                limit %(batch)s)
            """,
            {"tenant": tenant_id, "cutoff": work.now - kept, "batch": batch},
        )

    return await _until_done(env, step, batch)


async def _until_done(env: TaskEnv, step: Step, batch: int) -> int:
    """Runs a step, each time in a transaction of its own, until it found less than a batch; gives the sum."""
    total = 0
    while True:
        async with _open(env) as work:
            done = await step(work)
        total += done
        if done < batch:
            return total


def _open(env: TaskEnv) -> AbstractAsyncContextManager[SystemWork]:
    return system_work(env.works.database.system, env.clock)
