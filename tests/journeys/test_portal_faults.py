"""What the portal does when something goes wrong: stale forms, a session that has ended, and a lost connection."""

import asyncio
import re
from typing import Any

from playwright.async_api import Page, expect

from tests.browser.helpers import on_one_loop
from tests.journeys.conftest import Browsers
from tests.support.portal_browser import Desk, enter
from tests.support.stories import GOOD, expect_ended

pytestmark = on_one_loop
GROUPS, ROLES = "access-management/groups", "access-management/roles"
LOST = "The connection was lost. Nothing has changed; try again."


async def one(office: Desk, path: str) -> dict[str, Any]:
    found: dict[str, Any] = (await office.place.call("GET", f"v1/admin/{path}"))["data"]
    return found


async def colleague(office: Desk, browsers: Browsers, name: str) -> Page:
    """Another administrator of the tenant, in a browser of their own."""
    email, page = office.place.email(name), await browsers()
    await office.place.create(email, roles=["tenant_admin"], emailVerified=True)
    await enter(page, office.portal, email, GOOD)
    return page


async def test_of_two_who_change_the_same_the_second_sees_what_the_first_did_and_overwrites_nothing(
    office: Desk, another_browser: Browsers
) -> None:
    await office.place.call("POST", "v1/admin/groups", 201, json={"name": "Contested", "description": "Old"})
    page, other = office.page, await colleague(office, another_browser, "bea")
    for tab in (page, other):
        await tab.goto(f"{office.portal}{GROUPS}/contested/settings")
    await other.get_by_label("Description").fill("Theirs")
    await other.get_by_role("button", name="Save").click()
    await expect(other.get_by_role("status").filter(has_text="The group has been saved.")).to_be_visible()

    await page.get_by_label("Name").fill("Mine")
    await page.get_by_label("Description").fill("Also mine")
    # Whoever goes elsewhere before that is sent is asked, and may stay.
    async with page.expect_event("dialog") as asking:
        leaving = asyncio.ensure_future(page.get_by_role("link", name="Members").click())
    question = await asking.value
    assert question.type == "beforeunload"
    await question.dismiss()
    await leaving
    assert page.url.endswith("/settings")
    await office.press("Save")
    await office.told("The group was changed while you were editing")
    different = page.get_by_role("region", name="What is different").get_by_role("row")
    await expect(different.nth(1).get_by_role("cell")).to_have_text(["Old", "Theirs", "Also mine"])
    await expect(page.get_by_label("Name")).to_have_value("Mine")
    kept = await one(office, "groups/contested")
    assert (kept["name"], kept["description"]) == ("Contested", "Theirs")
    await office.press("Save")
    await office.told("The group has been saved.")
    kept = await one(office, "groups/contested")
    assert (kept["name"], kept["description"]) == ("Mine", "Also mine")


async def test_stale_permissions_settings_texts_and_looks_are_refused_in_the_same_way(office: Desk) -> None:
    place, page = office.place, office.page
    await place.call("POST", "v1/admin/roles", 201, json={"name": "Contested"})
    await office.open(f"{ROLES}/contested")
    await page.get_by_role("checkbox", name="Groups, read:").check()
    await place.call("PUT", "v1/admin/roles/contested/permissions", json={"permissions": ["users:read"]})
    await office.press("Save permissions")
    await office.told("The role was changed while you were editing")
    await expect(page.get_by_role("definition").filter(has_text="users:read")).to_be_visible()
    await expect(page.get_by_role("checkbox", name="Groups, read:")).to_be_checked()
    assert [held["slug"] for held in (await one(office, "roles/contested"))["permissions"]] == ["users:read"]

    await office.open("configuration/auth-settings?tab=audit")
    await page.get_by_label("Keep entries for").fill("500")
    await place.call("PUT", "v1/admin/settings", json={"audit": {"retentionDays": 800}})
    await office.press("Save")
    await expect(page.get_by_role("row", name="Keep entries for")).to_contain_text(
        re.compile("800 days.*500 days", re.DOTALL)
    )
    await expect(page.get_by_label("Keep entries for")).to_have_value("500")
    assert (await one(office, "settings"))["audit"]["retentionDays"] == 800

    await office.open("configuration/mail-templates/welcome")
    await page.get_by_label("Subject", exact=True).fill("My own subject")
    theirs = {"subject": "Their subject", "text": "Hello", "html": None}
    await place.call("PUT", "v1/admin/mail-templates/welcome", json=theirs)
    await office.press("Save")
    await expect(page.get_by_role("alert")).to_contain_text("Somebody else has changed this text meanwhile")
    await expect(page.get_by_role("deletion").first).to_have_text("theirs: Their subject")
    await expect(page.get_by_label("Subject", exact=True)).to_have_value("My own subject")
    assert (await one(office, "mail-templates/welcome"))["subject"] == "Their subject"

    await office.open("configuration/branding")
    await page.get_by_label("Accent colour (optional)").fill("#112233")
    await place.call("PUT", "v1/admin/settings", json={"branding": {"accentColor": "#445566"}})
    await office.press("Save")
    await expect(page.get_by_role("alert")).to_contain_text(
        "Somebody else has changed the branding meanwhile"
    )
    await expect(page.get_by_label("Accent colour (optional)")).to_have_value("#112233")
    assert (await one(office, "branding"))["accentColor"] == "#445566"


async def test_whoever_was_signed_out_meanwhile_signs_in_again_and_finds_what_they_typed(
    office: Desk, another_browser: Browsers
) -> None:
    page, place = await colleague(office, another_browser, "cai"), office.place
    await page.goto(f"{office.portal}access-management/users/new?how=invite")
    await page.get_by_label("Email").fill(place.email("dov"))
    await page.get_by_role("checkbox", name="Auditor").check()
    await page.get_by_label("With a link that you hand over").check()
    await page.get_by_label("Your message").fill("A long message\nthat nobody types twice.")
    await place.call("DELETE", f"v1/admin/users/{place.email('cai')}/sessions")
    await page.get_by_role("button", name="Invite", exact=True).click()
    await expect_ended(page)
    await place.call("GET", f"v1/admin/users/{place.email('dov')}", 404)
    await page.get_by_label("Email, username or phone number").fill(place.email("cai"))
    await page.get_by_label("Password", exact=True).fill(GOOD)
    await page.keyboard.press("Enter")
    await page.wait_for_url(re.compile(r"/users/new\?how=invite$"))
    await expect(page.get_by_label("Email")).to_have_value(place.email("dov"))
    await expect(page.get_by_role("checkbox", name="Auditor")).to_be_checked()
    await expect(page.get_by_label("With a link that you hand over")).to_be_checked()
    await expect(page.get_by_label("Your message")).to_have_value("A long message\nthat nobody types twice.")
    await page.get_by_role("button", name="Invite", exact=True).click()
    await expect(page.get_by_role("dialog", name="A link to hand over")).to_be_visible()
    [made] = (await place.call("GET", "v1/invitations", params={"search": place.email("dov")}))["data"]
    assert [role["slug"] for role in made["roles"]] == ["auditor"]


async def test_a_lost_connection_is_told_and_the_next_try_asks_once(office: Desk) -> None:
    for name in ("Lost sheep", "Found sheep"):
        await office.place.call("POST", "v1/admin/groups", 201, json={"name": name})
    page = await office.open(f"{GROUPS}?search=sheep")
    names = page.get_by_role("region", name="Table of groups").locator("tbody").get_by_role("row")
    await expect(names).to_have_count(2)
    await office.context.set_offline(True)
    try:
        await page.get_by_role("searchbox").fill("lost")
        await office.told(LOST)
        await page.get_by_role("searchbox").press("Enter")
        await expect(page.get_by_text(LOST)).to_have_count(2)
        await expect(names).to_have_count(2)
        await page.keyboard.press("Control+k")
        box = page.get_by_role("dialog", name="Search or go to")
        await expect(box.get_by_text("The connection was lost. Type on to try again.")).to_be_visible()
        await page.keyboard.press("Escape")
    finally:
        await office.context.set_offline(False)
    asked: list[str] = []
    page.on(
        "request", lambda request: asked.append(request.url) if request.resource_type == "fetch" else None
    )
    await page.get_by_role("searchbox").press("Enter")
    await expect(names).to_have_count(1)
    await page.get_by_role("button", name="Close this message").first.click()
    await expect(page.get_by_text(LOST)).to_have_count(1)
    assert len(asked) == 1

    busy = re.compile("search=found")
    await page.route(busy, lambda route: route.fulfill(status=503, body="<p>Too busy</p>"))
    await page.get_by_role("searchbox").fill("found")
    await office.told("The server is busy. Try again in a moment.")
    await expect(names).to_contain_text(["Lost sheep"])
    await page.unroute(busy)
    asked.clear()
    await page.get_by_role("searchbox").press_sequentially(" s")
    await expect(names).to_contain_text(["Found sheep"])
    await page.get_by_role("link", name="Group", exact=True).click()
    await page.wait_for_url(re.compile("sortDir=DESC"))
    assert len(asked) == 2, "the search, and the order: not once more because the field was left"
    # htmx tells the console of a lost connection as well; whoever uses the page never sees that.
    noted = office.watch.complaints
    noted[:] = [line for line in noted if "Failed to fetch" not in line]
