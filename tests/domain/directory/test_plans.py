"""Among a million people every list, get and search goes by an index, as the role that requests run under."""

import asyncio
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import msgspec
import psycopg
import pytest

from tenantry.app.generate import generate_users
from tenantry.domain.directory.fields import SORTS, STATUSES
from tenantry.domain.directory.queries import BY_EMAIL, BY_ID, NEWEST_FIRST, list_statement
from tenantry.kernel.clock import SystemClock
from tenantry.kernel.criteria import (
    EVERYTHING,
    Compare,
    Criteria,
    Node,
    Op,
    Page,
    Position,
    Sort,
    encode_cursor,
)
from tenantry.kernel.db import APP_ROLE, Query
from tenantry.kernel.listing import COUNT_BOUND
from tests.support import database
from tests.support.makers import make_home
from tests.support.plans import Scan, explain, plans_in_use, scans, whole_table
from tests.support.running import committing

pytestmark = pytest.mark.slow

PEOPLE = 1_000_000
DEPTH = PEOPLE * 9 // 10
LIMIT = 20
# What one page may make the database look at; a scan of the tenant would be a million rows.
FEW_ROWS = 2000
EVERY_SORT = [Sort(field, descending) for field in SORTS for descending in (False, True)]
# Where in each order the row after which to go on stands, as SQL: the order's value and the id.
NAMES = {"createdAt": "u.id", "updatedAt": "u.updated_at", "email": "u.email_key", "name": "u.name_key"}


class Crowd(msgspec.Struct, frozen=True):
    """A database with one tenant of a million people and one of a few."""

    owner: str
    tenant_id: UUID
    neighbour_id: UUID


@pytest.fixture(scope="module")
def crowd(server_conninfo: str) -> Iterator[Crowd]:
    with database.clone(server_conninfo) as owner:
        tenant_id, neighbour_id = asyncio.run(_fill(owner))
        with psycopg.connect(owner, autocommit=True) as conn:
            conn.execute(
                "insert into user_counts select tenant_id, sum(delta) from user_count_deltas group by 1"
            )
            conn.execute("delete from user_count_deltas")
            conn.execute("vacuum analyze")
        yield Crowd(owner, tenant_id, neighbour_id)


async def _fill(owner: str) -> tuple[UUID, UUID]:
    async with committing(owner, SystemClock()) as works:
        home = await make_home(works)
        neighbour = await make_home(works, "other-corp", "Other")
        await generate_users(works, home.slug, PEOPLE, lambda _: None)
        await generate_users(works, neighbour.slug, 1000, lambda _: None)
    return home.id, neighbour.id


@pytest.fixture
def app(crowd: Crowd) -> Iterator[psycopg.Connection[Any]]:
    """A connection as the application role, in the large tenant."""
    conninfo = database.login(crowd.owner, APP_ROLE)
    with psycopg.connect(conninfo, autocommit=True) as conn:
        _enter(conn, crowd.tenant_id)
        yield conn


def _enter(conn: psycopg.Connection[Any], tenant_id: UUID) -> None:
    # As the embedded server has it, whatever server the tests run on: the default is that of a turning disk.
    conn.execute("set random_page_cost = 1.1")
    conn.execute("select set_config('app.tenant', %s, false)", (str(tenant_id),))


def listing(
    sort: Sort = NEWEST_FIRST, where: Node = EVERYTHING, cursor: str | None = None
) -> tuple[Query, list[Any]]:
    return list_statement(Criteria(where, sort, Page(LIMIT, cursor=cursor)))


def assert_few_rows(conn: psycopg.Connection[Any], query: Query, params: list[Any]) -> list[Scan]:
    """No table of people is read as a whole, and few rows are looked at."""
    for plan in plans_in_use(conn, query, params):
        assert not [
            scan for scan in whole_table(plan) if scan.table in ("users", "user_activity", "user_roles")
        ]
    found = explain(conn, query, params)
    assert sum(scan.rows for scan in found) <= FEW_ROWS, found
    return found


def deep_cursor(crowd: Crowd, sort: Sort) -> str:
    """The cursor of the page that begins at DEPTH in this order."""
    direction = "desc" if sort.descending else "asc"
    value, joined = NAMES.get(sort.field), ""
    if sort.field == "lastLoginAt":
        value, joined = "coalesce(a.last_login_at, '1970-01-01Z')", "join user_activity a on a.user_id = u.id"
    query = f"""
        select ({value})::text, u.id
        from users u
        {joined}
        where u.tenant_id = %s
          and u.deleted_at is null
        order by {value} {direction}, u.id {direction}
        offset %s
        limit 1
    """
    with psycopg.connect(crowd.owner) as conn:
        row = conn.execute(query.encode(), (crowd.tenant_id, DEPTH)).fetchone()
    assert row is not None
    shown = None if sort.field == "createdAt" else row[0]
    return encode_cursor(Position(sort.field, sort.descending, shown, row[1]))


@pytest.mark.parametrize("sort", EVERY_SORT, ids=str)
def test_the_first_page_of_every_order_goes_by_an_index(app: psycopg.Connection[Any], sort: Sort) -> None:
    assert_few_rows(app, *listing(sort))


@pytest.mark.parametrize("sort", EVERY_SORT, ids=str)
def test_a_page_deep_in_every_order_goes_by_an_index(
    crowd: Crowd, app: psycopg.Connection[Any], sort: Sort
) -> None:
    query, params = listing(sort, cursor=deep_cursor(crowd, sort))
    found = assert_few_rows(app, query, params)
    near = sum(scan.rows for scan in explain(app, *listing(sort)))
    assert sum(scan.rows for scan in found) <= 1.5 * near
    page = app.execute(query, params).fetchall()
    assert len([row for row in page if row[2] is not None]) == LIMIT + 1


@pytest.mark.parametrize("status", STATUSES)
def test_every_status_goes_by_an_index_or_stops_at_the_bound_of_its_count(
    app: psycopg.Connection[Any], status: str
) -> None:
    query, params = listing(where=Compare("status", Op.EQ, status))
    for plan in plans_in_use(app, query, params):
        # Where nearly everybody has the status, the table in its own order gives COUNT_BOUND matches soonest.
        through = [
            scan for scan in whole_table(plan) if scan.table == "users" and scan.rows > 2 * COUNT_BOUND
        ]
        assert not through, plan
    found = explain(app, query, params)
    # The count beside the page stops at its bound, so nothing reads as many as a tenth of the people.
    assert sum(scan.rows for scan in found) <= PEOPLE / 10


def test_a_user_is_got_by_the_primary_key(crowd: Crowd, app: psycopg.Connection[Any]) -> None:
    found = assert_few_rows(app, BY_ID, [_somebody(crowd)[0]])
    assert "users_pkey" in {scan.index for scan in found}


def test_a_user_is_got_by_the_unique_index_of_addresses(crowd: Crowd, app: psycopg.Connection[Any]) -> None:
    found = assert_few_rows(app, BY_EMAIL, [_somebody(crowd)[1]])
    assert "users_email_key" in {scan.index for scan in found}


def test_the_total_is_exact_and_looks_at_no_person(crowd: Crowd, app: psycopg.Connection[Any]) -> None:
    query, params = listing()
    rows = app.execute(query, params).fetchall()
    with psycopg.connect(crowd.owner) as conn:
        counted = conn.execute(
            "select count(*) from users where tenant_id = %s and deleted_at is null", (crowd.tenant_id,)
        ).fetchone()
    assert counted is not None
    assert rows[0][0] == counted[0]


def _somebody(crowd: Crowd) -> tuple[UUID, str]:
    with psycopg.connect(crowd.owner) as conn:
        row = conn.execute(
            """
            select id, email_key
            from users
            where tenant_id = %s
              and deleted_at is null
            order by id
            offset 1000
            limit 1
            """,
            (crowd.tenant_id,),
        ).fetchone()
    assert row is not None
    return row[0], row[1]


class Nested:
    """The plans of all statements that run inside functions, which auto_explain tells."""

    def __init__(self, owner: str, tenant_id: UUID) -> None:
        self._plans: list[dict[str, Any]] = []
        self.conn = psycopg.connect(owner, autocommit=True)
        self.conn.add_notice_handler(self._heard)
        # Only a superuser may load the module; what is measured afterwards runs as the application role.
        self.conn.execute("load 'auto_explain'")
        for name, value in (
            ("log_min_duration", "0"),
            ("log_analyze", "on"),
            ("log_nested_statements", "on"),
            ("log_format", "json"),
            ("log_level", "notice"),
        ):
            self.conn.execute("select set_config(%s, %s, false)", (f"auto_explain.{name}", value))
        self.conn.execute(f"set session authorization {APP_ROLE}".encode())
        _enter(self.conn, tenant_id)

    def search(self, text: str) -> list[list[Scan]]:
        """The scans of each statement that one search runs, and the number of people found."""
        self._plans.clear()
        query, params = list_statement(Criteria(EVERYTHING, NEWEST_FIRST, Page(LIMIT), search=text))
        self.found = len([row for row in self.conn.execute(query, params).fetchall() if row[2] is not None])
        return [list(scans(plan)) for plan in self._plans]

    def _heard(self, diagnostic: psycopg.errors.Diagnostic) -> None:
        text = diagnostic.message_primary or ""
        if "plan:\n" in text:
            self._plans.append(msgspec.json.decode(text.partition("plan:\n")[2])["Plan"])


@pytest.fixture
def nested(crowd: Crowd) -> Iterator[Nested]:
    made = Nested(crowd.owner, crowd.tenant_id)
    yield made
    made.conn.close()


@pytest.mark.parametrize("text", ["iolanda", "e.barr", "neu", "giovanni", "jenkins"])
def test_a_substring_search_goes_by_the_trigram_index(nested: Nested, text: str) -> None:
    plans = nested.search(text)
    assert nested.found
    assert "users_search" in {scan.index for plan in plans for scan in plan}
    assert not [scan for plan in plans for scan in whole_table(plan) if scan.table == "users"]
    # The sample of the newest, and a few index entries more than there are matches.
    assert sum(scan.rows for plan in plans for scan in plan) <= PEOPLE / 50


@pytest.mark.parametrize("text", ["example.com", "an", "zz", "zzzzzz"])
def test_a_search_that_finds_very_many_or_nobody_reads_no_whole_table(nested: Nested, text: str) -> None:
    plans = nested.search(text)
    assert plans
    assert not [scan for plan in plans for scan in whole_table(plan) if scan.table == "users"]


def test_a_search_that_finds_everybody_stops_at_its_bound(nested: Nested) -> None:
    plans = nested.search("example.com")
    assert sum(scan.rows for plan in plans for scan in plan) <= PEOPLE / 10


def test_a_small_tenant_beside_it_searches_by_the_trigram_index_too(crowd: Crowd) -> None:
    nested = Nested(crowd.owner, crowd.neighbour_id)
    plans = nested.search("maria")
    assert not [scan for plan in plans for scan in whole_table(plan) if scan.table == "users"]
    assert sum(scan.rows for plan in plans for scan in plan) <= FEW_ROWS
    nested.conn.close()
