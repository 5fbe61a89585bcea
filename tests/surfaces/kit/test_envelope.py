"""The limit on how long a body may take, on a really listening server and in the words of the API."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import pytest_asyncio
from granian.constants import Interfaces
from granian.server.embed import Server
from litestar import Litestar, Request, post

from tenantry.surfaces.kit import envelope
from tenantry.surfaces.kit.envelope import Envelope
from tests.app.processes import free_port

pytestmark = pytest.mark.asyncio
PATIENCE = 0.5
HEAD = b"POST /length HTTP/1.1\r\nhost: localhost\r\n"


@post("/length")
async def length(request: Request[Any, Any, Any]) -> int:
    return len(await request.body())


@post("/left")
async def left(request: Request[Any, Any, Any]) -> str:
    """Reads the body, and then waits for the caller to leave for longer than a body may take."""
    await request.body()
    try:
        async with asyncio.timeout(2 * PATIENCE):
            return str((await request.receive())["type"])
    except TimeoutError:
        return "still there"


@pytest.fixture(autouse=True)
def short_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(envelope, "BODY_SECONDS", PATIENCE)


@pytest_asyncio.fixture
async def port() -> AsyncIterator[int]:
    port = free_port()
    app = Envelope(Litestar([length, left], openapi_config=None))
    server = Server(app, address="127.0.0.1", port=port, interface=Interfaces.ASGINL, log_enabled=False)
    serving = asyncio.create_task(server.serve())
    async with asyncio.timeout(10):
        while not serving.done() and not await answers(port):
            await asyncio.sleep(0.01)
    yield port
    server.stop()  # type: ignore[no-untyped-call]
    await asyncio.wait({serving})


async def answers(port: int) -> bool:
    try:
        async with connected(port):
            return True
    except OSError:
        return False


@asynccontextmanager
async def connected(port: int) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.close()


@pytest.mark.parametrize(
    ("header", "piece"),
    [(b"content-length: 1000\r\n\r\n", b"x"), (b"transfer-encoding: chunked\r\n\r\n", b"1\r\nx\r\n")],
)
async def test_a_body_that_trickles_in_is_refused_and_its_connection_ended(
    port: int, header: bytes, piece: bytes
) -> None:
    async with connected(port) as (reader, writer), asyncio.timeout(10):
        writer.write(HEAD + header)

        async def trickle() -> None:
            while True:
                writer.write(piece)
                await asyncio.sleep(PATIENCE / 10)

        trickling = asyncio.create_task(trickle())
        answer = await reader.readuntil(b"\r\n\r\n")
        trickling.cancel()
        await reader.read()
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"connection: close" in answer.lower()
    async with httpx.AsyncClient() as client:
        assert (await client.post(f"http://127.0.0.1:{port}/length", content=b"1234")).text == "4"


async def test_a_slow_body_that_is_in_time_is_read_to_its_end(port: int) -> None:
    async with connected(port) as (reader, writer), asyncio.timeout(10):
        writer.write(HEAD + b"content-length: 4\r\nconnection: close\r\n\r\n")
        for _ in range(4):
            writer.write(b"x")
            await asyncio.sleep(PATIENCE / 8)
        assert (await reader.read()).endswith(b"\r\n\r\n4")


async def test_after_the_body_nobody_is_hurried(port: int) -> None:
    async with httpx.AsyncClient() as client:
        assert (await client.post(f"http://127.0.0.1:{port}/left", content=b"1234")).text == "still there"


async def test_the_api_says_it_in_its_own_words(api: httpx.AsyncClient) -> None:
    async def never_ending() -> AsyncIterator[bytes]:
        yield b'{"email": '
        await asyncio.sleep(60)

    async with asyncio.timeout(10):
        answer = await api.post("/users", content=never_ending())
    assert answer.status_code == 408
    body = answer.json()
    assert (body["status"], body["code"]) == (408, "request_timeout")
    assert "within 0.5 seconds" in body["message"]
    assert (await api.get("/users")).json()["pagination"]["total"] == 0
