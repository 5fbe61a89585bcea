"""A password is forgotten, an account is locked out, and a new password is demanded."""

from playwright.async_api import Page, expect

from tests.browser.helpers import on_one_loop
from tests.journeys.conftest import Browsers, Found
from tests.support.stories import (
    BETTER,
    GENERIC,
    GOOD,
    choose_password,
    expect_ended,
    expect_heading,
    expect_inside,
    expect_refused,
    link_in,
    sign_in,
)

pytestmark = on_one_loop
WRONG = "certainly not this one 1"


async def test_a_forgotten_password_is_reset_by_mail_and_every_other_browser_is_signed_out(
    found: Found, another_browser: Browsers
) -> None:
    place = await found("forgotten")
    ole = place.email("ole")
    await place.create(ole)
    phone, laptop = await another_browser(), await another_browser()
    await sign_in(phone, place, ole, GOOD)
    await expect_inside(phone, ole)

    await laptop.goto(place.at("login"))
    await laptop.get_by_role("link", name="Forgot password?").click()
    await laptop.get_by_label("Email, username or phone number").fill(ole)
    await laptop.get_by_role("button", name="Send").click()
    await expect_heading(laptop, "Check your mail")
    link = link_in(await place.post.letter(ole, "Reset your Forgotten password"), "reset-password")
    await laptop.goto(link)
    await choose_password(laptop, BETTER)
    await place.post.letter(ole, "Your Forgotten account has a new password")

    await phone.reload()
    await expect_ended(phone)
    await sign_in(phone, place, ole, GOOD)
    await expect_refused(phone, GENERIC)
    await laptop.get_by_role("link", name="Go to sign-in").click()
    await sign_in(laptop, place, ole, BETTER)
    await expect_inside(laptop, ole)
    await laptop.goto(link)
    await expect_heading(laptop, "This link has already been used")


async def test_wrong_passwords_lock_the_account_until_an_administrator_unlocks_it(
    found: Found, page: Page
) -> None:
    place = await found("locked-out")
    ole = place.email("ole")
    user = await place.create(ole)
    for _ in range(5):
        await sign_in(page, place, ole, WRONG)
        await expect_refused(page, GENERIC)
    assert (await place.user(ole))["stateDetails"]["locked"]["reason"] == "MAX_ATTEMPTS_EXCEEDED"
    await sign_in(page, place, ole, GOOD)
    await expect_refused(page, GENERIC)

    await place.do(ole, "unlock", reason="Called us")
    await sign_in(page, place, ole, GOOD)
    await expect_inside(page, ole)
    told = [entry["action"] for entry in reversed(await place.audit(targetId=user["id"], limit=100))]
    failed = [place for place, action in enumerate(told) if action == "user.signed_in.failed"]
    assert len(failed) == 6
    assert [action for action in told if action in ("user.locked", "user.unlocked", "user.signed_in")] == [
        "user.locked",
        "user.unlocked",
        "user.signed_in",
    ]


async def test_a_temporary_password_is_changed_at_the_first_sign_in(found: Found, page: Page) -> None:
    place = await found("temporary")
    ole = place.email("ole")
    await place.create(ole)
    made = await place.call("POST", f"v1/admin/users/{ole}/password/generate", json={"temporary": True})
    await sign_in(page, place, ole, made["data"]["password"])
    await expect_heading(page, "Choose a new password")
    await page.get_by_label("New password", exact=True).fill("password1")
    await page.get_by_role("button", name="Set password and sign in").click()
    await expect(page.locator("#password-problems")).to_contain_text("common")
    await page.get_by_label("New password", exact=True).fill(BETTER)
    await page.get_by_role("button", name="Set password and sign in").click()
    await expect_inside(page, ole)
    await expect(page.get_by_role("list", name="Sessions")).to_contain_text("This device")
