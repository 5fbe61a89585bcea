"""Among a million entries a page deep in the log reads keys out of an index, and the entries of its own rows alone."""

import asyncio
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import msgspec
import psycopg
import pytest

from tenantry.domain.audit.queries import NEWEST_FIRST, list_statement
from tenantry.kernel.clock import SystemClock
from tenantry.kernel.criteria import AllOf, Compare, Criteria, Op, Page
from tenantry.kernel.db import APP_ROLE
from tenantry.kernel.listing import COUNT_BOUND, OFFSET_BOUND
from tests.support import database
from tests.support.makers import make_home
from tests.support.plans import explain, plans_in_use
from tests.support.running import committing

pytestmark = pytest.mark.slow

ENTRIES = 1_000_000
LIMIT = 20
# The first is that of every second entry, the last that of one in 26.
ACTIONS = sorted(
    f"{target}.{deed}" for target in ("group", "role", "user") for deed in ("created", "removed", "updated")
)
OF_USERS = [action for action in ACTIONS if action.startswith("user.")]


class Log(msgspec.Struct, frozen=True):
    """A database with one tenant whose log has a million entries."""

    owner: str
    tenant_id: UUID


@pytest.fixture(scope="module")
def log(server_conninfo: str) -> Iterator[Log]:
    with database.clone(server_conninfo) as owner:
        tenant_id = asyncio.run(_found(owner))
        with psycopg.connect(owner, autocommit=True) as conn:
            conn.execute(
                """
                insert into events (tenant_id, id, occurred_at, type, actor_kind, target_id, data, personal)
                select %s, gen_random_uuid(), now() - n * interval '1 minute',
                    (%s::text[])[1 + floor(%s * power(random(), 3))::int], 'system', gen_random_uuid(),
                    jsonb_build_object('changes', md5(n::text)), jsonb_build_object('email', md5(n::text) || '@example.com')
                from generate_series(1, %s) n
                """,
                (tenant_id, ACTIONS, len(ACTIONS), ENTRIES),
            )
            conn.execute("vacuum analyze events")
        yield Log(owner, tenant_id)


async def _found(owner: str) -> UUID:
    async with committing(owner, SystemClock()) as works:
        return (await make_home(works)).id


@pytest.fixture
def app(log: Log) -> Iterator[psycopg.Connection[Any]]:
    """A connection as the application role, in the tenant."""
    with psycopg.connect(database.login(log.owner, APP_ROLE), autocommit=True) as conn:
        # As the application's own connections have it; the default is that of a turning disk.
        conn.execute("set random_page_cost = 1.1")
        conn.execute("select set_config('app.tenant', %s, false)", (str(log.tenant_id),))
        yield conn


@pytest.mark.parametrize("offset", [0, 20_000, OFFSET_BOUND])
@pytest.mark.parametrize(
    ("action", "merged"), [(None, 1), ("*", 1), ("user.*", len(OF_USERS)), (ACTIONS[0], 1)]
)
def test_only_keys_are_read_down_to_the_page(
    app: psycopg.Connection[Any], action: str | None, merged: int, offset: int
) -> None:
    where = AllOf(() if action is None else (Compare("action", Op.EQ, action),))
    query, params = list_statement(Criteria(where, NEWEST_FIRST, Page(LIMIT, offset)), ACTIONS)
    for found in (*plans_in_use(app, query, params), explain(app, query, params)):
        # The count takes the table in any order, and stops at its bound.
        of_keys = [scan for scan in found if scan.rows > COUNT_BOUND + 1]
        assert {scan.kind for scan in of_keys} <= {"Index Only Scan"}, of_keys
        assert sum(scan.rows for scan in found) <= COUNT_BOUND + merged * (offset + LIMIT) + 10 * LIMIT, found
    page = app.execute(query, params).fetchall()
    assert len([row for row in page if row[2] is not None]) == LIMIT + 1
