"""Fixtures of the browser tests. They live on one event loop with one browser; `on_one_loop` puts a test there."""

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from granian.constants import Interfaces
from granian.server.embed import Server
from playwright.async_api import Browser, Page, async_playwright

from tests.browser.gallery import gallery_app
from tests.browser.helpers import LOOKS, Look, Watch, launch, open_context

shared = pytest_asyncio.fixture(scope="session", loop_scope="session")
fresh = pytest_asyncio.fixture(loop_scope="session")


@shared
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await launch(playwright)
        yield browser
        await browser.close()


@fresh
async def watch_and_page(
    browser: Browser, request: pytest.FixtureRequest
) -> AsyncIterator[tuple[Watch, Page]]:
    look: Look = getattr(request, "param", LOOKS[0])
    context = await open_context(browser, look)
    watch = Watch(context)
    yield watch, await context.new_page()
    await context.close()


@pytest.fixture
def page(watch_and_page: tuple[Watch, Page]) -> Page:
    """A fresh page: light and 1280 px wide, unless the test is marked with `in_every_look`."""
    return watch_and_page[1]


@pytest.fixture
def watch(watch_and_page: tuple[Watch, Page]) -> Watch:
    """What the page asked for and complained about so far."""
    return watch_and_page[0]


@shared
async def gallery() -> AsyncIterator[str]:
    """The address of a server that shows every template in every state, without anything behind it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = Server(gallery_app(), port=port, interface=Interfaces.ASGI, log_enabled=False)
    serving = asyncio.create_task(server.serve())
    while not await _listens(port):
        await asyncio.sleep(0.02)
    yield f"http://127.0.0.1:{port}"
    server.stop()  # type: ignore[no-untyped-call]
    await serving


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except ConnectionRefusedError:
        return False
    writer.close()
    await writer.wait_closed()
    return True
