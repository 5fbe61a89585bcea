"""The page on which a code is typed: right, wrong, used, guessed, foreign, and asked for anew."""

import re
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from tenantry.kernel.clock import FrozenClock
from tests.support.makers import Home
from tests.support.recovery import (
    allow,
    ask_for_password,
    csrf,
    follow_newest,
    forgot,
    mails,
    otp_in,
    rows,
    type_code,
    without_pause,
    wrong_code,
)
from tests.support.settings import change

pytestmark = pytest.mark.asyncio
GOOD = "correct horse battery staple"
ANN = "ann@example.com"
STRIP = re.compile(r'name="csrf" value="[^"]*"|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}')


async def test_somebody_types_a_mailed_code_and_chooses_a_password(
    browser: httpx.AsyncClient, home: Home, tmp_path: Path
) -> None:
    await allow(home, "email_otp")
    await home.user(ANN)
    place = (await ask_for_password(browser, home)).headers["location"]
    assert re.fullmatch(rf"{forgot(home)}/code\?id=[0-9a-f-]{{36}}&via=email", place)
    await follow_newest(home, tmp_path)
    [mail] = await mails(tmp_path)
    # The mail leads to the same page, for whoever has closed it.
    assert f"http://localhost:8400{place}" in mail.text
    code = otp_in(mail.text)
    page = await browser.get(place)
    assert 'autocomplete="one-time-code"' in page.text
    answer = await type_code(browser, home, place, f" {code[:3]} {code[3:]} ")
    reset = answer.headers["location"]
    assert (answer.status_code, reset.startswith(f"/t/{home.slug}/reset-password?token=")) == (303, True)
    assert (answer.headers["referrer-policy"], answer.headers["cache-control"]) == ("no-referrer", "no-store")
    form = await browser.get(reset)
    done = await browser.post(reset, data={"csrf": csrf(form), "password": GOOD})
    assert "Your password is set" in done.text
    assert await rows(home, "select email_verified from users") == [(True,)]


async def test_the_link_that_a_code_is_exchanged_for_works_for_a_short_while(
    browser: httpx.AsyncClient, home: Home, tmp_path: Path, clock: FrozenClock
) -> None:
    await allow(home, "email_otp")
    await home.user(ANN)
    place = (await ask_for_password(browser, home)).headers["location"]
    await follow_newest(home, tmp_path)
    answer = await type_code(browser, home, place, otp_in((await mails(tmp_path))[0].text))
    left = await rows(home, "select expires_at - created_at from codes where form = 'link'")
    assert left[0][0].total_seconds() == 15 * 60
    assert (await browser.get(answer.headers["location"])).status_code == 200


async def test_wrong_codes_are_counted_and_in_the_end_the_right_one_fails_too(
    browser: httpx.AsyncClient, home: Home, tmp_path: Path
) -> None:
    await allow(home, "email_otp")
    ann = await home.user(ANN)
    place = (await ask_for_password(browser, home)).headers["location"]
    await follow_newest(home, tmp_path)
    code = otp_in((await mails(tmp_path))[0].text)
    for _ in range(5):
        answer = await type_code(browser, home, place, wrong_code(code))
        assert (answer.status_code, "wrong or no longer valid" in answer.text) == (422, True)
    assert (await type_code(browser, home, place, code)).status_code == 422
    assert await rows(home, "select attempts, used_at from codes") == [(5, None)]
    told = await rows(home, "select target_id, outcome from events where type = 'user.password_reset.failed'")
    assert told == [(ann.user.id, "failure")] * 6
    assert code not in str(await rows(home, "select events::text from events"))


async def test_a_code_works_once(browser: httpx.AsyncClient, home: Home, tmp_path: Path) -> None:
    await allow(home, "email_otp")
    await home.user(ANN)
    place = (await ask_for_password(browser, home)).headers["location"]
    await follow_newest(home, tmp_path)
    code = otp_in((await mails(tmp_path))[0].text)
    assert (await type_code(browser, home, place, code)).status_code == 303
    assert (await type_code(browser, home, place, code)).status_code == 422


async def test_a_code_of_another_tenant_or_of_another_purpose_does_nothing(
    browser: httpx.AsyncClient, home: Home, neighbour: Home, tmp_path: Path
) -> None:
    await allow(neighbour, "email_otp")
    await neighbour.user(ANN)
    await home.user(ANN)
    theirs = (await ask_for_password(browser, neighbour)).headers["location"]
    await follow_newest(neighbour, tmp_path)
    code = otp_in((await mails(tmp_path))[0].text)
    here = theirs.replace(neighbour.slug, home.slug)
    assert (await type_code(browser, home, here, code)).status_code == 422
    assert await rows(neighbour, "select attempts from codes") == [(0,)]
    async with neighbour.works.write(neighbour.opener()) as work:
        await work.db.run("update codes set kind = 'email_verification'")
    assert (await type_code(browser, neighbour, theirs, code)).status_code == 422
    assert await rows(neighbour, "select attempts, used_at from codes") == [(0, None)]
    assert (
        await type_code(browser, neighbour, theirs.replace("&via=email", "&via=sms"), code)
    ).status_code == 422


async def test_a_second_code_is_not_asked_for_at_once(browser: httpx.AsyncClient, home: Home) -> None:
    await allow(home, "email_otp")
    for who in (ANN, "nobody@example.com"):
        assert [(await ask_for_password(browser, home, who)).status_code for _ in range(2)] == [303, 429]


async def test_typed_codes_are_throttled_by_address(browser: httpx.AsyncClient, home: Home) -> None:
    await change(home, "throttling", codesPerAddress=2)
    place = forgot(home, f"/code?id={uuid4()}&via=email")
    answers = [(await type_code(browser, home, place, "123456")).status_code for _ in range(3)]
    assert answers == [422, 422, 429]


async def test_another_code_ends_the_one_before(
    browser: httpx.AsyncClient, home: Home, tmp_path: Path
) -> None:
    await allow(home, "email_otp")
    await without_pause(home)
    await home.user(ANN)
    place = (await ask_for_password(browser, home)).headers["location"]
    await follow_newest(home, tmp_path)
    first = otp_in((await mails(tmp_path))[0].text)
    page = await browser.get(place)
    fields = dict(re.findall(r'name="(id|via|csrf)" value="([^"]+)"', page.text))
    answer = await browser.post(forgot(home, "/code/again"), data=fields)
    anew = answer.headers["location"]
    assert (answer.status_code, anew.endswith("&via=email&again=1"), anew != place) == (303, True, True)
    assert "Another code is on its way" in (await browser.get(anew)).text
    await follow_newest(home, tmp_path)
    second = otp_in((await mails(tmp_path))[0].text)
    assert (await type_code(browser, home, place, first)).status_code == 422
    assert (await type_code(browser, home, anew, second)).status_code == 303


@pytest.mark.parametrize("via", ["email", "sms"])
async def test_asking_for_another_code_tells_nobody_whether_there_was_one(
    browser: httpx.AsyncClient, home: Home, tmp_path: Path, via: str
) -> None:
    """Nor by way of a form that says that the code went by another way than it did."""
    await allow(home, "email_otp")
    await without_pause(home)
    await home.user(ANN)
    found = []
    for who in (ANN, "nobody@example.com"):
        place = (await ask_for_password(browser, home, who)).headers["location"]
        await follow_newest(home, tmp_path)
        page = await browser.get(place.replace("&via=email", f"&via={via}"))
        fields = dict(re.findall(r'name="(id|via|csrf)" value="([^"]+)"', page.text))
        answer = await browser.post(forgot(home, "/code/again"), data=fields)
        found.append((answer.status_code, STRIP.sub("", answer.headers["location"])))
    assert found[0] == found[1]


@pytest.mark.parametrize("query", ["", "?id=", "?id=nonsense", "?via=sms", "?id=%00"])
async def test_a_code_page_without_an_id_leads_back(
    browser: httpx.AsyncClient, home: Home, query: str
) -> None:
    page = await browser.get(forgot(home, f"/code{query}"))
    assert (page.status_code, f'href="{forgot(home)}"' in page.text) == (404, True)
