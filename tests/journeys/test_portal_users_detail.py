"""One user's page in a real browser: the profile, roles and groups, sessions, and what is told of them."""

import re

from playwright.async_api import Locator, Page, expect

from tests.browser.helpers import on_one_loop
from tests.support.portal_browser import USERS, Desk, field, problem, sign_in_elsewhere
from tests.support.stories import code_in, link_in

pytestmark = on_one_loop
PHONE = "+14155550941"


async def go_to_tab(page: Page, name: str) -> None:
    await (
        page.get_by_role("navigation", name="Parts of this user's page")
        .get_by_role("link", name=name)
        .click()
    )
    await expect(page.get_by_role("link", name=name, exact=True)).to_have_attribute("aria-current", "page")


def row(page: Page, name: str) -> Locator:
    """Somebody or something in a list of roles and groups."""
    return page.get_by_role("listitem").filter(has=page.get_by_role("link", name=name, exact=True))


async def test_a_profile_is_changed_with_faults_in_place_and_nothing_is_written_over(desk: Desk) -> None:
    place, pia = desk.place, desk.place.email("pia")
    await place.create(place.email("other"), name="Otto Other")
    user = await place.create(pia, name="Pia Old", emailVerified=True)
    page = await desk.open(f"{USERS}/{pia}")
    await expect(page).to_have_url(re.compile(user["id"]))
    await field(page, "Full name").fill("Pia Newman")
    await field(page, "Email address").fill(place.email("other"))
    await field(page, "JSON").fill('{"plan": }')
    await desk.press("Save")
    await problem(field(page, "JSON"), "JSON")
    await expect(field(page, "Full name")).to_have_value("Pia Newman")
    assert (await place.user(user["id"]))["name"] == "Pia Old"
    await field(page, "JSON").fill('{"plan": {"seats": 3}}')
    await desk.press("Save")
    await problem(field(page, "Email address"), "already exists")
    await expect(page.get_by_role("link", name="Open Otto Other")).to_be_visible()
    await field(page, "Email address").fill(pia)
    await field(page, "Username").fill("pia.newman")
    await page.get_by_label("Account ends").fill("2199-12-31T23:30")
    await page.get_by_label("Picture").fill("https://example.com/pia.png")
    await page.get_by_label("Language").fill("fr-CA")
    await page.get_by_label("Time zone").fill("Europe/Paris")
    await page.get_by_text("More about them, and their postal address").click()
    await field(page, "Date of birth").fill("1990-05-17")
    await field(page, "Street and number").fill("Rue du Port 4\n2e étage")
    await field(page, "Town").fill("Brest")
    await desk.press("Save")
    await desk.told("The profile has been saved.")
    stored = await place.user(pia)
    assert {
        name: stored[name] for name in ("name", "givenName", "username", "locale", "zoneinfo", "picture")
    } == {
        "name": "Pia Newman",
        "givenName": "Pia",
        "username": "pia.newman",
        "locale": "fr-CA",
        "zoneinfo": "Europe/Paris",
        "picture": "https://example.com/pia.png",
    }
    assert stored["validUntil"].startswith("2199-12-31T23:30")
    assert stored["customData"] == {"plan": {"seats": 3}}
    assert stored["profile"]["birthdate"] == "1990-05-17"
    address = stored["profile"]["address"]
    assert (address["streetAddress"].splitlines(), address["locality"]) == (
        ["Rue du Port 4", "2e étage"],
        "Brest",
    )

    await place.call("PUT", f"v1/admin/users/{pia}", json={"name": "Pia Theirs", "locale": "en"})
    await field(page, "Full name").fill("Pia Mine")
    await desk.press("Save")
    changed = page.get_by_role("table").filter(has_text="When you opened it")
    await expect(changed.get_by_role("row", name="Full name")).to_have_text(
        re.compile("Pia Newman.*Pia Theirs.*Pia Mine", re.DOTALL)
    )
    await expect(changed.get_by_role("row", name="Language")).to_contain_text("Not changed by you")
    assert (await place.user(pia))["name"] == "Pia Theirs"
    await desk.press("Save")
    await desk.told("The profile has been saved.")
    stored = await place.user(pia)
    assert (stored["name"], stored["locale"]) == ("Pia Mine", "en")


async def test_what_is_not_verified_is_asked_for_again_or_taken_on_trust(desk: Desk) -> None:
    place, rob = desk.place, desk.place.email("rob")
    await place.create(rob, name="Rob Unproven", phoneNumber=PHONE)
    page = await desk.open(f"{USERS}/{rob}")
    states = page.get_by_role("list", name="States of the account")
    await expect(states).to_contain_text("Pending email verification")
    await desk.press("Send the verification again", states)
    await desk.told("It has been sent again.")
    link_in(await place.post.letter(rob, "Verify your email address for Desk"), "verify-email")
    await desk.press("Send a verification")
    await place.post.letter(rob, "Verify your email address for Desk")
    await desk.press("Send a code")
    code_in(await place.post.sms(PHONE))
    await expect(states).to_contain_text("Pending mobile verification")
    for left in (1, 0):
        await page.get_by_role("button", name="Mark as verified").first.click()
        await desk.told("Marked as verified.")
        await expect(page.get_by_role("button", name="Mark as verified")).to_have_count(left)
    await expect(states).to_have_count(0)
    stored = await place.user(rob)
    assert (stored["emailVerified"], stored["phoneNumberVerified"]) == (True, True)


async def test_roles_and_groups_are_given_and_taken_away_in_place(desk: Desk) -> None:
    place, sam = desk.place, desk.place.email("sam")
    for name in ("Helpers", "Hikers"):
        await place.call("POST", "v1/admin/groups", 201, json={"name": name})
    await place.call("POST", "v1/admin/groups/helpers/roles", json={"roles": ["auditor"]})
    user = await place.create(sam, name="Sam Given")

    async def held(kind: str) -> list[str]:
        return sorted(one["slug"] for one in (await place.user(user["id"]))[kind])

    page = await desk.open(f"{USERS}/{user['id']}")
    await go_to_tab(page, "Roles and groups")
    box = await desk.dialog("Add roles", "Give roles to Sam Given")
    await desk.press("Add", box)
    await expect(box).to_contain_text("at least one")
    for role in ("App Manager", "User Manager"):
        await box.get_by_role("checkbox", name=re.compile(f"^{role}")).check()
    await desk.press("Add", box)
    await desk.told("The roles have been given.")
    assert await held("roles") == ["app_manager", "user_manager"]
    await desk.press("Take away the role User Manager")
    await desk.told("The role has been taken away.")
    assert await held("roles") == ["app_manager"]

    box = await desk.dialog("Add to groups", "Add Sam Given to groups")
    await box.get_by_role("checkbox", name=re.compile("^Helpers")).check()
    await box.get_by_role("checkbox", name=re.compile("^Hikers")).check()
    await desk.press("Add", box)
    await desk.told("Added to the groups.")
    assert await held("groups") == ["helpers", "hikers"]
    await expect(row(page, "Auditor")).to_contain_text("Through Helpers")
    await expect(row(page, "App Manager")).to_contain_text("Given directly")
    await desk.press("Take out of the group Helpers")
    await desk.told("Taken out of the group.")
    await expect(row(page, "Auditor")).to_have_count(0)
    assert await held("groups") == ["hikers"]


async def test_sessions_end_and_both_logs_tell_who_did_what(desk: Desk) -> None:
    place, tom = desk.place, desk.place.email("tom")
    user = await place.create(tom, name="Tom Old", emailVerified=True)
    await place.call("PUT", f"v1/admin/users/{tom}", json={"name": "Tom New"})
    for _ in range(3):
        await sign_in_elsewhere(place, tom)
    page = await desk.open(f"{USERS}/{user['id']}")
    await go_to_tab(page, "Sessions")
    table = page.get_by_role("region", name="Table of sessions")
    await expect(table.get_by_role("rowheader")).to_have_count(3)
    await expect(table.get_by_role("rowheader").first).to_contain_text("Firefox")
    await table.get_by_role("button", name="End the session").first.click()
    await desk.told("The session has ended.")
    await expect(table.get_by_role("rowheader")).to_have_count(2)
    box = await desk.dialog("End all sessions…", "End all sessions of Tom New")
    await desk.press("End all sessions", box)
    await expect(box).to_be_visible()
    await box.get_by_label("Yes, end all sessions of Tom New").check()
    await desk.press("End all sessions", box)
    await desk.told("Every session has ended.")
    await expect(page.get_by_text("Signed in nowhere")).to_be_visible()
    assert (await place.call("GET", f"v1/admin/users/{user['id']}/sessions"))["data"] == []

    await go_to_tab(page, "User logs")
    entries = page.get_by_role("region", name="What they did")
    entry = entries.get_by_role("group").filter(has_text="User signed in").first
    await entry.get_by_text("User signed in").click()
    for told in ("Firefox/130.0", "127.0.0.1", "user.signed_in"):
        await expect(entry.get_by_text(told, exact=False).first).to_be_visible()
    await entry.get_by_text("Raw data", exact=True).click()
    await expect(entry.get_by_text('"action": "user.signed_in"')).to_be_visible()

    await go_to_tab(page, "Audit")
    entry = page.get_by_role("group").filter(has_text="User updated").first
    await entry.get_by_text("User updated").click()
    changed = (
        entry.get_by_role("region", name="What changed").get_by_role("row").filter(has_text="Tom New").first
    )
    await expect(changed).to_contain_text("Tom Old")
