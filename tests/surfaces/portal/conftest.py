"""Browsers of people with one role or another, signed in to the portal; paths are relative to it."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any, Protocol

import httpx
import pytest_asyncio

from tenantry.surfaces.kit.services import Services
from tests.support.makers import Home
from tests.support.portal import portal_browser
from tests.support.signing_in import GOOD


@pytest_asyncio.fixture
async def password_hash(services: Services) -> str:
    return await services.hasher.hash(GOOD)


@pytest_asyncio.fixture
async def admin(app: Any, home: Home, password_hash: str) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody with the role Tenant Admin, whose name is their address."""
    async with portal_browser(app, home, password_hash, "root@example.com", "tenant_admin") as client:
        yield client


@pytest_asyncio.fixture
async def auditor(app: Any, home: Home, password_hash: str) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody with the role Auditor, who may read and change nothing."""
    async with portal_browser(app, home, password_hash, "audit@example.com", "auditor") as client:
        yield client


@pytest_asyncio.fixture
async def nobody(app: Any, home: Home, password_hash: str) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who has no role in the administration."""
    async with portal_browser(app, home, password_hash, "nobody@example.com") as client:
        yield client


class Enters(Protocol):
    """Signs in somebody new with these roles."""

    async def __call__(self, *roles: str) -> httpx.AsyncClient: ...


@pytest_asyncio.fixture
async def enter(app: Any, home: Home, password_hash: str) -> AsyncIterator[Enters]:
    """Browsers of people with other roles than those above."""
    async with AsyncExitStack() as stack:

        async def entered(*roles: str) -> httpx.AsyncClient:
            browser = portal_browser(app, home, password_hash, f"{roles[0]}@example.com", *roles)
            return await stack.enter_async_context(browser)

        yield entered
