"""A client of the identity API, a browser, and Jane."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest_asyncio

from tenantry.domain.directory.model import Person
from tenantry.domain.users.model import PasswordPending
from tests.support.access import bearer
from tests.support.makers import Home
from tests.support.pages import csrf

NUMBER, NEW = "+46701740605", "ann.lee@example.com"
HASH = "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$c29tZWhhc2g"
GOOD = "correct horse battery staple"


@pytest_asyncio.fixture
async def identity(app: Any, home: Home) -> AsyncIterator[httpx.AsyncClient]:
    """Called with a key that has the one scope of the guide."""
    key = await home.new_key("internal_user_mgt_update", read_rate=100_000, write_rate=100_000)
    base = f"http://localhost:8400/t/{home.slug}/api/identity/user/v1.0"
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url=base, headers=bearer(key)) as client:
        yield client


@pytest_asyncio.fixture
async def browser(app: Any) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app), base_url="http://localhost:8400"
    ) as client:
        yield client


def body(scenario: str | None, username: str = "jane", realm: str = "PRIMARY") -> dict[str, Any]:
    properties = [] if scenario is None else [{"key": "RecoveryScenario", "value": scenario}]
    return {"user": {"username": username, "realm": realm}, "properties": properties}


async def resend(identity: httpx.AsyncClient, scenario: str | None, **more: str) -> httpx.Response:
    return await identity.post("/resend-code", json=body(scenario, **more))


async def jane(home: Home, **fields: Any) -> Person:
    given = {"username": "jane", "phone": NUMBER, "password_hash": HASH, **fields}
    return await home.user("jane@example.com", **given)


async def press(browser: httpx.AsyncClient, path: str, **form: str) -> httpx.Response:
    """Opens a page and sends its form."""
    return await browser.post(path, data={"csrf": csrf(await browser.get(path)), **form})


async def type_code(browser: httpx.AsyncClient, path: str, digits: str) -> httpx.Response:
    """Opens the page of a code and types it."""
    page, query = await browser.get(path), dict(part.split("=") for part in path.partition("?")[2].split("&"))
    at = path.partition("?")[0]
    action = at if at.endswith("/code") else f"{at}/code"
    return await browser.post(action, data={"csrf": csrf(page), "code": digits, **query})


async def choose_password(browser: httpx.AsyncClient, path: str) -> None:
    done = await press(browser, path, password=GOOD)
    assert (done.status_code, "Your password is set" in done.text) == (200, True)


SETUP = {"password_hash": None, "password_pending": PasswordPending.INITIAL_SETUP}
