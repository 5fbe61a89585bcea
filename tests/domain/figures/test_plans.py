"""How the database finds the figures, as the application role: under its policy only leakproof comparisons reach an index."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import msgspec
import psycopg
import pytest
import pytest_asyncio

from tenantry.app.generate import generate_users
from tenantry.domain.figures.actions import fold_daily_figures, note_people
from tenantry.domain.figures.model import RECENT_ACTIONS, Precision
from tenantry.domain.figures.people import LIVE_BOUND
from tenantry.domain.figures.queries import COUNTS, RECENT, TAIL_BOUND, _values, get_figures
from tenantry.domain.rollups.actions import fold_user_counts
from tenantry.kernel.clock import SystemClock
from tenantry.kernel.db import APP_ROLE, Query
from tests.conftest import NOW
from tests.support import database
from tests.support.makers import Home, make_home
from tests.support.plans import Scan, explain, whole_table
from tests.support.running import committing, task_env

PEOPLE = EVENTS = 1_000_000
# Each state from an index of its own, the lockouts beside the people, and the deleted.
PLACES = 10
CHUNK = 50_000
SIGN_INS = """
    insert into events (id, occurred_at, type, actor_kind, actor_id, target_id)
    select gen_random_uuid(), now() - n * interval '4 seconds', 'user.signed_in', 'user', who, who
    from (select n, gen_random_uuid() as who from generate_series(%s, %s) n) people
"""
EXPIRED = """
    insert into invitations (id, email, email_key, created_at, updated_at, expires_at)
    select gen_random_uuid(), n || '@example.com', n || '@example.com', now(), now(), now() - interval '1 day'
    from generate_series(1, %s) n
"""
BIG = {"users", "user_activity", "events_default", "invitations"}
OPTIONS = "-c random_page_cost=1.1 -c jit=off"


@pytest_asyncio.fixture
async def home(own_database: str) -> AsyncIterator[Home]:
    """In a database of its own: in the one that tests share, what they roll back leaves traces that a plan may depend on."""
    async with committing(own_database, SystemClock()) as works:
        yield await make_home(works)


async def plan(home: Home, statement: str, values: Any = ()) -> str:
    async with home.works.write(home.opener()) as work:
        # A small table is read whole or page by page, whatever indexes there are; so both are made to look dear.
        await work.db.run("set local enable_seqscan = off")
        await work.db.run("set local enable_bitmapscan = off")
        assert await work.db.value("select current_user") == "tenantry_app"
        rows = await work.db.all(cast("Query", f"explain {statement}"), values)
    return "\n".join(row[0] for row in rows)


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "index",
    [
        "users_disabled", "users_blocked", "users_locked", "users_valid_until", "users_password_pending", "users_email_pending",
        "users_phone_pending", "users_deleted", "user_activity_locked_out", "daily_figures_pkey",
    ],
)  # fmt: skip
async def test_each_figure_reads_the_index_that_holds_nothing_else(home: Home, index: str) -> None:
    assert f"using {index} on" in await plan(home, COUNTS, _values(NOW, 30))


@pytest.mark.asyncio
async def test_what_no_roll_up_has_counted_is_found_by_its_time(home: Home) -> None:
    found = await plan(home, COUNTS, _values(NOW, 30))
    # The partition for events of no month is empty, so that one index of it costs what the other does.
    months = [scan for scan in found.split("->") if "on events_2" in scan]
    assert months
    assert all("Index Cond:" in scan and "occurred_at >= m" in scan for scan in months), found
    assert not any("Filter:" in scan for scan in months), found


@pytest.mark.asyncio
async def test_recent_actions_are_read_from_an_index_of_their_own(home: Home) -> None:
    found = await plan(home, RECENT)
    assert "using events_default_tenant_id_occurred_at_id_idx on events_default" in found, found
    assert "Sort  (" not in found


class Crowd(msgspec.Struct, frozen=True):
    """A database with a tenant of a million people and a million sign-ins."""

    owner: str
    tenant_id: UUID


@pytest.fixture(scope="module")
def crowd(server_conninfo: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crowd]:
    with database.clone(server_conninfo) as owner:
        tenant_id = asyncio.run(_fill(owner, tmp_path_factory.mktemp("figures")))
        with psycopg.connect(owner, autocommit=True) as conn:
            conn.execute("vacuum analyze")
        yield Crowd(owner, tenant_id)


async def _fill(owner: str, folder: Path) -> UUID:
    async with committing(owner, SystemClock()) as works:
        home = await make_home(works)
        await generate_users(works, home.slug, PEOPLE, lambda _: None)
        for start in range(0, EVENTS, CHUNK):
            async with works.write(home.opener()) as work:
                await work.db.run(SIGN_INS, (start + 1, start + CHUNK))
        async with works.write(home.opener()) as work:
            await work.db.run("update tenants set created_at = created_at - interval '60 days'")
            await work.db.run(EXPIRED, (CHUNK,))
        env = task_env(works, folder)
        await fold_user_counts(env)
        assert await fold_daily_figures(env) > EVENTS - TAIL_BOUND
        async with works.write(home.opener()) as work:
            await note_people(work)
    return home.id


@pytest.fixture
def app(crowd: Crowd) -> Iterator[psycopg.Connection[Any]]:
    conninfo = database.login(crowd.owner, APP_ROLE)
    with psycopg.connect(conninfo, autocommit=True, options=OPTIONS) as conn:
        conn.execute("select set_config('app.tenant', %s, false)", (str(crowd.tenant_id),))
        yield conn


def rows_read(found: list[Scan]) -> float:
    assert not [scan for scan in whole_table(found) if scan.table in BIG]
    return sum(scan.rows for scan in found)


@pytest.mark.slow
def test_the_counts_of_a_million_people_and_sign_ins_look_at_a_bounded_number_of_rows(
    app: psycopg.Connection[Any],
) -> None:
    values = cast("Any", _values(datetime.now(UTC), 30))
    assert rows_read(explain(app, cast("Query", COUNTS), values)) < 2 * PLACES * LIVE_BOUND


@pytest.mark.slow
def test_recent_actions_among_a_million_sign_ins_are_found_at_once(app: psycopg.Connection[Any]) -> None:
    assert rows_read(explain(app, cast("Query", RECENT), ())) <= RECENT_ACTIONS


@pytest.mark.slow
@pytest.mark.asyncio
async def test_the_figures_of_a_million_people_add_up(crowd: Crowd) -> None:
    async with committing(crowd.owner, SystemClock()) as works:
        home = Home(works, crowd.tenant_id, "", "")
        async with works.read(home.opener()) as work:
            found = await get_figures(work, 100)
        async with works.read(home.opener()) as work:
            people = await work.db.value("select count(*) from users where deleted_at is null")
    assert found.people is not None
    assert found.days is not None
    assert found.people.total == people
    assert found.people.states["suspended"].precision is Precision.RECENT
    assert sum(day.sign_ins for day in found.days) == EVENTS
