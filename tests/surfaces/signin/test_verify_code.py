"""The pages on which a code is typed that verifies an address or a number."""

from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from tenantry.domain.codes.actions import issue_code
from tenantry.domain.codes.model import CodeKind, CodeState, Form, NewCode
from tenantry.domain.codes.queries import check_code
from tenantry.domain.directory.model import Person
from tenantry.domain.verification.actions import request_email_verification, request_phone_verification
from tenantry.kernel.clock import FrozenClock
from tests.support.database import SEALER
from tests.support.makers import Home
from tests.support.pages import csrf
from tests.support.settings import change
from tests.support.verification import inbox, locked, other, otp_in, page_in, user_now

pytestmark = pytest.mark.asyncio
NUMBER = "+46701740605"


async def mailed(home: Home, folder: Path, person: Person) -> tuple[str, str]:
    """The path of the page, and the digits."""
    async with home.works.write(home.opener()) as work:
        await request_email_verification(work, await locked(work, person), form=Form.OTP)
    text = (await inbox(home, folder))[0].text
    return page_in(text), otp_in(text)


async def texted(home: Home, folder: Path, person: Person) -> tuple[str, str]:
    async with home.works.write(home.opener()) as work:
        await request_phone_verification(work, await locked(work, person))
    text = (await inbox(home, folder, NUMBER))[0].text
    return page_in(text), otp_in(text)


def id_in(path: str) -> str:
    return path.partition("id=")[2]


async def type_in(browser: httpx.AsyncClient, path: str, digits: str) -> httpx.Response:
    page = await browser.get(path)
    form = {"csrf": csrf(page), "id": id_in(path), "code": digits}
    return await browser.post(path.partition("?")[0] + "/code", data=form)


async def test_somebody_types_the_code_that_they_were_mailed(
    browser: httpx.AsyncClient, home: Home, tmp_path: Path
) -> None:
    ann = await home.user()
    path, digits = await mailed(home, tmp_path, ann)
    page = await browser.get(path)
    assert 'autocomplete="one-time-code"' in page.text
    assert "ann@example.com" not in page.text
    wrong = await type_in(browser, path, other(digits))
    assert (wrong.status_code, "wrong or no longer valid" in wrong.text) == (422, True)
    done = await type_in(browser, path, f"{digits[:3]} {digits[3:]}")
    assert (done.status_code, "email address is verified" in done.text) == (200, True)
    assert (await user_now(home, ann)).email_verified is True


async def test_somebody_types_the_code_that_came_to_their_phone(
    browser: httpx.AsyncClient, home: Home, tmp_path: Path
) -> None:
    ann = await home.user(phone=NUMBER)
    path, digits = await texted(home, tmp_path, ann)
    assert path.startswith("/t/acme-corp/verify-phone?id=")
    done = await type_in(browser, path, digits)
    assert (done.status_code, "phone number is verified" in done.text) == (200, True)
    after = await user_now(home, ann)
    assert (after.phone_verified, after.phone_pending, after.email_verified) == (True, False, False)


async def test_guesses_are_counted_and_the_right_code_comes_too_late(
    browser: httpx.AsyncClient, home: Home, tmp_path: Path
) -> None:
    ann = await home.user()
    path, digits = await mailed(home, tmp_path, ann)
    for _ in range(5):
        assert (await type_in(browser, path, other(digits))).status_code == 422
    assert (await type_in(browser, path, digits)).status_code == 422
    assert (await user_now(home, ann)).email_verified is False


async def test_another_code_is_sent_at_a_press(
    browser: httpx.AsyncClient, home: Home, clock: FrozenClock, tmp_path: Path
) -> None:
    ann = await home.user()
    path, old = await mailed(home, tmp_path, ann)
    page = await browser.get(path)
    again = path.partition("?")[0] + "/code/again"
    form = {"csrf": csrf(page), "id": id_in(path)}
    soon = await browser.post(again, data=form)
    assert (soon.status_code, "31 seconds" in soon.text) == (429, True)
    clock.advance(timedelta(minutes=11))
    sent = await browser.post(again, data=form)
    assert sent.status_code == 303
    fresh = sent.headers["location"].removesuffix("&again=1")
    [mail, _] = await inbox(home, tmp_path)
    assert page_in(mail.text) == fresh
    assert "Another code is on its way" in (await browser.get(sent.headers["location"])).text
    assert old == otp_in(mail.text) or (await type_in(browser, path, old)).status_code == 422
    assert (await type_in(browser, fresh, otp_in(mail.text))).status_code == 200


async def test_nobody_learns_whether_there_is_such_a_code(
    browser: httpx.AsyncClient, home: Home, tmp_path: Path
) -> None:
    path, _ = await mailed(home, tmp_path, await home.user())
    nobodys = f"/t/{home.slug}/verify-email?id={uuid4()}"

    async def seen(where: str) -> list[tuple[int, str]]:
        page = await browser.get(where)
        wrong = await type_in(browser, where, "000000x")
        form = {"csrf": csrf(page), "id": id_in(where)}
        again = await browser.post(where.partition("?")[0] + "/code/again", data=form)
        # What guards the form is another text each time, whoever is named.
        cleaned = [one.text.replace(id_in(where), "").replace(csrf(one), "") for one in (page, wrong)]
        return [*zip([page.status_code, wrong.status_code], cleaned, strict=True), (again.status_code, "")]

    mine, theirs = await seen(path), await seen(nobodys)
    assert theirs[:2] == mine[:2]
    # A code that exists was sent just now; whoever knows its id holds its message.
    assert (mine[2][0], theirs[2][0]) == (429, 303)
    assert len(await inbox(home, tmp_path)) == 1


async def test_a_press_that_did_not_come_from_the_page_counts_no_try(
    browser: httpx.AsyncClient, home: Home, tmp_path: Path
) -> None:
    path, digits = await mailed(home, tmp_path, await home.user())
    for _ in range(6):
        form = {"csrf": "x", "id": id_in(path), "code": other(digits)}
        assert (await browser.post(path.partition("?")[0] + "/code", data=form)).status_code == 403
    assert (await type_in(browser, path, digits)).status_code == 200


async def test_the_code_of_one_tenant_is_wrong_in_another(
    browser: httpx.AsyncClient, home: Home, neighbour: Home, tmp_path: Path
) -> None:
    ann = await home.user()
    path, digits = await mailed(home, tmp_path, ann)
    assert (await type_in(browser, path.replace(home.slug, neighbour.slug), digits)).status_code == 422
    assert (await user_now(home, ann)).email_verified is False


async def test_a_code_for_a_password_verifies_nothing_here_and_is_not_used_up(
    browser: httpx.AsyncClient, home: Home
) -> None:
    ann = await home.user()
    async with home.works.write(home.opener()) as work:
        wanted = NewCode(
            kind=CodeKind.PASSWORD_RESET, form=Form.OTP, user_id=ann.user.id, sent_to="ann@example.com"
        )
        issued = await issue_code(work, wanted, SEALER)
    path = f"/t/{home.slug}/verify-email?id={issued.id}"
    assert (await type_in(browser, path, issued.secret)).status_code == 422
    assert (await user_now(home, ann)).email_verified is False
    async with home.works.read(home.opener()) as work:
        assert (await check_code(work, issued.id)).state is CodeState.VALID


@pytest.mark.parametrize("query", ["?id=", "?id=nonsense", "?id=%00"])
async def test_an_address_without_an_id_says_so(browser: httpx.AsyncClient, home: Home, query: str) -> None:
    for what in ("verify-email", "verify-phone"):
        assert (await browser.get(f"/t/{home.slug}/{what}{query}")).status_code == 404
        posted = await browser.post(f"/t/{home.slug}/{what}/code", data={"id": "x"})
        assert posted.status_code == 404


async def test_tries_of_one_network_are_limited(
    browser: httpx.AsyncClient, home: Home, tmp_path: Path
) -> None:
    await change(home, "throttling", codesPerAddress=2)
    path = f"/t/{home.slug}/verify-phone?id={uuid4()}"
    answers = [(await type_in(browser, path, "123456")).status_code for _ in range(3)]
    assert answers == [422, 422, 429]
