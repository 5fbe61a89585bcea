"""Browsers in which somebody is signed in to the portal, with one role or another."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from tenantry.kernel.work import STATEMENTS
from tests.support.makers import Home
from tests.support.pages import FIELD, csrf
from tests.support.signing_in import BROWSER, GOOD


@asynccontextmanager
async def portal_browser(
    app: Any, home: Home, password_hash: str, email: str, *roles: str
) -> AsyncIterator[httpx.AsyncClient]:
    """A browser of somebody new with these roles, who is signed in; paths are relative to the portal."""
    await home.user(email, roles=list(roles), password_hash=password_hash, email_verified=True)
    transport = httpx.ASGITransport(app=app)
    address = f"http://localhost:8400/t/{home.slug}"
    async with httpx.AsyncClient(transport=transport, headers={"user-agent": BROWSER}) as client:
        page = await client.get(f"{address}/login")
        form = {"csrf": csrf(page), "identifier": email, "password": GOOD}
        answer = await client.post(f"{address}/login", data=form)
        assert answer.status_code == 303, answer.text
        client.base_url = httpx.URL(f"{address}/portal/")
        yield client


def statements() -> float:
    """How many SQL statements have been run by now."""
    return float(STATEMENTS._value.get())


def form_csrf(page: httpx.Response) -> str:
    """The value that guards the forms of a page, the last on it; the first is that of the sign-out."""
    return str(FIELD.findall(page.text)[-1])
