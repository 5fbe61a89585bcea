"""The sign-in page, as browsers and attackers meet it."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tenantry.domain.users.state_actions import SUSPENDED, change_state
from tenantry.kernel.clock import FrozenClock
from tenantry.surfaces.kit.services import Services
from tests.support.makers import Home
from tests.support.pages import csrf
from tests.support.settings import change
from tests.support.signing_in import GOOD, WRONG, reasons

pytestmark = pytest.mark.asyncio
LOGIN = "/t/acme-corp/login"
SESSIONS = "/t/acme-corp/account/sessions"
COOKIE = "tenantry_session_acme-corp"
ANN = "ann@example.com"


@pytest_asyncio.fixture
async def ann(home: Home, services: Services) -> AsyncIterator[None]:
    await home.user(password_hash=await services.hasher.hash(GOOD))
    yield


async def sign_in(
    browser: httpx.AsyncClient, identifier: str = ANN, password: str = GOOD, query: str = "", **form: str
) -> httpx.Response:
    """Opens the page and presses its button."""
    page = await browser.get(LOGIN + query)
    data = {"csrf": csrf(page), "identifier": identifier, "password": password, **form}
    return await browser.post(LOGIN + query, data=data)


def set_cookies(answer: httpx.Response) -> dict[str, str]:
    return {line.partition("=")[0]: line for line in answer.headers.get_list("set-cookie")}


async def test_an_address_that_no_page_has_is_told_in_plain_words(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/t/acme-corp/no-such-page")
    assert (answer.status_code, "There is nothing here" in answer.text) == (404, True)
    assert "No page has this address." in answer.text
    assert "Not Found" not in answer.text


@pytest.mark.usefixtures("ann")
async def test_the_right_password_leads_to_ones_sessions(browser: httpx.AsyncClient) -> None:
    answer = await sign_in(browser)
    assert (answer.status_code, answer.headers["location"]) == (303, SESSIONS)
    page = await browser.get(SESSIONS)
    assert page.status_code == 200
    assert ANN in page.text


@pytest.mark.usefixtures("ann")
async def test_the_cookie_is_the_tenants_own_and_out_of_reach_of_scripts(browser: httpx.AsyncClient) -> None:
    line = set_cookies(await sign_in(browser))[COOKIE].lower()
    assert "httponly" in line
    assert "samesite=lax" in line
    assert "path=/t/acme-corp" in line
    assert "max-age" not in line
    assert "secure" not in line


@pytest.mark.usefixtures("ann")
async def test_whoever_asked_to_be_remembered_stays_when_the_browser_is_closed(
    browser: httpx.AsyncClient, home: Home
) -> None:
    line = set_cookies(await sign_in(browser, remember="on"))[COOKIE].lower()
    assert f"max-age={30 * 24 * 3600}" in line
    await change(home, "signIn", rememberMe=False)
    browser.cookies.clear()
    assert "Remember me" not in (await browser.get(LOGIN)).text
    line = set_cookies(await sign_in(browser, remember="on"))[COOKIE].lower()
    assert "max-age" not in line


@pytest.mark.usefixtures("ann")
async def test_a_wrong_password_is_told_and_what_was_typed_stays(browser: httpx.AsyncClient) -> None:
    answer = await sign_in(browser, password=WRONG)
    assert answer.status_code == 401
    assert "The sign-in name or the password is wrong." in answer.text
    assert f'value="{ANN}"' in answer.text
    assert WRONG not in answer.text
    assert COOKIE not in set_cookies(answer)


@pytest.mark.usefixtures("ann")
async def test_the_page_for_somebody_unknown_is_the_same_to_the_byte(
    browser: httpx.AsyncClient, home: Home
) -> None:
    await change(home, "throttling", signInsPerAddress=1000, signInsPerAccount=1000)

    async def told(identifier: str) -> tuple[int, str]:
        answer = await sign_in(browser, identifier, WRONG)
        # What guards the form is another text each time, whoever is named.
        return answer.status_code, answer.text.replace(identifier, "X").replace(csrf(answer), "")

    wrong = await told(ANN)
    assert await told("nobody@example.com") == wrong
    for _ in range(5):
        await told(ANN)
    assert await told(ANN) == wrong


async def test_a_suspended_person_is_told_so_after_the_right_password(
    browser: httpx.AsyncClient, home: Home, services: Services
) -> None:
    person = await home.user(password_hash=await services.hasher.hash(GOOD))
    async with home.works.write(home.opener()) as work:
        await change_state(work, person.user, SUSPENDED, on=True)
    answer = await sign_in(browser)
    assert (answer.status_code, "This account is suspended" in answer.text) == (403, True)
    assert "suspended" not in (await sign_in(browser, password=WRONG)).text


@pytest.mark.usefixtures("ann")
async def test_too_many_tries_say_how_long_to_wait(browser: httpx.AsyncClient, home: Home) -> None:
    await change(home, "throttling", signInsPerAddress=1)
    await sign_in(browser, password=WRONG)
    answer = await sign_in(browser)
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0


@pytest.mark.usefixtures("ann")
async def test_one_goes_on_where_one_wanted_to(browser: httpx.AsyncClient) -> None:
    answer = await sign_in(browser, query="?next=%2Ft%2Facme-corp%2Faccount%2Fsessions%3Ftold%3Done")
    assert answer.headers["location"] == f"{SESSIONS}?told=one"


@pytest.mark.usefixtures("ann")
@pytest.mark.parametrize(
    "wanted",
    [
        "//evil.example",
        "/%5Cevil.example",
        "https%3A%2F%2Fevil.example",
        "%2F%2Fevil.example",
        "/t/other-corp/x",
    ],
)
async def test_one_is_never_sent_to_another_site_or_tenant(browser: httpx.AsyncClient, wanted: str) -> None:
    page = await browser.get(f"{LOGIN}?next={wanted}")
    assert "evil" not in page.text
    answer = await sign_in(browser, query=f"?next={wanted}")
    assert answer.headers["location"] == SESSIONS


@pytest.mark.usefixtures("ann")
async def test_a_form_of_another_site_is_refused_before_anything_is_counted(
    browser: httpx.AsyncClient, home: Home
) -> None:
    data = {"identifier": ANN, "password": GOOD}
    for form in ({}, {"csrf": "x"}, {"csrf": "x" * 43}):
        answer = await browser.post(LOGIN, data={**data, **form})
        assert (answer.status_code, COOKIE in set_cookies(answer)) == (403, False)
    page = await browser.get(LOGIN)
    cross = await browser.post(
        LOGIN, data={**data, "csrf": csrf(page)}, headers={"sec-fetch-site": "cross-site"}
    )
    assert (cross.status_code, COOKIE in set_cookies(cross)) == (403, False)
    assert await reasons(home) == []
    async with home.works.read(home.opener()) as work:
        assert await work.db.all("select from throttles") == []


@pytest.mark.usefixtures("ann")
async def test_a_forged_host_stands_nowhere(browser: httpx.AsyncClient) -> None:
    forged = {"host": "evil.example", "x-forwarded-host": "evil.example"}
    page = await browser.get(LOGIN, headers=forged)
    assert "evil.example" not in page.text + str(page.headers)
    data = {"csrf": csrf(page), "identifier": ANN, "password": GOOD}
    answer = await browser.post(LOGIN, data=data, headers=forged)
    assert (answer.status_code, answer.headers["location"]) == (303, SESSIONS)


@pytest.mark.usefixtures("ann")
async def test_a_session_is_never_one_that_the_browser_brought(browser: httpx.AsyncClient, app: Any) -> None:
    planted = "A" * 43
    browser.cookies.set(COOKIE, planted, domain="localhost.local", path="/t/acme-corp")
    first = re.split("[=;]", set_cookies(await sign_in(browser))[COOKIE])[1]
    assert first != planted
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app), base_url="http://localhost:8400"
    ) as other:
        other.cookies.set(COOKIE, planted)
        assert (await other.get(SESSIONS)).status_code == 303
        second = re.split("[=;]", set_cookies(await sign_in(other))[COOKIE])[1]
    assert second not in (first, planted)


@pytest.mark.usefixtures("ann")
async def test_what_was_stolen_before_the_sign_in_is_worth_nothing_after_it(
    browser: httpx.AsyncClient, app: Any
) -> None:
    page = await browser.get(LOGIN)
    stolen, field = dict(browser.cookies), csrf(page)
    await browser.post(LOGIN, data={"csrf": field, "identifier": ANN, "password": GOOD})
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app), base_url="http://localhost:8400", cookies=stolen
    ) as thief:
        assert (await thief.get(SESSIONS)).headers["location"].startswith(LOGIN)
    for forged in (field, "x"):
        answer = await browser.post(SESSIONS, data={"csrf": forged, "end": "all"})
        assert answer.status_code == 403
    assert (await browser.get(SESSIONS)).status_code == 200


@pytest.mark.usefixtures("ann")
async def test_a_session_of_one_tenant_opens_nothing_in_another(
    browser: httpx.AsyncClient, neighbour: Home
) -> None:
    await neighbour.user()
    await sign_in(browser)
    token = browser.cookies[COOKIE]
    theirs = f"/t/{neighbour.slug}/account/sessions"
    forged = {"cookie": f"tenantry_session_{neighbour.slug}={token}; {COOKIE}={token}"}
    answer = await browser.get(theirs, headers=forged)
    assert (answer.status_code, answer.headers["location"].startswith(f"/t/{neighbour.slug}/login")) == (
        303,
        True,
    )


@pytest.mark.usefixtures("ann")
async def test_somebody_who_is_signed_in_is_sent_on(browser: httpx.AsyncClient, clock: FrozenClock) -> None:
    await sign_in(browser)
    answer = await browser.get(LOGIN)
    assert (answer.status_code, answer.headers["location"]) == (303, SESSIONS)
    clock.advance(timedelta(minutes=31))
    assert (await browser.get(LOGIN)).status_code == 200


async def test_the_register_link_stands_there_only_while_anybody_may_register(
    browser: httpx.AsyncClient, home: Home
) -> None:
    assert "/register" not in (await browser.get(LOGIN)).text
    await change(home, "registration", enabled=True)
    assert 'href="/t/acme-corp/register"' in (await browser.get(LOGIN)).text
    await change(home, "registration", mode="invitation_only")
    assert "/register" not in (await browser.get(LOGIN)).text


async def test_the_field_is_labelled_by_what_the_tenant_allows(
    browser: httpx.AsyncClient, home: Home
) -> None:
    assert "Email, username or phone number" in (await browser.get(LOGIN)).text
    await change(home, "signIn", identifiers=["email"])
    assert ">Email</label>" in (await browser.get(LOGIN)).text


async def test_password_managers_understand_the_page(browser: httpx.AsyncClient, home: Home) -> None:
    page = (await browser.get(LOGIN)).text
    assert 'autocomplete="username"' in page
    assert 'autocomplete="current-password"' in page
    assert "/forgot-password" in page
    assert home.slug in page


async def test_an_unknown_tenant_is_a_page_too(browser: httpx.AsyncClient, home: Home) -> None:
    page = await browser.get("/t/nobody/login")
    assert (page.status_code, home.slug in page.text) == (404, False)


@pytest.mark.parametrize("body", [b"identifier=%ff", b"a=1&" * 200, b"\xff", b""])
async def test_a_form_that_cannot_be_read_is_refused(
    browser: httpx.AsyncClient, home: Home, body: bytes
) -> None:
    kind = {"content-type": "application/x-www-form-urlencoded"}
    answer = await browser.post(f"/t/{home.slug}/login", content=body, headers=kind)
    assert answer.status_code in (400, 403)


@pytest.mark.usefixtures("ann")
@pytest.mark.parametrize(
    "identifier", ["\x00", "ann\x00@example.com", "%", "' or 1=1 --", "x" * 5000, "\u202eann"]
)
async def test_strange_identifiers_are_unknown_ones(browser: httpx.AsyncClient, identifier: str) -> None:
    assert (await sign_in(browser, identifier)).status_code == 401
