"""Two server processes on one database are one: they count together, and a session that one ends is dead in the other."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.async_api import expect

from tests.app.processes import running
from tests.browser.helpers import on_one_loop
from tests.journeys.conftest import Browsers, Found
from tests.support.database import SECRET_KEY
from tests.support.pages import csrf
from tests.support.server import Server
from tests.support.stories import GOOD, Place, expect_ended, expect_inside, sign_in

pytestmark = on_one_loop


@pytest.fixture(scope="module")
def second(server: Server, demo_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of another server process, on the database of the first one."""
    settings = {"database_url": demo_database, "secret_key": SECRET_KEY, "hash_memory_kib": "1024"}
    folder = tmp_path_factory.mktemp("second")
    with running(folder / "data", "serve", "--no-worker", **settings) as other:
        yield f"http://localhost:{urlsplit(other.url).port}"


async def statuses(place: Place, second: str, who: str, *passwords: str) -> list[int]:
    """Tries to sign in with each of the passwords, at one server and the other in turn."""
    found = []
    for number, password in enumerate(passwords):
        address = place.at("login", (place.url, second)[number % 2])
        async with httpx.AsyncClient(timeout=30) as browser:
            page = await browser.get(address)
            form = {"csrf": csrf(page), "identifier": who, "password": password}
            found.append((await browser.post(address, data=form)).status_code)
    return found


async def test_wrong_passwords_at_both_servers_lock_one_account(found: Found, second: str) -> None:
    place = await found("both-lock")
    ann = place.email("ann")
    await place.create(ann)
    assert await statuses(place, second, ann, *["wrong"] * 5, GOOD, GOOD) == [401] * 7
    await place.do(ann, "unlock")
    assert await statuses(place, second, ann, GOOD, GOOD) == [303, 303]


async def test_tries_at_both_servers_use_up_one_allowance(found: Found, second: str) -> None:
    place = await found("both-count", throttling={"signInsPerAccount": 6})
    ann, bob = place.email("ann"), place.email("bob")
    await place.create(bob)
    assert await statuses(place, second, ann, *["wrong"] * 10) == [401] * 6 + [429] * 4
    assert await statuses(place, second, bob, GOOD, GOOD) == [303, 303], "nobody else waits"


async def test_a_session_that_is_ended_at_one_server_is_dead_at_the_other(
    found: Found, second: str, another_browser: Browsers
) -> None:
    place = await found("both-end")
    ann = place.email("ann")
    await place.create(ann)
    phone, laptop = await another_browser(), await another_browser()
    await sign_in(phone, place, ann, GOOD, second)
    await sign_in(laptop, place, ann, GOOD)
    for page in (phone, laptop):
        await expect_inside(page, ann)
        await page.reload()
    await expect(laptop.get_by_role("list", name="Sessions").locator("strong")).to_have_count(2)

    await laptop.get_by_role("button", name="Sign out everywhere else").click()
    await expect(laptop.get_by_role("status")).to_have_text("You are signed out everywhere else.")
    await phone.reload()
    await expect_ended(phone)
    await laptop.goto(place.at("account/sessions", second))
    await expect_inside(laptop, ann)
