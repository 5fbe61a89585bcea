"""What a tenant looks like, set in the portal: seen before it is saved, on the sign-in page, and in a mail."""

from typing import Any

import httpx
from playwright.async_api import FilePayload, expect

from tests.browser.helpers import on_one_loop
from tests.journeys.conftest import Browsers
from tests.support.pictures import picture
from tests.support.portal_browser import Desks
from tests.support.smtp import MailServer
from tests.support.stories import expect_outside

pytestmark = on_one_loop
BRANDING = "configuration/branding"
BROWN, BROWN_RGB = "#9a3412", "rgb(154, 52, 18)"


def html_to(letters: MailServer, address: str) -> str:
    """The HTML of the newest letter to an address."""
    mails: list[Any] = [letter.mail for letter in letters.letters if letter.recipients == [address]]
    return str(mails[-1].get_body(("html",)).get_content())


async def test_name_colour_and_logo_are_set_and_shown_at_the_sign_in_and_in_mails(
    desks: Desks, another_browser: Browsers, letters: MailServer
) -> None:
    branded = await desks("branded")
    place, page = branded.place, await branded.open(BRANDING)
    frame = page.frame_locator("iframe[title='Preview of the sign-in']")
    await page.get_by_role("textbox", name="Name").fill("Hansa & Söhne")
    await page.get_by_label("Accent colour (optional)").fill("brown")
    await branded.press("Save")
    await expect(page.locator("#colour-problems")).to_contain_text(
        "must be # and six digits", ignore_case=True
    )
    await page.get_by_label("Accent colour (optional)").fill(BROWN)
    await expect(frame.get_by_role("main")).to_contain_text("Hansa & Söhne")
    await expect(frame.locator(".btn-primary")).to_have_css("background-color", BROWN_RGB)
    assert (await place.call("GET", "v1/admin/branding"))["data"]["accentColor"] is None, "only looked at"
    await branded.press("Save")
    await branded.told("The branding has been saved.")
    await expect(page.get_by_role("banner").get_by_role("link", name="Hansa & Söhne")).to_be_visible()

    wrong = FilePayload(name="logo.png", mimeType="image/png", buffer=b"no picture")
    logo = FilePayload(name="logo.png", mimeType="image/png", buffer=picture(width=120, height=40))
    await page.get_by_label("Picture").set_input_files(wrong)
    await branded.press("Upload")
    await expect(page.locator("#logo-problems")).to_be_visible()
    await page.get_by_label("Picture").set_input_files(logo)
    await branded.press("Upload")
    await branded.told("The logo has been set.")
    await expect(page.get_by_role("img", name="The present logo")).to_have_js_property("naturalWidth", 120)

    somebody = await another_browser()
    await somebody.goto(place.at("login"))
    await expect_outside(somebody)
    await expect(somebody.locator(".card-page-brand")).to_contain_text("Hansa & Söhne")
    await expect(somebody.locator(".brand-logo")).to_have_js_property("naturalWidth", 120)
    await expect(somebody.get_by_role("button", name="Sign in")).to_have_css("background-color", BROWN_RGB)
    olaf = place.email("olaf")
    await place.call("POST", "v1/invitations", 201, json={"email": olaf})
    await place.post.letter(olaf, "You've been invited to Hansa & Söhne")
    mail = html_to(letters, olaf)
    assert "Hansa &amp; Söhne" in mail
    assert BROWN in mail
    named = mail.partition(f"{place.url}/t/branded/branding/logo-")[2].partition('"')[0]
    answer = httpx.get(f"{place.url}/t/branded/branding/logo-{named}")
    assert answer.headers["content-type"] == "image/png"

    box = await branded.dialog("Remove", "Remove the logo")
    await box.get_by_role("checkbox").check()
    await branded.press("Remove", box)
    await branded.told("The logo has been removed.")
    assert (await place.call("GET", "v1/admin/branding"))["data"]["logoUrl"] is None
    branded.assert_quiet()
