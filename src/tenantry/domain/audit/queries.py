"""Reading the audit log: newest first, in the order of (occurred_at, id)."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from datetime import datetime
from typing import Any, cast
from uuid import UUID

import msgspec

from tenantry.domain.audit import permissions
from tenantry.domain.audit.errors import EntryNotFound
from tenantry.domain.audit.fields import fields, needs_actions, several_actions
from tenantry.domain.audit.model import ActionCount, Entries, Entry, Range, Stats
from tenantry.domain.audit.rules import bounded_range, category_of
from tenantry.kernel.criteria import (
    AllOf,
    Compare,
    Criteria,
    Fragment,
    Node,
    Op,
    Position,
    Sort,
    decode_cursor,
    encode_cursor,
    to_sql,
)
from tenantry.kernel.db import Query, Row
from tenantry.kernel.errors import DomainError, Kind
from tenantry.kernel.events import Outcome
from tenantry.kernel.listing import OFFSET_BOUND
from tenantry.kernel.work import ReadWork

COUNT_BOUND = 10_000
"""A count is exact up to here; beyond it the answer says that there are more."""

NEWEST_FIRST = Sort("timestamp", descending=True)
ROWS_AT_A_TIME = 500
COLUMNS = (
    "e.id, e.type, e.outcome, e.actor_kind, e.actor_id, e.target_type, e.target_id, e.data,"
    " coalesce(e.personal, '{}') as personal, host(e.ip) as ip, e.user_agent, e.request_id, e.occurred_at"
)
ORDER = "e.occurred_at desc, e.id desc"


async def list_entries(work: ReadWork, criteria: Criteria) -> Entries:
    """One page of the log; `criteria.where` speaks of `fields.NAMES`.

    Raises DomainError for an unknown field or value, another order than newest first, a bad cursor, free text, and an offset
    beyond OFFSET_BOUND.
    """
    work.require(permissions.READ)
    if criteria.search is not None or criteria.sort != NEWEST_FIRST:
        raise _invalid("sortBy", "the audit log is only listed newest first, without free text")
    beyond = criteria.page.offset > OFFSET_BOUND
    page = msgspec.structs.replace(criteria.page, limit=0, offset=0) if beyond else criteria.page
    actions = await list_actions(work) if needs_actions(criteria.where) else []
    rows = await work.db.all(*list_statement(msgspec.structs.replace(criteria, page=page), actions))
    total = cast("int", rows[0][0])
    if beyond and total > COUNT_BOUND:
        raise _invalid("page", f"reaches beyond row {OFFSET_BOUND}; go on with `cursor`, which has no bound")
    found = [_entry(row[1:]) for row in rows if row[1] is not None]
    shown = found[: page.limit]
    return Entries(
        entries=shown,
        total=min(total, COUNT_BOUND),
        total_is_exact=total <= COUNT_BOUND,
        next_cursor=_cursor_after(shown[-1]) if len(found) > len(shown) and shown else None,
    )


async def get_entry(work: ReadWork, entry_id: UUID) -> Entry:
    """The entry, or EntryNotFound."""
    work.require(permissions.READ)
    row = await work.db.one(cast("Query", f"select {COLUMNS} from events e where e.id = %s"), (entry_id,))
    if row is None:
        raise EntryNotFound(str(entry_id))
    return _entry(row)


async def list_actions(work: ReadWork) -> list[str]:
    """The names of all actions that the tenant's log holds, in alphabetical order.

    It hops through the index from one name to the next, so it costs as much as there are names, not entries.
    """
    work.require(permissions.READ)
    rows = await work.db.all(
        """
        with recursive found as (
            (select e.type
             from events e
             order by e.type
             limit 1)
            union all
            select (
                select e.type
                from events e
                where e.type > found.type
                order by e.type
                limit 1)
            from found
            where found.type is not null
        )
        select type
        from found
        where type is not null
        """
    )
    return sorted(row[0] for row in rows)


async def count_actions(work: ReadWork, wanted: Range) -> Stats:
    """How often each action was recorded in a range of time (`rules.bounded_range`), each counted up to COUNT_BOUND."""
    work.require(permissions.READ)
    start, end = bounded_range(wanted, work.now)
    rows = await work.db.all(
        """
        select t.type, counted.n
        from unnest(%s::text[]) as t(type)
        cross join lateral (
            select count(*) as n
            from (
                select
                from events e
                where e.type = t.type
                  and e.occurred_at >= %s
                  and e.occurred_at < %s
                limit %s) matching) counted
        where counted.n > 0
        order by counted.n desc, t.type
        """,
        (await list_actions(work), start, end, COUNT_BOUND + 1),
    )
    counts = [ActionCount(name, category_of(name), min(n, COUNT_BOUND), n <= COUNT_BOUND) for name, n in rows]
    return Stats(start, end, counts)


async def stream_entries(work: ReadWork, wanted: Range) -> AsyncGenerator[Entry, None]:
    """Every entry of a range of time, newest first, read through a server-side cursor so that memory stays flat."""
    work.require(permissions.EXPORT)
    condition, values = to_sql(_within(wanted), fields(()))
    statement = f"select {COLUMNS} from events e where {condition} order by {ORDER}"
    async with aclosing(work.db.stream(cast("Query", statement), values, ROWS_AT_A_TIME)) as rows:
        async for row in rows:
            yield _entry(row)


def list_statement(criteria: Criteria, actions: Sequence[str]) -> tuple[Query, list[Any]]:
    """The one statement behind a page: the capped total, and each entry's columns; one row at least.

    A demand for several actions reads the newest of each from its own place in the index and merges them: a rare action
    among millions of others is found as fast as a frequent one, at any depth.
    """
    chosen, rest = several_actions(criteria.where, actions)
    condition, values = to_sql(rest, fields(actions))
    after, after_values = _after(criteria)
    limit, offset = criteria.page.limit + 1, criteria.page.offset
    counted = f"select from events e where {condition} limit %s"
    paged = f"select {COLUMNS} from events e where {condition}{after} order by {ORDER} limit %s"
    count_values: list[Any] = [*values, COUNT_BOUND + 1]
    page_values: list[Any] = [*values, *after_values, limit]
    if chosen is not None:
        each = "unnest(%s::text[]) t(type) cross join lateral"
        counted = f"select from {each} ({_of_one(counted)}) c limit %s"
        paged = f"select e.* from {each} ({_of_one(paged)}) e order by {ORDER} limit %s"
        count_values = [chosen, *count_values, COUNT_BOUND + 1]
        page_values = [chosen, *values, *after_values, limit + offset, limit]
    statement = f"""
        select total.n, page.*
        from (select count(*) as n from ({counted}) matching) total
        left join ({paged} offset %s) page on true
        order by page.occurred_at desc, page.id desc
    """
    return cast("Query", statement), [*count_values, *page_values, offset]


def _of_one(query: str) -> str:
    return query.replace("where ", "where e.type = t.type and ", 1)


def _after(criteria: Criteria) -> Fragment:
    if criteria.page.cursor is None:
        return "", []
    position = decode_cursor(criteria.page.cursor, criteria.sort)
    try:
        moment = datetime.fromisoformat(position.value or "")
    except ValueError as error:
        raise _invalid("cursor", "is not a cursor that this server gave") from error
    # The first comparison says nothing new, but it is the one by which partitions are left out.
    return (
        " and e.occurred_at <= %s and (e.occurred_at, e.id) < (%s::timestamptz, %s)",
        [moment, moment, position.id],
    )


def _cursor_after(entry: Entry) -> str:
    return encode_cursor(Position(NEWEST_FIRST.field, True, entry.occurred_at.isoformat(), entry.id))


def _within(wanted: Range) -> Node:
    parts: list[Node] = []
    if wanted.start is not None:
        parts.append(Compare("timestamp", Op.GE, wanted.start))
    if wanted.end is not None:
        parts.append(Compare("timestamp", Op.LT, wanted.end))
    return AllOf(tuple(parts))


def _entry(row: Row) -> Entry:
    id_, action, outcome, *rest = row
    return Entry(id_, action, Outcome(outcome), *rest)


def _invalid(field: str, problem: str) -> DomainError:
    return DomainError(Kind.INVALID, "validation_error", f"{field} {problem}.", {field: problem})
