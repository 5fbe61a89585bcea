"""Signing up: open where the tenant says so, and silent about who has an account."""

import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from tenantry.domain.notices.invitation_mails import mail_registration_attempt
from tenantry.domain.roles.model import NewRole
from tenantry.domain.roles.role_actions import create_role
from tenantry.kernel.clock import FrozenClock
from tenantry.surfaces.kit.services import Services
from tests.support.access import events_of
from tests.support.invitations import ANITA, invited, last_event, mailbox
from tests.support.makers import Home
from tests.support.running import task_env
from tests.support.settings import change

pytestmark = pytest.mark.asyncio
GOOD = "correct horse battery staple"
FIELD = re.compile(r'name="csrf" value="([^"]+)"')


def csrf(page: httpx.Response) -> str:
    found = FIELD.search(page.text)
    assert found is not None, page.text
    return found[1]


@pytest.fixture
def hashes(services: Services, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the hashing pool was asked to do."""
    asked: list[str] = []
    hash_it, verify = services.hasher.hash, services.hasher.verify

    async def hashing(password: str) -> str:
        asked.append("hash")
        return await hash_it(password)

    async def verifying(stored: str, password: str) -> bool:
        asked.append("verify")
        return await verify(stored, password)

    monkeypatch.setattr(services.hasher, "hash", hashing)
    monkeypatch.setattr(services.hasher, "verify", verifying)
    return asked


async def opened(home: Home, **more: Any) -> None:
    await change(home, "registration", enabled=True, **more)


async def sign_up(browser: httpx.AsyncClient, home: Home, email: str = ANITA, **form: str) -> httpx.Response:
    """Opens the page and presses its button."""
    address = f"/t/{home.slug}/register"
    filled = {"name": "Anita Singh", "email": email, "password": GOOD, **form}
    return await browser.post(address, data={"csrf": csrf(await browser.get(address)), **filled})


async def users(home: Home) -> list[tuple[Any, ...]]:
    async with home.works.read(home.opener()) as work:
        return await work.db.all("select email, name, email_verified from users order by id")


async def test_somebody_signs_up_and_is_sent_to_their_mail(
    browser: httpx.AsyncClient, home: Home, services: Services
) -> None:
    await opened(home)
    answer = await sign_up(browser, home)
    assert (answer.status_code, "Check your mail" in answer.text) == (200, True)
    assert not any("session" in name for name in browser.cookies)
    assert await users(home) == [(ANITA, "Anita Singh", False)]
    [(target, data)] = await events_of(home, "user.created")
    assert data["via"] == "registration"
    [(asked, data)] = await events_of(home, "user.email_verification_requested")
    assert (asked, data["form"], data["scenario"]) == (target, "link", "SELF_SIGN_UP")
    async with home.works.read(home.opener()) as work:
        stored = await work.db.value("select hash from password_credentials")
    assert await services.hasher.verify(stored, GOOD)


async def test_a_known_address_gets_the_same_page_after_the_same_work_and_its_owner_a_mail(
    browser: httpx.AsyncClient, home: Home, hashes: list[str], tmp_path: Path
) -> None:
    await opened(home)
    ann = await home.user("ann@example.com", name="Ann Lee")
    new = await sign_up(browser, home, "new@example.com")
    spent = list(hashes)
    known = await sign_up(browser, home, "ANN@example.com")
    assert hashes == [*spent, *spent] == ["hash", "hash"]
    assert known.status_code == new.status_code
    assert known.text.replace("ANN@example.com", "") == new.text.replace("new@example.com", "")
    assert dict(known.headers).keys() == dict(new.headers).keys()
    assert len(await users(home)) == 2
    assert await events_of(home, "user.registration_attempted") == [(ann.user.id, {"reason": "taken"})]
    await mail_registration_attempt(
        task_env(home.works, tmp_path), await last_event(home, "user.registration_attempted")
    )
    [mail] = await mailbox(tmp_path)
    assert (mail.to, mail.subject) == ("ann@example.com", "You already have an account at Acme")
    assert f"/t/{home.slug}/login" in mail.text
    assert f"/t/{home.slug}/forgot-password" in mail.text


async def test_the_owner_is_told_once_an_hour_however_often_somebody_tries(
    browser: httpx.AsyncClient, home: Home, tmp_path: Path
) -> None:
    await opened(home)
    await home.user(ANITA)
    env = task_env(home.works, tmp_path)
    for _ in range(3):
        await sign_up(browser, home)
        await mail_registration_attempt(env, await last_event(home, "user.registration_attempted"))
    assert len(await mailbox(tmp_path)) == 1


async def test_where_an_address_must_be_verified_the_new_account_cannot_sign_in_yet(
    browser: httpx.AsyncClient, home: Home
) -> None:
    await opened(home, requireEmailVerification=True, signInAtOnce=True)
    answer = await sign_up(browser, home)
    assert "Check your mail" in answer.text
    assert await events_of(home, "user.signed_in") == []


async def test_only_where_the_tenant_says_so_a_new_account_is_signed_in_at_once(
    browser: httpx.AsyncClient, home: Home
) -> None:
    await opened(home, signInAtOnce=True)
    answer = await sign_up(browser, home)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/t/{home.slug}/account/sessions")
    assert (await browser.get(answer.headers["location"])).status_code == 200


async def test_an_invited_person_is_sent_their_invitation_again(
    browser: httpx.AsyncClient, home: Home, clock: FrozenClock
) -> None:
    await opened(home)
    one = await invited(home, send=False)
    answer = await sign_up(browser, home)
    assert "Check your mail" in answer.text
    assert await users(home) == []
    assert [target for target, _ in await events_of(home, "user.invitation_requested")] == [one]
    [(_, data)] = await events_of(home, "user.registration_attempted")
    assert data == {"reason": "invited"}
    # The entry leads to nobody, so an erasure could not find it.
    async with home.works.read(home.opener()) as work:
        [(personal,)] = await work.db.all(
            "select personal from events where type = 'user.registration_attempted'"
        )
    assert personal is None


async def test_roles_are_given_but_never_those_of_the_administration(
    browser: httpx.AsyncClient, home: Home
) -> None:
    async with home.works.write(home.opener()) as work:
        await create_role(work, NewRole(name="Customer"))
    await opened(home, assignRoles=["customer", "admin", "auditor", "nobody"])
    assert (await sign_up(browser, home)).status_code == 200
    [(_, data)] = await events_of(home, "user.role.assigned")
    assert data == {"roles": ["customer"]}


@pytest.mark.parametrize("closing", [{"enabled": False}, {"enabled": True, "mode": "invitation_only"}])
async def test_where_it_is_closed_nobody_signs_up(
    browser: httpx.AsyncClient, home: Home, closing: dict[str, Any]
) -> None:
    await opened(home)
    page = await browser.get(f"/t/{home.slug}/register")
    await change(home, "registration", **closing)
    closed = await browser.get(f"/t/{home.slug}/register")
    assert (closed.status_code, "<form" in closed.text) in ((404, False), (403, False))
    form = {"csrf": csrf(page), "email": ANITA, "password": GOOD}
    pressed = await browser.post(f"/t/{home.slug}/register", data=form)
    assert (pressed.status_code, await users(home)) == (closed.status_code, [])


@pytest.mark.parametrize(
    ("email", "status"),
    [
        ("a@example.com", 200),
        ("a@EXAMPLE.COM", 200),
        ("a@xn--bcher-kva.example.com", 200),
        ("a@bücher.example.com", 200),
        ("a@sub.example.com", 422),
        ("a@example.com.evil.com", 422),
        ("a@evilexample.com", 422),
        ("a@example.org", 422),
    ],
)
async def test_only_allowed_domains_sign_up_and_those_below_them_are_others(
    browser: httpx.AsyncClient, home: Home, email: str, status: int
) -> None:
    await opened(home, allowedEmailDomains=["Example.com", "bücher.example.com"])
    answer = await sign_up(browser, home, email)
    assert (answer.status_code, len(await users(home))) == (status, 1 if status == 200 else 0)


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ({"email": ""}, "not be empty"),
        ({"email": "nobody"}, "not a valid email address"),
        ({"email": "user@localhost"}, "not a valid email address"),
        ({"email": "a@example.com\r\nBcc: x@example.com"}, "not allowed"),
        ({"email": "a\x00@example.com"}, "not allowed"),
        ({"email": "x" * 5000 + "@example.com"}, "at most 254"),
        ({"name": "a\x00b"}, "not allowed"),
        ({"name": "x" * 129}, "at most 128"),
        ({"password": "short"}, "8"),
        ({"password": ""}, "8"),
        ({"password": ANITA}, "address"),
    ],
)
async def test_what_is_wrong_stands_beside_its_field(
    browser: httpx.AsyncClient, home: Home, form: dict[str, str], told: str
) -> None:
    await opened(home)
    answer = await sign_up(browser, home, **{"email": ANITA, **form})
    assert answer.status_code == 422
    assert told in answer.text.partition("field-problems")[2]
    assert await users(home) == []


async def test_a_megabyte_is_too_large(browser: httpx.AsyncClient, home: Home) -> None:
    await opened(home)
    answer = await browser.post(f"/t/{home.slug}/register", data={"name": "x" * 1_200_000})
    assert answer.status_code == 413


async def test_one_address_signs_up_only_so_often_a_minute(
    browser: httpx.AsyncClient, home: Home, clock: FrozenClock
) -> None:
    await opened(home)
    await change(home, "throttling", registrationsPerAddress=2)
    answers = [await sign_up(browser, home, f"person{number}@example.com") for number in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[2].headers["retry-after"] == "61"
    assert len(await users(home)) == 2


async def test_another_sites_form_signs_nobody_up(browser: httpx.AsyncClient, home: Home) -> None:
    await opened(home)
    page = await browser.get(f"/t/{home.slug}/register")
    form = {"csrf": csrf(page), "email": ANITA, "password": GOOD}
    foreign = await browser.post(
        f"/t/{home.slug}/register", data=form, headers={"Sec-Fetch-Site": "cross-site"}
    )
    browser.cookies.clear()
    without = await browser.post(f"/t/{home.slug}/register", data=form)
    assert (foreign.status_code, without.status_code, await users(home)) == (403, 403, [])


async def test_markup_in_what_was_typed_stays_text(browser: httpx.AsyncClient, home: Home) -> None:
    await opened(home)
    answer = await sign_up(browser, home, '"><img src=x>', password="short")
    assert "<img src=x" not in answer.text


async def test_the_neighbours_people_are_no_matter(
    browser: httpx.AsyncClient, home: Home, neighbour: Home
) -> None:
    await opened(home)
    await neighbour.user(ANITA)
    await sign_up(browser, home)
    assert (len(await users(home)), len(await users(neighbour))) == (1, 1)
    assert await events_of(neighbour, "user.registration_attempted") == []


async def test_the_sign_in_page_offers_it_only_where_it_is_open(
    browser: httpx.AsyncClient, home: Home
) -> None:
    address = f"/t/{home.slug}/register"
    assert address not in (await browser.get(f"/t/{home.slug}/login")).text
    await opened(home)
    assert address in (await browser.get(f"/t/{home.slug}/login")).text
