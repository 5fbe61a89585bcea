"""Every page of the portal, as it looks with people in it: accessible, within its width, still, and without a complaint."""

import re
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser, Page

from tests.browser.helpers import (
    LOOKS,
    Look,
    Watch,
    assert_accessible,
    assert_fits,
    on_one_loop,
    open_context,
)
from tests.support.server import Server

pytestmark = on_one_loop

# Relative to the portal. A pattern after "->" is a link on that page: the page behind the first one is meant.
PAGES = (
    "",
    "access-management/users",
    "access-management/users?status=pending&search=a",
    "access-management/users?search=nobody-is-called-this",
    "access-management/users/bulk?action=suspend&all=1&status=active",
    "access-management/users/bulk?action=add_role&all=1",
    "access-management/bulk-jobs",
    "access-management/users/new?how=invite",
    "access-management/users/new?how=create",
    "access-management/invitations",
    "access-management/invitations/bulk",
    "access-management/groups",
    "access-management/roles",
    "configuration/auth-settings",
    "configuration/branding",
    "configuration/mail-templates",
    "configuration/api-keys",
    "audit-log",
)
TABS = ("", "security", "access", "sessions", "logs", "audit", "danger")
SHIFTS = """
    new Promise(done => {
        let sum = 0;
        new PerformanceObserver(list => {
            for (const entry of list.getEntries()) if (!entry.hadRecentInput) sum += entry.value;
        }).observe({type: 'layout-shift', buffered: true});
        requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => done(sum), 50)));
    })
"""
MOST_SHIFT = 0.01


async def signed_in(page: Page, server: Server) -> str:
    """Signs the demo's administrator in and gives the address of the portal."""
    # A cookie of a page of "localhost" is none of "127.0.0.1".
    portal = f"http://localhost:{urlsplit(server.url).port}/t/{server.tenant}/portal/"
    await page.goto(portal)
    await page.get_by_label("Email, username or phone number").fill(server.admin_email)
    await page.get_by_label("Password", exact=True).fill(server.admin_password)
    await page.keyboard.press("Enter")
    await page.wait_for_url(re.compile(r"/portal/?$"))
    return portal


async def faults_of(page: Page, address: str) -> list[str]:
    """What is wrong with the page at an address."""
    answer = await page.goto(address)
    assert answer is not None
    found = [] if answer.status == 200 else [f"status {answer.status}"]
    shift = await page.evaluate(SHIFTS)
    if shift >= MOST_SHIFT:
        found.append(f"it moves while it loads: {shift}")
    for check in (assert_fits, assert_accessible):
        try:
            await check(page)
        except AssertionError as error:
            found.append(str(error))
    return [f"{address}: {fault}" for fault in found]


@pytest.mark.parametrize("look", LOOKS, ids=str)
async def test_every_page_is_accessible_fits_stays_still_and_asks_nobody_else(
    browser: Browser, server: Server, look: Look
) -> None:
    context = await open_context(browser, look)
    watch = Watch(context)
    page = await context.new_page()
    portal = await signed_in(page, server)
    faults: list[str] = []
    for path in PAGES:
        faults += await faults_of(page, f"{portal}{path}")
    await page.goto(f"{portal}access-management/users?status=locked")
    person = await page.locator(".row-link").first.get_attribute("href")
    for tab in TABS:
        faults += await faults_of(
            page, f"http://{urlsplit(portal).netloc}{person}{f'?tab={tab}' if tab else ''}"
        )
    await context.close()
    assert not faults, "\n".join(faults)
    assert not watch.complaints
    assert {host.partition(":")[0] for host in watch.hosts()} == {"localhost"}
