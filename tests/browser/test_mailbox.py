"""The development mailbox: what a developer sees, and that a hostile message stays in its frame."""

from playwright.async_api import Page, expect

from tests.browser.helpers import Watch, assert_accessible, assert_fits, in_every_look, on_one_loop

pytestmark = on_one_loop


async def keep(page: Page, gallery: str, count: int) -> None:
    """Only the oldest `count` messages are there from now on."""
    assert (await page.request.post(f"{gallery}/mailbox/{count}")).status == 204


@in_every_look
async def test_the_mailbox_is_accessible_empty_full_and_opened(
    page: Page, watch: Watch, gallery: str
) -> None:
    for count, address in ((0, "/mailbox"), (5, "/mailbox"), (5, "/mailbox/6"), (5, "/mailbox/6?view=text")):
        await keep(page, gallery, count)
        await page.goto(gallery + address)
        await assert_accessible(page)
        await assert_fits(page)
        assert not watch.complaints, f"{address}: {watch.complaints}"
    assert watch.hosts() == {gallery.removeprefix("http://")}


async def test_an_empty_mailbox_says_what_will_appear(page: Page, gallery: str) -> None:
    await keep(page, gallery, 0)
    await page.goto(f"{gallery}/mailbox")
    await expect(page.get_by_text("No messages yet")).to_be_visible()


async def test_a_new_message_appears_by_itself(page: Page, gallery: str) -> None:
    await keep(page, gallery, 1)
    await page.goto(f"{gallery}/mailbox")
    await expect(page.locator(".mailbox-row")).to_have_count(1)
    await keep(page, gallery, 3)
    await expect(page.locator(".mailbox-row")).to_have_count(3, timeout=10_000)


async def test_the_link_of_a_mail_opens_a_tab_of_its_own(page: Page, gallery: str) -> None:
    await keep(page, gallery, 5)
    await page.goto(f"{gallery}/mailbox")
    await page.get_by_role("link", name="Reset your Acme Corporation password").click()
    await page.context.route("**/reset-password/*", lambda route: route.fulfill(body="the link was opened"))
    async with page.expect_popup() as opened:
        await page.frame_locator("iframe").get_by_role("link", name="Choose a new password").click()
    await expect((await opened.value).locator("body")).to_have_text("the link was opened")


async def test_a_script_or_an_outside_picture_in_a_mail_never_runs_or_loads(
    page: Page, watch: Watch, gallery: str
) -> None:
    await keep(page, gallery, 5)
    await page.goto(f"{gallery}/mailbox/2")
    await expect(page.frame_locator("iframe").get_by_text("Hello")).to_be_visible()
    assert await page.title() == "With a script · Mailbox · Tenantry"
    assert watch.hosts() == {gallery.removeprefix("http://")}
    assert len(watch.complaints) == 2, "the browser reports both refusals"
    await page.goto(f"{gallery}/mailbox/2/html")
    assert await page.title() == "", "outside the frame too, the answer itself forbids scripts"


async def test_text_of_a_message_is_never_taken_for_html(page: Page, gallery: str) -> None:
    await keep(page, gallery, 5)
    await page.goto(f"{gallery}/mailbox/3")
    assert "<b>not bold</b>" in await page.locator("pre").inner_text()
    assert await page.locator("pre a").get_attribute("href") == "http://localhost/x?a=1&b=2"
