"""A browser that keeps cookies, in which Ann is signed in."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest_asyncio

from tenantry.surfaces.kit.services import Services
from tests.support.makers import Home
from tests.support.pages import csrf
from tests.support.signing_in import BROWSER, GOOD


async def signed_in(app: Any, home: Home) -> httpx.AsyncClient:
    """One more browser of Ann's."""
    made = httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app),
        base_url="http://localhost:8400",
        headers={"user-agent": BROWSER},
    )
    page = await made.get(f"/t/{home.slug}/login")
    form = {"csrf": csrf(page), "identifier": "ann@example.com", "password": GOOD}
    answer = await made.post(f"/t/{home.slug}/login", data=form)
    assert answer.status_code == 303, answer.text
    return made


@pytest_asyncio.fixture
async def browser(app: Any, home: Home, services: Services) -> AsyncIterator[httpx.AsyncClient]:
    await home.user(password_hash=await services.hasher.hash(GOOD))
    made = await signed_in(app, home)
    yield made
    await made.aclose()
