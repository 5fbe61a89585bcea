"""Reading the audit log: newest first, in the order of (occurred_at, id).

The statement of a page is not that of a `Listing`: several actions are merged from their own places in an index, and an entry is
got by its time and its id, so that only the partition of its month is looked into.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import cast
from uuid import UUID

from tenantry.domain.audit import permissions
from tenantry.domain.audit.errors import EntryNotFound
from tenantry.domain.audit.fields import fields, needs_actions, several_actions
from tenantry.domain.audit.model import ActionCount, Entries, Entry, Range, Stats
from tenantry.domain.audit.rules import bounded_range, category_of
from tenantry.kernel.criteria import AllOf, Compare, Criteria, Fragment, Node, Op, Sort, to_sql
from tenantry.kernel.db import Query, Row
from tenantry.kernel.errors import DomainError, Kind
from tenantry.kernel.events import Outcome
from tenantry.kernel.listing import COUNT_BOUND, SortBy, Statement, after_cursor, list_page, ordering
from tenantry.kernel.work import ReadWork

NEWEST_FIRST = Sort("timestamp", descending=True)
ROWS_AT_A_TIME = 500
COLUMNS = (
    "e.id, e.type, e.outcome, e.actor_kind, e.actor_id, e.target_type, e.target_id, e.data,"
    " coalesce(e.personal, '{}') as personal, host(e.ip) as ip, e.user_agent, e.request_id, e.occurred_at"
)
BY_TIME = SortBy("e.occurred_at", "timestamptz")
ORDER = ordering(BY_TIME, "e.id", NEWEST_FIRST)


async def list_entries(
    work: ReadWork, criteria: Criteria, known_actions: Sequence[str] | None = None
) -> Entries:
    """One page of the log; `criteria.where` speaks of `fields.NAMES`. Who has asked for `list_actions` already gives it along.

    Raises DomainError for an unknown field or value, another order than newest first, a bad cursor, free text, and an offset
    beyond `listing.OFFSET_BOUND` that is not past the end.
    """
    work.require(permissions.READ)
    if criteria.search is not None or criteria.sort != NEWEST_FIRST:
        raise _invalid("sortBy", "the audit log is only listed newest first, without free text")
    actions = known_actions or []
    if known_actions is None and needs_actions(criteria.where):
        actions = await list_actions(work)
    page = await list_page(work.db, criteria, lambda asked: list_statement(asked, actions))
    return Entries([_entry(row[2:]) for row in page.rows], page.total, page.total_is_exact, page.next_cursor)


async def get_entry(work: ReadWork, entry_id: UUID) -> Entry:
    """The entry, or EntryNotFound."""
    work.require(permissions.READ)
    row = await work.db.one(cast("Query", f"select {COLUMNS} from events e where e.id = %s"), (entry_id,))
    if row is None:
        raise EntryNotFound(str(entry_id))
    return _entry(row)


def parse_entry_id(text: str) -> UUID:
    """The id, or EntryNotFound for what is no id at all."""
    try:
        return UUID(text)
    except ValueError as error:
        raise EntryNotFound(text) from error


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


def list_statement(criteria: Criteria, actions: Sequence[str]) -> Statement:
    """The one statement behind a page: the capped total, the time, and each entry's columns; one row at least.

    Down to the page only times and ids are read, which an index holds; the entries are got for its own rows alone. A demand for
    several actions reads the newest of each from its own place in the index and merges them: a rare action among millions
    of others is found as fast as a frequent one, at any depth.
    """
    chosen, rest = several_actions(criteria.where, actions)
    condition, values = to_sql(rest, fields(actions))
    after, after_values = _after(criteria)
    # The numbers stand in the text: a plan that is made without knowing them would sort the whole log to show its beginning.
    limit, offset = int(criteria.page.limit) + 1, int(criteria.page.offset)
    matching = f"from events e where ({condition})"
    counted = f"select {matching} limit {COUNT_BOUND + 1}"
    keys = f"select e.occurred_at, e.id {matching}{after} order by {ORDER}"
    if chosen is not None:
        counted = f"select {_of_each(counted)} limit {COUNT_BOUND + 1}"
        keys = f"select e.occurred_at, e.id {_of_each(f'{keys} limit {offset + limit}')} order by {ORDER}"
        values = [chosen, *values]
    statement = f"""
        select total.n, page.occurred_at, {COLUMNS}
        from (select count(*) as n from ({counted}) matching) total
        left join ({keys} limit {limit} offset {offset}) page on true
        left join events e on e.occurred_at = page.occurred_at and e.id = page.id
        order by page.occurred_at desc, page.id desc
    """
    return cast("Query", statement), [*values, *values, *after_values]


def _of_each(query: str) -> str:
    """The query once for each action of an array, each time for that action alone."""
    one = query.replace("where ", "where e.type = t.type and ", 1)
    return f"from unnest(%s::text[]) t(type) cross join lateral ({one}) e"


def _after(criteria: Criteria) -> Fragment:
    after, values = after_cursor(BY_TIME, "e.id", criteria)
    # The first comparison says nothing new, but it is the one by which partitions are left out.
    return (f" and e.occurred_at <= %s{after}", [values[0], *values]) if after else ("", [])


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
