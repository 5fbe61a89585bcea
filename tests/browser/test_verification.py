"""The pages of verification with the keyboard alone."""

import json

from playwright.async_api import Page, expect

from tests.browser.helpers import Watch, on_one_loop

pytestmark = on_one_loop


async def sent(page: Page) -> dict[str, str]:
    await page.wait_for_url("**/reset")
    found: dict[str, str] = json.loads(await page.locator("body").inner_text())
    return found


async def test_a_code_is_typed_and_sent_with_enter(page: Page, watch: Watch, gallery: str) -> None:
    await page.goto(f"{gallery}/show/verify-code")
    field = page.get_by_label("Code of 6 digits")
    await expect(field).to_be_focused()
    assert await field.get_attribute("autocomplete") == "one-time-code"
    assert await field.get_attribute("inputmode") == "numeric"
    await page.keyboard.type("482 913")
    await page.keyboard.press("Enter")
    assert await sent(page) == {
        "csrf": "a token",
        "id": "0195a3c2-7f1e-7b3a-9d52-0c6a4e8b1f20",
        "code": "482 913",
    }
    assert not watch.complaints


async def test_another_code_is_asked_for_without_typing_one(page: Page, gallery: str) -> None:
    await page.goto(f"{gallery}/show/verify-code")
    await page.get_by_role("button", name="Send another code").press("Enter")
    assert "code" not in await sent(page)


async def test_a_wrong_code_is_told_beside_the_field(page: Page, gallery: str) -> None:
    await page.goto(f"{gallery}/show/verify-code-wrong")
    field = page.get_by_label("Code of 6 digits")
    await expect(field).to_have_attribute("aria-invalid", "true")
    assert await field.get_attribute("aria-describedby") == "code-problems"
    assert (await page.title()).startswith("Error: ")


async def test_an_address_is_confirmed_by_one_press(page: Page, gallery: str) -> None:
    await page.goto(f"{gallery}/show/verify")
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("button", name="Yes, confirm it")).to_be_focused()
    await page.keyboard.press("Enter")
    assert await sent(page) == {"csrf": "a token"}


async def test_the_buttons_of_a_pending_change_say_what_they_do(page: Page, gallery: str) -> None:
    for name, action in (("Send again", "again"), ("Cancel", "cancel")):
        await page.goto(f"{gallery}/show/account-email-pending")
        await page.get_by_role("button", name=name).press("Enter")
        assert (await sent(page))["do"] == action
    await page.goto(f"{gallery}/show/account-email")
    field = page.get_by_label("New address")
    assert await field.get_attribute("autocomplete") == "email"
    await field.fill("anna.new@acme.example")
    await field.press("Enter")
    assert await sent(page) == {"csrf": "a token", "do": "change", "email": "anna.new@acme.example"}
