"""What those who watch the server are told, above all when it is busy or its database is not there."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import msgspec
import psycopg
import pytest
import pytest_asyncio

from tenantry.app.web import build
from tenantry.kernel import readiness
from tenantry.kernel.clock import FrozenClock
from tenantry.kernel.work import Works
from tenantry.surfaces.kit.services import Services
from tests.support.running import as_owner, committing

pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture
async def works(own_database: str, clock: FrozenClock) -> AsyncIterator[Works]:
    async with committing(own_database, clock) as works:
        yield works


@pytest_asyncio.fixture
async def client(services: Services, works: Works) -> AsyncIterator[httpx.AsyncClient]:
    app = build(msgspec.structs.replace(services, works=works))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://localhost") as made:  # type: ignore[arg-type]
        yield made


async def test_a_server_whose_readers_are_all_taken_is_ready(client: httpx.AsyncClient, works: Works) -> None:
    reader = works.database.reader
    held = [await reader.getconn() for _ in range(reader.max_size)]
    answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()) == (
        200,
        {"status": "ready", "checks": {"database": "ok", "migrations": "ok"}},
    )
    for conn in held:
        await reader.putconn(conn)


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
async def test_a_monitor_may_look_with_head(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.head(path)
    assert (answer.status_code, answer.content) == (200, b"")


async def test_many_who_ask_at_once_share_one_connection(
    client: httpx.AsyncClient, own_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # However slow the machine is.
    monkeypatch.setattr(readiness, "PATIENCE_SECONDS", 30.0)
    answers = await asyncio.gather(*(client.get("/readyz") for _ in range(50)))
    assert {answer.status_code for answer in answers} == {200}
    probes = (
        "select count(*) from pg_stat_activity where datname = current_database() and application_name = %s"
    )
    assert await as_owner(own_database, probes, "tenantry probe") == [(1,)]


async def test_a_database_that_is_silent_is_told_in_less_than_a_second(
    client: httpx.AsyncClient, own_database: str
) -> None:
    async with await psycopg.AsyncConnection.connect(own_database) as conn:
        await conn.execute("lock table alembic_version in access exclusive mode")
        async with asyncio.timeout(1):
            answer = await client.get("/readyz")
    assert (answer.status_code, answer.json()) == (
        503,
        {
            "status": "unavailable",
            "checks": {"database": "does not answer within 0.8 s", "migrations": "unknown"},
        },
    )
    assert answer.headers["cache-control"] == "no-store"
    assert (await client.get("/readyz")).status_code == 200


async def test_a_database_without_our_tables_is_told_apart_from_one_that_is_silent(
    client: httpx.AsyncClient, own_database: str
) -> None:
    await as_owner(own_database, "update alembic_version set version_num = '0000'")
    older = await client.get("/readyz")
    await as_owner(own_database, "drop table alembic_version")
    empty = await client.get("/readyz")
    for answer, revision in ((older, "0000"), (empty, "none")):
        assert answer.status_code == 503
        assert answer.json()["checks"]["database"] == "ok"
        assert f"at revision {revision}, this program needs" in answer.json()["checks"]["migrations"]
