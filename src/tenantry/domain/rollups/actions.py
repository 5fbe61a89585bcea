"""Upkeep across tenants. All of it is system-only: each batch is one transaction of the system role, so no lock is held for long.

Every index begins with the tenant, so a sweep goes from tenant to tenant inside one statement instead of over the whole table.
"""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import LiteralString, cast
from uuid import UUID

import msgspec

from tenantry.domain.tenants.model import Audit
from tenantry.kernel.db import Query
from tenantry.kernel.idempotency import HOURS_KEPT
from tenantry.kernel.jobs import TaskEnv
from tenantry.kernel.work import SystemWork, system_work

BATCH = 5000
MONTHS_AHEAD = 3
# An old link is answered with "expired" for a while before nobody knows it any more.
LINKS_KEPT = timedelta(days=30)
MESSAGES_KEPT = timedelta(days=90)
ATTEMPTS_KEPT = timedelta(days=1)
BULK_RESULTS_KEPT = timedelta(days=30)
# A day longer than their results, so that the few jobs take none with them.
BULK_JOBS_KEPT = timedelta(days=31)

Step = Callable[[SystemWork], Awaitable[int]]


class Aged(msgspec.Struct, frozen=True):
    """A table whose rows go once `moment` lies longer ago than they are kept; `keys` tell its rows apart within a tenant."""

    table: LiteralString
    moment: LiteralString
    kept: timedelta = timedelta(0)
    keys: tuple[LiteralString, ...] = ("id",)


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
    return await _sweep(
        env, Aged("idempotency_keys", "created_at", timedelta(hours=HOURS_KEPT), ("owner", "key")), batch
    )


async def remove_dead_sessions(env: TaskEnv, batch: int = BATCH) -> int:
    """Deletes sessions that have expired; gives how many. System-only."""
    return await _sweep(env, Aged("sessions", "expires_at"), batch)


async def remove_dead_codes(env: TaskEnv, batch: int = BATCH) -> int:
    """Deletes codes that expired more than `LINKS_KEPT` ago; gives how many. System-only."""
    return await _sweep(env, Aged("codes", "expires_at", LINKS_KEPT), batch)


async def remove_old_attempts(env: TaskEnv, batch: int = BATCH) -> int:
    """Deletes sign-ins that were under way and are over; gives how many. System-only."""
    return await _sweep(env, Aged("sign_in_attempts", "expires_at", ATTEMPTS_KEPT), batch)


async def remove_old_throttles(env: TaskEnv, batch: int = BATCH) -> int:
    """Deletes counts whose window is over; gives how many. System-only."""
    return await _sweep(env, Aged("throttles", "window_end", keys=("scope", "key")), batch)


async def remove_old_messages(env: TaskEnv, batch: int = BATCH) -> int:
    """Deletes messages that were written more than `MESSAGES_KEPT` ago; gives how many. System-only."""
    return await _sweep(env, Aged("mail_messages", "created_at", MESSAGES_KEPT), batch)


async def remove_old_bulk_results(env: TaskEnv, batch: int = BATCH) -> int:
    """Deletes what became of people in bulk jobs more than `BULK_RESULTS_KEPT` ago; gives how many. System-only."""
    return await _sweep(
        env, Aged("bulk_job_results", "created_at", BULK_RESULTS_KEPT, ("job_id", "user_id")), batch
    )


async def remove_old_bulk_jobs(env: TaskEnv, batch: int = BATCH) -> int:
    """Deletes bulk jobs that were asked for more than `BULK_JOBS_KEPT` ago; gives how many. System-only."""
    return await _sweep(env, Aged("bulk_jobs", "created_at", BULK_JOBS_KEPT), batch)


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


async def _sweep(env: TaskEnv, aged: Aged, batch: int) -> int:
    """Deletes what is past its time, tenant by tenant inside each statement; gives how many.

    The time is looked at again at the end: a row that was renewed meanwhile stays.
    """
    same_row = " and ".join(f"r.{key} = gone.{key}" for key in aged.keys)
    query = cast(
        "Query",
        f"""
        delete from {aged.table} r
        using (
            select old.*
            from tenants t
            cross join lateral (
                select x.tenant_id, {", ".join(f"x.{key}" for key in aged.keys)}
                from {aged.table} x
                where x.tenant_id = t.id
                  and x.{aged.moment} < %(cutoff)s
                order by x.{aged.moment}
                limit %(batch)s) old
            limit %(batch)s) gone
        where r.tenant_id = gone.tenant_id
          and {same_row}
          and r.{aged.moment} < %(cutoff)s
        """,
    )

    async def step(work: SystemWork) -> int:
        return await work.db.run(query, {"cutoff": work.now - aged.kept, "batch": batch})

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
