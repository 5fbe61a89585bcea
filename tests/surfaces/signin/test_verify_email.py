"""The page of a link that verifies an address, as browsers, scanners and attackers meet it."""

from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from tenantry.domain.directory.model import Person
from tenantry.domain.verification.actions import request_email_verification
from tenantry.domain.verification.change_actions import request_email_change
from tenantry.kernel.clock import FrozenClock
from tests.support.makers import Home
from tests.support.pages import csrf
from tests.support.settings import change
from tests.support.verification import inbox, locked, page_in, rows, secret_in, user_now

pytestmark = pytest.mark.asyncio
NEW = "ann.lee@example.com"


async def mailed(home: Home, folder: Path, person: Person) -> str:
    """The path of the page that the verification mail points to."""
    async with home.works.write(home.opener()) as work:
        await request_email_verification(work, await locked(work, person))
    return page_in((await inbox(home, folder))[0].text)


async def mailed_change(home: Home, folder: Path, person: Person) -> str:
    async with home.works.write(home.opener()) as work:
        await request_email_change(work, await locked(work, person), NEW)
    return page_in((await inbox(home, folder, NEW))[0].text)


async def press(browser: httpx.AsyncClient, path: str) -> httpx.Response:
    """Opens the page and presses its button."""
    page = await browser.get(path)
    return await browser.post(path, data={"csrf": csrf(page)})


async def test_somebody_opens_the_link_and_confirms(
    browser: httpx.AsyncClient, home: Home, tmp_path: Path
) -> None:
    ann = await home.user()
    path = await mailed(home, tmp_path, ann)
    page = await browser.get(path)
    assert (page.status_code, "ann@example.com" in page.text) == (200, True)
    assert page.headers["referrer-policy"] == "no-referrer"
    done = await press(browser, path)
    assert (done.status_code, "is verified" in done.text) == (200, True)
    assert (await user_now(home, ann)).email_verified is True
    again = await browser.get(path)
    assert (again.status_code, "already been used" in again.text) == (410, True)
    [(ip,)] = await rows(home, "select host(ip) from events where type = 'user.email_verified'")
    assert ip == "127.0.0.1"


async def test_a_scanner_uses_nothing_up(
    browser: httpx.AsyncClient, app: object, home: Home, tmp_path: Path
) -> None:
    ann = await home.user()
    path = await mailed(home, tmp_path, ann)
    for method in ("HEAD", "GET", "OPTIONS", "GET"):
        await browser.request(method, path)
    page = await browser.get(path)
    async with httpx.AsyncClient(transport=browser._transport, base_url="http://localhost:8400") as scanner:
        pressed = await scanner.post(path, data={"csrf": csrf(page)})
        assert (pressed.status_code, "opened first" in pressed.text) == (403, True)
    assert (await browser.post(path, data={"csrf": "x"})).status_code == 403
    assert (await user_now(home, ann)).email_verified is False
    assert (await press(browser, path)).status_code == 200
    assert (await user_now(home, ann)).email_verified is True


async def test_a_form_of_another_site_is_refused(
    browser: httpx.AsyncClient, home: Home, tmp_path: Path
) -> None:
    ann = await home.user()
    path = await mailed(home, tmp_path, ann)
    page = await browser.get(path)
    answer = await browser.post(path, data={"csrf": csrf(page)}, headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 403
    assert (await user_now(home, ann)).email_verified is False


async def test_an_expired_link_offers_a_new_one_at_once(
    browser: httpx.AsyncClient, home: Home, clock: FrozenClock, tmp_path: Path
) -> None:
    ann = await home.user()
    path = await mailed(home, tmp_path, ann)
    clock.advance(timedelta(hours=24))
    page = await browser.get(path)
    assert (page.status_code, "has expired" in page.text) == (410, True)
    again = path.replace("verify-email?", "verify-email/again?")
    assert (await browser.post(again, data={"csrf": "x"})).status_code == 403
    sent = await browser.post(again, data={"csrf": csrf(page)})
    assert (sent.status_code, "on its way" in sent.text) == (200, True)
    fresh = page_in((await inbox(home, tmp_path))[0].text)
    assert fresh != path
    assert (await press(browser, fresh)).status_code == 200
    assert (await user_now(home, ann)).email_verified is True


async def test_a_new_link_is_not_sent_over_and_over(
    browser: httpx.AsyncClient, home: Home, clock: FrozenClock, tmp_path: Path
) -> None:
    path = await mailed(home, tmp_path, await home.user())
    clock.advance(timedelta(hours=24))
    again = path.replace("verify-email?", "verify-email/again?")
    page = await browser.get(path)
    form = {"csrf": csrf(page)}
    assert (await browser.post(again, data=form)).status_code == 200
    refused = await browser.post(again, data=form)
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "31")
    assert len(await inbox(home, tmp_path)) == 2


async def test_nothing_is_sent_for_an_address_that_is_verified_by_now(
    browser: httpx.AsyncClient, home: Home, clock: FrozenClock, tmp_path: Path
) -> None:
    ann = await home.user()
    path = await mailed(home, tmp_path, ann)
    clock.advance(timedelta(hours=24))
    form = {"csrf": csrf(await browser.get(path))}
    async with home.works.write(home.opener()) as work:
        await work.db.run("update users set email_verified = true")
    told = await browser.post(path.replace("verify-email?", "verify-email/again?"), data=form)
    assert (told.status_code, "nothing left to confirm" in told.text) == (200, True)
    assert len(await inbox(home, tmp_path)) == 1


async def test_an_overtaken_link_points_to_the_newest_mail(
    browser: httpx.AsyncClient, home: Home, clock: FrozenClock, tmp_path: Path
) -> None:
    ann = await home.user()
    first = await mailed(home, tmp_path, ann)
    clock.advance(timedelta(minutes=1))
    await mailed(home, tmp_path, ann)
    page = await browser.get(first)
    assert (page.status_code, "newest mail" in page.text) == (410, True)
    answer = await browser.post(first.replace("?", "/again?"), data={"csrf": "x"})
    assert (answer.status_code, len(await inbox(home, tmp_path))) == (410, 2)


@pytest.mark.parametrize("query", ["", "?token=", "?token=nonsense", "?token=" + "x" * 5000, "?token=%00"])
async def test_an_unknown_link_says_so(browser: httpx.AsyncClient, home: Home, query: str) -> None:
    for page in ("verify-email", "revert-email"):
        answer = await browser.get(f"/t/{home.slug}/{page}{query}")
        assert (answer.status_code, "not valid" in answer.text) == (404, True)
        posted = await browser.post(f"/t/{home.slug}/{page}{query}", data={"csrf": "x"})
        assert posted.status_code == 404


async def test_the_link_of_another_tenant_is_unknown(
    browser: httpx.AsyncClient, home: Home, neighbour: Home, tmp_path: Path
) -> None:
    ann = await home.user()
    await neighbour.user()
    path = await mailed(home, tmp_path, ann)
    page = await browser.get(path)
    theirs = path.replace(home.slug, neighbour.slug)
    assert (await browser.get(theirs)).status_code == 404
    assert (await browser.post(theirs, data={"csrf": csrf(page)})).status_code == 404
    assert (await user_now(home, ann)).email_verified is False


async def test_a_suspended_person_is_told_nothing_but_that(
    browser: httpx.AsyncClient, home: Home, tmp_path: Path
) -> None:
    ann = await home.user()
    path = await mailed(home, tmp_path, ann)
    async with home.works.write(home.opener()) as work:
        await work.db.run("update users set blocked = true")
    page = await browser.get(path)
    assert (page.status_code, "ann@example.com" in page.text) == (403, False)


async def test_presses_of_one_address_are_limited(
    browser: httpx.AsyncClient, home: Home, tmp_path: Path
) -> None:
    await change(home, "throttling", codesPerAddress=3)
    path = f"/t/{home.slug}/verify-email?token=nonsense"
    answers = [(await browser.post(path, data={"csrf": "x"})).status_code for _ in range(5)]
    assert answers == [404, 404, 404, 429, 429]


async def test_a_new_address_is_confirmed_on_the_same_page(
    browser: httpx.AsyncClient, home: Home, tmp_path: Path
) -> None:
    ann = await home.user()
    path = await mailed_change(home, tmp_path, ann)
    page = await browser.get(path)
    assert ("ann@example.com" in page.text, NEW in page.text) == (True, True)
    done = await press(browser, path)
    assert (done.status_code, "Your address is changed" in done.text) == (200, True)
    assert (await user_now(home, ann)).email == NEW


async def test_an_expired_change_is_asked_for_again_as_long_as_it_is_wanted(
    browser: httpx.AsyncClient, home: Home, clock: FrozenClock, tmp_path: Path
) -> None:
    ann = await home.user()
    path = await mailed_change(home, tmp_path, ann)
    clock.advance(timedelta(hours=25))
    page = await browser.get(path)
    sent = await browser.post(path.replace("?", "/again?"), data={"csrf": csrf(page)})
    assert "on its way" in sent.text
    fresh = page_in((await inbox(home, tmp_path, NEW))[0].text)
    assert (await press(browser, fresh)).status_code == 200
    assert (await user_now(home, ann)).email == NEW


async def test_an_address_that_somebody_else_got_meanwhile_is_told_of(
    browser: httpx.AsyncClient, home: Home, tmp_path: Path
) -> None:
    ann = await home.user()
    path = await mailed_change(home, tmp_path, ann)
    async with home.works.write(home.opener()) as work:
        await work.db.run("delete from address_claims")
    await home.user(NEW)
    told = await press(browser, path)
    assert (told.status_code, "is taken" in told.text) == (409, True)
    assert (await user_now(home, ann)).email == "ann@example.com"


async def test_the_old_address_takes_the_change_back(
    browser: httpx.AsyncClient, home: Home, tmp_path: Path
) -> None:
    ann = await home.user()
    await press(browser, await mailed_change(home, tmp_path, ann))
    back = page_in((await inbox(home, tmp_path, "ann@example.com"))[0].text)
    assert back.startswith("/t/acme-corp/revert-email?token=")
    await browser.head(back)
    page = await browser.get(back)
    assert ("ann@example.com" in page.text, NEW in page.text) == (True, True)
    assert (await browser.post(back, data={"csrf": "x"})).status_code == 403
    assert (await user_now(home, ann)).email == NEW
    done = await browser.post(back, data={"csrf": csrf(page)})
    assert (done.status_code, "is back" in done.text, "/forgot-password" in done.text) == (200, True, True)
    assert (await user_now(home, ann)).email == "ann@example.com"
    again = await browser.post(back, data={"csrf": csrf(page)})
    assert (again.status_code, "already been used" in again.text) == (410, True)


async def test_an_expired_way_back_points_to_the_administrator(
    browser: httpx.AsyncClient, home: Home, clock: FrozenClock, tmp_path: Path
) -> None:
    await mailed_change(home, tmp_path, await home.user())
    back = page_in((await inbox(home, tmp_path, "ann@example.com"))[0].text)
    clock.advance(timedelta(hours=72))
    page = await browser.get(back)
    assert (page.status_code, "administrator" in page.text, "<form" in page.text) == (410, True, False)


async def test_a_forged_host_header_stands_in_no_mail(
    browser: httpx.AsyncClient, home: Home, clock: FrozenClock, tmp_path: Path
) -> None:
    path = await mailed(home, tmp_path, await home.user())
    clock.advance(timedelta(hours=24))
    page = await browser.get(path)
    forged = {"host": "evil.example"}
    await browser.post(path.replace("?", "/again?"), data={"csrf": csrf(page)}, headers=forged)
    [mail, _] = await inbox(home, tmp_path)
    assert "evil.example" not in mail.text
    assert secret_in(mail.text)
