"""A browser for the pages: it keeps cookies, and follows nothing by itself."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tenantry.app.web import build
from tenantry.surfaces.kit.services import Services


@pytest.fixture
def app(services: Services) -> Any:
    return build(services)


@pytest_asyncio.fixture
async def browser(app: Any) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app), base_url="http://localhost:8400"
    ) as client:
        yield client
