"""Somebody who types the short address of a tenant gets to their account."""

import httpx
import pytest

from tests.support.makers import Home

pytestmark = pytest.mark.asyncio


@pytest.mark.parametrize("path", ["", "/", "/account", "/account/"])
async def test_the_short_addresses_lead_to_the_account(
    browser: httpx.AsyncClient, home: Home, path: str
) -> None:
    answer = await browser.get(f"/t/{home.slug}{path}", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/t/{home.slug}/account/sessions")


async def test_a_strange_name_leads_nowhere_else(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/t/%5C%5Cevil.example", follow_redirects=False)
    assert answer.headers["location"] == "/t/%5C%5Cevil.example/account/sessions"
