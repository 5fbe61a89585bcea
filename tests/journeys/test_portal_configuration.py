"""The configuration in the portal: API keys, mail templates, and every section of the settings."""

import re

import httpx
from playwright.async_api import FrameLocator, Page, expect

from tests.browser.helpers import on_one_loop, turn
from tests.support.portal_browser import Desk, copied
from tests.support.stories import BETTER, GOOD, Place

pytestmark = on_one_loop
KEYS, TEMPLATES = "configuration/api-keys", "configuration/mail-templates"
SETTINGS = "configuration/auth-settings"


async def status_with(place: Place, key: str) -> int:
    """What the API answers to a reader with this key."""
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {key}"}) as program:
        return (await program.get(place.at("api/v1/admin/groups"))).status_code


async def test_a_key_is_made_shown_once_copied_and_revoked(office: Desk) -> None:
    page = await office.open(KEYS)
    await page.get_by_role("link", name="New API key").first.click()
    await page.get_by_label("Name").fill("Nightly report")
    await page.get_by_label("Reads a minute").fill("many")
    await page.get_by_role("checkbox", name="admin:groups").check()
    await page.get_by_label("Ends", exact=True).select_option("In a year")
    await office.press("Create key")
    await expect(page.locator("#readRate-problems")).to_contain_text("whole number")
    await expect(page.get_by_role("checkbox", name="admin:groups")).to_be_checked()
    await page.get_by_label("Reads a minute").fill("50")
    await office.press("Create key")
    await expect(page.get_by_role("heading", name="Your new API key")).to_be_visible()
    key = await copied(page, "Copy the key")
    assert key == await page.locator("#made-key").inner_text()
    assert await status_with(office.place, key) == 200

    await page.get_by_role("link", name="I have copied it").click()
    row = page.get_by_role("row").filter(has_text="Nightly report")
    await expect(row).to_contain_text("Active")
    await row.get_by_role("link", name="Nightly report").click()
    await expect(page.get_by_role("definition").filter(has_text="50 a minute")).to_be_visible()
    assert key not in await page.content()
    await page.get_by_role("checkbox", name="I want to revoke Nightly report").check()
    await office.press("Revoke key")
    await office.told("The key is dead from this moment.")
    assert await status_with(office.place, key) == 401
    listed = (await office.place.call("GET", "v1/admin/api-keys", params={"search": "Nightly"}))["data"]
    assert [(one["name"], one["revokedAt"] is not None) for one in listed] == [("Nightly report", True)]


def preview(page: Page) -> FrameLocator:
    return page.frame_locator("iframe[data-preview-frame]")


async def contrast_of_preview(page: Page) -> float:
    """How much lighter or darker than the ground of its frame the text of a mail is, from 0 to 1."""
    ink = await preview(page).get_by_role("heading").evaluate("one => getComputedStyle(one).color")
    frame = page.locator("iframe[data-preview-frame]")
    ground = await frame.evaluate("one => getComputedStyle(one).backgroundColor")
    shades = [sum(map(float, re.findall(r"[\d.]+", colour)[:3])) for colour in (ink, ground)]
    return abs(shades[0] - shades[1]) / (3 * 255)


async def test_a_mail_is_written_anew_looked_at_saved_sent_and_put_back(office: Desk) -> None:
    place, rut = office.place, office.place.email("rut")
    user = await place.create(rut, givenName="Rut")
    page = await office.open(TEMPLATES)
    row = page.get_by_role("row").filter(has_text="an administrator has set the password")
    await expect(row).to_contain_text("Built-in")
    await row.get_by_role("link").click()
    await expect(preview(page).get_by_role("heading")).to_be_visible()
    for colours in ("dark", "light"):
        await turn(page, colours)
        assert await contrast_of_preview(page) > 0.5, f"the preview cannot be read: {colours}"
    await page.get_by_label("Subject", exact=True).fill("New key for {{ nobody }}")
    await page.get_by_label("Plain text").fill("Dear {{ person_name }}, it is done. <3")
    await page.get_by_label("HTML").fill("<p>Dear <b>{{ person_name }}</b>, it is done.</p>")
    await office.press("Save")
    await expect(page.locator("#subject-problems")).to_contain_text("nobody")
    await page.get_by_label("Subject", exact=True).fill("New key for {{ tenant_name }}")
    await expect(preview(page).get_by_text("Dear Anita, it is done.", exact=True)).to_be_visible()
    await page.get_by_label("Subject and text").check()
    await expect(preview(page).get_by_text("Dear Anita, it is done. <3")).to_be_visible()
    await expect(preview(page).get_by_role("heading")).to_have_text("New key for Office")
    await office.press("Send a test to me")
    await office.told(f"A test is on its way to {place.email('ada')}.")
    tried = await place.post.letter(place.email("ada"), "[Test] New key for Office")
    assert "Dear Anita, it is done. <3" in tried
    await office.press("Save")
    await office.told("The text has been saved. From now on it is sent.")
    await page.reload()
    await expect(page.get_by_label("Plain text")).to_have_value("Dear {{ person_name }}, it is done. <3")

    await place.call(
        "PUT", f"v1/admin/users/{user['id']}/password", json={"password": BETTER, "notify": True}
    )
    assert "Dear Rut, it is done. <3" in await place.post.letter(rut, "New key for Office")
    box = await office.dialog("Reset to default", re.compile("^Reset"))
    await box.get_by_role("checkbox").check()
    await office.press("Reset", box)
    await office.told("The built-in text is sent again.")
    await expect(page.get_by_label("Plain text")).not_to_have_value(re.compile("it is done"))
    await place.call("PUT", f"v1/admin/users/{user['id']}/password", json={"password": GOOD, "notify": True})
    assert "it is done" not in await place.post.letter(rut, "Your Office account has a new password")


async def fill(page: Page, label: str, value: str | bool) -> None:
    """Sets a setting by its label: a switch or box, a choice, or a text."""
    field = page.get_by_label(label, exact=True)
    if isinstance(value, bool):
        await field.set_checked(value)
    elif await field.evaluate("field => field.localName") == "select":
        await field.select_option(value)
    else:
        await field.fill(value)


# By tab: what is set on it by its label, and what the API says of it then.
SAVED = {
    "Registration": (("People may sign up by themselves", True, "registration", "enabled", True),),
    "Sign-in": (
        ("Offer to stay signed in", False, "signIn", "rememberMe", False),
        ("Failures in a row", "7", "lockout", "maxFailures", 7),
        ("Codes and links from one address", "77", "throttling", "codesPerAddress", 77),
    ),
    "Sessions": (("Longest session", "600", "sessions", "absoluteMinutes", 600),),
    "Passwords": (("Shortest password", "14", "passwordPolicy", "minLength", 14),),
    "Verification and recovery": (
        ("Verify addresses by", "A code that is typed", "verification", "emailForm", "otp"),
        ("A code by email", True, "recovery", "methods", ["email_link", "email_otp"]),
    ),
    "Links and codes": (
        ("Password reset", "45", "links", "passwordResetMinutes", 45),
        ("Wrong tries", "4", "oneTimeCodes", "maxAttempts", 4),
    ),
    "Accounts": (
        ("Accounts may be disabled", True, "accounts", "disablingEnabled", True),
        ("Restore for, when deleted here", "60", "deletion", "retentionDays", 60),
    ),
    "Audit log": (("Keep entries for", "400", "audit", "retentionDays", 400),),
}


async def test_every_section_of_the_settings_is_saved_and_a_fault_stands_under_its_field(
    office: Desk,
) -> None:
    page = await office.open(SETTINGS)
    for tab, wanted in SAVED.items():
        await page.get_by_role("navigation", name="Settings").get_by_role("link", name=tab).click()
        await expect(
            page.get_by_role("link", name=tab, exact=True).and_(page.locator("[aria-current]"))
        ).to_be_visible()
        for label, value, *_ in wanted:
            await fill(page, label, value)
        await office.press("Save")
        await office.told("The settings have been saved.")
        for label, value, *_ in wanted:
            field = page.get_by_label(label, exact=True)
            if isinstance(value, bool):
                await expect(field).to_be_checked(checked=value)
    stored = (await office.place.call("GET", "v1/admin/settings"))["data"]
    for wanted in SAVED.values():
        for label, _, section, key, saved in wanted:
            assert stored[section][key] == saved, label

    await office.open(f"{SETTINGS}?tab=sign-in")
    await fill(page, "Failures in a row", "seven")
    await fill(page, "First lock", "20")
    await office.press("Save")
    fault = page.locator("#lockout\\.maxFailures-problems")
    await expect(fault).to_have_text("Must be a whole number from 1 to 100.")
    await expect(page.get_by_label("Failures in a row")).to_have_value("seven")
    await expect(page.get_by_label("First lock")).to_have_value("20")
    await page.get_by_role("button", name=re.compile("Back to default.*: Failures in a row")).click()
    await office.told("It is not saved yet.")
    assert (await office.place.call("GET", "v1/admin/settings"))["data"]["lockout"]["maxFailures"] == 7
    await office.press("Save")
    await office.told("The settings have been saved.")
    lockout = (await office.place.call("GET", "v1/admin/settings"))["data"]["lockout"]
    assert (lockout["maxFailures"], lockout["minutes"]) == (5, 20)
