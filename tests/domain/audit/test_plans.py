"""How the database finds entries, asked as the application role: under its policy only leakproof comparisons reach an index."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import cast

import pytest
import pytest_asyncio

from tenantry.domain.audit.queries import NEWEST_FIRST, list_statement
from tenantry.kernel.clock import FrozenClock
from tenantry.kernel.criteria import AllOf, Compare, Criteria, Node, Op, Page, Position, encode_cursor
from tenantry.kernel.db import Query
from tenantry.kernel.ids import new_id
from tests.support.makers import Home, make_home
from tests.support.running import committing

pytestmark = pytest.mark.asyncio
ACTIONS = ["user.created", "user.updated"]
LONG_AGO = datetime(2001, 1, 1, tzinfo=UTC)


@pytest_asyncio.fixture
async def home(own_database: str, clock: FrozenClock) -> AsyncIterator[Home]:
    """In a database of its own: in the one that tests share, what they roll back leaves traces that a plan may depend on."""
    async with committing(own_database, clock) as works:
        yield await make_home(works)


async def plan(home: Home, *where: Node, cursor: str | None = None) -> str:
    statement, params = list_statement(Criteria(AllOf(where), NEWEST_FIRST, Page(20, cursor=cursor)), ACTIONS)
    async with home.works.write(home.opener()) as work:
        # A small table is read whole or page by page, whatever indexes there are; so both are made to look dear.
        await work.db.run("set local enable_seqscan = off")
        await work.db.run("set local enable_bitmapscan = off")
        assert await work.db.value("select current_user") == "tenantry_app"
        rows = await work.db.all(cast("Query", f"explain {statement}"), params)
    return "\n".join(row[0] for row in rows)


@pytest.mark.parametrize(
    ("where", "index"),
    [
        ((), "events_default_pkey"),
        ((Compare("action", Op.EQ, "user.created"),), "events_default_tenant_id_type_occurred_at_id_idx"),
        ((Compare("action", Op.EQ, "user.*"),), "events_default_tenant_id_type_occurred_at_id_idx"),
        (
            (Compare("category", Op.EQ, "user_management"),),
            "events_default_tenant_id_type_occurred_at_id_idx",
        ),
        ((Compare("targetId", Op.EQ, new_id()),), "events_default_tenant_id_target_id_occurred_at_id_idx"),
        ((Compare("actorId", Op.EQ, new_id()),), "events_default_tenant_id_actor_id_occurred_at_id_idx"),
        ((Compare("outcome", Op.EQ, "denied"),), "events_default_tenant_id_outcome_occurred_at_id_idx"),
        ((Compare("ip", Op.EQ, "192.0.2.7"),), "events_default_tenant_id_ip_occurred_at_id_idx"),
    ],
)
async def test_each_filter_reads_its_own_index(home: Home, where: tuple[Node, ...], index: str) -> None:
    found = await plan(home, *where)
    assert re.search(f"Index Only Scan (Backward )?using {index} on events_default", found), found
    assert "Seq Scan" not in found


@pytest.mark.parametrize("where", [(), (Compare("action", Op.EQ, "user.created"),)])
async def test_a_cursor_goes_straight_to_its_place(home: Home, where: tuple[Node, ...]) -> None:
    cursor = encode_cursor(Position("timestamp", True, LONG_AGO.isoformat(), new_id()))
    found = await plan(home, *where, cursor=cursor)
    # The comparison with the cursor is part of what the index is entered with, not of what is thrown away after reading.
    assert "< ROW(" in found
    assert not any("< ROW(" in line for line in found.splitlines() if "Filter:" in line)


async def test_a_range_of_dates_leaves_the_partitions_of_other_months_out(home: Home) -> None:
    assert partitions_with_keys(await plan(home)) > {"events_default"}
    found = await plan(home, Compare("timestamp", Op.LE, home.works.clock.now()))
    assert partitions_with_keys(found) == {"events_default"}


def partitions_with_keys(found: str) -> set[str]:
    """Where the keys of a page are looked for; its entries are then got from their own partitions."""
    return set(re.findall(r"Index Only Scan .* on (events_\w+)", found))
