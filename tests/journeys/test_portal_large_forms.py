"""Forms with more than fits, in a real browser: more groups than a list holds, and more addresses than may be sent."""

from playwright.async_api import Page, expect

from tenantry.domain.directory.choices import MOST
from tests.browser.helpers import on_one_loop
from tests.support.portal_browser import Desk, Desks

pytestmark = on_one_loop
NEW = "access-management/users/new?how=invite"
BULK = "access-management/invitations/bulk"
ONE = "somebody@example.com\n"
# Few lines of much text: a browser takes seconds to lay out many short ones.
LONG = "somebody" * 2_620 + "@example.com\n"
PASTE = """
    ([text, times]) => {
      const field = document.getElementById("addresses");
      field.value = text.repeat(times);
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
"""


async def crowded(desks: Desks) -> Desk:
    """A tenant with more groups than a list holds."""
    desk = await desks("crowded")
    async with desk.place.home.works.write(desk.place.home.opener()) as work:
        await work.db.run(
            """
            insert into groups (id, slug, name, created_at, updated_at)
            select gen_random_uuid(), 'team-' || n, 'Team ' || n, now(), now()
            from generate_series(1000, %s) n
            """,
            (1000 + MOST,),
        )
        await work.db.run(
            """
            insert into groups (id, slug, name, created_at, updated_at)
            values (gen_random_uuid(), 'zebra', 'Zebra crossing', now(), now())
            """
        )
    return desk


async def paste(page: Page, text: str, times: int) -> None:
    await page.evaluate(PASTE, [text, times])


async def test_any_group_is_found_by_typing_and_what_is_ticked_stays(desks: Desks) -> None:
    desk = await crowded(desks)
    page = await desk.open(NEW)
    groups = page.get_by_role("group", name="Groups", exact=True)
    find = page.get_by_role("searchbox", name="Find groups")
    await expect(groups.get_by_label("Zebra crossing")).to_have_count(0)
    await find.fill("crossing")
    await groups.get_by_label("Zebra crossing").check()
    await find.fill("team 1499")
    await expect(groups.locator("label:visible")).to_have_text(["Team 1499", "Zebra crossing"])
    await find.fill("nothing like it")
    await expect(groups.get_by_text("Nothing is called “nothing like it”.")).to_be_visible()
    await expect(groups.get_by_label("Zebra crossing")).to_be_checked()
    await find.press("Enter")
    await page.get_by_label("Email").fill(desk.place.email("guest"))
    await desk.press("Invite", page.locator("#new-person"))
    await expect(page.get_by_text("Zebra crossing")).to_be_visible()
    desk.assert_quiet()


async def test_what_is_too_much_is_said_before_it_is_sent_and_never_lost(desk: Desk) -> None:
    page = await desk.open(BULK)
    said = page.locator("[data-bytes-said]")
    await paste(page, ONE, 100)
    await expect(said).to_have_text("")
    await paste(page, LONG, 30)
    await expect(said).to_have_text("0.63 MB of 1 MB")
    await paste(page, LONG, 60)
    await expect(said).to_contain_text("That is too much at once: 1.26 MB of 1 MB.")
    await desk.press("Invite all")
    assert await page.evaluate("document.querySelector('form[data-sent]') === null")
    # A browser that does not stop it: the server gives back what it can read, and of the rest the browser keeps up to 5 MB.
    for times in (60, 200):
        await paste(page, LONG, times)
        await page.evaluate("document.getElementById('addresses').setCustomValidity('')")
        await page.evaluate("document.documentElement.dataset.before = ''")
        await desk.press("Invite all")
        await expect(page.locator("html:not([data-before]) #addresses-problems")).to_contain_text(
            "at most 1 MB"
        )
        await expect(page.locator("#addresses")).to_have_value(LONG * times)
    desk.assert_quiet()
