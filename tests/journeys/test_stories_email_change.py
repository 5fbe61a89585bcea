"""Somebody changes their address; and the owner of the old one takes the change back."""

from playwright.async_api import Page, expect

from tests.browser.helpers import on_one_loop
from tests.journeys.conftest import Browsers, Found
from tests.support.stories import (
    GENERIC,
    GOOD,
    Place,
    expect_ended,
    expect_heading,
    expect_inside,
    expect_refused,
    link_in,
    sign_in,
)

pytestmark = on_one_loop


async def ask(page: Page, place: Place, new: str) -> None:
    await page.goto(place.at("account/email"))
    await page.get_by_label("New address").fill(new)
    await page.get_by_role("button", name="Change address").click()
    await expect(page.get_by_role("status")).to_contain_text("A mail is on its way to the new address.")
    await expect(page.get_by_role("list", name="Addresses")).to_contain_text(new)


async def test_a_new_address_is_confirmed_and_the_old_one_takes_the_change_back(
    found: Found, another_browser: Browsers
) -> None:
    place = await found("moved")
    old, new = place.email("eva"), place.email("eva.new")
    await place.create(old, emailVerified=True)
    thief, owner = await another_browser(), await another_browser()
    await sign_in(thief, place, old, GOOD)
    await expect_inside(thief, old)
    await ask(thief, place, new)
    assert (await place.user(old))["pendingEmail"] == new
    await place.post.letter(old, "Your email address at Moved is about to change")

    await thief.goto(
        link_in(await place.post.letter(new, "Confirm your new email address for Moved"), "verify-email")
    )
    await thief.get_by_role("button", name="Use this address").click()
    await expect_heading(thief, "Your address is changed")
    assert (await place.user(new))["emailVerified"] is True
    await sign_in(owner, place, old, GOOD)
    await expect_refused(owner, GENERIC)

    told = await place.post.letter(old, "Your email address at Moved was changed")
    await owner.goto(link_in(told, "revert-email"))
    await expect_heading(owner, "Take the change back")
    assert (await place.user(new))["email"] == new, "opening the page changes nothing"
    await owner.get_by_role("button", name="Take it back and sign everybody out").click()
    await expect_heading(owner, "Your old address is back")

    await thief.goto(place.at("account/sessions"))
    await expect_ended(thief)
    await sign_in(thief, place, new, GOOD)
    await expect_refused(thief, GENERIC)
    await owner.get_by_role("link", name="Go to sign-in").click()
    await sign_in(owner, place, old, GOOD)
    await expect_inside(owner, old)


async def test_a_change_is_cancelled_and_its_link_is_dead(found: Found, page: Page) -> None:
    place = await found("stayed")
    old, new = place.email("eva"), place.email("eva.new")
    await place.create(old, emailVerified=True)
    await sign_in(page, place, old, GOOD)
    await expect_inside(page, old)
    await ask(page, place, new)
    link = link_in(await place.post.letter(new, "Confirm your new email address for Stayed"), "verify-email")
    await page.get_by_role("button", name="Cancel").click()
    await expect(page.get_by_role("status")).to_contain_text("The change is cancelled.")
    await page.goto(link)
    await expect_heading(page, "This link is no longer valid")
    user = await place.user(old)
    assert (user["email"], user["pendingEmail"], user["emailVerified"]) == (old, None, True)
