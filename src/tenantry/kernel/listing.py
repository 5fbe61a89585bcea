"""One page of a list with its total, in one statement. A query declares a `Listing` and asks for rows of it.

A list whose statement is of another kind makes that itself and leaves to `list_page` what all lists have in common: how deep
a page may lie, what is shown of the rows, and where a cursor goes on.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeVar, cast

import msgspec

from tenantry.kernel.criteria import (
    Criteria,
    Field,
    Fragment,
    Page,
    Position,
    Sort,
    bad_cursor,
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


Statement = tuple[Query, list[Any]]


class SortBy(msgspec.Struct, frozen=True):
    """The expression that orders a list, never null so that a cursor can compare it, and the type of its values."""

    expression: str
    cast: str


AnySort = TypeVar("AnySort", bound=SortBy)


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
    page = await list_page(db, criteria, lambda asked: _statement(listing, asked, within))
    return msgspec.structs.replace(page, rows=[row[3:] for row in page.rows])


async def list_page(
    db: Handle, criteria: Criteria, make: Callable[[Criteria], Statement], *, counts_all: bool = False
) -> Rows:
    """The page of a statement that `make` gives, whose rows are handed over whole.

    Each of them begins with the total, the value that orders it and its id; where the page is empty there is one row with the
    total alone. The statement asks for one row more than `limit`, so that the end is known, and counts up to COUNT_BOUND + 1;
    with `counts_all` it counts to the end. Raises DomainError for an offset beyond OFFSET_BOUND that is not past the end.
    """
    page = criteria.page
    beyond = page.offset > OFFSET_BOUND
    if beyond:
        criteria = msgspec.structs.replace(criteria, page=Page(0))
    rows = await db.all(*make(criteria))
    counted = cast("int", rows[0][0])
    exact = counts_all or counted <= COUNT_BOUND
    total = counted if exact else COUNT_BOUND
    if beyond:
        if not exact or page.offset < total:
            raise _invalid(
                "page", f"reaches beyond row {OFFSET_BOUND}; go on with `cursor`, which has no bound"
            )
        return Rows([], total, exact, None)
    found = [row for row in rows if row[2] is not None]
    shown = found[: page.limit]
    cursor = _cursor_after(criteria.sort, shown[-1]) if len(found) > len(shown) else None
    return Rows(shown, total, exact, cursor)


def chosen_order(sorts: Mapping[str, AnySort], sort: Sort) -> AnySort:
    """The order that is asked for. Raises DomainError naming those there are."""
    order = sorts.get(sort.field)
    if order is None:
        raise _invalid("sortBy", f"must be one of {', '.join(sorts)}")
    return order


def ordering(order: SortBy, row_id: str, sort: Sort) -> str:
    """What stands after `order by`; the id decides between equal values."""
    direction = "desc" if sort.descending else "asc"
    return f"{order.expression} {direction}, {row_id} {direction}"


def after_cursor(order: SortBy, row_id: str, criteria: Criteria) -> Fragment:
    """What the rows behind the cursor meet, to follow another condition; nothing without a cursor."""
    if criteria.page.cursor is None:
        return "", []
    position = decode_cursor(criteria.page.cursor, criteria.sort)
    sign = "<" if criteria.sort.descending else ">"
    if order.cast == "uuid":
        return f" and {row_id} {sign} %s", [position.id]
    value = _value(position, order.cast)
    return f" and ({order.expression}, {row_id}) {sign} (%s::{order.cast}, %s)", [value, position.id]


def _value(position: Position, cast_to: str) -> object:
    text = position.value
    try:
        # PostgreSQL's texts hold no zero byte.
        if text is not None and "\0" not in text:
            return _READERS.get(cast_to, str)(text)
    except ValueError:
        pass
    raise bad_cursor("is not a cursor that this server gave")


_READERS: Mapping[str, Callable[[str], object]] = {"timestamptz": datetime.fromisoformat, "integer": int}


def with_raw(row: Row) -> list[Any]:
    """The row with its last column, JSON as text, ready to stand in an answer as it is."""
    return [*row[:-1], stored_json(row[-1])]


def stored_json(text: str) -> msgspec.Raw:
    """JSON that PostgreSQL has made, ready to stand in an answer, and without white space as the rest of that."""
    return msgspec.Raw(msgspec.json.format(text.encode(), indent=-1))


def one_statement(listing: Listing, condition: str) -> Query:
    """The statement that reads a single row with the columns of a list; `condition` brings its own parameters."""
    return cast("Query", f"select {listing.columns} from {listing.source} where {condition}")


def _statement(listing: Listing, criteria: Criteria, within: Within) -> Statement:
    order = chosen_order(listing.sorts, criteria.sort)
    direction = "desc" if criteria.sort.descending else "asc"
    condition, values = _condition(listing, criteria, within)
    after, after_values = after_cursor(order, listing.id, criteria)
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
            order by {ordering(order, listing.id, criteria.sort)}
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


def _cursor_after(sort: Sort, row: Row) -> str:
    value = None if row[1] == row[2] else str(row[1])
    return encode_cursor(Position(sort.field, sort.descending, value, row[2]))


def _invalid(field: str, problem: str) -> DomainError:
    return DomainError(Kind.INVALID, "validation_error", f"{field} {problem}.", {field: problem})
