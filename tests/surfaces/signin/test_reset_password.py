"""The page of a mailed link, as browsers, scanners and attackers meet it."""

import re
from typing import Any

import httpx
import msgspec
import pytest

from tenantry.app.web import build
from tenantry.domain.codes.model import CodeKind
from tenantry.domain.directory.model import Person
from tenantry.domain.recovery.actions import create_link
from tenantry.domain.users.state_actions import SUSPENDED, change_state
from tenantry.surfaces.kit.services import Services
from tenantry.surfaces.signin.reset_password import PRESSES_A_MINUTE
from tests.support.database import SEALER
from tests.support.makers import Home
from tests.support.settings import change

pytestmark = pytest.mark.asyncio
GOOD = "correct horse battery staple"
FIELD = re.compile(r'name="csrf" value="([^"]+)"')


async def link(home: Home, person: Person, kind: CodeKind = CodeKind.PASSWORD_RESET) -> str:
    async with home.works.write(home.opener()) as work:
        return await create_link(work, person.user, kind, SEALER)


def address(home: Home, token: str) -> str:
    return f"/t/{home.slug}/reset-password?token={token}"


def csrf(page: httpx.Response) -> str:
    found = FIELD.search(page.text)
    assert found is not None, page.text
    return found[1]


async def press(browser: httpx.AsyncClient, home: Home, token: str, **form: str) -> httpx.Response:
    """Opens the page and presses its button."""
    page = await browser.get(address(home, token))
    return await browser.post(address(home, token), data={"csrf": csrf(page), "password": GOOD, **form})


async def hashes(home: Home) -> list[Any]:
    async with home.works.read(home.opener()) as work:
        return await work.db.all("select hash from password_credentials")


async def test_somebody_opens_the_link_and_chooses_a_password(
    browser: httpx.AsyncClient, home: Home, services: Services
) -> None:
    token = await link(home, await home.user(), CodeKind.PASSWORD_SETUP)
    page = await browser.get(address(home, token))
    assert page.status_code == 200
    assert "Choose a password" in page.text
    assert "ann@example.com" in page.text
    assert "8 to 256 characters" in page.text
    done = await press(browser, home, token)
    assert (done.status_code, "Your password is set" in done.text) == (200, True)
    stored = (await hashes(home))[0][0]
    assert await services.hasher.verify(stored, GOOD)


async def test_a_used_link_says_so(browser: httpx.AsyncClient, home: Home) -> None:
    token = await link(home, await home.user())
    await press(browser, home, token)
    again = await browser.get(address(home, token))
    assert (again.status_code, "has already been used" in again.text) == (410, True)
    before = await hashes(home)
    pressed = await browser.post(address(home, token), data={"csrf": "x", "password": GOOD})
    assert (pressed.status_code, await hashes(home)) == (410, before)


async def test_an_expired_link_says_so(browser: httpx.AsyncClient, home: Home) -> None:
    await change(home, "links", passwordResetMinutes=0)
    page = await browser.get(address(home, await link(home, await home.user())))
    assert (page.status_code, "has expired" in page.text) == (410, True)


async def test_an_overtaken_link_points_to_the_newest_mail(browser: httpx.AsyncClient, home: Home) -> None:
    ann = await home.user()
    old, _new = await link(home, ann), await link(home, ann)
    page = await browser.get(address(home, old))
    assert (page.status_code, "no longer valid" in page.text, "newest mail" in page.text) == (410, True, True)


@pytest.mark.parametrize(
    "query", ["", "?token=", "?token=nonsense", "?token=" + "x" * 5000, "?other=1", "?token=%00"]
)
async def test_an_unknown_link_says_so(browser: httpx.AsyncClient, home: Home, query: str) -> None:
    page = await browser.get(f"/t/{home.slug}/reset-password{query}")
    assert (page.status_code, "not valid" in page.text) == (404, True)
    assert page.headers["content-type"].startswith("text/html")
    assert "set-cookie" not in page.headers


@pytest.mark.parametrize(
    "query", ["?token=%ff", "?token=%ED%A0%80", "?" + "&".join(f"a{n}=1" for n in range(200))]
)
async def test_an_address_that_cannot_be_read_is_refused(
    browser: httpx.AsyncClient, home: Home, query: str
) -> None:
    assert (await browser.get(f"/t/{home.slug}/reset-password{query}")).status_code == 400


async def test_an_unknown_tenant_is_a_page_too(browser: httpx.AsyncClient, home: Home) -> None:
    page = await browser.get("/t/nobody/reset-password?token=x")
    assert page.status_code == 404
    assert page.headers["content-type"].startswith("text/html")


async def test_a_suspended_person_is_told_nothing_but_that(browser: httpx.AsyncClient, home: Home) -> None:
    token = await link(home, await home.user(blocked=True))
    page = await browser.get(address(home, token))
    assert (page.status_code, "cannot be used" in page.text) == (403, True)
    assert "ann@example.com" not in page.text


async def test_the_token_of_another_tenant_is_unknown(
    browser: httpx.AsyncClient, home: Home, neighbour: Home
) -> None:
    token = await link(neighbour, await neighbour.user())
    await home.user()
    page = await browser.get(address(home, token))
    assert page.status_code == 404
    theirs = await browser.get(address(neighbour, token))
    pressed = await browser.post(address(home, token), data={"csrf": csrf(theirs), "password": GOOD})
    assert pressed.status_code == 404
    assert await hashes(neighbour) == []
    assert await hashes(home) == []


async def test_opening_is_not_using(browser: httpx.AsyncClient, home: Home) -> None:
    token = await link(home, await home.user())
    for method in ("GET", "HEAD", "GET", "OPTIONS"):
        await browser.request(method, address(home, token))
    head = await browser.head(address(home, token))
    assert (head.status_code, head.content) == (200, b"")
    assert await hashes(home) == []
    assert (await press(browser, home, token)).status_code == 200


async def test_a_scanner_that_submits_the_form_without_the_cookie_uses_nothing_up(
    browser: httpx.AsyncClient, home: Home
) -> None:
    token = await link(home, await home.user())
    page = await browser.get(address(home, token))
    field = csrf(page)
    browser.cookies.clear()
    pressed = await browser.post(address(home, token), data={"csrf": field, "password": GOOD})
    assert (pressed.status_code, await hashes(home)) == (403, [])
    assert (await press(browser, home, token)).status_code == 200


async def test_a_form_of_another_site_is_refused(browser: httpx.AsyncClient, home: Home) -> None:
    token = await link(home, await home.user())
    field = csrf(await browser.get(address(home, token)))
    form = {"csrf": field, "password": GOOD}
    refused = await browser.post(address(home, token), data=form, headers={"sec-fetch-site": "cross-site"})
    missing = await browser.post(address(home, token), data={"password": GOOD})
    wrong = await browser.post(address(home, token), data={"csrf": field[:-1] + "é", "password": GOOD})
    json = await browser.post(address(home, token), json=form)
    assert [answer.status_code for answer in (refused, missing, wrong, json)] == [403, 403, 403, 403]
    assert await hashes(home) == []


async def test_a_form_made_for_one_link_does_not_fit_another(
    browser: httpx.AsyncClient, home: Home, neighbour: Home
) -> None:
    ann, eve = await home.user(), await home.user("eve@example.com")
    hers, mine = await link(home, ann), await link(home, eve)
    own_form = csrf(await browser.get(address(home, mine)))
    planted = await browser.post(address(home, hers), data={"csrf": own_form, "password": GOOD})
    assert planted.status_code == 403
    foreign = csrf(await browser.get(address(neighbour, await link(neighbour, await neighbour.user()))))
    cookie = next(c.value for c in browser.cookies.jar if c.name == f"tenantry_csrf_{neighbour.slug}")
    browser.cookies.clear()
    headers = {"cookie": f"tenantry_csrf_{home.slug}={cookie}"}
    crossed = await browser.post(
        address(home, hers), data={"csrf": foreign, "password": GOOD}, headers=headers
    )
    assert crossed.status_code == 403
    assert await hashes(home) == []


async def test_two_open_tabs_both_stay_good(browser: httpx.AsyncClient, home: Home) -> None:
    ann, bob = await home.user(), await home.user("bob@example.com")
    first, second = await link(home, ann), await link(home, bob)
    pages = [await browser.get(address(home, token)) for token in (first, second)]
    for token, page in zip((first, second), pages, strict=True):
        done = await browser.post(address(home, token), data={"csrf": csrf(page), "password": GOOD})
        assert done.status_code == 200


async def test_a_weak_password_is_told_every_rule_it_breaks_and_uses_nothing_up(
    browser: httpx.AsyncClient, home: Home
) -> None:
    await change(home, "passwordPolicy", minLength=12, requireNumbers=True, requireSymbols=True)
    token = await link(home, await home.user())
    refused = await press(browser, home, token, password="ann")
    assert refused.status_code == 422
    for line in (
        "Must be at least 12 characters long",
        "Must contain a digit",
        "Must contain a symbol or space",
    ):
        assert line in refused.text
    assert 'value="ann"' not in refused.text
    assert await hashes(home) == []
    again = await browser.post(
        address(home, token), data={"csrf": csrf(refused), "password": "A 2nd try, better!"}
    )
    assert again.status_code == 200


@pytest.mark.parametrize("password", ["", "\u0000" * 12, "x" * 100_000])
async def test_what_is_no_password_is_refused(browser: httpx.AsyncClient, home: Home, password: str) -> None:
    token = await link(home, await home.user())
    assert (await press(browser, home, token, password=password)).status_code == 422
    assert await hashes(home) == []


async def test_an_earlier_password_is_refused(browser: httpx.AsyncClient, home: Home) -> None:
    await change(home, "passwordPolicy", historyCount=2)
    ann = await home.user()
    await press(browser, home, await link(home, ann))
    refused = await press(browser, home, await link(home, ann))
    assert (refused.status_code, "last 2 passwords" in refused.text) == (422, True)


@pytest.mark.parametrize(("state", "status"), [("blocked", 403), ("overtaken", 410)])
async def test_what_happens_between_opening_and_pressing_counts(
    browser: httpx.AsyncClient, home: Home, state: str, status: int
) -> None:
    ann = await home.user()
    token = await link(home, ann)
    page = await browser.get(address(home, token))
    async with home.works.write(home.opener()) as work:
        if state == "blocked":
            await change_state(work, ann.user, SUSPENDED, on=True)
        else:
            await create_link(work, ann.user, CodeKind.PASSWORD_RESET, SEALER)
    pressed = await browser.post(address(home, token), data={"csrf": csrf(page), "password": GOOD})
    assert (pressed.status_code, await hashes(home)) == (status, [])


async def test_the_page_keeps_the_address_to_itself(browser: httpx.AsyncClient, home: Home) -> None:
    page = await browser.get(address(home, await link(home, await home.user())))
    assert page.headers["cache-control"] == "no-store"
    assert set(page.headers.get_list("referrer-policy", split_commas=True)) == {"no-referrer"}
    assert "script-src 'self'" in page.headers["content-security-policy"]
    cookie = page.headers["set-cookie"]
    assert cookie.startswith(f"tenantry_csrf_{home.slug}=")
    assert {part.strip().lower() for part in cookie.split(";")[1:]} >= {
        "httponly",
        "samesite=lax",
        f"path=/t/{home.slug}",
    }
    assert "secure" not in cookie.lower()
    assert "domain" not in cookie.lower()


async def test_the_cookie_is_secure_where_the_public_address_is(services: Services, home: Home) -> None:
    https = msgspec.structs.replace(services.settings, public_url="https://id.example.com")
    app: Any = build(msgspec.structs.replace(services, settings=https))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app), base_url="http://localhost"
    ) as browser:
        page = await browser.get(address(home, await link(home, await home.user())))
    assert "; secure" in page.headers["set-cookie"].lower()


async def test_a_forged_host_changes_nothing_on_the_page(browser: httpx.AsyncClient, home: Home) -> None:
    token = await link(home, await home.user())
    forged = {"host": "evil.example", "x-forwarded-host": "evil.example", "forwarded": "host=evil.example"}
    page = await browser.get(address(home, token), headers=forged)
    assert "evil.example" not in page.text + str(page.headers)
    assert f'action="/t/{home.slug}/reset-password?token={token}"' in page.text


async def test_too_many_presses_are_stopped_before_they_cost_a_hash(
    browser: httpx.AsyncClient, home: Home
) -> None:
    token = await link(home, await home.user())
    for _ in range(PRESSES_A_MINUTE):
        await browser.post(address(home, token), data={})
    stopped = await press(browser, home, token)
    assert stopped.status_code == 429
    assert int(stopped.headers["retry-after"]) >= 1
    assert stopped.headers["content-type"].startswith("text/html")
    assert await hashes(home) == []


async def test_the_answer_does_not_tell_whether_somebody_exists(
    browser: httpx.AsyncClient, home: Home
) -> None:
    await home.user()
    nobody = await browser.get(address(home, "x" * 43))
    removed = await home.user("bob@example.com")
    token = await link(home, removed)
    async with home.works.write(home.opener()) as work:
        await work.db.run("delete from users where id = %s", (removed.user.id,))
    gone = await browser.get(address(home, token))
    strip = re.compile(r"Request <code>[^<]*</code>|data-copy=\"[^\"]*\"")
    assert (nobody.status_code, strip.sub("", nobody.text)) == (gone.status_code, strip.sub("", gone.text))
