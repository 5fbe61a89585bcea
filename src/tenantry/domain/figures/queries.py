"""Reading the figures: one statement for all counts and one for what was done last, whatever the size of the tenant."""

from datetime import date, datetime
from typing import Any, cast

from tenantry.domain.audit import permissions as audit
from tenantry.domain.audit.model import Entry
from tenantry.domain.audit.queries import COLUMNS
from tenantry.domain.figures.model import RECENT_ACTIONS, TYPES, Count, Figures, People
from tenantry.domain.figures.people import LIVE_BOUND, counted_by_state
from tenantry.domain.figures.rules import (
    NOT_ACTIVE,
    STATES,
    Noted,
    active_of,
    bounded,
    checked_days,
    every_day,
    first_day,
)
from tenantry.domain.users import permissions as users
from tenantry.domain.users.queries import TOTAL
from tenantry.domain.users.states import Status
from tenantry.kernel.db import Query, Row
from tenantry.kernel.events import Outcome
from tenantry.kernel.listing import COUNT_BOUND
from tenantry.kernel.work import ReadWork

TAIL_BOUND = 10_000
"""So many events that no roll-up has counted yet are counted while somebody waits; where there are more, none is."""

_TOTAL, _INVITATIONS, _LIVE, _NOTED, _MARK, _DAY = "total", "invitations", "live", "noted", "mark", "day"

COUNTS = f"""
    with mark as materialized (
        select max(folded_until) as folded_until, coalesce(max(folded_until), '-infinity') as since
        from figure_marks
    ), tail as materialized (
        select t.type, e.occurred_at
        from mark m
        cross join unnest(%(types)s::text[]) as t(type)
        cross join lateral (
            select e.occurred_at
            from events e
            where e.type = t.type
              and e.occurred_at >= m.since
            order by e.occurred_at
            limit {TAIL_BOUND + 1}) e
        limit {TAIL_BOUND + 1}
    ), tail_size as materialized (
        select count(*) as events
        from tail
    )
    select '{_TOTAL}' as part, '' as name, null::date as day, ({TOTAL}) as number, null::timestamptz as moment
    union all
    select '{_INVITATIONS}', '', null, count(*), null
    from (
        select
        from invitations i
        where i.accepted_at is null
          and i.revoked_at is null
          and i.expires_at > %(now)s
        limit {COUNT_BOUND + 1}) pending
    union all
    select '{_LIVE}', l.state, null, l.people, null
    from ({counted_by_state(LIVE_BOUND)}) l
    union all
    select '{_NOTED}', p.state, null, p.people, p.counted_at
    from people_figures p
    union all
    select '{_MARK}', '', null, s.events, m.folded_until
    from mark m
    cross join tail_size s
    union all
    select '{_DAY}', d.type, d.day, d.events, null
    from daily_figures d
    where d.day >= %(first)s
    union all
    select '{_DAY}', t.type, (t.occurred_at at time zone 'UTC')::date, count(*), null
    from tail t
    where (select events from tail_size) <= {TAIL_BOUND}
    group by 2, 3
"""
RECENT = f"""
    select {COLUMNS}
    from events e
    where e.actor_kind in ('user', 'api_key')
      and e.actor_id is distinct from e.target_id
    order by e.occurred_at desc, e.id desc
    limit {RECENT_ACTIONS}
"""


async def get_figures(work: ReadWork, days: int) -> Figures:
    """The figures of the last `days` days, today included: those of people for who may see users, what administrators and keys
    did last for who may read the audit log.

    Raises MissingPermission for who may do neither, and DomainError naming `days`.
    """
    work.require(users.READ if work.actor.may(users.READ) else audit.READ)
    checked_days(days)
    recent = await _recent_actions(work) if work.actor.may(audit.READ) else None
    if not work.actor.may(users.READ):
        return Figures(recent_actions=recent)
    rows = await work.db.all(cast("Query", COUNTS), _values(work.now, days))
    return _figures(rows, work.now, days, recent)


def _values(now: datetime, days: int) -> dict[str, Any]:
    return {"types": list(TYPES), "now": now, "first": first_day(now, days)}


def _figures(rows: list[Row], now: datetime, days: int, recent: list[Entry] | None) -> Figures:
    numbers: dict[tuple[str, str], int] = {}
    noted: dict[str, Noted] = {}
    by_day: list[tuple[date, str, int]] = []
    folded_until: datetime | None = None
    for part, name, day, number, moment in rows:
        if part == _DAY:
            by_day.append((day, name, number))
        elif part == _NOTED:
            noted[name] = (number, moment)
        else:
            numbers[part, name] = number
            folded_until = moment or folded_until
    return Figures(
        _people(numbers, noted),
        bounded(numbers[_INVITATIONS, ""], COUNT_BOUND),
        every_day(by_day, now, days),
        now if numbers[_MARK, ""] <= TAIL_BOUND else folded_until,
        recent,
    )


def _people(numbers: dict[tuple[str, str], int], noted: dict[str, Noted]) -> People:
    total = numbers[_TOTAL, ""]

    def count(state: str) -> Count:
        return bounded(numbers.get((_LIVE, state), 0), LIVE_BOUND, noted.get(state))

    active = active_of(total, count(NOT_ACTIVE))
    return People(total, {state: active if state == Status.ACTIVE else count(state) for state in STATES})


async def _recent_actions(work: ReadWork) -> list[Entry]:
    rows = await work.db.all(cast("Query", RECENT))
    return [Entry(id_, action, Outcome(outcome), *rest) for id_, action, outcome, *rest in rows]
