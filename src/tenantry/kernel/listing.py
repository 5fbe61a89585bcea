"""One page of a list with its total, in one statement. A query declares a `Listing` and asks for rows of it."""

from collections.abc import Callable, Mapping
from typing import Any, cast

import msgspec

from tenantry.kernel.criteria import (
    Criteria,
    Field,
    Fragment,
    Position,
    Sort,
    decode_cursor,
    encode_cursor,
    to_sql,
)
from tenantry.kernel.db import Handle, Query, Row
from tenantry.kernel.errors import DomainError, Kind

OFFSET_BOUND = 100_000
"""page/limit goes this deep; a cursor goes on without a bound."""

COUNT_BOUND = 10_000
"""A total is exact up to here; beyond it the answer says that there are more."""


class SortBy(msgspec.Struct, frozen=True):
    """The expression that orders a list, never null so that a cursor can compare it, and the type of its values."""

    expression: str
    cast: str


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """What a list is made of.

    `source` is what stands after `from`, `id` the unique column of its rows, `columns` what is read for the rows of one page
    alone, `search` the condition that free text becomes.
    """

    source: str
    id: str
    columns: str
    sorts: Mapping[str, SortBy]
    search: Callable[[str], Fragment]
    fields: Mapping[str, Field] = msgspec.field(default_factory=dict)


class Within(msgspec.Struct, frozen=True):
    """Which part of the source is listed, and values that `columns` asks for."""

    condition: str = "true"
    values: list[Any] = msgspec.field(default_factory=list)
    column_values: list[Any] = msgspec.field(default_factory=list)


class Rows(msgspec.Struct, frozen=True):
    """One page. When `total_is_exact` is false there are more than `total`."""

    rows: list[Row]
    total: int
    total_is_exact: bool
    next_cursor: str | None


EVERYTHING_OF_IT = Within()


async def list_rows(
    db: Handle, listing: Listing, criteria: Criteria, within: Within = EVERYTHING_OF_IT
) -> Rows:
    """The page that is asked for, and the total of all that match.

    Raises DomainError for an unknown field or order, a bad cursor, or an offset beyond OFFSET_BOUND that is not past the end.
    """
    page = criteria.page
    beyond = page.offset > OFFSET_BOUND
    if beyond:
        page = msgspec.structs.replace(page, limit=0, offset=0)
    query, params = _statement(listing, msgspec.structs.replace(criteria, page=page), within)
    rows = await db.all(query, params)
    counted = cast("int", rows[0][0])
    total, exact = min(counted, COUNT_BOUND), counted <= COUNT_BOUND
    if beyond:
        if not exact:
            raise _invalid(
                "page", f"reaches beyond row {OFFSET_BOUND}; go on with `cursor`, which has no bound"
            )
        return Rows([], total, exact, None)
    found = [row for row in rows if row[2] is not None]
    shown = found[: page.limit]
    cursor = _cursor_after(criteria.sort, shown[-1]) if len(found) > len(shown) else None
    return Rows([row[3:] for row in shown], total, exact, cursor)


def with_raw(row: Row) -> list[Any]:
    """The row with its last column, JSON as text, ready to stand in an answer as it is."""
    return [*row[:-1], msgspec.Raw(row[-1].encode())]


def one_statement(listing: Listing, condition: str) -> Query:
    """The statement that reads a single row with the columns of a list; `condition` brings its own parameters."""
    return cast("Query", f"select {listing.columns} from {listing.source} where {condition}")


def _statement(listing: Listing, criteria: Criteria, within: Within) -> tuple[Query, list[Any]]:
    order = listing.sorts.get(criteria.sort.field)
    if order is None:
        raise _invalid("sortBy", f"must be one of {', '.join(listing.sorts)}")
    direction = "desc" if criteria.sort.descending else "asc"
    condition, values = _condition(listing, criteria, within)
    after, after_values = _after(listing, order, criteria)
    # The two numbers stand in the text: a plan that is made without knowing them would sort the whole list to show its beginning.
    statement = f"""
        select total.n, page.sort_value, page.id, decorated.*
        from (
            select count(*) as n
            from (select from {listing.source} where {condition} limit {COUNT_BOUND + 1}) matching
        ) total
        left join (
            select {listing.id} as id, {order.expression} as sort_value
            from {listing.source}
            where {condition}{after}
            order by {order.expression} {direction}, {listing.id} {direction}
            limit {int(criteria.page.limit) + 1}
            offset {int(criteria.page.offset)}
        ) page on true
        left join lateral (
            select {listing.columns}
            from {listing.source}
            where {listing.id} = page.id
              and ({within.condition})
        ) decorated on true
        order by page.sort_value {direction}, page.id {direction}
    """
    return cast("Query", statement), [*values, *values, *after_values, *within.column_values, *within.values]


def _condition(listing: Listing, criteria: Criteria, within: Within) -> Fragment:
    text, values = to_sql(criteria.where, listing.fields)
    condition = f"({within.condition}) and ({text})"
    values = [*within.values, *values]
    if criteria.search is not None:
        sought, sought_values = listing.search(criteria.search)
        return f"{condition} and ({sought})", values + sought_values
    return condition, values


def _after(listing: Listing, order: SortBy, criteria: Criteria) -> Fragment:
    if criteria.page.cursor is None:
        return "", []
    position = decode_cursor(criteria.page.cursor, criteria.sort)
    sign = "<" if criteria.sort.descending else ">"
    if order.cast == "uuid":
        return f" and {listing.id} {sign} %s", [position.id]
    return f" and ({order.expression}, {listing.id}) {sign} (%s::{order.cast}, %s)", [
        position.value,
        position.id,
    ]


def _cursor_after(sort: Sort, row: Row) -> str:
    return encode_cursor(Position(sort.field, sort.descending, str(row[1]), row[2]))


def _invalid(field: str, problem: str) -> DomainError:
    return DomainError(Kind.INVALID, "validation_error", f"{field} {problem}.", {field: problem})
