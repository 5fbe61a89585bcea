"""Invited, opened by a scanner, accepted, suspended; and the administrator whom `make run` prints."""

import httpx
from playwright.async_api import Page, expect

from tests.browser.helpers import on_one_loop
from tests.journeys.conftest import Found
from tests.support.pages import csrf
from tests.support.server import Server
from tests.support.stories import (
    GOOD,
    expect_ended,
    expect_heading,
    expect_inside,
    expect_outside,
    expect_refused,
    link_in,
    sign_in,
)

pytestmark = on_one_loop
SUSPENDED = "This account is suspended. Ask your administrator."


async def scan(link: str) -> httpx.Response:
    """What a program does that checks a mail: it fetches the link twice and sends the form, and keeps no cookie."""
    async with httpx.AsyncClient(timeout=30) as first:
        assert (await first.head(link)).status_code == 200
        page = await first.get(link)
    assert page.status_code == 200
    async with httpx.AsyncClient(timeout=30) as second:
        form = {"csrf": csrf(page), "name": "A Scanner", "password": "Scanned-by-nobody-1"}
        return await second.post(link, data=form)


async def test_an_invitation_survives_a_scanner_is_accepted_and_ends_with_a_suspension(
    found: Found, page: Page
) -> None:
    place = await found("invited")
    anita = place.email("anita")
    wanted = {"email": anita, "name": "Anita Singh", "roles": ["user"], "message": "See you on Monday!"}
    invited = (await place.call("POST", "v1/invitations", 201, json=wanted))["data"]
    link = link_in(await place.post.letter(anita, "You've been invited to Invited"), "invitation")

    scanned = await scan(link)
    assert scanned.status_code == 403
    assert "The link is still good." in scanned.text
    state = (await place.call("GET", f"v1/invitations/{invited['id']}"))["data"]["state"]
    assert state == "opened"
    await place.call("GET", f"v1/admin/users/{anita}", 404)

    await page.goto(link)
    await expect_heading(page, "Join Invited")
    await expect(page.get_by_label("The message to you")).to_have_text("See you on Monday!")
    await expect(page.get_by_label("Your name")).to_have_value("Anita Singh")
    await page.get_by_label("Password", exact=True).fill(GOOD)
    await page.get_by_role("button", name="Accept the invitation").click()
    await expect_inside(page, anita)
    sessions = (
        page.get_by_role("list", name="Sessions").get_by_role("listitem").filter(has=page.locator("strong"))
    )
    await expect(sessions).to_have_count(1)
    await expect(sessions).to_contain_text("This device")
    user = await place.user(anita)
    assert (user["name"], user["emailVerified"], user["status"]) == ("Anita Singh", True, "active")
    assert [role["slug"] for role in user["roles"]] == ["user"]

    await place.do(anita, "block", reason="Lost a laptop")
    await page.get_by_role("link", name="Email address").click()
    await expect_ended(page)
    await sign_in(page, place, anita, GOOD)
    await expect_refused(page, SUSPENDED)
    await sign_in(page, place, anita, "not the password at all")
    await expect(page.get_by_role("alert")).not_to_have_text(SUSPENDED)

    await place.do(anita, "unblock")
    await sign_in(page, place, anita, GOOD)
    await expect_inside(page, anita)
    told = {entry["action"] for entry in await place.audit(targetId=user["id"], limit=100)}
    assert told >= {"user.created", "user.invitation_accepted", "user.suspended", "user.signed_in"}


async def test_the_administrator_whom_make_run_prints_signs_in(server: Server, page: Page) -> None:
    said = (server.data_dir / "server.log").read_text(encoding="utf-8")
    address = next(line.split()[-1] for line in said.splitlines() if line.strip().startswith("sign in "))
    assert f"password         {server.admin_password}" in said
    await page.goto(address)
    await page.get_by_label("Email, username or phone number").fill(server.admin_email)
    await page.get_by_label("Password", exact=True).fill(server.admin_password)
    await page.get_by_role("button", name="Sign in").click()
    await expect_inside(page, server.admin_email)
    await page.get_by_role("button", name="Sign out", exact=True).click()
    await expect_outside(page)
    await expect(page.get_by_role("status")).to_have_text("You have signed out.")
