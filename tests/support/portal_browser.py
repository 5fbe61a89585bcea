"""The portal in a real browser: signing in, and an administrator whose browser stays open from test to test."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec
from playwright.async_api import Browser, BrowserContext, Locator, Page, expect

from tests.browser.helpers import LOOKS, Watch, open_context
from tests.support.pages import csrf
from tests.support.running import until
from tests.support.stories import GOOD, Place

FRONT = re.compile(r"/portal/?$")
# What Chromium says of every page whose status is an error, as that of a refused form.
STATUS = "Failed to load resource"
PATIENCE_MS = 15_000
USERS = "access-management/users"
ELSEWHERE = "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"
Found = Callable[..., Awaitable[Place]]


def portal_address(url: str, tenant: str) -> str:
    """The portal of a tenant on a server. A cookie of a page of "localhost" is none of "127.0.0.1"."""
    return f"http://localhost:{urlsplit(url).port}/t/{tenant}/portal/"


async def enter(page: Page, portal: str, email: str, password: str) -> None:
    """Opens the portal, which asks for a sign-in first, and ends on its first page."""
    await page.goto(portal)
    await page.get_by_label("Email, username or phone number").fill(email)
    await page.get_by_label("Password", exact=True).fill(password)
    await page.keyboard.press("Enter")
    await page.wait_for_url(FRONT)


class Desk(msgspec.Struct, frozen=True):
    """An administrator at work: their tenant, their portal, and their browser with its one page."""

    place: Place
    portal: str
    context: BrowserContext
    page: Page
    watch: Watch

    async def open(self, path: str = "") -> Page:
        """The page at a path below the portal, loaded anew."""
        await self.page.goto(f"{self.portal}{path}")
        return self.page

    async def told(self, text: str) -> None:
        """Waits until the page says this, as it does after something was done."""
        await expect(self.page.get_by_role("status").filter(has_text=text).first).to_be_visible()

    async def press(self, name: str, within: Page | Locator | None = None) -> None:
        """Presses the button of exactly this name."""
        await (within or self.page).get_by_role("button", name=name, exact=True).click()

    async def dialog(self, opener: str, title: str | re.Pattern[str]) -> Locator:
        """Opens a dialog by its button."""
        await self.press(opener)
        box = self.page.get_by_role("dialog", name=title)
        await expect(box).to_be_visible()
        return box

    def assert_quiet(self) -> None:
        """No page has complained since, or asked anybody but its own server."""
        complaints = [line for line in self.watch.complaints if STATUS not in line]
        hosts = {host.partition(":")[0] for host in self.watch.hosts()}
        self.watch.complaints.clear()
        self.watch.requests.clear()
        assert not complaints, complaints
        assert hosts <= {"localhost"}


Desks = Callable[..., Awaitable[Desk]]


@asynccontextmanager
async def desks_of(browser: Browser, found: Found) -> AsyncIterator[Desks]:
    """Gives the desk in a tenant of this slug, which is founded with these settings when it is asked for first."""
    made: dict[str, Desk] = {}

    async def desk(slug: str, **settings: dict[str, Any]) -> Desk:
        if slug not in made:
            made[slug] = await _desk(browser, await found(slug, **settings))
        return made[slug]

    yield desk
    for one in made.values():
        await one.context.close()


async def _desk(browser: Browser, place: Place) -> Desk:
    email = place.email("ada")
    await place.create(email, name="Ada Admin", emailVerified=True, roles=["tenant_admin"])
    context = await open_context(browser, LOOKS[0])
    context.set_default_timeout(PATIENCE_MS)
    await context.grant_permissions(["clipboard-read", "clipboard-write"])
    watch = Watch(context)
    page = await context.new_page()
    portal = portal_address(place.url, place.home.slug)
    await enter(page, portal, email, GOOD)
    return Desk(place, portal, context, page, watch)


@asynccontextmanager
async def signed_in_elsewhere(
    place: Place, email: str, password: str = GOOD
) -> AsyncIterator[httpx.AsyncClient]:
    """Another device, without a browser, on which somebody signs in: they have one session more."""
    async with httpx.AsyncClient(
        headers={"user-agent": ELSEWHERE}, timeout=30, follow_redirects=True
    ) as client:
        address = place.at("login")
        form = {"csrf": csrf(await client.get(address)), "identifier": email, "password": password}
        answer = await client.post(address, data=form)
        assert answer.url.path.endswith("/account/sessions"), answer.text
        yield client


async def sign_in_elsewhere(place: Place, email: str, password: str = GOOD) -> None:
    """The same, for the session alone."""
    async with signed_in_elsewhere(place, email, password):
        pass


def field(page: Page, label: str) -> Locator:
    """A field of text, whether it is optional or not."""
    return page.get_by_role("textbox", name=re.compile(rf"^{label}( \(optional\))?$"))


async def problem(box: Locator, text: str) -> None:
    """What is told right under a field, in words that assistive technology reads with it."""
    await expect(box).to_have_attribute("aria-invalid", "true")
    await expect(box).to_have_accessible_description(re.compile(text))


async def copied(page: Page, button: str) -> str:
    """What stands in the clipboard once this was pressed."""
    # That it was copied is said for two seconds only, which a slow machine may miss.
    await page.evaluate("navigator.clipboard.writeText('')")
    await page.get_by_role("button", name=button).click()
    return str(await until(lambda: page.evaluate("navigator.clipboard.readText()")))
