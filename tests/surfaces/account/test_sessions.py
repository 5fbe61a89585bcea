"""The page of one's own sessions, and signing out."""

import re
from datetime import timedelta
from typing import Any

import httpx
import pytest

from tenantry.domain.sessions.last_seen import LastSeen
from tenantry.kernel.clock import FrozenClock
from tenantry.kernel.work import STATEMENTS
from tenantry.surfaces.kit.services import Services
from tests.support.makers import Home
from tests.support.pages import csrf
from tests.support.settings import change
from tests.support.signing_in import events
from tests.surfaces.account.conftest import signed_in

pytestmark = pytest.mark.asyncio
SESSIONS = "/t/acme-corp/account/sessions"
LOGOUT = "/t/acme-corp/logout"
TO_SIGN_IN = "/t/acme-corp/login?next=%2Ft%2Facme-corp%2Faccount%2Fsessions"
END = re.compile(r'name="end" value="([0-9a-f-]{36})"')


async def alive(client: httpx.AsyncClient) -> bool:
    return (await client.get(SESSIONS)).status_code == 200


async def test_the_page_shows_where_one_is_signed_in(
    browser: httpx.AsyncClient, app: Any, home: Home, clock: FrozenClock
) -> None:
    clock.advance(timedelta(minutes=5))
    await signed_in(app, home)
    page = await browser.get(SESSIONS)
    assert page.text.count("Firefox 140 on Linux") >= 2
    assert page.text.count("This device") == 1
    assert "127.0.0.1" in page.text
    assert "5 min ago" in page.text
    assert len(END.findall(page.text)) == 1


async def test_the_page_leads_to_a_new_password_where_one_can_choose_it_oneself(
    browser: httpx.AsyncClient, home: Home
) -> None:
    assert "/t/acme-corp/forgot-password" in (await browser.get(SESSIONS)).text
    await change(home, "recovery", methods=[])
    page = await browser.get(SESSIONS)
    assert "forgot-password" not in page.text
    assert "tell your administrator" in page.text


async def test_checking_the_session_takes_one_statement(browser: httpx.AsyncClient) -> None:
    await browser.get(SESSIONS)
    before = STATEMENTS._value.get()
    await browser.get(SESSIONS)
    # One checks the session, the other reads the list.
    assert STATEMENTS._value.get() - before == 2


async def test_one_other_session_is_ended(browser: httpx.AsyncClient, app: Any, home: Home) -> None:
    other = await signed_in(app, home)
    page = await browser.get(SESSIONS)
    [session_id] = END.findall(page.text)
    form = {"csrf": csrf(page), "end": session_id}
    answer = await browser.post(SESSIONS, data=form)
    assert answer.headers["location"] == f"{SESSIONS}?told=one"
    assert "has ended" in (await browser.get(answer.headers["location"])).text
    assert (await alive(other), await alive(browser)) == (False, True)
    again = await browser.post(SESSIONS, data=form)
    assert again.headers["location"] == f"{SESSIONS}?told=gone"


async def test_all_others_are_ended_and_this_one_stays(
    browser: httpx.AsyncClient, app: Any, home: Home
) -> None:
    others = [await signed_in(app, home) for _ in range(2)]
    page = await browser.get(SESSIONS)
    await browser.post(SESSIONS, data={"csrf": csrf(page), "end": "others"})
    assert [await alive(client) for client in (*others, browser)] == [False, False, True]
    [event] = await events(home, "user.session_revoked")
    assert event["data"] == {"all": True, "keptOne": True}


async def test_all_are_ended_and_one_begins_anew(browser: httpx.AsyncClient, app: Any, home: Home) -> None:
    other = await signed_in(app, home)
    page = await browser.get(SESSIONS)
    answer = await browser.post(SESSIONS, data={"csrf": csrf(page), "end": "all"})
    assert answer.headers["location"] == "/t/acme-corp/login?told=everywhere"
    assert "Max-Age=0" in answer.headers["set-cookie"]
    assert (await alive(other), await alive(browser)) == (False, False)


async def test_signing_out_ends_the_session_itself(browser: httpx.AsyncClient, home: Home) -> None:
    page = await browser.get(SESSIONS)
    kept = dict(browser.cookies)
    answer = await browser.post(LOGOUT, data={"csrf": csrf(page)})
    assert answer.headers["location"] == "/t/acme-corp/login?told=signed-out"
    assert "You have signed out." in (await browser.get(answer.headers["location"])).text
    browser.cookies.clear()
    browser.cookies.update(kept)
    assert not await alive(browser)
    assert len(await events(home, "user.signed_out")) == 1
    assert (await browser.post(LOGOUT)).status_code == 303


async def test_a_form_of_another_site_ends_nothing(browser: httpx.AsyncClient, home: Home) -> None:
    good = csrf(await browser.get(SESSIONS))
    for address, form, headers in (
        (SESSIONS, {"end": "all"}, {}),
        (SESSIONS, {"end": "all", "csrf": "x" * 43}, {}),
        (SESSIONS, {"end": "all", "csrf": good}, {"sec-fetch-site": "cross-site"}),
        (LOGOUT, {}, {}),
        (LOGOUT, {"csrf": good}, {"sec-fetch-site": "cross-site"}),
    ):
        assert (await browser.post(address, data=form, headers=headers)).status_code == 403
    assert await alive(browser)
    assert await events(home, "user.session_revoked") == await events(home, "user.signed_out") == []


async def test_without_a_session_one_signs_in_and_comes_back(browser: httpx.AsyncClient) -> None:
    browser.cookies.clear()
    for answer in (await browser.get(SESSIONS), await browser.post(SESSIONS, data={"end": "all"})):
        assert (answer.status_code, answer.headers["location"]) == (303, TO_SIGN_IN)


async def test_whose_session_has_ended_is_told_so_at_the_sign_in(
    browser: httpx.AsyncClient, app: Any, home: Home, clock: FrozenClock
) -> None:
    other = await signed_in(app, home)
    clock.advance(timedelta(days=2))
    for asking, address in ((browser, SESSIONS), (other, "/t/acme-corp/account/email")):
        gone = await asking.get(address)
        assert "Your session has ended." in (await asking.get(gone.headers["location"])).text
        again = await asking.get(address)
        assert "Your session has ended." not in (await asking.get(again.headers["location"])).text


async def test_the_page_is_kept_by_nobody(browser: httpx.AsyncClient) -> None:
    page = await browser.get(SESSIONS)
    assert page.headers["cache-control"] == "no-store"
    assert "script-src 'self'" in page.headers["content-security-policy"]


async def test_a_page_notes_that_the_session_was_seen(browser: httpx.AsyncClient, services: Services) -> None:
    assert isinstance(services.last_seen, LastSeen)
    await browser.get(SESSIONS)
    assert len(services.last_seen._seen) == 1
