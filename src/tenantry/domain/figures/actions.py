"""Rolling the figures up, by the clock. What works across tenants is system-only, in small transactions.

An event is stored with the moment at which its unit of work began, and seen by others when that ends. So what is younger than
`LAG` is left for later: a unit of work that takes longer than that would have its events counted by nobody.
"""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from tenantry.domain.figures.model import TYPES
from tenantry.domain.figures.people import LIVE_BOUND, counted_by_state
from tenantry.domain.users import permissions as users
from tenantry.kernel.jobs import TaskEnv
from tenantry.kernel.work import SystemWork, Work, system_work

BATCH = 200
LAG = timedelta(minutes=5)
SLICE = timedelta(days=1)
MOST_PASSES = 500
NOBODY = UUID(int=0)


class _Span(msgspec.Struct, frozen=True):
    """A tenant, held against other folders, and the span of time of which its events are to be counted next."""

    tenant_id: UUID
    since: datetime
    until: datetime


async def fold_daily_figures(env: TaskEnv, batch: int = BATCH, passes: int = MOST_PASSES) -> int:
    """Adds the events since the last time to the figures of their days; gives how many there were. System-only.

    A tenant is held while its events are counted and its mark is moved, so each is counted exactly once, whoever else folds.
    In one pass a tenant gets on by at most `SLICE` with events in it; what `passes` leave is for the next run.
    """
    async with system_work(env.works.database.system, env.clock) as work:
        await _begin_marks(work)
    total = 0
    for _ in range(passes):
        folded, behind = await _fold_all(env, batch)
        total += folded
        if not behind:
            break
    return total


async def _begin_marks(work: SystemWork) -> None:
    await work.db.run(
        """
        insert into figure_marks (tenant_id, folded_until)
        select t.id, date_trunc('day', t.created_at, 'UTC')
        from tenants t
        where not exists (select from figure_marks m where m.tenant_id = t.id)
        on conflict (tenant_id) do nothing
        """
    )


async def _fold_all(env: TaskEnv, batch: int) -> tuple[int, bool]:
    """One pass over all tenants: how many events were counted, and whether a tenant has to be gone on with."""
    total, behind, after = 0, False, NOBODY
    while True:
        async with system_work(env.works.database.system, env.clock) as work:
            horizon = work.now - LAG
            held = await _hold(work, after, horizon, batch)
            if held:
                total += await _fold(work, held)
        behind = behind or any(span.until < horizon for span in held)
        if len(held) < batch:
            return total, behind
        after = held[-1].tenant_id


async def _hold(work: SystemWork, after: UUID, horizon: datetime, batch: int) -> list[_Span]:
    """Tenants in which something happened since their marks, and idle ones once a day, so that no mark falls far behind."""
    rows = await work.db.all(
        """
        select m.tenant_id, m.folded_until, next.moment
        from figure_marks m
        cross join lateral (
            select min(e.occurred_at) as moment
            from unnest(%(types)s::text[]) as t(type)
            cross join lateral (
                select e.occurred_at
                from events e
                where e.tenant_id = m.tenant_id
                  and e.type = t.type
                  and e.occurred_at >= m.folded_until
                  and e.occurred_at < %(horizon)s
                order by e.occurred_at
                limit 1) e) next
        where m.tenant_id > %(after)s
          and m.folded_until < %(horizon)s
          and (next.moment is not null or m.folded_until < %(horizon)s - %(slice)s)
        order by m.tenant_id
        limit %(batch)s
        for update of m skip locked
        """,
        {"types": list(TYPES), "after": after, "horizon": horizon, "slice": SLICE, "batch": batch},
    )
    return [_span(tenant_id, since, moment, horizon) for tenant_id, since, moment in rows]


def _span(tenant_id: UUID, since: datetime, first: datetime | None, horizon: datetime) -> _Span:
    # Nothing happened before the first event, so a stretch without any takes no time.
    return _Span(tenant_id, since, horizon if first is None else min(max(first, since) + SLICE, horizon))


async def _fold(work: SystemWork, held: list[_Span]) -> int:
    """A statement of its own, so that it sees all that was committed before the tenants were held."""
    folded: int = await work.db.value(
        """
        with spans as materialized (
            select *
            from unnest(%s::uuid[], %s::timestamptz[], %s::timestamptz[]) as s(tenant_id, since, until)
        ), counted as (
            select s.tenant_id, (e.occurred_at at time zone 'UTC')::date as day, e.type, count(*) as events
            from spans s
            cross join unnest(%s::text[]) as t(type)
            cross join lateral (
                select e.type, e.occurred_at
                from events e
                where e.tenant_id = s.tenant_id
                  and e.type = t.type
                  and e.occurred_at >= s.since
                  and e.occurred_at < s.until) e
            group by s.tenant_id, day, e.type
        ), kept as (
            insert into daily_figures as d (tenant_id, day, type, events)
            select tenant_id, day, type, events
            from counted
            on conflict (tenant_id, day, type) do update
            set events = d.events + excluded.events
        ), moved as (
            update figure_marks m
            set folded_until = s.until
            from spans s
            where m.tenant_id = s.tenant_id
        )
        select coalesce(sum(events), 0)::bigint
        from counted
        """,
        (
            [span.tenant_id for span in held],
            [span.since for span in held],
            [span.until for span in held],
            list(TYPES),
        ),
    )
    return folded


async def list_crowded_tenants(work: SystemWork) -> list[UUID]:
    """The tenants in which a state may have more people than are counted while somebody waits. System-only."""
    rows = await work.db.all(
        """
        select tenant_id
        from user_counts
        where total > %s
        order by tenant_id
        """,
        (LIVE_BOUND,),
    )
    return [row[0] for row in rows]


async def note_people(work: Work) -> int:
    """Counts everybody by state, and notes the counts for those who will not wait; gives how many states there are."""
    work.require(users.READ)
    states = await work.db.run(
        f"""
        insert into people_figures as p (state, people, counted_at)
        select state, people, %s
        from ({counted_by_state(None)}) counted
        on conflict (tenant_id, state) do update
        set people = excluded.people,
            counted_at = excluded.counted_at
        """,
        (work.now,),
    )
    # In a state that had people and has none any more, nobody was counted.
    await work.db.run("delete from people_figures where counted_at < %s", (work.now,))
    return states
