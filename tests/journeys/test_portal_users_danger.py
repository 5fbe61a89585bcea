"""A user's password, second factors, and the danger zone, in a real browser."""

import re
from datetime import UTC, datetime, timedelta

from playwright.async_api import expect

from tests.browser.helpers import on_one_loop
from tests.support.portal_browser import USERS, Desk, copied, problem, sign_in_elsewhere
from tests.support.running import as_owner
from tests.support.stories import BETTER, code_in, link_in

pytestmark = on_one_loop
PHONE = "+14155550951"
INSERT_FACTOR = """
    insert into factors (tenant_id, id, user_id, kind, name, created_at)
    select tenant_id, gen_random_uuid(), id, 'totp', 'Phone', now() from users where id = %s
"""


async def test_a_password_is_set_made_up_and_given_in_every_way(desk: Desk) -> None:
    place, una = desk.place, desk.place.email("una")
    user = await place.create(una, name="Una Secret", emailVerified=True, phoneNumber=PHONE)
    page = await desk.open(f"{USERS}/{user['id']}?tab=security")
    box = await desk.dialog("Set a password…", "Set a password for Una Secret")
    await box.get_by_label("New password", exact=True).fill("short")
    await desk.press("Set the password", box)
    await problem(box.get_by_label("New password", exact=True), "at least")
    await box.get_by_label("New password", exact=True).fill(BETTER)
    await box.get_by_label("They must choose their own at the next sign-in").uncheck()
    await box.get_by_label("Tell them by mail that there is a new password").check()
    await desk.press("Set the password", box)
    await desk.told("The password has been set.")
    assert BETTER not in await place.post.letter(una, "Your Desk account has a new password")
    await sign_in_elsewhere(place, una, BETTER)

    box = await desk.dialog("Make one up…", "Make up a password for Una Secret")
    await box.get_by_label("They must choose their own at the next sign-in").uncheck()
    await desk.press("Make one up", box)
    shown = page.get_by_role("dialog", name="The new password of Una Secret")
    password = await copied(page, "Copy the password")
    await expect(shown).to_contain_text(password)
    await desk.press("Done", shown)
    await sign_in_elsewhere(place, una, password)

    await desk.open(f"{USERS}/{user['id']}?tab=security")
    assert password not in await page.content(), "it is shown once"
    for way in ("A link by email", "A code by email", "A code by text message"):
        box = await desk.dialog("Let them choose a new one…", "Let Una Secret choose a password")
        await box.get_by_label(way).check()
        await desk.press("Send", box)
        await desk.told("It has been sent.")
        if "link" in way:
            link_in(await place.post.letter(una, "Reset your Desk password"), "reset-password")
        else:
            code_in(
                await (place.post.sms(PHONE) if "text" in way else place.post.letter(una, "Your Desk code"))
            )
        await page.get_by_role("button", name="Close this message").click()
    await sign_in_elsewhere(place, una, password)


async def test_a_new_password_is_demanded_and_the_next_sign_in_asks_for_more(
    desk: Desk, demo_database: str
) -> None:
    place, vic = desk.place, desk.place.email("vic")
    user = await place.create(vic, name="Vic Demand", emailVerified=True)
    await as_owner(demo_database, INSERT_FACTOR, user["id"])
    page = await desk.open(f"{USERS}/{user['id']}?tab=security")
    for words, stored in (
        ("They must choose a new password", "mustChangePassword"),
        ("They must set up a second factor", "mustEnrolMfa"),
    ):
        switch = page.get_by_role("switch", name=words)
        for on in (True, False):
            await switch.click()
            await expect(switch).to_have_attribute("aria-checked", str(on).lower())
            assert (await place.user(vic))[stored] is on

    await expect(page.get_by_text("Authenticator app")).to_be_visible()
    box = await desk.dialog("Remove all…", "Remove all second factors of Vic Demand")
    await box.get_by_label("Yes, remove all second factors of Vic Demand").check()
    await desk.press("Remove all", box)
    await desk.told("All second factors have been removed.")
    await expect(page.get_by_text("Authenticator app")).to_have_count(0)

    await sign_in_elsewhere(place, vic)
    box = await desk.dialog("Demand a new one…", "Demand a new password of Vic Demand")
    await box.get_by_label("A link by email").check()
    await desk.press("Demand a new password", box)
    await expect(box).to_be_visible()
    await box.get_by_label("Yes, demand a new password of Vic Demand").check()
    await desk.press("Demand a new password", box)
    await desk.told("A new password is demanded")
    first = link_in(await place.post.letter(vic, "Choose a new password for Desk"), "reset-password")
    assert (await place.user(vic))["status"] == "pending_password_reset"
    assert (await place.call("GET", f"v1/admin/users/{user['id']}/sessions"))["data"] == []
    states = page.get_by_role("list", name="States of the account")
    await states.get_by_role("button", name=re.compile("[Ss]end")).click()
    await desk.told("It has been sent again.")
    again = link_in(await place.post.letter(vic, "Choose a new password for Desk"), "reset-password")
    assert first != again


async def test_an_account_is_shut_and_opened_in_every_way_with_a_reason(desk: Desk) -> None:
    place, wes = desk.place, desk.place.email("wes")
    user = await place.create(wes, name="Wes Shut", emailVerified=True)
    page = await desk.open(f"{USERS}/{user['id']}?tab=danger")
    states = page.get_by_role("list", name="States of the account")
    end = (datetime.now(UTC) + timedelta(days=5)).strftime("%Y-%m-%dT%H:%M")
    for shut, status, until, lift, told in (
        ("Lock", "locked", end, "Unlock", "The account is unlocked."),
        ("Suspend", "suspended", "", "Reactivate", "The user is active again."),
        ("Disable", "disabled", None, "Enable", "The account is enabled."),
    ):
        await sign_in_elsewhere(place, wes)
        box = await desk.dialog(f"{shut}…", f"{shut} Wes Shut")
        await box.get_by_label("Reason").fill(f"{shut} for a test")
        if until is not None:
            await box.get_by_label("Until (UTC)").fill(until)
        await desk.press(shut, box)
        await expect(box).to_be_visible()
        await box.get_by_label(f"Yes, {shut.lower()} Wes Shut").check()
        await desk.press(shut, box)
        await expect(states).to_contain_text(f"{shut} for a test")
        await expect(states).to_contain_text(place.email("ada"))
        found = await place.user(wes)
        note = found["stateDetails"][status]
        assert (found["status"], note["reason"], bool(note["until"])) == (
            status,
            f"{shut} for a test",
            bool(until),
        )
        assert (await place.call("GET", f"v1/admin/users/{user['id']}/sessions"))["data"] == []
        if shut == "Lock":
            await desk.open(f"{USERS}/{user['id']}")
            await states.get_by_role("link", name=lift).click()
        box = await desk.dialog(f"{lift}…", f"{lift} Wes Shut")
        await box.get_by_label("Reason").fill("It was a test")
        await desk.press(lift, box)
        await desk.told(told)
        assert (await place.user(wes))["status"] == "active"


async def type_word(desk: Desk, button: str, title: str, word: str, wrong: str = "") -> None:
    """Presses a button of the danger zone, with a reason, and types the word that it asks for, perhaps another one first."""
    box = await desk.dialog(f"{button}…", title)
    await box.get_by_label("Reason").fill("No longer needed")
    confirm = box.get_by_label(f"Type {word} to confirm")
    if wrong:
        await confirm.fill(wrong)
        await desk.press(button, box)
        await problem(confirm, word)
        await expect(box.get_by_label("Reason")).to_have_value("No longer needed")
    await confirm.fill(word)
    await desk.press(button, box)


async def test_somebody_is_deleted_restored_deleted_for_good_and_somebody_else_erased(desk: Desk) -> None:
    place, xia, yan = desk.place, desk.place.email("xia"), desk.place.email("yan")
    user = await place.create(xia, name="Xia Gone", emailVerified=True, roles=["user"])
    erased = await place.create(yan, name="Yan Erased", emailVerified=True)
    page = await desk.open(f"{USERS}/{user['id']}?tab=danger")
    await type_word(desk, "Delete", "Delete Xia Gone", "delete", wrong="remove")
    await desk.told("The user has been deleted and can be restored.")
    await place.call("GET", f"v1/admin/users/{xia}", 404)
    states = page.get_by_role("list", name="States of the account")
    await expect(states).to_contain_text("No longer needed")
    box = await desk.dialog("Restore…", "Restore Xia Gone")
    await desk.press("Restore", box)
    await desk.told("The user is back")
    back = await place.user(xia)
    assert (back["id"], [role["slug"] for role in back["roles"]]) == (user["id"], ["user"])

    await type_word(desk, "Delete", "Delete Xia Gone", "delete")
    await desk.told("The user has been deleted and can be restored.")
    await type_word(desk, "Delete for good", "Delete Xia Gone for good", "delete")
    await desk.told("The user has been deleted for good.")
    await place.call("POST", f"v1/admin/users/{user['id']}/restore", 404)

    await desk.open(f"{USERS}/{erased['id']}?tab=danger")
    await type_word(desk, "Erase", "Erase Yan Erased", "erase", wrong="delete")
    await desk.told("The user has been deleted for good.")
    await desk.open(f"{USERS}/{erased['id']}")
    await expect(page.get_by_role("heading", level=1)).to_have_text("There is no such user")
