"""Lists: how far pages go, and how far totals are exact."""

from typing import cast
from uuid import UUID

import pytest

from tenantry.kernel.criteria import EVERYTHING, Criteria, Page, Position, Sort, encode_cursor
from tenantry.kernel.db import Database, Handle, Query, connection
from tenantry.kernel.errors import DomainError, Kind
from tenantry.kernel.listing import (
    COUNT_BOUND,
    OFFSET_BOUND,
    Listing,
    Rows,
    SortBy,
    Statement,
    Within,
    list_page,
    list_rows,
)

pytestmark = pytest.mark.asyncio
NUMBERS = Listing(
    source="generate_series(1, 120000) as s(n)",
    id="lpad(s.n::text, 32, '0')::uuid",
    columns="s.n, 2 * s.n",
    sorts={"number": SortBy("s.n", "integer")},
    search=lambda text: ("s.n::text = %s", [text]),
)


async def numbers(db: Database, page: Page, below: int = 120_001, search: str | None = None) -> Rows:
    async with connection(db.reader) as conn:
        criteria = Criteria(EVERYTHING, Sort("number"), page, search)
        return await list_rows(Handle(conn), NUMBERS, criteria, Within("s.n < %s", [below]))


async def test_a_page_has_its_rows_and_says_where_to_go_on(db: Database) -> None:
    first = await numbers(db, Page(2), below=4)
    assert (first.rows, first.total, first.total_is_exact) == ([(1, 2), (2, 4)], 3, True)
    assert first.next_cursor is not None
    last = await numbers(db, Page(2, cursor=first.next_cursor), below=4)
    assert (last.rows, last.total, last.next_cursor) == ([(3, 6)], 3, None)


async def test_a_page_that_is_just_full_has_no_next_one(db: Database) -> None:
    assert (await numbers(db, Page(3), below=4)).next_cursor is None


async def test_a_total_is_exact_up_to_the_bound_and_says_so(db: Database) -> None:
    exact = await numbers(db, Page(1), below=COUNT_BOUND + 1)
    assert (exact.total, exact.total_is_exact) == (COUNT_BOUND, True)
    more = await numbers(db, Page(1), below=COUNT_BOUND + 2)
    assert (more.total, more.total_is_exact) == (COUNT_BOUND, False)


async def test_a_page_past_the_end_is_empty_however_far(db: Database) -> None:
    for offset in (20, 10**9, 2**63 * 100):
        far = await numbers(db, Page(20, offset), below=4)
        assert (far.rows, far.total, far.next_cursor) == ([], 3, None)


async def test_a_page_far_inside_a_great_list_is_refused_in_favour_of_the_cursor(db: Database) -> None:
    assert (await numbers(db, Page(1, OFFSET_BOUND))).rows == [(OFFSET_BOUND + 1, 2 * OFFSET_BOUND + 2)]
    with pytest.raises(DomainError) as refused:
        await numbers(db, Page(1, OFFSET_BOUND + 1))
    assert refused.value.kind is Kind.INVALID
    assert "cursor" in refused.value.fields["page"]


@pytest.mark.parametrize("value", [None, "nonsense", "7\0", ""])
async def test_a_cursor_with_a_value_of_another_kind_is_refused(db: Database, value: str | None) -> None:
    cursor = encode_cursor(Position("number", False, value, UUID(int=7)))
    with pytest.raises(DomainError) as refused:
        await numbers(db, Page(1, cursor=cursor))
    assert list(refused.value.fields) == ["cursor"]


async def everything(db: Database, page: Page) -> Rows:
    """The numbers by a statement of one's own that counts them all."""

    def statement(asked: Criteria) -> Statement:
        return cast(
            "Query",
            f"""
            select 120000, s.n, lpad(s.n::text, 32, '0')::uuid, 2 * s.n
            from (select) as total
            left join (
                select *
                from generate_series(1, 120000) n
                order by n
                limit {asked.page.limit + 1}
                offset {asked.page.offset}) s on true
            """,
        ), []

    async with connection(db.reader) as conn:
        return await list_page(
            Handle(conn), Criteria(EVERYTHING, Sort("number"), page), statement, counts_all=True
        )


async def test_a_statement_of_ones_own_hands_over_its_rows_whole_and_may_count_them_all(db: Database) -> None:
    found = await everything(db, Page(1, 2))
    assert found.rows == [(120_000, 3, UUID("00000000-0000-0000-0000-000000000003"), 6)]
    assert (found.total, found.total_is_exact, found.next_cursor is None) == (120_000, True, False)


async def test_a_list_that_counts_all_knows_where_its_end_is(db: Database) -> None:
    assert (await everything(db, Page(1, 120_000))) == Rows([], 120_000, True, None)
    with pytest.raises(DomainError, match="cursor"):
        await everything(db, Page(1, 119_999))


async def test_a_search_narrows_page_and_total(db: Database) -> None:
    found = await numbers(db, Page(20), search="7")
    assert (found.rows, found.total) == ([(7, 14)], 1)


async def test_an_unknown_order_is_refused_naming_those_there_are(db: Database) -> None:
    async with connection(db.reader) as conn:
        with pytest.raises(DomainError) as refused:
            await list_rows(Handle(conn), NUMBERS, Criteria(EVERYTHING, Sort("x"), Page(1)))
    assert refused.value.fields == {"sortBy": "must be one of number"}
