"""The further steps of a sign-in on their pages: a new password, a verified address."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from tenantry.domain.codes.actions import issue_code
from tenantry.domain.codes.model import CodeKind, Form, NewCode
from tenantry.domain.directory.model import Person
from tenantry.domain.users.credential_actions import confirm_email
from tenantry.domain.users.state_actions import SUSPENDED, change_state
from tenantry.domain.verification.actions import request_email_verification
from tenantry.kernel.clock import FrozenClock
from tenantry.surfaces.kit.services import Services
from tests.support.database import SEALER
from tests.support.makers import Home
from tests.support.pages import csrf
from tests.support.settings import change
from tests.support.signing_in import GOOD, events, reasons

pytestmark = pytest.mark.asyncio
LOGIN = "/t/acme-corp/login"
CHANGE = f"{LOGIN}/change-password"
VERIFY = f"{LOGIN}/verify-email"
RESEND = f"{LOGIN}/resend-code"
SESSIONS = "/t/acme-corp/account/sessions"
EXPIRED = f"{LOGIN}?told=expired"
BETTER = "a much better pass phrase"


async def somebody(home: Home, services: Services, **fields: Any) -> Person:
    return await home.user(password_hash=await services.hasher.hash(GOOD), **fields)


async def sign_in(browser: httpx.AsyncClient, query: str = "", password: str = GOOD) -> httpx.Response:
    page = await browser.get(LOGIN + query)
    data = {"csrf": csrf(page), "identifier": "ann@example.com", "password": password, "remember": "on"}
    return await browser.post(LOGIN + query, data=data)


async def press(browser: httpx.AsyncClient, address: str, **form: str) -> httpx.Response:
    page = await browser.get(address)
    return await browser.post(address, data={"csrf": csrf(page), **form})


async def code_for(home: Home, person: Person) -> str:
    """The code that the mail would hold."""
    new = NewCode(
        kind=CodeKind.EMAIL_VERIFICATION, form=Form.OTP, user_id=person.user.id, sent_to="ann@example.com"
    )
    async with home.works.write(home.opener()) as work:
        return (await issue_code(work, new, SEALER)).secret


async def test_a_temporary_password_is_changed_before_one_goes_on(
    browser: httpx.AsyncClient, home: Home, services: Services
) -> None:
    await somebody(home, services, must_change_password=True)
    answer = await sign_in(browser, "?next=%2Ft%2Facme-corp%2Faccount%2Fsessions%3Ftold%3Done")
    assert (answer.status_code, answer.headers["location"]) == (303, CHANGE)
    assert (await browser.get(SESSIONS)).status_code == 303
    page = await browser.get(CHANGE)
    assert "8 to 256 characters" in page.text
    done = await press(browser, CHANGE, password=BETTER)
    assert (done.status_code, done.headers["location"]) == (303, f"{SESSIONS}?told=one")
    assert (await browser.get(SESSIONS)).status_code == 200
    [event] = await events(home, "user.signed_in")
    assert event["data"]["remember"] is True
    browser.cookies.clear()
    assert (await sign_in(browser)).status_code == 401
    assert (await sign_in(browser, password=BETTER)).headers["location"] == SESSIONS


@pytest.mark.parametrize(
    ("password", "told"), [("short", "at least 8"), (GOOD, "Must differ from the present")]
)
async def test_a_bad_new_password_is_refused_with_its_reason(
    browser: httpx.AsyncClient, home: Home, services: Services, password: str, told: str
) -> None:
    await somebody(home, services, must_change_password=True)
    await sign_in(browser)
    answer = await press(browser, CHANGE, password=password)
    assert (answer.status_code, told in answer.text) == (422, True)
    assert await events(home, "user.signed_in") == []


async def test_a_stolen_cookie_of_a_sign_in_under_way_is_worth_nothing_elsewhere(
    browser: httpx.AsyncClient, home: Home, services: Services, app: Any
) -> None:
    await somebody(home, services, must_change_password=True)
    await sign_in(browser)
    page = await browser.get(CHANGE)
    stolen, form = dict(browser.cookies), {"csrf": csrf(page), "password": "the password of a thief"}
    elsewhere = httpx.ASGITransport(app=app, client=("198.51.100.9", 1))
    for transport, headers in (
        (elsewhere, {}),
        (httpx.ASGITransport(app=app), {"user-agent": "another browser"}),
    ):
        async with httpx.AsyncClient(
            transport=transport, base_url="http://localhost:8400", cookies=stolen, headers=headers
        ) as thief:
            assert (await thief.get(CHANGE)).headers["location"] == EXPIRED
            assert (await thief.post(CHANGE, data=form)).headers["location"] == EXPIRED
    assert (await press(browser, CHANGE, password=BETTER)).headers["location"] == SESSIONS


async def test_a_form_of_another_site_changes_nothing(
    browser: httpx.AsyncClient, home: Home, services: Services
) -> None:
    await somebody(home, services, must_change_password=True)
    first = csrf(await browser.get(LOGIN))
    await sign_in(browser)
    for field in ("", "x", first):
        answer = await browser.post(CHANGE, data={"csrf": field, "password": BETTER})
        assert answer.headers["location"] == EXPIRED
    assert await events(home, "user.password_reset_completed") == []


async def test_a_sign_in_under_way_ends_after_a_quarter_of_an_hour(
    browser: httpx.AsyncClient, home: Home, services: Services, clock: FrozenClock
) -> None:
    await somebody(home, services, must_change_password=True)
    await sign_in(browser)
    page = await browser.get(CHANGE)
    clock.advance(timedelta(minutes=15))
    answer = await browser.post(CHANGE, data={"csrf": csrf(page), "password": BETTER})
    assert answer.headers["location"] == EXPIRED
    told = await browser.get(EXPIRED)
    assert "has expired" in told.text


async def test_a_block_between_two_steps_ends_the_sign_in(
    browser: httpx.AsyncClient, home: Home, services: Services
) -> None:
    person = await somebody(home, services, must_change_password=True)
    await sign_in(browser)
    page = await browser.get(CHANGE)
    async with home.works.write(home.opener()) as work:
        await change_state(work, person.user, SUSPENDED, on=True)
    answer = await browser.post(CHANGE, data={"csrf": csrf(page), "password": BETTER})
    assert answer.headers["location"] == EXPIRED
    assert await events(home, "user.signed_in") == []


async def test_the_same_step_is_done_once(browser: httpx.AsyncClient, home: Home, services: Services) -> None:
    await somebody(home, services, must_change_password=True)
    await sign_in(browser)
    attempt = dict(browser.cookies)
    form = {"csrf": csrf(await browser.get(CHANGE)), "password": BETTER}
    await browser.post(CHANGE, data=form)
    browser.cookies.clear()
    browser.cookies.update(attempt)
    again = await browser.post(CHANGE, data={**form, "password": "yet another pass phrase"})
    assert again.headers["location"] == EXPIRED
    assert len(await events(home, "user.signed_in")) == 1


async def test_an_unverified_address_is_verified_where_the_tenant_demands_it(
    browser: httpx.AsyncClient, home: Home, services: Services
) -> None:
    await change(home, "registration", requireEmailVerification=True)
    person = await somebody(home, services)
    assert (await sign_in(browser)).headers["location"] == VERIFY
    code = await code_for(home, person)
    page = await browser.get(VERIFY)
    assert "ann@example.com" in page.text
    assert 'autocomplete="one-time-code"' in page.text
    wrong = await press(browser, VERIFY, code="000000" if code != "000000" else "111111")
    assert (wrong.status_code, "code is wrong" in wrong.text) == (422, True)
    assert (await press(browser, VERIFY, code=code)).headers["location"] == SESSIONS
    assert len(await events(home, "user.email_verified")) == 1
    assert (await browser.get(SESSIONS)).status_code == 200


async def test_wrong_codes_are_counted_until_even_the_right_one_is_dead(
    browser: httpx.AsyncClient, home: Home, services: Services
) -> None:
    await change(home, "registration", requireEmailVerification=True)
    person = await somebody(home, services)
    await sign_in(browser)
    code = await code_for(home, person)
    for _ in range(5):
        assert (await press(browser, VERIFY, code="nonsense")).status_code == 422
    assert (await press(browser, VERIFY, code=code)).status_code == 422
    assert await events(home, "user.email_verified") == []


async def test_after_the_link_in_a_mail_one_press_finishes_the_sign_in(
    browser: httpx.AsyncClient, home: Home, services: Services
) -> None:
    await change(home, "registration", requireEmailVerification=True)
    person = await somebody(home, services)
    await sign_in(browser)
    async with home.works.write(home.opener()) as work:
        await confirm_email(work, person.user)
    page = await browser.get(VERIFY)
    assert "Your address is verified" in page.text
    assert (await browser.get(SESSIONS)).status_code == 303
    done = await browser.post(VERIFY, data={"csrf": csrf(page)})
    assert done.headers["location"] == SESSIONS


async def test_the_page_is_true_also_where_the_newest_mail_holds_a_link(
    browser: httpx.AsyncClient, home: Home, services: Services
) -> None:
    await change(home, "registration", requireEmailVerification=True)
    person = await somebody(home, services)
    async with home.works.write(home.opener()) as work:
        await request_email_verification(work, person.user, form=Form.LINK)
    await sign_in(browser)
    assert len(await events(home, "user.email_verification_requested")) == 1
    page = await browser.get(VERIFY)
    assert "mailed a code" not in page.text
    assert "If there is a link in it instead" in page.text
    assert f'<a href="{VERIFY}">' in page.text


async def test_another_code_is_sent_on_demand_but_not_without_end(
    browser: httpx.AsyncClient, home: Home, services: Services, clock: FrozenClock
) -> None:
    await change(home, "registration", requireEmailVerification=True)
    person = await somebody(home, services)
    await sign_in(browser)
    assert len(await events(home, "user.email_verification_requested")) == 1
    await code_for(home, person)
    page = await browser.get(VERIFY)
    at_once = await browser.post(RESEND, data={"csrf": csrf(page)})
    assert (at_once.status_code, "too often" in at_once.text) == (429, True)
    clock.advance(timedelta(seconds=31))
    later = await browser.post(RESEND, data={"csrf": csrf(page)})
    assert later.headers["location"] == f"{VERIFY}?sent=1"
    assert "on its way" in (await browser.get(f"{VERIFY}?sent=1")).text


async def test_both_steps_come_one_after_the_other(
    browser: httpx.AsyncClient, home: Home, services: Services
) -> None:
    await change(home, "registration", requireEmailVerification=True)
    person = await somebody(home, services, must_change_password=True)
    assert (await sign_in(browser)).headers["location"] == VERIFY
    assert (await browser.get(CHANGE)).headers["location"] == VERIFY
    code = await code_for(home, person)
    assert (await press(browser, VERIFY, code=code)).headers["location"] == CHANGE
    assert (await press(browser, CHANGE, password=BETTER)).headers["location"] == SESSIONS


@pytest.mark.parametrize("address", [CHANGE, VERIFY])
async def test_a_step_without_a_sign_in_leads_to_its_beginning(
    browser: httpx.AsyncClient, home: Home, address: str
) -> None:
    assert home.slug in address
    assert (await browser.get(address)).headers["location"] == EXPIRED
    assert (await browser.post(address, data={"csrf": "x", "code": "1"})).headers["location"] == EXPIRED
    assert await reasons(home) == []
