"""Every page of the portal, as it looks with people in it: accessible, within its width, still, and without a complaint."""

import re
from collections.abc import AsyncIterator, Awaitable
from typing import Any

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from tenantry.surfaces.portal.routes import ROUTES
from tests.browser.helpers import (
    LOOKS,
    WCAG_22_AA,
    Look,
    Watch,
    assert_accessible,
    assert_fits,
    on_one_loop,
    open_context,
    turn,
)
from tests.support.portal_browser import enter, portal_address
from tests.support.running import until
from tests.support.server import Server

GROUP = "access-management/groups/engineering"
ROLE = "access-management/roles"
# Relative to the portal; what stands in braces is the id of one that there is.
PAGES = (
    "",
    "access-management/users",
    "access-management/users?status=pending&search=a",
    "access-management/users?search=nobody-is-called-this",
    "access-management/users/bulk",
    "access-management/users/bulk?action=suspend&all=1&status=active",
    "access-management/users/bulk?action=add_role&all=1",
    "access-management/users/bulk?action=delete&id={user}",
    "access-management/bulk-jobs",
    "access-management/bulk-jobs/{job}",
    "access-management/users/new?how=invite",
    "access-management/users/new?how=create",
    "access-management/users/{user}",
    "access-management/users/{user}?tab=security",
    "access-management/users/{user}?tab=access",
    "access-management/users/{user}?tab=sessions",
    "access-management/users/{user}?tab=logs",
    "access-management/users/{user}?tab=audit",
    "access-management/users/{user}?tab=danger",
    "access-management/invitations",
    "access-management/invitations/{invitation}",
    "access-management/invitations/bulk",
    "access-management/groups",
    "access-management/groups/new",
    GROUP,
    f"{GROUP}/roles",
    f"{GROUP}/settings",
    ROLE,
    f"{ROLE}/new",
    f"{ROLE}/permissions",
    f"{ROLE}/permissions/reports:read",
    f"{ROLE}/user_manager",
    f"{ROLE}/developer",
    f"{ROLE}/developer/people",
    f"{ROLE}/developer/settings",
    "configuration/auth-settings",
    "configuration/branding",
    "configuration/mail-templates",
    "configuration/mail-templates/invitation",
    "configuration/api-keys",
    "configuration/api-keys/new",
    "configuration/api-keys/{key}",
    "audit-log",
    "audit-log/{entry}",
)
# These are parts of pages, or an address that only leads to a page.
NO_PAGES = {
    "/access-management/picks/{kind:str}",
    "/configuration/branding/preview",
    "/palette",
    "/users/{user_id:str}/360",
}
FILE = re.compile(r"\.\w+$")
SHIFTS = """
    (() => {
        const observer = new PerformanceObserver(() => {});
        observer.observe({type: 'layout-shift', buffered: true});
        return observer.takeRecords().filter(entry => !entry.hadRecentInput).reduce((sum, entry) => sum + entry.value, 0);
    })()
"""
MOST_SHIFT = 0.01
WIDTHS = sorted({look.width for look in LOOKS})


def test_every_page_of_the_portal_is_looked_at() -> None:
    looked_at = {f"/{path.partition('?')[0]}" for path in PAGES}
    missing = {
        path
        for route in ROUTES
        for path in route.paths
        if "GET" in route.http_methods and path not in NO_PAGES and FILE.search(path) is None
        if not any(re.fullmatch(re.sub(r"\{[^}]*\}", "[^/]+", path), one) for one in looked_at)
    }
    assert not missing


@pytest_asyncio.fixture(loop_scope="session")
async def ids(server: Server) -> dict[str, str]:
    """By the names that PAGES has for them: one of each kind, with something to be seen of it."""
    headers = {"Authorization": f"Bearer {server.api_key}"}
    async with httpx.AsyncClient(base_url=f"{server.api}/", headers=headers, timeout=30) as api:

        async def first(path: str, **query: Any) -> str:
            answer = await api.get(path, params={"limit": 1, **query})
            found: str = answer.json()["data"][0]["id"]
            return found

        async def is_done() -> bool:
            return bool((await api.get(f"bulk-jobs/{job}")).json()["data"]["state"] == "done")

        user = await first("users", status="locked")
        await api.post("permissions", json={"slug": "reports:read", "name": "Read reports"})
        body = {"action": "mark_verified", "ids": [user, await first("users", status="disabled")]}
        job = (await api.post("bulk-jobs", json=body)).json()["data"]["id"]
        await until(is_done)
        return {
            "user": user,
            "job": job,
            "invitation": await first("../invitations"),
            "key": await first("api-keys"),
            "entry": await first("audit-logs", action="user.created"),
        }


async def faults_of(page: Page, address: str) -> list[str]:
    """What is wrong with the page at an address. The colours follow the system's while the page stands."""
    await turn(page, "light")
    answer = await page.goto(address)
    assert answer is not None
    found = [] if answer.status == 200 else [f"status {answer.status}"]
    found += [text for check in (assert_fits, assert_accessible) async for text in refused(check(page))]
    await turn(page, "dark")
    # What is no rule of WCAG is about the order and the names of things, whatever their colours.
    found += [f"in the dark: {text}" async for text in refused(assert_accessible(page, WCAG_22_AA))]
    shift = await page.evaluate(SHIFTS)
    if shift >= MOST_SHIFT:
        found.append(f"it moves while it loads: {shift}")
    return [f"{address}: {fault}" for fault in found]


async def refused(check: Awaitable[None]) -> AsyncIterator[str]:
    """What a check that fails says."""
    try:
        await check
    except AssertionError as error:
        yield str(error)


@on_one_loop
@pytest.mark.parametrize("width", WIDTHS)
async def test_every_page_is_accessible_in_light_and_dark_fits_stays_still_and_asks_nobody_else(
    browser: Browser, server: Server, ids: dict[str, str], width: int
) -> None:
    context = await open_context(browser, Look("light", width))
    watch = Watch(context)
    page = await context.new_page()
    portal = portal_address(server.url, server.tenant)
    await enter(page, portal, server.admin_email, server.admin_password)
    faults: list[str] = []
    for path in PAGES:
        faults += await faults_of(page, portal + path.format(**ids))
    await context.close()
    assert not faults, "\n".join(faults)
    assert not watch.complaints
    assert {host.partition(":")[0] for host in watch.hosts()} == {"localhost"}
