"""One demo server for all journeys of a worker, with a mail server and an SMS gateway behind it; one browser for the stories."""

import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from tenantry.kernel.work import Works
from tests.browser.helpers import LOOKS, Watch, launch, open_context
from tests.support import database
from tests.support.gateway import Gateway, sms_gateway
from tests.support.makers import make_home
from tests.support.portal_browser import PATIENCE_MS, STATUS, Desk, Desks, desks_of
from tests.support.running import SYSTEM_CLOCK, committing
from tests.support.server import Server, demo_server
from tests.support.smtp import MailServer
from tests.support.stories import UNLIMITED, Place, Post, letters_kept

NUMBERS = itertools.count(1)
Found = Callable[..., Awaitable[Place]]
Browsers = Callable[[], Awaitable[Page]]

shared = pytest_asyncio.fixture(scope="session", loop_scope="session")
fresh = pytest_asyncio.fixture(loop_scope="session")


@pytest.fixture(scope="session")
def letters() -> Iterator[MailServer]:
    with letters_kept() as keeper:
        yield keeper


@pytest.fixture(scope="session")
def texts() -> Iterator[Gateway]:
    with sms_gateway() as gateway:
        yield gateway


@pytest.fixture(scope="session")
def demo_database(server_conninfo: str) -> Iterator[str]:
    """The owner's conninfo of the server's database."""
    with database.clone(server_conninfo) as conninfo:
        yield conninfo


@pytest.fixture(scope="session")
def server(
    demo_database: str, letters: MailServer, texts: Gateway, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    folder: Path = tmp_path_factory.mktemp("demo")
    real = {"TENANTRY_SMTP_URL": f"smtp://127.0.0.1:{letters.port}", "TENANTRY_SMS_URL": texts.url()}
    with demo_server(demo_database, folder, real) as running:
        yield running


@shared
async def committed(demo_database: str) -> AsyncIterator[Works]:
    """Units of work on the server's database."""
    async with committing(demo_database, SYSTEM_CLOCK) as works:
        yield works


@shared
async def found(
    server: Server, committed: Works, letters: MailServer, texts: Gateway
) -> AsyncIterator[Found]:
    """Founds a tenant on the server: `await found("acme", "Acme", deletion={"retentionDays": 30})`."""
    clients: list[httpx.AsyncClient] = []

    async def make(slug: str, name: str | None = None, **settings: dict[str, Any]) -> Place:
        home = await make_home(committed, slug, name or slug.title())
        url = f"http://localhost:{urlsplit(server.url).port}"
        client = httpx.AsyncClient(
            base_url=server.url, headers={"Authorization": f"Bearer {home.key}"}, timeout=30
        )
        clients.append(client)
        place = Place(home, url, client, Post(letters, texts), f"+1415555{next(NUMBERS):04d}")
        names = UNLIMITED.keys() | settings.keys()
        wanted = {name: {**UNLIMITED.get(name, {}), **settings.get(name, {})} for name in names}
        await place.call("PUT", "v1/admin/settings", json=wanted)
        return place

    yield make
    for client in clients:
        await client.aclose()


@shared
async def browser() -> AsyncIterator[Browser]:
    expect.set_options(timeout=PATIENCE_MS)
    async with async_playwright() as playwright:
        browser = await launch(playwright)
        yield browser
        await browser.close()


@fresh
async def another_browser(browser: Browser, server: Server) -> AsyncIterator[Browsers]:
    """Opens a browser that nobody has used yet. No page may complain, or ask anybody but its own server."""
    watches: list[Watch] = []
    contexts: list[BrowserContext] = []

    async def make() -> Page:
        context = await open_context(browser, LOOKS[0])
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        watches.append(Watch(context))
        return await context.new_page()

    yield make
    for context in contexts:
        await context.close()
    complaints = [line for watch in watches for line in watch.complaints if STATUS not in line]
    assert not complaints
    hosts = {host.partition(":")[0] for watch in watches for host in watch.hosts()}
    assert hosts <= {"localhost"}


@fresh
async def page(another_browser: Browsers) -> Page:
    """A page of a browser that nobody has used yet."""
    return await another_browser()


@shared
async def desks(browser: Browser, found: Found) -> AsyncIterator[Desks]:
    """Gives the desk of an administrator in a tenant, the same one to all who name the same tenant: `await desks("desk")`."""
    async with desks_of(browser, found) as made:
        yield made


@fresh
async def desk(desks: Desks) -> AsyncIterator[Desk]:
    """An administrator who looks after people. All tests share the tenant, so each makes its own people in it."""
    made = await desks("desk", accounts={"disablingEnabled": True}, deletion={"adminApiRetentionDays": 30})
    yield made
    made.assert_quiet()


@fresh
async def office(desks: Desks) -> AsyncIterator[Desk]:
    """An administrator who looks after everything else: invitations, groups, roles, settings and so on."""
    made = await desks("office")
    yield made
    made.assert_quiet()
