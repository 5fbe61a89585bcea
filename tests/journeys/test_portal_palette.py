"""The portal by the keyboard: the command palette, the shortcuts and their help, and signing out."""

import re

from playwright.async_api import Page, expect
from playwright.async_api import TimeoutError as TooLate

from tests.browser.helpers import on_one_loop
from tests.journeys.conftest import Browsers
from tests.support.portal_browser import Desk, enter, portal_address
from tests.support.running import until
from tests.support.stories import GOOD, expect_outside

pytestmark = on_one_loop


async def test_the_palette_finds_a_user_a_group_and_a_page_by_the_keyboard_alone(office: Desk) -> None:
    place = office.place
    user = await place.create(place.email("walter"), name="Walter Wanted")
    await place.call("POST", "v1/admin/groups", 201, json={"name": "Wanted group"})
    page = await office.open()
    box = page.get_by_role("dialog", name="Search or go to")
    await page.keyboard.press("Control+k")
    await expect(box.get_by_label("A page, a user or a group")).to_be_focused()
    await page.keyboard.type("wanted")
    await expect(box.get_by_role("link")).to_have_count(2)
    await page.keyboard.press("ArrowDown")
    await expect(box.get_by_role("link", name="Walter Wanted")).to_be_focused()
    await page.keyboard.press("ArrowDown")
    await expect(box.get_by_role("link", name="Wanted group")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Wanted group")

    await page.keyboard.press("Control+k")
    await expect(box.get_by_role("link", name="Dashboard")).to_be_visible()
    # Enter waits for the answer to what is typed, and takes its first row.
    await page.keyboard.type("walter")
    await page.keyboard.press("Enter")
    await page.wait_for_url(re.compile(f"/users/{user['id']}$"))

    await page.keyboard.press("Control+k")
    await expect(box).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(box).to_be_hidden()
    await page.get_by_role("button", name="Search or go to…").click()
    await page.keyboard.type("no such thing")
    await expect(box.get_by_role("status")).to_have_text("Nothing is called “no such thing”.")
    await page.keyboard.press("Control+a")
    await page.keyboard.type("mail templ")
    first = box.get_by_role("link", name="Mail templates")
    await expect(first).to_have_id("palette-first")
    field = box.get_by_label("A page, a user or a group")
    await expect(field).to_have_attribute("aria-activedescendant", "palette-first")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Mail templates")


async def went(page: Page, keys: str, to: re.Pattern[str]) -> bool:
    """Whether the keys led there; the second must follow soon, which a slow machine may not manage at once."""
    await page.keyboard.type(keys)
    try:
        await page.wait_for_url(to, timeout=2_000)
    except TooLate:
        return False
    return True


async def test_keys_go_to_pages_and_to_the_search_and_press_the_button_for_something_new(
    office: Desk,
) -> None:
    page = await office.open()
    await page.keyboard.press("?")
    shortcuts = page.get_by_role("dialog", name="Keyboard shortcuts")
    await expect(shortcuts.get_by_role("definition").filter(has_text="Roles")).to_be_visible()
    await expect(shortcuts.get_by_role("term").filter(has_text="G R")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(shortcuts).to_be_hidden()
    await until(lambda: went(page, "gr", re.compile("/roles$")))
    await page.keyboard.press("/")
    await expect(page.get_by_role("searchbox")).to_be_focused()
    await page.keyboard.type("gr/n")
    await expect(page.get_by_role("searchbox")).to_have_value("gr/n")
    await page.wait_for_url(re.compile("search=gr"))
    await page.get_by_role("heading", level=1).click()
    await page.keyboard.press("n")
    await expect(page.get_by_role("heading", level=1)).to_have_text("New role")
    await page.get_by_label("Name").fill("")
    await page.keyboard.type("g u")
    await expect(page.get_by_label("Name")).to_have_value("g u")
    assert page.url.endswith("/roles/new")


async def test_whoever_signs_out_is_out_on_every_tab(office: Desk, another_browser: Browsers) -> None:
    page = await another_browser()
    portal = portal_address(office.place.url, office.place.home.slug)
    await office.place.create(office.place.email("xenia"), roles=["auditor"], emailVerified=True)
    await enter(page, portal, office.place.email("xenia"), GOOD)
    other = await page.context.new_page()
    await other.goto(f"{portal}audit-log")
    await page.get_by_label("Your account").click()
    await expect(page.get_by_text("Signed in as")).to_contain_text(office.place.email("xenia"))
    await page.get_by_role("button", name="Sign out").click()
    await expect_outside(page)
    await page.go_back()
    await page.reload()
    await expect_outside(page)
    await other.get_by_label("Action").select_option("user.created")
    await other.wait_for_url(re.compile("/login"))
    await expect_outside(other)
