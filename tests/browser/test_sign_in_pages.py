"""The sign-in page in a browser: by keyboard alone, and as password managers see it."""

from playwright.async_api import Page, expect

from tests.browser.gallery_sign_in import WRONG
from tests.browser.helpers import on_one_loop

pytestmark = on_one_loop


async def test_one_signs_in_by_keyboard_alone(page: Page, gallery: str) -> None:
    await page.goto(f"{gallery}/show/login")
    await expect(page.get_by_label("Email, username or phone number")).to_be_focused()
    await page.keyboard.type("ann@example.com")
    await page.keyboard.press("Tab")
    await expect(page.get_by_label("Password", exact=True)).to_be_focused()
    await page.keyboard.type("correct horse battery")
    for _ in range(2):
        await page.keyboard.press("Tab")
    await page.keyboard.press("Space")
    await expect(page.get_by_label("Remember me")).to_be_checked()
    async with page.expect_request("**/login") as sent:
        await page.keyboard.press("Enter")
    request = await sent.value
    assert request.method == "POST"
    assert request.post_data_json == {
        "csrf": "a token",
        "identifier": "ann@example.com",
        "password": "correct horse battery",
        "remember": "on",
    }


async def test_the_password_is_shown_on_demand(page: Page, gallery: str) -> None:
    await page.goto(f"{gallery}/show/login")
    field = page.get_by_label("Password", exact=True)
    await expect(field).to_have_attribute("autocomplete", "current-password")
    await page.get_by_role("button", name="Show password").click()
    await expect(field).to_have_attribute("type", "text")


async def test_after_a_wrong_password_only_that_is_typed_again(page: Page, gallery: str) -> None:
    await page.goto(f"{gallery}/show/login-wrong")
    await expect(page.get_by_role("alert")).to_have_text(WRONG)
    await expect(page.get_by_label("Password", exact=True)).to_be_focused()
    await expect(page.get_by_label("Remember me")).to_be_checked()
    assert (await page.title()).startswith("Error: ")


async def test_a_button_of_a_session_says_which_one_it_ends(page: Page, gallery: str) -> None:
    await page.goto(f"{gallery}/show/sessions")
    names = [
        await button.get_attribute("aria-label")
        for button in await page.get_by_role("list", name="Sessions").get_by_role("button").all()
    ]
    assert names == [
        "Sign out: Safari 17 on iOS 17",
        "Sign out: Chrome 126 on Android 14",
        "Sign out: curl 8",
    ]
