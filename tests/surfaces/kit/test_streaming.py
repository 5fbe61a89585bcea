"""Answers that are sent while they are made: what happens at the end, at a fault, and when the caller goes."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

import msgspec
import pytest
import pytest_asyncio

from tenantry.app.web import build
from tenantry.kernel.clock import SystemClock
from tenantry.kernel.db import APP_ROLE, SYSTEM_ROLE, Database, make_database
from tenantry.kernel.work import Works
from tenantry.surfaces.kit.limits import Limits
from tenantry.surfaces.kit.services import Services
from tenantry.surfaces.kit.streaming import Streamed, begun
from tests.support.database import login
from tests.support.makers import Home, make_home

pytestmark = pytest.mark.asyncio
Message = dict[str, Any]


class Maker:
    """Makes chunks for ever, or until its fault, and remembers that it was closed."""

    def __init__(self, fault: Exception | None = None) -> None:
        self.closed = False
        self.fault = fault

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        try:
            yield b"first"
            if self.fault is not None:
                raise self.fault
            while True:
                await asyncio.sleep(0)
                yield b"more"
        finally:
            self.closed = True


class Caller:
    """Receives chunks and goes away after some of them."""

    def __init__(self, stays_for: int) -> None:
        self.left = asyncio.Event()
        self.sent: list[Message] = []
        self._stays_for = stays_for
        if stays_for == 0:
            self.left.set()

    async def receive(self) -> Any:
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        self.sent.append(message)
        if len(self.sent) >= self._stays_for:
            self.left.set()
            # What a connection does whose other end reads no more.
            await asyncio.Event().wait()


@pytest.mark.parametrize("stays_for", [0, 1, 2, 5])
async def test_a_caller_who_leaves_ends_the_maker(stays_for: int) -> None:
    maker, caller = Maker(), Caller(stays_for)
    answer = await begun(maker.chunks(), {"content-type": "text/plain"})
    await asyncio.wait_for(answer({}, caller.receive, caller.send), 5)  # type: ignore[arg-type]
    assert maker.closed


async def test_a_server_that_stops_ends_the_maker() -> None:
    maker, caller = Maker(), Caller(1_000_000)
    answer = await begun(maker.chunks(), {})
    running = asyncio.create_task(answer({}, caller.receive, caller.send))  # type: ignore[arg-type]
    while len(caller.sent) < 3:
        await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert maker.closed


async def test_a_fault_in_mid_stream_is_raised_and_never_ends_the_answer_well() -> None:
    maker, caller = Maker(RuntimeError("the database went away")), Caller(1_000_000)
    answer = await begun(maker.chunks(), {})
    with pytest.raises(RuntimeError, match="went away"):
        await answer({}, caller.receive, caller.send)  # type: ignore[arg-type]
    assert maker.closed
    assert all(message.get("more_body", True) for message in caller.sent)


async def test_a_caller_who_takes_nothing_for_long_loses_the_place() -> None:
    maker = Maker()

    async def stuck(message: Message) -> None:
        if message["type"] == "http.response.body":
            await asyncio.Event().wait()

    chunks = maker.chunks()
    answer = Streamed(await anext(chunks), chunks, {}, patience=0.01)
    with pytest.raises(TimeoutError):
        await answer({}, Caller(1_000_000).receive, stuck)  # type: ignore[arg-type]
    assert maker.closed


@pytest_asyncio.fixture
async def real(own_database: str) -> AsyncIterator[Database]:
    app, system = (login(own_database, role) for role in (APP_ROLE, SYSTEM_ROLE))
    database = make_database(app, system, 2)
    await database.open()
    yield database
    await database.close()


async def test_an_export_that_nobody_reads_on_gives_its_connection_back(
    real: Database, services: Services
) -> None:
    works = Works(real, SystemClock())
    home = await make_home(works)
    await fill(home, 5000)
    own = msgspec.structs.replace(services, clock=SystemClock(), works=works, limits=Limits())
    app = build(own)
    for stays_for in (1, 2, 4):
        caller = Caller(stays_for)
        await asyncio.wait_for(app(scope(home), caller.receive, caller.send), 10)  # type: ignore[arg-type]
        assert caller.sent[0]["status"] == 200
        assert caller.sent[-1].get("more_body", True)
        stats = real.reader.get_stats()
        assert stats["pool_available"] == stats["pool_size"]
    async with home.works.read(home.opener()) as work:
        assert await work.db.value("select count(*) from events where type = 'audit.exported'") == 3


async def fill(home: Home, count: int) -> None:
    async with home.works.write(home.opener()) as work:
        await work.db.run(
            """
            insert into events (id, occurred_at, type, actor_kind)
            select gen_random_uuid(), now() - interval '1 day', 'thing.happened', 'system'
            from generate_series(1, %s)
            """,
            (count,),
        )


def scope(home: Home) -> Message:
    path = f"/t/{home.slug}/api/v1/admin/audit-logs/export"
    return {
        "type": "http",
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"format=json",
        "headers": [(b"host", b"localhost"), (b"authorization", f"Bearer {home.key}".encode())],
        "client": ("127.0.0.1", 1),
        "server": ("localhost", 80),
        "scheme": "http",
        "http_version": "1.1",
        "root_path": "",
    }
