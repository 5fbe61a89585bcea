"""The page of an invitation, as browsers, scanners and attackers meet it."""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from tenantry.domain.invitations.actions import revoke_invitation
from tenantry.domain.invitations.model import InvitationState
from tenantry.kernel.clock import FrozenClock
from tenantry.surfaces.kit.services import Services
from tenantry.surfaces.signin.invitation import PRESSES_A_MINUTE
from tests.support.access import events_of
from tests.support.invitations import ANITA, invited, offline_link, shown
from tests.support.makers import Home
from tests.support.settings import change

pytestmark = pytest.mark.asyncio
GOOD = "correct horse battery staple"
FIELD = re.compile(r'name="csrf" value="([^"]+)"')


def address(home: Home, token: str, more: str = "") -> str:
    return f"/t/{home.slug}/invitation{more}?token={token}"


def csrf(page: httpx.Response) -> str:
    found = FIELD.search(page.text)
    assert found is not None, page.text
    return found[1]


async def press(browser: httpx.AsyncClient, home: Home, token: str, **form: str) -> httpx.Response:
    """Opens the page and presses its button."""
    page = await browser.get(address(home, token))
    filled = {"csrf": csrf(page), "name": "Anita Singh", "password": GOOD, **form}
    return await browser.post(address(home, token), data=filled)


async def link(home: Home, **more: Any) -> tuple[UUID, str]:
    """An invitation and the token of a link that works."""
    invitation_id = await invited(home, **more)
    return invitation_id, await offline_link(home, invitation_id)


async def users(home: Home) -> list[tuple[Any, ...]]:
    async with home.works.read(home.opener()) as work:
        return await work.db.all("select email, name from users")


async def test_somebody_opens_the_link_chooses_a_password_and_is_signed_in(
    browser: httpx.AsyncClient, home: Home, services: Services
) -> None:
    invitation_id, token = await link(home, name="Anita", message="See you on Monday.\nBring cake.")
    page = await browser.get(address(home, token))
    assert page.status_code == 200
    assert "Join Acme" in page.text
    assert ANITA in page.text
    assert 'value="Anita"' in page.text
    assert "See you on Monday.\nBring cake." in page.text
    assert (await shown(home, invitation_id)).state is InvitationState.OPENED
    done = await press(browser, home, token)
    assert (done.status_code, done.headers["location"]) == (303, f"/t/{home.slug}/account/sessions")
    assert (await browser.get(done.headers["location"])).status_code == 200
    assert await users(home) == [(ANITA, "Anita Singh")]
    async with home.works.read(home.opener()) as work:
        stored = await work.db.value("select hash from password_credentials")
    assert await services.hasher.verify(stored, GOOD)
    [(target, _)] = await events_of(home, "user.signed_in")
    assert target == (await shown(home, invitation_id)).user_id


async def test_where_an_address_must_be_verified_first_the_sign_in_goes_on_there(
    browser: httpx.AsyncClient, home: Home
) -> None:
    await change(home, "registration", requireEmailVerification=True)
    _, token = await link(home)
    done = await press(browser, home, token)
    assert (done.status_code, done.headers["location"]) == (303, f"/t/{home.slug}/login?told=welcome")
    assert "Your account is ready" in (await browser.get(done.headers["location"])).text
    assert await events_of(home, "user.signed_in") == []


async def test_a_used_link_points_to_the_sign_in(browser: httpx.AsyncClient, home: Home) -> None:
    _, token = await link(home)
    await press(browser, home, token)
    again = await browser.get(address(home, token))
    assert (again.status_code, "was accepted" in again.text) == (410, True)
    pressed = await browser.post(address(home, token), data={"csrf": "x", "password": GOOD})
    assert (pressed.status_code, len(await users(home))) == (410, 1)


async def test_a_revoked_link_says_so(browser: httpx.AsyncClient, home: Home) -> None:
    invitation_id, token = await link(home)
    async with home.works.write(home.opener()) as work:
        await revoke_invitation(work, invitation_id)
    page = await browser.get(address(home, token))
    assert (page.status_code, "no longer valid" in page.text) == (410, True)
    assert ANITA not in page.text


@pytest.mark.parametrize(
    "query", ["", "?token=", "?token=nonsense", "?token=" + "x" * 5000, "?other=1", "?token=%00"]
)
async def test_an_unknown_link_says_so(browser: httpx.AsyncClient, home: Home, query: str) -> None:
    page = await browser.get(f"/t/{home.slug}/invitation{query}")
    assert (page.status_code, "not valid" in page.text) == (404, True)
    assert "set-cookie" not in page.headers


async def test_the_token_of_another_tenant_is_unknown(
    browser: httpx.AsyncClient, home: Home, neighbour: Home
) -> None:
    _, token = await link(neighbour)
    assert (await browser.get(address(home, token))).status_code == 404
    theirs = await browser.get(address(neighbour, token))
    pressed = await browser.post(address(home, token), data={"csrf": csrf(theirs), "password": GOOD})
    assert (pressed.status_code, await users(home), await users(neighbour)) == (404, [], [])


async def test_opening_is_not_using(browser: httpx.AsyncClient, home: Home) -> None:
    invitation_id, token = await link(home)
    head = await browser.head(address(home, token))
    assert (head.status_code, head.content) == (200, b"")
    assert (await shown(home, invitation_id)).state is InvitationState.PENDING
    for method in ("GET", "HEAD", "GET", "OPTIONS"):
        await browser.request(method, address(home, token))
    assert await users(home) == []
    assert (await press(browser, home, token)).status_code == 303


async def test_a_scanner_that_submits_the_form_without_the_cookie_accepts_nothing(
    browser: httpx.AsyncClient, home: Home
) -> None:
    _, token = await link(home)
    form = {"csrf": csrf(await browser.get(address(home, token))), "password": GOOD}
    browser.cookies.clear()
    pressed = await browser.post(address(home, token), data=form)
    assert (pressed.status_code, "opened first" in pressed.text) == (403, True)
    assert await users(home) == []
    assert (await press(browser, home, token)).status_code == 303


async def test_another_sites_form_and_the_value_of_another_link_are_refused(
    browser: httpx.AsyncClient, home: Home
) -> None:
    _, mine = await link(home)
    _, other = await link(home, email="bob@example.com")
    form = {"csrf": csrf(await browser.get(address(home, other))), "password": GOOD}
    assert (await browser.post(address(home, mine), data=form)).status_code == 403
    form = {"csrf": csrf(await browser.get(address(home, mine))), "password": GOOD}
    foreign = await browser.post(address(home, mine), data=form, headers={"Sec-Fetch-Site": "cross-site"})
    assert (foreign.status_code, await users(home)) == (403, [])


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ({"password": "short"}, "8"),
        ({"password": ""}, "8"),
        ({"password": "anita@example.com"}, "address"),
        ({"name": "a\x00b"}, "U+0000"),
        ({"name": "x" * 200}, "128 characters"),
    ],
)
async def test_what_is_wrong_stands_beside_its_field_and_the_link_stays_good(
    browser: httpx.AsyncClient, home: Home, form: dict[str, str], told: str
) -> None:
    _, token = await link(home)
    refused = await press(browser, home, token, **form)
    assert refused.status_code == 422
    assert "field-problems" in refused.text
    assert told in refused.text
    assert await users(home) == []
    assert (await press(browser, home, token)).status_code == 303


async def test_the_name_may_be_left_out(browser: httpx.AsyncClient, home: Home) -> None:
    _, token = await link(home, name="Anita")
    assert (await press(browser, home, token, name="")).status_code == 303
    assert await users(home) == [(ANITA, None)]


async def test_markup_in_what_an_administrator_wrote_stays_text(
    browser: httpx.AsyncClient, home: Home
) -> None:
    _, token = await link(home, name='"><script>', message="<img src=x onerror=alert(1)>")
    page = await browser.get(address(home, token))
    assert "<script>" not in page.text.replace("<script src=", "").replace('<script type="module"', "")
    assert "<img src=x" not in page.text
    assert "&lt;img src=x" in page.text


async def test_an_expired_link_offers_a_new_one_at_once(
    browser: httpx.AsyncClient, home: Home, clock: FrozenClock
) -> None:
    invitation_id, token = await link(home)
    clock.advance(timedelta(days=7))
    page = await browser.get(address(home, token))
    assert (page.status_code, "has expired" in page.text) == (410, True)
    assert ANITA not in page.text
    asked = await browser.post(address(home, token, "/request"), data={"csrf": csrf(page)})
    assert (asked.status_code, "Check your mail" in asked.text) == (200, True)
    assert [target for target, _ in await events_of(home, "user.invitation_requested")] == [invitation_id]
    again = await browser.post(address(home, token, "/request"), data={"csrf": csrf(page)})
    assert (again.status_code, again.headers["retry-after"]) == (429, "31")


async def test_asking_for_a_new_link_tells_nothing_of_an_invitation_that_was_revoked(
    browser: httpx.AsyncClient, home: Home, clock: FrozenClock
) -> None:
    invitation_id, token = await link(home)
    async with home.works.write(home.opener()) as work:
        await revoke_invitation(work, invitation_id)
    clock.advance(timedelta(days=7))
    page = await browser.get(address(home, token))
    asked = await browser.post(address(home, token, "/request"), data={"csrf": csrf(page)})
    assert (asked.status_code, "Check your mail" in asked.text) == (200, True)
    assert await events_of(home, "user.invitation_requested") == []


async def test_a_new_link_is_asked_for_only_by_the_page_itself(
    browser: httpx.AsyncClient, home: Home, clock: FrozenClock
) -> None:
    _, token = await link(home)
    clock.advance(timedelta(days=7))
    form = {"csrf": csrf(await browser.get(address(home, token)))}
    browser.cookies.clear()
    assert (await browser.post(address(home, token, "/request"), data=form)).status_code == 403
    assert await events_of(home, "user.invitation_requested") == []


async def test_an_address_that_has_an_account_by_now_is_sent_to_the_sign_in(
    browser: httpx.AsyncClient, home: Home, clock: FrozenClock
) -> None:
    _, token = await link(home)
    page = await browser.get(address(home, token))
    clock.advance(timedelta(days=8))
    await home.user(ANITA)
    clock.advance(timedelta(days=-8))
    form = {"csrf": csrf(page), "password": GOOD}
    taken = await browser.post(address(home, token), data=form)
    assert (taken.status_code, "have an account already" in taken.text) == (409, True)


async def test_the_button_is_not_pressed_without_end(browser: httpx.AsyncClient, home: Home) -> None:
    _, token = await link(home)
    answers = [
        (await browser.post(address(home, token), data={"csrf": "x"})).status_code
        for _ in range(PRESSES_A_MINUTE + 1)
    ]
    assert (answers[0], answers[-1]) == (403, 429)


async def test_a_megabyte_is_too_large(browser: httpx.AsyncClient, home: Home) -> None:
    _, token = await link(home)
    answer = await browser.post(address(home, token), data={"password": "x" * 1_200_000})
    assert answer.status_code == 413


async def test_the_page_is_told_to_nobody_and_kept_nowhere(browser: httpx.AsyncClient, home: Home) -> None:
    _, token = await link(home)
    page = await browser.get(address(home, token))
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["cache-control"] == "no-store"
    assert "default-src 'none'" in page.headers["content-security-policy"]


async def test_a_link_that_works_still_needs_no_new_one(browser: httpx.AsyncClient, home: Home) -> None:
    _, token = await link(home)
    asked = await browser.post(address(home, token, "/request"), data={"csrf": "x"})
    assert (asked.status_code, asked.headers["location"]) == (303, address(home, token))
    unknown = await browser.post(address(home, "nonsense", "/request"), data={"csrf": "x"})
    assert unknown.status_code == 403
