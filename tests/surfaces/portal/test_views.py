"""Saved views of the list of users."""

import re
from typing import Any

import httpx
import pytest

from tests.support.makers import Home
from tests.support.portal import form_csrf, portal_browser

pytestmark = pytest.mark.asyncio
USERS = "access-management/users"
VIEWS = "access-management/users/views"
DELETE = re.compile(r'action="[^"]*/views/([0-9a-f-]{36})/delete"')


async def save(client: httpx.AsyncClient, name: str, query: str, **more: str) -> httpx.Response:
    page = await client.get(USERS)
    return await client.post(VIEWS, data={"csrf": form_csrf(page), "name": name, "query": query, **more})


async def test_a_view_is_found_again_and_shown_as_the_one_that_is_open(admin: httpx.AsyncClient) -> None:
    answer = await save(admin, "Locked out", "status=locked&page=3")
    assert answer.status_code == 303
    assert answer.headers["location"].endswith("/users?status=locked&told=saved")
    assert "Locked out" in (await admin.get(USERS)).text
    here = (await admin.get(f"{USERS}?status=locked")).text
    assert re.search(r'href="[^"]*\?status=locked" aria-current="true"', here)


async def test_a_private_view_is_ones_own_and_a_shared_one_is_everybodys(
    app: Any, home: Home, password_hash: str, admin: httpx.AsyncClient
) -> None:
    await save(admin, "Mine alone", "status=locked")
    await save(admin, "For us all", "status=suspended", shared="1")
    async with portal_browser(app, home, password_hash, "mia@example.com", "user_manager") as other:
        text = (await other.get(USERS)).text
        assert "For us all" in text
        assert "Mine alone" not in text
        assert DELETE.search(text) is None
        view = DELETE.search((await admin.get(USERS)).text)
        assert view is not None
        form = {"csrf": form_csrf(await other.get(USERS))}
        for found in DELETE.findall((await admin.get(USERS)).text):
            assert (await other.post(f"{VIEWS}/{found}/delete", data=form)).status_code in (403, 404)


async def test_a_view_can_be_deleted(admin: httpx.AsyncClient) -> None:
    await save(admin, "Locked out", "status=locked")
    page = await admin.get(USERS)
    found = DELETE.search(page.text)
    assert found is not None
    answer = await admin.post(f"{VIEWS}/{found[1]}/delete", data={"csrf": form_csrf(page)})
    assert answer.status_code == 303
    assert "Locked out" not in (await admin.get(USERS)).text


@pytest.mark.parametrize("name", ["", "x" * 81])
async def test_a_name_that_is_none_is_refused_in_words(admin: httpx.AsyncClient, name: str) -> None:
    answer = await save(admin, name, "status=locked")
    assert answer.status_code == 422
    assert "Back to the list" in answer.text


async def test_script_in_a_name_is_text(admin: httpx.AsyncClient) -> None:
    await save(admin, "<script>alert(1)</script>", "status=locked")
    text = (await admin.get(USERS)).text
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)" in text
