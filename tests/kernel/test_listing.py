"""Lists: how far pages go, and how far totals are exact."""

import pytest

from tenantry.kernel.criteria import EVERYTHING, Criteria, Page, Sort
from tenantry.kernel.db import Database, Handle, connection
from tenantry.kernel.errors import DomainError, Kind
from tenantry.kernel.listing import COUNT_BOUND, OFFSET_BOUND, Listing, Rows, SortBy, Within, list_rows

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


async def test_a_search_narrows_page_and_total(db: Database) -> None:
    found = await numbers(db, Page(20), search="7")
    assert (found.rows, found.total) == ([(7, 14)], 1)


async def test_an_unknown_order_is_refused_naming_those_there_are(db: Database) -> None:
    async with connection(db.reader) as conn:
        with pytest.raises(DomainError) as refused:
            await list_rows(Handle(conn), NUMBERS, Criteria(EVERYTHING, Sort("x"), Page(1)))
    assert refused.value.fields == {"sortBy": "must be one of number"}
