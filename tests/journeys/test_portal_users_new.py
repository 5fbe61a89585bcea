"""A new user in a real browser: created directly or invited, with what is wrong told in place and nothing lost."""

import re
from typing import Any

from playwright.async_api import expect

from tests.browser.helpers import on_one_loop
from tests.support.portal_browser import USERS, Desk, copied, field, problem, sign_in_elsewhere
from tests.support.stories import GOOD, code_in, link_in

pytestmark = on_one_loop
PHONE = "+14155550931"


async def test_a_user_is_created_with_everything_after_faults_that_lose_nothing(desk: Desk) -> None:
    place = desk.place
    for name in ("Sailors", "Leaving"):
        await place.call("POST", "v1/admin/groups", 201, json={"name": name})
    taken = await place.create(place.email("taken"), name="Already Here")
    mia = place.email("mia")
    page = await desk.open(USERS)
    await page.get_by_role("link", name="New user").click()
    await field(page, "Email").fill(taken["email"])
    await field(page, "Name").fill("Mia Berg")
    await desk.press("Create directly")
    await expect(field(page, "Name")).to_have_value("Mia Berg")
    await field(page, "Username").fill("miaberg")
    await field(page, "Phone").fill("12")
    await page.get_by_label("Generate one").check()
    for toggle in ("Email verified", "Password must be reset", "Force MFA enrolment", "Send a welcome mail"):
        await page.get_by_label(toggle).check()
    for one in ("Sailors", "Leaving", "App Manager", "User Manager"):
        await page.get_by_role("checkbox", name=one, exact=True).check()
    await page.get_by_text("Custom data", exact=True).first.click()
    await field(page, "Custom data").fill('{"plan": ')
    await desk.press("Create user")
    await expect(field(page, "Phone")).to_be_focused()
    await expect(field(page, "Phone")).to_be_in_viewport()
    await problem(field(page, "Phone"), "country code")
    await problem(field(page, "Custom data"), "JSON")
    await field(page, "Phone").fill(PHONE)
    await field(page, "Custom data").fill('{"plan": "pro"}')
    await desk.press("Create user")
    await problem(field(page, "Email"), "already exists")
    link = page.get_by_role("link", name="Edit that user")
    await expect(link).to_have_attribute("href", re.compile(taken["id"]))
    await field(page, "Email").fill(mia)
    await place.call("DELETE", "v1/admin/groups/leaving")
    await desk.press("Create user")
    await expect(
        page.get_by_role("group", name=re.compile("^Groups"), description=re.compile("Leaving|leaving"))
    ).to_be_visible()
    await desk.press("Create user")

    await expect(page.get_by_role("heading", level=1)).to_have_text("User created")
    password = await copied(page, "Copy the password")
    assert len(password) >= 12
    assert await copied(page, "Copy the email") == mia
    everything = await copied(page, "Copy all of it")
    assert [line.partition(": ")[2] for line in everything.splitlines()][:4] == [
        mia,
        PHONE,
        "miaberg",
        password,
    ]
    await page.get_by_role("link", name="Open user").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Mia Berg")
    assert password not in await page.content(), "it is shown once"
    user = await place.user(mia)
    assert {
        name: user[name] for name in ("givenName", "familyName", "username", "phoneNumber", "customData")
    } == {
        "givenName": "Mia",
        "familyName": "Berg",
        "username": "miaberg",
        "phoneNumber": PHONE,
        "customData": {"plan": "pro"},
    }
    assert (user["emailVerified"], user["mustChangePassword"], user["mustEnrolMfa"]) == (True, True, True)
    assert [group["slug"] for group in user["groups"]] == ["sailors"]
    assert sorted(role["slug"] for role in user["roles"]) == ["app_manager", "user_manager"]
    assert password not in await place.post.letter(mia, "Welcome to Desk")


async def test_a_new_user_comes_to_a_password_in_every_way_and_a_service_to_none(desk: Desk) -> None:
    place, page = desk.place, desk.page

    async def create(name: str, way: str | None, *, phone: str = "") -> dict[str, Any]:
        await desk.open(f"{USERS}/new?how=create")
        email = place.email(name)
        await field(page, "Email").fill(email)
        await field(page, "Phone").fill(phone)
        if way is None:
            await page.get_by_label("A service account").check()
            await expect(page.get_by_text("How they come to one")).to_be_hidden()
        else:
            await page.get_by_label(way).check()
        if way == "Type one":
            await page.get_by_label("The password", exact=True).fill("short")
            await desk.press("Create user")
            await problem(page.get_by_label("The password", exact=True), "at least")
            await expect(field(page, "Email")).to_have_value(email)
            await page.get_by_label("The password", exact=True).fill(GOOD)
        await desk.press("Create user")
        await expect(page.get_by_role("heading", level=1)).to_have_text("User created")
        return await place.user(email)

    await create("typed", "Type one")
    await sign_in_elsewhere(place, place.email("typed"))
    linked = await create("linked", "They choose it, with a link by email")
    link_in(await place.post.letter(linked["email"], "Choose your Desk password"), "reset-password")
    coded = await create("coded", "They choose it, with a code by email")
    code_in(await place.post.letter(coded["email"], "Your Desk code"))
    texted = await create("texted", "They choose it, with a code by text message", phone="+14155550932")
    code_in(await place.post.sms(texted["phoneNumber"]))
    bare = await create("bare", "None for now")
    assert (bare["hasPassword"], bare["status"]) == (False, "pending_initial_password_setup")
    service = await create("robot", None)
    assert (service["kind"], service["hasPassword"]) == ("service", False)
    assert place.post.unread(service["email"]) == place.post.unread(bare["email"]) == []


async def test_somebody_is_invited_by_mail_or_by_a_link_and_found_if_they_are_there_already(
    desk: Desk,
) -> None:
    place, page = desk.place, desk.page
    await place.call("POST", "v1/admin/groups", 201, json={"name": "Newcomers"})
    nora, otto = place.email("nora"), place.email("otto")
    there = await place.create(place.email("there"))
    await desk.open(f"{USERS}/new?how=invite")
    await field(page, "Email").fill(there["email"])
    await field(page, "Name").fill("Nora Newcomer")
    await field(page, "Your message").fill("See you\non Monday!")
    await page.get_by_role("checkbox", name="Newcomers").check()
    await page.get_by_role("checkbox", name="User Manager").check()
    await desk.press("Invite")
    await problem(field(page, "Email"), "already")
    await expect(page.get_by_role("link", name="Edit that user")).to_have_attribute(
        "href", re.compile(there["id"])
    )
    await field(page, "Email").fill(nora)
    await desk.press("Invite")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Nora Newcomer")
    letter = await place.post.letter(nora, "You've been invited to Desk")
    assert "See you\non Monday!" in letter.replace("\r\n", "\n")
    invited = (await place.call("GET", "v1/invitations", params={"search": nora}))["data"][0]
    assert page.url.endswith(invited["id"])
    slugs = [
        [one if isinstance(one, str) else one["slug"] for one in invited[kind]]
        for kind in ("roles", "groups")
    ]
    assert slugs == [["user_manager"], ["newcomers"]]

    await desk.open(f"{USERS}/new?how=invite")
    await field(page, "Email").fill(nora)
    await desk.press("Invite")
    await problem(field(page, "Email"), "invit")
    await expect(page.get_by_role("link", name="Open that invitation")).to_have_attribute(
        "href", re.compile(invited["id"])
    )
    await field(page, "Email").fill(otto)
    await page.get_by_label("With a link that you hand over").check()
    await desk.press("Invite")
    box = page.get_by_role("dialog", name="A link to hand over")
    await expect(box).to_be_visible()
    link = await copied(page, "Copy the link")
    assert link.startswith(place.at("invitation?token="))
    assert place.post.unread(otto) == []
    await desk.open(f"{USERS}?status=pending&group=newcomers")
    waiting = page.get_by_role("region", name="Invited, not users yet")
    await waiting.get_by_role("link", name="Nora Newcomer").click()
    await expect(page).to_have_url(re.compile(invited["id"]))
    assert link not in await page.content()
