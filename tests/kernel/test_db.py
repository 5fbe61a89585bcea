"""A database that goes away: what the caller is told, and that the next unit of work finds a living connection."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import psycopg
import pytest
import pytest_asyncio
from psycopg import sql

from tenantry.kernel.clock import FrozenClock
from tenantry.kernel.db import DatabaseBusy, connection
from tenantry.kernel.work import system_work
from tests.support.database import run_as_owner
from tests.support.makers import Home, make_home
from tests.support.running import as_owner, committing

pytestmark = pytest.mark.asyncio

END_ALL = """
    select pg_terminate_backend(pid, 5000)
    from pg_stat_activity
    where datname = current_database()
      and pid <> pg_backend_pid()
"""


@pytest_asyncio.fixture
async def home(own_database: str, clock: FrozenClock) -> AsyncIterator[Home]:
    async with committing(own_database, clock) as works:
        yield await make_home(works)


async def name_of(home: Home) -> str:
    async with home.works.read(home.opener()) as work:
        return str(await work.db.value("select name from tenants"))


async def test_a_connection_lost_between_statements_is_a_busy_server(home: Home, own_database: str) -> None:
    with pytest.raises(DatabaseBusy) as refused:  # noqa: PT012 - the whole block is the unit of work
        async with home.works.read(home.opener()) as work:
            await as_owner(own_database, END_ALL)
            await work.db.value("select 1")
    assert (refused.value.code, refused.value.retry_after) == ("server_busy", 1)
    assert await name_of(home) == "Acme"


async def test_a_connection_lost_while_a_statement_runs_is_a_busy_server(
    home: Home, own_database: str
) -> None:
    async def sleep() -> None:
        async with home.works.write(home.opener()) as work:
            await work.db.run("select pg_sleep(60)")

    asleep = asyncio.create_task(sleep())
    await asyncio.sleep(0.2)
    await as_owner(own_database, END_ALL)
    with pytest.raises(DatabaseBusy):
        await asleep
    assert await name_of(home) == "Acme"


async def test_a_connection_lost_before_the_commit_is_a_busy_server_and_stores_nothing(
    home: Home, own_database: str
) -> None:
    with pytest.raises(DatabaseBusy):  # noqa: PT012 - the whole block is the unit of work
        async with home.works.write(home.opener()) as work:
            await work.db.run("update tenants set name = 'Changed'")
            await as_owner(own_database, END_ALL)
    assert await name_of(home) == "Acme"


async def test_a_connection_lost_before_begin_is_a_busy_server(home: Home, own_database: str) -> None:
    with pytest.raises(DatabaseBusy):  # noqa: PT012 - the whole block is the unit of work
        async with connection(home.works.database.writer) as conn:
            await as_owner(own_database, END_ALL)
            async with conn.transaction():
                pass
    with pytest.raises(DatabaseBusy):
        async with system_work(home.works.database.system, home.works.clock):
            await as_owner(own_database, END_ALL)


async def test_a_connection_lost_in_the_middle_of_a_stream_is_a_busy_server(
    home: Home, own_database: str
) -> None:
    seen = 0
    with pytest.raises(DatabaseBusy):  # noqa: PT012 - the whole block is the unit of work
        async with home.works.read(home.opener()) as work:
            async for _ in work.db.stream("select generate_series(1, 1000)", size=10):
                seen += 1
                if seen == 5:
                    await as_owner(own_database, END_ALL)
    assert seen == 10
    assert await name_of(home) == "Acme"


async def test_connections_that_died_while_idle_are_replaced_unnoticed(home: Home, own_database: str) -> None:
    async def one() -> str:
        async with home.works.read(home.opener()) as work:
            await work.db.run("select pg_sleep(0.05)")
            return str(await work.db.value("select name from tenants"))

    await asyncio.gather(*(one() for _ in range(8)))
    await as_owner(own_database, END_ALL)
    async with asyncio.timeout(5):
        assert await asyncio.gather(*(one() for _ in range(20))) == ["Acme"] * 20


async def test_a_reader_who_finds_no_free_connection_is_told_that_the_server_is_busy(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = home.works.database.reader
    held = [await reader.getconn() for _ in range(reader.max_size)]
    with monkeypatch.context() as hasty:
        hasty.setattr(reader, "timeout", 0.05)
        with pytest.raises(DatabaseBusy):
            await name_of(home)
    for conn in held:
        await reader.putconn(conn)
    assert await name_of(home) == "Acme"


async def test_a_fault_of_the_program_stays_one(home: Home) -> None:
    with pytest.raises(psycopg.errors.UndefinedTable):
        async with home.works.read(home.opener()) as work:
            await work.db.all("select * from no_such_table")


@pytest.mark.slow
async def test_a_database_that_was_away_for_long_is_found_again_in_a_moment(
    own_database: str, clock: FrozenClock
) -> None:
    """Nobody is let into this one database for a while: to stop the server would disturb the other tests."""
    async with committing(own_database, clock) as works:
        home = await make_home(works)
        await admit(own_database, allowed=False)
        works.database.reader.timeout = 0.2
        for _ in range(8):
            with pytest.raises(DatabaseBusy):
                await name_of(home)
            await asyncio.sleep(0.8)
        # In a round of attempts the pauses are of 2 seconds at most; had they gone on doubling, the one under way would be of 8.
        # Whoever asks in the very moment in which a round is given up waits in vain, and the next begins another.
        works.database.reader.timeout = 2.5
        await admit(own_database, allowed=True)
        with suppress(DatabaseBusy):
            await name_of(home)
        assert await name_of(home) == "Acme"


async def admit(conninfo: str, *, allowed: bool) -> None:
    """Lets everybody into the database, or nobody, and then ends who is in it."""
    name = str(psycopg.conninfo.conninfo_to_dict(conninfo)["dbname"])
    statement = sql.SQL("alter database {} allow_connections {}")
    run_as_owner(conninfo, statement.format(sql.Identifier(name), sql.Literal(allowed)))
    if not allowed:
        end_all = sql.SQL("select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = {}")
        run_as_owner(conninfo, end_all.format(sql.Literal(name)))
