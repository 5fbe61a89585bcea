"""The dashboard: how many, in which state, day by day, and what was done last."""

from typing import Any

import httpx
import pytest

from tests.support.makers import Home
from tests.support.portal import portal_browser, statements

pytestmark = pytest.mark.asyncio


async def test_it_counts_people_by_state_and_leads_to_each_list(admin: httpx.AsyncClient, home: Home) -> None:
    await home.user("ann@example.com", blocked=True)
    text = (await admin.get("")).text
    assert "2 people" in text
    part = text.partition("status=suspended")[2].partition("</a>")[0]
    assert "<strong>1</strong>" in part


async def test_it_draws_what_happened_today(admin: httpx.AsyncClient) -> None:
    text = (await admin.get("?days=7")).text
    assert 'aria-label="Sign-ins: 1 in all, at most 1 a day"' in text
    assert text.count("<rect") == 4 * 7


async def test_it_tells_what_administrators_did_last(admin: httpx.AsyncClient, home: Home) -> None:
    key = {"Authorization": f"Bearer {home.key}"}
    made = await admin.post(
        "http://localhost:8400/t/acme-corp/api/v1/admin/users", json={"email": "bob@example.com"}, headers=key
    )
    assert made.status_code == 201
    text = (await admin.get("")).text
    assert "User created" in text
    assert "bob@example.com" in text


async def test_what_was_done_last_names_people_as_they_are_called_now(
    admin: httpx.AsyncClient, home: Home
) -> None:
    bob = (await home.user("bob@example.com")).user
    key = {"Authorization": f"Bearer {home.key}"}
    path = f"http://localhost:8400/t/acme-corp/api/v1/admin/users/{bob.id}/lock"
    assert (await admin.post(path, json={}, headers=key)).status_code == 200
    part = (await admin.get("")).text.partition("What was done last")[2]
    assert f'/access-management/users/{bob.id}"><strong>bob@example.com</strong></a>' in part


async def test_it_is_closed_to_people_without_a_role(nobody: httpx.AsyncClient) -> None:
    assert (await nobody.get("")).status_code == 403


async def test_it_takes_few_statements(admin: httpx.AsyncClient) -> None:
    await admin.get("")
    before = statements()
    assert (await admin.get("")).status_code == 200
    assert statements() - before <= 1 + 4


async def test_who_may_see_nobody_begins_with_the_first_page_that_they_may_see(
    app: Any, home: Home, password_hash: str
) -> None:
    key = {"Authorization": f"Bearer {home.key}"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), headers=key) as api:
        role = {"name": "Texts", "slug": "texts", "permissions": ["templates:read"]}
        made = await api.post("http://localhost:8400/t/acme-corp/api/v1/admin/roles", json=role)
        assert made.status_code == 201, made.text
    async with portal_browser(app, home, password_hash, "tex@example.com", "texts") as writer:
        answer = await writer.get("")
        assert answer.headers["location"] == "/t/acme-corp/portal/configuration/mail-templates"
