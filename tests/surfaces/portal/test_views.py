"""Saved views of the list of users."""

import re
from html import escape
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


def by_name(page: httpx.Response, name: str) -> str:
    """The id of the view with this name."""
    found = re.search(
        rf'data-dialog="delete-view-([0-9a-f-]{{36}})" aria-label="Delete the view {name}"', page.text
    )
    assert found is not None
    return found[1]


async def delete(browser: httpx.AsyncClient, view: str) -> int:
    form = {"csrf": form_csrf(await browser.get(USERS))}
    return (await browser.post(f"{VIEWS}/{view}/delete", data=form)).status_code


async def test_a_view_is_found_again_and_shown_as_the_one_that_is_open(admin: httpx.AsyncClient) -> None:
    answer = await save(admin, "Locked out", "status=locked&page=3")
    assert answer.status_code == 303
    assert answer.headers["location"].endswith("/users?status=locked&told=saved")
    assert "Locked out" in (await admin.get(USERS)).text
    here = (await admin.get(f"{USERS}?status=locked")).text
    assert re.search(r'href="[^"]*\?status=locked" aria-current="true"', here)


async def test_a_view_is_open_whatever_the_order_of_its_parts(admin: httpx.AsyncClient) -> None:
    await save(admin, "Locked Anns", "search=ann&status=locked")
    assert 'aria-current="true"' in (await admin.get(f"{USERS}?status=locked&search=ann")).text
    assert 'aria-current="true"' not in (await admin.get(f"{USERS}?status=locked")).text


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
    # It is asked first, in a dialog that names the view and opens only when its button is pressed.
    box = re.search(rf'<dialog [^>]*id="delete-view-{found[1]}"[^>]*>(.*?)</dialog>', page.text, re.DOTALL)
    assert box is not None
    assert "Delete the view “Locked out”?" in box[1]
    assert found[0] in box[1]
    assert len(DELETE.findall(page.text)) == 1
    answer = await admin.post(f"{VIEWS}/{found[1]}/delete", data={"csrf": form_csrf(page)})
    assert answer.status_code == 303
    assert "Locked out" not in (await admin.get(USERS)).text


@pytest.mark.parametrize(
    ("name", "status", "says"),
    [
        ("  ", 422, "Must have 1 to 80 characters."),
        ("<" * 81, 422, "Must be at most 80 characters long."),
        ("taken <1>", 409, "Another view of this list already has this name."),
    ],
)
async def test_a_bad_name_is_told_in_place_with_what_was_typed(
    admin: httpx.AsyncClient, home: Home, name: str, status: int, says: str
) -> None:
    await save(admin, "taken <1>", "status=active")
    await home.user("ann@example.com", name="Ann Archer", blocked=True)
    answer = await save(admin, name, "status=suspended", shared="1")
    assert answer.status_code == status
    form = answer.text.partition('class="filter-more" data-closes open>')[2].partition("</form>")[0]
    assert says in form.partition('id="view-name-problems"')[2]
    assert f'name="name" value="{escape(name)}" required' in form
    assert 'name="query" value="status=suspended"' in form
    assert 'name="shared" value="1" checked' in form
    # Around it stands the list that was to be saved.
    assert re.findall(r'class="row-link"[^>]*>([^<]*)<', answer.text) == ["Ann Archer"]
    again = {"csrf": form_csrf(answer), "name": "Held up", "query": "status=suspended"}
    assert (await admin.post(VIEWS, data=again)).status_code == 303


async def test_an_owner_deletes_what_they_shared_and_so_does_who_sets_up_the_tenant(
    app: Any, home: Home, password_hash: str, admin: httpx.AsyncClient
) -> None:
    async with portal_browser(app, home, password_hash, "mia@example.com", "user_manager") as manager:
        for name in ("First", "Second"):
            assert (await save(manager, name, "status=locked", shared="1")).status_code == 303
        await save(manager, "Mia alone", "status=active")
        page = await manager.get(USERS)
        first, second, alone = (by_name(page, name) for name in ("First", "Second", "Mia alone"))
        assert await delete(manager, first) == 303
        assert "Mia alone" not in (await admin.get(USERS)).text
        assert await delete(admin, alone) == 404
        assert await delete(admin, second) == 303
        text = (await manager.get(USERS)).text
        assert ("First" in text, "Second" in text, "Mia alone" in text) == (False, False, True)


async def test_nobody_shares_a_view_without_the_right(auditor: httpx.AsyncClient) -> None:
    page = await auditor.get(USERS)
    assert 'name="shared"' not in page.text
    refused = await save(auditor, "For us all", "status=locked", shared="1")
    assert (refused.status_code, "users:update" in refused.text) == (403, True)
    assert (await save(auditor, "For me", "status=locked")).status_code == 303
    assert "For me" in (await auditor.get(USERS)).text


async def test_script_in_a_name_is_text(admin: httpx.AsyncClient) -> None:
    await save(admin, "<script>alert(1)</script>", "status=locked")
    text = (await admin.get(USERS)).text
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)" in text
