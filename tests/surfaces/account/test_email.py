"""The page on which somebody who is signed in changes their address."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from tenantry.kernel.clock import FrozenClock
from tests.support.makers import Home
from tests.support.pages import csrf
from tests.support.verification import inbox, page_in, rows
from tests.surfaces.account.conftest import signed_in

pytestmark = pytest.mark.asyncio
EMAIL = "/t/acme-corp/account/email"
NEW = "ann.lee@example.com"


async def send(browser: httpx.AsyncClient, do: str, **form: str) -> httpx.Response:
    page = await browser.get(EMAIL)
    return await browser.post(EMAIL, data={"csrf": csrf(page), "do": do, **form})


async def press(browser: httpx.AsyncClient, path: str) -> httpx.Response:
    return await browser.post(path, data={"csrf": csrf(await browser.get(path))})


async def pending(home: Home) -> str | None:
    [(found,)] = await rows(home, "select pending_email from users where email = 'ann@example.com'")
    return str(found) if found else None


async def test_somebody_asks_for_another_address_and_sees_it_wait(
    browser: httpx.AsyncClient, home: Home, tmp_path: Path
) -> None:
    first = await browser.get(EMAIL)
    assert ("ann@example.com" in first.text, "Waits for you" in first.text) == (True, False)
    asked = await send(browser, "change", email=NEW)
    assert (asked.status_code, asked.headers["location"]) == (303, f"{EMAIL}?told=asked")
    page = await browser.get(asked.headers["location"])
    assert (NEW in page.text, "Waits for you" in page.text) == (True, True)
    [(kind, label)] = await rows(
        home,
        "select actor_kind, personal ->> 'actor' from events where type = 'user.email_change_requested'",
    )
    assert (kind, label) == ("user", "ann@example.com")
    done = await press(browser, page_in((await inbox(home, tmp_path, NEW))[0].text))
    assert "Your address is changed" in done.text
    assert f'<strong class="text-break">{NEW}</strong>' in (await browser.get(EMAIL)).text


async def test_taking_the_change_back_ends_the_session_at_the_next_click(
    browser: httpx.AsyncClient, app: Any, home: Home, tmp_path: Path
) -> None:
    await send(browser, "change", email=NEW)
    await press(browser, page_in((await inbox(home, tmp_path, NEW))[0].text))
    back = page_in((await inbox(home, tmp_path, "ann@example.com"))[0].text)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app), base_url="http://localhost:8400"
    ) as owner:
        assert (await press(owner, back)).status_code == 200
    gone = await browser.get(EMAIL)
    assert (gone.status_code, "/login?next=" in gone.headers["location"]) == (303, True)
    assert (await signed_in(app, home)) is not None


async def test_a_change_is_cancelled_and_sent_again(
    browser: httpx.AsyncClient, home: Home, clock: FrozenClock, tmp_path: Path
) -> None:
    await send(browser, "change", email=NEW)
    soon = await send(browser, "again")
    assert (soon.status_code, "31 seconds" in soon.text) == (429, True)
    clock.advance(timedelta(minutes=1))
    assert (await send(browser, "again")).headers["location"] == f"{EMAIL}?told=again"
    assert (await send(browser, "cancel")).headers["location"] == f"{EMAIL}?told=cancelled"
    assert await pending(home) is None
    assert (await send(browser, "again")).headers["location"] == f"{EMAIL}?told=nothing"
    assert (await inbox(home, tmp_path, NEW)) == []


async def test_a_taken_address_looks_like_any_other(
    browser: httpx.AsyncClient, home: Home, tmp_path: Path
) -> None:
    await home.user(NEW)
    asked = await send(browser, "change", email=NEW)
    taken = await browser.get(asked.headers["location"])
    assert (NEW in taken.text, "Waits for you" in taken.text) == (True, True)
    [mail] = await inbox(home, tmp_path, NEW)
    assert mail.subject == "This address cannot be used twice at Acme"
    assert len(await inbox(home, tmp_path, "ann@example.com")) == 1


@pytest.mark.parametrize(
    ("typed", "told"),
    [("nonsense", "valid email"), ("", "not be empty"), ("ANN@example.com", "present address")],
)
async def test_what_is_no_new_address_is_told_beside_the_field(
    browser: httpx.AsyncClient, home: Home, typed: str, told: str
) -> None:
    answer = await send(browser, "change", email=typed)
    assert (answer.status_code, told in answer.text) == (422, True)
    assert 'aria-invalid="true"' in answer.text
    assert await pending(home) is None


async def test_an_unverified_address_is_verified_from_here(
    browser: httpx.AsyncClient, home: Home, tmp_path: Path
) -> None:
    assert "Not verified" in (await browser.get(EMAIL)).text
    assert (await send(browser, "verify")).headers["location"] == f"{EMAIL}?told=verify"
    await press(browser, page_in((await inbox(home, tmp_path))[0].text))
    page = await browser.get(EMAIL)
    assert ("Not verified" in page.text, ">Verified<" in page.text) == (False, True)
    assert (await send(browser, "verify")).headers["location"] == f"{EMAIL}?told=nothing"


async def test_nobody_who_is_not_signed_in_gets_here(
    browser: httpx.AsyncClient, app: Any, home: Home
) -> None:
    page = await browser.get(EMAIL)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app), base_url="http://localhost:8400"
    ) as stranger:
        assert (await stranger.get(EMAIL)).status_code == 303
        answer = await stranger.post(EMAIL, data={"csrf": csrf(page), "do": "change", "email": NEW})
        assert answer.status_code == 303
    assert await pending(home) is None


async def test_a_form_of_another_session_or_site_changes_nothing(
    browser: httpx.AsyncClient, app: Any, home: Home
) -> None:
    other = await signed_in(app, home)
    form = {"csrf": csrf(await other.get(EMAIL)), "do": "change", "email": NEW}
    assert (await browser.post(EMAIL, data=form)).status_code == 403
    mine = {"csrf": csrf(await browser.get(EMAIL)), "do": "change", "email": NEW}
    assert (await browser.post(EMAIL, data=mine, headers={"sec-fetch-site": "cross-site"})).status_code == 403
    assert await pending(home) is None


async def test_a_session_of_one_tenant_changes_nobody_in_another(
    browser: httpx.AsyncClient, home: Home, neighbour: Home
) -> None:
    await neighbour.user()
    answer = await browser.get(EMAIL.replace(home.slug, neighbour.slug))
    assert answer.status_code == 303
    assert isinstance(answer.headers["location"], str)
