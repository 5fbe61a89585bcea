"""The tab Sessions: where a user is signed in, and ending it."""

import re
from typing import Any

import httpx
import pytest

from tests.support.access import events_of
from tests.support.makers import Home
from tests.support.portal import portal_browser
from tests.support.portal_user import followed, one, press, read
from tests.surfaces.portal.conftest import Enters

pytestmark = pytest.mark.asyncio
SESSION = re.compile(r'name="session" value="([0-9a-f-]{36})"')


class Them:
    """Somebody as `one` takes them, by their id."""

    def __init__(self, user_id: str) -> None:
        self.user = self
        self.id = user_id


async def found(admin: httpx.AsyncClient, email: str) -> Them:
    answer = await admin.get(f"/access-management/users/{email}")
    return Them(answer.headers["location"].rpartition("/")[2])


async def sessions(client: httpx.AsyncClient, person: Any) -> httpx.Response:
    return await client.get(f"{one(person)}?tab=sessions")


async def test_a_session_is_told_with_device_browser_and_address(
    admin: httpx.AsyncClient, app: Any, home: Home, password_hash: str
) -> None:
    async with portal_browser(app, home, password_hash, "ann@example.com"):
        ann = await found(admin, "ann@example.com")
        text = read(await sessions(admin, ann))
        assert "Firefox 140 on Linux by password 127.0.0.1 just now just now" in text
        assert "1–1 of 1" in text


async def test_one_session_is_ended(
    admin: httpx.AsyncClient, app: Any, home: Home, password_hash: str
) -> None:
    async with portal_browser(app, home, password_hash, "ann@example.com"):
        ann = await found(admin, "ann@example.com")
        [session] = SESSION.findall((await sessions(admin, ann)).text)
        answer = await press(admin, ann, "/sessions/end", session=session)
        text = await followed(admin, answer)
        assert "The session has ended." in text
        assert "Signed in nowhere" in text
        again = await press(admin, ann, "/sessions/end", session=session)
        assert (again.status_code, "There is no such session." in again.text) == (404, True)
        assert (await press(admin, ann, "/sessions/end", session="x")).status_code == 404


async def test_all_sessions_are_ended_once_that_is_confirmed(
    admin: httpx.AsyncClient, app: Any, home: Home, password_hash: str
) -> None:
    async with portal_browser(app, home, password_hash, "ann@example.com"):
        ann = await found(admin, "ann@example.com")
        page = await press(admin, ann, "/sessions/end-all")
        assert (page.status_code, "Tick this box to go on." in page.text) == (422, True)
        assert SESSION.findall(page.text)
        answer = await press(admin, ann, "/sessions/end-all", confirm="yes")
        assert "Every session has ended." in await followed(admin, answer)
        assert SESSION.findall((await sessions(admin, ann)).text) == []


async def test_one_who_ends_their_own_sessions_signs_in_again(admin: httpx.AsyncClient, home: Home) -> None:
    me = await found(admin, "root@example.com")
    assert "That is you" in read(await sessions(admin, me))
    answer = await press(admin, me, "/sessions/end-all", confirm="yes")
    assert answer.status_code == 303
    there = await admin.get(f"http://localhost:8400{answer.headers['location']}")
    assert there.headers["location"].startswith("/t/acme-corp/login?next=")


async def test_the_sessions_of_somebody_stronger_stay(
    admin: httpx.AsyncClient, enter: Enters, home: Home
) -> None:
    boss = await found(admin, "root@example.com")
    manager = await enter("user_manager")
    [session, *_] = SESSION.findall((await sessions(manager, boss)).text)
    for path, fields in (("/sessions/end", {"session": session}), ("/sessions/end-all", {"confirm": "yes"})):
        assert (await press(manager, boss, path, **fields)).status_code == 403
    assert await events_of(home, "user.session_revoked") == []


async def test_a_long_list_goes_on_behind_its_first_page(admin: httpx.AsyncClient, home: Home) -> None:
    me = await found(admin, "root@example.com")
    page = await admin.get(f"{one(me)}?tab=sessions&limit=1")
    assert "1–1 of 1" in read(page)
    assert (await admin.get(f"{one(me)}?tab=sessions&page=0")).status_code == 400
    assert (await admin.get(f"{one(me)}?tab=sessions&cursor=x")).status_code == 400
