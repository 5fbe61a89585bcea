"""The pages of a forgotten password, as people, guessers and scanners meet them."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

import httpx
import msgspec
import pytest

from tenantry.app.reactions import reactions
from tenantry.app.web import build
from tenantry.domain.recovery.model import Method
from tenantry.domain.recovery.opening import open_for_visitor
from tenantry.domain.recovery.request_actions import request_recovery
from tenantry.domain.users.model import UserKind
from tenantry.kernel.clock import FrozenClock
from tenantry.kernel.work import STATEMENTS, Works
from tenantry.surfaces.kit.services import Services
from tests.support.makers import Home
from tests.support.recovery import (
    allow,
    ask_for_password,
    csrf,
    follow_newest,
    forgot,
    mails,
    rows,
    token_in,
    type_code,
    without_pause,
)
from tests.support.settings import change

pytestmark = pytest.mark.asyncio
GOOD = "correct horse battery staple"
ANN = "ann@example.com"
STRIP = re.compile(r'name="csrf" value="[^"]*"|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}')


async def test_somebody_forgets_gets_a_link_and_chooses_a_password(
    browser: httpx.AsyncClient, home: Home, tmp_path: Path
) -> None:
    await home.user(ANN)
    page = await browser.get(forgot(home))
    assert (page.status_code, "Forgot your password?" in page.text) == (200, True)
    answer = await ask_for_password(browser, home)
    assert (answer.status_code, answer.headers["location"]) == (303, forgot(home, "/sent"))
    assert "Check your mail" in (await browser.get(forgot(home, "/sent"))).text
    await follow_newest(home, tmp_path)
    [mail] = await mails(tmp_path)
    place = f"/t/{home.slug}/reset-password?token={token_in(mail.text)}"
    form = await browser.get(place)
    done = await browser.post(place, data={"csrf": csrf(form), "password": GOOD})
    assert "Your password is set" in done.text


@pytest.mark.parametrize(
    "typed", ["ANN@example.com ", "ann.lee", "Ann.Lee", "+46 70 174 06 05", "070-174 06 05"]
)
async def test_every_identifier_that_signs_in_is_taken(
    browser: httpx.AsyncClient, home: Home, tmp_path: Path, typed: str
) -> None:
    await change(home, "accounts", defaultPhoneRegion="SE")
    ann = await home.user(ANN, username="ann.lee", phone="+46701740605")
    await ask_for_password(browser, home, typed)
    await follow_newest(home, tmp_path)
    assert [mail.to for mail in await mails(tmp_path)] == [ANN]
    told = await rows(
        home, "select target_id, actor_kind, outcome from events where type = 'user.password_reset_requested'"
    )
    assert told == [(ann.user.id, "anonymous", "success")]


async def test_an_identifier_that_does_not_sign_in_is_not_taken(
    browser: httpx.AsyncClient, home: Home, tmp_path: Path
) -> None:
    await change(home, "signIn", identifiers=["email"])
    await home.user(ANN, username="ann.lee")
    page = await browser.get(forgot(home))
    assert (">Email</label>" in page.text, "phone number" in page.text) == (True, False)
    answer = await ask_for_password(browser, home, "ann.lee")
    assert answer.status_code == 303
    await follow_newest(home, tmp_path)
    assert await mails(tmp_path) == []


@pytest.mark.parametrize("way", ["email_link", "email_otp", "sms_otp"])
async def test_the_answer_is_the_same_whoever_exists(
    browser: httpx.AsyncClient, home: Home, way: str
) -> None:
    await allow(home, way)
    await without_pause(home)
    await home.user(ANN, phone="+46701740605")
    await home.user("mail@example.com")
    await home.user("blocked@example.com", blocked=True, phone="+46701740606")
    await home.user("robot@example.com", kind=UserKind.SERVICE, phone="+46701740607")
    answers = set()
    for who in (
        ANN,
        "mail@example.com",
        "blocked@example.com",
        "robot@example.com",
        "nobody@example.com",
        "no one",
    ):
        answer = await ask_for_password(browser, home, who)
        page = await browser.get(answer.headers["location"])
        place = STRIP.sub("", answer.headers["location"])
        answers.add((answer.status_code, place, answer.text, page.status_code, STRIP.sub("", page.text)))
    assert len(answers) == 1


class Counted:
    """How many statements the units of work of a block have run."""

    def __enter__(self) -> Self:
        self._before = STATEMENTS._value.get()
        return self

    def __exit__(self, *_: object) -> None:
        self.number = int(STATEMENTS._value.get() - self._before)


async def test_whoever_exists_costs_the_same_statements_and_no_hash(
    services: Services, home: Home, works: Works, clock: FrozenClock, tmp_path: Path
) -> None:
    # With the reactions of the running server, so that the jobs count as well; and without anything that could hash.
    wired = Works(works.database, clock, reactions)
    app: Any = build(msgspec.structs.replace(services, works=wired, hasher=None))
    await allow(home, "email_otp")
    await without_pause(home)
    await home.user(ANN)
    await home.user("blocked@example.com", blocked=True)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app), base_url="http://localhost:8400"
    ) as browser:
        asked, typed, again = set(), set(), set()
        for who in (ANN, "blocked@example.com", "nobody@example.com"):
            with Counted() as one:
                place = (await ask_for_password(browser, home, who)).headers["location"]
            asked.add(one.number)
            if who == ANN:
                await follow_newest(home, tmp_path)
            with Counted() as two:
                answer = await type_code(browser, home, place, "00000x")
            assert answer.status_code == 422
            typed.add(two.number)
            page = await browser.get(place)
            fields = dict(re.findall(r'name="(id|via|csrf)" value="([^"]+)"', page.text))
            with Counted() as three:
                assert (await browser.post(forgot(home, "/code/again"), data=fields)).status_code == 303
            again.add(three.number)
    assert (len(asked), len(typed), len(again)) == (1, 1, 1), (asked, typed, again)
    assert await rows(home, "select attempts from codes") == [(1,)]


async def test_a_thousand_requests_for_one_account_send_at_most_the_limit(
    home: Home, tmp_path: Path, clock: FrozenClock
) -> None:
    await home.user(ANN, username="ann.lee")
    for number in range(40):
        # Each from an address of its own, a little apart, and by turns under both names.
        async with home.works.write(open_for_visitor(home.slug, None, None)) as work:
            await request_recovery(work, ("ann.lee", ANN)[number % 2], Method.EMAIL_LINK)
        await follow_newest(home, tmp_path)
        clock.advance(timedelta(seconds=60))
    assert len(await mails(tmp_path)) == 5


async def test_requests_are_throttled_by_address_and_by_what_is_typed(
    browser: httpx.AsyncClient, home: Home
) -> None:
    await change(home, "throttling", recoveriesPerAccount=2, recoveriesPerAddress=5)
    for who in ("nobody@example.com", ANN):
        answers = [(await ask_for_password(browser, home, who)).status_code for _ in range(3)]
        assert answers == [303, 303, 429]
    stopped = await ask_for_password(browser, home, "somebody.else@example.com")
    assert stopped.status_code == 429
    assert int(stopped.headers["retry-after"]) >= 1
    told = await rows(
        home, "select data from events where type = 'user.password_reset_requested' and outcome = 'denied'"
    )
    assert [row[0]["reason"] for row in told] == ["throttled"] * 3


async def test_where_several_ways_are_open_one_is_chosen(
    browser: httpx.AsyncClient, home: Home, tmp_path: Path
) -> None:
    await allow(home, "email_link", "email_otp")
    await home.user(ANN)
    page = await browser.get(forgot(home))
    assert page.text.count('type="radio"') == 2
    for method in ("", "sms_otp", "pigeon"):
        assert (await ask_for_password(browser, home, method=method)).status_code == 422
    assert (
        (await ask_for_password(browser, home, method="email_otp"))
        .headers["location"]
        .startswith(forgot(home, "/code"))
    )
    assert (await rows(home, "select count(*) from events where type = 'user.password_reset_requested'")) == [
        (1,)
    ]


async def test_where_no_way_is_open_the_page_says_so(browser: httpx.AsyncClient, home: Home) -> None:
    await allow(home)
    page = await browser.get(forgot(home))
    assert (page.status_code, "Ask your administrator" in page.text) == (404, True)
    assert (await browser.post(forgot(home), data={"identifier": ANN})).status_code == 404


@pytest.mark.parametrize("typed", ["", "   ", "x" * 321])
async def test_what_names_nobody_is_asked_for_again(
    browser: httpx.AsyncClient, home: Home, typed: str
) -> None:
    answer = await ask_for_password(browser, home, typed)
    assert (answer.status_code, "Type the email, username or phone number" in answer.text) == (
        422,
        True,
    )
    assert await rows(home, "select 1 from throttles") == []


@pytest.mark.parametrize(
    "typed", ["\u0000", "a\u0000b@example.com", "'; drop table users; --", "<script>", "😀@😀", "@", "+"]
)
async def test_hostile_names_are_nobody(browser: httpx.AsyncClient, home: Home, typed: str) -> None:
    assert (await ask_for_password(browser, home, typed)).status_code == 303


async def test_a_form_without_the_cookie_or_of_another_site_is_refused_and_asks_for_nothing(
    browser: httpx.AsyncClient, home: Home
) -> None:
    await allow(home, "email_otp")
    await home.user(ANN)
    field = csrf(await browser.get(forgot(home)))
    form = {"csrf": field, "identifier": ANN, "id": str(uuid4()), "code": "123456"}
    places = [forgot(home), forgot(home, "/code"), forgot(home, "/code/again")]
    crossed = [await browser.post(at, data=form, headers={"sec-fetch-site": "cross-site"}) for at in places]
    browser.cookies.clear()
    scanner = [await browser.post(at, data=form) for at in places]
    assert [answer.status_code for answer in crossed + scanner] == [403] * 6
    assert await rows(home, "select 1 from events where type like 'user.password_reset%%'") == []


async def test_looking_at_the_pages_asks_for_nothing(browser: httpx.AsyncClient, home: Home) -> None:
    for rest in ("", "/sent", f"/code?id={uuid4()}"):
        for method in ("GET", "HEAD"):
            assert (await browser.request(method, forgot(home, rest))).status_code == 200
    assert await rows(home, "select 1 from events where type like 'user.password_reset%%'") == []


async def test_a_forged_host_appears_neither_on_the_page_nor_in_the_mail(
    browser: httpx.AsyncClient, home: Home, tmp_path: Path
) -> None:
    await home.user(ANN)
    forged = {"host": "evil.example", "x-forwarded-host": "evil.example", "forwarded": "host=evil.example"}
    page = await browser.get(forgot(home), headers=forged)
    form = {"csrf": csrf(page), "identifier": ANN}
    answer = await browser.post(forgot(home), data=form, headers=forged)
    assert "evil.example" not in page.text + str(answer.headers)
    await follow_newest(home, tmp_path)
    [mail] = await mails(tmp_path)
    assert "evil.example" not in mail.text + (mail.html or "")
    assert "http://localhost:8400/t/acme-corp/reset-password" in mail.text


async def test_an_unknown_tenant_is_a_page_too(browser: httpx.AsyncClient, home: Home) -> None:
    for rest in ("", "/sent", f"/code?id={uuid4()}"):
        page = await browser.get(f"/t/nobody/forgot-password{rest}")
        assert (page.status_code, page.headers["content-type"].startswith("text/html")) == (404, True)
