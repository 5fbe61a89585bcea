"""The tabs User logs and Audit: what a user did, and what was done to them."""

import re
from typing import Any

import httpx
import pytest

from tenantry.domain.provisioning.actions import change_person
from tenantry.domain.users.model import UserChanges
from tenantry.domain.users.queries import get_user_for_change
from tenantry.domain.users.references import UserRef
from tests.support.access import acting
from tests.support.makers import Home
from tests.support.portal import portal_browser
from tests.support.portal_user import one, read
from tests.support.signing_in import BROWSER

pytestmark = pytest.mark.asyncio
WHAT = re.compile(r'<span class="entry-what"><strong>([^<]*)</strong>')


async def changed(home: Home, person: Any, **fields: Any) -> None:
    async with acting(home) as work:
        user = await get_user_for_change(work, UserRef(person.user.id, None))
        await change_person(work, user, UserChanges(**fields))


async def test_what_a_user_did_opens_to_address_browser_and_raw_data(
    admin: httpx.AsyncClient, app: Any, home: Home, password_hash: str
) -> None:
    async with portal_browser(app, home, password_hash, "ann@example.com"):
        answer = await admin.get("/access-management/users/ann@example.com?tab=logs")
        page = await admin.get(f"http://localhost:8400{answer.headers['location']}")
    assert "User signed in" in WHAT.findall(page.text)
    # What was done to her stands in the other tab.
    assert "User created" not in WHAT.findall(page.text)
    text = read(page)
    assert f"User agent {BROWSER}" in text
    assert "Network address 127.0.0.1" in text
    assert '"action": "user.signed_in"' in text


async def test_what_was_done_to_a_user_is_shown_with_before_and_after(
    admin: httpx.AsyncClient, home: Home
) -> None:
    ann = await home.user(name="Ann Archer")
    await changed(home, ann, name="Anna Archer")
    page = await admin.get(f"{one(ann)}?tab=audit")
    assert WHAT.findall(page.text) == ["User updated", "User created"]
    assert "Name Ann Archer Anna Archer" in read(page)


async def test_only_the_log_of_this_user_is_shown(admin: httpx.AsyncClient, home: Home) -> None:
    ann = await home.user()
    bob = await home.user("bob@example.com")
    await changed(home, bob, name="Bob")
    assert WHAT.findall((await admin.get(f"{one(ann)}?tab=audit")).text) == ["User created"]
    assert "Nothing yet" in (await admin.get(f"{one(ann)}?tab=logs")).text


async def test_a_long_log_goes_on_behind_its_first_page(admin: httpx.AsyncClient, home: Home) -> None:
    ann = await home.user()
    for number in range(3):
        await changed(home, ann, name=f"Ann {number}")
    page = await admin.get(f"{one(ann)}?tab=audit&limit=2")
    assert "1–2 of 4" in read(page)
    [older] = re.findall(r'href="([^"]*page=2[^"]*)"', page.text)
    rest = await admin.get(f"http://localhost:8400{older.replace('&amp;', '&')}")
    assert WHAT.findall(rest.text) == ["User updated", "User created"]
    assert "3–4 of 4" in read(rest)
