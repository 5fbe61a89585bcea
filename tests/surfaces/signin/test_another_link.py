"""An outdated link offers a new one at once, and tells nobody anything by it."""

from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from tenantry.domain.codes.actions import issue_code
from tenantry.domain.codes.model import Channel, CodeKind, NewCode
from tenantry.domain.directory.model import Person
from tenantry.domain.recovery.actions import create_link
from tenantry.domain.recovery.model import Method
from tenantry.domain.recovery.request_actions import force_password_reset
from tenantry.domain.users.lockout import count_failure
from tenantry.domain.users.queries import get_user_for_change
from tenantry.domain.users.references import UserRef
from tenantry.domain.users.state_actions import LOCKED, change_state
from tenantry.kernel.clock import FrozenClock
from tests.support.database import SEALER
from tests.support.makers import Home
from tests.support.recovery import csrf, follow_newest, mails, rows, token_in
from tests.support.settings import change

pytestmark = pytest.mark.asyncio
GOOD = "correct horse battery staple"


async def link(home: Home, person: Person, kind: CodeKind = CodeKind.PASSWORD_RESET) -> str:
    async with home.works.write(home.opener()) as work:
        return await create_link(work, person.user, kind, SEALER)


def address(home: Home, token: str, rest: str = "") -> str:
    return f"/t/{home.slug}/reset-password{rest}?token={token}"


async def ask_anew(browser: httpx.AsyncClient, home: Home, token: str) -> httpx.Response:
    page = await browser.get(address(home, token))
    return await browser.post(address(home, token, "/again"), data={"csrf": csrf(page)})


@pytest.mark.parametrize("kind", [CodeKind.PASSWORD_RESET, CodeKind.PASSWORD_SETUP])
@pytest.mark.parametrize("outdated", ["expired", "overtaken"])
async def test_an_outdated_link_has_a_new_one_of_its_kind_mailed(
    browser: httpx.AsyncClient, home: Home, clock: FrozenClock, tmp_path: Path, kind: CodeKind, outdated: str
) -> None:
    ann = await home.user()
    old = await link(home, ann, kind)
    if outdated == "expired":
        clock.advance(timedelta(days=8))
    else:
        await link(home, ann, kind)
        clock.advance(timedelta(hours=1))
    page = await browser.get(address(home, old))
    assert (page.status_code, "Send a new link" in page.text) == (410, True)
    answer = await ask_anew(browser, home, old)
    assert (answer.status_code, "Check your mail" in answer.text) == (200, True)
    await follow_newest(home, tmp_path)
    [mail] = await mails(tmp_path)
    fresh = address(home, token_in(mail.text))
    form = await browser.get(fresh)
    assert ("Choose a password" in form.text) is (kind is CodeKind.PASSWORD_SETUP)
    assert (await browser.post(fresh, data={"csrf": csrf(form), "password": GOOD})).status_code == 200


async def test_a_demanded_reset_stays_one(
    browser: httpx.AsyncClient, home: Home, clock: FrozenClock, tmp_path: Path
) -> None:
    ann = await home.user(password_hash="$argon2id$x")
    async with home.works.write(home.opener()) as work:
        user = await get_user_for_change(work, UserRef(ann.user.id, None))
        await force_password_reset(work, user, Method.EMAIL_LINK)
    await follow_newest(home, tmp_path, "user.force_password_reset_set")
    clock.advance(timedelta(days=2))
    await ask_anew(browser, home, token_in((await mails(tmp_path))[0].text))
    await follow_newest(home, tmp_path)
    scenarios = await rows(home, "select scenario from codes")
    assert scenarios == [("ADMIN_FORCED_PASSWORD_RESET_VIA_EMAIL_LINK",)] * 2


async def test_the_answer_is_the_same_whatever_comes_of_it(
    browser: httpx.AsyncClient, home: Home, clock: FrozenClock, tmp_path: Path
) -> None:
    ann, bob = await home.user(), await home.user("bob@example.com")
    hers, his = await link(home, ann), await link(home, bob)
    clock.advance(timedelta(days=2))
    async with home.works.write(home.opener()) as work:
        await work.db.run("update users set blocked = true where id = %s", (bob.user.id,))
    answers = [await ask_anew(browser, home, token) for token in (hers, his)]
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    await follow_newest(home, tmp_path)
    assert await mails(tmp_path) == []


async def test_so_many_new_links_are_mailed_and_no_more(
    browser: httpx.AsyncClient, home: Home, clock: FrozenClock, tmp_path: Path
) -> None:
    await change(home, "throttling", recoveriesPerAccount=1000, recoveriesPerAddress=1000)
    token = await link(home, await home.user())
    clock.advance(timedelta(days=2))
    for _ in range(8):
        assert (await ask_anew(browser, home, token)).status_code == 200
        await follow_newest(home, tmp_path)
        clock.advance(timedelta(minutes=1))
    assert len(await mails(tmp_path)) == 5


async def test_pressing_too_often_is_stopped(
    browser: httpx.AsyncClient, home: Home, clock: FrozenClock
) -> None:
    token = await link(home, await home.user())
    clock.advance(timedelta(days=2))
    answers = [(await ask_anew(browser, home, token)).status_code for _ in range(4)]
    assert answers == [200, 200, 200, 429]


async def test_a_scanner_without_the_cookie_and_another_site_ask_for_nothing(
    browser: httpx.AsyncClient, home: Home, clock: FrozenClock
) -> None:
    ann = await home.user()
    token = await link(home, ann)
    good = await browser.get(address(home, token))
    clock.advance(timedelta(days=2))
    field = csrf(await browser.get(address(home, token)))
    place = address(home, token, "/again")
    answers = [
        await browser.post(place, data={"csrf": field}, headers={"sec-fetch-site": "cross-site"}),
        # The field of the form for a password is none for a new link.
        await browser.post(place, data={"csrf": csrf(good)}),
    ]
    browser.cookies.clear()
    answers.append(await browser.post(place, data={"csrf": field}))
    assert [answer.status_code for answer in answers] == [403, 403, 403]
    assert await rows(home, "select 1 from events where type = 'user.password_reset_requested'") == []


async def test_no_new_link_comes_of_a_good_a_used_or_an_unknown_one(
    browser: httpx.AsyncClient, home: Home, clock: FrozenClock
) -> None:
    token = await link(home, await home.user())
    form = await browser.get(address(home, token))
    assert "Send a new link" not in form.text
    await browser.post(address(home, token), data={"csrf": csrf(form), "password": GOOD})
    used = await browser.get(address(home, token))
    assert ("Send a new link" in used.text, f'href="/t/{home.slug}/login"' in used.text) == (False, True)
    assert "Send a new link" not in (await browser.get(address(home, "x" * 43))).text


async def test_the_short_link_behind_a_code_leads_back_to_where_codes_are_asked_for(
    browser: httpx.AsyncClient, home: Home, clock: FrozenClock
) -> None:
    ann = await home.user()
    new = NewCode(
        kind=CodeKind.PASSWORD_RESET,
        channel=Channel.OFFLINE,
        user_id=ann.user.id,
        sent_to="ann@example.com",
        minutes=15,
    )
    async with home.works.write(home.opener()) as work:
        token = (await issue_code(work, new, SEALER)).secret
    clock.advance(timedelta(minutes=15))
    page = await browser.get(address(home, token))
    assert (page.status_code, "Send a new link" in page.text) == (410, False)
    assert f'href="/t/{home.slug}/forgot-password"' in page.text


async def test_the_first_opening_is_noted_and_looking_ahead_is_not(
    browser: httpx.AsyncClient, home: Home, clock: FrozenClock
) -> None:
    token = await link(home, await home.user())
    await browser.head(address(home, token))
    assert await rows(home, "select opened_at from codes") == [(None,)]
    first = clock.now()
    for _ in range(3):
        assert (await browser.get(address(home, token))).status_code == 200
        clock.advance(timedelta(minutes=1))
    assert await rows(home, "select opened_at, used_at from codes") == [(first, None)]


async def test_a_new_password_ends_an_automatic_lockout_but_not_a_lock_of_a_person(
    browser: httpx.AsyncClient, home: Home
) -> None:
    await change(home, "lockout", maxFailures=1)
    ann = await home.user(password_hash="$argon2id$x")
    async with home.works.write(home.opener()) as work:
        await count_failure(work, ann.user.id)
    token = await link(home, ann)
    form = await browser.get(address(home, token))
    assert (
        await browser.post(address(home, token), data={"csrf": csrf(form), "password": GOOD})
    ).status_code == 200
    assert await rows(home, "select failed_logins, locked_out_until from user_activity") == [(0, None)]
    async with home.works.write(home.opener()) as work:
        user = await get_user_for_change(work, UserRef(ann.user.id, None))
        await change_state(work, user, LOCKED, on=True)
    token = await link(home, ann)
    assert (await browser.get(address(home, token))).status_code == 403
    assert await rows(home, "select locked from users") == [(True,)]
